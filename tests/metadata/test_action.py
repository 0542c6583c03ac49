"""action.yml says what the code does."""

from __future__ import annotations

import re
from typing import Any

import pytest

import doc_tables
from predict_edit.domain.run_report import Outcome, OutputPaths, RunReport
from predict_edit.report.outputs import to_outputs
from predict_edit.settings.fields import INPUT_NAMES

from .conftest import ROOT

pytestmark = pytest.mark.source

COLOURS = {
    "white", "black", "yellow", "blue", "green", "orange", "red", "purple", "gray-dark",
}  # fmt: skip
"""What GitHub allows as a badge's colour ("Metadata syntax")."""


def test_inputs_are_those_of_the_code(action: dict[str, Any]) -> None:
    assert set(action["inputs"]) == set(INPUT_NAMES)


def test_outputs_are_those_of_the_code(action: dict[str, Any]) -> None:
    """They are in the same order, too."""
    written = to_outputs(RunReport(outcome=Outcome.IGNORED), OutputPaths())

    assert list(action["outputs"]) == list(written)


def test_inputs_are_described_as_in_the_code(action: dict[str, Any]) -> None:
    """Each description is that of the table of fields, with its default."""
    described = {name: given["description"] for name, given in action["inputs"].items()}

    assert described == {name: doc_tables.description_of(name) for name in INPUT_NAMES}


def test_only_the_token_has_a_default_of_the_runner(action: dict[str, Any]) -> None:
    """An input with a default here would always be set, and the config could not set it."""
    given = {name: read["default"] for name, read in action["inputs"].items() if "default" in read}

    assert given == {"github-token": "${{ github.token }}"}


def test_only_the_model_is_required(action: dict[str, Any]) -> None:
    assert [name for name, given in action["inputs"].items() if given.get("required")] == ["model"]


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_descriptions_are_sentences(action: dict[str, Any], kind: str) -> None:
    """Each starts with a capital, ends with a full stop, and breaks no table."""
    for name, given in action[kind].items():
        description = given["description"]
        assert re.fullmatch(r"[A-Z].{10,}\.", description), name
        assert "|" not in description, name


def test_names_are_those_github_allows(action: dict[str, Any]) -> None:
    """Lower case with hyphens, and none of the runner's special inputs."""
    for name in (*action["inputs"], *action["outputs"]):
        assert re.fullmatch(r"[a-z][a-z-]*", name)
    assert not {"args", "entrypoint"} & set(action["inputs"])


def test_branding_is_allowed(action: dict[str, Any]) -> None:
    """Icon and colour are in GitHub's lists."""
    assert action["branding"] == {"icon": "edit-3", "color": action["branding"]["color"]}
    assert action["branding"]["color"] in COLOURS


def test_it_is_a_container_action(action: dict[str, Any]) -> None:
    """It runs from the Dockerfile or, in a release, from one exact image, without arguments."""
    image = action["runs"]["image"]

    assert action["runs"] == {"using": "docker", "image": image}
    pinned = re.fullmatch(r"docker://ghcr\.io/\S+@sha256:[0-9a-f]{64}", image)
    assert image == "Dockerfile" or pinned
    assert (ROOT / "Dockerfile").is_file()


def test_outcomes_are_all_named(action: dict[str, Any]) -> None:
    """The description of the outcome names each value."""
    named = set(re.findall(r"`([a-z]+)`", action["outputs"]["outcome"]["description"]))

    assert named == {str(outcome) for outcome in Outcome}
