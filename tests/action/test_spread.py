"""A sharded command on a pull request gives the same as a whole one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from predict_edit.delivery.delivered import HEAD_MOVED
from predict_edit.delivery.state import unpack_unsealed
from predict_edit.domain.edits import ChangePlan, Effort, PlacementKind, SharedName, Usage
from predict_edit.domain.run_report import FileStatus, Outcome
from predict_edit.edit.plan import NOT_NEEDED
from predict_edit.report.page.changes import page_of
from predict_edit.report.page.html_page import render_page
from predict_edit.report.result import to_result
from predict_edit.run.manifest import Manifest, read_parts
from predict_edit.run.outcome import Finished
from predict_edit.support.markers import find_marker
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault, Sandbox
from predict_edit_sandbox.github.nouns import IssueComment
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, many
from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeStage = Callable[..., Awaitable[Stage]]
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
OWN_KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c"
PATCHES = ("edits.patch", "remainder.patch")


def may_write(github: Sandbox) -> None:
    """Let the job's token commit, and open pull requests."""
    github.add_token(DEFAULT_TOKEN, permissions={"contents": "write", "pull_requests": "write"})
    github.switches.actions_may_open_pull_requests = True


class Jobs:
    """The jobs of one command, which hand files to each other as artifacts do."""

    def __init__(self, rehearsal: Rehearsal, body: str = REPLACE) -> None:
        self.rehearsal = rehearsal
        self.comment: IssueComment = rehearsal.comment(body)
        self.handed = rehearsal.workspace / "handed"
        self.handed.mkdir(exist_ok=True)

    def hand_on(self, pattern: str) -> None:
        """Move what the last job left to where the next one looks."""
        folder = self.rehearsal.stage.folder / f"rehearsal{self.rehearsal.runs}"
        for path in (folder / "predict-edit-out").glob(pattern):
            shutil.copy(path, self.handed)

    async def plan(self, **inputs: str) -> Finished:
        done = await self.rehearsal.follow(self.comment, mode="plan", **inputs)
        self.hand_on("plan.json")
        return done

    async def edit(self, name: str, **inputs: str) -> Finished:
        """One job of the matrix."""
        done = await self.rehearsal.follow(
            self.comment, mode="edit", shard=name, results="handed/plan.json", **inputs
        )
        self.hand_on("shard-*.json")
        return done

    async def publish(self, **inputs: str) -> Finished:
        """The last job."""
        return await self.rehearsal.follow(
            self.comment, mode="publish", results="handed/*.json", **inputs
        )

    async def all(self, shards: int, **inputs: str) -> Finished:
        """Every job, one after the other."""
        plan = await self.plan(shard=str(shards), **inputs)
        for name in plan.report.shards or ():
            await self.edit(name, **inputs)
        return await self.publish(**inputs)

    @property
    def manifest(self) -> Manifest:
        return read_parts({"plan.json": (self.handed / "plan.json").read_bytes()}, None, "")[0]


@pytest.mark.parametrize(
    ("count", "shards"), [(9, 3), pytest.param(400, 8, marks=pytest.mark.slow)]
)
async def test_same_as_one_job(rehearse: MakeRehearsal, count: int, shards: int) -> None:
    """One review, one summary, one acknowledgement; suggestions and patches of a whole run."""
    rehearsal = await rehearse(files=many(count))
    limits = {"max_suggestions": "7", "max_files": str(count)}
    whole = await rehearsal.say(dry_run="true", **limits)
    wanted = [rehearsal.file(name) for name in PATCHES]
    jobs = Jobs(rehearsal)
    plan = await jobs.plan(shard=str(shards), **limits)
    assert plan.report.shards == tuple(f"{n}/{shards}" for n in range(1, shards + 1))
    assert rehearsal.summary.startswith(f"Working: 0 of {count} files done.")
    for name in plan.report.shards:
        assert (await jobs.edit(name)).report.outcome is Outcome.PATCHED
    done = await jobs.publish(**limits)

    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert [rehearsal.file(name) for name in PATCHES] == wanted
    assert all(wanted)
    assert len(rehearsal.reviews) == len(rehearsal.stage.summaries) == 1
    assert len(rehearsal.places) == 7
    assert rehearsal.stage.reactions.count("eyes") == 1
    assert done.report.usage == whole.report.usage
    assert done.report.cost == whole.report.cost == Decimal("0.001") * count
    assert f"{count} files" in rehearsal.summary


