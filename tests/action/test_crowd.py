"""Many commands, and several at once: limits of one person and one pull request."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from predict_edit.domain.run_report import Outcome
from predict_edit.support.markers import Marker, Seals, find_marker
from predict_edit.trigger import rate_limit
from predict_edit.trigger.rate_limit import COMMANDS, LONGEST_RUN, signature
from predict_edit_sandbox.github import Fault
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import IssueComment
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.stage import ADMIN, REPLACE, REPOSITORY, WRITER, Stage, many

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeStage = Callable[..., Awaitable[Stage]]
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
FILES = many(2)


def earlier(
    stage: Stage,
    number: int,
    *,
    by: str = WRITER,
    state: str = "done",
    ago: dt.timedelta,
    key: str | None = "sk-typist-no-secret",
) -> IssueComment:
    """The summary of a command that was given before, sealed with a key."""
    fields = {"command": f"issue-comment-{number}", "by": signature(by), "state": state}
    if state == "done":
        fields |= {"head": stage.pull.head_sha, "outcome": "suggested"}
    seals = Seals(key, f"{REPOSITORY}#{stage.pull.number}")
    body = f"Before.\n\n{seals.seal(Marker('summary', fields))}\n"
    comment = stage.github.comment(REPOSITORY, stage.pull.number, ACTIONS_LOGIN, body)
    comment.created_at -= ago
    return comment


MINUTE = dt.timedelta(minutes=1)


async def test_person_with_many_commands_has_to_wait(make_stage: MakeStage) -> None:
    """👎, a reason in log and job summary, and nothing that costs: no model, no comment."""
    stage = await make_stage(files=FILES)
    for number in range(COMMANDS):
        earlier(stage, number, ago=50 * MINUTE, key=API_KEY)
    before = len(stage.summaries)

    run = await stage.say()

    assert (run.exit_code, run.outputs["outcome"]) == (0, "denied"), run.log
    assert stage.bodies == []
    assert len(stage.summaries) == before
    assert stage.reactions == ["-1"]
    assert "30 are allowed" in run.log
    assert "has to wait" in run.summary
    assert "30 are allowed" in run.summary


async def test_wrong_commands_are_not_answered_for_ever(rehearse: MakeRehearsal) -> None:
    """Answers to help and to wrong commands count too, and stop."""
    rehearsal = await rehearse(files=FILES)
    for _ in range(COMMANDS):
        assert (await rehearsal.say("/predict-edit --wrong")).report.outcome is Outcome.ANSWERED
    last = await rehearsal.say("/predict-edit help")

    assert last.report.outcome is Outcome.DENIED
    assert len(rehearsal.stage.summaries) == COMMANDS
    other = rehearsal.comment(login=ADMIN)
    assert (await rehearsal.follow(other)).report.outcome is Outcome.SUGGESTED


async def test_dry_runs_are_counted(rehearse: MakeRehearsal) -> None:
    """They leave no summary, but the model is still paid for."""
    rehearsal = await rehearse(files=FILES)
    for _ in range(COMMANDS):
        rehearsal.comment("/predict-edit --dry-run x")

    assert (await rehearsal.say()).report.outcome is Outcome.DENIED
    assert rehearsal.typist.opened == 0


async def test_a_deleted_comment_takes_no_dry_run_back(
    rehearse: MakeRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own comment on the dry run stays, and the person cannot delete that."""
    monkeypatch.setattr(rate_limit, "COMMANDS", 2)
    rehearsal = await rehearse(files=FILES)
    for _ in range(2):
        comment = rehearsal.comment("/predict-edit --dry-run x")
        assert (await rehearsal.follow(comment)).report.outcome is Outcome.SUGGESTED
        rehearsal.stage.pull.comments.remove(comment)

    assert (await rehearsal.say("/predict-edit --dry-run x")).report.outcome is Outcome.DENIED
    assert rehearsal.typist.opened == 2


