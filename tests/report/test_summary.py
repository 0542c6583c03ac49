from __future__ import annotations

import dataclasses
import itertools
import re
from decimal import Decimal

import pytest

from predict_edit.domain.edits import OVER_MAX_FILES, ChangePlan, Effort, PredictionState, Usage
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import FileResult, FileStatus, Job, Outcome, RunReport
from predict_edit.report.jinja import cuts, render
from predict_edit.report.markdown import length
from predict_edit.report.summary import render_job_summary, render_progress, render_summary
from predict_edit.report.view import view

from .conftest import (
    HOSTILE,
    MARKER,
    a_placed_file,
    a_report,
    an_edited_file,
    assert_inert,
    read_markdown,
)


def rows(summary: str) -> list[list[str]]:
    """The table's cells as they render, row by row, the header first."""
    found: list[list[str]] = []
    tokens = read_markdown(summary).tokens
    for token, following in itertools.pairwise(tokens):
        if token.type == "tr_open":
            found.append([])
        elif token.type in {"td_open", "th_open"}:
            found[-1].append("".join(child.content for child in following.children or ()))
    return found


def tables(summary: str) -> list[list[list[str]]]:
    """The tables one by one."""
    found: list[list[list[str]]] = []
    for row in rows(summary):
        if row[0] == "File":
            found.append([])
        found[-1].append(row)
    return found


def first_line(report: RunReport) -> str:
    """The first sentence that a reader sees."""
    return render_summary(report, marker=MARKER).splitlines()[0]


