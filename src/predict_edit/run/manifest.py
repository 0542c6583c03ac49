"""What the jobs of one spread run hand to each other, as files in artifacts.

Each job is a process of its own on a machine of its own, started by the same event, and each checks
again who gave the command and whether they may. The plan says which job edits what, and pins the
commit; a result holds one job's edited files. Both are checked on entry as everything from outside:
a result is used only for the plan it names and for the files that the plan gave it. Both are sealed
with the model's key for this one workflow run, so that nobody who can replace an artifact speaks
for another job, or with an older plan. With Entra ID alone there is no seal.
"""

from __future__ import annotations

import dataclasses
import functools
import heapq
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Final, Literal

import pydantic

from predict_edit.domain.edits import (
    Background,
    ChangedFile,
    ChangePlan,
    Effort,
    OpenThread,
    SkippedFile,
)
from predict_edit.domain.errors import SpreadError
from predict_edit.domain.run_report import FileStatus
from predict_edit.findings.collection import Findings
from predict_edit.support.log import log
from predict_edit.support.markers import is_secret
from predict_edit.support.validation import first_problem

PLAN: Final = "plan.json"
LOST: Final = "shard {}: its job left no result; run it again"
MAX_SHARDS: Final = 256
"""Jobs that GitHub makes of one matrix (GitHub, "Usage limits")."""
DEFAULT_SHARDS: Final = 8
FILES_PER_SHARD: Final = 10
"""Fewer are not worth the start of a job."""
_PROMPT: Final = 300
"""Tokens of a request besides file and findings."""
_FINDING: Final = 40
_BYTES_PER_TOKEN: Final = 4
_DOLLARS: Final = Decimal("0.0001")
_AGAIN: Final = "Download the artifacts of this run's own plan and edit jobs, and nothing older."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShard:
    """What one job is to do."""

    paths: tuple[str, ...]
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
    base: str = ""
    """The commit of a pull request's base branch; ``commit`` itself for a run over a branch."""
    command: str = ""
    """The key of the command; empty for a run over a branch."""
    instruction: str
    """As given, perhaps ``run NAME``."""
    findings: Findings | None = None
    """Those of ``files``; ``None`` if the run is not about findings."""
    job: str = ""
    """The identity of the job that a run over a branch is."""
    shards: tuple[PlannedShard, ...]
    files: tuple[ChangedFile, ...] = ()
    """All files, in the order of the report.

    Those in no shard are skipped, or earlier runs have answered for them.
    """
    skipped: tuple[SkippedFile, ...] = ()
    notes: tuple[str, ...] = ()
    background: Background | None = None
    """What all jobs show the model of the whole change."""
    seal: str = ""
    plan: ChangePlan | None = None
    """What the model said, before the files, that the change needs."""
    threads: tuple[OpenThread, ...] | None = None
    """The review threads that the command addresses; ``None`` if it addresses none."""

    @property
    def names(self) -> tuple[str, ...]:
        """The shards as the matrix names them: ``1/8`` and so on."""
        return tuple(f"{n}/{len(self.shards)}" for n in range(1, len(self.shards) + 1))

    def blobs_of(self, number: int) -> dict[str, str | None]:
        """Return the files of a shard, with the blob SHA of each."""
        paths = {*self.shards[number - 1].paths}
        return {file.path: file.blob_sha for file in self.files if file.path in paths}

    def number_of(self, name: str) -> int:
        """Return the number of a shard by its name, or by its number alone.

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
        return wanted


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WithheldHunk:
    """Where and why a hunk was rejected for what it adds; that is not handed on."""

    start: Annotated[int, pydantic.Field(ge=1)]
    count: Annotated[int, pydantic.Field(ge=0)]
    """Lines of the file that it replaces."""
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DoneFile:
    """One file as a job left it."""

    path: str
    blob_sha: str | None
    status: FileStatus
    reason: str = ""
    text: str | None = None
    """The whole edited file, for one that was edited, with all hunks but those withheld."""
    withheld: tuple[WithheldHunk, ...] = ()
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
    seal: str = ""


_Part = Manifest | ShardResult


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the other jobs of a spread run left, and which part of it is this job's."""

    manifest: Manifest
    parts: Mapping[int, ShardResult]
    number: int = 0
    """The number of this job's shard; 0 for the publishing job."""

    @property
    def shard(self) -> PlannedShard | None:
        """This job's shard; ``None`` for the publishing job."""
        return self.manifest.shards[self.number - 1] if self.number else None

    @property
    def changes(self) -> tuple[ChangedFile, ...]:
        """The changes of the pull request that this job is about."""
        files = self.manifest.files
        if self.shard is None:
            return files
        paths = {*self.shard.paths}
        return tuple(file for file in files if file.path in paths)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all jobs, each sentence once."""
        notes = (self.manifest.notes, *(part.notes for _, part in sorted(self.parts.items())))
        return tuple(dict.fromkeys(note for some in notes for note in some))

    @property
    def model(self) -> str:
        """The model that the jobs asked, as the first of them that knows names it."""
        return next((part.model for _, part in sorted(self.parts.items()) if part.model), "")


@functools.cache
def _codec() -> pydantic.TypeAdapter[_Part]:
    """Reads and writes parts; made on first use, because few runs are spread."""
    return pydantic.TypeAdapter[_Part](_Part, config=pydantic.ConfigDict(hide_input_in_errors=True))


def write_part(part: _Part, key: str | None, run: str) -> str:
    """Return the part as JSON, sealed with the model's key if that is a secret.

    ``run`` is the workflow run's number, the same when its jobs are run again.
    """
    sealed = dataclasses.replace(part, seal=_seal(part, key, run))
    return _codec().dump_json(sealed).decode() + "\n"


def _seal(part: _Part, key: str | None, run: str) -> str:
    if key is None or not is_secret(key):
        return ""
    text = f"predict-edit part of {run}\n".encode()
    text += _codec().dump_json(dataclasses.replace(part, seal=""))
    return hmac.new(key.encode(), text, "sha256").hexdigest()


def read_parts(
    files: Mapping[str, bytes], key: str | None, run: str
) -> tuple[Manifest, dict[int, ShardResult]]:
    """Read the plan, and the results of its shards by number; the last one of a shard counts.

    Files of other kinds, such as ``result.json``, are ignored, and so are results of another plan:
    when a whole workflow is run again, artifacts of its first attempt are still there.

    ``key`` is the model's, which sealed them for ``run``.

    Raises:
        SpreadError: no plan or several, or a part that cannot be read, has another seal or is not
            part of the plan.
    """
    read = (_read(name, data, key, run) for name, data in files.items())
    parts = [part for part in read if part is not None]
    plans = {part.key: part for part in parts if isinstance(part, Manifest)}
    if len(plans) != 1:
        raise SpreadError(
            f"The files for `results` hold {len(plans) or 'no'} plan{'s' * (len(plans) > 1)}.",
            _AGAIN,
        )
    (plan,) = plans.values()
    return plan, dict(_checked(plan, (p for p in parts if isinstance(p, ShardResult))))


def shared_of(
    files: Mapping[str, bytes], repository: str, *, command: str, key: str | None, run: str
) -> Shared:
    """Read what other jobs left; ``command`` is the key of their command, empty for a branch.

    ``key`` is the model's, ``run`` the workflow run's number.

    Raises:
        SpreadError: a part is missing, broken or of another run.
    """
    manifest, parts = read_parts(files, key, run)
    if manifest.repository != repository:
        raise SpreadError("The plan in `results` belongs to another repository.", "Use its own.")
    if command != manifest.command:
        raise SpreadError("The plan in `results` is of another command.", "Use its own.")
    return Shared(manifest=manifest, parts=parts)


def shards_of(
    weights: Mapping[str, int],
    limits: tuple[int | None, Decimal | None],
    wanted: str | None,
) -> tuple[PlannedShard, ...]:
    """Divide files by weight, and the limits of the run with them: tokens, and US dollars.

    ``wanted`` is the input ``shard`` of the plan's job.
    """
    number = int(wanted.partition("/")[0]) if wanted else None
    shards = balance(weights, count_for(len(weights), number))
    heavy = [sum(weights[path] for path in shard) for shard in shards]
    shares = zip(share_tokens(limits[0], heavy), share_cost(limits[1], heavy), strict=True)
    return tuple(
        PlannedShard(paths=shard, max_tokens=tokens, max_cost=cost)
        for shard, (tokens, cost) in zip(shards, shares, strict=True)
    )


def lost_files(manifest: Manifest, results: Mapping[int, ShardResult]) -> dict[str, str]:
    """Return the files of the jobs that left no result, with the reason."""
    return {
        path: LOST.format(name)
        for number, (name, shard) in enumerate(
            zip(manifest.names, manifest.shards, strict=True), start=1
        )
        if number not in results
        for path in shard.paths
    }


def weight_of(size: int, findings: int) -> int:
    """Estimate the tokens that a file takes: read once, written once."""
    return _PROMPT + 2 * size // _BYTES_PER_TOKEN + _FINDING * findings


def count_for(files: int, wanted: int | None) -> int:
    """Return how many shards to make: as many as wanted, never more than files."""
    if wanted is None:
        wanted = min(DEFAULT_SHARDS, -(-files // FILES_PER_SHARD))
    return max(0, min(files, wanted, MAX_SHARDS))


def balance(weights: Mapping[str, int], count: int) -> tuple[tuple[str, ...], ...]:
    """Divide files so that the heaviest shard is light: the heaviest file first, to the lightest.

    No shard is empty as long as there are as many files; each keeps the order of the paths.
    """
    shards: list[list[str]] = [[] for _ in range(count)]
    heap = [(0, 0, number) for number in range(count)]
    for path in sorted(weights, key=lambda path: (-weights[path], path)):
        total, files, number = heapq.heappop(heap)
        shards[number].append(path)
        heapq.heappush(heap, (total + weights[path], files + 1, number))
    return tuple(tuple(sorted(shard)) for shard in shards)


def share_tokens(limit: int | None, weights: Sequence[int]) -> tuple[int | None, ...]:
    """Divide a limit on tokens by weight; the parts together never pass it."""
    total = sum(weights)
    return tuple(None if limit is None else limit * weight // total for weight in weights)


def share_cost(limit: Decimal | None, weights: Sequence[int]) -> tuple[Decimal | None, ...]:
    """Divide a limit on money by weight, rounded down."""
    total = sum(weights)
    return tuple(
        None if limit is None else (limit * weight / total).quantize(_DOLLARS, ROUND_DOWN)
        for weight in weights
    )


def _checked(plan: Manifest, results: Iterable[ShardResult]) -> Iterable[tuple[int, ShardResult]]:
    for result in results:
        if result.plan != plan.key:
            log.info("a result of shard %s is of another plan and ignored", result.shard)
            continue
        if not 1 <= result.shard <= len(plan.shards):
            raise SpreadError(
                f"`results` has shard {result.shard}, which the plan does not have.", _AGAIN
            )
        planned = plan.blobs_of(result.shard).items()
        if any((file.path, file.blob_sha) not in planned for file in result.files):
            raise SpreadError(
                f"The result of shard {result.shard} has a file that was not its own.", _AGAIN
            )
        yield result.shard, result


def _read(name: str, data: bytes, key: str | None, run: str) -> _Part | None:
    try:
        kind = json.loads(data).get("kind") if name.endswith(".json") else None
    except (ValueError, AttributeError, RecursionError):
        raise SpreadError(f"`{name}` is not a JSON object.", _AGAIN) from None
    if kind not in {"plan", "shard"}:
        return None
    try:
        part = _codec().validate_json(data)
    except pydantic.ValidationError as error:
        place, _, why = first_problem(error)
        raise SpreadError(f"`{name}` cannot be read: at {place}: {why}.", _AGAIN) from None
    seal = _seal(part, key, run).encode()
    if is_secret(key) and not hmac.compare_digest(part.seal.encode(), seal):
        raise SpreadError(
            f"`{name}` was changed on its way, or written by another run or with another "
            "`api-key`.",
            "Give all jobs of a run the same `api-key`, and download this run's own artifacts.",
        )
    return part
