"""Patches that git accepts, and that no file name can forge."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from predict_edit.domain.edits import PlacedFile, PlacementKind, SourceFile
from predict_edit.suggest.diff import apply_hunks
from predict_edit.suggest.patch import (
    edits_patch,
    patches_of,
    quoted_path,
    remainder_patch,
)
from predict_edit.suggest.place import place

Apply = Callable[[Mapping[str, str], str], dict[str, str]]
Git = Callable[..., bytes]

NAMES = [
    "plain.txt",
    "dir/plain.txt",
    "with space.txt",
    "two  spaces and trailing ",
    " leading",
    'quote".txt',
    "back\\slash",
    "tab\there",
    "tab\there and space",
    "naïve/漢字 🎉.txt",
    "-dash",
    "a/b/c",
    "b/b b/b",
    "x b/x",
    "new\nline",
    "evil\n+++ b/other\n@@ -1 +1 @@\n-a\n+b",
    "evil\ndiff --git a/other b/other",
    "carriage\rreturn",
    "bell\a\b\v\f\x1b\x7f",
    "\x85\u2028",
    "'single' $(touch x) `y` ; &",
    "{old => new}",
]


def patch_of(path: str, original: str, edited: str) -> str:
    return edits_patch([place(SourceFile(path=path, text=original, blob_sha=""), edited)])


@pytest.mark.parametrize("name", NAMES)
def test_a_patch_has_the_headers_that_git_would_write(name: str, tmp_path: Path, git: Git) -> None:
    """Names, blob hashes, mode and hunks are those of a real ``git diff``."""
    original, edited = "".join(f"{n}\n" for n in range(30)), "0\n" + "x\n" * 30
    git(tmp_path, "init", "-q")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(original.encode())
    git(tmp_path, "add", "-A")
    (tmp_path / name).write_bytes(edited.encode())
    theirs = git(tmp_path, "diff", "--full-index", "--no-color").decode()
    assert patch_of(name, original, edited) == theirs.replace(" 100644\n", "\n")


def test_all_names_in_one_patch_are_taken_by_git(tmp_path: Path, apply_patch: Apply) -> None:
    """A patch of many files with hostile names changes exactly these files."""
    files = {name: f"first\n{name}\nlast\n" for name in [*NAMES, "other", "f"] if name != "a/b/c"}
    placed = [
        place(SourceFile(path=path, text=text, blob_sha=""), text.replace("last", "LAST"))
        for path, text in files.items()
        if path not in {"other", "f"}
    ]
    after = apply_patch(files, edits_patch(placed))
    wanted = {placed_file.file.path: placed_file.accepted for placed_file in placed}
    assert after == files | wanted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("with space", "with space"),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("é", '"\\303\\251"'),
        ("\n\t\x01\x7f", '"\\n\\t\\001\\177"'),
        ("\udcff", '"\\377"'),  # a byte that is no UTF-8, as Python reads it
    ],
)
def test_names_are_quoted_as_git_quotes_them(name: str, expected: str) -> None:
    """Whatever could end a line or a name is escaped."""
    assert quoted_path(name) == expected


@pytest.mark.parametrize(
    ("original", "edited"),
    [
        ("a\n", ""),  # emptied
        ("", "a\n"),  # filled
        ("", "a"),
        ("a", "a\n"),  # final newline added
        ("a\n", "a"),  # and removed
        ("a", "b"),
        ("a\nb", "b"),  # an unfinished line as context
        ("a\nb\nc", "a\nB\nc"),
        ("a\r\nb\r\n", "a\r\nB\r\n"),  # CRLF
        ("a\r\nb\n", "a\nb\r\n"),
        ("\ufeffa\n", "a\n"),
        ("a\0b\nc\n", "a\0b\nd\n"),
        ("-- \n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n"),  # lines that look like headers
        ("a\n" * 20, "a\n" * 9 + "b\n" + "a\n" * 11),  # repeated lines
        ("trailing  \n\n\t\n", "trailing \n\n \n"),
        ("form\ffeed\nx\u2028y\n", "form\ffeed\nx\u2028z\n"),
    ],
)
def test_git_apply_gives_the_edited_bytes(original: str, edited: str, apply_patch: Apply) -> None:
    """File ends, line ends and odd characters survive a patch."""
    assert apply_patch({"f": original}, patch_of("f", original, edited)) == {"f": edited}


@pytest.mark.parametrize(("gap", "pieces"), [(6, 1), (7, 2)])
def test_hunks_share_a_piece_where_their_context_touches(gap: int, pieces: int) -> None:
    """Up to six unchanged lines between them are in one piece, as in ``git diff``."""
    lines = [f"{number}\n" for number in range(30)]
    edited = [*lines[:5], "x\n", *lines[6 : 6 + gap], "y\n", *lines[7 + gap :]]
    placed = place(SourceFile(path="f", text="".join(lines), blob_sha=""), "".join(edited))
    assert remainder_patch([placed]).count("\n@@ ") == pieces


def test_a_side_without_lines_names_the_line_before() -> None:
    """The header of an emptied or a filled file starts at 0."""
    assert "\n@@ -1,2 +0,0 @@\n" in patch_of("f", "a\nb\n", "")
    assert "\n@@ -0,0 +1,2 @@\n" in patch_of("f", "", "a\nb\n")


def test_without_changes_there_is_no_patch() -> None:
    """Without hunks there are no headers."""
    placed = place(SourceFile(path="f", text="a\n", blob_sha=""), "a\n")
    assert patch_of("f", "a\n", "a\n") == ""
    assert edits_patch([placed]) == remainder_patch([placed]) == edits_patch([]) == ""
    assert patches_of([placed]) == ()


def test_an_executable_stays_executable(tmp_path: Path, git: Git) -> None:
    """Without a mode in the patch, git keeps the file's mode and does not warn."""
    git(tmp_path, "init", "-q")
    script = tmp_path / "run.sh"
    script.write_text("a\n")
    script.chmod(0o755)
    (tmp_path / "p").write_text(patch_of("run.sh", "a\n", "b\n"))
    assert git(tmp_path, "apply", "p") == b""
    assert script.read_text() == "b\n"
    assert script.stat().st_mode & 0o111


