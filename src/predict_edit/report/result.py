"""``result.json``: a run for programs. Its shape is part of the contract, version 1."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from predict_edit.domain.edits import (
    Answer,
    ChangePlan,
    Effort,
    Placement,
    PlacementKind,
    PredictionState,
    Usage,
)
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport, ThreadStatus

Count = Annotated[int, Field(ge=0)]
_CONFIG = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Part(BaseModel):
    model_config = _CONFIG


class UsagePart(_Part):
    """Tokens as the provider reported them; null where it did not, never 0 instead."""

    prompt_tokens: Count | None
    cached_tokens: Count | None = Field(description="Part of prompt_tokens.")
    cache_write_tokens: Count | None = Field(
        default=None, description="Part of prompt_tokens; some models bill it above their price."
    )
    completion_tokens: Count | None
    accepted_prediction_tokens: Count | None
    rejected_prediction_tokens: Count | None = Field(description="Part of completion_tokens.")
    reasoning_tokens: Count | None = Field(
        default=None, description="Part of completion_tokens; thought, and not in the answer."
    )


@dataclass(slots=True, kw_only=True, config=_CONFIG)
class HunksPart:
    """How many changed hunks of a file ended where."""

    inline: Count
    patch: Count
    rejected: Count


class PlacementPart(_Part):
    """What became of one changed hunk."""

    start: Annotated[int, Field(ge=1)] = Field(
        description="First line at the head: of the suggestion, else of the replaced lines. "
        "A pure insertion\nnames the line that it follows, 1 at the top of the file."
    )
    end: Annotated[int, Field(ge=1)] = Field(description="Last line at the head.")
    kind: PlacementKind
    reason: str = Field(description="Why it is not inline; empty for an inline one.")


@dataclass(slots=True, kw_only=True, config=_CONFIG)
class FilePart:
    """One file of the run."""

    # Not a model: it would take four times the memory, and a run may have 3,000 files.

    path: str
    status: FileStatus
    reason: Annotated[str, Field(description="Why it was skipped or failed; empty otherwise.")]
    prediction: PredictionState
    attempts: Annotated[Count, Field(description="How often the model was asked.")]
    seconds: Annotated[float, Field(ge=0)]
    hunks: HunksPart
    placements: tuple[PlacementPart, ...]
    usage: Annotated[
        UsagePart | None, Field(description="Over all attempts; null where nothing was reported.")
    ]
    answer: Annotated[
        Answer | None,
        Field(description="Whole file, exact edits or pieces; null if the model was not asked."),
    ] = None
    restored: Annotated[
        dict[str, Count],
        Field(description="Lines of the answer that were put back as they were, by kind."),
    ] = dataclasses.field(default_factory=dict)
    removed_lines: Annotated[
        Count,
        Field(description="How many more lines the edit takes away than it puts in their place."),
    ] = 0


class ThreadPart(_Part):
    """One open review thread that the command `address` found."""

    path: str
    line: Annotated[int, Field(ge=1)] | None = Field(
        description="Last line at the head; null if it is about the whole file or outdated."
    )
    url: str
    status: ThreadStatus = Field(
        description="`unclear`: the file was edited, but not at these lines."
    )
    reason: str = Field(description="Why it is skipped, failed or unclear; empty otherwise.")


class PlannedPart(_Part):
    """What the plan says about one file."""

    path: str
    instruction: str


class NamePart(_Part):
    """One name that several files have to change alike."""

    old: str
    new: str
    files: tuple[str, ...] = Field(description="Paths of the files that were edited for it.")
    remaining: tuple[str, ...] = Field(description="Paths of the files that have the old name.")


class PlanPart(_Part):
    """What the model said, before any file was edited, that the instruction needs."""

    left: tuple[str, ...] = Field(description="Paths of the files that need no change.")
    files: tuple[PlannedPart, ...]
    names: tuple[NamePart, ...]
    problem: str = Field(description="Why the plan could not be used; empty otherwise.")
    usage: UsagePart | None = Field(description="Part of the usage of the run.")


class ResultFile(_Part):
    """The result of one run of predict-edit."""

    version: Literal[1] = 1
    outcome: Outcome
    head: str = Field(
        description="Commit that was edited; empty where the run did not get that far."
    )
    base: str
    instruction: str
    model: str
    files: tuple[FilePart, ...]
    usage: UsagePart
    cost_usd: Annotated[float, Field(ge=0)] | None = Field(
        description="Estimate in US dollars; null where a price is not known."
    )
    threads: tuple[ThreadPart, ...] = ()
    plan: PlanPart | None = Field(default=None, description="Null if no plan was made.")


def to_result(report: RunReport) -> ResultFile:
    """Turn a run into what ``result.json`` holds."""
    return ResultFile(
        outcome=report.outcome,
        head=report.head,
        base=report.base,
        instruction=_unicode(report.job.instruction) if report.job else "",
        model=_unicode(report.model),
        files=tuple(_file(result) for result in report.files),
        usage=_usage(report.usage),
        cost_usd=None if report.cost is None else float(report.cost),
        threads=tuple(
            ThreadPart(
                path=_unicode(each.thread.path),
                line=each.thread.line,
                url=each.thread.url,
                status=each.status,
                reason=_unicode(each.reason),
            )
            for each in report.threads
        ),
        plan=_plan(report.plan) if report.plan else None,
    )


def result_json(report: RunReport) -> str:
    """Write ``result.json``: indented, characters beyond ASCII as they are."""
    return to_result(report).model_dump_json(indent=2) + "\n"


def result_schema() -> dict[str, Any]:
    """Describe ``result.json`` as JSON Schema 2020-12; ``schema/result.schema.json`` holds it."""
    schema = ResultFile.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _file(result: FileResult) -> FilePart:
    effort, placed = result.effort or Effort(), result.placed
    return FilePart(
        path=_unicode(result.path),
        status=result.status,
        reason=_unicode(result.reason),
        prediction=effort.prediction,
        attempts=effort.attempts,
        seconds=round(effort.seconds, 3),
        hunks=HunksPart(**{kind: placed.count(kind) if placed else 0 for kind in PlacementKind}),
        placements=tuple(map(_placement, placed.placements)) if placed else (),
        usage=_usage(effort.usage) if effort.usage else None,
        answer=effort.answer,
        restored=dict(effort.restored),
        removed_lines=placed.removed_lines if placed else 0,
    )


def _plan(plan: ChangePlan) -> PlanPart:
    return PlanPart(
        left=tuple(map(_unicode, plan.left)),
        files=tuple(
            PlannedPart(path=_unicode(path), instruction=hint) for path, hint in plan.hints
        ),
        names=tuple(
            NamePart(
                old=name.old,
                new=name.new,
                files=tuple(map(_unicode, name.files)),
                remaining=tuple(map(_unicode, name.remaining)),
            )
            for name in plan.names
        ),
        problem=_unicode(plan.problem),
        usage=_usage(plan.effort.usage) if plan.effort.usage else None,
    )


def _placement(placement: Placement) -> PlacementPart:
    start, end = placement.lines
    return PlacementPart(
        start=start, end=end, kind=placement.kind, reason=_unicode(placement.reason)
    )


def _usage(usage: Usage) -> UsagePart:
    return UsagePart(**dataclasses.asdict(usage))


def _unicode(value: str) -> str:
    """Replace lone surrogates, which JSON from outside can hold and UTF-8 cannot."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
