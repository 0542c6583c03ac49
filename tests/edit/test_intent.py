"""What the words of an instruction permit."""

from __future__ import annotations

import dataclasses
import time

import pytest

from predict_edit.edit.intent import read


@pytest.mark.parametrize(
    ("instruction", "permits"),
    [
        ("Add type hints", set()),
        ("Use a context manager for the file", set()),
        ("Fix the bug in line 12", {"repeats"}),
        ("Remove the unused import", {"deletes"}),
        ("Delete every debug line", {"deletes", "broad"}),
        ("Lösche die Funktion", {"deletes"}),
        ("删除函数", {"deletes"}),
        ("Rewrite the parser", {"rewrites", "broad"}),
        ("Translate the comments to French", {"rewrites"}),
        ("Rename foo to bar", {"rewrites"}),
        ("Replace string `FizzBuzz` with `MSFTBuzz`.", {"deletes", "rewrites"}),
        ("Remove everything", {"deletes", "broad", "empties"}),
        ("Empty this file", {"broad", "empties"}),
        ("Remove the\n whole content", {"deletes", "broad", "empties"}),
        ("Use CRLF", {"line_endings"}),
        ("Drop the BOM", {"deletes", "byte_order_mark"}),
        ("Add the missing newline at the end of the file", {"file_ends"}),
    ],
)
def test_words_permit_what_they_mean(instruction: str, permits: set[str]) -> None:
    assert {
        name for name, value in dataclasses.asdict(read(instruction)).items() if value
    } == permits


@pytest.mark.parametrize("text", ["remove" + " " * 100_000, "remove the " * 20_000, "a" * 100_000])
def test_a_hostile_instruction_is_read_at_once(text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 1