class TestHeadline:
    def test_suggested(self) -> None:
        """Suggestions are counted and linked, and what is not inline is named."""
        report = a_report(
            outcome=Outcome.SUGGESTED,
            files=(an_edited_file(),),
            review_url="https://github.com/octo/repo/pull/7#pullrequestreview-1",
        )

        assert first_line(report) == (
            "**1 suggestion** in `src/a.py`. "
            "[Review it](https://github.com/octo/repo/pull/7#pullrequestreview-1)."
        )
        assert "- 1 change not inline (outside the diff: 1): the patch is in [the review](" in (
            render_summary(report, marker=MARKER)
        )

    def test_dry_run(self) -> None:
        """A dry run says first that nothing was written."""
        report = a_report(outcome=Outcome.SUGGESTED, dry_run=True)

        assert first_line(report).startswith(
            "**Dry run, nothing was written.** **1 suggestion** in `src/a.py` would be posted."
        )

    def test_partial(self) -> None:
        """The sentence counts the files that were not edited."""
        assert first_line(a_report()) == (
            "**Done in part:** **1 suggestion** in `src/a.py`. Review it. 1 file failed."
        )

    def test_partial_without_a_change(self) -> None:
        """Unchanged files beside failed ones do not read as edits."""
        report = a_report(files=a_report().files[1:3])

        assert first_line(report) == (
            "**Done in part:** nothing to change in what was done. 1 file failed."
        )

    @pytest.mark.parametrize(
        ("outcome", "was_open", "sentence"),
        [
            (Outcome.OPENED, False, "Opened [a pull request](URL) with 1 change in `src/a.py`."),
            (Outcome.OPENED, True, "Updated [the pull request](URL), which now has 1 change in"),
            (Outcome.PARTIAL, False, "**Done in part:** Opened [a pull request](URL) with 1"),
            (Outcome.PARTIAL, True, "**Done in part:** [The pull request](URL) has 1 change in"),
        ],
    )
    def test_our_pull_request(self, outcome: Outcome, was_open: bool, sentence: str) -> None:
        """Whether a run that was done in part wrote to one that was open is left unsaid."""
        placed = dataclasses.replace(a_placed_file(), placements=a_placed_file().placements[1:])
        files = (dataclasses.replace(an_edited_file(), placed=placed), a_report().files[2])
        url = "https://github.com/octo/repo/pull/8"
        report = a_report(outcome=outcome, files=files, pull_request_url=url, was_open=was_open)

        assert first_line(report).startswith(sentence.replace("URL", url))

    def test_everything_rejected(self) -> None:
        placed = dataclasses.replace(a_placed_file(), placements=a_placed_file().placements[2:])
        files = (dataclasses.replace(an_edited_file(), placed=placed),)

        assert first_line(a_report(outcome=Outcome.PATCHED, files=files)) == (
            "Nothing to deliver: 1 change rejected, none left."
        )

    def test_unchanged_by_the_model(self) -> None:
        """Files that the model returned unchanged are not a failure."""
        files = (FileResult(path="a", status=FileStatus.UNCHANGED),) * 2
        report = a_report(outcome=Outcome.UNCHANGED, files=files)

        assert first_line(report) == "Nothing to change: the model returned 2 files as before."

    @pytest.mark.parametrize(
        ("skipped", "sentence"),
        [
            (0, "Nothing to edit: no file was found."),
            (1, "Nothing to edit: the one file was skipped."),
            (3, "Nothing to edit: all 3 files were skipped."),
        ],
    )
    def test_nothing_to_edit(self, skipped: int, sentence: str) -> None:
        """If no file is left, the sentence says that they were skipped."""
        files = (FileResult(path="a", status=FileStatus.SKIPPED, reason="binary"),) * skipped

        assert first_line(a_report(outcome=Outcome.UNCHANGED, files=files)) == sentence

    def test_nothing_to_edit_says_the_plan(self) -> None:
        files = (FileResult(path="a", status=FileStatus.SKIPPED, reason="not needed (plan)"),)
        report = a_report(outcome=Outcome.UNCHANGED, files=files)
        report = dataclasses.replace(report, plan=ChangePlan(left=("a",)))

        assert first_line(report) == (
            "Nothing to edit: according to the plan, no file needs a change."
        )

    @pytest.mark.parametrize(
        ("failed", "sentence"),
        [
            (0, "**Failed:** nothing could be done."),
            (1, "**Failed:** the one file that was tried could not be edited."),
            (2, "**Failed:** none of 2 files could be edited."),
        ],
    )
    def test_failed(self, failed: int, sentence: str) -> None:
        files = (FileResult(path="a", status=FileStatus.FAILED, reason="x"),) * failed

        assert first_line(a_report(outcome=Outcome.FAILED, files=files)) == sentence

    def test_the_problem_is_the_first_sentence(self) -> None:
        """A reader sees first why the run failed and what to do."""
        report = a_report(outcome=Outcome.FAILED, problem="The key is wrong. Check `api-key`.")

        assert first_line(report) == "**Failed:** The key is wrong. Check `api-key`."

    @pytest.mark.parametrize("number", [1, 12])
    def test_one_cause_of_all_failures_is_said_once(self, number: int) -> None:
        """First the cause, then how many files it hit; no table of dashes, no list of the same."""
        why = "The key is wrong. Check `api-key`."
        effort = Effort(attempts=1, seconds=0.5, prediction=PredictionState.SENT)
        files = tuple(
            FileResult(path=f"{n}.py", status=FileStatus.FAILED, reason=why, effort=effort)
            for n in range(number)
        )
        report = a_report(outcome=Outcome.FAILED, files=files, problem=why, cost=None)

        for text in (render_summary(report, marker=MARKER), render_job_summary(report)):
            assert text.count("The key is wrong.") == 1
            assert f"This affected {number} file" in text
            assert "Tokens are those" not in text
            assert "| File |" not in text

    def test_files_over_a_limit_are_in_the_first_line(self) -> None:
        """A run that `max-files` capped does not look complete."""
        over = FileResult(path="z.py", status=FileStatus.SKIPPED, reason=f"{OVER_MAX_FILES} (2)")
        files = (an_edited_file("a.py"), an_edited_file("b.py"), over)

        line = first_line(a_report(outcome=Outcome.SUGGESTED, files=files))
        assert line.endswith("Only 2 of 3 files were tried; the rest is over `max-files`.")

    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_every_outcome_has_a_sentence(self, outcome: Outcome) -> None:
        """Each outcome, with files or without, starts with one line that is a sentence."""
        for files in ((), a_report().files):
            line = first_line(a_report(outcome=outcome, files=files))
            assert line.endswith(".")
            assert len(line) < 200


class TestTable:
    """The table of all figures, in the fold."""

    def test_figures_are_the_reported_ones(self) -> None:
        """Each file has a row with the provider's figures, and a total ends the table."""
        brief, table = tables(render_summary(a_report(), marker=MARKER))

        assert brief == [
            ["File", "Suggestions", "Not inline", "Note"],
            ["src/a.py", "1", "1", "1 rejected"],
            ["c.py", "–", "–", "failed"],
        ]
        assert table == [
            ["File", "Result", "Suggestions", "Not inline", "Prompt", "Cached", "Completion",
             "Accepted", "Rejected", "Acceptance", "Seconds"],
            ["src/a.py", "edited, 1 rejected", "1", "1", "124", "0", "77", "6", "4", "60 %", "3.2"],
            ["b.py", "unchanged", "–", "–", "10", "–", "5", "–", "–", "–", "12.0"],
            ["c.py", "failed", "–", "–", "–", "–", "–", "–", "–", "–", "0.5"],
            ["Total", "1 edited, 1 unchanged, 1 failed", "1", "1", "134", "0", "82", "6", "4",
             "60 %", ""],
        ]  # fmt: skip

    def test_skipped_files_have_no_row(self) -> None:
        """Files that were not tried are listed by reason, not in the table."""
        summary = render_summary(a_report(), marker=MARKER)

        assert "d.lock" not in str(rows(summary))
        assert "- generated file (1): `d.lock`" in summary

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_everything_keeps_the_table(self, name: str) -> None:
        """Hostile names, reasons, notes and instructions neither break rows nor render."""
        report = a_report(
            job=Job(
                repository="octo/repo",
                pull_request=7,
                instruction=name,
                command=CommandRef(source=CommandSource.DISPATCH, comment_id=None, author=None),
            ),
            model=name,
            problem=name,
            notes=(name, name),
            files=tuple(
                dataclasses.replace(result, path=name, reason=result.reason and name)
                for result in a_report().files
            ),
        )

        summary = render_summary(report, marker=MARKER)

        assert [len(row) for row in rows(summary)] == [11] * 5
        seen = read_markdown(summary.replace("<sub>", "").replace("</sub>", ""))
        assert_inert(seen)
        tags = {"<details>", "<summary>", "</details>", "</summary>", "<!--"}
        for html in seen.html():
            assert set(re.findall(r"<!--|</?[a-z]+>", html)) <= tags
        assert summary.count("<!--") == 1 + summary.count("`<!--")


