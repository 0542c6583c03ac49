"""A comment becomes suggestions: the whole action as a process, against the sandbox."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from predict_edit.report.result import ResultFile
from predict_edit_sandbox import forks
from predict_edit_sandbox.demo_proof import Proof, prove
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.config import Latency
from predict_edit_sandbox.runner import ActionRun
from predict_edit_sandbox.stage import REPLACE, Stage, many, set_stage
from predict_edit_sandbox.world_files import WorldFile
from predict_edit_sandbox.world_texts import mixed

MakeStage = Callable[..., Awaitable[Stage]]

FORBIDDEN_FIELDS = {
    "max_completion_tokens",
    "max_tokens",
    "tools",
    "n",
    "logprobs",
    "presence_penalty",
    "frequency_penalty",
    "audio",
    "modalities",
}


Played = tuple[Stage, ActionRun]


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """The standard scene and one run in it, which many tests check."""
    async with set_stage(tmp_path_factory.mktemp("played")) as stage:
        with forks.from_nothing():
            run = await stage.say()
        yield stage, run


def proof_of(stage: Stage, run: ActionRun, folder: Path) -> Proof:
    """Commit all suggestions, apply the patch for the rest, and compare with what was asked for."""
    return prove(
        github=stage.github,
        pull=stage.pull,
        login="grace",
        edits=run.file("edits.patch"),
        remainder=run.file("remainder.patch"),
        expected=stage.world.expected(),
        folder=folder,
    )


class TestTheWholeWay:
    """What a person with write access sees after a comment."""

    async def test_suggestions_and_patch_give_the_expected_files(
        self, played: Played, tmp_path: Path
    ) -> None:
        """Committing all suggestions and applying the patch gives exactly the expected files."""
        stage, run = played
        proof = proof_of(stage, run, tmp_path)

        assert run.exit_code == 0, run.stdout
        assert run.outputs["outcome"] == "suggested"
        assert proof.problem == ""
        assert proof.complete
        assert proof.as_expected
        assert len(stage.suggestions) == int(run.outputs["suggestions"]) > 10

    async def test_one_review_that_only_comments(self, played: Played) -> None:
        """All suggestions come in one review, at the expected head, never as an approval."""
        stage, _ = played

        (review,) = [r for r in stage.pull.reviews if r.author.login == "github-actions[bot]"]
        assert review.state == "COMMENTED"
        assert review.commit_id == stage.world.head_sha
        assert "```diff" in review.body

    async def test_request_is_the_documented_one(self, played: Played) -> None:
        """Instruction and file as messages, the file as prediction, nothing that excludes it."""
        stage, _ = played

        assert len(stage.bodies) == 14
        for body in stage.bodies:
            assert set(body) == {
                "model",
                "messages",
                "prediction",
                "temperature",
                "stream",
                "stream_options",
            }
            assert not FORBIDDEN_FIELDS & set(body)
            assert body["prediction"]["type"] == "content"
            assert body["messages"][-1]["content"] == body["prediction"]["content"]
        sent = {body["prediction"]["content"].encode() for body in stage.bodies}
        heads = {file.path: file.head for file in stage.world.files}
        assert {heads["fizzbuzz.py"], heads["data/mixed.txt"], heads["windows/Program.cs"]} <= sent

    async def test_reactions_frame_the_run(self, played: Played) -> None:
        """👀 when the command starts, 🚀 when it is done."""
        stage, _ = played

        assert stage.reactions == ["eyes", "rocket"]

    async def test_summary_counts_what_the_model_reported(self, played: Played) -> None:
        """The table's total is the sum of the usage that the model sent."""
        stage, run = played
        (summary,) = stage.summaries
        usages = [e.accounts for e in stage.model.exchanges if e.accounts]
        accepted = sum(usage.accepted for usage in usages)

        assert f"{accepted:,}" in summary
        assert run.outputs["accepted-prediction-tokens"] == str(accepted)
        assert "| **Total** |" in summary
        assert "\n- 18 changes not inline (" in summary

    async def test_outputs_summary_and_result_agree(self, played: Played) -> None:
        """Outputs, ``result.json`` and job summary agree, and hunks add up."""
        stage, run = played
        result = ResultFile.model_validate(run.result)
        hunks = [
            sum(getattr(file.hunks, kind) for file in result.files)
            for kind in ("inline", "patch", "rejected")
        ]

        assert sum(hunks) == int(run.outputs["hunks"])
        assert hunks[1] == int(run.outputs["hunks-in-patch"])
        assert hunks[2] == int(run.outputs["hunks-rejected"])
        assert result.head == stage.world.head_sha
        assert result.outcome == run.outputs["outcome"]
        assert run.outputs["patch"] == "predict-edit-out/edits.patch"
        assert "fizzbuzz.py" in run.summary
        assert {"edited", "unchanged", "skipped"} == {file.status for file in result.files}

    async def test_fork_works_the_same(self, make_stage: MakeStage, tmp_path: Path) -> None:
        stage = await make_stage(fork=True)
        run = await stage.say()
        proof = proof_of(stage, run, tmp_path)

        assert run.exit_code == 0, run.stdout
        assert proof.as_expected

    async def test_no_secret_is_printed(self, stage: Stage) -> None:
        """The token and the key appear only in the masks that hide them."""
        run = await stage.say()
        printed = [
            line
            for line in (run.stdout + run.stderr).splitlines()
            if not line.startswith("::add-mask::")
        ]

        for secret in ("sandbox-token", "sk-sandbox-not-a-secret"):
            assert secret not in "\n".join(printed)
            assert secret not in run.summary
            assert secret not in json.dumps(stage.bodies)
            assert all(secret not in text for text in stage.summaries)


