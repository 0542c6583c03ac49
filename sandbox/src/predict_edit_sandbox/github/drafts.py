"""Reads the comments of a review to be posted.

GitHub hands a review's ``comments[]`` to its GraphQL type ``DraftPullRequestReviewThread``, which
knows these keys only: ``path``, ``body``, ``line``, ``side``, ``start_line``, ``start_side``; or,
in the older form, ``path``, ``body``, ``position``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from predict_edit_sandbox.github.anchors import Anchor, Place, Unanchored, at_position, place
from predict_edit_sandbox.github.nouns import PullRequest, Side
from predict_edit_sandbox.github.refusals import unprocessable
from predict_edit_sandbox.github.state import State

_KEYS: Mapping[str, type] = {
    "path": str,
    "body": str,
    "line": int,
    "side": str,
    "start_line": int,
    "start_side": str,
    "position": int,
}
_NAMES: Mapping[type, str] = {str: "String", int: "Int"}
_SIDES: Mapping[Any, Side] = {"LEFT": "LEFT", "RIGHT": "RIGHT"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A comment that has a place. ``anchor`` is ``None`` for a comment on the whole file."""

    path: str
    body: str
    anchor: Anchor | None
    place: Place | None


def _camel(key: str) -> str:
    """A key as GraphQL spells it."""
    first, *rest = key.split("_")
    return first + "".join(part.title() for part in rest)


def _faults(index: int, entry: Any, *, file_subject: bool) -> list[str]:
    """What is wrong with the shape of one entry, in GraphQL's words."""
    if not isinstance(entry, dict):
        return [f"{index} (Expected value to be an object)"]
    said = []
    for key, value in entry.items():
        spot = f"{index}.{_camel(key)}"
        if key == "subject_type" and file_subject:
            continue
        if key not in _KEYS:
            said.append(f"{spot} (Field is not defined on DraftPullRequestReviewThread)")
        elif value is not None and type(value) is not _KEYS[key]:
            said.append(f"{spot} (Could not coerce value {value!r} to {_NAMES[_KEYS[key]]})")
        elif key.endswith("side") and value is not None and value not in _SIDES:
            said.append(f'{spot} (Expected "{value}" to be one of: LEFT, RIGHT)')
    whole_file = file_subject and entry.get("subject_type") == "file"
    needed = ["path", "body"]
    if entry.get("position") is None and not whole_file:
        needed.append("line")
    said.extend(
        f"{index}.{_camel(key)} (Expected value to not be null)"
        for key in needed
        if entry.get(key) is None
    )
    return said


def check_shape(entries: Sequence[Any], *, file_subject: bool) -> None:
    """Refuse unknown keys, missing keys and wrong types.

    Raises:
        Refusal: 422 that names every one of them.
    """
    said = [
        sentence
        for index, entry in enumerate(entries)
        for sentence in _faults(index, entry, file_subject=file_subject)
    ]
    if said:
        raise unprocessable(
            "Variable $threads of type [DraftPullRequestReviewThread] was provided invalid "
            f"value for {', '.join(said)}"
        )


def _anchor(entry: Mapping[str, Any], patch: str | None) -> Anchor | None:
    """The lines that an entry asks for; ``None`` for a legacy position that does not exist."""
    line, side = entry.get("line"), _SIDES.get(entry.get("side"), "RIGHT")
    if line is None:
        spot = at_position(patch, entry["position"])
        if spot is None:
            return None
        side, line = spot
    start_side = entry.get("start_side")
    return Anchor(
        path=entry["path"],
        line=line,
        side=side,
        start_line=entry.get("start_line"),
        start_side=_SIDES.get(start_side) if start_side else None,
    )


def _stale(state: State, pull: PullRequest, commit: str, anchor: Anchor) -> Unanchored | None:
    """Why a place in an older commit's diff is refused, if it is."""
    if commit == pull.head_sha or not state.switches.stale_lines_refused:
        return None
    today = state.files(pull).get(anchor.path)
    if today is None:
        return Unanchored.PATH
    found = place(today.patch, anchor)
    return found if isinstance(found, Unanchored) else None


def settle(
    state: State, pull: PullRequest, commit: str, entry: Mapping[str, Any]
) -> Draft | Unanchored:
    """Find the place of one well-shaped comment in the diff of a commit."""
    path, body = entry["path"], entry["body"]
    diff = state.files(pull, commit).get(path)
    if diff is None:
        return Unanchored.PATH
    if entry.get("subject_type") == "file":
        return Draft(path=path, body=body, anchor=None, place=None)
    patch = diff.patch
    if not state.switches.comments_on_withheld_patches and withheld(state, path, patch):
        patch = None
    anchor = _anchor(entry, patch)
    if anchor is None:
        return Unanchored.LINE
    found = place(patch, anchor)
    if isinstance(found, Unanchored):
        return found
    return _stale(state, pull, commit, anchor) or Draft(
        path=path, body=body, anchor=anchor, place=found
    )


def withheld(state: State, path: str, patch: str | None) -> bool:
    """Whether the files list leaves out this patch, although there is one."""
    if patch is None:
        return False
    too_long = patch.count("\n") + 1 > state.switches.patch_line_limit
    return too_long or path in state.switches.withheld_patches
