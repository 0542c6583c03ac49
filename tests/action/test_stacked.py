"""``deliver: pull-request`` on a pull request: its edits as one pull request into its branch."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.delivery.delivered import CLOSED
from predict_edit.domain.edits import ChangePlan, SharedName
from predict_edit.domain.run_report import Outcome
from predict_edit.run.outcome import Finished
from predict_edit.run.publish import NOT_DELIVERED
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault, Sandbox, pull_request_closed
from predict_edit_sandbox.github.nouns import PullRequest
from predict_edit_sandbox.stage import READER, REPLACE, REPOSITORY, WRITER, many
from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
STACK = {"deliver": "pull-request"}
KEY = "sk-typist-no-secret"
"""The model's key, which seals what the action writes."""
FILES = many(3)
ELSEWHERE = tuple(
    WorldFile(path=path, base=b"name = 'FizzBuzz'\n", head=b"name = 'FizzBuzz'\n")
    for path in ("lib/a.py", "lib/b.py", "lib/c.txt", "other/d.py", "lib/package-lock.json")
)


def may_write(github: Sandbox) -> None:
    """What the workflow grants, and the setting that lets it open pull requests."""
    github.add_token(DEFAULT_TOKEN, permissions={"contents": "write", "pull_requests": "write"})
    github.switches.actions_may_open_pull_requests = True


async def a_scene(rehearse: MakeRehearsal, **scene: Any) -> Rehearsal:
    return await rehearse(**{"files": FILES, "prepare": may_write} | scene)


def stacked(rehearsal: Rehearsal, state: str = "open") -> list[PullRequest]:
    """The pull requests of the action, without the one that it works on."""
    pulls = rehearsal.stage.github.repository(REPOSITORY).pulls.values()
    return [pull for pull in pulls if pull.number != 1 and pull.state == state]


def tip_of(rehearsal: Rehearsal, branch: str) -> str | None:
    return rehearsal.stage.github.repository(REPOSITORY).store.branch(branch)


def changed(rehearsal: Rehearsal, pull: PullRequest) -> set[str]:
    return set(rehearsal.stage.github.files(pull))


def reasons(finished: Finished) -> set[str]:
    """Why no edit is a suggestion."""
    placed = [result.placed for result in finished.report.files if result.placed]
    return {placement.reason for each in placed for placement in each.placements}


def written(rehearsal: Rehearsal) -> list[str]:
    """What was written, without reactions; a branch that exists is tried to be created."""
    return [path for _, path in rehearsal.stage.written() if "reactions" not in path]


async def test_opened(rehearse: MakeRehearsal) -> None:
    """One pull request into the head branch, and the pull request itself gets a summary alone."""
    rehearsal = await a_scene(rehearse)
    head = rehearsal.stage.pull.head_sha
    finished = await rehearsal.say(**STACK)

    assert finished.report.outcome is Outcome.OPENED, rehearsal.summary
    (pull,) = stacked(rehearsal)
    assert pull.base_ref == rehearsal.stage.pull.head_ref
    assert pull.head_ref.startswith("predict-edit/1-replace-string-fizzbuzz")
    assert changed(rehearsal, pull) == {file.path for file in FILES}
    store = pull.repository.store
    assert store.commit(pull.head_sha).parents == (head,)
    said = "For pull request 1. It is closed when that one is closed or merged."
    assert said in (pull.body or "")
    assert "Opened [a pull request](" in rehearsal.summary
    assert (rehearsal.stage.pull.head_sha, rehearsal.places) == (head, [])
    assert finished.report.job is not None
    assert finished.report.job.pull_request == 1
    assert not {"inline"} & {
        place["kind"]
        for file in json.loads(rehearsal.file("result.json"))["files"]
        for place in file["placements"]
    }


