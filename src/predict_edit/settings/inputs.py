"""The action's inputs, from the environment of the runner.

The runner passes an input as ``INPUT_<NAME>``, upper case, hyphens kept, and an empty text for one
that was not given (actions/runner, "Handler.cs"). Everything that can be wrong with them is found
here, before any request.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pydantic

from predict_edit.domain.errors import InvalidInput, MissingInput, SettingsError
from predict_edit.settings.endpoint import choose_sign_in
from predict_edit.settings.fields import (
    INPUT_NAMES,
    ON_BRANCH,
    SECRETS,
    Inputs,
    problems,
)
from predict_edit.support.text import listed
from predict_edit.trigger.requests import PullRequestCommand

_NEEDED = ("github-token", "api-key", "command", "permission", "dry-run", "mode")
_LATER = ("edit", "publish")
"""Values of ``mode`` of jobs that follow another job of the command, which has answered."""


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


def check_inputs(inputs: Inputs, *, on_branch: bool) -> None:
    """Refuse inputs that make no sense for a command on a pull request, or for a run over a branch.

    Raises:
        InvalidInput: naming the input.
    """
    if on_branch and inputs.deliver not in {None, *ON_BRANCH}:
        raise InvalidInput(
            f"The input `deliver` is `{inputs.deliver}`, but there is no pull request.",
            "Use `pull-request` or `patch`, or name a pull request by the input `pull-request`.",
        )
    if inputs.ref and not on_branch:
        raise InvalidInput(
            "The input `ref` is given, but this run is about a pull request.",
            "Remove `ref`, or start the workflow by `schedule`, or by `workflow_dispatch` "
            "without `pull-request`.",
        )
    for name, modes in (("shard", {"plan", "edit"}), ("results", {"edit", "publish"})):
        if getattr(inputs, name) and inputs.mode not in modes:
            raise InvalidInput(
                f"The input `{name}` is given, but `mode` is {inputs.mode or 'run'}.",
                f"Remove it, or set `mode` to {' or '.join(sorted(modes))}.",
            )


def answerable(
    commanded: PullRequestCommand, error: SettingsError, environ: Mapping[str, str]
) -> tuple[PullRequestCommand, Inputs] | None:
    """Make the command and the inputs of a run that only answers what is wrong with the inputs.

    The author of a comment does not look at the workflow's log, so the comment is answered with the
    few inputs that are right. The answer holds no value of an input: the runner hides a stored
    secret in the log, but not on the pull request, and any input may have been filled from one.

    ``None`` if nobody waits for an answer, or no token can write it. What is unclear counts
    as the more careful value: the highest role where ``permission`` is wrong, and a dry run, which
    writes nothing, where ``dry-run`` is.
    """
    given = {name: environ.get(variable_of(name), "").strip() for name in _NEEDED}
    asked_in_comment = commanded.command.comment_id is not None
    if not asked_in_comment or given["mode"] in _LATER or not given["github-token"]:
        return None
    # The key seals the answer, so that the next run of the command finds it.
    token, key = (_checked(given, name, None) for name in ("github-token", "api-key"))
    if token is None:
        return None
    asked = getattr(commanded.parsed, "options", {})
    inputs = Inputs.model_construct(
        github_token=token,
        model="",
        api_key=key,
        command=given["command"] or None,
        permission=_checked(given, "permission", "admin"),
        dry_run="dry-run" in asked or _checked(given, "dry-run", True),
    )
    return dataclasses.replace(commanded, parsed=_without_values(error)), inputs


def _without_values(error: SettingsError) -> SettingsError:
    """Take the values out of an error; only wrong values are quoted in errors."""
    if not isinstance(error, InvalidInput):
        return error
    named = listed(f"`{name}`" for name in INPUT_NAMES if f"The input `{name}` " in error.cause)
    return InvalidInput(
        f"The workflow's input {named} has an invalid value.",
        "The log of the run says why, and what to write instead.",
    )


def _checked(given: Mapping[str, str], name: str, careful: object) -> Any:
    """Read one input, or take the ``careful`` value if it is wrong."""
    field = Inputs.model_fields[name.replace("-", "_")]
    try:
        return pydantic.TypeAdapter(field.rebuild_annotation()).validate_python(given[name] or None)
    except pydantic.ValidationError:
        return careful
