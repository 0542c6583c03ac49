"""Answers that talk about the file, or wrap it, instead of being it."""

from __future__ import annotations

import re

from predict_edit.edit import wrappers
from predict_edit.edit.rewrite import Rewrite, is_fence
from predict_edit.edit.wrappers import is_sentence

BEGINS = "The answer begins with a remark instead of the file."
_CLIP = 300
"""Characters of a line that are looked at."""

# Lines are matched with straight apostrophes.
_OPENINGS = re.compile(
    r"(?:here(?: is| are|'s) |here you go|(?:sure|certainly|of course|absolutely|okay|got it|sorry|"
    r"no problem)[,!.:](?:\s|$)|i(?: have|'ve| will|'ll| cannot| can't| can not| am|'m) |as an ai|"
    r"the (?:following|code|(?:updated|modified|edited|complete) \w+) |below (?:is|are) the |"
    r"(?:updated|modified|corrected|fixed|revised|complete) (?:code|file|version):?$)",
    re.IGNORECASE,
)
_CLOSINGS = re.compile(
    r"(?:explanation ?:|here(?:'s| is) (?:how|what|why|an?) |(?:the )?changes made\b|"
    r"(?:a )?summary of (?:the )?changes|key changes|let me know |i(?:'ve| have) |"
    r"please note|hope this helps)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[A-Z][\w ]{2,40}:$")
"""How talk begins that is not a sentence by itself, in the language that most models talk."""
_FRAME = re.compile(r"\s*(?:<<<<<<< .*|>>>>>>> .*|\*\*\* (?:Begin|End) Patch)\s*")
"""Marks of edits, which no file but documentation has."""
_MARK_ECHO = re.compile(
    r"[\w-]{16,} (?:begin|end): (?:path of the file|change in the pull|what |"
    r"whole file|outline of the file)|answer: (?:file|edits) [\w-]{16,}\s*$"
)
_DIFF_HEADER = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_FEW = 4
"""Lines of a remark behind a file that consists of sentences."""


def problem(rewrite: Rewrite) -> str | None:
    """Say that this is talk about the file; ``None`` if nothing points to that."""
    if in_opening(rewrite):
        return BEGINS
    for number, line in rewrite.added:
        if _MARK_ECHO.match(line[:_CLIP]):
            return f"Line {number} of the answer repeats a marker of the request."
        if not rewrite.is_prose and _FRAME.fullmatch(line[:_CLIP]):
            return f"Line {number} of the answer is a marker that the model added."
        if not rewrite.is_patch and rewrite.removed and _DIFF_HEADER.match(line[:_CLIP]):
            return f"The answer is a diff (line {number}), not the file."
    return _closing(rewrite) or _fence(rewrite)


def in_opening(rewrite: Rewrite) -> bool:
    """Whether the first line with text is a remark of the model's.

    Works on the beginning of an answer too, so a stream can be closed early.
    """
    first, *rest = [line for line in rewrite.new if line] or [""]
    before = next((line for line in rewrite.old if line), "")
    if first in rewrite.old or not opens(first) or opens(before):
        return False
    if rewrite.suffix in {".yml", ".yaml"} and rest and rest[0][:1].isspace():
        return False
    if not rewrite.is_prose:
        return True
    # A sentence may open a text; talk is followed by a fence, or by all of the edited text.
    fenced = bool(rest) and is_fence(rest[0]) and rest[0] not in rewrite.old
    return fenced or (rest[:1] == [before] and len(rewrite.gaps) > 1)


def opens(line: str) -> bool:
    """Whether a line may be a remark of the model's, whatever the file."""
    return is_sentence(line) or _OPENINGS.match(_plain(line)) is not None


def _plain(line: str) -> str:
    """The beginning of a line, with straight apostrophes."""
    return line.lstrip()[:_CLIP].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _closing(rewrite: Rewrite) -> str | None:
    """Whether what is behind the file's last line is a remark of the model's."""
    gap = rewrite.gaps[-1] if rewrite.gaps and rewrite.gaps[-1].last else None
    if gap is None or not gap.new:
        return None
    # A remark is at column 0; a comment or a string that says the same does not begin so.
    lines = [_plain(line).strip("*_") for line in gap.new if not line[:1].isspace()]
    if rewrite.is_prose:
        # Talk comes with an edit; a paragraph that is all that is new is one.
        lines = [line for line in lines if line.strip("-")][:1]
        alone = not gap.old and len(gap.new) <= _FEW and len(rewrite.gaps) > 1
    else:
        alone = not gap.old and rewrite.new[gap.at - 2 : gap.at - 1] in {("",), ("---",)}
        alone = alone or any(map(_CLOSINGS.match, lines))
    # What opens with code or a comment goes on with its text.
    if alone and (any(map(_CLOSINGS.match, lines)) or any(map(_is_talk, lines[:1]))):
        return f"The answer ends with remarks (line {gap.at}) instead of the file."
    return None


def _is_talk(line: str) -> bool:
    return is_sentence(line) or _HEADING.match(line) is not None


def _fence(rewrite: Rewrite) -> str | None:
    """Whether a fence round the file, or a half of one, is still there."""
    added = {number for number, _ in rewrite.added}
    lines = [line for line in rewrite.new if line]
    ends = [number for number, line in enumerate(rewrite.new, start=1) if line]
    left = "A code fence that is not part of the file is left in the answer."
    outer = [
        number
        for number in (*ends[:1], *ends[-1:])
        if number in added and is_fence(rewrite.new[number - 1])
    ]
    if not outer:
        return None
    if not rewrite.is_prose:
        return left
    before = next((line for line in rewrite.old if line), "")
    if outer[0] == ends[0] and lines[1:2] == [before]:
        return left
    odd = wrappers.count_fences(rewrite.new) % 2 > wrappers.count_fences(rewrite.old) % 2
    if odd or wrappers.encloses(lines):
        return left
    return None
