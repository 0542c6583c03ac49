"""Remarks that stand in for code the model did not write out.

Only lines that are new count, and only where lines are gone: a remark that replaces nothing hides
nothing, whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from predict_edit.edit.rewrite import Gap, Rewrite
from predict_edit.edit.wrappers import is_alike

_CLIP = 200
_FEWEST = 2
"""Lost lines from which any comment in their place is a remark."""
_MOST_WORDS = 5
"""Words of such a remark for each one that says that something is left out."""

_LEADER = re.compile(
    r"\s*(?:<!--+|\{\{!--|\{\{/\*|\{/\*|\{#|<%--|<%#|@\*|/\*+|\(\*|\{-|//+!?|REM\b|rem\b|"
    r"dnl\b|::|\.\. |(?:#+|--+|;+|%+|\*+|!|'|\"+|\\|C)(?=[\s.…\[(<]))\s*"
)
_DOTS = r"(?:\.(?: ?\.){2,}|[…⋮⋯])"
_ALONE = re.compile(
    rf"\s*(?:(?:{_DOTS}\s*)?[\[(<]+[^\[\](){{}}<>]*[\])>]+|{_DOTS}\s[^\W\d][\w ,'.-]*|"
    rf"{_DOTS}[\w ]*(?={_DOTS}))\s*(?:{_DOTS})?\s*"
)
"""Words in brackets or behind dots, and nothing else on the line."""
_LEFT_OUT = re.compile(
    rf"{_DOTS}|\b(?:rest|remain(?:s|ing|der)?|existing|un(?:changed|modified|touched)|omitted|"
    r"truncated|elided|snip(?:ped)?|intact|same|as before|as is|not shown|no (?:other )?changes?|"
    r"original|previous(?:ly)?|etc)\b|\b(?:bleib\w*|unverändert|reste|inchangé\w*|resto|"
    r"sin cambios|остальн\w*|без изменений)\b|"
    r"其余|剩余|省略|不变|残り|同じ|変更なし|나머지|생략|그대로",
    re.IGNORECASE,
)
"""What such remarks have in common, in a few languages."""
_TRAILING = re.compile(r"(?<=\S)\s+(?://|#|--|/\*|<!--|%|;).*")
_QUOTED = re.compile(r"\s*(?:[\w.!]+ )*[\w.!]+ ?\(?[\"'`]([^\"'`]{4,40})[\"'`]\)*;?")
"""A statement that only says something, as ``raise NotImplementedError("unchanged")``."""
_COMMENT = re.compile(
    r"\s*(?://+!?|#+|/?\*+|--+|;+|<!--+|%+|'+|\{-|::|REM|rem)(?P<said>\s.*|/|-?\}|$)", re.DOTALL
)
_CODE_ENDS = (";", "{", "}", "(", ",")
_BRACKETS_ARE_SYNTAX = frozenset(
    {".toml", ".ini", ".cfg", ".conf", ".clj", ".cljs", ".el", ".lisp"}
)
_WORD = re.compile(r"\w+")
_HEADINGS = frozenset({".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc"})
_BARE_DOTS = re.compile(rf"\s*{_DOTS}\s*")
_PROSE_LEADERS = ("[", "(", ".. ", "*(", "*[", "_(", "{/*", "<!--")


def problem(rewrite: Rewrite) -> str | None:
    """Say where a remark is in the place of lost lines; ``None`` if it is nowhere.

    A remark that the file already has, or one above a line that was only changed, hides nothing.
    """
    known = {line.strip() for line in rewrite.old}
    for gap in rewrite.gaps:
        if _stands_for(rewrite, gap) and not set(gap.new) & known:
            return f"Near line {gap.at} of the answer, a comment replaces lines of the file."
        remarks = [
            line for line in gap.new if line.strip() not in known and is_placeholder(rewrite, line)
        ]
        if not remarks or any(is_placeholder(rewrite, line) for line in gap.old):
            continue
        if _code(rewrite, gap.old) > len(gap.new) - len(remarks):
            return f"Near line {gap.at} of the answer, a remark replaces lines of the file."
    return None


def _stands_for(rewrite: Rewrite, gap: Gap) -> bool:
    """Whether a comment alone is in the place of several lines of code."""
    fewer = len(gap.old) > len(gap.new) > 0
    if rewrite.suffix in _HEADINGS or not fewer or not all(map(_is_said, gap.new)):
        return False
    # A comment much like a lost line is that line, edited or commented out.
    edited = any(is_alike(old, new) for new in gap.new for old in gap.old)
    return not edited and _code(rewrite, gap.old) >= max(_FEWEST, len(gap.new) + 1)


def _is_said(line: str) -> bool:
    """Whether a line is a comment of words, not of code."""
    found = _COMMENT.fullmatch(line)
    return bool(found and _WORD.search(found["said"])) and not line.endswith(_CODE_ENDS)


def _code(rewrite: Rewrite, lines: Sequence[str]) -> int:
    """How many lines are more than a comment."""
    if rewrite.suffix in _HEADINGS:
        return len(lines)
    return sum(_COMMENT.match(line) is None for line in lines)


def is_placeholder(rewrite: Rewrite, line: str) -> bool:
    """Whether a line, or the comment or the text at its end, stands in for others."""
    if len(line) > _CLIP:
        return False
    if _BARE_DOTS.fullmatch(line):
        return not rewrite.dots_are_syntax
    remark = ""
    if rewrite.is_prose:
        # Headings, list items and quotes are sentences here.
        remark = line if line.lstrip().startswith(_PROSE_LEADERS) else ""
    elif rewrite.suffix not in _BRACKETS_ARE_SYNTAX and _ALONE.fullmatch(line):
        remark = line
    elif _LEADER.match(line):
        # Dots in the middle of a block comment most likely belong to an example.
        remark = "" if line.strip(" \t*") in {"...", "…"} and "*" in line[:9] else line
    elif (found := _TRAILING.search(line)) is not None:
        remark = found.group()
    elif (found := _QUOTED.fullmatch(line)) is not None:
        remark = found[1].replace("...", "")
    said = len(_LEFT_OUT.findall(remark))
    return bool(said) and len(_WORD.findall(remark)) <= _MOST_WORDS * said
