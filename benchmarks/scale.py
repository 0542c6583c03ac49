"""How often and how large: everything, or the quick look."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    quick: bool = False

    def repeats(self, often: int) -> range:
        """How often a measurement is done: ``often``, or once."""
        return range(1 if self.quick else often)
