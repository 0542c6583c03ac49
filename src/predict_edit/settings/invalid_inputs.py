"""The answer to a command whose workflow has wrong inputs.

The author of a comment does not look at the workflow's log. So a comment is answered even if the
inputs are wrong, with the few that are right: the token, and who may give commands.
The answer holds no value of an input. The runner hides a stored secret in the log, but not on the
pull request, and any input may have been filled from one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pydantic

from predict_edit.domain.errors import InvalidInput, SettingsError
from predict_edit.settings.fields import INPUT_NAMES, Defaults, Inputs, Secret
from predict_edit.settings.inputs import variable_of
from predict_edit.support.text import listed
from predict_edit.trigger.requests import PullRequestCommand

_NEEDED = ("github-token", "command", "permission", "dry-run", "mode")
_LATER = ("edit", "publish")
"""Values of ``mode`` of jobs that follow another job of the command, which has answered."""


def answerable(
    commanded: PullRequestCommand, error: SettingsError, environ: Mapping[str, str]
) -> tuple[PullRequestCommand, Inputs] | None:
    """Make the command and the inputs of a run that only answers what is wrong with the inputs.

    ``None`` if nobody waits for an answer, or no token can write it. What is unclear counts
    as the more careful value: the highest role where ``permission`` is wrong, and a dry run, which
    writes nothing, where ``dry-run`` is.
    """
    given = {name: environ.get(variable_of(name), "").strip() for name in _NEEDED}
    asked_in_comment = commanded.command.comment_id is not None
    if not asked_in_comment or given["mode"] in _LATER or not given["github-token"]:
        return None
    try:
        token = pydantic.TypeAdapter(Secret).validate_python(given["github-token"])
    except pydantic.ValidationError:
        return None
    asked = getattr(commanded.parsed, "options", {})
    inputs = Inputs.model_construct(
        github_token=token,
        model="",
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
        f"The workflow's input {named} cannot be what it is.",
        "The log of the run says why, and what to write instead.",
    )


def _checked(given: Mapping[str, str], name: str, careful: object) -> Any:
    """Read one input, or take the ``careful`` value if it is wrong."""
    try:
        read = Defaults.model_validate({name: given[name]} if given[name] else {})
    except pydantic.ValidationError:
        return careful
    return getattr(read, name.replace("-", "_"))
