r"""Findings in lines of text: GitHub's workflow commands, and ``path:line:column: message``.

Workflow commands are those of GitHub's "Workflow commands for GitHub Actions". Other lines, such
as headings and totals, are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from predict_edit.findings.reported_finding import ReportedFinding

MAX_LINE: Final = 20_000
"""Characters of a line; linters do not write longer ones."""

_COMMAND: Final = re.compile(
    r"::(?P<level>error|warning|notice)(?:\s+(?P<fields>.*))?", re.IGNORECASE
)
_PLAIN: Final = re.compile(
    r"(?P<path>(?:[A-Za-z]:[\\/])?[^:\s][^:]*):(?P<line>[0-9]{1,9})"
    r"(?::(?P<column>[0-9]{1,9}))?(?:-[0-9:]{1,20})?:\s+(?P<text>\S.*)"
)
_LEVEL: Final = re.compile(r"(?P<level>fatal error|error|warning|note|info)\s*:\s*", re.IGNORECASE)
_RULE_BEFORE: Final = re.compile(
    r"(?P<open>\[)?(?P<rule>[A-Z]{1,8}-?[0-9]{1,6})(?(open)\]|:?)\s+(?:\[\*\]\s+)?"
)
_RULE_AFTER: Final = re.compile(r"[\[(](?P<rule>-?[A-Za-z][\w@/.=+-]{1,60})[\])]$")
_RULE_IN_TITLE: Final = re.compile(r"\((?P<rule>[\w@/.-]{1,60})\)$")


def read(lines: Iterable[str]) -> Iterator[ReportedFinding]:
    """Return the findings of a text, line by line."""
    for line in lines:
        if len(line) <= MAX_LINE and (found := _command(line) or _plain(line)):
            yield found


def _command(line: str) -> ReportedFinding | None:
    """Return a workflow command that names a file."""
    head, end, text = line.strip().removeprefix("::").partition("::")
    match = _COMMAND.fullmatch(f"::{head}")
    if match is None or not end or not line.lstrip().startswith("::"):
        return None
    fields = {
        name.strip().lower(): _unescaped(value)
        for name, _, value in (part.partition("=") for part in (match["fields"] or "").split(","))
    }
    if not fields.get("file"):
        return None
    title = fields.get("title", "")
    rule = _RULE_IN_TITLE.search(title.rstrip())
    return ReportedFinding(
        path=fields["file"],
        line=_number(fields.get("line")),
        end_line=_number(fields.get("endline")),
        column=_number(fields.get("col")),
        rule=rule["rule"] if rule else title,
        message=_unescaped(text),
        level=match["level"].lower(),
    )


def _plain(line: str) -> ReportedFinding | None:
    """``path:line:column: message``, as compilers and most linters print it."""
    match = _PLAIN.fullmatch(line.strip())
    if match is None or "://" in match["path"] or match["path"].isdecimal():
        return None
    text, level, rule = match["text"], "warning", ""
    if found := _LEVEL.match(text):
        level, text = found["level"].split()[-1], text[found.end() :]
    if found := _RULE_BEFORE.match(text):
        rule, text = found["rule"], text[found.end() :]
    elif found := _RULE_AFTER.search(text):
        rule, text = found["rule"], text[: found.start()].rstrip()
    return ReportedFinding(
        path=match["path"],
        line=_number(match["line"]),
        column=_number(match["column"]),
        rule=rule,
        message=text,
        level=level,
    )


def _number(text: str | None) -> int | None:
    """Read a number; ``None`` if there is none."""
    digits = (text or "").strip()
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else None


def _unescaped(text: str) -> str:
    """Take GitHub's escapes back; the percent sign comes last, as it was escaped first."""
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text
