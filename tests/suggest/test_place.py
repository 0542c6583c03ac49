"""One file from edit to placement: every rule for whole files, and the totals."""

from __future__ import annotations

import cProfile
import random
from collections.abc import Callable

import pytest

from predict_edit.delivery.delivered import OVER_LIMIT, capped
from predict_edit.domain.edits import ChangedFile, Hunk, PlacedFile, PlacementKind, SourceFile
from predict_edit.domain.run_report import FileResult, FileStatus
from predict_edit.suggest import anchors, replay
from predict_edit.suggest import compose as composing
from predict_edit.suggest import place as placing
from predict_edit.suggest.anchors import NO_PULL_REQUEST, PATCH_MISSING
from predict_edit.suggest.compose import CARRIAGE_RETURN, EMPTY_FILE, Head, compose
from predict_edit.suggest.place import (
    CRLF_FILE,
    EMPTIED,
    place,
)
from predict_edit.suggest.replay import REPLAY


def added_file(text: str, path: str = "f") -> SourceFile:
    """A file that the pull request adds: every line takes suggestions."""
    count = text.count("\n") + (not text.endswith("\n") and bool(text))
    change = ChangedFile(
        path=path, status="added", blob_sha="", additions=count, deletions=0, patch=None
    )
    return SourceFile(path=path, text=text, blob_sha="", change=change)


def kinds(placed: PlacedFile) -> list[str]:
    return [placement.kind.value for placement in placed.placements]


NUMBERS = "".join(f"{number}\n" for number in range(1, 21))


def test_an_added_file_takes_suggestions_anywhere() -> None:
    """First, middle and last line of a new file are all inline."""
    edited = "0\n" + NUMBERS.replace("\n10\n", "\n") + "21\n"
    placed = place(added_file(NUMBERS), edited)
    assert kinds(placed) == ["inline"] * 3
    assert [(s.start_line, s.line) for s in placed.suggestions] == [(1, 1), (10, 10), (20, 20)]
    assert placed.accepted == edited


@pytest.mark.parametrize(
    ("text", "edited", "reason"),
    [
        ("a\nb\n", "", EMPTIED),
        ("a", "", EMPTIED),
        ("a\r\nb\r\n", "a\r\nB\r\n", CRLF_FILE),
        ("a\r\nb\r\n", "a\nb\n", CRLF_FILE),  # only the line ends change
        ("a\nb\r\nc\n", "A\nb\r\nc\n", CRLF_FILE),  # mixed
        ("a\nb\r", "A\nb\r", CRLF_FILE),  # a carriage return ends the file
        ("a\nb\n", "a\r\nb\r\n", CARRIAGE_RETURN),  # to CRLF
        ("", "a\n", EMPTY_FILE),
    ],
)
def test_whole_files_that_go_to_the_patch(text: str, edited: str, reason: str) -> None:
    """All their hunks are in the patch with the same reason, and nothing is lost."""
    placed = place(added_file(text), edited)
    assert placed.placements
    assert {(p.kind, p.reason) for p in placed.placements} == {(PlacementKind.PATCH, reason)}
    assert placed.accepted == edited


def test_without_a_pull_request_everything_is_patch() -> None:
    """A file of a branch has no diff to comment on."""
    placed = place(SourceFile(path="f", text="a\n", blob_sha=""), "b\n")
    assert [p.reason for p in placed.placements] == [NO_PULL_REQUEST]


def test_an_unchanged_file_has_no_placements() -> None:
    """There is nothing to place, and git is not run."""
    placed = place(added_file("a\n"), "a\n")
    assert (placed.placements, placed.accepted, placed.suggestions) == ((), "a\n", ())


def test_the_base_text_rescues_a_file_without_patch() -> None:
    """A large file whose diff GitHub withholds still gets suggestions."""
    change = ChangedFile(
        path="f", status="modified", blob_sha="", additions=1, deletions=1, patch=None
    )
    file = SourceFile(path="f", text=NUMBERS, blob_sha="", change=change)
    edited = NUMBERS.replace("\n10\n", "\nten\n")
    assert [p.reason for p in place(file, edited).placements] == [PATCH_MISSING]
    base = NUMBERS.replace("\n9\n", "\nnine\n")
    assert kinds(place(file, edited, base_text=base)) == ["inline"]


