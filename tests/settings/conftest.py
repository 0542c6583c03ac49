"""Environments of a runner, and what is read from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from predict_edit.settings.fields import Inputs
from predict_edit.settings.inputs import read_inputs, variable_of

Environ = dict[str, str]


def _environ(**inputs: str) -> Environ:
    """The required inputs and those given, as the runner passes them."""
    given = {"github-token": "ghs_secret", "model": "gpt-4.1", "api-key": "sk-secret"}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    return {variable_of(name): value for name, value in given.items()}


@pytest.fixture
def environ() -> Callable[..., Environ]:
    """Make a runner's environment; keyword arguments are inputs beside the required ones."""
    return _environ


@pytest.fixture
def inputs() -> Callable[..., Inputs]:
    """Read inputs, given as keyword arguments beside the required ones."""
    return lambda **given: read_inputs(_environ(**given))