async def test_run_again(rehearse: MakeRehearsal) -> None:
    """The same command, and a new one that asks for the same, pay and write nothing."""
    rehearsal = await a_scene(rehearse)
    comment = rehearsal.comment()
    await rehearsal.follow(comment, **STACK)
    asked, text = list(rehearsal.typist.asked), rehearsal.summary
    (pull,) = stacked(rehearsal)
    before = (pull.head_sha, pull.body)
    rehearsal.stage.github.log.clear()
    await rehearsal.follow(comment, **STACK)

    assert (written(rehearsal), rehearsal.summary) == ([], text)
    await rehearsal.say(**STACK)
    assert rehearsal.typist.asked == asked
    (pull,) = stacked(rehearsal)
    assert (pull.head_sha, pull.body) == before
    said = rehearsal.stage.summaries[-1]
    assert said.startswith("Nothing new: [the pull request](")
    assert "/pull/2) has 3 changes in 3 files already." in said


async def test_dry_run(rehearse: MakeRehearsal) -> None:
    """It says what would be, and opens nothing."""
    rehearsal = await a_scene(rehearse)
    await rehearsal.say(f"{REPLACE[:13]} --dry-run {REPLACE[13:]}", **STACK)

    assert stacked(rehearsal) == []
    said = "nothing was written.** A pull request would have 3 changes in 3 files."
    assert said in rehearsal.summary


@pytest.mark.parametrize(("context", "asked"), [("diff", 1), ("pull-request", 3)])
async def test_refreshed_in_place(rehearse: MakeRehearsal, context: str, asked: int) -> None:
    """After a push, only what changed is asked for, and the commit is on the new head.

    Where every file is shown with the whole diff, that has changed for all of them.
    """
    rehearsal = await a_scene(rehearse)
    inputs = STACK | {"context": context}
    await rehearsal.say(**inputs)
    rehearsal.typist.asked.clear()
    more = FILES[0].head or b""
    head = rehearsal.stage.github.push(
        REPOSITORY, rehearsal.stage.pull.head_ref, {FILES[0].path: more + b"# more FizzBuzz\n"}
    )
    await rehearsal.say(**inputs)

    assert sorted(rehearsal.typist.asked) == [file.path for file in FILES][:asked]
    (pull,) = stacked(rehearsal)
    said = f"/pull/{pull.number}), which now has 4 changes in 3 files."
    assert rehearsal.stage.summaries[-1].startswith("Updated [the pull request](")
    assert said in rehearsal.stage.summaries[-1]
    assert pull.repository.store.commit(pull.head_sha).parents == (head,)
    assert changed(rehearsal, pull) == {file.path for file in FILES}


@pytest.mark.parametrize("say", [REPLACE, "/predict-edit address"])
async def test_given_again_in_a_thread(rehearse: MakeRehearsal, say: str) -> None:
    """The first command, which is in the thread by then, does not make it another question."""
    rehearsal = await a_scene(rehearse)
    github, path = rehearsal.stage.github, FILES[0].path
    thread = github.review_comment(REPOSITORY, 1, WRITER, "Use our name.", path=path, line=6)
    for _ in range(2):
        await rehearsal.follow_reply(github.reply(thread, WRITER, say), **STACK)

    assert rehearsal.typist.asked == [path]
    (pull,) = stacked(rehearsal)
    assert changed(rehearsal, pull) == {path}


async def test_another_instruction_has_its_own(rehearse: MakeRehearsal) -> None:
    rehearsal = await a_scene(rehearse)
    await rehearsal.say(**STACK)
    await rehearsal.say("/predict-edit Replace string `FizzBuzz` with `Other`.", **STACK)

    assert len({pull.head_ref for pull in stacked(rehearsal)}) == 2


async def test_one_for_each_thread(rehearse: MakeRehearsal) -> None:
    """What one thread asks for neither answers nor overwrites what another asks for."""
    rehearsal = await a_scene(rehearse, files=many(1, changes=2))
    github, path = rehearsal.stage.github, "src/file_001.py"
    threads = [
        github.review_comment(REPOSITORY, 1, WRITER, "Here.", path=path, line=line)
        for line in (6, 16)
    ]
    for body in (REPLACE, "/predict-edit address"):
        for thread in threads:
            await rehearsal.follow_reply(github.reply(thread, WRITER, body), **STACK)

    lines = [[aim.line for aim in request.aims] for request in rehearsal.typist.requests]
    assert lines == [[6], [16], [6], [16]]
    assert len({pull.head_ref for pull in stacked(rehearsal)}) == 4