async def test_unreadable_conversation_denies_commands(rehearse: MakeRehearsal) -> None:
    """If the earlier commands cannot be read, the model is not asked."""
    rehearsal = await rehearse(files=FILES)
    faults = rehearsal.stage.github.faults
    faults.add(Fault(path=r".*/graphql", status=502, times=None))
    faults.add(Fault(method="GET", path=r".*/issues/1/comments", status=502, times=None))

    assert (await rehearsal.say()).report.outcome is Outcome.FAILED
    assert rehearsal.typist.opened == 0


async def test_second_command_gets_a_link_to_the_first(rehearse: MakeRehearsal) -> None:
    """A command that arrives while another runs says so, links to it and asks no model."""
    rehearsal = await rehearse(files=FILES)
    rehearsal.typist.delay = 0.5
    said = asyncio.Event()
    rehearsal.stage.github.faults.add(
        Fault(method="POST", path=r".*/issues/1/comments", when="after", act=said.set)
    )
    first = asyncio.create_task(rehearsal.say())
    await said.wait()
    rehearsal.typist.delay = 0.0

    second = await rehearsal.follow(rehearsal.comment("/predict-edit Say more.", ADMIN))

    assert (second.report.outcome, second.report.problem[:39]) == (
        Outcome.FAILED,
        "Another command is already running on t",
    )
    assert rehearsal.stage.reactions == ["confused"]
    working, told = rehearsal.stage.pull.comments[-2], rehearsal.stage.summaries[-1]
    assert f"#issuecomment-{working.id})" in told or f"#issuecomment-{working.id - 1})" in told
    assert (await first).report.outcome is Outcome.SUGGESTED
    assert rehearsal.typist.opened == 1


async def test_a_killed_run_is_in_the_way_for_a_while(rehearse: MakeRehearsal) -> None:
    """Its own workflow may be re-run at once; other commands wait until it cannot be alive."""
    rehearsal = await rehearse(files=FILES)
    stage = rehearsal.stage
    killed = rehearsal.comment()
    trace = earlier(stage, killed.id, state="working", ago=LONGEST_RUN - MINUTE)

    assert (await rehearsal.say()).report.outcome is Outcome.FAILED
    assert (await rehearsal.follow(killed)).report.outcome is Outcome.SUGGESTED
    done = find_marker(trace.body, "summary")
    assert done
    assert done.fields["state"] == "done"

    earlier(stage, 99, state="working", ago=LONGEST_RUN)
    assert (await rehearsal.say(f"{REPLACE} Twice.")).report.outcome is not Outcome.FAILED


async def test_a_copied_mark_is_in_nobody_s_way(rehearse: MakeRehearsal) -> None:
    """A workflow that quotes our summary as it read while the command ran keeps nobody out."""
    rehearsal = await rehearse(files=FILES)
    earlier(rehearsal.stage, 5, ago=3 * MINUTE)
    earlier(rehearsal.stage, 5, state="working", ago=2 * MINUTE)

    assert (await rehearsal.say()).report.outcome is Outcome.SUGGESTED


async def test_help_is_given_while_a_command_runs(rehearse: MakeRehearsal) -> None:
    """A command that edits nothing need not wait."""
    rehearsal = await rehearse(files=FILES)
    earlier(rehearsal.stage, 99, state="working", ago=MINUTE)

    assert (await rehearsal.say("/predict-edit help")).report.outcome is Outcome.ANSWERED


@pytest.mark.parametrize("state", ["done", "working"])
async def test_what_another_workflow_quotes_ends_nothing(
    rehearse: MakeRehearsal, state: str
) -> None:
    """A mark of our account without our seal neither ends a command nor keeps it out."""
    rehearsal = await rehearse(files=FILES)
    command = rehearsal.comment()
    own, others = (
        earlier(rehearsal.stage, number, state=state, ago=MINUTE, key=None)
        for number in (command.id, 99)
    )
    before = own.body, others.body

    assert (await rehearsal.follow(command)).report.outcome is Outcome.SUGGESTED
    assert (own.body, others.body) == before
