"""How much of a file may go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.guards import size
from predict_edit.edit.rewrite import compare


def judge(original: str, edited: str) -> str | None:
    """The cause for refusing, if any."""
    return size.problem(compare("a", original, edited))


def numbered(count: int) -> list[str]:
    """So many different lines."""
    return [f"statement_{n} of the file();" for n in range(count)]


@given(count=st.integers(1, 80), data=st.data())
def test_a_few_changed_lines_always_pass(count: int, data: st.DataObject) -> None:
    """Editing up to three lines in place is never too much, whatever the file's length."""
    lines = numbered(count)
    edited = list(lines)
    for _ in range(3):
        edited[data.draw(st.integers(0, count - 1))] = "another statement();"
    assert judge("\n".join(lines), "\n".join([*edited, "last of the file();"])) is None


@given(count=st.integers(30, 120), share=st.floats(0.05, 0.9))
def test_a_prefix_of_the_file_never_passes(count: int, share: float) -> None:
    """An answer that is the file up to some line, and nothing else, is refused."""
    lines = numbered(count)
    kept = int(count * share)
    assert judge("\n".join(lines), "\n".join(lines[:kept])) is not None


def test_a_short_end_may_go() -> None:
    """A removed function at the end passes with another edit; more of the file is doubted."""
    units = [f"func f{n}() {{\n\tone({n})\n\ttwo({n})\n}}\n" for n in range(12)]
    edited = [units[0].replace("one", "three"), *units[1:11]]
    assert judge("\n".join(units), "\n".join(edited)) is None
    assert judge("\n".join(units), "\n".join(units[:10])) is not None


def test_brackets_behind_lost_lines_hide_nothing() -> None:
    """A class without its last methods still ends with its brace."""
    body = [f"  int method{n}() {{\n    return {n};\n  }}\n" for n in range(8)]
    whole, cut = ("class A {\n" + "".join(part) + "}\n" for part in (body, body[:5]))
    assert "stops early" in (judge(whole, cut) or "")


def test_an_end_may_go_with_what_used_it() -> None:
    """The last unit and the line that calls it are gone, so both are meant."""
    whole = "".join(f"func f{n}() {{\n\tone({n})\n\thelp(f)\n\ttwo({n})\n}}\n" for n in range(9))
    end = "func helper() {\n" + "".join(f"\tstep({n})\n" for n in range(9)) + "}\n"
    used = whole.replace("\tone(4)\n", "\tone(4)\n\thelper()\n")
    assert judge(used + end, whole) is None
    assert "stops early" in (judge(used + end, used) or "")
    assert "stops early" in (judge(used + end, whole.replace("one(4)", "one(helper)")) or "")


def test_a_last_line_without_its_continuation_is_not_cut() -> None:
    """The last of several items is removed, and with it the sign before it that it follows."""
    lines = ["RUN apt-get install \\", *(f"    package-{n} \\" for n in range(9))]
    whole = "\n".join([*lines, "    package-9 \\", "    package-10\n"])
    assert judge(whole, "\n".join([*lines, "    package-9\n"])) is None
    assert "within a line" in (judge(whole, "\n".join([*lines[:5], "    pack\n"])) or "")


def test_a_notice_of_copyright_does_not_get_lost() -> None:
    """Three lines of a hundred, but not any three."""
    notice = (
        "# Copyright 2024 The Authors\n# SPDX-License-Identifier: MIT\n# All rights reserved.\n"
    )
    lines = "\n".join(numbered(100))
    assert "licence" in (judge(notice + lines, lines) or "")
    assert judge("# one\n# two\n# three\n" + lines, lines) is None


def test_moved_lines_are_not_lost() -> None:
    """A file whose end moved to its start is whole."""
    lines = numbered(40)
    assert judge("\n".join(lines), "\n".join(lines[20:] + lines[:20])) is None


def test_a_minified_file_is_judged_by_its_characters() -> None:
    """One long line that is returned short is refused; short files are left alone."""
    long = "f(" + ",".join(map(str, range(1_000))) + ")"
    assert judge(long, "f(1)") is not None
    assert judge("f(1, 2, 3)", "f()") is None


def test_another_text_is_doubted() -> None:
    """A translation is confirmed by exact edits, a refusal is not."""
    other = "\n".join(f"etwas ganz anderes, Zeile {n}" for n in range(40))
    assert judge("\n".join(f"{n} boats {chr(97 + n % 20) * 3} here" for n in range(40)), other)
    assert judge("first line\nsecond line\n", "Sorry, I cannot help with that.\n")
    assert judge("first line\nsecond line\n", "first line\nanother line\n") is None


def test_one_name_that_stands_everywhere_may_change_everywhere() -> None:
    """A table of one word is not another file because that word was edited."""
    assert judge("foo, 1\n" * 100, "bar, 1\n" * 100) is None
