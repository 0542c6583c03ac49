"""Every test gets a clean environment and named amounts of random cases."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator

import hypothesis
import pytest
from pytest_recording import network

from predict_edit_sandbox import forks

hypothesis.settings.register_profile("quick", max_examples=5, deadline=None)
hypothesis.settings.register_profile("default", max_examples=50, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=20_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

LEAKY_PREFIXES = (
    *("INPUT_", "GITHUB_", "RUNNER_", "ACTIONS_"),
    *("OPENAI_", "AZURE_", "HTTP_", "HTTPS_"),
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the collector of garbage pass over modules and tests: millions of objects, all needed."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def block_network(pytestconfig: pytest.Config) -> Iterator[None]:
    """Block the network once, not for each test as the plugin's fixture of this name does."""
    with network.blocking_context(pytestconfig.getoption("--allowed-hosts").split(",")):
        yield


@pytest.fixture(scope="session", autouse=True)
def vcr() -> None:
    """Do nothing: only tests/recorded has cassettes, and there the plugin's fixture is used."""


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    """Put back what a command changes for its whole process: loggers, warnings and crash hooks.

    A handler left behind writes to the captured stream of a test that is over, and every later log
    line of the process fails.
    """
    root, own = logging.getLogger(), logging.getLogger("predict_edit")
    before = [(each, each.handlers[:], each.propagate, each.level) for each in (root, own)]
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    for each, handlers, propagate, level in before:
        each.handlers[:], each.propagate = handlers, propagate
        each.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what a runner, a shell or a proxy setting would add to a test."""
    for name in list(os.environ):
        if name.upper().startswith(LEAKY_PREFIXES) or name.lower() in {"http_proxy", "https_proxy"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _forked_runs() -> Iterator[None]:
    """Run the action in processes that have its libraries loaded already."""
    with forks.serving():
        yield


@pytest.fixture
def from_nothing() -> Iterator[None]:
    """Run the action as the container does: a new interpreter that has loaded nothing."""
    with forks.from_nothing():
        yield