class TestAccounts:
    """What follows the table."""

    def test_hunks_add_up(self) -> None:
        """Inline, patch and rejected hunks are named with their sum and the reasons."""
        assert (
            "- 3 changed hunks: 1 inline, 1 in the patch, 1 rejected "
            "(adds an invisible character: 1)."
        ) in render_summary(a_report(), marker=MARKER)

    def test_cost_is_an_estimate(self) -> None:
        """The cost is called an estimate, and an unknown one is not mentioned."""
        assert "Cost (estimate): 0.12 USD." in render_summary(
            a_report(cost=Decimal("0.12")), marker=MARKER
        )
        assert "Cost (" not in render_summary(a_report(cost=None), marker=MARKER)

    def test_what_predictions_added_to_the_cost(self) -> None:
        """The cost without predictions is beside it, if they cost anything."""
        file = an_edited_file(overhead=Decimal("0.5"))
        summary = render_summary(a_report(files=(file,), cost=Decimal("2.10")), marker=MARKER)
        assert "Without predictions (estimate): 1.60 USD." in summary
        free = an_edited_file(overhead=Decimal(0))
        summary = render_summary(a_report(files=(free,), cost=Decimal("2.10")), marker=MARKER)
        assert "Without predictions" not in summary

    def test_own_counts_say_about(self) -> None:
        """The tokens of a stopped answer are our own count, marked, and never part of the cost."""
        broken = Usage(prompt_tokens=1_000, completion_tokens=500)
        report = a_report(
            files=(
                an_edited_file(estimate=broken, estimated_cost=Decimal("0.03")),
                an_edited_file("b.py", usage=None, estimate=broken),
                an_edited_file("c.py"),
            ),
            cost=Decimal("0.5"),
        )
        summary = render_summary(report, marker=MARKER)
        table = tables(summary)[-1]
        assert [row[4] for row in table[1:]] == ["about 1,124", "about 1,000", "124", "about 2,248"]
        assert [row[6] for row in table[1:]] == ["about 577", "about 500", "77", "about 1,154"]
        assert "may cost another 0.03 USD" in summary
        assert "Cost (estimate): 0.50 USD" in summary
        assert "about" not in render_summary(a_report(), marker=MARKER).lower().split("details")[0]

    def test_prediction_overhead(self) -> None:
        """Rejected tokens are called what they are: billed output."""
        summary = render_summary(
            a_report(files=(an_edited_file(overhead=Decimal("0.5")),)), marker=MARKER
        )

        assert (
            "- Prediction: 6 tokens accepted, 4 rejected, which are billed as output: 5 % of the "
            "completion tokens; estimated cost of that: 0.50 USD."
        ) in summary

    def test_nothing_rejected_costs_nothing(self) -> None:
        """Without rejected tokens, their bill is not mentioned."""
        usage = Usage(
            completion_tokens=0, accepted_prediction_tokens=0, rejected_prediction_tokens=0
        )
        summary = render_summary(
            a_report(files=(an_edited_file(usage=usage, overhead=None),)), marker=MARKER
        )

        assert "- Prediction: 0 tokens accepted, 0 rejected.\n" in summary

    def test_figures_that_are_not_reported(self) -> None:
        """Figures that the provider does not report are never shown as 0."""
        summary = render_summary(
            a_report(files=(an_edited_file(usage=None, overhead=None),)), marker=MARKER
        )

        assert rows(summary)[1][4:10] == ["–"] * 6
        assert "The provider did not report prediction tokens for 1 file." in summary
        assert "- The provider did not report any tokens.\n" in summary
        assert "- Prediction:" not in summary

    def test_notes_are_shown(self) -> None:
        """The run's notes for the reader follow the figures."""
        note = "Predicted outputs were switched off for the rest of the run."

        assert f"\n- {note}\n" in render_summary(a_report(notes=(note,)), marker=MARKER)

    def test_patch_comes_with_its_command(self) -> None:
        """If something is in the patch, the command to apply it is shown."""
        report = a_report(run_url="https://github.com/octo/repo/actions/runs/1")

        summary = render_summary(report, marker=MARKER)
        assert "`git apply remainder.patch`" in summary
        assert "[the run](https://github.com/octo/repo/actions/runs/1)" in summary

    def test_suggestions_are_linked(self) -> None:
        url = "https://github.com/octo/repo/pull/7#discussion_r1"
        summary = render_summary(a_report(suggestion_urls=(("src/a.py", 4, url),)), marker=MARKER)

        assert (
            f"- `src/a.py`: [lines 3-4]({url}) inline; lines 10-11 patch (outside the diff); "
            "line 29 rejected (adds an invisible character)"
        ) in summary

    def test_failures_are_folded_only_when_many(self) -> None:
        """Up to three failed files are shown, more are folded."""
        failed = [
            FileResult(path="a", status=FileStatus.FAILED, reason=f"No answer {n}. Try again.")
            for n in range(4)
        ]

        few = render_summary(a_report(files=tuple(failed[:3])), marker=MARKER)
        many = render_summary(a_report(files=tuple(failed)), marker=MARKER)

        assert "**Failed**\n\n- `a`: No answer 0. Try again." in few
        assert "<details><summary>4 files failed</summary>\n\n- `a`: No answer" in many