async def test_the_plan_is_made_once(rehearse: MakeRehearsal) -> None:
    """In the first job; the others edit what it leaves, know what it says and count it once."""
    rehearsal = await rehearse(files=many(14))
    typist, limits = rehearsal.typist, {"plan": "on", "context": "pull-request"}
    left = tuple(f"src/file_{n:03}.py" for n in range(1, 5))
    effort = Effort(
        usage=Usage(prompt_tokens=7, completion_tokens=1),
        cost=Decimal("0.01"),
        estimate=Usage(prompt_tokens=50, completion_tokens=2),
        estimated_cost=Decimal("0.02"),
        attempts=2,
    )
    hints = (("src/file_005.py", "Mind the name."),)
    names = (SharedName(old="FizzBuzz", new="MSFTBuzz"),)
    typist.change = ChangePlan(left=left, hints=hints, names=names, effort=effort)
    jobs = Jobs(rehearsal)
    first = await jobs.plan(shard="2", max_tokens="10000", max_cost="0.3", **limits)
    assert jobs.manifest.plan is not None
    assert sum(shard.max_tokens or 0 for shard in jobs.manifest.shards) <= 10_000 - 60
    assert sum(shard.max_cost or 0 for shard in jobs.manifest.shards) <= Decimal("0.27")
    for name in first.report.shards or ():
        await jobs.edit(name, **limits)
    done = await jobs.publish(**limits)

    assert len(typist.plans) == 1
    assert sorted(typist.asked) == [f"src/file_{n:03}.py" for n in range(5, 15)]
    alike = "In all files: FizzBuzz becomes MSFTBuzz."
    assert {request.hint for request in typist.requests} == {alike, f"Mind the name.\n{alike}"}
    assert len({request.background.key for request in typist.requests if request.background}) == 1
    skipped = done.report.with_status(FileStatus.SKIPPED)
    assert [(each.path, each.reason) for each in skipped] == [(p, NOT_NEEDED) for p in left]
    assert done.report.usage.prompt_tokens == 7 + 10 * 10
    assert done.report.plan is not None
    assert len(done.report.plan.names[0].files) == 10
    assert done.report.outcome is Outcome.SUGGESTED


async def test_lost_job_is_named_and_redone(rehearse: MakeRehearsal) -> None:
    """A failed job loses its own files; run again, the set is complete, nothing twice."""
    rehearsal = await rehearse(files=many(8))
    jobs = Jobs(rehearsal)
    plan = await jobs.plan(shard="4")
    names = plan.report.shards or ()
    lost = {*jobs.manifest.shards[2].paths}
    for name in names:
        if name != "3/4":
            await jobs.edit(name)
    done = await jobs.publish()

    assert done.report.outcome is Outcome.PARTIAL
    assert {result.path for result in done.report.with_status(FileStatus.FAILED)} == lost
    assert "shard 3/4: its job left no result; run it again" in rehearsal.summary
    assert len(rehearsal.places) == 6

    await jobs.edit("3/4")
    done = await jobs.publish()
    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert len(rehearsal.places) == len(set(rehearsal.places)) == 8
    assert sorted(rehearsal.typist.asked) == sorted(file.path for file in jobs.manifest.files)
    assert len(rehearsal.stage.summaries) == 1


async def test_published_again(rehearse: MakeRehearsal) -> None:
    """A publishing job, or the whole workflow, run again posts and asks nothing more."""
    rehearsal = await rehearse(files=many(3))
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1")
    await jobs.edit("1/1")
    first = await jobs.publish()
    rehearsal.stage.github.log.clear()

    again = await jobs.publish()
    plan = await jobs.plan(shard="1")

    assert again.report.outcome is plan.report.outcome is first.report.outcome is Outcome.SUGGESTED
    assert plan.report.shards is None
    assert [path for _, path in rehearsal.stage.written() if "reactions" not in path] == []
    assert len(rehearsal.typist.asked) == 3


