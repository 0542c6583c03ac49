"""What a reader sees of the summary comment before unfolding anything."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

import github_look
from predict_edit.domain.edits import OVER_MAX_FILES, PlacedFile, PlacementKind
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.report.summary import render_summary

from .conftest import MARKER, a_placed_file, a_report, an_edited_file

if TYPE_CHECKING:
    from tests.conftest import Tab

REVIEW = "https://github.com/octo/repo/pull/7#pullrequestreview-1"
RUN = "https://github.com/octo/repo/actions/runs/1795853572"
PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"
WHY = "api.openai.com rejected the credential (401). Check the key (`api-key`)."


def with_only(path: str, kind: PlacementKind) -> FileResult:
    """A file whose one change ended so."""
    placed: PlacedFile = a_placed_file(path)
    kept = tuple(each for each in placed.placements if each.kind is kind)
    placed = dataclasses.replace(placed, placements=kept)
    return dataclasses.replace(an_edited_file(path), placed=placed)


def skipped(path: str, reason: str) -> FileResult:
    """A file that was left out."""
    return FileResult(path=path, status=FileStatus.SKIPPED, reason=reason)


def inline(number: int) -> tuple[FileResult, ...]:
    """Files with one suggestion each."""
    return tuple(with_only(f"src/module_{n}.py", PlacementKind.INLINE) for n in range(number))


IN_PATCH = with_only("a.py", PlacementKind.PATCH)
RUNS = {
    "one file": a_report(
        outcome=Outcome.SUGGESTED,
        files=inline(1),
        review_url=REVIEW,
        notes=("The model is to be retired.",),
        apply_command="/predict-edit apply",
    ),
    "14 files": a_report(outcome=Outcome.SUGGESTED, files=inline(14), review_url=REVIEW),
    "capped": a_report(
        outcome=Outcome.SUGGESTED,
        files=(*inline(50), *(skipped(f"{n}.py", f"{OVER_MAX_FILES} (50)") for n in range(10))),
        review_url=REVIEW,
    ),
    "one cause": a_report(
        outcome=Outcome.FAILED,
        files=tuple(
            FileResult(path=f"{n}.py", status=FileStatus.FAILED, reason=WHY) for n in range(14)
        ),
        problem=WHY,
        cost=None,
    ),
    "patch only": a_report(outcome=Outcome.PATCHED, files=(IN_PATCH,)),
    "applied": a_report(
        outcome=Outcome.COMMITTED,
        files=(IN_PATCH, with_only("b.py", PlacementKind.PATCH)),
        commit_url="https://github.com/octo/repo/commit/1",
        notes=("2 suggestions applied, in one commit.",),
        warnings=("2 suggestions applied, in one commit.",),
    ),
    "dry run": a_report(outcome=Outcome.SUGGESTED, files=inline(1), dry_run=True),
}
FIRST_LINES = {
    "one file": "1 suggestion in src/module_0.py. Review it, or comment /predict-edit apply to "
    "commit it.",
    "14 files": "14 suggestions in 14 files. Review them.",
    "capped": "50 suggestions in 50 files. Review them. Only 50 of 60 files were tried; the rest "
    "is over max-files.",
    "one cause": f"Failed: {WHY}".replace("`", ""),
    "patch only": "1 change in a.py, all in the patch; none is a suggestion.",
    "applied": "Committed 2 changes in 2 files.",
    "dry run": "Dry run, nothing was written. 1 suggestion in src/module_0.py would be posted.",
}


def rendered(report: RunReport) -> str:
    """The comment as Markdown, with the patch where one belongs there."""
    report = dataclasses.replace(report, run_url=RUN)
    patches = [("a.py", PATCH)] if report.outcome is Outcome.PATCHED else []
    return render_summary(report, marker=MARKER, patches=patches)


def visible(markdown: str) -> str:
    """HTML of what is not folded; of a fold there is its title."""
    depth, shown = 0, ""
    for part in re.split(r"(<details>|</details>)", markdown.replace(MARKER, "")):
        if part == "<details>":
            depth += 1
        elif part == "</details>":
            depth -= 1
        elif depth == 0:
            shown += part
        elif depth == 1 and (title := re.match(r"<summary>(.*?)</summary>", part)):
            shown += f"\n\n{title[1]}\n\n"
    return str(MarkdownIt("commonmark").enable("table").render(shown))


def words(html: str) -> list[str]:
    """The words in it."""
    text = re.sub(r"</?(?:a|code|strong|sub)\b[^>]*>", "", html)
    return re.sub(r"<[^>]*>", " ", text).split()


@pytest.mark.parametrize("name", RUNS)
def test_the_first_line_says_what_happened(name: str) -> None:
    """And what to do next."""
    first = visible(rendered(RUNS[name])).split("</p>")[0]
    assert " ".join(words(first)) == FIRST_LINES[name]


@pytest.mark.parametrize("name", RUNS)
def test_few_words_are_visible(name: str) -> None:
    """Sixty for a simple run, twice as many for a long one."""
    seen = words(visible(rendered(RUNS[name])))
    assert len(seen) <= (120 if name == "14 files" else 60), " ".join(seen)


@pytest.mark.parametrize("name", RUNS)
def test_a_visible_table_has_at_most_four_columns(name: str) -> None:
    """Tokens are in the fold, where all of them still are."""
    html = visible(rendered(RUNS[name]))
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    assert all(len(re.findall(r"<t[hd]", row)) <= 4 for row in rows)
    assert ("<table>" in html) == (name in {"14 files", "applied"})
    if name != "one cause":
        assert "| Acceptance | Seconds |" in rendered(RUNS[name])


@pytest.mark.browser
@pytest.mark.source
@pytest.mark.parametrize("name", RUNS)
async def test_a_comment_fits_a_phone(tab: Tab, tmp_path: Path, name: str) -> None:
    """At 375 pixels in a real browser, nothing visible has to be scrolled sideways."""
    page = tmp_path / "comment.html"
    page.write_text(github_look.document(rendered(RUNS[name])), encoding="utf-8")
    await tab.send(
        "Emulation.setDeviceMetricsOverride",
        width=375,
        height=740,
        deviceScaleFactor=2,
        mobile=True,
    )
    await tab.open(page)

    assert await tab.run("document.documentElement.scrollWidth") <= 375
    wide = await tab.run(
        "[...document.querySelectorAll('table')].filter(e => e.checkVisibility())"
        ".map(e => [e.clientWidth, e.scrollWidth])"
    )
    assert all(needed <= room for room, needed in wide), wide
    assert (len(wide) == 1) == (name in {"14 files", "applied"})


def test_files_without_a_suggestion_are_counted_too() -> None:
    """Fewer suggestions than edits do not read as if that were all."""
    report = a_report(outcome=Outcome.SUGGESTED, files=(*inline(2), IN_PATCH), review_url=REVIEW)
    assert rendered(report).startswith("**2 suggestions** in 2 of 3 files. [Review them](")


def test_only_what_is_not_inline_is_listed() -> None:
    """Where every change is a suggestion, the review is the list."""
    assert "Every change" not in rendered(RUNS["14 files"])
    assert "Every change" in rendered(RUNS["patch only"])


def test_a_note_is_folded_and_a_warning_is_not() -> None:
    """A warning is about what was not delivered as asked."""
    assert "retired" not in visible(rendered(RUNS["one file"]))
    assert "retired" in rendered(RUNS["one file"])
    assert "in one commit" in visible(rendered(RUNS["applied"]))
    assert rendered(RUNS["applied"]).count("in one commit") == 1


def test_a_patch_without_a_review_is_in_the_comment() -> None:
    """Folded, with the headers that `git apply` needs, and how to fetch the artifact."""
    comment = rendered(RUNS["patch only"])
    assert f"```diff\n{PATCH}```" in comment
    assert "the patch is below" in comment
    assert "`gh run download 1795853572 --name predict-edit`" in comment


def test_an_instruction_of_several_lines_stays_as_typed() -> None:
    """In a block that it cannot leave, whatever fences are in it."""
    job = RUNS["one file"].job
    assert job is not None
    text = "Add this:\n```python\nx = 1\n```"
    report = dataclasses.replace(RUNS["one file"], job=dataclasses.replace(job, instruction=text))
    assert f"- Instruction:\n\n````text\n{text}\n````" in rendered(report)


def test_a_commit_is_no_patch() -> None:
    """What was committed is neither inline nor in a patch."""
    comment = rendered(RUNS["applied"])
    assert "2 changed hunks: 2 in the commit, 0 rejected." in comment
    assert "Not inline" not in comment
    assert "in the patch" not in comment


def test_a_commit_stays_one_if_a_file_failed() -> None:
    """The first line links to it, and nobody is shown how to take a patch."""
    failed = FileResult(path="c.py", status=FileStatus.FAILED, reason="It stalled.")
    report = dataclasses.replace(
        RUNS["applied"], outcome=Outcome.PARTIAL, files=(*RUNS["applied"].files, failed)
    )
    comment = rendered(report)
    assert "[Committed](https://github.com/octo/repo/commit/1) 2 changes in 2 files." in comment
    assert "2 changed hunks: 2 in the commit, 0 rejected." in comment
    for words in ("Not inline", "not inline", "in the patch", "git apply"):
        assert words not in comment


def test_a_budget_that_ended_the_run_is_visible() -> None:
    """With how many files were not tried."""
    files = (
        *inline(1),
        *(skipped(f"{n}.py", "budget: 900 tokens are used. Raise it.") for n in "ab"),
    )
    html = visible(rendered(a_report(outcome=Outcome.PARTIAL, files=files)))
    assert "2 files not tried: budget: 900 tokens are used." in html
