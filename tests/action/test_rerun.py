"""The same command again: nothing is paid or posted twice, wherever the first run ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain.run_report import Outcome
from predict_edit.run.outcome import Finished
from predict_edit_sandbox.github import Fault
from predict_edit_sandbox.github.nouns import IssueComment
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.config import Latency
from predict_edit_sandbox.runner import Process, start_action
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, many

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeStage = Callable[..., Awaitable[Stage]]
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
OutputsOf = Callable[[Finished], dict[str, str]]
FILES = many(4, changes=2)


def shape(rehearsal: Rehearsal) -> dict[str, Any]:
    """What readers of the pull request see, however it came about."""
    return {
        "reviews": len(rehearsal.reviews),
        "places": rehearsal.places,
        "bodies": sorted(c.body.split("<!--")[0] for c in rehearsal.stage.suggestions),
        "summaries": len(rehearsal.stage.summaries),
        "reactions": sorted(rehearsal.stage.reactions),
    }


async def test_finished_command_writes_nothing_again(
    rehearse: MakeRehearsal, outputs_of: OutputsOf
) -> None:
    """Run again on the same head, it gives the same outputs and files, asks and writes nothing."""
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    first = await rehearsal.follow(comment)
    files = {n: rehearsal.file(n) for n in ("edits.patch", "remainder.patch", "result.json")}
    before, asked = shape(rehearsal), list(rehearsal.typist.asked)
    text = rehearsal.summary
    rehearsal.stage.github.log.clear()

    again = await rehearsal.follow(comment)

    written = [path for method, path in rehearsal.stage.written() if "reactions" not in path]
    assert written == []
    assert (shape(rehearsal), rehearsal.summary) == (before, text)
    assert (rehearsal.typist.asked, rehearsal.typist.opened) == (asked, 1)
    assert outputs_of(again) == outputs_of(first)
    assert outputs_of(again)["suggestions"] == "8"
    assert {name: rehearsal.file(name) for name in files} == files


async def test_failed_file_is_tried_again_alone(rehearse: MakeRehearsal) -> None:
    """After a partial failure, only the failed file is asked for, and posted."""
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    rehearsal.typist.broken = ("src/file_002.py",)
    first = await rehearsal.follow(comment)
    rehearsal.typist.broken = ()
    rehearsal.typist.asked.clear()

    again = await rehearsal.follow(comment)

    assert (first.report.outcome, again.report.outcome) == (Outcome.PARTIAL, Outcome.SUGGESTED)
    assert rehearsal.typist.asked == ["src/file_002.py"]
    assert len(rehearsal.places) == len(set(rehearsal.places)) == 8
    assert [len(review.comments) for review in rehearsal.reviews] == [6, 2]
    assert again.report.suggestion_count == 8
    assert "3 files taken from an earlier run" in rehearsal.summary


async def test_what_github_refused_is_tried_again(rehearse: MakeRehearsal) -> None:
    """Once the permission is granted, the same command posts the rest, and pays nothing."""
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    body = {"message": "Resource not accessible by integration"}
    rehearsal.stage.github.faults.add(
        Fault(method="POST", path=r".*/pulls/1/reviews", status=403, body=body, times=None)
    )
    first = await rehearsal.follow(comment)
    rehearsal.recover()
    again = await rehearsal.follow(comment)

    assert (first.report.outcome, again.report.outcome) == (Outcome.PATCHED, Outcome.SUGGESTED)
    assert (len(rehearsal.places), len(rehearsal.typist.asked)) == (8, 4)
    assert "8 suggestions" in rehearsal.summary


async def test_without_threads(rehearse: MakeRehearsal) -> None:
    """If threads cannot be read, nothing is posted: it could be there already."""
    rehearsal = await rehearse(files=FILES)
    forbidden = {"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}
    no_threads = Fault(
        path=r".*/graphql", containing="reviewThreads", status=200, body=forbidden, times=None
    )
    rehearsal.stage.github.faults.add(no_threads)
    comment = rehearsal.comment()
    rehearsal.stage.github.faults.add(
        Fault(path=r".*/graphql", containing="mutation Close", status=404, times=None)
    )
    await rehearsal.follow(comment)
    rehearsal.recover()
    rehearsal.stage.github.faults.add(no_threads)
    finished = await rehearsal.follow(comment)

    assert finished.report.outcome is Outcome.FAILED
    assert "GraphQL ReviewThreads" in finished.report.problem
    assert (len(rehearsal.places), len(rehearsal.typist.asked)) == (8, 4)


@pytest.mark.parametrize(
    "change",
    [{"model": "typist-2"}, {"context": "none"}, {"base_url": "https://models.example/v1"}],
)
async def test_other_question_is_asked_again(
    rehearse: MakeRehearsal, change: dict[str, str]
) -> None:
    """An answer to another model, endpoint or context is not used."""
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    rehearsal.typist.broken = ("src/file_002.py",)
    await rehearsal.follow(comment)
    rehearsal.typist.asked.clear()

    await rehearsal.follow(comment, **change)

    assert len(rehearsal.typist.asked) == 4
    assert len(rehearsal.places) == len(set(rehearsal.places))


async def test_memory_of_another_account_is_not_used(rehearse: MakeRehearsal) -> None:
    """What another account, or one without the model's key, wrote is not used."""
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    rehearsal.crash_at(11, performed=False)
    await rehearsal.follow(comment)
    rehearsal.recover()
    rehearsal.typist.asked.clear()

    await rehearsal.follow(comment, api_key="sk-another-key-here")

    assert len(rehearsal.typist.asked) == 4