async def test_head_moves_between_jobs(rehearse: MakeRehearsal) -> None:
    """All jobs edit the plan's commit; a file that was pushed to since goes to the patch."""
    rehearsal = await rehearse(files=many(3))
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="2")
    pinned = rehearsal.stage.pull.head_sha
    await jobs.edit("1/2")
    pushed = {"src/file_002.py": "nothing = 0\n"}
    rehearsal.stage.github.push(REPOSITORY, rehearsal.stage.pull.head_ref, pushed)
    await jobs.edit("2/2")
    done = await jobs.publish()

    assert rehearsal.stage.pull.head_sha != pinned == done.report.head
    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert [path for path, _ in rehearsal.places] == ["src/file_001.py", "src/file_003.py"]
    assert HEAD_MOVED in rehearsal.summary


async def test_committed(rehearse: MakeRehearsal) -> None:
    """Delivered by commit, all files are in one; publishing again makes no second one."""
    rehearsal = await rehearse(files=many(4), prepare=may_write)
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="2", deliver="commit")
    for name in ("1/2", "2/2"):
        await jobs.edit(name, deliver="commit")
    done = await jobs.publish(deliver="commit")
    head = rehearsal.stage.pull.head_sha
    again = await jobs.publish(deliver="commit")

    assert done.report.outcome is again.report.outcome is Outcome.COMMITTED, done.report.problem
    assert rehearsal.stage.pull.head_sha == head
    assert len(rehearsal.typist.asked) == 4


async def test_a_pull_request_of_its_own(rehearse: MakeRehearsal) -> None:
    """It is opened once; jobs and whole runs know what the others were answered."""
    rehearsal = await rehearse(files=many(7), prepare=may_write)
    typist, head = rehearsal.typist, rehearsal.stage.pull.head_ref
    paths = [file.path for file in many(7)]
    typist.change = ChangePlan(left=(paths[0],))
    inputs = {"deliver": "pull-request", "context": "pull-request", "max_files": "5"}
    done = await Jobs(rehearsal).all(2, plan="on", **inputs)

    assert done.report.outcome is Outcome.OPENED, done.report.problem
    assert sorted(typist.asked) == paths[1:5]
    skipped = {each.path: each.reason for each in done.report.with_status(FileStatus.SKIPPED)}
    over = "over `max-files` (5)"
    assert skipped == {paths[0]: NOT_NEEDED, paths[5]: over, paths[6]: over}
    pulls = rehearsal.stage.github.repository(REPOSITORY).pulls
    assert [(pull.number, pull.base_ref) for pull in pulls.values() if pull.number > 1] == [
        (2, head)
    ]
    assert {*rehearsal.stage.github.files(pulls[2])} == {*paths[1:5]}

    typist.asked.clear()
    again = await rehearsal.say(plan="on", **inputs)
    assert sorted(typist.asked) == paths[5:]
    assert again.report.pull_request_url == done.report.pull_request_url
    last = await Jobs(rehearsal).all(2, plan="on", **inputs)
    assert (len(typist.plans), sorted(typist.asked)) == (2, paths[5:])
    assert last.report.outcome is Outcome.UNCHANGED
    assert {*rehearsal.stage.github.files(pulls[2])} == {*paths[1:]}


async def test_a_lost_job_of_a_pull_request(rehearse: MakeRehearsal) -> None:
    """What the others did is offered; with the job run again, it is complete, and paid once."""
    rehearsal = await rehearse(files=many(4), prepare=may_write)
    inputs = {"deliver": "pull-request"}
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="2", **inputs)
    await jobs.edit("1/2", **inputs)
    first = await jobs.publish(**inputs)
    assert first.report.outcome is Outcome.PARTIAL
    pull = rehearsal.stage.github.repository(REPOSITORY).pulls[2]
    assert len(rehearsal.stage.github.files(pull)) == 2

    await jobs.edit("2/2", **inputs)
    done = await jobs.publish(**inputs)
    tip = pull.head_sha
    again = await jobs.publish(**inputs)
    assert done.report.outcome is again.report.outcome is Outcome.OPENED, done.report.problem
    assert {*rehearsal.stage.github.files(pull)} == {file.path for file in many(4)}
    assert (len(rehearsal.typist.asked), len(rehearsal.stage.summaries)) == (4, 1)
    assert (pull.head_sha, pull.state) == (tip, "open")


