"""One mistake, as every rule reports it."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from predict_edit.cli.doctor.workflow.source import Change, Correction


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong in a line, and the lines that would be right."""

    path: str
    line: int
    """From 1."""
    state: Literal["failed", "warning"]
    """``failed`` keeps commands from working or is unsafe; a ``warning`` costs time or money."""
    found: str
    next_step: str = ""
    changes: tuple[Change, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def place(self) -> str:
        """``file:line``, as editors and terminals understand it."""
        return f"{self.path}:{self.line}"

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "path": self.path,
            "line": self.line,
            "state": self.state,
            "found": self.found,
            "next_step": self.next_step,
            "corrections": [dataclasses.asdict(each) for each in self.corrections],
        }
