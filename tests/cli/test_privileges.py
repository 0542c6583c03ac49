"""Giving up root: what can be shown without a container."""

from __future__ import annotations

import os
from pathlib import Path

from predict_edit.cli import privileges


def test_runner_secrets_leave_the_environment() -> None:
    """Inputs, the runner's own tokens and the job's are gone; what Azure's library reads stays."""
    environ = {
        "ACTIONS_RUNTIME_TOKEN": "x",
        "ACTIONS_CACHE_URL": "x",
        "ACTIONS_RESULTS_URL": "x",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "x",
        "INPUT_API-KEY": "x",
        "INPUT_INSTRUCTION": "x",
        "GITHUB_TOKEN": "x",
        "GH_TOKEN": "x",
        "OPENAI_API_KEY": "x",
        "npm_config_password": "x",
        "AZURE_CLIENT_SECRET": "x",
        "PATH": "/bin",
    }

    privileges.forget_secrets(environ)

    assert sorted(environ) == ["AZURE_CLIENT_SECRET", "PATH"]


def test_outside_the_container_nothing_is_dropped() -> None:
    """A person who runs the action by hand keeps their rights."""
    before = os.getuid()

    assert privileges.drop_root({}) is False
    assert os.getuid() == before


def test_folder_is_there_afterwards(tmp_path: Path) -> None:
    """The output folder exists and can be written, even if it existed before."""
    folder = tmp_path / "a" / "out"

    privileges.prepare_folder(folder)
    privileges.prepare_folder(folder)

    (folder / "file").write_text("x")
    assert (folder / "file").read_text() == "x"
