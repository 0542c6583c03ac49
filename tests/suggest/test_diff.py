"""Finding what changed: exact for every byte, independent of the machine's git settings."""

from __future__ import annotations

import cProfile
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from predict_edit.domain.edits import Hunk
from predict_edit.domain.errors import DiffError
from predict_edit.suggest import diff
from predict_edit.suggest.diff import apply_hunks, git_diff, hunks_between


def hunk(start: int, removed: str, added: str) -> Hunk:
    """A hunk of one-character lines; ``~`` is a line without line feed."""

    def lines(text: str) -> tuple[str, ...]:
        return tuple(part.removesuffix("~") + "\n" * (part[-1] != "~") for part in text.split())

    return Hunk(start=start, removed=lines(removed), added=lines(added))


@pytest.mark.parametrize(
    ("original", "edited", "expected"),
    [
        ("", "", []),  # nothing at all
        ("a\n", "a\n", []),  # nothing changed
        ("", "a\n", [hunk(1, "", "a")]),  # into an empty file
        ("", "a", [hunk(1, "", "a~")]),  # the same without final newline
        ("a\n", "", [hunk(1, "a", "")]),  # emptied
        ("a\n", "b\n", [hunk(1, "a", "b")]),  # replaced
        ("a\n", "x\na\n", [hunk(1, "", "x")]),  # inserted before the first line
        ("a\nb\n", "a\nx\nb\n", [hunk(2, "", "x")]),  # inserted in the middle
        ("a\n", "a\nx\n", [hunk(2, "", "x")]),  # appended
        ("a\nb\nc\n", "a\nc\n", [hunk(2, "b", "")]),  # deleted
        ("a", "a\n", [hunk(1, "a~", "a")]),  # final newline added
        ("a\n", "a", [hunk(1, "a", "a~")]),  # final newline removed
        ("a\nb", "a\n", [hunk(2, "b~", "")]),  # unfinished last line deleted
        ("a\nb\nc\n", "A\nb\nC\n", [hunk(1, "a", "A"), hunk(3, "c", "C")]),  # two hunks
        ("a\nb\nc\n", "A\nb\nx\nc\n", [hunk(1, "a", "A"), hunk(3, "", "x")]),  # after one line
    ],
)
def test_each_run_of_changed_lines_is_one_hunk(
    original: str, edited: str, expected: list[Hunk]
) -> None:
    """Start, removed and added lines are those of the texts."""
    assert list(hunks_between(original, edited)) == expected
    assert apply_hunks(original, expected) == edited


@pytest.mark.parametrize("lines", [diff.LONG - 4, diff.LONG * 2])
@pytest.mark.parametrize("different", [7, 100_000], ids=["alike", "different"])
def test_edits_of_a_long_text_stay_apart(lines: int, different: int) -> None:
    """One hunk each, where every fourth line is changed, also with the algorithm for long texts."""
    before = [f"line {number % different}\n" for number in range(lines)]
    after = [
        line.replace("line", "edited") if at % 4 == 2 else line for at, line in enumerate(before)
    ]
    found = hunks_between("".join(before), "".join(after))
    assert [hunk.start for hunk in found] == list(range(3, lines + 1, 4))
    assert all(len(hunk.removed) == len(hunk.added) == 1 for hunk in found)


@pytest.mark.parametrize(
    "line",
    [
        "nul\0byte",
        "carriage\rreturn",
        "crlf\r",
        "form\ffeed",
        "\x1c\x1d\x1e",
        "\x85\u2028\u2029",
        "\ufeff",
        "@@ -1 +1 @@",
        "--- a",
        "+++ b",
        "\\ No newline at end of file",
        "GIT binary patch",
    ],
)
def test_no_character_confuses_it(line: str) -> None:
    """Control characters, other line separators and lines that look like a diff are just text."""
    original = f"one\n{line}\ntwo\n"
    assert [h.start for h in hunks_between(original, f"one\n{line}\n2\n")] == [3]
    assert hunks_between(original, "one\ntwo\n") == (
        Hunk(start=2, removed=(f"{line}\n",), added=()),
    )
    assert hunks_between("one\ntwo\n", original) == (
        Hunk(start=2, removed=(), added=(f"{line}\n",)),
    )


