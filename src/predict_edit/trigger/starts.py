"""Runs that no comment asks for: started by hand, through the API or by the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping

from predict_edit.domain import CommandRef, CommandSource
from predict_edit.domain.errors import CommandError, InvalidInput, MissingInput
from predict_edit.support.text import quoted
from predict_edit.trigger.asked import Commanded, Ignored, Tasked, Trigger
from predict_edit.trigger.command import Command, EditCommand, clean_instruction
from predict_edit.trigger.payload import DispatchEvent, ScheduleEvent, repository_of, validated
from predict_edit.trigger.recipe import recipe_named


def read_dispatch(
    payload: Mapping[str, object],
    repository: str,
    instruction: str | None,
    pull_request: int | None,
    fallback: str | None,
) -> Trigger:
    """Read a run that somebody started by hand or through the API.

    GitHub lets only people with write access dispatch; apps are left out all the same, because
    only people command. The instruction is taken as it is: it is no command with options. ``run
    NAME`` alone names a recipe.
    """
    event = validated(DispatchEvent, payload)
    sender = event.sender
    if sender is not None and not sender.is_person:
        return Ignored(reason=f"{quoted(sender.login)} is no person")
    inputs = event.inputs or {}
    number = pull_request or _number(inputs.get("pull-request"))
    said = instruction or inputs.get("instruction") or fallback
    if not isinstance(said, str) or not said.strip():
        raise MissingInput(
            "`instruction` is missing.",
            "A workflow that is dispatched passes it on: `instruction: ${{ inputs.instruction }}`.",
        )
    try:
        parsed: Command | CommandError = recipe_named(said) or EditCommand(
            instruction=clean_instruction(said)
        )
    except CommandError as error:
        parsed = error
    return Commanded(
        repository=repository_of(event.repository, repository),
        pull_request=number,
        command=CommandRef(
            source=CommandSource.DISPATCH,
            comment_id=None,
            author=sender.login if sender else None,
            author_id=sender.id if sender else None,
            body=said,
        ),
        parsed=parsed,
    )


def names_no_pull_request(payload: Mapping[str, object]) -> bool:
    """Whether the dispatch itself leaves the pull request out, too."""
    inputs = validated(DispatchEvent, payload).inputs or {}
    return not str(inputs.get("pull-request") or "").strip()


def read_task(
    payload: Mapping[str, object], repository: str, instruction: str | None, ref: str | None
) -> Tasked | Ignored:
    """Read a dispatch that is about a branch."""
    event = validated(DispatchEvent, payload)
    sender = event.sender
    if sender is not None and not sender.is_person:
        return Ignored(reason=f"{quoted(sender.login)} is no person")
    said = instruction or (event.inputs or {}).get("instruction")
    return Tasked(
        repository=repository_of(event.repository, repository),
        ref=ref,
        instruction=_cleaned(said if isinstance(said, str) else None),
        command=CommandRef(
            source=CommandSource.DISPATCH,
            comment_id=None,
            author=sender.login if sender else None,
            author_id=sender.id if sender else None,
        ),
    )


def read_schedule(
    payload: Mapping[str, object], repository: str, instruction: str | None, ref: str | None
) -> Tasked:
    """Read a run by the clock; nobody asked for it, so nobody's role counts."""
    event = validated(ScheduleEvent, payload)
    return Tasked(
        repository=repository_of(event.repository, repository),
        ref=ref,
        instruction=_cleaned(instruction),
        command=CommandRef(source=CommandSource.SCHEDULE, comment_id=None, author=None),
    )


def _cleaned(instruction: str | None) -> str | None:
    """An instruction in the form of every other; ``None`` where there is none.

    Raises:
        InvalidInput: it is too long.
    """
    if instruction is None or not instruction.strip():
        return None
    try:
        return clean_instruction(instruction)
    except CommandError as error:
        raise InvalidInput(f"The input `instruction`: {error.cause}", error.next_step) from None


def _number(value: object) -> int:
    """Read the pull request of a dispatch, which GitHub sends as text."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not text:
        raise MissingInput(
            "`pull-request` is missing.",
            "A workflow that is dispatched passes it on: "
            "`pull-request: ${{ inputs.pull-request }}`. To edit a branch, give `files`.",
        )
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise InvalidInput(
            f"The input `pull-request` is {quoted(text)}.", "Give the number of a pull request."
        )
    return int(text)
