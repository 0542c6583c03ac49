"""SARIF 2.1.0: the fields that are read, and what they mean.

Numbers in comments are sections of OASIS, "Static Analysis Results Interchange Format (SARIF)
Version 2.1.0".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import pydantic

from predict_edit.domain.edits import Dropped
from predict_edit.findings.reported_finding import MAX_MESSAGE, MAX_PATH, ReportedFinding
from predict_edit.support.validation import Validated, inside

SUPPRESSED: Final = "it is suppressed in the report"
NOT_FAILED: Final = "the report does not call it a failure"
GONE: Final = "the report calls it absent"
NO_PLACE: Final = "it has no place in a file"

_DEPTH: Final = 8
"""How often the base of an address may itself be relative to another base."""
_LONGEST_ADDRESS: Final = 3 * MAX_PATH + 1
"""Characters after which even a path of nothing but escapes is too long."""
_PLACEHOLDER: Final = re.compile(r"\{([0-9]{1,3})\}|\{\{|\}\}")
_T = TypeVar("_T")


class _Message(Validated):
    text: str | None = None
    markdown: str | None = None
    id: str | None = None
    arguments: list[str] = pydantic.Field(default_factory=list)


class _Address(Validated):
    uri: str | None = None
    base: str | None = inside("uriBaseId", default=None)
    index: int = -1


class _Location(Validated):
    address: _Address | None = inside("physicalLocation", "artifactLocation", default=None)
    start_line: int | None = inside("physicalLocation", "region", "startLine", default=None)
    end_line: int | None = inside("physicalLocation", "region", "endLine", default=None)
    start_column: int | None = inside("physicalLocation", "region", "startColumn", default=None)


class _RuleRef(Validated):
    id: str | None = None
    index: int = -1
    component: int = inside("toolComponent", "index", default=-1)


class _Suppression(Validated):
    status: str | None = None


class _Result(Validated):
    rule_id: str | None = inside("ruleId", default=None)
    rule_index: int = inside("ruleIndex", default=-1)
    rule: _RuleRef | None = None
    kind: str = "fail"
    level: str | None = None
    message: _Message | None = None
    locations: list[_Location] | None = None
    baseline: str | None = inside("baselineState", default=None)
    suppressions: list[_Suppression] | None = None


class _Rule(Validated):
    id: str = ""
    texts: dict[str, _Message] = inside("messageStrings", default={})
    level: str | None = inside("defaultConfiguration", "level", default=None)


class _Component(Validated):
    name: str = ""
    rules: list[_Rule] | None = None


class _Artifact(Validated):
    location: _Address | None = None


class _Run(Validated):
    driver: _Component = inside("tool", "driver")
    extensions: list[_Component] | None = inside("tool", "extensions", default=None)
    results: list[_Result] | None = None
    artifacts: list[_Artifact] | None = None
    bases: dict[str, _Address] | None = inside("originalUriBaseIds", default=None)


class _Log(Validated):
    runs: list[_Run] | None


def read(found: Any) -> Iterator[ReportedFinding | Dropped]:
    """Read the results of all runs that are failures at a place in a file."""
    log = _Log.model_validate(found)
    for run in log.runs or ():
        for result in run.results or ():
            yield _finding(run, result)


def _finding(run: _Run, result: _Result) -> ReportedFinding | Dropped:
    """Read one result, by its first location."""
    if reason := _set_aside(result):
        return Dropped(reason)
    location = next((one for one in result.locations or () if one.address), _Location())
    uri = _address(run, location.address) if location.address else None
    if uri is None:
        return Dropped(NO_PLACE)
    rule = _rule(run, result)
    level = result.level or (rule.level if rule else None)
    return ReportedFinding(
        path=uri,
        is_address=True,
        line=location.start_line,
        end_line=location.end_line,
        column=location.start_column,
        rule=result.rule_id or (result.rule and result.rule.id) or (rule.id if rule else ""),
        message=_text(result.message, rule),
        tool=run.driver.name,
        level=level or "warning",
    )


def _set_aside(result: _Result) -> str:
    """Say why a result does not ask for a change; empty if it does."""
    if result.kind.casefold() != "fail":
        return NOT_FAILED
    if result.baseline == "absent":
        return GONE
    # A suppression without a status counts as accepted (3.35.3).
    accepted = any(one.status in {None, "accepted"} for one in result.suppressions or ())
    return SUPPRESSED if accepted else ""


def _address(run: _Run, address: _Address) -> str | None:
    """Return the address of a file, with the bases it is relative to (3.4 and 3.14.14).

    A base without an address of its own, such as ``%SRCROOT%``, is the repository's root.
    """
    if address.uri is None:
        artifact = _at(run.artifacts, address.index)
        if artifact is None or artifact.location is None or artifact.location.uri is None:
            return None
        address = artifact.location
    uri, base = address.uri or "", address.base
    for _ in range(_DEPTH):
        if base is None or ":" in uri.partition("/")[0] or uri.startswith("/"):
            break
        # Every result may name the same long base, so what is too long for a path grows no more.
        if len(uri) >= _LONGEST_ADDRESS:
            break
        found = (run.bases or {}).get(base)
        if found is None:
            break
        prefix = (found.uri or "")[:_LONGEST_ADDRESS]
        uri = f"{prefix}{'' if not prefix or prefix.endswith('/') else '/'}{uri}"
        base = found.base
    return uri[:_LONGEST_ADDRESS]


def _rule(run: _Run, result: _Result) -> _Rule | None:
    """Find the rule that a result is about, if the report describes it."""
    reference = result.rule or _RuleRef()
    in_extension = reference.component >= 0
    component = _at(run.extensions, reference.component) if in_extension else run.driver
    if component is None:
        return None
    index = reference.index if reference.index >= 0 else result.rule_index
    found = _at(component.rules, index)
    wanted = result.rule_id or reference.id
    if found is None or (wanted and not wanted.startswith(found.id)):
        return None
    return found


def _text(message: _Message | None, rule: _Rule | None) -> str:
    """What a result says: its own words, or the rule's with the arguments in them (3.11)."""
    if message is None:
        return ""
    words = message
    if message.text is None and message.markdown is None and message.id and rule:
        words = rule.texts.get(message.id, message)
    return _filled(words.text or words.markdown or "", message.arguments)


def _filled(text: str, arguments: Sequence[str]) -> str:
    """Return a text with its placeholders replaced.

    Both are cut to what is ever shown: a few placeholders and a long argument fill any memory.
    """
    if not arguments:
        return text
    text = text[:MAX_MESSAGE]

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        found = _at(arguments, int(match[1]))
        return match[0] if found is None else found[:MAX_MESSAGE]

    return _PLACEHOLDER.sub(value, text)


def _at(items: Sequence[_T] | None, index: int) -> _T | None:
    """Take the item of that number, or ``None``."""
    return items[index] if items is not None and 0 <= index < len(items) else None