async def test_the_whole_change_is_part_of_the_question(rehearse: MakeRehearsal) -> None:
    """What every file was shown has changed with a push to one of them."""
    rehearsal = await a_scene(rehearse)
    inputs = STACK | {"context": "pull-request"}
    await rehearsal.say(**inputs)
    await rehearsal.say(**inputs)
    assert len(rehearsal.typist.asked) == len(FILES)
    rehearsal.typist.asked.clear()
    more = (FILES[0].head or b"") + b"# more FizzBuzz\n"
    rehearsal.stage.github.push(REPOSITORY, rehearsal.stage.pull.head_ref, {FILES[0].path: more})
    await rehearsal.say(**inputs)

    assert set(rehearsal.typist.asked) == {file.path for file in FILES}


async def test_the_next_run_continues(rehearse: MakeRehearsal) -> None:
    """`max-files` counts what is asked for, and strands no file."""
    rehearsal = await a_scene(rehearse)
    for count in range(1, len(FILES) + 1):
        await rehearsal.say(**STACK, max_files="1")
        (pull,) = stacked(rehearsal)
        assert len(changed(rehearsal, pull)) == len(rehearsal.typist.asked) == count


async def test_a_plan_has_no_say_once_it_is_off(rehearse: MakeRehearsal) -> None:
    """What it left is not planned again, but edited if a person wants no plan."""
    rehearsal = await a_scene(rehearse)
    rehearsal.typist.change = ChangePlan(left=(FILES[0].path,))
    for _ in range(2):
        await rehearsal.say(**STACK, plan="on")
    assert (len(rehearsal.typist.asked), len(rehearsal.typist.plans)) == (2, 1)
    await rehearsal.say(f"{REPLACE[:13]} --plan off {REPLACE[13:]}", **STACK, plan="on")

    assert rehearsal.typist.asked[2:] == [FILES[0].path]
    (pull,) = stacked(rehearsal)
    assert changed(rehearsal, pull) == {file.path for file in FILES}


async def test_names_that_are_left_are_named_in_it(rehearse: MakeRehearsal) -> None:
    """Who reviews it does not read the summary of the other one."""
    rehearsal = await a_scene(rehearse)
    names = (SharedName(old="FizzBuzz", new="MSFTBuzz"),)
    rehearsal.typist.change = ChangePlan(names=names)
    rehearsal.typist.lazy = (FILES[0].path,)
    await rehearsal.say(**STACK, plan="on")

    (pull,) = stacked(rehearsal)
    assert f"is still in `{FILES[0].path}`." in (pull.body or "")


@pytest.mark.parametrize("plan", ["off", "on"])
async def test_a_refresh_takes_a_group_whole_or_not_at_all(
    rehearse: MakeRehearsal, plan: str
) -> None:
    """Also without a plan, or with other names; the pull request says what changes alike."""
    rehearsal = await a_scene(rehearse)
    typist, names = rehearsal.typist, (SharedName(old="FizzBuzz", new="MSFTBuzz"),)
    typist.change = ChangePlan(names=names)
    await rehearsal.say(**STACK, plan="on")
    (pull,) = stacked(rehearsal)
    before = pull.head_sha
    more = (FILES[0].head or b"") + b"# more FizzBuzz\n"
    rehearsal.stage.github.push(REPOSITORY, rehearsal.stage.pull.head_ref, {FILES[0].path: more})
    typist.broken = (FILES[0].path,)
    typist.change = ChangePlan(names=(SharedName(old="more", new="less"),))
    finished = await rehearsal.say(**STACK, plan=plan)

    assert pull.head_sha == before
    assert finished.report.held == 2
    typist.broken = ()
    await rehearsal.say(**STACK, plan=plan)
    assert pull.head_sha != before
    assert changed(rehearsal, pull) == {file.path for file in FILES}
    assert len(typist.plans) == {"off": 1, "on": 3}[plan]


