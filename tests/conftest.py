"""What every test can rely on: a clean environment and named amounts of random cases."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest

hypothesis.settings.register_profile("default", max_examples=100, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=20_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

LEAKY_PREFIXES = (
    *("INPUT_", "GITHUB_", "RUNNER_", "ACTIONS_"),
    *("OPENAI_", "AZURE_", "HTTP_", "HTTPS_"),
)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Give the log back as it was: the laptop's commands silence it for the whole process."""
    log = logging.getLogger("predict_edit")
    before, propagate, level = log.handlers[:], log.propagate, log.level
    yield
    log.handlers[:], log.propagate = before, propagate
    log.setLevel(level)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what a runner, a shell or a proxy setting would slip into a test."""
    for name in list(os.environ):
        if name.upper().startswith(LEAKY_PREFIXES) or name.lower() in {"http_proxy", "https_proxy"}:
            monkeypatch.delenv(name)