HEAD = "".join(f"{number}\n" for number in range(1, 41))
EDITED = HEAD.replace("\n5\n", "\nfive\n").replace("\n9\n", "\nnine\n").replace("\n30\n", "\n")


@pytest.fixture(name="placed")
def _placed(
    patch_of: Callable[[str, str], str | None], source: Callable[..., SourceFile]
) -> PlacedFile:
    """Line 5 inline; 9 and 30 outside the pull request's diff; 38 rejected."""
    patch = patch_of(HEAD.replace("\n4\n", "\nfour\n"), HEAD)
    edited = EDITED.replace("\n38\n", "\n38!\n")
    judge = {38: "not asked for"}
    return place(source(HEAD, patch), edited, judge=lambda hunk: judge.get(hunk.start))


def test_the_remainder_is_what_is_neither_inline_nor_rejected(
    placed: PlacedFile, apply_patch: Apply
) -> None:
    """It is based on the head, where inline hunks are still unchanged context."""
    assert [p.kind.value for p in placed.placements] == ["inline", "patch", "patch", "rejected"]
    assert placed.accepted == EDITED
    expected = HEAD.replace("\n9\n", "\nnine\n").replace("\n30\n", "\n")
    rest = dataclasses.replace(placed, file=dataclasses.replace(placed.file, path="rest"))
    both = edits_patch([placed]) + remainder_patch([rest])
    assert apply_patch({"f.txt": HEAD, "rest": HEAD}, both) == {"f.txt": EDITED, "rest": expected}


def test_the_remainder_comes_file_by_file(placed: PlacedFile) -> None:
    """Each patch has its own headers and can be shown or left out alone."""
    other = dataclasses.replace(placed, file=dataclasses.replace(placed.file, path="g.txt"))
    patches = patches_of([placed, other])
    assert [path for path, _ in patches] == ["f.txt", "g.txt"]
    assert "".join(patch for _, patch in patches) == remainder_patch([placed, other])
    header, border, hunks = patches[0][1].partition("@@ ")
    assert header.startswith("diff --git a/f.txt b/f.txt\n")
    assert border + hunks == (
        "@@ -6,7 +6,7 @@\n 6\n 7\n 8\n-9\n+nine\n 10\n 11\n 12\n"
        "@@ -27,7 +27,6 @@\n 27\n 28\n 29\n-30\n 31\n 32\n 33\n"
    )


def test_the_remainder_applies_after_the_suggestions_or_not_at_all(
    placed: PlacedFile, tmp_path: Path, git: Git
) -> None:
    """With three lines of context, git never applies a hunk to the wrong lines."""
    inline = [p.hunk for p in placed.placements if p.kind is PlacementKind.INLINE]
    (tmp_path / "f.txt").write_text(apply_hunks(HEAD, inline))
    (tmp_path / "p").write_text(remainder_patch([placed]))
    git(tmp_path, "apply", "p")
    assert (tmp_path / "f.txt").read_text() == EDITED


def test_demoted_hunks_are_in_the_remainder(placed: PlacedFile, apply_patch: Apply) -> None:
    """Demoted suggestions are in the patch."""
    demoted = placed.demoted(placed.suggestions, "refused")
    assert apply_patch({"f.txt": HEAD}, remainder_patch([demoted])) == {"f.txt": EDITED}
