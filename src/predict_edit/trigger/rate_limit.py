"""How much one person may ask of one pull request, counted from what is on it.

Nothing is stored anywhere else: the summaries of earlier commands are the count, those of our own
account alone, together with the person's own comments that are commands, because a dry run leaves
no summary. What cannot be read counts against the person: a limit that fails open is not a limit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from predict_edit.domain.errors import AlreadyRunning, CommandError
from predict_edit.domain.repository import Comment
from predict_edit.support.markers import Marker, find_marker
from predict_edit.trigger.command import parse_command

COMMANDS: Final = 30
"""Commands of one person on one pull request within :data:`WINDOW`; no input raises it."""
WINDOW: Final = dt.timedelta(hours=1)
LONGEST_RUN: Final = dt.timedelta(minutes=30)
"""A summary that says for so long that it is at work is of a run that was killed. The example
workflows end their jobs sooner."""
KIND: Final = "summary"
WORKING: Final = "working"

_DIGITS: Final = 16
_AHEAD: Final = dt.timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


def utc_now() -> dt.datetime:
    """Return the time, with its zone."""
    return dt.datetime.now(tz=dt.UTC)


def signature(login: str | None) -> str:
    """A name for a person that fits into a marker's field ``by``; upper and lower case are one."""
    return hashlib.sha256((login or "").casefold().encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def too_many(
    comments: Sequence[Comment], login: str | None, now: dt.datetime, *, key: str, word: str
) -> str | None:
    """Say why a person has to wait; ``None`` if they need not.

    ``comments`` are all of the pull request's conversation, ``now`` has a time zone, ``word`` opens
    a command. ``key`` is the command's own name: running the same command again is not another
    command. A summary that does not say whose command it was counts as this person's.
    """
    mine = signature(login)
    given: dict[str, dt.datetime] = {}
    for comment, marker in _summaries(comments):
        if not login or marker.fields.get("by", mine) == mine:
            name = marker.fields.get("command") or f"summary-{comment.id}"
            given[name] = _time(comment.created_at, now)
    for comment in comments:
        if signature(comment.author) == mine and _commands(comment, word):
            given[f"issue-comment-{comment.id}"] = _time(comment.created_at, now)
    given.pop(key, None)
    times = sorted(time for time in given.values() if now - WINDOW < time)
    if len(times) < COMMANDS:
        return None
    again = times[-COMMANDS] + WINDOW
    return (
        f"{len(times)} commands by the same person on this pull request within an hour; "
        f"{COMMANDS} are allowed. Run it again after {again:%H:%M} UTC."
    )


def check_alone(comments: Sequence[Comment], now: dt.datetime, *, key: str) -> None:
    """Refuse a command while another one is carried out on the same pull request.

    Two that begin within the same second do not see each other; the concurrency group of the
    workflow is what keeps those apart.

    Raises:
        AlreadyRunning: with the address of the other one's summary.
    """
    for comment, marker in _summaries(comments):
        if marker.fields.get("command") == key or marker.fields.get("state", WORKING) != WORKING:
            continue
        until = _time(comment.created_at, now) + LONGEST_RUN
        if now < until:
            raise AlreadyRunning(
                "Another command is already running on this pull request.",
                "Run this command again when the other's summary is final, or after "
                f"{until:%H:%M} UTC if its run was cut short.",
                url=comment.url,
            )


def _summaries(comments: Sequence[Comment]) -> Iterator[tuple[Comment, Marker]]:
    """Find our own summaries, and their markers."""
    for comment in comments:
        marker = find_marker(comment.body, KIND) if comment.mine else None
        if marker is not None:
            yield comment, marker


def _commands(comment: Comment, word: str) -> bool:
    """Decide whether a comment is a command, even a wrong one."""
    try:
        return parse_command(comment.body, word) is not None
    except CommandError:
        return True


def _time(text: str, now: dt.datetime) -> dt.datetime:
    """Read a time as GitHub writes it; one that cannot be, or lies ahead, is now."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return now
    if time.tzinfo is None or time > now + _AHEAD:
        return now
    return time