class TestSeveralAtOnce:
    """Twelve changed files."""

    async def test_side_by_side_with_few_requests(self, make_stage: MakeStage) -> None:
        """At least four model requests run at once, with at most 12 requests to GitHub."""
        stage = await make_stage(
            files=many(12), model=ModelConfig(latency=Latency(first_token=0.3))
        )
        run = await stage.say()
        beside_contents = [
            request
            for request in stage.github.log.requests
            if "/git/blobs/" not in request.path
            and "/contents/" not in request.path
            and not (request.path.endswith("/graphql") and "byteSize" in str(request.body))
        ]

        assert run.outputs["files-edited"] == "12"
        assert stage.model.in_flight_max >= 4
        assert len(stage.pull.reviews) == 1
        assert len(beside_contents) <= 12, [(r.method, r.path) for r in beside_contents]

    async def test_summary_counts_files_while_it_runs(self, make_stage: MakeStage) -> None:
        """The summary comment appears before the model is done, and shows the progress."""
        held: list[Stage] = []

        async def until_said() -> None:
            """The first two answers wait for the summary, the others until it counts."""
            (of,) = held
            count = r"0 of 6 files" if len(of.bodies) <= 2 else r"[1-5] of 6 files"
            while not any(re.search(count, text) for text in of.summaries):  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)

        stage = await make_stage(files=many(6), model=ModelConfig(hold=until_said))
        held.append(stage)
        await stage.say(inputs={"concurrency": "2"})
        said = [
            request.body["body"]
            for request in stage.github.log.requests
            if request.method in {"POST", "PATCH"}
            and re.search(r"/issues/(1/)?comments(/\d+)?$", request.path)
        ]

        assert "0 of 6 files" in said[0]
        assert any(re.search(r"[1-5] of 6 files", text) for text in said[1:-1])
        assert len(stage.summaries) == 1


class TestBytes:
    """The edit leaves everything else as it is."""

    async def test_file_of_400_mixed_lines(self, make_stage: MakeStage, tmp_path: Path) -> None:
        """Latin letters, CJK, emoji, tabs and trailing blanks stay byte-identical."""
        text = mixed()
        base = text.replace("FizzBuzz", "Fizz", 1)
        stage = await make_stage(
            files=[WorldFile(path="mixed.txt", base=base.encode(), head=text.encode())]
        )
        run = await stage.say()
        proof = proof_of(stage, run, tmp_path)

        assert text.count("FizzBuzz") > 2
        assert proof.as_expected, proof.problem

    async def test_nothing_to_change(self, stage: Stage) -> None:
        """An instruction that changes no file posts no review and says so."""
        run = await stage.say("/predict-edit Replace `NoSuchWord` with `Other`.")

        assert (run.exit_code, run.outputs["outcome"]) == (0, "unchanged")
        assert stage.pull.reviews == []
        assert run.file("edits.patch") == b""
        assert "Nothing to change" in stage.summaries[0]


