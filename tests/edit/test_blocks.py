"""Answers as exact edits."""

from __future__ import annotations

import difflib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.blocks import BlocksRefused, edited, parse
from predict_edit_sandbox.model.instructions import as_edits
from predict_edit_sandbox.model.quirks import Quirk, spoil

NONCE = "0123456789abcdef"
LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  d", "e\t", "======="]), max_size=12)
TEXTS = st.tuples(LINES, st.booleans()).map(
    lambda drawn: "\n".join(drawn[0]) + ("\n" if drawn[1] and drawn[0] else "")
)


def block(old: str, new: str, hint: str = "") -> str:
    """One block; texts end in a line feed, or are empty."""
    return f"<<<<<<< {NONCE}{hint}\n{old}======= {NONCE}\n{new}>>>>>>> {NONCE}\n"


def made(original: str, text: str) -> str:
    """Blocks that say all of a change, each with a hint; both texts end in a line feed."""
    old, new = original.split("\n")[:-1], text.split("\n")[:-1]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    answer, done = "", 0
    for tag, *span in matcher.get_opcodes():
        if tag == "equal":
            continue
        start, end, first, last = span
        if start == end:
            # An insertion repeats a neighbouring line.
            before, after = int(start > 0), int(start == 0)
            start, first = start - before, first - before
            end, last = end + after, last + after
        if start < done:
            # Two insertions beside the same line are one edit.
            return block(original, text)
        done = end
        removed, added = (
            "".join(f"{line}\n" for line in part) for part in (old[start:end], new[first:last])
        )
        answer += block(removed, added, f" @{start + 1}")
    return answer or f"======= {NONCE} nothing\n"


@given(original=LINES, text=LINES)
def test_blocks_of_a_change_give_the_change(original: list[str], text: list[str]) -> None:
    """For any two files with a line feed at the end."""
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (original, text))
    if before:
        assert edited(before, made(before, after), NONCE) == after


@given(original=LINES, blocks=st.lists(st.tuples(LINES, LINES, st.integers(0, 9)), max_size=3))
def test_only_named_lines_are_ever_replaced(
    original: list[str], blocks: list[tuple[list[str], list[str], int]]
) -> None:
    """Whatever the blocks are, they are refused, or each one's old lines were at one place."""
    text = "".join(f"{line}\n" for line in original)
    parts = [
        ["".join(f"{line}\n" for line in part) for part in (old, new)] for old, new, _ in blocks
    ]
    answer = "".join(
        block(old, new, f" @{hint}" if hint else "")
        for (old, new), (_, _, hint) in zip(parts, blocks, strict=True)
    )
    try:
        result = edited(text, answer, NONCE)
    except BlocksRefused:
        return
    if result is None:
        assert not blocks
        return
    stripped = Counter(line.rstrip() for line in result.split("\n")[:-1])
    wanted = Counter(line.rstrip() for line in original)
    for old, new, _ in blocks:
        wanted.subtract(line.rstrip() for line in old)
        wanted.update(line.rstrip() for line in new)
    assert stripped == wanted


@given(original=LINES, at=st.integers(0, 11))
def test_a_near_miss_is_refused(original: list[str], at: int) -> None:
    """An old line with another indentation, case or character is nowhere."""
    line = original[at % len(original)] if original else ""
    for miss in (f" {line}x", f"{line}.", f"  {line}q"):
        with pytest.raises(BlocksRefused, match="not in the file"):
            edited("".join(map("{}\n".format, original)), block(f"{miss}\n", "z\n"), NONCE)


@given(original=TEXTS, answer=TEXTS)
def test_without_a_block_there_are_no_edits(original: str, answer: str) -> None:
    """Whatever else the answer is."""
    assert edited(original, answer, NONCE) is None


