"""Which unseen bytes an instruction speaks of."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from predict_edit.edit.intent import MAX_READ, read

if TYPE_CHECKING:
    from tests.conftest import Proportional


@pytest.mark.parametrize(
    ("instruction", "permits"),
    [
        ("Add type hints", set()),
        ("Delete every debug line", set()),
        ("Use CRLF", {"line_endings"}),
        ("It says 'bad interpreter: /bin/sh^M'.", {"line_endings"}),
        ("Drop the BOM", {"byte_order_mark"}),
        ("Save it as UTF-8 with signature", {"byte_order_mark"}),
        ("Add the missing newline at the end of the file", {"file_ends"}),
        ("Strip the lines", {"trailing_blanks"}),
        ("Remove trailing whitespace", {"file_ends", "trailing_blanks"}),
        ("Make it black-clean", {"file_ends", "trailing_blanks"}),
        ("gofmt it", {"file_ends", "trailing_blanks"}),
        ("Fix E303", {"file_ends", "trailing_blanks"}),
    ],
)
def test_words_permit_what_they_mean(instruction: str, permits: set[str]) -> None:
    assert {
        name for name, value in dataclasses.asdict(read(instruction)).items() if value
    } == permits


@pytest.mark.parametrize("piece", ["remove ", "remove the ", "a", "\\", "windows "])
def test_a_hostile_instruction_is_read_at_once(piece: str, proportional: Proportional) -> None:
    """And what is too long is not read to its end."""
    text = piece * (MAX_READ // len(piece))
    proportional(read, text)
    assert not read(text + " " * len(piece) + "CRLF").line_endings
