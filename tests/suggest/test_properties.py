"""What must hold for every file, pull request and edit, tried on random ones."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable, Mapping, Sequence

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from predict_edit.delivery.delivered import OVER_LIMIT, capped
from predict_edit.domain.edits import Hunk, PlacedFile, PlacementKind, SourceFile, Suggestion
from predict_edit.domain.run_report import FileResult, FileStatus
from predict_edit.suggest.anchors import (
    DELETED_LINES,
    OUTSIDE,
    TWO_HUNKS,
    Anchors,
    anchors_of,
)
from predict_edit.suggest.diff import apply_hunks, git_diff, hunks_between, local_patch
from predict_edit.suggest.patch import edits_patch, patches_of, remainder_patch
from predict_edit.suggest.place import place
from predict_edit.suggest.replay import REPLAY, apply_suggestions
from predict_edit.support.git import lines_of

Refusals = Callable[[str | None, str, Sequence[Suggestion]], list[str]]
PlaceRefusal = Callable[[str | None, int, int], str | None]
Commit = Callable[[str, Sequence[Suggestion]], str]
Apply = Callable[[Mapping[str, str], str], dict[str, str]]
PatchOf = Callable[[str, str], str | None]

AWKWARD = (
    "",
    "}",
    "x = 1",
    "    return x",
    "trailing  ",
    "\t",
    "```",
    "````suggestion",
    "~~~",
    "- minus",
    "-- sql",
    "++ plus",
    "@@ -1 +1 @@",
    "\\ No newline at end of file",
    "diff --git a/f b/f",
    "form\ffeed",
    "line\u2028separator",
    "next\x85line",
    "naïve 漢字 🎉",
    "\ufeffmark",
)
HOSTILE = ("carriage\rreturn", "crlf\r", "nul\0")

Line = st.sampled_from(AWKWARD) | st.text("abc", max_size=3)
AnyLine = Line | st.sampled_from(HOSTILE) | st.text(max_size=8).map(lambda t: t.replace("\n", ""))


@st.composite
def texts(draw: st.DrawFn, line: st.SearchStrategy[str] = Line) -> str:
    """A text of awkward lines, with or without a final newline; rarely a short one."""
    least = draw(st.sampled_from([12, 24, 0]))
    lines = draw(st.lists(line, min_size=least, max_size=30))
    return "".join(f"{one}\n" for one in lines) + draw(st.sampled_from(["", "", "", "end"]))


@st.composite
def edits_of(draw: st.DrawFn, text: str, line: st.SearchStrategy[str] = Line) -> str:
    """The text with a few lines replaced, removed and inserted, rarely after the last one."""
    lines = text.split("\n")
    ends = draw(st.sampled_from([1, 1, 1, 0]))
    for _ in range(draw(st.sampled_from([3, 5, 8, 1, 0]))):
        at = draw(st.integers(0, max(0, len(lines) - ends)))
        many = min(draw(st.sampled_from([0, 1, 1, 2, 6])), max(0, len(lines) - ends - at))
        lines[at : at + many] = draw(st.lists(line, max_size=2))
    return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Case:
    base: str
    head: str
    edited: str
    patch: str
    """How the files list shows it: whole, missing, cut or damaged."""
    rejecting: bool
    """Whether some of the hunks are judged unfit."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Base, head and edit, each made from the one before."""
    line = draw(st.sampled_from([Line, Line, AnyLine]))
    base = draw(texts(line))
    head = draw(edits_of(base, line))
    return Case(
        base=base,
        head=head,
        edited=draw(edits_of(head, line)),
        patch=draw(st.sampled_from(["whole"] * 6 + ["missing", "cut", "damaged"])),
        rejecting=draw(st.sampled_from([False, False, True])),
    )


def dense_case(seed: int) -> Case:
    """A longer file with many small edits close to many small changes: all rules at once."""
    rng = random.Random(seed)

    def edit(lines: list[str]) -> list[str]:
        edited = list(lines)
        for _ in range(rng.randint(2, 9)):
            at, many = rng.randint(0, max(0, len(edited) - 2)), rng.choice([0, 0, 1, 1, 2, 9])
            edited[at : at + many] = rng.choices(AWKWARD, k=rng.choice([0, 1, 1, 2, 3]))
        return edited

    base = [rng.choice([*AWKWARD, f"line {number}"]) for number in range(rng.randint(5, 60))]
    head = edit(base)
    base, head, edited = (
        [*lines, *rng.choices(["", "end"], [9, 1])] for lines in (base, head, edit(head))
    )
    return Case(
        base="\n".join(base),
        head="\n".join(head),
        edited="\n".join(edited),
        patch=rng.choice(["whole", "whole", "missing"]),
        rejecting=rng.random() < 0.1,
    )


