"""``/predict-edit apply``: the open suggestions of this tool, as one edit of each file.

A suggestion is applied only if its key still fits the lines it is on and the text it has now, so
neither the file nor the comment was changed since it was posted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from predict_edit.delivery.commit import as_committed, commit_files
from predict_edit.delivery.delivered import Destination
from predict_edit.delivery.review_markers import SUGGESTION, key_of, place_of
from predict_edit.delivery.state import Record
from predict_edit.domain.edits import Effort, SourceFile, Suggestion
from predict_edit.domain.errors import NothingToApply, PredictEditError, ReplayError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import FileContent, PullRequest, ReviewThread
from predict_edit.domain.run_report import Delivered, FileResult, FileStatus, Outcome
from predict_edit.select.protected import protected
from predict_edit.suggest.place import place
from predict_edit.suggest.replay import apply_suggestions
from predict_edit.support.git import EXECUTABLE_MODE, lines_of, text_of
from predict_edit.support.globs import Globs
from predict_edit.support.markers import Seals, find_marker
from predict_edit.support.text import plural


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The suggestions to commit."""

    files: tuple[FileResult, ...]
    taken: int
    """Suggestions in ``files``."""
    left: int
    """Open suggestions that no longer fit."""

    @property
    def records(self) -> tuple[Record, ...]:
        """What the next run needs to see, after a crash, whether the commit was made."""
        return tuple(
            Record.of(
                placed.file,
                "apply",
                placed.accepted,
                (placement.hunk for placement in placed.placements),
                Effort(),
            )
            for placed in (result.placed for result in self.files)
            if placed
        )


async def collect(
    forge: GitHost, pull: PullRequest, seals: Seals, unlocked: Sequence[str] = ()
) -> Collected:
    """Read the open suggestions and the files at the head, and apply the ones to the others.

    Only sealed suggestions are this tool's. What is protected is asked again, because ``unlocked``
    may have changed since they were posted.

    Raises:
        NothingToApply: no suggestion can be applied.
        ForgeError: GitHub failed.
    """
    if seals.key and not seals.hold:
        raise NothingToApply(
            "There is nothing to apply: everybody knows a key such as the model's, so suggestions "
            "are not sealed, and another workflow could post the same.",
            "Commit the suggestions on the pull request's page, or let the repository deliver by "
            "commit.",
        )
    threads = await forge.threads(pull.number)
    marked = [(thread, mark) for thread in threads if (mark := _mark(thread, seals))]
    # A copy shares the mark of its original, and what was decided about that.
    decided = {mark for thread, mark in marked if thread.resolved or thread.comment.minimized}
    wanted = [thread for thread, mark in marked if mark not in decided and thread.is_open]
    free = Globs.of(unlocked)
    paths = dict.fromkeys(
        thread.path
        for thread in wanted
        if protected(thread.path) is None or free.match(thread.path) is not None
    )
    contents = await forge.read_files(pull.head_sha, paths) if paths else {}
    results, taken = [], 0
    for path in paths:
        file = _source(contents.get(path))
        if file is None:
            continue
        fitting = _fitting(file, (thread for thread in wanted if thread.path == path))
        result = _applied(file, fitting)
        if result is not None:
            taken += len(fitting)
            results.append(result)
    if not results:
        raise NothingToApply(
            f"There is nothing to apply: {plural(len(wanted), 'open suggestion')} of this tool on "
            "the pull request, none of which fits the newest commit."
            if wanted
            else "There is nothing to apply: no open suggestion of this tool on the pull request.",
            "Run a command that edits first. Resolved and outdated suggestions are not applied, "
            "nor are those to protected files.",
        )
    return Collected(files=tuple(results), taken=taken, left=len(wanted) - taken)


async def apply_collected(collected: Collected, to: Destination) -> Delivered:
    """Commit the collected suggestions; in a dry run, only report them.

    Raises:
        CommandChanged: the comment was edited or deleted while the run worked.
        CommitRefused: the commit could not be made.
        PullRequestClosed: the pull request was closed or merged while the run worked.
        ForgeError: the comment could not be read.
    """
    suggestions = plural(collected.taken, "suggestion")
    notes = [f"{suggestions} applied, in one commit."]
    if collected.left:
        left = plural(collected.left, "open suggestion")
        notes.append(
            f"{left} left out: lines or comment changed since, a newer one has the lines, or "
            "the file is protected."
        )
    delivered = Delivered(
        files=as_committed(collected.files), outcome=Outcome.COMMITTED, notes=tuple(notes)
    )
    if to.dry_run:
        return delivered
    headline = f"Apply {suggestions} of predict-edit"
    commit = await commit_files(to, collected.files, headline=headline)
    return dataclasses.replace(delivered, commit_url=commit.url)


def _mark(thread: ReviewThread, seals: Seals) -> tuple[str, str] | None:
    """Return key and command of a suggestion of ours, which its copies share.

    One that is not where it was posted is a copy. Earlier versions did not say where that was.
    """
    marker = seals.find(thread.comment.body, SUGGESTION) if thread.comment.mine else None
    fields = marker.fields if marker else {}
    here = place_of(thread.original_commit, thread.original_start_line, thread.original_line)
    if not fields.get("key") or fields.get("at", here) != here:
        return None
    return fields["key"], fields.get("command", "")


def _source(content: FileContent | None) -> SourceFile | None:
    if content is None or (text := text_of(content.data)) is None:
        return None
    executable = content.mode == EXECUTABLE_MODE
    return SourceFile(
        path=content.path, text=text, blob_sha=content.blob_sha, executable=executable
    )


def _fitting(file: SourceFile, threads: Iterable[ReviewThread]) -> tuple[Suggestion, ...]:
    """Return the suggestions whose key fits; of two for one line, the newest."""
    lines = lines_of(file.text)
    kept: list[Suggestion] = []
    for thread in sorted(threads, key=lambda each: each.comment.id, reverse=True):
        last = thread.line or 0
        first, body = thread.start_line or last, thread.comment.body
        suggestion = Suggestion(path=file.path, start_line=first, line=last, body=body)
        try:
            marker = find_marker(suggestion.body, SUGGESTION)
            fits = marker is not None and key_of(suggestion, lines) == marker.fields.get("key")
        except ReplayError:
            continue
        if fits and not any(other.overlaps(file.path, first, last) for other in kept):
            kept.append(suggestion)
    return tuple(kept)


def _applied(file: SourceFile, suggestions: Sequence[Suggestion]) -> FileResult | None:
    """Return the file with its suggestions applied; ``None`` if that changes nothing."""
    try:
        text = apply_suggestions(file.text, suggestions)
        if text == file.text:
            return None
        placed = place(file, text)
    except PredictEditError:
        return None
    return FileResult(path=file.path, status=FileStatus.EDITED, placed=placed)
