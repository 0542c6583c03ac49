"""What the steps of a run work with and hand to each other: ways outside, task, scope, plan."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from predict_edit.delivery.delivered import Delivery, OwnBranch
from predict_edit.delivery.output_files import OutputFolder
from predict_edit.delivery.state import (
    DECLINED,
    UNCHANGED,
    Memory,
    Record,
    answer_of,
    key_of,
    plan_key_of,
    question_of,
)
from predict_edit.domain.edits import (
    OVER_MAX_FILES,
    Aim,
    Background,
    ChangedFile,
    ChangePlan,
    EditRequest,
    Effort,
    FileEdit,
    OpenThread,
    PlanRequest,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.errors import ForgeError, ForgeForbidden, ForgeNotFound, PredictEditError
from predict_edit.domain.ports import Editor, GitHost
from predict_edit.domain.repository import FileContent
from predict_edit.domain.run_report import FileResult, FileStatus, Job, RunReport, Watch
from predict_edit.edit.plan import MAX_NAMED, NOT_NEEDED, background_of, change_key, said_of, saves
from predict_edit.edit.prompt import review_instruction
from predict_edit.edit.screening import secret_in
from predict_edit.findings.collection import Findings
from predict_edit.run.manifest import Shared
from predict_edit.run.prefetch import Look
from predict_edit.select.choose import choose
from predict_edit.select.content import open_files
from predict_edit.select.gitattributes import GitAttributes
from predict_edit.settings.fields import Inputs, ModelSettings, Settings
from predict_edit.support.git import text_of
from predict_edit.support.log import Secrets, log
from predict_edit.support.text import plural, quoted
from predict_edit.trigger.rate_limit import utc_now
from predict_edit.trigger.requests import BranchTask, PullRequestCommand

RunRequest = PullRequestCommand | BranchTask
"""What a run is started for."""
DECLINED_REASON = "its edit was in a pull request that was closed"
OpenEditor = Callable[[ModelSettings], Awaitable[Editor]]


class LeftFiles(Protocol):
    """What earlier steps and other jobs left in the workspace; most runs read nothing of it."""

    def read(
        self, globs: Sequence[str], name: str, error: type[PredictEditError]
    ) -> dict[str, bytes]:
        """Read the files that match the input ``name``, by path."""

    async def findings(self, host: GitHost, globs: Sequence[str], *, ref: str) -> Findings:
        """Read what linters found."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that reaches outside comes through here."""

    forge: GitHost
    open_editor: OpenEditor
    outbox: OutputFolder
    prefetched: Awaitable[Look] | None = None
    """The first requests about the pull request, if they are under way already."""
    run_url: str = ""
    run_id: str = ""
    workspace: LeftFiles | None = None
    """``None`` if neither linters' reports nor other jobs' results are needed."""
    secrets: Secrets = dataclasses.field(default_factory=Secrets, repr=False)
    """What must not be shown, with the tokens that signing in adds later."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], dt.datetime] = utc_now


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to do to each file."""

    job: Job
    settings: Settings
    secrets: Iterable[str] = ()
    """Read again for each answer, because signing in adds some."""
    findings: Findings | None = None
    """``None`` if the run is not about findings."""
    memory: Memory | None = None
    """Answers by file; it grows with each file that is answered. ``None`` remembers nothing."""
    background: Background | None = None
    """What the model is shown of the whole change beside each file."""
    plan: ChangePlan | None = None
    """Which files the instruction concerns, once the model was asked, by this run or another."""
    given: str = ""
    """The instruction as later jobs of a spread run read it again, perhaps ``run NAME``."""
    identity: str = ""
    """Distinguishes the jobs of a repository that have a pull request of their own."""

    def instruction_for(self, path: str) -> str:
        """Return what to do to one file: what its review threads ask for, if those are meant."""
        threads = self.job.threads_of(path)
        return review_instruction(threads) if threads else self.job.instruction

    def aims_of(self, path: str) -> tuple[Aim, ...]:
        """Return the review threads that the instruction is about in a file."""
        aim = self.job.aim
        return self.job.threads_of(path) or ((aim,) if aim and aim.path == path else ())

    def request(self, file: SourceFile) -> EditRequest:
        """Make the request for a file."""
        return EditRequest(
            file=file,
            instruction=self.instruction_for(file.path),
            aims=self.aims_of(file.path),
            findings=self.findings.of(file.path) if self.findings else (),
            background=self.background,
            hint=said_of(self.plan, file) if self.plan else "",
        )

    def recalled(self, sources: Iterable[SourceFile]) -> dict[str, FileEdit]:
        """Return the answers of earlier runs for exactly these files and requests, by path."""
        found: dict[str, FileEdit] = {}
        if self.memory is None:
            return found
        for file in sources:
            record = self.memory.find(file, self._key(file))
            text = record.edited(file.text) if record else None
            if record is not None and text is not None:
                found[file.path] = FileEdit(file=file, text=text, effort=record.effort)
        return found

    def remember(self, edit: FileEdit, result: FileResult) -> None:
        """Keep an answer for the next run, unless it holds what must not be shown."""
        if self.memory is None or result.status is FileStatus.FAILED:
            return
        placements = result.placed.placements if result.placed else ()
        if any(placement.withheld for placement in placements):
            return
        hunks = tuple(placement.hunk for placement in placements)
        key = self._key(edit.file)
        self.memory.records[edit.file.path] = Record.of(
            edit.file, key, edit.text, hunks, edit.effort
        )

    def recalled_plan(self, sources: Sequence[SourceFile]) -> ChangePlan | None:
        """Return the plan of an earlier run for exactly these files, unless none is wanted."""
        plan = self.memory.plan if self.memory and self.settings.plan != "off" else None
        return plan if plan and plan.key == self.plan_key(sources) else None

    def wants_plan(self, sizes: Sequence[int]) -> bool:
        """Decide whether to ask for a plan of files, given about how many characters each has.

        Files that people or linters named are edited without one.
        """
        named = self.plan or self.findings or self.job.threads or self.job.aim
        if named or self.settings.plan == "off":
            return False
        return self.settings.plan == "on" or saves(sizes)

    def plan_key(self, sources: Sequence[SourceFile]) -> str:
        """Name what a plan is made for."""
        model = self.settings.model
        return plan_key_of(sources, self.job.instruction, model.question, model.base_url)

    def _key(self, file: SourceFile) -> str:
        """Name what the model is asked about a file."""
        model = self.settings.model
        return key_of(
            self.request(file), model=model.question, base_url=model.base_url, context=model.context
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The files that a run is about, chosen by name."""

    files: tuple[ChangedFile, ...]
    """In the order of the report."""
    skipped: tuple[SkippedFile, ...] = ()
    attributes: GitAttributes
    notes: tuple[str, ...] = ()
    sizes: Mapping[str, int] | None = None
    """Bytes by path; ``None`` if they are unknown until a file is read."""
    shown: tuple[ChangedFile, ...] = ()
    """The changes that the model may be shown beside any file."""
    earlier: EarlierEdits | None = None
    """``None`` for changes of a pull request, whose answers are recalled once they are read."""

    @property
    def unread(self) -> tuple[ChangedFile, ...]:
        """The files to read: all that are edited, now or by an earlier run."""
        if self.earlier is None:
            return self.files
        wanted = {*self.earlier.edited, *(file.path for file in self.earlier.fresh)}
        return tuple(file for file in self.files if file.path in wanted)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEdits:
    """What earlier runs over a branch did to its files, and what they left to do."""

    fresh: tuple[ChangedFile, ...]
    """The files that the model has to be asked about."""
    edited: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    """The content of the files that were edited, as it is on our branch."""
    unchanged: tuple[str, ...] = ()
    own: OwnBranch | None = None
    """Our branch and its pull request, as they were before any model was asked."""
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What they were answered about the files in scope, by the question."""
    postponed: bool = False
    """Whether ``max-files`` leaves files to later runs."""

    def recalled(self, sources: Iterable[SourceFile]) -> dict[str, FileEdit]:
        """Return the earlier edits that are text; others are asked for again."""
        return {
            file.path: FileEdit(file=file, text=text, effort=Effort())
            for file in sources
            if (text := text_of(self.edited.get(file.path))) is not None
        }


async def no_base_texts(_: Sequence[SourceFile]) -> Mapping[str, str]:
    """Every diff is whole, so no text at the merge base replaces one."""
    return {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which files are edited, and what is known of them already."""

    task: Task
    sources: tuple[SourceFile, ...]
    """All files to edit, in the order of the report."""
    known: Mapping[str, FileEdit] = dataclasses.field(default_factory=dict)
    """The edits of earlier runs."""
    skipped: tuple[SkippedFile, ...] = ()
    head: str = ""
    """The commit that the files are from."""
    scope: Scope | None = None
    """``None`` for files that a person named one by one."""
    notes: tuple[str, ...] = ()
    base_texts: Callable[[Sequence[SourceFile]], Awaitable[Mapping[str, str]]] = no_base_texts
    """Reads the text at the merge base, by path, of files whose diff cannot be used."""
    left: tuple[SourceFile, ...] = ()
    """The files that a plan leaves; ``skipped`` names them, too."""
    asked: PlanRequest | None = None
    """What the model is asked of the whole change before the files; ``None`` for nothing."""

    @property
    def todo(self) -> tuple[SourceFile, ...]:
        """The files that the model has to be asked about."""
        return tuple(file for file in self.sources if file.path not in self.known)

    @property
    def change(self) -> ChangePlan | None:
        """The plan of the change, with the names of our open pull request, too."""
        made, earlier = self.task.plan, self.scope.earlier if self.scope else None
        names = earlier.own.names if earlier and earlier.own else ()
        if not names:
            return made
        made = made or ChangePlan()
        return dataclasses.replace(made, names=tuple(dict.fromkeys((*made.names, *names))))

    def narrowed(self, change: ChangePlan | None) -> Plan:
        """The same without the files that a plan of the change leaves, unless they are known."""
        if change is None:
            return self
        gone = {file.path for file in self.todo} & {*change.left}
        reasons = (SkippedFile(path=path, reason=NOT_NEEDED) for path in change.left)
        return dataclasses.replace(
            self,
            task=dataclasses.replace(self.task, plan=change),
            sources=tuple(file for file in self.sources if file.path not in gone),
            left=tuple(file for file in self.sources if file.path in gone),
            skipped=(*self.skipped, *(each for each in reasons if each.path in gone)),
            asked=None,
        )

    @property
    def requests(self) -> tuple[EditRequest, ...]:
        """What the model would be asked: nothing about a file with a secret."""
        requests = map(self.task.request, self.todo)
        return tuple(each for each in requests if secret_in(each, self.task.secrets) is None)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The results of all files of a plan, in its order."""

    plan: Plan
    """Without the files that the model said need no change."""
    results: tuple[FileResult, ...]
    model: str
    notes: tuple[str, ...] = ()


class Watcher(Protocol):
    """Part of a listener: shows progress as long as the block lasts."""

    def watch(self, plan: Plan) -> AbstractAsyncContextManager[Watch]:
        """Show how far the files of a plan are."""


class Listener:
    """Shows people what a run does; this one leaves all to the log and the job's summary."""

    answers = False
    """Whether a person waits for an answer even to a wrong command."""
    work = "it"
    """What a run is called that was cut short."""

    @property
    def url(self) -> str:
        """Where people read it; empty if nowhere, or not yet."""
        return ""

    def be_silent(self) -> None:
        """Write nothing from here on."""

    async def started(self) -> None:
        """The run has begun."""

    async def denied(self) -> None:
        """The run is refused."""

    async def progress(self, head: str, done: int, total: int) -> None:
        """So many files are done.

        Raises:
            ForgeError: GitHub refused or failed.
        """

    @contextlib.asynccontextmanager
    async def watch(self, _: Plan) -> AsyncIterator[Watch]:
        """Show how far the files of a plan are."""
        yield Watch()

    async def finished(self, _: RunReport, *, complete: bool) -> bool:
        """The run is over; ``False`` if that could not be shown where people wait for it."""
        del complete
        return True

    async def failed(self, error: PredictEditError, *, head: str) -> bool:
        """The run failed as a whole; ``False`` if that could not be shown."""
        del head
        log.error("failed: %s", error)
        return True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source(abc.ABC):
    """Where files come from, at one pinned commit."""

    head: str
    """The commit whose files are edited."""

    @abc.abstractmethod
    async def select(self, task: Task) -> Scope:
        """Choose files by name.

        Raises:
            ForgeError: GitHub failed.
            BranchTaken: every name for our branch has other commits.
        """

    @abc.abstractmethod
    async def read(self, files: Mapping[str, str | None]) -> Mapping[str, FileContent]:
        """Read files, given their blob SHA by path.

        Raises:
            ForgeError: GitHub failed.
        """

    async def base_texts(self, sources: Sequence[SourceFile]) -> Mapping[str, str]:
        """Read the text at the merge base, by path, of files whose diff cannot be used."""
        return await no_base_texts(sources)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target(Source):
    """What is edited, at one pinned commit, and where its edits go: a source on GitHub."""

    inputs: Inputs
    ctx: Context
    base: str
    """The commit that the changes count from."""
    ref: str
    """The branch that is edited."""
    findings: tuple[str, ...]
    """The reports of linters to read, as globs."""
    alerts: str
    """The git reference whose code scanning alerts are meant."""
    shared: Shared | None
    """What other jobs left; ``None`` in a run of one job, and in the first of several."""
    key: str = ""
    """The key of the command; empty without one."""

    @abc.abstractmethod
    def resolve(self) -> Task:
        """Merge command, inputs and config.

        Raises:
            CommandError: the command is wrong.
            SettingsError: the settings do not fit together.
        """

    def check(self, task: Task) -> None:
        """Refuse what cannot be worked on.

        Raises:
            PredictEditError: it cannot be worked on.
        """

    async def threads(self, task: Task) -> tuple[OpenThread, ...] | None:
        """Read the review threads that the command addresses; ``None`` if it addresses none.

        Raises:
            ForgeError: GitHub failed.
        """
        del task
        return None

    async def read(self, files: Mapping[str, str | None]) -> Mapping[str, FileContent]:
        """Read files at the head.

        Raises:
            ForgeError: GitHub failed.
        """
        return await self.ctx.forge.read_files(self.head, files)

    @abc.abstractmethod
    def delivery(self, plan: Plan, facts: RunReport) -> Delivery:
        """Return what delivers the edits; ``facts`` are what a report says so far."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run under way, and what its steps work with."""

    request: RunRequest
    inputs: Inputs
    ctx: Context
    listener: Listener
    target: Target
    task: Task
    facts: RunReport


def job_of(request: RunRequest) -> Job:
    """Return the job of a request, as far as the request alone says."""
    if isinstance(request, BranchTask):
        return Job(
            repository=request.repository,
            pull_request=0,
            instruction=request.instruction or "",
            command=request.command,
        )
    return Job(
        repository=request.repository,
        pull_request=request.pull_request,
        instruction=getattr(request.parsed, "instruction", ""),
        command=request.command,
        pinned_sha=getattr(request.parsed, "pinned_sha", None),
        aim=request.aim,
    )


def scope_of(
    task: Task,
    changed: Sequence[ChangedFile],
    attributes: GitAttributes,
    *,
    skipped: Sequence[SkippedFile] = (),
    planned: bool = False,
) -> Scope:
    """Choose among changed files; limit, aim and findings are left to the plan if there was one."""
    settings, job, found = task.settings, task.job, task.findings
    only = {job.aim.path} if job.aim and not planned else None
    # For a pull request of its own, what earlier runs did is known first, and then limited.
    later = planned or (job.pull_request and settings.deliver == "pull-request")
    if job.threads is not None:
        only = {thread.path for thread in job.threads if not thread.skipped}
    chosen = choose(
        changed,
        include=settings.files,
        exclude=settings.exclude,
        attributes=attributes,
        max_files=max(1, len(changed)) if later else settings.max_files,
        only=only,
        found=found.by_path if found and not planned else None,
        unlocked=settings.unlocked,
    )
    return Scope(
        files=chosen.kept,
        skipped=(*skipped, *chosen.skipped),
        attributes=attributes,
        notes=found.sentences() if found and not planned else (),
        shown=chosen.shown,
    )


async def make_plan(source: Source, task: Task, scope: Scope | None = None) -> Plan:
    """Choose files, read them, and divide them into known ones and those to ask about.

    Raises:
        ForgeError: GitHub failed.
        BranchTaken: every name for our branch has other commits.
    """
    scope = scope or await source.select(task)
    earlier = scope.earlier
    contents = await source.read({file.path: file.blob_sha for file in scope.unread})
    sources, unreadable = open_files(
        scope.unread,
        contents,
        attributes=scope.attributes,
        in_pull_request=earlier is None or bool(task.job.pull_request),
    )
    notes = scope.notes
    if task.settings.model.context == "pull-request":
        background = task.background or await _background(task, scope, sources)
        task = dataclasses.replace(task, background=background)
        notes = (*notes, *_left_out(background))
    known = task.recalled(sources) | (earlier.recalled(sources) if earlier else {})
    if known and not earlier:
        files = plural(len(known), "file")
        said = f"{files} taken from an earlier run of this command, whose tokens are shown."
        notes = (*notes, said)
    plan = Plan(
        task=task,
        sources=sources,
        known=known,
        skipped=(*scope.skipped, *unreadable),
        head=source.head,
        scope=scope,
        notes=notes,
        base_texts=source.base_texts,
    )
    plan = plan.narrowed(task.plan or task.recalled_plan(sources))
    if not plan.task.wants_plan([len(file.text) for file in plan.todo]):
        return plan
    # Looking for secrets takes long, and happens again before each file is sent.
    if not (paths := tuple(request.file.path for request in plan.requests)):
        return plan
    background = task.background or await _background(task, scope, sources)
    asked = PlanRequest(instruction=task.job.instruction, paths=paths, background=background)
    return dataclasses.replace(plan, asked=asked)


async def _background(task: Task, scope: Scope, sources: Sequence[SourceFile]) -> Background:
    """Make what is shown of the whole change, in a thread: grammars take their time."""
    return await asyncio.to_thread(background_of, scope.shown, sources, task.secrets)


def _left_out(background: Background) -> Iterator[str]:
    """Name the files that the model does not see beside others."""
    if paths := background.left_out:
        more = f" and {plural(len(paths) - MAX_NAMED, 'more file')}" if paths[MAX_NAMED:] else ""
        names = ", ".join(map(quoted, paths[:MAX_NAMED]))
        yield f"Not shown to the model beside other files: the diff of {names}{more}."


async def try_push(target: Target) -> None:
    """Find out, before a model is paid, whether the token may not push.

    GitHub refuses to create a branch that exists, but first it looks at the token.

    Raises:
        ForgeError: it may not.
    """
    try:
        await target.ctx.forge.create_branch(target.ref, target.head)
    except (ForgeForbidden, ForgeNotFound):
        raise
    except ForgeError as error:
        log.debug("the token may push: %s", error.cause)


async def divided(target: Target, task: Task, own: OwnBranch, scope: Scope) -> Scope:
    """Separate what earlier runs were answered about from what is new."""
    answers: dict[str, str] = {}
    edited: dict[str, str] = {}
    fresh: list[ChangedFile] = []
    skipped: list[SkippedFile] = []
    unchanged: list[str] = []
    shards = target.shared.manifest.shards if target.shared else ()
    asked = {path for shard in shards for path in shard.paths}
    plans = target.shared is not None or task.settings.plan != "off"
    for file in scope.files:
        answer = own.answers.get(question := question_about(task, scope, file))
        if answer is None and plans and file.path not in asked:
            answer = own.answers.get(question := question_about(task, scope, file, left=True))
        if answer is None:
            fresh.append(file)
            continue
        answers[question] = answer
        if answer == DECLINED:
            skipped.append(SkippedFile(path=file.path, reason=DECLINED_REASON))
        elif answer == UNCHANGED:
            unchanged.append(file.path)
        else:
            edited[file.path] = answer
    recalled = await _edited_before(target.ctx.forge, own, edited)
    # An edit that cannot be read any more is asked for again.
    fresh += [f for f in scope.files if f.path in edited and f.path not in recalled]
    limit = task.settings.max_files
    over = {file.path: f"{OVER_MAX_FILES} ({limit})" for file in fresh[limit:]}
    if target.shared:
        # The first job has counted them; later ones need not know its limit.
        skips = target.shared.manifest.skipped
        over = {e.path: e.reason for e in skips if e.reason.startswith(OVER_MAX_FILES)}
    skipped += [SkippedFile(path=f.path, reason=over[f.path]) for f in fresh if f.path in over]
    notes = scope.notes
    if known := len(recalled) + len(unchanged):
        files = plural(known, "file")
        notes = (*notes, f"{files} not sent again: nothing changed since an earlier run.")
    earlier = EarlierEdits(
        fresh=tuple(file for file in fresh if file.path not in over),
        edited=recalled,
        unchanged=tuple(unchanged),
        own=own,
        answers=answers,
        postponed=any(file.path in over for file in fresh),
    )
    return dataclasses.replace(
        scope, skipped=(*scope.skipped, *skipped), notes=notes, earlier=earlier
    )


async def _edited_before(
    forge: GitHost, own: OwnBranch, edited: Mapping[str, str]
) -> dict[str, bytes]:
    """The files that earlier runs edited, as they are on our branch."""
    if not edited or not own.source:
        return {}
    try:
        contents = await forge.read_files(own.source, dict.fromkeys(edited))
    except ForgeError as error:
        log.info("the edits of an earlier run could not be read: %s", error.cause)
        return {}
    return {
        path: content.data
        for path, content in contents.items()
        if content.data is not None and answer_of(content.blob_sha) == edited[path]
    }


def question_about(task: Task, scope: Scope, file: ChangedFile, *, left: bool = False) -> str:
    """Name the question about a file, with the threads and changes that the model is shown.

    With ``left``, name the question whether a plan leaves it.
    """
    context = task.settings.model.context
    shown = file.patch if context != "none" else None
    more: list[object] = [dataclasses.astuple(aim) for aim in task.aims_of(file.path)]
    if context == "pull-request":
        more.append(task.background.key if task.background else change_key(scope.shown))
    if left:
        more += ["left by a plan"]
    parts = (task.instruction_for(file.path), shown, json.dumps(more) if more else "")
    return question_of(
        task.settings.model.question,
        task.settings.model.base_url,
        "\n\n".join(filter(None, parts)),
        file.path,
        file.blob_sha or "",
        task.settings.anywhere,
        [dataclasses.astuple(found) for found in (task.findings or Findings()).of(file.path)],
    )