def judge(hunk: Hunk) -> str | None:
    """Reject the hunks of every third line."""
    return "not asked for" if hunk.start % 3 == 0 else None


def listing(case: Case, whole: SourceFile) -> SourceFile:
    """The case's file with its patch."""
    change = whole.change
    assert change is not None
    patch = change.patch
    if patch is None or case.patch == "whole":
        return whole
    lines = patch.split("\n")
    damaged = {
        "missing": None,
        "cut": "\n".join(lines[: len(lines) // 2]),
        "damaged": "\n".join([*lines[:-1], f"{lines[-1]}?"]),
    }[case.patch]
    return dataclasses.replace(whole, change=dataclasses.replace(change, patch=damaged))


def placed_at(placed: PlacedFile, path: str) -> PlacedFile:
    return dataclasses.replace(placed, file=dataclasses.replace(placed.file, path=path))


@settings(max_examples=max(150, settings().max_examples))
@given(case=cases() | st.integers(0, 2**32).map(dense_case))
@example(case=Case("a\nb\n", "a\nc\n", "a\nd", "whole", rejecting=False))
@example(case=Case("", "a\nb", "", "missing", rejecting=False))
def test_every_case_is_accounted_for_legal_and_exact(
    case: Case,
    github_refusals: Refusals,
    github_place_refusal: PlaceRefusal,
    github_commit: Commit,
    apply_patch: Apply,
    patch_of: PatchOf,
    source: Callable[..., SourceFile],
) -> None:
    """Hunks add up, GitHub refuses nothing, and suggestions and patches give the right bytes."""
    patch = patch_of(case.base, case.head)
    file = listing(case, source(case.head, patch))
    placed = place(
        file,
        case.edited,
        base_text=case.base if case.patch != "damaged" else None,
        judge=judge if case.rejecting else None,
    )

    # Every hunk exactly once, with a reason or a suggestion but never both.
    assert tuple(p.hunk for p in placed.placements) == hunks_between(case.head, case.edited)
    for placement in placed.placements:
        event(f"{placement.kind}: {placement.reason}")
        assert (placement.kind is PlacementKind.INLINE) == (placement.suggestion is not None)
        assert (placement.kind is PlacementKind.INLINE) == (placement.reason == "")
        assert placement.reason != REPLAY
        rejected = case.rejecting and judge(placement.hunk) is not None
        assert (placement.kind is PlacementKind.REJECTED) == rejected

    inline, remaining, kept = (
        [p.hunk for p in placed.placements if p.kind in kinds]
        for kinds in (
            {PlacementKind.INLINE},
            {PlacementKind.PATCH},
            {PlacementKind.INLINE, PlacementKind.PATCH},
        )
    )
    assert placed.accepted == apply_hunks(case.head, kept)
    if not case.rejecting:
        assert placed.accepted == case.edited

    # GitHub takes every suggestion, and together they do what their hunks say.
    assert github_refusals(patch, case.head, placed.suggestions) == []
    suggested = apply_hunks(case.head, inline)
    assert github_commit(case.head, placed.suggestions) == suggested
    assert apply_suggestions(case.head, placed.suggestions) == suggested

    # Each suggestion is as small as it can be.
    for suggestion in placed.suggestions:
        own = [p.hunk for p in placed.placements if p.suggestion == suggestion]
        least = max(1, own[-1].end - own[0].start + 1)
        assert suggestion.line - suggestion.start_line + 1 == least

    # What is called outside is outside: no hunk goes to the patch without need.
    for placement in placed.placements:
        if placement.reason in {OUTSIDE, DELETED_LINES, TWO_HUNKS}:
            hunk = placement.hunk
            above_below = [(hunk.start - 1, hunk.start - 1), (hunk.start, hunk.start)]
            ranges = [(hunk.start, hunk.end)] if hunk.removed else above_below
            assert all(github_place_refusal(patch, *lines) for lines in ranges)

    # Git takes both patches, on the head.
    both = edits_patch([placed_at(placed, "edits")]) + remainder_patch([placed_at(placed, "rest")])
    after = apply_patch({"edits": case.head, "rest": case.head}, both)
    assert after == {"edits": placed.accepted, "rest": apply_hunks(case.head, remaining)}
    assert "".join(patch for _, patch in patches_of([placed])) == remainder_patch([placed])


@given(data=st.data())
def test_hunks_lead_to_the_edited_text(data: st.DataObject) -> None:
    """Performing the hunks gives the edited text, whatever the bytes."""
    original = data.draw(texts(AnyLine) | st.text())
    edited = data.draw(edits_of(original, AnyLine) | texts(AnyLine) | st.text())
    hunks = hunks_between(original, edited)
    assert apply_hunks(original, hunks) == edited
    ends = [0, *(hunk.end for hunk in hunks)]
    assert all(hunk.start > end + bool(end) for hunk, end in zip(hunks, ends, strict=False))


@given(data=st.data())
def test_any_subset_of_hunks_makes_a_patch_that_git_takes(
    data: st.DataObject, apply_patch: Apply
) -> None:
    """Hunks are independent: whichever are rejected, the rest applies."""
    original = data.draw(texts(AnyLine))
    edited = data.draw(edits_of(original, AnyLine))
    wanted = data.draw(st.sets(st.integers(1, 25)))
    file = SourceFile(path="f", text=original, blob_sha="")
    placed = place(file, edited, judge=lambda hunk: None if hunk.start in wanted else "no")
    assert apply_patch({"f": original}, edits_patch([placed])) == {"f": placed.accepted}


@given(data=st.data())
def test_patches_have_the_hunks_that_git_writes(data: st.DataObject) -> None:
    """Line numbers, counts, context and end-of-file marks are those of git's own rendering."""
    original = data.draw(texts(AnyLine))
    edited = data.draw(edits_of(original, AnyLine))
    theirs = git_diff(original, edited, "--unified=3", "--histogram").decode(errors="replace")
    # Git repeats a line of the file behind the header, for people only.
    headers = re.sub(r"^(@@ [^@]+ @@).*", r"\1", theirs, flags=re.MULTILINE)
    ours = edits_patch([place(SourceFile(path="f", text=original, blob_sha=""), edited)])
    assert ours.partition("\n@@ ")[1:] == headers.partition("\n@@ ")[1:]


@given(base=texts(AnyLine), data=st.data())
def test_a_diff_made_here_is_the_one_that_git_makes(
    base: str, data: st.DataObject, patch_of: PatchOf
) -> None:
    """If GitHub's patch is missing, ours has the same hunks, lines and counts."""
    head = data.draw(edits_of(base, AnyLine))
    assert local_patch(base, head) == (patch_of(base, head) or "")


@given(base=texts(AnyLine), data=st.data())
def test_anchors_agree_with_a_plain_reading_of_the_patch(
    base: str,
    data: st.DataObject,
    patch_of: PatchOf,
    source: Callable[..., SourceFile],
    github_place_refusal: PlaceRefusal,
) -> None:
    """A range is refused exactly if GitHub would refuse it."""
    head = data.draw(edits_of(base, AnyLine))
    patch = patch_of(base, head)
    anchors = anchors_of(source(head, patch).change, head)
    assert isinstance(anchors, Anchors)
    count = len(lines_of(head))
    for start in range(1, count + 2):
        for end in range(start, count + 2):
            theirs = github_place_refusal(patch, start, end)
            assert (anchors.refusal(start, end) is None) == (theirs is None)


@settings(max_examples=settings().max_examples // 3)
@given(several=st.lists(cases(), max_size=3), limit=st.integers(0, 6))
def test_a_cap_keeps_the_first_suggestions_and_loses_nothing(
    several: list[Case], limit: int, patch_of: PatchOf, source: Callable[..., SourceFile]
) -> None:
    """The first suggestions stay; the hunks of the others move to the patch."""
    files = [
        place(source(case.head, patch_of(case.base, case.head)), case.edited) for case in several
    ]
    results = [FileResult(path="f", status=FileStatus.EDITED, placed=placed) for placed in files]
    left = [result.placed for result in capped(results, limit) if result.placed]
    before = [suggestion for placed in files for suggestion in placed.suggestions]
    assert [s for placed in left for s in placed.suggestions] == before[:limit]
    for old, new in zip(files, left, strict=True):
        assert new.accepted == old.accepted
        assert [p.hunk for p in new.placements] == [p.hunk for p in old.placements]
    moved = [p for f in left for p in f.placements if p.reason == OVER_LIMIT]
    assert bool(moved) == (len(before) > limit)