async def test_old_names_are_looked_for_in_files_that_were_left(rehearse: MakeRehearsal) -> None:
    rehearsal = await rehearse(files=many(5))
    left = ("src/file_001.py", "src/file_002.py")
    names = (SharedName(old="FizzBuzz", new="MSFTBuzz"),)
    rehearsal.typist.change = ChangePlan(left=left, names=names)
    jobs = Jobs(rehearsal)
    first = await jobs.plan(shard="2", plan="on")
    assert any("2 of 5 files need no change" in note for note in first.report.notes)
    assert rehearsal.summary.startswith("Working: 0 of 3 files done.")
    for name in first.report.shards or ():
        await jobs.edit(name)
    done = await jobs.publish()

    assert done.report.plan is not None
    assert done.report.plan.names[0].remaining == left
    assert any("is still in `src/file_001.py`" in note for note in done.report.notes)
    assert any("2 of 5 files need no change" in note for note in done.report.notes)
    assert len(done.report.files) == 5


@pytest.mark.parametrize("mode", ["plan", "edit", "publish"])
async def test_role_is_asked_in_every_job(rehearse: MakeRehearsal, mode: str) -> None:
    """A person who has lost the role since is denied by the next job."""
    rehearsal = await rehearse(files=many(2))
    jobs = Jobs(rehearsal)
    if mode != "plan":
        await jobs.plan(shard="1")
    if mode == "publish":
        await jobs.edit("1/1")
    asked = len(rehearsal.typist.asked)
    rehearsal.stage.github.set_role(REPOSITORY, WRITER, Role.READ)
    ways: dict[str, Callable[[], Awaitable[Finished]]] = {
        "plan": lambda: jobs.plan(shard="1"),
        "edit": lambda: jobs.edit("1/1"),
        "publish": jobs.publish,
    }
    done = await ways[mode]()

    assert done.report.outcome is Outcome.DENIED
    assert len(rehearsal.typist.asked) == asked
    assert rehearsal.reviews == []


async def test_comment_is_read_again(rehearse: MakeRehearsal) -> None:
    """A comment edited while the jobs worked is not a command; nothing is posted."""
    rehearsal = await rehearse(files=many(2))
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1")
    await jobs.edit("1/1")
    rehearsal.typist.asked.clear()
    said = jobs.comment

    def rewrite() -> None:
        said.body = "Never mind."

    rehearsal.stage.github.faults.add(Fault(nth=1, act=rewrite, when="after"))
    done = await jobs.publish()

    assert done.report.outcome is Outcome.FAILED
    assert "was edited" in done.report.problem
    assert rehearsal.reviews == []


async def test_edit_says_nothing(rehearse: MakeRehearsal) -> None:
    """A job of the matrix only reads, so it needs no right to write."""
    rehearsal = await rehearse(files=many(2))
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1")
    rehearsal.stage.github.add_token(
        DEFAULT_TOKEN, permissions={"contents": "read", "pull_requests": "read"}
    )
    done = await jobs.edit("1/1")

    assert done.report.outcome is Outcome.PATCHED
    assert len((done.paths.patch, done.paths.result)) == 2
    assert "src/file_001.py" in (jobs.handed / "shard-1.json").read_text()


async def test_limits_are_divided(rehearse: MakeRehearsal) -> None:
    """The command's limits hold over all jobs together, by weight."""
    rehearsal = await rehearse(files=many(6))
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="3", max_tokens="9000", max_cost="0.3")
    shards = jobs.manifest.shards

    assert 8_990 < sum(shard.max_tokens or 0 for shard in shards) <= 9_000
    assert sum(shard.max_cost or 0 for shard in shards) <= Decimal("0.3")
    assert {len(shard.paths) for shard in shards} == {2}


