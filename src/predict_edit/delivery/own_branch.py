"""The branch of a run over a branch: which one is ours, its pull request, what is remembered there.

A branch is ours only while it points at a commit that the marker in our own pull request names. Any
other branch is somebody's work and is never touched.

The marker is sealed with the model's key, if there is one. Without a valid seal, edits are taken
over only from the commit that our branch still points at: nobody without write access can put one
there, whatever another program of our account was tricked into writing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from predict_edit.delivery.state import (
    DECLINED,
    UNCHANGED,
    Memory,
    is_sealed,
    pack,
    unpack_old_answers,
    unpack_unsealed,
)
from predict_edit.domain.errors import BranchTaken
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import BranchPull, BranchState
from predict_edit.support.markers import Marker, find_marker
from predict_edit.support.text import quoted

KIND: Final = "pull"
MAX_NAMES: Final = 9
"""Names that are tried: the branch itself, then with -2 to -9."""
_OLD_SEAL_DIGITS: Final = 32
_SHA: Final = re.compile(r"[0-9a-f]{40}")
_OPEN, _DONE = "open", "done"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OwnBranch:
    """The branch to use, and what earlier runs left there."""

    branch: str
    tip: str | None = None
    """Its newest commit; ``None`` if it does not exist."""
    pull: BranchPull | None = None
    """Our open pull request from it."""
    content: str = ""
    """The digest of what the open pull request changes."""
    answers: Mapping[str, str] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """The answers of earlier runs, as :class:`~predict_edit.delivery.state.Memory` has them."""
    source: str = ""
    """The commit with the edited files of ``answers``; empty if there is none."""
    notes: tuple[str, ...] = ()


async def find_own_branch(host: GitHost, branch: str, secret: str | None) -> OwnBranch:
    """Find the first name of the branch that is free or ours; ``secret`` is the model's key.

    Raises:
        BranchTaken: every name is in use by others.
        ForgeError: the branches could not be read.
    """
    notes: list[str] = []
    answers: dict[str, str] = {}
    source = ""
    for number in range(1, MAX_NAMES + 1):
        name = branch if number == 1 else f"{branch}-{number}"
        state = await host.branch_state(name)
        pull, marker = _ours(state)
        if pull and marker:
            known, at = _remembered(pull, marker, state.tip, secret)
            # A later branch is newer.
            answers, source = {**answers, **known}, at or source
        tips = marker.fields.get("tips", "").split(".") if marker else []
        if state.tip is None or state.tip in tips:
            is_open = pull is not None and pull.state == "open" and state.tip is not None
            return OwnBranch(
                branch=name,
                tip=state.tip,
                pull=pull if is_open else None,
                content=marker.fields.get("content", "") if marker and is_open else "",
                answers=answers,
                source=source,
                notes=tuple(notes),
            )
        where = f", on pull request {pull.number}" if pull and pull.state == "open" else ""
        notes.append(
            f"The branch {quoted(name)} has commits that are not this tool's{where}; nothing was "
            "changed there."
        )
    raise BranchTaken(
        f"{quoted(branch)} and all names up to -{MAX_NAMES} have commits that are not this tool's.",
        "Delete the branches that are no longer needed, or set another name as `branch`.",
    )


def marker_of(
    *,
    tips: tuple[str, ...],
    content: str,
    answers: Mapping[str, str],
    secret: str | None,
    finished: bool = False,
) -> str:
    """Return the marker for the text of a pull request.

    ``tips`` are the commits at which its branch is ours: the newest, and during a move the last.
    """
    fields = {
        "state": _DONE if finished else _OPEN,
        "tips": ".".join(tips),
        "content": content,
    }
    memory = Memory(answers=dict(answers))
    return str(Marker(KIND, {**fields, "memory": pack(memory, secret, about=_about(fields))}))


def _about(fields: Mapping[str, str]) -> str:
    """Return what the seal covers besides the memory."""
    return "".join(f"{fields.get(name, '')} " for name in ("state", "tips", "content"))


def _ours(state: BranchState) -> tuple[BranchPull | None, Marker | None]:
    """Return the newest pull request that this account opened and this tool marked."""
    for pull in state.pulls:
        marker = find_marker(pull.body, KIND)
        if pull.mine and marker is not None:
            return pull, marker
    return None, None


def _remembered(
    pull: BranchPull, marker: Marker, tip_now: str | None, secret: str | None
) -> tuple[dict[str, str], str]:
    """Return the answers of a pull request, and the commit with its files.

    Closing a pull request without merging declines all that it offered.
    """
    fields = marker.fields
    if packed := fields.get("memory", ""):
        answers = unpack_unsealed(packed).answers
        sealed = bool(secret) and is_sealed(packed, secret, about=_about(fields))
    else:
        answers = unpack_old_answers(fields.get("ledger", ""))
        sealed = bool(secret) and hmac.compare_digest(
            _old_seal(fields, secret or ""), fields.get("seal", "")
        )
    if pull.state == "closed" and fields.get("state") == _OPEN:
        answers = {q: said if said == UNCHANGED else DECLINED for q, said in answers.items()}
    tip = fields.get("tips", "").partition(".")[0]
    if not _SHA.fullmatch(tip) or not (sealed or tip == tip_now):
        # Only answers that need no file from anywhere.
        return {q: said for q, said in answers.items() if said in {UNCHANGED, DECLINED}}, ""
    return answers, tip


def _old_seal(fields: Mapping[str, str], secret: str) -> str:
    """Return the seal as earlier versions made it."""
    text = " ".join(fields.get(name, "") for name in ("state", "tips", "content", "ledger"))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:_OLD_SEAL_DIGITS]
