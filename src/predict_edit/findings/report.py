"""One report of a linter, in whatever of the known formats it is written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pydantic
import pydantic_core

from predict_edit.domain import Dropped, Finding, FindingsReport
from predict_edit.domain.errors import FindingsError
from predict_edit.findings import linters, sarif, text
from predict_edit.findings.paths import Roots
from predict_edit.findings.raw import RawFinding

MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger report is refused: GitHub takes no larger SARIF file either."""
_HEADLINES: Final = 5
"""Lines with which a linter may say that it found nothing."""
_MAX_WANTED: Final = 1_000_000
"""Findings of one report that are looked at."""
_NEXT: Final = (
    "Check the step that writes it: SARIF 2.1.0, the JSON of ruff, ESLint or pylint, GitHub's "
    "workflow commands and lines `path:line:column: message` can be read."
)

_Reader = Callable[[Any, Roots], Iterable[RawFinding | Finding | Dropped]]
_OBJECTS: Final[Mapping[str, _Reader]] = {"runs": sarif.read, "messages": linters.read_pylint_2}
_LISTS: Final[Mapping[str, _Reader]] = {
    "filePath": linters.read_eslint,
    "filename": linters.read_ruff,
    "message-id": linters.read_pylint,
    "messageId": linters.read_pylint,
}


def parse_report(name: str, data: bytes, roots: Roots) -> FindingsReport:
    """Read a report; the format is told by its content.

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
    if start.startswith((b"{", b"[{", b"[]")) or (start[:1] == b"[" and _is_array(start)):
        return _parse_json(name, start, roots)
    return _parse_text(name, start, roots)


def _recoded(name: str, data: bytes) -> bytes:
    """UTF-16 with a mark, as Windows' shells write it, as UTF-8."""
    try:
        return data.decode("utf-16").encode("utf-8", "replace")
    except UnicodeDecodeError:
        raise _broken(name, "it is no text") from None


def _is_array(start: bytes) -> bool:
    """Whether what begins with a bracket is JSON, and not a line such as ``[lint] done``."""
    return start[1:].lstrip()[:1] in {b"{", b"]", b"["}


def _parse_json(name: str, data: bytes, roots: Roots) -> FindingsReport:
    try:
        found = pydantic_core.from_json(data, cache_strings="keys")
    except ValueError as error:
        raise _broken(name, f"it is no JSON ({_shown(error)})") from None
    reader = _reader_for(found)
    if reader is None:
        raise _broken(name, "its JSON is none of the known formats")
    try:
        raw = tuple(itertools.islice(reader(found, roots), _MAX_WANTED))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the top"
        raise _broken(name, f"at {place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    return FindingsReport(findings=tuple(_located(raw, roots)))


def _reader_for(found: Any) -> _Reader | None:
    """The reader for some JSON, told by what only that format has."""
    if isinstance(found, dict):
        return next((reader for key, reader in _OBJECTS.items() if key in found), None)
    if found == []:
        return _read_nothing
    first = found[0] if isinstance(found, list) else None
    if not isinstance(first, dict):
        return None
    return next((reader for key, reader in _LISTS.items() if key in first), None)


def _read_nothing(_found: Any, _roots: Roots) -> Iterable[RawFinding]:
    """An empty list is what most linters write where all is well."""
    return ()


def _parse_text(name: str, data: bytes, roots: Roots) -> FindingsReport:
    if b"\0" in data:
        raise _broken(name, "it is no text")
    lines = data.decode("utf-8", "replace").splitlines()
    findings = tuple(_located(text.read(lines), roots))
    written = sum(1 for line in lines if line.strip())
    if not findings and written > _HEADLINES:
        return FindingsReport(
            notes=(f"No finding was recognised in the {written:,} lines of `{name}`.",)
        )
    return FindingsReport(findings=findings)


def _located(
    raw: Iterable[RawFinding | Finding | Dropped], roots: Roots
) -> Iterator[Finding | Dropped]:
    """Findings at paths of the repository."""
    known: dict[str, str | Dropped] = {}
    for found in raw:
        if not isinstance(found, RawFinding):
            yield found
            continue
        if found.path not in known:
            known[found.path] = roots.relative(found.path)
        path = known[found.path]
        yield path if isinstance(path, Dropped) else found.at(path)


def _shown(error: ValueError) -> str:
    """The parser's own words, which name line and column and nothing of the content."""
    return str(error).splitlines()[0][:120]


def _broken(name: str, reason: str) -> FindingsError:
    return FindingsError(f"The report `{name}` cannot be read: {reason}.", _NEXT)