def test_rejected_hunks_are_left_out_of_what_is_accepted() -> None:
    """The judge sees every hunk once; what it rejects stays as it was."""
    edited = NUMBERS.replace("\n5\n", "\nfive\n").replace("\n15\n", "\nfifteen\n")
    seen = []

    def judge(hunk: Hunk) -> str | None:
        seen.append(hunk.start)
        return "not asked for" if hunk.start == 5 else None

    placed = place(added_file(NUMBERS), edited, judge=judge)
    assert seen == [5, 15]
    assert kinds(placed) == ["rejected", "inline"]
    assert placed.placements[0].reason == "not asked for"
    assert placed.accepted == NUMBERS.replace("\n15\n", "\nfifteen\n")
    assert placed.count(PlacementKind.REJECTED) == 1


def test_rejecting_everything_leaves_the_file_as_it_was() -> None:
    """Even for an edit that empties the file."""
    placed = place(added_file("a\n"), "", judge=lambda hunk: "no")
    assert kinds(placed) == ["rejected"]
    assert placed.accepted == "a\n"


def test_what_breaks_the_proof_is_in_the_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in making suggestions costs the suggestion, not the file."""

    def wrong(head: Head, hunks: list[Hunk]) -> object:
        return compose(Head(path="f", lines=["x\n", *head.lines], anchors=head.anchors), hunks)

    monkeypatch.setattr(placing, "compose", wrong)
    placed = place(added_file("a\nb\n"), "a\nc\nb\n")
    assert [p.reason for p in placed.placements] == [REPLAY]
    assert placed.accepted == "a\nc\nb\n"


@pytest.mark.parametrize(
    ("limit", "left"),
    [(-1, [0, 0]), (0, [0, 0]), (1, [1, 0]), (3, [2, 1]), (4, [2, 2]), (9, [2, 2])],
)
def test_a_limit_holds_over_all_files(limit: int, left: list[int]) -> None:
    """The first suggestions stay, in the given order; the others are in the patch."""
    edited = "A\n" + NUMBERS.removeprefix("1\n").replace("\n10\n", "\nten\n")
    results = [
        FileResult(
            path=path, status=FileStatus.EDITED, placed=place(added_file(NUMBERS, path), edited)
        )
        for path in ("one", "two")
    ]
    files = [result.placed for result in capped(results, limit) if result.placed]
    assert [len(placed.suggestions) for placed in files] == left
    assert [placed.count(PlacementKind.PATCH) for placed in files] == [2 - n for n in left]
    told = {p.reason for placed in files for p in placed.placements if not p.suggestion}
    assert told == ({OVER_LIMIT} if sum(left) < 4 else set())


def test_demoted_suggestions_take_only_their_hunks() -> None:
    """A demoted suggestion takes its hunk with it, and none of its neighbours."""
    edited = NUMBERS.replace("2\n3\n4\n", "two\n3\nfour\n", 1).replace("\n15\n", "\nXV\n")
    placed = place(added_file(NUMBERS), edited)
    first, second, third = placed.suggestions
    demoted = placed.demoted([first], "the head moved")
    assert [p.reason for p in demoted.placements] == ["the head moved", "", ""]
    assert demoted.suggestions == (second, third)
    assert demoted.accepted == placed.accepted
    assert placed.demoted([], "refused") == placed


def test_the_work_grows_with_the_length_of_a_file(
    patch_of: Callable[[str, str], str | None], source: Callable[..., SourceFile]
) -> None:
    """Five times the lines and edits take at most about five times the calls."""

    def calls(length: int) -> int:
        rng = random.Random(1)
        head = [f"    value_{number} = {rng.random()}\n" for number in range(length)]
        base, edited = list(head), list(head)
        for index in range(50, length, 200):
            base[index - 1] = "    before = True\n"
            edited[index] = "    after = True\n"
        file = source("".join(head), patch_of("".join(base), "".join(head)))
        profile = cProfile.Profile()
        placed = profile.runcall(place, file, "".join(edited))
        assert placed.count(PlacementKind.INLINE) == length // 200
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(10_000) < 6 * calls(2_000)


def test_reasons_are_short_distinct_and_fit_a_table() -> None:
    """No line feed, no pipe, no full stop, and no duplicates."""
    named = {
        name: value
        for module in (anchors, composing, placing, replay)
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    texts = list(named.values())
    assert len(texts) == len(set(texts)) > 20
    assert all(0 < len(text) <= 80 and not set(text) & set("|\n.<>`") for text in texts)
