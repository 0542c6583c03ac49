"""What models change on lines that they were to leave alone, put back.

A line counts as left alone when its old and its new form differ only in what models write
differently by habit: quotes, dashes and blanks that look alike, composed and decomposed letters,
variation selectors, HTML entities, escapes, and tabs for spaces.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from predict_edit.edit import line_pairs

LOOK_ALIKES, ESCAPES, INDENTATION = "look-alike characters", "escapes", "tabs or spaces"
"""Kinds of what is put back."""

_MAX_LINE = 10_000
_MANY = 3
"""Lines with doubled backslashes from which those of other lines are halved too."""
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-"),
        "\u00d7": "x",
        **dict.fromkeys("\ufe0e\ufe0f\u00ad\u200b\u200c\u200d\u2060", None),
    }
)
_SPACED_QUOTE = re.compile("\u00ab\\s*|\\s*\u00bb")
_BLANK_RUN = re.compile(r"[ \t]+")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_BACKSLASHES = re.compile(r"\\{2,}")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#\d+);|[<>]")
_BLANKS = " \t"


def restore(original: str, text: str) -> tuple[str, Counter[str]]:
    """Give lines that only look different their old form.

    Lines are cut at line feeds; line ends and trailing blanks stay as ``text`` has them.

    Returns:
        The text, and how many lines were put back for each kind.
    """
    old, new = original.split("\n"), text.split("\n")
    known = set(old)
    restored: Counter[str] = Counter()
    fresh = [line for line in new if line not in known]
    if not fresh:
        return text, restored
    normal = {line: _normal(line) for line in known.union(fresh)}
    forms: dict[str, str] = {}
    several = {normal[line] for line in known if forms.setdefault(normal[line], line) != line}
    if forms.keys().isdisjoint(map(normal.__getitem__, fresh)) and (
        not several or several.isdisjoint(map(normal.__getitem__, new))
    ):
        # No line has a form that it did not have, as after nearly every edit.
        return text, restored
    pairs = line_pairs.pair([normal[line] for line in old], [normal[line] for line in new])
    uniform = _uniform(old, new, pairs)
    indents: dict[str, str] = {}
    doubled = 0
    for at, there in enumerate(pairs):
        if there is None or old[there] == new[at]:
            continue
        if not old[there].strip() or old[there].rstrip() == new[at].rstrip():
            continue
        before, after = old[there], new[at]
        if _swapped(_indent(before), _indent(after)):
            indents[_indent(after)] = _indent(before)
            restored[INDENTATION] += 1
            after = _indent(before) + after.lstrip(_BLANKS)
        if kind := _kind(before.strip(), after.strip(), uniform):
            restored[kind] += 1
            doubled += after.strip() == before.strip().replace("\\", "\\\\")
            after = _indent(after) + before.strip() + after[len(after.rstrip()) :]
        new[at] = after
    changed = [at for at, there in enumerate(pairs) if there is None]
    _follow(new, changed, indents, halve=doubled >= _MANY and "\\" in uniform)
    return "\n".join(new), restored


def _follow(
    lines: list[str], changed: Sequence[int], indents: Mapping[str, str], *, halve: bool
) -> None:
    """Give lines with other changes the file's own indentation and backslashes as well."""
    for at in changed:
        if halve:
            lines[at] = lines[at].replace("\\\\", "\\")
        given = _indent(lines[at])
        unit = min(indents, key=len, default="")
        own = indents.get(given)
        if own is None and unit and given == unit * (len(given) // len(unit)):
            own = indents[unit] * (len(given) // len(unit))
        if own is not None:
            lines[at] = own + lines[at].lstrip(_BLANKS)


def _normal(line: str) -> str:
    """What is left of a line without everything that models change by habit."""
    line = line.strip()
    if len(line) > _MAX_LINE:
        return line
    if not line.isascii() or "&" in line or "\\" in line:
        line = _looks(_unescaped(line))
    return _BLANK_RUN.sub(" ", line) if "  " in line or "\t" in line else line


def _unescaped(line: str) -> str:
    if "&" in line:
        line = html.unescape(line)
    if "\\" in line:
        line = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), line)
        # Characters beyond the first 65,536 are two escapes.
        line = line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        line = _BACKSLASHES.sub(r"\\", line)
    return line


def _looks(line: str) -> str:
    if line.isascii():
        return line
    return unicodedata.normalize("NFKC", _SPACED_QUOTE.sub('"', line).translate(_ALIKE))


def _kind(before: str, after: str, uniform: frozenset[str]) -> str | None:
    """What two bodies with the same normal form differ in; ``None`` if that may be meant."""
    if _BLANK_RUN.sub(" ", before) == _BLANK_RUN.sub(" ", after):
        return INDENTATION if ("\t" in before) != ("\t" in after) else None
    if _looks(before) == _looks(after):
        return LOOK_ALIKES
    if html.unescape(before) == html.unescape(after):
        return ESCAPES if "&" in uniform else None
    if _UNICODE_ESCAPE.search(before) or _UNICODE_ESCAPE.search(after):
        return ESCAPES
    return ESCAPES if "\\" in uniform and "\\" in before + after else None


def _uniform(old: Sequence[str], new: Sequence[str], pairs: Sequence[int | None]) -> frozenset[str]:
    """The escapes that changed on every line that has them; on one of several they are meant."""
    kept = "\n".join(
        new[at] for at, there in enumerate(pairs) if there is not None and old[there] == new[at]
    )
    found = set()
    if not _ENTITY.search(kept):
        found.add("&")
    if "\\" not in kept:
        found.add("\\")
    return frozenset(found)


def _swapped(before: str, after: str) -> bool:
    """Whether tabs became spaces, or spaces tabs."""
    return bool(before and after) and ("\t" in before) != ("\t" in after)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(_BLANKS))]