# One run makes 11 requests: the summary comment is written with the 7th, the memory with the 8th,
# the review with the 10th, the final summary with the 11th.
DECISIVE = [(7, True), (8, False), (8, True), (10, False), (10, True), (11, False), (11, True)]
ALL = [(n, performed) for n in range(1, 12) for performed in (False, True)]


async def crash_and_run_again(rehearse: MakeRehearsal, request: int, *, performed: bool) -> None:
    """Crash at a request, run the same command again, and compare with a run in one go."""
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    rehearsal.crash_at(request, performed=performed)
    await rehearsal.follow(comment)
    assert rehearsal.stage.github.log.requests[-1].status is None
    rehearsal.recover()
    asked = list(rehearsal.typist.asked)
    remembered = any("memory=" in text for text in rehearsal.stage.summaries)

    finished = await rehearsal.follow(comment)

    assert finished.report.outcome is Outcome.SUGGESTED, finished.report.problem
    assert shape(rehearsal) == {
        "reviews": 1,
        "places": [(f"src/file_00{n}.py", line) for n in (1, 2, 3, 4) for line in (6, 16)],
        "bodies": shape(rehearsal)["bodies"],
        "summaries": 1,
        "reactions": ["eyes", "rocket"],
    }
    assert len(shape(rehearsal)["bodies"]) == 8
    assert "8 suggestions" in rehearsal.summary
    if remembered:
        assert rehearsal.typist.asked == asked


@pytest.mark.parametrize(("request_number", "performed"), DECISIVE)
async def test_crash_leaves_nothing_doubled(
    rehearse: MakeRehearsal, request_number: int, *, performed: bool
) -> None:
    """After a crash before or after a write, a second run completes the first one's work."""
    await crash_and_run_again(rehearse, request_number, performed=performed)


@pytest.mark.slow
@pytest.mark.parametrize(("request_number", "performed"), ALL)
async def test_crash_anywhere_leaves_nothing_doubled(
    rehearse: MakeRehearsal, request_number: int, *, performed: bool
) -> None:
    """The same at every request of a run."""
    await crash_and_run_again(rehearse, request_number, performed=performed)