async def test_forged_plan(rehearse: MakeRehearsal) -> None:
    """Protected files are not edited, whatever a plan says that nothing seals."""
    ci = WorldFile(path=".github/workflows/ci.yml", base=b"on: push\n", head=b"on: FizzBuzz\n")
    rehearsal = await rehearse(files=[*many(1), ci])
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1", api_key="not-needed")
    forged = (jobs.handed / "plan.json").read_text().replace("src/file_001.py", ci.path)
    (jobs.handed / "plan.json").write_text(forged)
    await jobs.edit("1/1", api_key="not-needed")
    done = await jobs.publish(api_key="not-needed")

    assert rehearsal.typist.asked == []
    assert rehearsal.reviews == []
    assert {result.reason for result in done.report.files} == {"protected: in .github"}


@pytest.mark.parametrize("deliver", ["commit", "pull-request"])
async def test_forged_plan_for_other_files(rehearse: MakeRehearsal, deliver: str) -> None:
    """What the pull request does not change is not written either."""
    other = WorldFile(path="src/other.py", base=b"a = 'FizzBuzz'\n", head=b"a = 'FizzBuzz'\n")
    rehearsal = await rehearse(files=[*many(2), other], prepare=may_write)
    inputs = {"deliver": deliver, "api_key": "not-needed"}
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1", **inputs)
    forged = (jobs.handed / "plan.json").read_text().replace("src/file_001.py", other.path)
    (jobs.handed / "plan.json").write_text(forged)
    await jobs.edit("1/1", **inputs)
    done = await jobs.publish(**inputs)

    assert rehearsal.typist.asked == ["src/file_002.py"]
    (skipped,) = done.report.with_status(FileStatus.SKIPPED)
    assert (skipped.path, skipped.reason) == (other.path, "not changed by the pull request")


@pytest.mark.parametrize("deliver", ["suggestions", "pull-request"])
async def test_limit_on_files_is_the_plans(rehearse: MakeRehearsal, deliver: str) -> None:
    """`max-files` holds in the plan; other jobs edit what it chose, with the input or not."""
    rehearsal = await rehearse(files=many(55), prepare=may_write)
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1", max_files="53", deliver=deliver)
    await jobs.edit("1/1", deliver=deliver)
    done = await jobs.publish(deliver=deliver)

    assert len(done.report.with_status(FileStatus.EDITED)) == 53
    skipped = done.report.with_status(FileStatus.SKIPPED)
    assert [result.reason for result in skipped] == ["over `max-files` (53)"] * 2


async def test_help_needs_no_plan(rehearse: MakeRehearsal) -> None:
    """The first job answers commands that edit nothing, and the matrix stays empty."""
    rehearsal = await rehearse(files=many(1))
    done = await Jobs(rehearsal, "/predict-edit help").plan()

    assert (done.report.outcome, done.report.shards) == (Outcome.ANSWERED, None)


async def test_nothing_to_edit(rehearse: MakeRehearsal) -> None:
    """If no file is left to edit, the matrix is empty, and publishing says so."""
    rehearsal = await rehearse(files=many(2))
    jobs = Jobs(rehearsal, f"/predict-edit --files nothing.here {REPLACE.partition(' ')[2]}")
    plan = await jobs.plan()
    done = await jobs.publish()

    assert plan.report.shards == ()
    assert done.report.outcome is Outcome.UNCHANGED
    assert len(done.report.with_status(FileStatus.SKIPPED)) == 2
    assert rehearsal.stage.reactions.count("eyes") == 1


async def test_plan_of_another_command(rehearse: MakeRehearsal) -> None:
    """Artifacts of another command are refused, if they can be recognised."""
    rehearsal = await rehearse(files=many(2))
    await Jobs(rehearsal).plan(shard="1")
    other = Jobs(rehearsal, "/predict-edit Something else.")
    done = await other.publish()

    assert done.report.outcome is Outcome.FAILED
    assert "of another command" in rehearsal.stage.summaries[-1]


async def test_plan_of_another_run(rehearse: MakeRehearsal) -> None:
    """An older plan for the same command is refused; running jobs again keeps the run's number."""
    rehearsal = await rehearse(files=many(2))
    jobs = Jobs(rehearsal)
    await jobs.plan(shard="1", api_key=OWN_KEY)
    await jobs.edit("1/1", api_key=OWN_KEY)
    rehearsal.run_id = "2"
    done = await jobs.publish(api_key=OWN_KEY)

    assert done.report.outcome is Outcome.FAILED
    assert "written by another run" in done.report.problem
    assert rehearsal.reviews == []