@pytest.mark.parametrize(
    ("original", "answer", "expected"),
    [
        ("a\nb\n", block("b\n", "c\n"), "a\nc\n"),
        ("a\nb", block("b\n", "c\n"), "a\nc"),
        ("a\nb\n", "Sure!\n" + block("b\n", ""), "a\n"),
        ("a\nb\n", block("a\nb\n", ""), ""),
        ("", block("", "a\n"), "a\n"),
        ("a\n", block("", "b\n", " @1"), "b\na\n"),
        ("a\r\nb\r\n", block("b\n", "c\nd\n"), "a\r\nc\r\nd\r\n"),
        ("a  \nb\n", block("a\nb\n", "a\nc\n"), "a  \nc\n"),
        ("a  \nb\n", block("a  \n", "a\n"), "a\nb\n"),
        ("a\r\nb\n", block("b\n", "c\n"), "a\r\nc\n"),
        ("a\r\nb\r\n", block("", "c\n", " @1"), "c\r\na\r\nb\r\n"),
        ("a\nb\n", block("a\n", "c\n").replace("\n", "\r\n"), "c\nb\n"),
        ("a\nb", block("b\n", "b\nc\n"), "a\nb\nc"),
        ("\n", block("\n", "a\n"), "a\n"),
        ("a\nx\na\n", block("a\n", "c\n", " @3"), "a\nx\nc\n"),
        ("a\nb\n", block("b\n", "d\n") + block("a\n", "c\n"), "c\nd\n"),
        ("a\n", f"======= {NONCE} nothing\n", "a\n"),
        ("\ufeffa\nb\n", block("a\n", "c\n"), "\ufeffc\nb\n"),
        ("\ufeffa\nb\n", block("\ufeffa\n", "\ufeffc\n"), "\ufeffc\nb\n"),
        ("a\n", block("a\n", "b\n") + block("", "c\n", " @1"), "c\nb\n"),
        ("a", block("a\n", "a\n\n"), "a\n"),
        ("a\nb\nx\n", block("b\n", "c\n", " @3"), "a\nc\nx\n"),
    ],
)
def test_edits_are_applied_as_they_say(original: str, answer: str, expected: str) -> None:
    """Insertions, deletions, both ends, foreign line ends, hints, any order."""
    assert edited(original, answer, NONCE) == expected


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (block("z\n", "c\n"), "are not in the file"),
        (block("A\n", "c\n"), "are not in the file"),
        (block(" a\n", "c\n"), "are not in the file"),
        (block("x\n", "c\n"), "are in 2 places (lines 2, 4)"),
        (block("x\n", "c\n", " @3"), "are in 2 places"),
        (block("", "c\n"), "no old lines"),
        (block("a\nx\n", "c\n") + block("x\nb\n", "d\n"), "replaces lines of another"),
        (f"<<<<<<< {NONCE}\na\n======= {NONCE}\nb\n", "its end is missing"),
        (block("a\n", "c\n") + "<<<<", "Block 2 is not whole: its end is missing"),
        (f"<<<<<<< {NONCE}\na\n>>>>>>> {NONCE}\n", "not in order"),
        (f"a\n======= {NONCE}\nb\n>>>>>>> {NONCE}\n", "not in order"),
        (block(f"<<<<<<< {NONCE}\na\n", "b\n"), "not in order"),
        (block("a\n", "c\n") + f" <<<<<<< {NONCE}\n", "not in order"),
        (block("", "c\n", " @1") * 2, "replaces lines of another"),
        (block("a\u00a0\n", "c\n"), "are not in the file"),
        (block("", "a\n", " @1"), "no old lines"),
        (block("b\nx\n", "a\nx\n", " @1"), "line 1 is much like it"),
        (block("b\n", "c\n") + f"======= {NONCE} nothing\n", "nothing is to change"),
        (block("b\nx\ny\n", "c\n"), "from line 3 on the first 2 agree, and line 5 differs"),
    ],
)
def test_everything_else_is_refused(answer: str, reason: str) -> None:
    """Near misses, ambiguity, overlap and broken marks."""
    with pytest.raises(BlocksRefused) as refused:
        edited("a\nx\nb\nx\n", answer, NONCE)
    assert reason in str(refused.value)


def test_another_runs_marks_are_text() -> None:
    """A file about this format can be edited."""
    other = block("a\n", "b\n").replace(NONCE, "f" * 16)
    assert parse(other, NONCE) is None
    assert edited(other, block("a\n", "c\n"), NONCE) == other.replace("\na\n", "\nc\n")


