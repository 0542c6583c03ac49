"""Reports of linters: the formats that can be read, and the reader of each."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import pydantic
import pydantic_core

from predict_edit.domain.edits import Dropped, FindingsReport
from predict_edit.domain.errors import FindingsError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.run_report import OUTPUT_FOLDER
from predict_edit.findings import linter_json, sarif, text_lines
from predict_edit.findings.code_scanning import read_alerts
from predict_edit.findings.collection import Findings, collect
from predict_edit.findings.reported_finding import ReportedFinding, Roots, located
from predict_edit.findings.workspace import MAX_BYTES, Workspace
from predict_edit.support.validation import first_problem

CODE_SCANNING: Final = "code-scanning"
"""Among the globs of `findings`: the repository's open code scanning alerts. A file of that name is
``/code-scanning``."""
_HEADLINES: Final = 5
"""Lines with which a linter may say that it found nothing."""
_MAX_WANTED: Final = 1_000_000
"""Findings of one report that are looked at."""
_JSON: Final = re.compile(rb"\{|\[\s*[\[\]{]")
"""How JSON begins, and a line such as ``[lint] done`` does not."""
_Reader = Callable[[Any], Iterable[ReportedFinding | Dropped]]


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """One way in which a linter writes JSON."""

    name: str
    key: str
    """A key that only this format has: in the object, or in the first object of the list."""
    read: _Reader
    in_list: bool = True


FORMATS: Final = (
    Format("SARIF 2.1.0", "runs", sarif.read, in_list=False),
    Format("the JSON of ESLint", "filePath", linter_json.read_eslint),
    Format("the JSON of ruff", "filename", linter_json.read_ruff),
    Format("the JSON of pylint", "message-id", linter_json.read_pylint),
    Format("the JSON of pylint", "messageId", linter_json.read_pylint),
    Format("the JSON of pylint", "messages", linter_json.read_pylint, in_list=False),
)
_NEXT: Final = (
    f"Check the step that writes it: {', '.join(dict.fromkeys(f.name for f in FORMATS))}, GitHub's "
    "workflow commands and lines `path:line:column: message` can be read."
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reports(Workspace):
    """The workspace with the reports of linters."""

    async def findings(self, host: GitHost, globs: Sequence[str], *, ref: str) -> Findings:
        """Read all findings that ``globs`` name; alerts are those of the git reference ``ref``.

        Raises:
            FindingsError: a report is missing or cannot be read.
            ForgeError: the alerts could not be read.
        """
        files = tuple(glob for glob in globs if glob != CODE_SCANNING)
        reports = await asyncio.to_thread(read_reports, self, files) if files else ()
        alerts = (read_alerts(await host.open_alerts(ref)),) if CODE_SCANNING in globs else ()
        return await asyncio.to_thread(collect, (*reports, *alerts))


def read_reports(workspace: Workspace, globs: Sequence[str]) -> tuple[FindingsReport, ...]:
    """Read all reports that match.

    Raises:
        FindingsError: no report matches, one cannot be read, or there are too many.
    """
    found = workspace.read(globs, "findings", FindingsError, without={OUTPUT_FOLDER})
    if not found:
        raise FindingsError(
            f"No file in the workspace matches `findings` ({', '.join(globs)}).",
            "Let an earlier step of the job write the report into the workspace; a linter that "
            "finds nothing still has to write its empty report.",
        )
    return tuple(parse_report(path, data, workspace.roots) for path, data in found.items())


def parse_report(name: str, data: bytes, roots: Roots) -> FindingsReport:
    """Read a report, whose format is recognised by its content.

    ``name`` is what messages call it.

    Raises:
        FindingsError: it cannot be read; names file and place.
    """
    if len(data) > MAX_BYTES:
        raise FindingsError(
            f"The report `{name}` is larger than {MAX_BYTES // 2**20} MiB.",
            "Let the linter report less, or split the report.",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = _recoded(name, data)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _JSON.match(start):
        return _parse_json(name, start, roots)
    if start and name.endswith(".sarif"):
        # Such as what a linter printed when it broke; read as lines, it would hold no finding.
        raise _broken(name, "it is not JSON")
    return _parse_text(name, start, roots)


def _recoded(name: str, data: bytes) -> bytes:
    """UTF-16 with a mark, as Windows' shells write it, as UTF-8."""
    try:
        return data.decode("utf-16").encode("utf-8", "replace")
    except UnicodeDecodeError:
        raise _broken(name, "it is not text") from None


def _parse_json(name: str, data: bytes, roots: Roots) -> FindingsReport:
    try:
        found = pydantic_core.from_json(data, cache_strings="keys")
    except ValueError as error:
        raise _broken(name, f"it is not JSON ({_shown(error)})") from None
    reader = _reader_for(found)
    if reader is None:
        raise _broken(name, "its JSON is not of a known format")
    try:
        raw = tuple(itertools.islice(reader(found), _MAX_WANTED))
    except pydantic.ValidationError as error:
        place, _, why = first_problem(error)
        raise _broken(name, f"at {place or 'the top'}: {why[:1].lower()}{why[1:]}") from None
    return FindingsReport(findings=tuple(located(raw, roots)))


def _reader_for(found: Any) -> _Reader | None:
    """Recognise a format by what only it has; most linters write an empty list if all is well."""
    if found == []:
        return lambda _: ()
    in_list = isinstance(found, list)
    first = found[0] if in_list else found
    if not isinstance(first, dict):
        return None
    return next((f.read for f in FORMATS if f.in_list is in_list and f.key in first), None)


def _parse_text(name: str, data: bytes, roots: Roots) -> FindingsReport:
    if b"\0" in data:
        raise _broken(name, "it is not text")
    lines = data.decode("utf-8", "replace").splitlines()
    findings = tuple(located(text_lines.read(lines), roots))
    written = sum(1 for line in lines if line.strip())
    if not findings and written > _HEADLINES:
        return FindingsReport(
            notes=(f"No finding was recognised in the {written:,} lines of `{name}`.",)
        )
    return FindingsReport(findings=findings)


def _shown(error: ValueError) -> str:
    """Return the parser's own words, which name line and column and nothing of the content."""
    return str(error).splitlines()[0][:120]


def _broken(name: str, reason: str) -> FindingsError:
    return FindingsError(f"The report `{name}` cannot be read: {reason}.", _NEXT)
