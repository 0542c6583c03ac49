"""When a run must end."""

from __future__ import annotations

import pytest

from predict_edit.domain.errors import InvalidInput
from predict_edit.llm.surroundings import MINUTES, deadline


@pytest.mark.parametrize(
    ("text", "ends"), [(None, None), ("", None), ("  ", None), ("28", 1780.0), (" 0.5 ", 130.0)]
)
def test_the_minutes_of_a_run_count_from_its_start(text: str | None, ends: float | None) -> None:
    """Without the variable a run has no end of its own."""
    environ = {} if text is None else {MINUTES: text}
    assert deadline(environ, clock=lambda: 100.0) == ends


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf", "1e999"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Naming the variable and an example."""
    with pytest.raises(InvalidInput, match=MINUTES):
        deadline({MINUTES: text})
