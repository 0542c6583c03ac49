"""What a report of a linter says."""

from __future__ import annotations

import dataclasses

from predict_edit.domain.edit import Finding


@dataclasses.dataclass(frozen=True, slots=True)
class Dropped:
    """Why a finding is not used."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one file says, in its order."""

    findings: tuple[Finding | Dropped, ...] = ()
    notes: tuple[str, ...] = ()
