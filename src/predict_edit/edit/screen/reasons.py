"""Why a hunk is rejected: short enough for the cell of a table."""

from __future__ import annotations

from typing import Final

REORDERS: Final = "adds or moves characters that change the order in which text is shown"
CONTROLS: Final = "adds control characters"
TAGS: Final = "adds tag characters, which spell words that nobody sees"
SELECTORS: Final = "adds variation selectors that select nothing"
INVISIBLE: Final = "adds invisible characters"
SEPARATORS: Final = "adds line separators that are no line ends in the file"
UNASSIGNED: Final = "adds characters without a public meaning"
OF_THIS_RUN: Final = "holds a secret of this run"
NOT_SENT: Final = "not sent to the model: it holds a secret of this run"
OF_A_VENDOR: Final = "adds what looks like a secret: {kind}"
"""``kind`` is one of the names in :mod:`predict_edit.edit.screen.vendors`."""
