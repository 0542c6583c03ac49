"""What a run says of itself on GitHub: the summary comment and the job summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from predict_edit.domain.edits import OVER_MAX_FILES, PlacementKind, Usage
from predict_edit.domain.run_report import FileStatus, Outcome, RunReport
from predict_edit.report.jinja import fit, render, trusted
from predict_edit.report.markdown import BODY_LIMIT, code, length, link, marked, text
from predict_edit.report.review_body import fetch, folded_patches
from predict_edit.report.view import completion_parts, dollars, view
from predict_edit.support.text import plural

_LONGEST_PROBLEM = 1_000


def headline(report: RunReport) -> str:
    """Say in a sentence or two of Markdown what the command led to."""
    sentence = f"{_SENTENCES[report.outcome](report)}{_left_out(report)}"
    return f"**Dry run, nothing was written.** {sentence}" if report.dry_run else sentence


def _suggested(report: RunReport) -> str:
    number = report.suggestion_count
    edited = report.with_status(FileStatus.EDITED)
    some = sum(bool(each.placed and each.placed.suggestions) for each in edited)
    where = _edited(report) if some == len(edited) else f"{some:,} of {plural(len(edited), 'file')}"
    sentence = f"**{plural(number, 'suggestion')}** in {where}"
    if report.dry_run:
        return f"{sentence} would be posted."
    them = "it" if number == 1 else "them"
    step = link(f"Review {them}", report.review_url)
    if report.apply_command:
        step += f", or comment {code(report.apply_command)} to commit {them}"
    return f"{sentence}. {step}."


def _committed(report: RunReport) -> str:
    verb = "Would commit" if report.dry_run else link("Committed", report.commit_url)
    return f"{verb} {_changes(report)} in {_edited(report)}."


def _opened(report: RunReport) -> str:
    content = f"{_changes(report)} in {_edited(report)}"
    if report.dry_run:
        return f"A pull request would have {content}."
    url = report.pull_request_url
    if not report.was_open:
        return f"Opened {link('a pull request', url)} with {content}."
    if report.outcome is Outcome.OPENED:
        return f"Updated {link('the pull request', url)}, which now has {content}."
    return f"{link('The pull request', url)} has {content}."


def _patched(report: RunReport) -> str:
    rejected = report.count(PlacementKind.REJECTED)
    if rejected and not _kept(report):
        return f"Nothing to deliver: {plural(rejected, 'change')} rejected, none left."
    return f"**{_changes(report)}** in {_edited(report)}, all in the patch; none is a suggestion."


def _unchanged(report: RunReport) -> str:
    if report.shards:
        return f"Planned: the files are divided over {plural(len(report.shards), 'job')}."
    threads = report.job.threads if report.job else None
    if threads is not None and all(each.skipped for each in threads):
        why = "the list below says why for each open review thread"
        return f"Nothing to address: {why if threads else 'no open review thread'}."
    same = report.with_status(FileStatus.UNCHANGED)
    if report.carrier == "pull request":
        there = link("the pull request", report.pull_request_url)
        return f"Nothing new: {there} has {_changes(report)} in {_edited(report)} already."
    unchanged = len(same)
    if same and all(each.effort and each.effort.restored for each in same):
        files = plural(unchanged, "file")
        return f"Nothing to change: what the model changed in {files} was put back."
    if unchanged:
        return f"Nothing to change: the model returned {plural(unchanged, 'file')} as before."
    skipped = len(report.with_status(FileStatus.SKIPPED))
    why = f"{_all(skipped)} skipped" if skipped else "no file was found"
    if report.plan and report.plan.left:
        why = "according to the plan, no file needs a change"
    return f"Nothing to edit: {why}."


def _partial(report: RunReport) -> str:
    failed = len(report.with_status(FileStatus.FAILED))
    lost = f" {plural(failed, 'file')} failed." if failed else ""
    if not report.with_status(FileStatus.EDITED):
        return f"**Done in part:** nothing to change in what was done.{lost}"
    if report.suggestion_count:
        return f"**Done in part:** {_suggested(report)}{lost}"
    done = _DELIVERED[report.carrier if _kept(report) else "patch"](report)
    return f"**Done in part:** {done}{lost}"


def _failed(report: RunReport) -> str:
    if report.problem:
        return f"**Failed:** {text(report.problem, _LONGEST_PROBLEM)}"
    failed = len(report.with_status(FileStatus.FAILED))
    if failed == 1:
        return "**Failed:** the one file that was tried could not be edited."
    if failed:
        return f"**Failed:** none of {plural(failed, 'file')} could be edited."
    return "**Failed:** nothing could be done."


def _denied(report: RunReport) -> str:
    if report.problem:
        return "Nothing was done: the commenter has to wait."
    return "Nothing was done: the commenter may not give commands here."


_DELIVERED: dict[str, Callable[[RunReport], str]] = {
    "commit": _committed,
    "pull request": _opened,
    "patch": lambda report: f"{_changes(report)} in {_edited(report)}.",
}
_SENTENCES: dict[Outcome, Callable[[RunReport], str]] = {
    Outcome.SUGGESTED: _suggested,
    Outcome.COMMITTED: _committed,
    Outcome.OPENED: _opened,
    Outcome.PATCHED: _patched,
    Outcome.UNCHANGED: _unchanged,
    Outcome.ANSWERED: lambda _: "Answered the comment; no file was edited.",
    Outcome.IGNORED: lambda _: "Nothing to do: this was not a command.",
    Outcome.DENIED: _denied,
    Outcome.PARTIAL: _partial,
    Outcome.FAILED: _failed,
}


def _left_out(report: RunReport) -> str:
    over = sum(
        result.reason.startswith(OVER_MAX_FILES)
        for result in report.with_status(FileStatus.SKIPPED)
    )
    tried = len(report.files) - len(report.with_status(FileStatus.SKIPPED))
    if not over or not tried:
        return ""
    return f" Only {tried:,} of {tried + over:,} files were tried; the rest is over `max-files`."


def _changes(report: RunReport) -> str:
    return plural(_kept(report), "change")


def _kept(report: RunReport) -> int:
    kept = report.count(PlacementKind.INLINE) + report.count(PlacementKind.PATCH)
    return kept if report.carrier == "patch" else kept - report.held


def _edited(report: RunReport) -> str:
    """Name a single edited file, count several."""
    in_patch = report.carrier == "patch"
    files = [r for r in report.with_status(FileStatus.EDITED) if in_patch or not r.held]
    return code(files[0].path) if len(files) == 1 else plural(len(files), "file")


def _all(number: int) -> str:
    return "the one file was" if number == 1 else f"all {plural(number, 'file')} were"


_MOST_BOXES = 30
_PATCH_LIMIT = 14_000
"""Characters for patches; the comment also holds what the next run must know."""
_JOB_SUMMARY_LIMIT = 1_000_000
"""Bytes; GitHub drops a step's summary of more than 1 MiB whole."""