class TestLimit:
    """GitHub's limit for a comment is 65,536 characters."""

    @pytest.mark.parametrize("name", ["src/module_{}.py", "`|" * 100 + "{}", "\u202e" * 300 + "{}"])
    def test_thousands_of_files_fit(self, name: str) -> None:
        """However many files and long names, the comment fits and says that it was cut."""
        files = [an_edited_file(name.format(number)) for number in range(300)]
        for number in range(600):
            path = name.format(number)
            files.append(FileResult(path=path, status=FileStatus.SKIPPED, reason=f"{path} & more"))
            files.append(FileResult(path=path, status=FileStatus.FAILED, reason="&" * 2_000))

        summary = render_summary(
            a_report(files=tuple(files), problem="&" * 9_000, notes=("|" * 9_000,) * 50),
            marker=MARKER,
        )

        assert length(summary) <= 60_000
        assert "Shortened to fit into a comment." in summary
        assert summary.endswith(f"{MARKER}\n")
        assert [len(row) for row in rows(summary)][-1] == 11
        assert "more files" in summary

    def test_details_go_first(self) -> None:
        """Rows stay while the details are cut."""
        files = tuple(an_edited_file(f"src/module_{number}.py") for number in range(600))

        summary = render_summary(a_report(files=files), marker=MARKER)

        assert len(rows(summary)) == 602
        assert length(summary) <= 60_000
        assert "Shortened" in summary

    def test_ever_more_is_cut(self) -> None:
        """Each cut shows at most as much as the one before, so that halving finds the first."""
        files = (*a_report().files * 30, *(an_edited_file(f"{n}") for n in range(300)))
        report = a_report(files=files, notes=("word " * 200,) * 9)
        values = {"report": report, "view": view(report), "headline": "", "patches": ""}
        values |= {"small": "", "fetch": ""}

        lengths = [length(render("summary.md.j2", **values, cut=cut)) for cut in cuts()]

        assert sorted(lengths[1:], reverse=True) == lengths[1:]

    def test_short_summary_is_whole(self) -> None:
        assert "Shortened" not in render_summary(a_report(), marker=MARKER)


class TestProgress:
    def test_counts_files(self) -> None:
        """Finished files are counted, with a link to the run."""
        body = render_progress(
            3, 12, marker=MARKER, run_url="https://github.com/octo/repo/actions/runs/1"
        )

        assert body == (
            "Working: 3 of 12 files done. Follow "
            f"[the run](https://github.com/octo/repo/actions/runs/1).\n\n{MARKER}\n"
        )

    def test_boxes_are_ticked(self) -> None:
        """Each file has its box, the first thirty of them at least."""
        boxes = {f"{n}.py": n == 0 for n in range(40)}
        lines = render_progress(1, 40, marker=MARKER, boxes=boxes).splitlines()

        assert lines[:4] == ["Working: 1 of 40 files done.", "", "- [x] `0.py`", "- [ ] `1.py`"]
        assert lines[32] == "- and 10 more files"
        assert lines[-1] == MARKER

    def test_before_files_are_known(self) -> None:
        """Until the files are known, the comment says what is going on."""
        assert render_progress(0, None, marker=MARKER).startswith(
            "Working: reading the pull request.\n"
        )
