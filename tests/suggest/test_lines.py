"""Lines as git counts them."""

from __future__ import annotations

import pytest

from predict_edit.suggest.lines import lines_of


@pytest.mark.parametrize("text", ["", "a", "a\n", "\n", "a\n\nb", "\r\n\x0b\x0c\x1c\x85\u2028"])
def test_lines_join_to_the_text(text: str) -> None:
    """Lines end at line feeds only and nothing of the text is lost."""
    lines = lines_of(text)
    assert "".join(lines) == text
    assert [line.count("\n") for line in lines[:-1]] == [1] * (len(lines) - 1)
    assert all(lines)
