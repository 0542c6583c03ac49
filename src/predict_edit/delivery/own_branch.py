"""How things stand: our branch, our pull request, and whether somebody else has touched them.

A branch is ours only as long as it points at a commit that the marker in our own pull request
names. Everything else on a branch is somebody's work and stays as it is.

The marker is sealed with the model's key, where there is one. Without a valid seal, edits are taken
over only from the commit at which our branch still is: nobody without write access can put one
there, whatever another program of our account may have been talked into writing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from predict_edit.delivery.ledger import Ledger
from predict_edit.domain import BranchPull, BranchState
from predict_edit.domain.errors import BranchTaken
from predict_edit.domain.ports import RepositoryForge
from predict_edit.support.markers import Marker, find_marker
from predict_edit.support.text import quoted

KIND: Final = "pull"
MAX_NAMES: Final = 9
"""Names that are tried: the branch itself, then with -2 to -9."""
_SEAL_DIGITS: Final = 32
_SHA: Final = re.compile(r"[0-9a-f]{40}")
_OPEN, _DONE = "open", "done"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The branch to use and what is known from before."""

    branch: str
    tip: str | None = None
    """Where our branch is; ``None`` where it is not there."""
    pull: BranchPull | None = None
    """Our open pull request from it."""
    content: str = ""
    """The digest of what the open pull request changes."""
    ledger: Ledger = dataclasses.field(default_factory=Ledger)
    source: str = ""
    """The commit that holds the edited files of the ledger, empty where there is none."""
    notes: tuple[str, ...] = ()


async def look(forge: RepositoryForge, branch: str, secret: str | None) -> Standing:
    """Find the first name of the branch that is free or ours; ``secret`` is the model's key.

    Raises:
        BranchTaken: none of the names is.
        ForgeError: the branches could not be read.
    """
    notes: list[str] = []
    ledger, source = Ledger(), ""
    for number in range(1, MAX_NAMES + 1):
        name = branch if number == 1 else f"{branch}-{number}"
        state = await forge.branch_state(name)
        pull, marker = _ours(state)
        if pull and marker:
            known, at = _remembered(pull, marker, state.tip, secret)
            # What stands on a later branch is newer.
            ledger, source = Ledger({**ledger.answers, **known.answers}), at or source
        tips = marker.fields.get("tips", "").split(".") if marker else []
        if state.tip is None or state.tip in tips:
            is_open = pull is not None and pull.state == "open" and state.tip is not None
            return Standing(
                branch=name,
                tip=state.tip,
                pull=pull if is_open else None,
                content=marker.fields.get("content", "") if marker and is_open else "",
                ledger=ledger,
                source=source,
                notes=tuple(notes),
            )
        where = f", on pull request {pull.number}" if pull and pull.state == "open" else ""
        notes.append(
            f"The branch {quoted(name)} has commits that are not this tool's{where}; nothing was "
            "changed there."
        )
    raise BranchTaken(
        f"{quoted(branch)} and all names up to -{MAX_NAMES} are taken by other commits.",
        "Delete the branches that are done with, or give another name as `branch`.",
    )


def marker_of(
    *,
    tips: tuple[str, ...],
    content: str,
    ledger: Ledger,
    secret: str | None,
    finished: bool = False,
) -> str:
    """The marker for the text of a pull request.

    ``tips`` are the commits at which its branch is ours: the newest, and during a move the last.
    """
    fields = {
        "state": _DONE if finished else _OPEN,
        "tips": ".".join(tips),
        "content": content,
        "ledger": ledger.pack(),
    }
    return str(Marker(KIND, {**fields, "seal": _seal(fields, secret)}))


def _ours(state: BranchState) -> tuple[BranchPull | None, Marker | None]:
    """The newest pull request that this account opened and this tool marked."""
    for pull in state.pulls:
        marker = find_marker(pull.body, KIND)
        if pull.mine and marker is not None:
            return pull, marker
    return None, None


def _seal(fields: Mapping[str, str], secret: str | None) -> str:
    """What only the holder of the model's key can write beside the fields; empty without a key."""
    if not secret:
        return ""
    said = " ".join(fields.get(name, "") for name in ("state", "tips", "content", "ledger"))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()[:_SEAL_DIGITS]


def _remembered(
    pull: BranchPull, marker: Marker, tip_now: str | None, secret: str | None
) -> tuple[Ledger, str]:
    """The ledger of a pull request, and the commit with its files.

    A pull request that somebody closed without merging was a no to all that it offered.
    """
    ledger = Ledger.unpack(marker.fields.get("ledger", ""))
    if pull.state == "closed" and marker.fields.get("state") == _OPEN:
        ledger = ledger.declined()
    tip = marker.fields.get("tips", "").partition(".")[0]
    seal = _seal(marker.fields, secret)
    sealed = bool(seal) and hmac.compare_digest(seal, marker.fields.get("seal", ""))
    if not _SHA.fullmatch(tip) or not (sealed or tip == tip_now):
        return ledger.without_edits(), ""
    return ledger, tip