def test_an_inserted_block_is_found_where_it_reads_best() -> None:
    """Trimming equal ends leaves git room to move a run to the border of a block."""
    one = "def one():\n    return 1\n\n\n"
    two = "def two():\n    return 1\n\n\n"
    three = "def three():\n    return 3\n"
    (found,) = hunks_between(one + three, one + two + three)
    assert "".join(found.added) == two


def test_repetitive_text_keeps_its_edits_apart() -> None:
    """Small edits in a file of repeated lines do not become one large replacement."""
    rows = ["{\n", '  "a": 1,\n', '  "b": 2\n', "},\n"] * 500
    edited = list(rows)
    for index in range(1, 2000, 100):
        edited[index] = '  "a": 9,\n'
    hunks = hunks_between("".join(rows), "".join(edited))
    assert [len(h.removed) for h in hunks] == [1] * 20


def test_the_work_grows_with_the_length_of_a_file() -> None:
    """Five times the lines and edits take at most about five times the calls."""

    def calls(length: int) -> int:
        rng = random.Random(1)
        lines = [f"    value_{number} = {rng.random()}\n" for number in range(length)]
        edited = list(lines)
        for index in range(0, length, 200):
            edited[index] = "    changed = True\n"
        profile = cProfile.Profile()
        hunks = profile.runcall(hunks_between, "".join(lines), "".join(edited))
        assert len(hunks) == length // 200
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(10_000) < 6 * calls(2_000)


def test_settings_of_the_machine_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Callable[..., bytes]
) -> None:
    """Neither a person's git configuration nor a repository around the temporary files counts."""
    git(tmp_path, "init", "-q")
    unruly = "[diff]\n\tnoprefix = true\n\texternal = false\n[core]\n\tautocrlf = true\n"
    (tmp_path / ".git" / "config").write_text(unruly)
    (tmp_path / ".gitconfig").write_text(unruly)
    (tmp_path / ".gitattributes").write_text("* -diff\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=9")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert git_diff("a\nb\n", "a\r\nb\n", "--unified=0").split(b"\n", 4)[2:4] == [
        b"--- a/a",
        b"+++ b/b",
    ]
    assert len(hunks_between("a\nb\n", "a\r\nb\n")) == 1


def fake_git(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program named git, and nothing else, on the search path."""
    program = directory / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory))


def test_git_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the search path of the environment is passed on."""
    seen = tmp_path / "seen"
    monkeypatch.setenv("OPENAI_API_KEY", "made-up")
    monkeypatch.setenv("SECRET_THING", "made-up")
    fake_git(tmp_path, f"export > {seen}", monkeypatch)
    assert git_diff("a\n", "b\n") == b""
    text = seen.read_text()
    assert "made-up" not in text
    assert "GIT_CONFIG_NOSYSTEM" in text


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo fatal: no memory >&2; exit 128", "status 128: fatal: no memory"),
        ("kill -9 $$", "status -9"),  # taken away by the system
        ("printf '@@ -1 +1,0 @@\\n'; exit 1", "do not lead from the file"),  # a wrong answer
        ("exit 0", "do not lead from the file"),  # says there is no difference
    ],
)
def test_a_failing_git_is_named(
    script: str, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of git is an error with its cause, never a wrong result."""
    fake_git(tmp_path, script, monkeypatch)
    with pytest.raises(DiffError) as caught:
        hunks_between("a\n", "b\n")
    assert cause in caught.value.cause
    assert caught.value.next_step


def test_a_stuck_git_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_git(tmp_path, "while :; do :; done", monkeypatch)
    monkeypatch.setattr(diff, "SECONDS", 0.1)
    with pytest.raises(DiffError, match="TimeoutExpired"):
        hunks_between("a\n", "b\n")


def test_a_missing_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DiffError, match="Install git"):
        hunks_between("a\n", "b\n")


def test_half_a_surrogate_pair_is_an_error() -> None:
    """Text that is not UTF-8 cannot become a file, and the error says where it comes from."""
    with pytest.raises(DiffError, match="surrogate"):
        hunks_between("a\n", "\ud83d\n")
