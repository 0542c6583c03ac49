"""Failures are reported where the command was given, and nothing half-done is posted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.errors import OutputError
from predict_edit.domain.run_report import Outcome
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.faults import (
    FaultKind,
    about,
    always,
    failing,
    first_attempt,
    spoiling,
)
from predict_edit_sandbox.model.quirks import Quirk
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, many

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeStage = Callable[..., Awaitable[Stage]]
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
TWO = many(2)


def change_command(stage: Stage, change: str) -> None:
    """Let the command be edited or deleted while the run begins its summary."""

    def meddle() -> None:
        said = stage.pull.comments[0]
        if change == "edited":
            said.body = "/predict-edit something else"
        else:
            stage.pull.comments.remove(said)

    stage.github.faults.add(Fault(method="POST", path=r".*/issues/1/comments", act=meddle))


class TestCommand:
    async def test_a_command_that_was_edited_while_its_job_waited_costs_nothing(
        self, make_stage: MakeStage
    ) -> None:
        """Jobs wait in line for minutes; the model is not asked for what nobody wants any more."""
        stage = await make_stage(files=TWO)
        comment = stage.github.comment(REPOSITORY, stage.pull.number, WRITER, REPLACE)
        payload = stage.comment_payload(comment)
        comment.body = f"{REPLACE} No, wait."
        run = await stage.run("issue_comment", payload)

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert "was edited before the run began" in stage.summaries[0]
        assert stage.bodies == []
        assert stage.pull.reviews == []


class TestModel:
    @pytest.mark.parametrize(
        ("inputs", "said"),
        [
            ({"api-key": "sk-wrong-key-for-this-test"}, "api-key"),  # 401
            ({"model": "gpt-unknown"}, "model"),  # 404
            ({"base-url": "http://127.0.0.1:9/v1"}, "base-url"),  # nobody listens there
        ],
    )
    async def test_wrong_settings_fail_with_what_to_check(
        self, make_stage: MakeStage, inputs: dict[str, str], said: str
    ) -> None:
        """Key, name and address are each named in the summary; exit 1, nothing posted."""
        stage = await make_stage(files=TWO)
        run = await stage.say(inputs=inputs)

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert f"`{said}`" in stage.summaries[0]
        assert stage.pull.reviews == []
        assert stage.reactions == ["eyes", "confused"]
        assert "sk-wrong" not in stage.summaries[0]
        assert "::error " in run.stdout

    @pytest.mark.parametrize(
        "kind",
        [
            FaultKind.SERVER_ERROR,
            FaultKind.UNAVAILABLE,
            FaultKind.CUT,
            FaultKind.ENDS_EARLY,
            FaultKind.HTML,
            FaultKind.MALFORMED,
            FaultKind.ERROR_EVENT,
            FaultKind.LENGTH,
            FaultKind.ANSWER_FILTERED,
            FaultKind.REFUSAL,
            FaultKind.PROMPT_FILTERED,
            FaultKind.CONTEXT_TOO_LONG,
            FaultKind.REDIRECT,
        ],
    )
    async def test_nothing_that_is_not_whole_is_posted(
        self, make_stage: MakeStage, kind: FaultKind
    ) -> None:
        """Whatever breaks each answer, the run fails with a reason and posts no suggestion."""
        stage = await make_stage(files=TWO, model=ModelConfig(planner=always(failing(kind))))
        run = await stage.say()

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert stage.pull.reviews == []
        assert "**Failed:**" in stage.summaries[0]
        assert run.file("edits.patch") == b""
        assert {file["status"] for file in run.result["files"]} == {"failed"}
        assert all(file["reason"] for file in run.result["files"])

    @pytest.mark.parametrize(
        "kind", [FaultKind.SERVER_ERROR, FaultKind.CUT, FaultKind.RATE_LIMITED]
    )
    async def test_what_heals_is_tried_again(self, make_stage: MakeStage, kind: FaultKind) -> None:
        """A temporary failure costs an attempt, not the file."""
        stage = await make_stage(files=TWO, model=ModelConfig(planner=first_attempt(failing(kind))))
        run = await stage.say()

        assert run.outputs["outcome"] == "suggested"
        assert [file["attempts"] for file in run.result["files"]] == [2, 2]

    async def test_one_file_fails_alone(self, make_stage: MakeStage) -> None:
        """A file that fails is named; the others are delivered, and ``fail-on`` decides."""
        broken = about("FizzBuzz 2", failing(FaultKind.REFUSAL))
        stage = await make_stage(files=TWO, model=ModelConfig(planner=broken))
        lenient = await stage.say()
        strict = await stage.say(inputs={"fail-on": "partial"})

        assert (lenient.exit_code, lenient.outputs["outcome"]) == (0, "partial")
        assert strict.exit_code == 1
        assert lenient.outputs["files-failed"] == "1"
        assert "src/file_002.py" in stage.summaries[0]
        assert len(stage.suggestions) == 2

    async def test_model_without_predictions(self, make_stage: MakeStage) -> None:
        """A model that refuses the prediction is asked once more without it, and remembered."""
        stage = await make_stage(files=many(4))
        run = await stage.say(inputs={"model": "gpt-5.6-terra", "concurrency": "1"})

        assert run.outputs["outcome"] == "suggested", run.stdout
        assert sum("prediction" in body for body in stage.bodies) <= 1
        assert {file["prediction"] for file in run.result["files"]} <= {"off", "refused"}
        assert run.outputs["accepted-prediction-tokens"] in {"", "0"}

    async def test_fence_around_the_answer_is_taken_off(self, make_stage: MakeStage) -> None:
        fenced = always(spoiling(Quirk.FENCED))
        stage = await make_stage(files=TWO, model=ModelConfig(planner=fenced))
        run = await stage.say()

        assert run.outputs["outcome"] == "suggested", run.stdout
        assert b"```" not in run.file("edits.patch")


class TestGitHub:
    async def test_review_that_was_posted_after_all_is_found(self, make_stage: MakeStage) -> None:
        """A 502 after the review leads to no second one, and loses nothing."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(
            Fault(method="POST", path=r".*/pulls/1/reviews", status=502, when="after")
        )
        run = await stage.say()

        assert len(stage.pull.reviews) == 1
        assert run.outputs["outcome"] == "suggested"
        assert run.outputs["review-url"]

    async def test_refused_review_becomes_a_patch(self, make_stage: MakeStage) -> None:
        """An unexpected 422 moves the suggestions to the patch, with the reason."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(
            Fault(
                method="POST",
                path=r".*/pulls/1/reviews",
                status=422,
                body={"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]},
                times=None,
            )
        )
        run = await stage.say()

        assert stage.suggestions == []
        assert run.file("remainder.patch") == run.file("edits.patch") != b""
        assert "GitHub refused the suggestion" in stage.summaries[0]

    async def test_file_that_changed_meanwhile_gets_no_suggestion(
        self, make_stage: MakeStage
    ) -> None:
        """After a push, edits of files that changed go to the patch, with the reason."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(
            Fault(
                method="POST",
                path=r".*/issues/1/comments",
                act=lambda: stage.github.push(
                    "octo/game", stage.world.head_ref, {"src/file_001.py": b"other = 1\n"}
                ),
            )
        )
        run = await stage.say()

        assert [comment.thread.path for comment in stage.suggestions] == ["src/file_002.py"]
        assert stage.pull.reviews[0].commit_id == stage.pull.head_sha != stage.world.head_sha
        assert (run.outputs["suggestions"], run.outputs["hunks-in-patch"]) == ("1", "1")
        assert "head moved" in stage.summaries[0]

    @pytest.mark.parametrize("change", ["edited", "deleted"])
    async def test_changed_command_posts_nothing(self, make_stage: MakeStage, change: str) -> None:
        """After the comment is edited or deleted, nothing is posted."""
        stage = await make_stage(files=TWO)
        change_command(stage, change)
        run = await stage.say()

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert stage.pull.reviews == []
        assert change in stage.summaries[-1]

    @pytest.mark.parametrize("change", ["edited", "deleted"])
    @pytest.mark.parametrize("inputs", [{"deliver": "patch"}, {"max-suggestions": "0"}])
    async def test_nor_does_a_patch_stand_for_a_command_that_changed(
        self, make_stage: MakeStage, inputs: dict[str, str], change: str
    ) -> None:
        """Also where nothing but the summary is written: all edits are in the patch."""
        stage = await make_stage(files=TWO)
        change_command(stage, change)
        run = await stage.say(inputs=inputs)

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert change in stage.summaries[-1]

    async def test_token_that_may_not_comment_is_named(self, make_stage: MakeStage) -> None:
        """A token without the permission fails with its name, and the log says it."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(
            Fault(
                method="POST",
                path=r".*/issues/1/comments",
                status=403,
                body={"message": "Resource not accessible by integration"},
                times=None,
            )
        )
        run = await stage.say()

        assert run.exit_code == 1
        assert stage.pull.reviews == []
        assert "pull-requests: write" in run.stdout

    @pytest.mark.parametrize("path", [r".*/pulls/1", r".*/pulls/1/files"])
    async def test_pull_request_that_cannot_be_read(self, make_stage: MakeStage, path: str) -> None:
        """What GitHub does not give is reported on the pull request."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(
            Fault(method="GET", path=path, status=404, body={"message": "Not Found"}, times=None)
        )
        run = await stage.say()

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert stage.bodies == []
        assert len(stage.summaries) == 1