async def test_a_persons_commit_survives(rehearse: MakeRehearsal) -> None:
    """A branch with somebody's commit is left alone, even if it comes while the run works."""
    rehearsal = await a_scene(rehearse)
    await rehearsal.say(**STACK)
    (pull,) = stacked(rehearsal)
    theirs = rehearsal.stage.github.push(REPOSITORY, pull.head_ref, {"x.txt": "x\n"})
    head = rehearsal.stage.pull.head_ref
    rehearsal.stage.github.push(REPOSITORY, head, {FILES[0].path: b"a = 'FizzBuzz'\n"})
    await rehearsal.say(**STACK)

    assert tip_of(rehearsal, pull.head_ref) == theirs
    assert [each.head_ref for each in stacked(rehearsal)] == [pull.head_ref, f"{pull.head_ref}-2"]


@pytest.mark.parametrize("how", ["closed", "deleted"])
async def test_closed_is_a_no(rehearse: MakeRehearsal, how: str) -> None:
    """What was closed, or whose branch was deleted, is not offered again."""
    rehearsal = await a_scene(rehearse)
    await rehearsal.say(**STACK)
    (pull,) = stacked(rehearsal)
    if how == "closed":
        rehearsal.stage.github.close_pull_request(REPOSITORY, pull.number)
    else:
        pull.repository.store.update_ref(f"refs/heads/{pull.head_ref}", None)
        rehearsal.stage.github.sync(REPOSITORY)
    rehearsal.typist.asked.clear()
    await rehearsal.say(**STACK)

    assert (rehearsal.typist.asked, stacked(rehearsal)) == ([], [])
    assert "its edit was in a pull request that was closed" in rehearsal.stage.summaries[-1]


# One run makes 17 requests: the temporary branch is made with the 12th, the commit with the 13th,
# our branch with the 15th, the pull request with the 16th, the final summary with the 17th.
DECISIVE = [(12, True), (13, True), (15, False), (15, True), (16, False), (16, True), (17, False)]
ALL = [(number, performed) for number in range(1, 18) for performed in (False, True)]


async def kill_and_run_again(rehearse: MakeRehearsal, request: int, *, performed: bool) -> None:
    """A second run completes the first: one open pull request, and what was saved is not paid."""
    rehearsal = await a_scene(rehearse)
    comment = rehearsal.comment()
    rehearsal.crash_at(request, performed=performed)
    await rehearsal.follow(comment, **STACK)
    assert rehearsal.stage.github.log.requests[-1].status is None
    rehearsal.recover()
    asked = list(rehearsal.typist.asked)
    remembered = any("memory=" in text for text in rehearsal.stage.summaries)
    await rehearsal.follow(comment, **STACK)

    (pull,) = stacked(rehearsal)
    assert changed(rehearsal, pull) == {file.path for file in FILES}
    assert pull.base_ref == rehearsal.stage.pull.head_ref
    assert len(rehearsal.stage.summaries) == 1
    if remembered:
        assert sorted(rehearsal.typist.asked) == sorted(asked)


@pytest.mark.parametrize(("request_number", "performed"), DECISIVE)
async def test_killed(rehearse: MakeRehearsal, request_number: int, *, performed: bool) -> None:
    await kill_and_run_again(rehearse, request_number, performed=performed)


@pytest.mark.slow
@pytest.mark.parametrize(("request_number", "performed"), ALL)
async def test_killed_anywhere(
    rehearse: MakeRehearsal, request_number: int, *, performed: bool
) -> None:
    """The same at every request of a run."""
    await kill_and_run_again(rehearse, request_number, performed=performed)


