"""Answers that talk about the file, or wrap it, instead of being it."""

from __future__ import annotations

import re

from predict_edit.edit import fences
from predict_edit.edit.rewrite import Rewrite

_CLIP = 300
"""Characters of a line that are looked at."""

# Lines are matched with straight apostrophes.
_OPENINGS = re.compile(
    r"(?:here(?: is| are|'s) |here you go|(?:sure|certainly|of course|absolutely|okay|got it|sorry|"
    r"no problem)[,!.:](?:\s|$)|(?:sure|certainly|of course|absolutely|okay) (?:here|thing|i)\b|"
    r"below is |the following is |the (?:code|file) (?:should|now|below|has been) |"
    r"i(?: have|'ve| will|'ll| cannot| can't| can not| am|'m) |i apologi[sz]e|as an ai|"
    r"this is the (?:updated|modified|edited)|(?:updated|modified|edited|revised) "
    r"(?:code|file|version) ?:|as (?:requested|instructed)[,:. ])",
    re.IGNORECASE,
)
_CLOSINGS = re.compile(
    r"(?:explanation ?:|here(?:'s| is) (?:how|what|why|an?) |the above |(?:the )?changes made\b|"
    r"changes ?:|(?:a )?summary of (?:the )?changes|key changes|let me know |i(?:'ve| have) |"
    r"this (?:code|version|change|edit|update|file) (?:now |will |should )?\w+s?\b|"
    r"note that |please note|hope this helps|in this (?:updated|modified|revised) )",
    re.IGNORECASE,
)
_SURELY_CLOSING = re.compile(
    r"(?:explanation ?:$|i(?:'ve| have) (?:updated|changed|replaced|added|removed|modified|made)|"
    r"let me know if |hope this helps|this (?:change|edit|update|version) (?:now )?\w+s\b|"
    r"in this (?:updated|modified|revised) )",
    re.IGNORECASE,
)
_SURELY_CHATTER = re.compile(
    r"(?:(?:sure|certainly|of course|okay|absolutely)[,!.] .{0,40})?"
    r"(?:here(?:'s| is| are)|below is|the following is|this is) (?:the|your|an?) (?:\w+ ){0,3}"
    r"(?:updated|modified|edited|revised|complete|full|corrected|new|rewritten)[ ,](?:.{0,60})"
    r"(?:file|code|version|content|document|text|readme)",
    re.IGNORECASE,
)
_MARKERS = re.compile(
    r"\s*(?:\[/?(?:CODE|FILE|OUTPUT|ANSWER|INST)\]|</?(?:COMPLETION|OUTPUT|ANSWER|RESPONSE|FINAL)>|"
    r"<\|[a-z_0-9]{2,40}\|>|<<<<<<< (?:SEARCH|ORIGINAL|HEAD)|>>>>>>> (?:REPLACE|UPDATED)|"
    r"\*\*\* (?:Begin|End) Patch|\*\*\* Update File: .*)\s*"
)
_MARK_ECHO = re.compile(
    r"[\w-]{16,} (?:begin|end): (?:path of the file|change in the pull|what |"
    r"whole file|outline of the file)"
)
_DIFF_HEADER = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_PROSE_LINE = re.compile(r"[A-ZÀ-Þ][\w']* (?:[\w'`\"./-]+,? ){2,30}[\w'`\"./-]+:")
_LAST_LINES = 12
"""How far from the end closing remarks are looked for."""


def problem(rewrite: Rewrite) -> str | None:
    """Why this is not the file but talk about it; ``None`` where nothing speaks for that."""
    opening = in_opening(rewrite)
    if opening is not None:
        return opening
    for number, line in rewrite.added:
        if _MARKERS.fullmatch(line[:_CLIP]) or _MARK_ECHO.match(line[:_CLIP]):
            return f"Line {number} of the answer is a mark of the model's, not text of the file."
    if not rewrite.is_patch:
        headers = [number for number, line in rewrite.added if _DIFF_HEADER.match(line[:_CLIP])]
        if headers:
            return f"The answer is a diff (line {headers[0]}), not the file."
    return _closing(rewrite) or _fence(rewrite)


def in_opening(rewrite: Rewrite) -> str | None:
    """Whether the first line with text is a remark of the model's.

    Works on the beginning of an answer too, so a stream can be closed early.
    """
    first = next(((at, line) for at, line in enumerate(rewrite.new, 1) if line), None)
    if first is None or first not in rewrite.added:
        return None
    line = _plain(first[1].lstrip())
    talk = "The answer begins with a remark instead of the file."
    if rewrite.is_prose:
        sure = _SURELY_CHATTER.match(line) or (
            _OPENINGS.match(line) and _fence_follows(rewrite, first[0])
        )
        return talk if sure else None
    if _OPENINGS.match(line):
        return talk
    before = next((line for line in rewrite.old if line), "")
    keys = rewrite.suffix in {".yml", ".yaml"}
    if not keys and _PROSE_LINE.fullmatch(line) and not before.endswith(":"):
        return talk
    return None


def _plain(line: str) -> str:
    """The beginning of a line, with straight apostrophes."""
    return line[:_CLIP].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _fence_follows(rewrite: Rewrite, number: int) -> bool:
    """Whether the next line with text is a fence that the answer adds."""
    for at, line in enumerate(rewrite.new[number:], start=number + 1):
        if line:
            return fences.is_fence(line) and (at, line) in rewrite.added
    return False


def _closing(rewrite: Rewrite) -> str | None:
    """Whether the last lines are remarks of the model's."""
    border = max(len(rewrite.new) - _LAST_LINES, 1)
    pattern = _CLOSINGS
    if rewrite.is_prose:
        # Sentences are what such a file is made of: only what stands behind its last line counts.
        last = next((line for line in reversed(rewrite.old) if line), "")
        places = [at for at, line in enumerate(rewrite.new, start=1) if line == last]
        border = max(border, places[-1] if places else len(rewrite.new))
        pattern = _SURELY_CLOSING
    # A remark stands at column 0; a comment or a string that says the same does not begin so.
    for number, line in rewrite.added:
        if number > border and pattern.match(_plain(line)):
            return f"The answer ends with remarks (line {number}) instead of the file."
    return None


def _fence(rewrite: Rewrite) -> str | None:
    """Whether a fence round the file, or a half of one, is still there."""
    added = {number for number, _ in rewrite.added}
    ends = [(number, line) for number, line in enumerate(rewrite.new, start=1) if line]
    left = "A code fence that is not part of the file is left in the answer."
    outer = [
        number
        for number, line in (*ends[:1], *ends[-1:])
        if number in added and fences.is_fence(line)
    ]
    if not outer:
        return None
    if not rewrite.is_prose:
        return left
    before = next((line for line in rewrite.old if line), "")
    if outer[0] == ends[0][0] and len(ends) > 1 and ends[1][1] == before:
        return left
    odd = fences.count(list(rewrite.new)) % 2 != fences.count(list(rewrite.old)) % 2
    if odd or fences.encloses([line for _, line in ends]):
        return left
    return None