class TestReadOnlyToken:
    """A token that may only read is found out before the model is paid."""

    async def test_the_refused_reaction_leads_to_a_try(self, rehearse: MakeRehearsal) -> None:
        """The summary's first text comes before the model then, and its refusal ends the run."""
        rehearsal = await rehearse(files=TWO)
        rehearsal.stage.github.add_token(
            DEFAULT_TOKEN, permissions={"contents": "read", "pull_requests": "read"}
        )
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.FAILED
        assert "`pull-requests: write`" in finished.report.problem
        assert rehearsal.typist.asked == []
        # A reaction on the command and one on its failure, the comment, and the failure's.
        assert len(rehearsal.stage.written()) <= 4

    async def test_a_dispatch_has_no_reaction(self, make_stage: MakeStage) -> None:
        """So its comment always comes first."""
        stage = await make_stage(files=TWO)
        stage.github.add_token(
            DEFAULT_TOKEN, permissions={"contents": "read", "pull_requests": "read"}
        )
        wish = "Replace `FizzBuzz` with `X`"
        payload = stage.dispatch_payload(pull_request="1", instruction=wish)
        run = await stage.run("workflow_dispatch", payload, pull_request="1", instruction=wish)

        assert (run.exit_code, stage.bodies) == (1, [])
        assert "pull-requests: write" in run.stdout

    async def test_a_refused_reaction_alone_ends_nothing(self, rehearse: MakeRehearsal) -> None:
        """The comment is written all the same, once, and then the model is asked."""
        rehearsal = await rehearse(files=TWO)
        refused = {"message": "Resource not accessible by integration"}
        rehearsal.stage.github.faults.add(
            Fault(method="POST", path=r".*/reactions", status=403, body=refused, times=None)
        )
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.SUGGESTED
        comments = [path for _, path in rehearsal.stage.written() if path.endswith("1/comments")]
        assert (len(comments), len(rehearsal.stage.summaries)) == (1, 1)