async def test_closed_while_it_works(rehearse: MakeRehearsal) -> None:
    """Nothing is opened for a pull request that was closed meanwhile."""
    rehearsal = await a_scene(rehearse)
    github = rehearsal.stage.github
    github.faults.add(
        Fault(
            path=".*/graphql",
            containing="query HeadAndCommand",
            act=lambda: github.close_pull_request(REPOSITORY, 1),
        )
    )
    finished = await rehearsal.say(**STACK)

    assert stacked(rehearsal) == []
    assert finished.report.outcome is Outcome.PATCHED
    assert reasons(finished) == {CLOSED}
    assert f"3 changes not inline ({CLOSED}: 3): the patch is below." in rehearsal.summary


async def test_what_is_not_delivered_is_not_said_to_be(rehearse: MakeRehearsal) -> None:
    """As the command was edited while the run worked."""
    rehearsal = await a_scene(rehearse)
    comment = rehearsal.comment()

    def edit() -> None:
        comment.body = "Never mind."

    fault = Fault(path=".*/graphql", containing="query HeadAndCommand", act=edit)
    rehearsal.stage.github.faults.add(fault)
    names = (SharedName(old="FizzBuzz", new="MSFTBuzz"),)
    rehearsal.typist.change = ChangePlan(names=names)
    rehearsal.typist.lazy = (FILES[0].path,)
    finished = await rehearsal.follow(comment, **STACK, plan="on")

    assert finished.report.outcome is Outcome.FAILED
    assert reasons(finished) == {NOT_DELIVERED}
    assert any(f"is still in `{FILES[0].path}`." in note for note in finished.report.notes)


async def test_edits_outside_of_the_diff_are_in_it_too(rehearse: MakeRehearsal) -> None:
    """What cannot be a suggestion is said to be where it is."""
    far = b"FizzBuzz\n" + b"same\n" * 20
    file = WorldFile(path="far.txt", base=far + b"a\n", head=far + b"b FizzBuzz\n")
    rehearsal = await a_scene(rehearse, files=[file])

    assert reasons(await rehearsal.say(**STACK)) == {"in the pull request"}


