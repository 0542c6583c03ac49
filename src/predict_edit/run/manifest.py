"""What the jobs of one spread run hand to each other, as files in artifacts.

The plan says which job edits what, and pins the commit; a result holds one job's edited files.
Both are checked on entry as everything from outside: a result is used only for the plan it names
and for the files that the plan gave it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

import pydantic

from predict_edit.domain import ChangedFile, Effort, FileStatus, Finding, SkippedFile
from predict_edit.domain.errors import SpreadError
from predict_edit.findings import Findings
from predict_edit.support.log import log

PLAN: Final = "plan.json"
_AGAIN: Final = "Download the artifacts of this run's own plan and edit jobs, and nothing older."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of the plan."""

    path: str
    blob_sha: str
    findings: tuple[Finding, ...] = ()
    change: ChangedFile | None = None
    """How the pull request changes it; ``None`` where there is none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPull:
    """The pull request that a command is about."""

    number: int
    command: str
    """The name of the command."""
    base: str
    """The commit of its base branch."""
    order: tuple[str, ...] = ()
    """The paths of all planned files, in GitHub's order."""
    skipped: tuple[SkippedFile, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShard:
    """What one job is to do."""

    files: tuple[PlannedFile, ...]
    max_tokens: int | None = None
    max_cost: Decimal | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The whole plan."""

    kind: Literal["plan"] = "plan"
    version: Literal[1] = 1
    key: str
    """The name of this plan."""
    repository: str
    ref: str
    commit: str
    said: str
    """The instruction, or ``run NAME``."""
    about_findings: bool
    shards: tuple[PlannedShard, ...]
    known: tuple[PlannedFile, ...] = ()
    """Files that earlier runs have answered for: in no shard, and part of the delivery."""
    notes: tuple[str, ...] = ()
    pull: PlannedPull | None = None
    """``None`` for a run over a branch."""

    @property
    def files(self) -> tuple[PlannedFile, ...]:
        """All files, those of the shards first."""
        return (*(file for shard in self.shards for file in shard.files), *self.known)

    @property
    def findings(self) -> Findings | None:
        """The findings of all files; ``None`` where the run is not about findings."""
        if not self.about_findings:
            return None
        files = {file.path: file.findings for file in self.files}
        return Findings(by_path=MappingProxyType(files))

    @property
    def names(self) -> tuple[str, ...]:
        """The shards as the matrix names them: ``1/8`` and so on."""
        return tuple(f"{n}/{len(self.shards)}" for n in range(1, len(self.shards) + 1))

    def shard(self, name: str) -> tuple[int, PlannedShard]:
        """One shard by its name, or by its number alone.

        Raises:
            SpreadError: the plan has no such shard.
        """
        number, _, total = name.partition("/")
        wanted = int(number)
        if not 1 <= wanted <= len(self.shards) or (total and int(total) != len(self.shards)):
            raise SpreadError(
                f"The input `shard` is `{name}`, and the plan has {len(self.shards)} shards.",
                "Take the matrix from the output `shards` of the plan's job.",
            )
        return wanted, self.shards[wanted - 1]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DoneFile:
    """One file as a job left it."""

    path: str
    blob_sha: str
    status: FileStatus
    reason: str = ""
    text: str | None = None
    """The whole edited file, all hunks included, for one that was edited."""
    effort: Effort | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """What one job did."""

    kind: Literal["shard"] = "shard"
    version: Literal[1] = 1
    plan: str
    """The key of the plan."""
    shard: int
    model: str
    notes: tuple[str, ...] = ()
    files: tuple[DoneFile, ...]


_Part = Manifest | ShardResult
_CODEC: Final = pydantic.TypeAdapter[_Part](
    _Part, config=pydantic.ConfigDict(hide_input_in_errors=True)
)


def write_part(part: _Part) -> str:
    """The part as JSON."""
    return _CODEC.dump_json(part).decode() + "\n"


def read_parts(files: Mapping[str, bytes]) -> tuple[Manifest, dict[int, ShardResult]]:
    """The plan, and the results of its shards by number; the last one of a shard counts.

    Files of other kinds, such as ``result.json``, are passed over, and so are results of another
    plan: where a whole workflow is run again, artifacts of its first attempt are still there.

    Raises:
        SpreadError: no plan or several, or a part that cannot be read or is no part of the plan.
    """
    parts = [part for name, data in files.items() if (part := _read(name, data)) is not None]
    plans = {part.key: part for part in parts if isinstance(part, Manifest)}
    if len(plans) != 1:
        raise SpreadError(
            f"The files for `results` hold {len(plans) or 'no'} plan{'s' * (len(plans) > 1)}.",
            _AGAIN,
        )
    (plan,) = plans.values()
    return plan, dict(_checked(plan, (p for p in parts if isinstance(p, ShardResult))))


def _checked(plan: Manifest, results: Iterable[ShardResult]) -> Iterable[tuple[int, ShardResult]]:
    for result in results:
        if result.plan != plan.key:
            log.info("a result of shard %s is of another plan, and passed over", result.shard)
            continue
        if not 1 <= result.shard <= len(plan.shards):
            raise SpreadError(f"The plan has no shard {result.shard}, and a result has.", _AGAIN)
        planned = {file.path: file.blob_sha for file in plan.shards[result.shard - 1].files}
        if any(planned.get(file.path) != file.blob_sha for file in result.files):
            raise SpreadError(
                f"The result of shard {result.shard} has a file that was not its own.", _AGAIN
            )
        yield result.shard, result


def _read(name: str, data: bytes) -> _Part | None:
    try:
        kind = json.loads(data).get("kind") if name.endswith(".json") else None
    except (ValueError, AttributeError, RecursionError):
        raise SpreadError(f"`{name}` is no JSON object.", _AGAIN) from None
    if kind not in {"plan", "shard"}:
        return None
    try:
        return _CODEC.validate_json(data)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise SpreadError(f"`{name}` cannot be read: at {place}: {first['msg']}.", _AGAIN) from None