class TestOutputFolder:
    """Files of the workspace that cannot be written."""

    @pytest.mark.parametrize("name", ["edits.patch", "remainder.patch", "result.json"])
    async def test_it_is_noticed_before_the_model_is_paid(
        self, rehearse: MakeRehearsal, name: str
    ) -> None:
        """A folder in the place of any file that a run leaves."""
        rehearsal = await rehearse(files=TWO)
        (rehearsal.stage.folder / "rehearsal1" / "predict-edit-out" / name).mkdir(parents=True)
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.FAILED
        assert f"`predict-edit-out/{name}` cannot be written" in finished.report.problem
        assert rehearsal.typist.opened == 0
        assert f"predict-edit-out/{name}" in rehearsal.summary

    async def test_a_full_disk_does_not_undo_what_was_posted(
        self, rehearse: MakeRehearsal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The result stays what it is, and the summary says which files are missing."""
        rehearsal = await rehearse(files=TWO)
        write = OutputFolder.write

        def full(folder: OutputFolder, name: str, text: str) -> str:
            if len(text) > 1:  # the probe before the run
                raise OutputError(f"`{name}` cannot be written (No space left).", "Make room.")
            return write(folder, name, text)

        monkeypatch.setattr(OutputFolder, "write", full)
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.SUGGESTED
        assert len(rehearsal.reviews) == 1
        assert "cannot be written" in rehearsal.summary
        assert finished.paths.result == ""
