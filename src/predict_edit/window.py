"""How much one person may ask of one pull request, told from what we wrote there ourselves.

Nothing is stored anywhere else, so the summary comments of earlier commands are the count. Only
those of our own account are believed. What cannot be read counts against the one who asks: a
limit that fails open is none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from predict_edit.domain import Comment
from predict_edit.marker import Marker, find_marker

COMMANDS: Final = 20
"""Commands of one person on one pull request within :data:`WINDOW`; no input raises it."""
WINDOW: Final = dt.timedelta(hours=1)
LONGEST_RUN: Final = dt.timedelta(hours=1)
"""A summary that still says it is at work after this long is of a run that was killed."""
KIND: Final = "summary"
WORKING: Final = "working"

_DIGITS: Final = 16
_AHEAD: Final = dt.timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


def signature(login: str | None) -> str:
    """A name for a person that fits into a marker's field ``by``; upper and lower case are one."""
    return hashlib.sha256((login or "").casefold().encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def too_many(
    comments: Sequence[Comment], login: str | None, now: dt.datetime, *, key: str = ""
) -> str | None:
    """Say why a person has to wait; ``None`` where they need not.

    ``comments`` are the marked ones of the pull request, ``now`` has a time zone. ``key`` is the
    command's own name: running the same command again is no further command. A summary that does
    not say whose command it was counts as this person's.
    """
    mine = signature(login)
    times = sorted(
        created
        for marker, created in _recent(comments, now, WINDOW)
        if marker.fields.get("command", "") != key or not key
        if marker.fields.get("by", mine) == mine or not login
    )
    if len(times) < COMMANDS:
        return None
    again = times[-COMMANDS] + WINDOW
    return (
        f"{len(times)} commands by the same person on this pull request within an hour; "
        f"{COMMANDS} are allowed. The next is taken from {again:%H:%M} UTC on."
    )


def already_running(
    comments: Sequence[Comment], now: dt.datetime, *, key: str, own: int | None = None
) -> str | None:
    """Say that another command is being carried out on the pull request; ``None`` where none is.

    ``own`` is the id of this command's summary comment once there is one: of two that began at
    the same time the one with the older comment goes on, so exactly one does.
    """
    for comment in comments:
        for marker, created in _recent([comment], now, LONGEST_RUN):
            other = marker.fields.get("command", "") != key
            older = own is None or comment.id < own
            if other and older and marker.fields.get("state", WORKING) == WORKING:
                until = created + LONGEST_RUN
                return (
                    "Another command is already running on this pull request. Give this one again "
                    f"when its summary is final, or after {until:%H:%M} UTC if it was cut short."
                )
    return None


def _recent(
    comments: Sequence[Comment], now: dt.datetime, window: dt.timedelta
) -> Iterator[tuple[Marker, dt.datetime]]:
    """The markers of our own summaries that are not older than ``window``, and their times."""
    for comment in comments:
        marker = find_marker(comment.body, KIND) if comment.mine else None
        if marker is None:
            continue
        created = _time(comment.created_at, now)
        if now - window < created:
            yield marker, created


def _time(text: str, now: dt.datetime) -> dt.datetime:
    """Read a time as GitHub writes it; one that cannot be, or lies ahead, is now."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return now
    if time.tzinfo is None or time > now + _AHEAD:
        return now
    return time
