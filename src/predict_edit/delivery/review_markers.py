"""The hidden markers on reviews and suggestions, by which later runs find them.

A suggestion's key is made of its path, the lines it replaces and the lines it adds, but not of line
numbers: the key survives when the lines move, and no longer fits once they are changed. Where a
suggestion was posted is in its marker, too, so that a copy elsewhere is not taken for it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from predict_edit.domain.edits import Suggestion
from predict_edit.domain.repository import PENDING, Review
from predict_edit.domain.run_report import FileResult, Job
from predict_edit.report.markdown import code, link
from predict_edit.suggest.replay import block_lines, described
from predict_edit.support.git import lines_of
from predict_edit.support.markers import Marker, Seals
from predict_edit.support.text import listed

REVIEW: Final = "review"
SUGGESTION: Final = "suggestion"
REVIEWS: Final = "<!-- predict-edit:v1 review "
"""Part of the body of every review by this tool."""
MOST_BESIDE: Final = 3
"""Other files that a suggestion names."""
_DIGITS: Final = 24
_MOST_LINKS: Final = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MarkedSuggestion:
    """One suggestion ready to post."""

    suggestion: Suggestion
    """As it was placed."""
    key: str
    words: str
    """What it does, for people; perhaps empty."""

    def marked(self, command: str, head: str, seals: Seals) -> Suggestion:
        """Return it as it is posted on a commit: with a sealed marker."""
        to_post = self.suggestion
        at = place_of(head, to_post.start_line, to_post.line)
        marker = seals.seal(Marker(SUGGESTION, {"key": self.key, "command": command, "at": at}))
        parts = (self.words, to_post.body.rstrip(), f"{marker}\n")
        return dataclasses.replace(to_post, body="\n\n".join(part for part in parts if part))


def place_of(commit: str, start: int | None, line: int | None) -> str:
    """Name the lines of a commit that a suggestion is on; ``start`` is ``None`` for one line."""
    return f"{commit}:{start or line}-{line}"


def marked_suggestions(
    files: Iterable[FileResult], job: Job | None = None
) -> tuple[MarkedSuggestion, ...]:
    """Return all suggestions of all files, top down, with links to the threads they are for."""
    found = []
    files = tuple(files)
    inline = {each.path for each in files if each.placed and each.placed.suggestions}
    for result in files:
        if (placed := result.placed) is None:
            continue
        lines = lines_of(placed.file.text)
        beside = goes_with([path for path in result.together if path in inline])
        for suggestion in placed.suggestions:
            old = lines[suggestion.start_line - 1 : suggestion.line]
            urls = [
                thread.url
                for thread in (job.threads_of(suggestion.path) if job else ())
                if thread.concerns(suggestion.start_line, suggestion.line)
            ]
            links = ", ".join(link("this thread", url) for url in urls[:_MOST_LINKS])
            words = described(old, block_lines(suggestion.body), suggestion.start_line)
            words = "\n\n".join(filter(None, (words, f"For {links}." if links else "", beside)))
            key = key_of(suggestion, lines)
            found.append(MarkedSuggestion(suggestion=suggestion, key=key, words=words))
    return tuple(found)


def goes_with(paths: Sequence[str]) -> str:
    """Say which other suggestions belong to one; empty without any."""
    if not paths:
        return ""
    return f"Goes with the suggestions in {listed(map(code, paths), most=MOST_BESIDE)}."


def key_of(suggestion: Suggestion, lines: Sequence[str]) -> str:
    """Name what a suggestion does to the lines of its file.

    Raises:
        ReplayError: the body does not contain a complete suggestion block.
    """
    old = lines[suggestion.start_line - 1 : suggestion.line]
    new = block_lines(suggestion.body)
    # Lines that a suggestion only adds to stay, and so does its thread; then this tells that it was
    # committed, unless the text was there before, as with one more empty line.
    there = ["there"] if _is_there(suggestion, new, lines) else []
    written = "\0".join([suggestion.path, str(len(old)), *old, *new, *there])
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _is_there(suggestion: Suggestion, block: list[str], lines: Sequence[str]) -> bool:
    """Whether a block that adds lines, above or below those that it replaces, is in the file."""
    # A block with as many more lines may begin as many lines further up.
    start = max(0, suggestion.line - len(block))
    end = suggestion.start_line - 1 + len(block)
    near = [line.rstrip("\r\n") for line in lines[start:end]]
    starts = range(suggestion.start_line - start)
    return any(near[at : at + len(block)] == block for at in starts)


def review_marker(command: str, batch: int, head: str, seals: Seals) -> Marker:
    """Mark one review; ``batch`` distinguishes the reviews of one command."""
    return seals.seal(Marker(REVIEW, {"command": command, "batch": str(batch), "head": head}))


def field_of(body: str, kind: str, name: str = "command", *, seals: Seals) -> str:
    """Return a field of the marker in a body; empty without a sealed marker or such a field."""
    marker = seals.find(body, kind)
    return marker.fields.get(name, "") if marker else ""


def reviews_of(reviews: Iterable[Review], command: str, seals: Seals) -> tuple[Review, ...]:
    """Return the submitted reviews of one command, oldest first."""
    return tuple(
        review
        for review in reviews
        if review.mine
        and review.state != PENDING
        and field_of(review.body, REVIEW, seals=seals) == command
    )
