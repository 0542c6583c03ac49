"""Seeing early that an answer cannot become the file."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit import guards
from predict_edit.edit.guards import early_stop, repeats
from predict_edit.edit.guards.early_stop import EarlyStop, LoopWatch

if TYPE_CHECKING:
    from tests.conftest import Proportional

CODE = "import os\n\n\ndef run(name):\n    return os.environ[name]\n"


def read(path: str, original: str, answer: str, *, step: int = 7) -> int:
    """Characters after which the answer is broken off; all of them and one where it is not."""
    watch = EarlyStop(path, original)
    for start in range(0, len(answer), step):
        if watch.feed(answer[start : start + step]) is not None:
            return start
    return len(answer) + 1


@pytest.mark.parametrize(
    "opening",
    [
        "Sure! Here is the updated file:\n\n```python\n",
        "I have replaced the name.\n\n",
        "I'm sorry, but I cannot edit this file.\nIt is not clear what is meant.\n",
        "Here's the complete modified code:\n",
    ],
)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_talk_is_seen_after_its_first_lines(opening: str, step: int) -> None:
    """Whatever the size of the chunks, no more than the opening and a line is read."""
    answer = opening + CODE * 200
    assert read("a.py", CODE * 200, answer, step=step) <= len(opening) + 20


def test_a_file_that_is_made_of_sentences_may_begin_with_one() -> None:
    """Prose is the text of such a file; only a remark before a fence is none."""
    text = "Sure, this is how it works.\n\nIt works.\n"
    assert read("a.md", "It works.\n", text) > len(text)
    talk = "Sure, here you go:\n```\nIt works.\n```\n" + "It works.\n" * 3
    assert read("a.md", "It works.\n", talk) < 40


@pytest.mark.parametrize("block", [["x = 1"], ["a()", "b()"], [f"line{n}" for n in range(20)]])
def test_a_loop_is_seen_soon(block: list[str]) -> None:
    """After about forty repetitions, long before the end."""
    once = "\n".join(block) + "\n"
    stopped = read("a.py", CODE, CODE + once * 1_000)
    assert stopped < len(CODE) + len(once) * max(50, 100 // len(block))


def test_a_line_without_an_end_is_seen() -> None:
    """Blanks, zeros or a word over and over on one line."""
    for piece in (" ", "0", "abc, "):
        assert read("a.py", CODE, CODE + piece * 20_000) < len(CODE) + 8_000


def test_a_file_that_repeats_itself_may_go_on_doing_so() -> None:
    """Tables and data are repetitive by nature, on many lines or on one."""
    rows = "    0, 0, 0,\n" * 500
    assert read("a.c", rows, rows.replace("0, 0, 0", "0, 0, 1")) > len(rows)
    assert read("a.c", rows, rows) > len(rows)
    line = "int t[] = {" + "0," * 6_000 + "1};\n"
    assert read("a.c", line, line.replace("int", "long")) > len(line)


LINES = st.sampled_from(
    [
        "x = 1",
        "y = 2",
        "",
        "Sure, here is the file:",
        "I have done it",
        "```",
        "    z()",
        "Note: it ends with this:",
        "# comment",
        "0," * 600,
    ]
)
TEXTS = st.lists(st.tuples(LINES, st.integers(1, 40)), max_size=12).map(
    lambda rows: "".join(f"{line}\n" * times for line, times in rows)
)


@given(original=TEXTS, answer=TEXTS, path=st.sampled_from(["a.py", "a.md", "a.yml"]))
def test_what_is_broken_off_would_have_been_refused(original: str, answer: str, path: str) -> None:
    """Stopping early is never stricter than the guard."""
    if read(path, original, answer, step=11) > len(answer):
        return
    assert guards.judge(path, original, answer) is not None


@given(original=TEXTS, answer=TEXTS)
def test_a_loop_is_seen_when_the_guard_sees_it(original: str, answer: str) -> None:
    """The lines that are counted along the way hide no loop, if every line is looked at."""
    old, new = repeats.text_lines(original), repeats.text_lines(answer)
    with mock.patch.multiple(early_stop, _STEP=1, _SHARE=0):
        watch = LoopWatch(original)
        for number, line in enumerate(new, 1):
            seen = watch.feed(f"{line}\n") == repeats.LOOP
            assert seen == (number >= repeats.MIN_LINES and repeats.loops(old, new[:number]))


def test_reading_along_takes_time_in_proportion(proportional: Proportional) -> None:
    """Long lines, short lines and tiny chunks."""

    def read_along(text: str) -> None:
        watch = EarlyStop("a.py", text)
        for at in range(0, len(text), 16):
            assert watch.feed(text[at : at + 16]) is None

    proportional(read_along, "".join(f"value_{n} = {n}\n" for n in range(15_000)))
    proportional(read_along, "ab" * 125_000)