def test_the_blocks_that_fit_stand_beside_corrected_ones() -> None:
    """Only what was refused is asked for again; what is repeated counts once."""
    good, bad, better = block("a\n", "1\n"), block("x\n", "2\n"), block("x\nb\n", "2\nb\n")
    with pytest.raises(BlocksRefused) as refused:
        edited("a\nx\nb\nx\n", good + bad, NONCE)
    assert str(refused.value) == "Block 2: its old lines are in 2 places (lines 2, 4)."
    kept = refused.value.accepted
    assert [one.new for one in kept] == [("1",)]
    for answer in (better, good + better):
        assert edited("a\nx\nb\nx\n", answer, NONCE, kept) == "1\n2\nb\nx\n"
    assert edited("a\nx\nb\nx\n", f"======= {NONCE} nothing\n", NONCE, kept) == "1\nx\nb\nx\n"


def test_lines_that_were_indented_anew_are_no_other_lines() -> None:
    """They are exactly at another place, and at the place that is hinted at but for blanks."""
    original = "if a:\n    stop()\n    if b:\n        stop()\n"
    with pytest.raises(BlocksRefused, match="at line 4, and line 2 is much like it"):
        edited(original, block("        stop()\n", "        go()\n", " @2"), NONCE)
    # A hint that is merely wrong does no harm.
    assert edited(original, block("    stop()\n", "    go()\n", " @3"), NONCE) == original.replace(
        "    stop()\n    if", "    go()\n    if"
    )


MISTAKES = [*Quirk][[*Quirk].index(Quirk.FENCED) :]
NAMES = st.lists(
    st.sampled_from(["a", "b", "c", "", "  d", "    d", "e f"]) | st.text("xyz", min_size=1),
    max_size=12,
)


@given(original=NAMES, text=NAMES, mistakes=st.sets(st.sampled_from(MISTAKES), max_size=2))
def test_a_broken_answer_is_never_a_wrong_edit(
    original: list[str], text: list[str], mistakes: set[Quirk]
) -> None:
    """It is refused, or still says exactly what was meant."""
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (original, text))
    try:
        result = edited(before, spoil(as_edits(before, after, NONCE), mistakes), NONCE)
    except BlocksRefused:
        return
    assert result in {None, after}


@pytest.mark.parametrize(
    "above",
    [
        f"answer: edits {NONCE}\n",
        f"The marker is {NONCE}.\n",
        "<think>\n" + block("b\n", "x\n") + "</think>\n",
        block("b\n", "x\n") + "</think>\n\n",
        f"======= {NONCE} nothing\n</think>\n",
    ],
)
def test_what_is_above_the_blocks_is_ignored(above: str) -> None:
    """An echo of the request, and thinking, with the blocks that were only thought of."""
    assert edited("a\nb\nc\n", above + block("a\n", "A\n"), NONCE) == "A\nb\nc\n"


def test_a_block_may_add_the_end_of_thinking() -> None:
    assert edited("a\n", block("a\n", "</think>\n"), NONCE) == "</think>\n"


@pytest.mark.parametrize("broken", [f">>>>>>> {NONCE} x\n", f"> <<<<<<< {NONCE}\n"])
def test_a_broken_mark_outside_of_blocks_is_refused(broken: str) -> None:
    with pytest.raises(BlocksRefused, match="marks are not in order"):
        edited("a\n", broken + block("a\n", "b\n"), NONCE)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("c\n", "c\nd\n", "a\r\nb\r\nc\r\nd"),
        ("c\n", "", "a\r\nb"),
        ("c\n", "C\n", "a\r\nb\r\nC"),
        ("b\nc\n", "c\nb\n", "a\r\nc\r\nb"),
    ],
)
def test_the_end_of_a_file_with_carriage_returns_keeps_its_form(
    old: str, new: str, text: str
) -> None:
    """Its last line has neither carriage return nor line feed, whichever line that becomes."""
    assert edited("a\r\nb\r\nc", block(old, new), NONCE) == text
