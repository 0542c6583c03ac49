"""From an event of GitHub Actions to a command, or to the reason why there is none.

Only the event's own payload is read: who GitHub says wrote the comment, never ``GITHUB_ACTOR``,
which names whoever re-ran the job. Source: "Events that trigger workflows".
"""

from __future__ import annotations

from collections.abc import Mapping

from predict_edit.domain import CommandSource
from predict_edit.support.text import quoted
from predict_edit.trigger.asked import Ignored, Trigger
from predict_edit.trigger.comments import read_issue_comment, read_review_comment
from predict_edit.trigger.starts import (
    names_no_pull_request,
    read_dispatch,
    read_schedule,
    read_task,
)


def read_event(
    name: str,
    payload: Mapping[str, object],
    *,
    word: str,
    instruction: str | None = None,
    pull_request: int | None = None,
    repository: str = "",
    ref: str | None = None,
    scoped: bool = False,
    fallback: str | None = None,
) -> Trigger:
    """Tell what an event asks for.

    Args:
        name: ``GITHUB_EVENT_NAME``.
        payload: the JSON object at ``GITHUB_EVENT_PATH``.
        word: the word that opens a command.
        instruction: the action's input of that name, for ``workflow_dispatch``.
        pull_request: the action's input of that name, for ``workflow_dispatch``.
        repository: ``GITHUB_REPOSITORY``, where the payload does not name it: that of
            ``schedule`` need not.
        ref: the action's input of that name.
        scoped: whether inputs say which files of a branch are meant: ``ref``, ``files`` or
            ``findings``. A dispatch without a pull request is about those.
        fallback: the instruction for a dispatch that carries none.

    A command on a closed pull request is a command: its author gets an answer.

    Raises:
        EventError: the payload lacks what GitHub always sends.
        MissingInput: a dispatch without a pull request or without an instruction.
        InvalidInput: a dispatch with a pull request that is no number.
    """
    match name:
        case CommandSource.ISSUE_COMMENT:
            return read_issue_comment(payload, word, repository)
        case CommandSource.REVIEW_COMMENT:
            return read_review_comment(payload, word, repository)
        case CommandSource.DISPATCH:
            if scoped and pull_request is None and names_no_pull_request(payload):
                return read_task(payload, repository, instruction, ref)
            return read_dispatch(payload, repository, instruction, pull_request, fallback)
        case CommandSource.SCHEDULE:
            return read_schedule(payload, repository, instruction, ref)
        case _:
            return Ignored(reason=f"the event {quoted(name)} carries no command")