async def start(stage: Stage, comment: IssueComment) -> Process:
    """Start the real action for a comment and do not wait for it."""
    step = stage.step("issue_comment", stage.comment_payload(comment))
    return await start_action(step.prepare(), step.workspace)


async def kill_and_run_again(make_stage: MakeStage, request: int, *, performed: bool) -> None:
    """Kill the real process at a request to GitHub, and run the action again."""
    stage = await make_stage(files=FILES)
    comment = stage.github.comment(REPOSITORY, 1, WRITER, REPLACE)
    processes: list[Process] = []

    def kill() -> None:
        processes[0].kill()

    stage.github.faults.add(
        Fault(
            nth=request,
            drop=True,
            when="after" if performed else "instead",
            act=kill,
        )
    )
    processes.append(await start(stage, comment))
    await processes[0].communicate()
    assert processes[0].returncode == -signal.SIGKILL
    stage.github.faults.clear()
    asked = len(stage.bodies)
    remembered = any("memory=" in text for text in stage.summaries)

    run = await stage.run("issue_comment", stage.comment_payload(comment))

    assert (run.exit_code, run.outputs["outcome"]) == (0, "suggested"), run.stdout
    assert len(stage.pull.reviews) == len(stage.summaries) == 1
    places = sorted((c.thread.path, c.thread.line) for c in stage.suggestions)
    assert places == [(f"src/file_00{n}.py", line) for n in (1, 2, 3, 4) for line in (6, 16)]
    assert sorted(stage.reactions) == ["eyes", "rocket"]
    if remembered:
        assert len(stage.bodies) == asked == 4


@pytest.mark.parametrize(("request_number", "performed"), [(8, True), (10, True)])
async def test_killed_process_leaves_nothing_doubled(
    make_stage: MakeStage, request_number: int, *, performed: bool
) -> None:
    """Killed after its memory is saved or its review is posted, the action is completed."""
    await kill_and_run_again(make_stage, request_number, performed=performed)


@pytest.mark.slow
@pytest.mark.parametrize(("request_number", "performed"), ALL)
async def test_process_killed_anywhere_leaves_nothing_doubled(
    make_stage: MakeStage, request_number: int, *, performed: bool
) -> None:
    """The same at every point of the conversation with GitHub."""
    await kill_and_run_again(make_stage, request_number, performed=performed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_cancelled_job_says_so(make_stage: MakeStage, number: signal.Signals) -> None:
    """It leaves a summary, and fails without waiting for the model."""
    slow = ModelConfig(latency=Latency(first_token=600.0))
    stage = await make_stage(files=FILES, model=slow)
    comment = stage.github.comment(REPOSITORY, 1, WRITER, REPLACE)
    working = asyncio.Event()
    stage.github.faults.add(
        Fault(method="POST", path=r".*/issues/1/comments", when="after", act=working.set)
    )
    process = await start(stage, comment)
    await working.wait()
    process.send_signal(number)

    await process.communicate()
    assert process.returncode == 1
    assert len(stage.summaries) == 1
    assert "cancelled" in stage.summaries[0]
    assert stage.reactions == ["eyes", "confused"]


async def test_cancelled_run_remembers_what_was_done(rehearse: MakeRehearsal) -> None:
    rehearsal = await rehearse(files=FILES)
    comment = rehearsal.comment()
    task = asyncio.create_task(rehearsal.follow(comment))
    rehearsal.stage.github.faults.add(
        Fault(method="POST", path=r".*/pulls/1/reviews", act=task.cancel, delay=0.2)
    )
    cancelled = await task
    posted = len(rehearsal.places)
    finished = await rehearsal.follow(comment)

    assert cancelled.report.outcome is Outcome.FAILED
    assert posted == 8
    assert finished.report.outcome is Outcome.SUGGESTED
    assert (len(rehearsal.typist.asked), len(rehearsal.places)) == (4, 8)