def render_summary(
    report: RunReport, *, marker: str, patches: Sequence[tuple[str, str]] = ()
) -> str:
    """Render the final summary comment, at most 60,000 characters with its marker.

    ``marker`` is the hidden HTML comment by which the comment is found again; it is the last line.
    ``patches`` are path and patch of each file with changes that are not on the pull request.
    """
    small = [dollars(report.cost)] if report.cost is not None else []
    small += [text(report.model)] if report.model else []
    small += [link("run", report.run_url)] if report.run_url else []
    values = _values(report) | {
        "patches": trusted(folded_patches(patches, _PATCH_LIMIT) if patches else ""),
        "small": trusted(" · ".join(small)),
        "fetch": trusted(fetch(report.run_url)),
    }
    return fit(
        lambda cut: marked(render("summary.md.j2", cut=cut, **values), marker), length, BODY_LIMIT
    )


def render_job_summary(report: RunReport) -> str:
    """Render the job summary, at most 1,000,000 bytes of UTF-8."""
    values = _values(report) | {"slices": _slices(report.usage)}
    return fit(
        lambda cut: render("job_summary.md.j2", cut=cut, **values),
        lambda text: len(text.encode("utf-8", "replace")),
        _JOB_SUMMARY_LIMIT,
    )


def _values(report: RunReport) -> dict[str, object]:
    return {"report": report, "view": view(report), "headline": trusted(headline(report))}


def render_progress(
    done: int,
    total: int | None,
    *,
    marker: str,
    run_url: str = "",
    boxes: Mapping[str, bool] | None = None,
) -> str:
    """Render what the summary comment says while the run works.

    ``total`` is ``None`` until the files are known; ``boxes`` says of each whether it is done.
    """
    where = f" Follow {link('the run', run_url)}." if run_url else ""
    if total is None:
        state = "Working: reading the pull request."
    else:
        state = f"Working: {done:,} of {plural(total, 'file')} done."
    files = list((boxes or {}).items())
    lines = [f"- [{'x' if ticked else ' '}] {code(path)}\n" for path, ticked in files[:_MOST_BOXES]]
    if len(files) > _MOST_BOXES:
        lines.append(f"- and {plural(len(files) - _MOST_BOXES, 'more file')}\n")
    return marked("\n\n".join([f"{state}{where}", *filter(None, ["".join(lines)])]), marker)


def _slices(usage: Usage) -> tuple[tuple[str, int], ...]:
    """Split the completion tokens for the chart; Mermaid takes no slice of 0.

    Without all three figures there is no chart.
    """
    if usage.accepted_prediction_tokens is None or usage.rejected_prediction_tokens is None:
        return ()
    return tuple(part for part in completion_parts(usage) if part[1])
