"""The action's inputs, from the environment of the runner.

The runner passes an input as ``INPUT_<NAME>``, upper case, hyphens kept, and an empty text for one
that was not given (actions/runner, "Handler.cs"). Everything that can be wrong with them is found
here, before any request.
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from predict_edit.domain.errors import InvalidInput, MissingInput
from predict_edit.settings.fields import INPUT_NAMES, SECRETS, Inputs, problems
from predict_edit.settings.sign_in import choose_sign_in


def variable_of(name: str) -> str:
    """Name the environment variable of an input."""
    return f"INPUT_{name.upper()}"


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """Read and check all inputs.

    Raises:
        MissingInput: a required one was not given.
        InvalidInput: one has a value it cannot have; all such are named.
        ContradictingInputs: two exclude each other.
    """
    given = {
        name: value for name in INPUT_NAMES if (value := environ.get(variable_of(name), "").strip())
    }
    _require(given)
    try:
        inputs = Inputs.model_validate(given)
    except pydantic.ValidationError as error:
        secrets = tuple(given[name] for name in SECRETS if name in given)
        wrong = (f"The input `{name}` {text}" for name, text in problems(error, secrets))
        raise InvalidInput(" ".join(wrong), "Correct it in the workflow's `with:`.") from None
    choose_sign_in(inputs)
    return inputs


def _require(given: Mapping[str, str]) -> None:
    """Refuse an environment without what no run can do without."""
    if "github-token" not in given:
        raise MissingInput(
            "`github-token` is missing.",
            "Leave the input out to use the job's own token, or pass a token that is not empty.",
        )
    if "model" not in given:
        raise MissingInput(
            "`model` is missing.",
            "Name a model, such as gpt-4.1, or the Azure deployment, in the workflow's `with:`.",
        )
