"""``/predict-edit apply``: the open suggestions of this tool, as one edit of each file.

A suggestion is taken only where its key still fits the lines that it stands on and the text that it
has now: neither the file nor the comment may have been changed since it was posted.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Iterable, Sequence

from predict_edit.delivery.marks import SUGGESTION, SUGGESTIONS, key_of, seal_of
from predict_edit.delivery.state import Record
from predict_edit.domain import (
    Effort,
    FileContent,
    FileResult,
    FileStatus,
    PullRequest,
    ReviewThread,
    SourceFile,
    Suggestion,
)
from predict_edit.domain.errors import NothingToApply, PredictEditError, ReplayError
from predict_edit.domain.ports import Forge
from predict_edit.report.view import plural
from predict_edit.suggest.place import place
from predict_edit.suggest.replay import apply_suggestions
from predict_edit.support.git import lines_of
from predict_edit.support.markers import find_marker


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What there is to commit."""

    files: tuple[FileResult, ...]
    taken: int
    """Suggestions in it."""
    left: int
    """Open suggestions that no longer fit."""

    @property
    def records(self) -> tuple[Record, ...]:
        """What has to be remembered to tell, after a crash, whether the commit was made."""
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

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know, a sentence each."""
        taken = plural(self.taken, "suggestion")
        notes = [f"{taken} applied, in one commit."]
        if self.left:
            left = plural(self.left, "open suggestion")
            notes.append(
                f"{left} left out: lines or comment changed since, or a newer one has the lines."
            )
        return tuple(notes)


async def collect(forge: Forge, pull: PullRequest, secret: str | None = None) -> Collected:
    """Read the open suggestions and the files at the head, and put them together.

    Where there is a secret, only suggestions that were sealed with it are this tool's.

    Raises:
        NothingToApply: there is none that can be applied.
        ForgeError: they could not be read.
    """
    threads = await forge.review_threads(pull.number, SUGGESTIONS)
    wanted = [thread for thread in threads if _is_open(thread, secret)]
    contents: dict[str, FileContent] = {}
    if wanted:
        contents = await forge.read_files(
            pull.head_sha, dict.fromkeys(thread.path for thread in wanted)
        )
    results, taken = [], 0
    for path in dict.fromkeys(thread.path for thread in wanted):
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
            "Give a command that edits first. What is resolved or outdated is not applied.",
        )
    return Collected(files=tuple(results), taken=taken, left=len(wanted) - taken)


def _is_open(thread: ReviewThread, secret: str | None) -> bool:
    """Whether a thread is a suggestion of ours that still stands."""
    marker = find_marker(thread.comment.body, SUGGESTION)
    if marker is None or not thread.comment.mine:
        return False
    seal = seal_of(marker.fields.get("key", ""), secret)
    return (
        (not seal or hmac.compare_digest(seal, marker.fields.get("seal", "")))
        and thread.line is not None
        and not (thread.resolved or thread.outdated or thread.minimized)
    )


def _source(content: FileContent | None) -> SourceFile | None:
    if content is None or content.data is None:
        return None
    try:
        text = content.data.decode()
    except UnicodeDecodeError:
        return None
    return SourceFile(path=content.path, text=text, blob_sha=content.blob_sha)


def _fitting(file: SourceFile, threads: Iterable[ReviewThread]) -> tuple[Suggestion, ...]:
    """The suggestions whose key fits, without two for one line: the newest wins."""
    lines = lines_of(file.text)
    kept: list[Suggestion] = []
    for thread in sorted(threads, key=lambda each: each.comment.id, reverse=True):
        marker = find_marker(thread.comment.body, SUGGESTION)
        if thread.line is None or marker is None:
            continue
        suggestion = Suggestion(
            path=file.path,
            start_line=thread.start_line or thread.line,
            line=thread.line,
            body=thread.comment.body,
        )
        try:
            fits = key_of(suggestion, lines) == marker.fields.get("key")
        except ReplayError:
            continue
        if fits and not any(_overlap(suggestion, other) for other in kept):
            kept.append(suggestion)
    return tuple(kept)


def _overlap(one: Suggestion, other: Suggestion) -> bool:
    return one.start_line <= other.line and other.start_line <= one.line


def _applied(file: SourceFile, suggestions: Sequence[Suggestion]) -> FileResult | None:
    """The file with its suggestions, as the rest of the way takes it; ``None`` without any."""
    try:
        text = apply_suggestions(file.text, suggestions)
        if text == file.text:
            return None
        placed = place(file, text)
    except PredictEditError:
        return None
    return FileResult(path=file.path, status=FileStatus.EDITED, placed=placed)