async def test_threads_are_read_once(rehearse: MakeRehearsal) -> None:
    """By the first job; what it was paid for is posted, though a thread is resolved meanwhile."""
    rehearsal = await rehearse(files=many(2))
    github = rehearsal.stage.github
    threads = [
        github.review_comment(REPOSITORY, 1, WRITER, "Use our name.", path=file.path, line=6).thread
        for file in many(2)
    ]
    jobs = Jobs(rehearsal, "/predict-edit address")
    await jobs.plan(shard="2")
    await jobs.edit("1/2")
    for thread in threads:
        thread.resolved_by = github.user(WRITER)
    await jobs.edit("2/2")
    done = await jobs.publish()

    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert len(rehearsal.typist.asked) == len(rehearsal.places) == 2
    assert [each["status"] for each in json.loads(rehearsal.file("result.json"))["threads"]] == [
        "edited", "edited",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["plan", "edit"])
async def test_a_file_that_cannot_be_handed_on(rehearse: MakeRehearsal, mode: str) -> None:
    """A folder in its place is noticed before the model is paid."""
    rehearsal = await rehearse(files=many(2))
    jobs = Jobs(rehearsal)
    if mode == "edit":
        await jobs.plan(shard="1")
    folder = rehearsal.stage.folder / f"rehearsal{rehearsal.runs + 1}" / "predict-edit-out"
    (folder / ("plan.json" if mode == "plan" else "shard-1.json")).mkdir(parents=True)
    given = {"results": "handed/plan.json"} if mode == "edit" else {}
    done = await rehearsal.follow(jobs.comment, mode=mode, shard="1", **given)

    assert done.report.outcome is Outcome.FAILED
    assert "is a folder" in done.report.problem
    assert rehearsal.typist.asked == []


class TestRejectedText:
    """What was rejected for what it holds leaves the process nowhere."""

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (OWN_KEY, "holds a secret of this run"),
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "looks like a secret"),
            ("a\u202eb\u2066c", "the order in which text is shown"),
        ],
    )
    @pytest.mark.parametrize("spread", [False, True])
    async def test_it_is_in_no_file_comment_log_or_memory(
        self,
        rehearse: MakeRehearsal,
        caplog: pytest.LogCaptureFixture,
        bad: str,
        reason: str,
        *,
        spread: bool,
    ) -> None:
        """Its place and the reason are reported, in a run of one job and of several."""
        caplog.set_level("DEBUG")
        rehearsal = await rehearse(files=many(2, changes=2))
        rehearsal.typist.first = ('name_0 = "FizzBuzz', f'name_0 = "{bad}')
        if spread:
            jobs = Jobs(rehearsal)
            await jobs.plan(shard="2", api_key=OWN_KEY)
            for name in ("1/2", "2/2"):
                await jobs.edit(name, api_key=OWN_KEY)
            done = await jobs.publish(api_key=OWN_KEY)
        else:
            done = await rehearsal.say(api_key=OWN_KEY)

        report = done.report
        assert [report.count(kind) for kind in PlacementKind] == [2, 0, 2]
        (first, last) = json.loads(rehearsal.file("result.json"))["files"][0]["placements"]
        assert (first["start"], first["kind"], last["kind"]) == (6, "rejected", "inline")
        assert reason in first["reason"]
        marker = find_marker(rehearsal.summary, "summary")
        assert marker is not None
        memory = unpack_unsealed(marker.fields["memory"])
        shown = [
            *(path.read_text() for path in rehearsal.stage.folder.rglob("predict-edit-out/*")),
            *(path.read_text() for path in rehearsal.workspace.rglob("*.json")),
            *(comment.body for comment in rehearsal.stage.suggestions),
            *(review.body for review in rehearsal.reviews),
            render_page(
                page_of(to_result(report), rehearsal.file("edits.patch").decode(), report=report)
            ),
            rehearsal.summary,
            caplog.text,
            repr(memory),
            repr(report),
        ]
        assert len(shown) >= (14 if spread else 10)
        for text in shown:
            assert bad not in text
            assert json.dumps(bad)[1:-1] not in text
            assert repr(bad)[1:-1] not in text