class TestCommands:
    async def test_instruction_over_several_lines(self, make_stage: MakeStage) -> None:
        """Everything after the command word is the instruction, including further lines."""
        stage = await make_stage()
        await stage.say(
            "/predict-edit --files '*.py'\r\n\r\nReplace string `FizzBuzz`\r\nwith `MSFTBuzz`."
        )
        instructions = {body["messages"][1]["content"] for body in stage.bodies}

        assert len(instructions) == 1
        assert "Replace string `FizzBuzz`\nwith `MSFTBuzz`." in instructions.pop()
        assert len(stage.bodies) == 4

    async def test_options_narrow(self, make_stage: MakeStage) -> None:
        """A commenter can lower the number of suggestions; the rest is in the patch."""
        stage = await make_stage()
        run = await stage.say("/predict-edit --max-suggestions 2 Replace `FizzBuzz` with `X`")

        assert len(stage.suggestions) == 2
        assert int(run.outputs["hunks-in-patch"]) > 20

    @pytest.mark.parametrize("body", ["/predict-edit", "/predict-edit help"])
    async def test_help(self, stage: Stage, body: str) -> None:
        """Alone or with ``help``, the command answers with help and asks no model."""
        run = await stage.say(body)

        assert (run.exit_code, run.outputs["outcome"]) == (0, "answered")
        assert "--max-suggestions" in stage.summaries[0]
        assert stage.bodies == []

    async def test_help_lists_what_is_allowed_here(self, stage: Stage) -> None:
        """Values that would be refused are not offered, nor another model if none is allowed."""
        await stage.say("/predict-edit help")

        assert "| `--deliver` | `patch` or `suggestions` |" in stage.summaries[0]
        assert "--model" not in stage.summaries[0]
        assert "| `--max-suggestions` | 30 or fewer;" in stage.summaries[0]
        assert "in one commit, if the workflow grants `contents: write`" in stage.summaries[0]

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ("/predict-edit --fles x do it", "--files"),
            ("/predict-edit --max-suggestions many do it", "max-suggestions"),
            ("/predict-edit --model gpt-5 do it", "model"),
            ("/predict-edit --deliver commit do it", "deliver"),
            ('/predict-edit --files "x do it', "quote"),
            ("/predict-edit run nothing", "recipe"),
            ("/predict-edit apply", "apply"),
        ],
    )
    async def test_wrong_command_is_answered(self, stage: Stage, body: str, named: str) -> None:
        """A wrong command gets a reply that names what is wrong; no model is asked."""
        run = await stage.say(body)

        assert (run.exit_code, run.outputs["outcome"]) == (0, "answered")
        assert named in stage.summaries[0]
        assert stage.bodies == []

    async def test_patch_only(self, stage: Stage) -> None:
        """``deliver: patch`` posts nothing but the summary."""
        run = await stage.say("/predict-edit --deliver patch Replace `FizzBuzz` with `X`")

        assert run.outputs["outcome"] == "patched"
        assert stage.pull.reviews == []
        assert run.file("edits.patch") == run.file("remainder.patch") != b""
        assert len(stage.summaries) == 1
        shown = re.findall(r"```diff\n(.*?)```", stage.summaries[0], re.DOTALL)
        assert shown
        assert all(patch.encode() in run.file("remainder.patch") for patch in shown)
        assert all(patch.startswith("diff --git a/") for patch in shown)

    async def test_dry_run_is_answered(self, stage: Stage) -> None:
        """One comment says what would be posted, and that it is a dry run; all files are kept."""
        run = await stage.say("/predict-edit --dry-run Replace `FizzBuzz` with `X`")

        (summary,) = stage.summaries
        assert "Dry run" in summary
        assert "would be posted" in summary
        assert stage.pull.reviews == []
        assert stage.reactions == ["eyes", "rocket"]
        assert run.outputs["outcome"] == "suggested"
        assert run.file("edits.patch") != b""
        assert "Dry run" in run.summary

    async def test_dry_run_of_the_workflow_writes_nothing(self, stage: Stage) -> None:
        """With ``dry-run`` among its inputs it leaves no trace on GitHub, whatever is commanded."""
        run = await stage.say(
            "/predict-edit --dry-run Replace `FizzBuzz` with `X`", inputs={"dry-run": "true"}
        )

        assert stage.written() == []
        assert run.outputs["outcome"] == "suggested"
        assert run.file("edits.patch") != b""
        assert "Dry run" in run.summary

    async def test_pinned_head_is_checked(self, stage: Stage) -> None:
        """A command that expects another commit does not run; one for this commit does."""
        wrong = await stage.say("/predict-edit @0123456 Replace `FizzBuzz` with `X`")
        right = await stage.say(
            f"/predict-edit @{stage.world.head_sha[:9]} Replace `FizzBuzz` with `X`"
        )

        assert (wrong.exit_code, wrong.outputs["outcome"]) == (1, "failed")
        assert "0123456" in stage.summaries[0]
        assert right.outputs["outcome"] == "suggested"

    async def test_same_command_again_keeps_one_summary(self, stage: Stage) -> None:
        """Running the workflow of one command twice updates its one summary."""
        comment = stage.github.comment("octo/game", 1, "grace", REPLACE)
        payload = stage.comment_payload(comment)
        for _ in range(2):
            await stage.run("issue_comment", payload)

        assert len(stage.summaries) == 1