class TestNothingToOffer:
    """A run whose edits are all rejected or held back opens nothing, and closes nothing."""

    @staticmethod
    def reject(rehearsal: Rehearsal, number: int) -> None:
        """Let the edit of one file hold what looks like a secret."""
        secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
        rehearsal.typist.first = (f"FizzBuzz {number}", secret)

    async def test_nothing_is_opened(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await a_scene(rehearse, files=many(1))
        self.reject(rehearsal, 1)
        for dry_run in ("true", "false"):
            finished = await rehearsal.say(**STACK, dry_run=dry_run)
            assert finished.report.outcome is Outcome.PATCHED

        assert stacked(rehearsal) == []
        assert "Nothing to deliver: 1 change rejected, none left." in rehearsal.summary

    @pytest.mark.parametrize(("count", "held"), [(1, 0), (3, 3)])
    async def test_ours_stays_open(self, rehearse: MakeRehearsal, count: int, held: int) -> None:
        """One edit is rejected; those of the other files belong to it, and are held back."""
        rehearsal = await a_scene(rehearse, files=many(count))
        await rehearsal.say(**STACK)
        (pull,) = stacked(rehearsal)
        before = (pull.head_sha, pull.body)
        rehearsal.stage.github.push(
            REPOSITORY,
            rehearsal.stage.pull.head_ref,
            {file.path: (file.head or b"") + b"# more\n" for file in many(count)},
        )
        self.reject(rehearsal, 1)
        rehearsal.typist.change = ChangePlan(names=(SharedName(old="FizzBuzz", new="MSFTBuzz"),))
        finished = await rehearsal.say(**STACK, plan="on")

        (pull,) = stacked(rehearsal)
        assert (pull.head_sha, pull.body) == before
        assert finished.report.outcome is Outcome.PATCHED
        assert sum(bool(result.held) for result in finished.report.files) == held
        assert (b"MSFTBuzz" in rehearsal.file("remainder.patch")) == (count > 1)
        assert ("git apply remainder.patch" in rehearsal.stage.summaries[-1]) == (count > 1)
        assert "stays as it is" in rehearsal.stage.summaries[-1]


LINK, SUBMODULE = "120000", "160000"


def push_entries(rehearsal: Rehearsal, entries: Mapping[str, str]) -> None:
    """Push entries of these modes, by path, onto the head; links lead to the first file."""
    stage, head = rehearsal.stage, rehearsal.stage.pull.head_sha
    store = stage.pull.repository.store
    tree = store.write_tree(head, dict.fromkeys(entries, FILES[0].path.encode()), entries)
    sha = store.commit_tree(
        tree, [head], message="odd", author=("ada", "a@b.invalid"), date="2026-01-01T00:00:00Z"
    )
    stage.github.move_branch(REPOSITORY, stage.pull.head_ref, sha)


async def test_links_and_submodules_stay_on_a_protected_branch(rehearse: MakeRehearsal) -> None:
    """They are named, and kept in our commit; the branch itself is never pushed to."""
    rehearsal = await a_scene(rehearse)
    head = rehearsal.stage.pull.head_ref
    rehearsal.stage.github.repository(REPOSITORY).protected.add(head)
    odd = {"lib/link.py": LINK, "lib/module": SUBMODULE}
    push_entries(rehearsal, odd)
    await rehearsal.say(**STACK)
    (pull,) = stacked(rehearsal)
    assert changed(rehearsal, pull) == {file.path for file in FILES}
    # A file that was edited before is a link now.
    odd |= {FILES[1].path: LINK}
    push_entries(rehearsal, odd)
    finished = await rehearsal.say(**STACK)

    assert finished.report.outcome is Outcome.OPENED
    assert changed(rehearsal, pull) == {FILES[0].path, FILES[2].path}
    tree = pull.repository.store.tree(pull.head_sha, recursive=True)
    assert {each.path: each.mode for each in tree if each.mode in {LINK, SUBMODULE}} == odd
    said = rehearsal.stage.summaries[-1]
    assert "- a symbolic link (2): `lib/link.py`, `src/file_002.py`" in said
    assert "- a submodule (1): `lib/module`" in said


class TestClosing:
    """The event of the first pull request closes what goes into its branch, and nothing else."""

    @pytest.mark.parametrize("how", ["merged", "closed", "merged and its branch deleted"])
    async def test_closed_with_the_first(self, rehearse: MakeRehearsal, how: str) -> None:
        """Also where the workflow's commands suggest by default."""
        rehearsal = await a_scene(rehearse)
        github, first = rehearsal.stage.github, rehearsal.stage.pull
        await rehearsal.say(**STACK)
        (pull,) = stacked(rehearsal)
        base = github.repository(REPOSITORY).default_branch
        head = github.push(REPOSITORY, "theirs", {"x.txt": "x\n"})
        assert head
        theirs = github.open_pull_request(REPOSITORY, base=base, head="theirs")
        if how == "closed":
            github.close_pull_request(REPOSITORY, 1)
        else:
            github.merge_pull_request(REPOSITORY, 1)
        if "deleted" in how:
            # GitHub moves pull requests into a deleted branch to where that was merged.
            pull.base_ref = first.base_ref
        event = pull_request_closed(github, first)
        run = await rehearsal.stage.run("pull_request", event, api_key=KEY, deliver="suggestions")

        assert (run.exit_code, run.outputs["outcome"]) == (0, "ignored"), run.stdout
        assert (pull.state, theirs.state) == ("closed", "open")
        assert tip_of(rehearsal, pull.head_ref) is None
        assert rehearsal.stage.bodies == []

    async def test_without_the_key_nothing_is_closed(self, rehearse: MakeRehearsal) -> None:
        """GitHub gives no secrets to what Dependabot does; any marker would count."""
        rehearsal = await a_scene(rehearse)
        github = rehearsal.stage.github
        await rehearsal.say(**STACK)
        (pull,) = stacked(rehearsal)
        github.close_pull_request(REPOSITORY, 1)
        event = pull_request_closed(github, rehearsal.stage.pull)
        run = await rehearsal.stage.run("pull_request", event, api_key="")

        assert (run.exit_code, run.outputs["outcome"]) == (0, "ignored"), run.stdout
        assert "`api-key`" in run.stdout
        assert pull.state == "open"

    async def test_reopened(self, rehearse: MakeRehearsal) -> None:
        """That it was closed with the first one is nobody's no to its edits."""
        rehearsal = await a_scene(rehearse)
        github = rehearsal.stage.github
        await rehearsal.say(**STACK)
        github.close_pull_request(REPOSITORY, 1)
        event = pull_request_closed(github, rehearsal.stage.pull)
        await rehearsal.stage.run("pull_request", event, api_key=KEY)
        github.close_pull_request(REPOSITORY, 1, state=True)
        await rehearsal.say(**STACK)

        assert len(stacked(rehearsal)) == 1

    async def test_a_persons_branch_stays(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await a_scene(rehearse)
        github = rehearsal.stage.github
        await rehearsal.say(**STACK)
        (pull,) = stacked(rehearsal)
        theirs = github.push(REPOSITORY, pull.head_ref, {"x.txt": "x\n"})
        event = pull_request_closed(github, rehearsal.stage.pull)
        await rehearsal.stage.run("pull_request", event, api_key=KEY)

        assert tip_of(rehearsal, pull.head_ref) == theirs


class TestRefusals:
    """Each comes before the model is paid, with the next step."""

    async def test_fork(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await a_scene(rehearse, fork=True)
        finished = await rehearsal.say(**STACK)

        assert (finished.report.outcome, rehearsal.typist.opened) == (Outcome.FAILED, 0)
        assert "is from a fork" in rehearsal.summary
        assert "`--deliver suggestions`" in rehearsal.summary

    async def test_token_that_may_not_push(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await rehearse(files=FILES)
        finished = await rehearsal.say(**STACK)

        assert (finished.report.outcome, rehearsal.typist.opened) == (Outcome.FAILED, 0)
        assert "contents: write" in rehearsal.summary

    async def test_other_files_in_shards(self, rehearse: MakeRehearsal) -> None:
        """Later jobs could not check that files outside of the pull request are allowed."""
        rehearsal = await a_scene(rehearse)
        finished = await rehearsal.say(**STACK, also="lib/**", mode="plan")

        assert (finished.report.outcome, rehearsal.typist.opened) == (Outcome.FAILED, 0)
        assert "`mode` plan and `also` exclude each other" in rehearsal.summary

    async def test_not_allowed_by_the_repository(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await a_scene(rehearse)
        await rehearsal.say(f"{REPLACE[:13]} --deliver pull-request {REPLACE[13:]}")

        assert rehearsal.typist.opened == 0
        assert "does not allow" in rehearsal.summary


class TestAlso:
    """Files that the pull request does not change."""

    async def test_the_same_pattern_elsewhere(self, rehearse: MakeRehearsal) -> None:
        """What ``also`` names is edited too, but nothing protected or excluded."""
        rehearsal = await a_scene(rehearse, files=[*FILES, *ELSEWHERE])
        await rehearsal.say(**STACK, also="lib/**", exclude="*.txt")

        (pull,) = stacked(rehearsal)
        assert changed(rehearsal, pull) == {f.path for f in FILES} | {"lib/a.py", "lib/b.py"}
        skipped = {
            file["path"]: file["reason"]
            for file in json.loads(rehearsal.file("result.json"))["files"]
            if file["status"] == "skipped"
        }
        assert set(skipped) == {"lib/c.txt", "lib/package-lock.json"}

    async def test_a_plan_narrows_them(self, rehearse: MakeRehearsal) -> None:
        """It is shown their outlines, and what it leaves is not asked for, now or again."""
        rehearsal = await a_scene(rehearse, files=[*FILES, *ELSEWHERE])
        rehearsal.typist.change = ChangePlan(left=("lib/b.py", FILES[0].path))
        inputs = STACK | {"also": "lib/*.py", "plan": "on"}
        await rehearsal.say(**inputs)

        (plan,) = rehearsal.typist.plans
        assert {*plan.paths} == {f.path for f in FILES} | {"lib/a.py", "lib/b.py"}
        assert any('file "lib/b.py", 2 lines' in text for _, text in plan.background.blocks)
        (pull,) = stacked(rehearsal)
        assert changed(rehearsal, pull) == {f.path for f in FILES[1:]} | {"lib/a.py"}
        await rehearsal.say(**inputs)
        assert (len(rehearsal.typist.plans), len(rehearsal.typist.asked)) == (1, 3)

    async def test_limits_hold(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await a_scene(rehearse, files=[*FILES, *ELSEWHERE])
        await rehearsal.say(**STACK, also="lib/**", max_files="4")

        assert len(rehearsal.typist.asked) == 4

    async def test_a_commenter_only_narrows(self, rehearse: MakeRehearsal) -> None:
        """An option takes away from what the repository allows, and never adds to it."""
        rehearsal = await a_scene(rehearse, files=[*FILES, *ELSEWHERE])
        say = REPLACE.removeprefix("/predict-edit ")
        await rehearsal.say(f"/predict-edit --also *.py {say}", **STACK, also="lib/**")
        asked = set(rehearsal.typist.asked) - {file.path for file in FILES}
        assert asked == {"lib/a.py", "lib/b.py"}

        rehearsal.typist.asked.clear()
        await rehearsal.say(f"/predict-edit --also other/** {say}", **STACK)
        assert rehearsal.typist.asked == []
        assert "does not set `also`" in rehearsal.stage.summaries[-1]

        await rehearsal.say(f"/predict-edit --also lib/** --deliver patch {say}", also="lib/**")
        assert rehearsal.typist.asked == []
        assert "only with `deliver: pull-request`" in rehearsal.stage.summaries[-1]

    async def test_a_named_place_has_no_others(self, rehearse: MakeRehearsal) -> None:
        """A thread, `address`, findings and `--files` say which files are meant."""
        rehearsal = await a_scene(rehearse, files=[*FILES, *ELSEWHERE])
        github, typist, first = rehearsal.stage.github, rehearsal.typist, FILES[0].path
        (rehearsal.workspace / "lint.txt").write_text(f"{first}:6:1: N801 a bad name\n")
        inputs = STACK | {"also": "lib/**"}
        thread = github.review_comment(REPOSITORY, 1, WRITER, "Here.", path=first, line=6)
        await rehearsal.follow_reply(github.reply(thread, WRITER, REPLACE), **inputs)
        assert typist.asked == [first]
        await rehearsal.say("/predict-edit address", **inputs)
        assert typist.asked == [first] * 2
        await rehearsal.say(**inputs, findings="lint.txt")
        assert typist.asked == [first] * 3
        typist.asked.clear()
        say = REPLACE.removeprefix("/predict-edit ")
        only = f"/predict-edit --files 'src/file_001.py,lib/a.py' {say}"
        await rehearsal.say(only, **inputs, files="src/**")
        assert set(typist.asked) == {first, "lib/a.py"}

    async def test_without_a_pull_request_it_changes_nothing(self, rehearse: MakeRehearsal) -> None:
        rehearsal = await a_scene(rehearse, files=[*FILES, *ELSEWHERE])
        await rehearsal.say(also="lib/**")

        assert set(rehearsal.typist.asked) == {file.path for file in FILES}


async def test_threads_are_addressed_in_it(rehearse: MakeRehearsal) -> None:
    rehearsal = await a_scene(rehearse)
    rehearsal.stage.github.review_comment(
        REPOSITORY, 1, WRITER, "Use our name.", path=FILES[0].path, line=6
    )
    await rehearsal.say("/predict-edit address", **STACK)

    (pull,) = stacked(rehearsal)
    assert changed(rehearsal, pull) == {FILES[0].path}
    assert "edited, in the pull request" in rehearsal.summary
    assert READER != WRITER
