"""Who and what can start the action, and what it does with everything else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from predict_edit_sandbox.github import Fault
from predict_edit_sandbox.stage import REPLACE, Stage, many
from predict_edit_sandbox.world_files import WorldFile

MakeStage = Callable[..., Awaitable[Stage]]
TWO = many(2)


def with_config(text: str) -> list[WorldFile]:
    """Two files, and the repository's config on both branches."""
    data = text.encode()
    return [*TWO, WorldFile(path=".github/predict-edit.yml", base=data, head=data)]


class TestAccess:
    @pytest.mark.parametrize("login", ["ada", "nobody-known"])
    async def test_stranger_is_denied_quietly(self, make_stage: MakeStage, login: str) -> None:
        """A thumb down, a log line, nothing else: no model, no comment, exit 0."""
        stage = await make_stage(files=TWO)
        run = await stage.say(login=login)

        assert (run.exit_code, run.outputs["outcome"]) == (0, "denied")
        assert stage.reactions == ["-1"]
        assert stage.summaries == []
        assert stage.bodies == []
        assert [path for _, path in stage.written() if "reactions" not in path] == []

    @pytest.mark.parametrize("body", ["/predict-edit help", "/predict-edit --wrong x", REPLACE])
    async def test_stranger_gets_no_answer_either(self, make_stage: MakeStage, body: str) -> None:
        """Help and errors are for people with the role; a broken config is not shown to others."""
        stage = await make_stage(files=with_config("no-such-key: 1\n"))
        run = await stage.say(body, login="ada")

        assert run.outputs["outcome"] == "denied"
        assert stage.summaries == []

    @pytest.mark.parametrize(
        ("least", "login", "outcome"),
        [
            ("admin", "grace", "denied"),
            ("admin", "root", "suggested"),
            ("read", "ada", "suggested"),
        ],
    )
    async def test_least_role_is_an_input(
        self, make_stage: MakeStage, least: str, login: str, outcome: str
    ) -> None:
        stage = await make_stage(files=TWO)
        run = await stage.say(login=login, inputs={"permission": least})

        assert run.outputs["outcome"] == outcome

    @pytest.mark.parametrize("status", [500, 403])
    async def test_unreadable_role_is_denied(self, make_stage: MakeStage, status: int) -> None:
        """Without a known role, nothing is done and nothing is answered."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(
            Fault(method="GET", path=r".*/permission", status=status, body={}, times=None)
        )
        run = await stage.say()

        assert run.exit_code == 1
        assert stage.bodies == []
        assert stage.summaries == []


class TestIgnored:
    @pytest.mark.parametrize(
        "body",
        [
            "looks good",
            "> /predict-edit quoted",
            "```\n/predict-edit in code\n```",
            "please /predict-edit in the middle",
            "/predict-editor is another word",
            "\n/predict-edit not on the first line",
        ],
    )
    async def test_other_comments(self, stage: Stage, body: str) -> None:
        """No request is made for a comment that is not a command."""
        run = await stage.say(body)

        assert (run.exit_code, run.outputs["outcome"]) == (0, "ignored")
        assert stage.github.log.requests == []
        assert "ignored:" in run.stdout

    @pytest.mark.parametrize(
        "change",
        [
            {"action": "edited"},
            {"action": "deleted"},
            {"sender": {"login": "evil[bot]", "id": 7, "type": "Bot"}},
        ],
    )
    async def test_other_actions_and_senders(self, stage: Stage, change: Mapping[str, Any]) -> None:
        """An edited comment is not a command, nor is one in another person's event."""
        comment = stage.github.comment("octo/game", 1, "grace", REPLACE)
        payload = {**stage.comment_payload(comment), **change}
        run = await stage.run("issue_comment", payload)

        assert (run.exit_code, run.outputs["outcome"]) == (0, "ignored")
        assert stage.github.log.requests == []

    @pytest.mark.parametrize("event", ["push", "pull_request", "merge_group", "release"])
    async def test_other_events(self, stage: Stage, event: str) -> None:
        """Any other event ends well and says why nothing was done."""
        run = await stage.run(event, {"repository": {"full_name": "octo/game"}})

        assert (run.exit_code, run.outputs["outcome"]) == (0, "ignored")
        assert event in run.stdout


class TestSettings:
    """Wrong settings are reported on the pull request too, and no model is asked."""

    @pytest.mark.parametrize(
        ("inputs", "named"),
        [
            ({"model": ""}, "model"),
            ({"api-key": "", "base-url": ""}, "api-key"),
            ({"concurrency": "many"}, "concurrency"),
            ({"prediction": "maybe"}, "prediction"),
            ({"base-url": "http://models.example/v1"}, "base-url"),  # a key over plain HTTP
            ({"azure-client-id": "abc"}, "azure-client-id"),  # together with a key
            ({"mode": "spread"}, "mode"),
            ({"shard": "2"}, "shard"),  # belongs to a job of a spread run
            ({"max-cost": "-1"}, "max-cost"),
        ],
    )
    async def test_named_and_exit_2(
        self, make_stage: MakeStage, inputs: dict[str, str], named: str
    ) -> None:
        """The log and the pull request name the input and the next step; 😕, and no model.

        A value that is wrong stands in the log alone, where the runner hides secrets.
        """
        stage = await make_stage(files=TWO)
        run = await stage.say(inputs=inputs)

        assert run.exit_code == 2
        assert run.outputs["outcome"] == "failed"
        assert f"`{named}`" in run.stdout
        (summary,) = stage.summaries
        assert f"`{named}`" in summary
        assert "**Next step:**" in summary
        assert not [value for value in inputs.values() if value and f"`{value}`" in summary]
        assert run.outputs["summary-url"]
        assert stage.reactions == ["confused"]
        assert stage.bodies == []

    async def test_a_second_try_has_one_answer(self, make_stage: MakeStage) -> None:
        """After the workflow is corrected, the same command works in the same comment."""
        stage = await make_stage(files=TWO)
        comment = stage.github.comment("octo/game", 1, "grace", REPLACE)
        payload = stage.comment_payload(comment)
        wrong = await stage.run("issue_comment", payload, model="")
        right = await stage.run("issue_comment", payload)

        assert (wrong.exit_code, right.exit_code) == (2, 0)
        assert right.outputs["outcome"] == "suggested"
        assert len(stage.summaries) == 1

    @pytest.mark.parametrize(
        ("login", "inputs"),
        [
            ("ada", {"model": ""}),  # a stranger
            ("grace", {"permission": "boss"}),  # may write; who may is not clear
        ],
    )
    async def test_strangers_learn_nothing(
        self, make_stage: MakeStage, login: str, inputs: dict[str, str]
    ) -> None:
        """Only the 👎 of every stranger; with a wrong `permission`, only admins get more."""
        stage = await make_stage(files=TWO)
        run = await stage.say(login=login, inputs=inputs)

        assert run.exit_code == 2
        assert (stage.summaries, stage.reactions) == ([], ["-1"])

    @pytest.mark.parametrize("inputs", [{"dry-run": "true"}, {"dry-run": "perhaps"}])
    async def test_a_dry_run_writes_nothing(
        self, make_stage: MakeStage, inputs: dict[str, str]
    ) -> None:
        """If nothing may be written, or that is unclear, only the log reports it."""
        stage = await make_stage(files=TWO)
        run = await stage.say(inputs={"model": "", **inputs})

        assert run.exit_code == 2
        assert "`model`" in run.stdout
        assert (stage.written(), stage.summaries, stage.reactions) == ([], [], [])

    async def test_a_command_that_is_a_dry_run_writes_nothing(self, make_stage: MakeStage) -> None:
        """`--dry-run` in the comment counts too."""
        stage = await make_stage(files=TWO)
        run = await stage.say("/predict-edit --dry-run add types", inputs={"model": ""})

        assert run.exit_code == 2
        assert (stage.written(), stage.summaries, stage.reactions) == ([], [], [])

    @pytest.mark.parametrize(
        ("inputs", "named"),
        [
            ({"github-token": ""}, "github-token"),
            ({"github-token": "two words"}, "github-token"),
            ({"mode": "edit", "model": ""}, "model"),  # the job before it has told
        ],
    )
    async def test_nothing_is_asked_if_it_cannot_be_reported(
        self, make_stage: MakeStage, inputs: dict[str, str], named: str
    ) -> None:
        """Without a token, or in a later job of the same command, only the log reports it."""
        stage = await make_stage(files=TWO)
        run = await stage.say(inputs=inputs)

        assert (run.exit_code, run.outputs["outcome"]) == (2, "failed")
        assert f"`{named}`" in run.stdout
        assert stage.github.log.requests == []

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", ".*/permission"), ("POST", ".*/issues/1/comments")]
    )
    async def test_github_fails_during_the_report(
        self, make_stage: MakeStage, method: str, path: str
    ) -> None:
        """Exit 2 all the same, and the log has both: what is wrong, and why no one was told."""
        stage = await make_stage(files=TWO)
        stage.github.faults.add(Fault(method=method, path=path, status=500, times=9))
        run = await stage.say(inputs={"model": ""})

        assert (run.exit_code, run.outputs["outcome"]) == (2, "failed")
        assert "`model`" in run.stdout
        assert "answered 500" in run.log
        assert stage.summaries == []

    @pytest.mark.parametrize("value", ["`@all`\r\n日本語\r\n", "9" * 70_000, "<!-- x -->"])
    async def test_no_value_is_shown_whatever_it_is(
        self, make_stage: MakeStage, value: str
    ) -> None:
        """Backticks, line ends, another language and great length stay out of the answer."""
        stage = await make_stage(files=TWO)
        run = await stage.say(inputs={"concurrency": value})

        assert run.exit_code == 2
        (summary,) = stage.summaries
        assert "input `concurrency` has an invalid value" in summary
        assert value.strip()[:6] not in summary

    async def test_a_dispatch_is_reported_in_the_log(self, make_stage: MakeStage) -> None:
        """The person who dispatches looks at the run."""
        stage = await make_stage(files=TWO)
        payload = stage.dispatch_payload(pull_request="1", instruction="Add types.")
        run = await stage.run("workflow_dispatch", payload, model="")

        assert run.exit_code == 2
        assert stage.github.log.requests == []

    async def test_broken_event_file(self, stage: Stage) -> None:
        """The error says what is missing from the event."""
        run = await stage.run("issue_comment", {"action": "created"})

        assert run.exit_code == 2
        assert "comment" in run.stdout


class TestConfig:
    """The repository's config, from the base branch only."""

    async def test_defaults_come_from_the_base(self, make_stage: MakeStage) -> None:
        """The base's config counts, not the pull request's copy."""
        base, head = b"max-suggestions: 1\n", b"max-suggestions: 30\n"
        config = WorldFile(path=".github/predict-edit.yml", base=base, head=head)
        stage = await make_stage(files=[*TWO, config])
        await stage.say()

        assert len(stage.suggestions) == 1

    async def test_inputs_win(self, make_stage: MakeStage) -> None:
        stage = await make_stage(files=with_config("max-suggestions: 1\n"))
        await stage.say(inputs={"max-suggestions": "2"})

        assert len(stage.suggestions) == 2

    async def test_a_config_that_is_not_text_is_not_taken_for_none(
        self, make_stage: MakeStage
    ) -> None:
        """Windows' editors write UTF-16, which GitHub calls binary: its limits must not vanish."""
        data = "max-suggestions: 1\n".encode("utf-16")
        config = WorldFile(path=".github/predict-edit.yml", base=data, head=data)
        stage = await make_stage(files=[*TWO, config])
        run = await stage.say()

        assert run.exit_code == 2
        assert "not a text file of at most 64 KiB" in stage.summaries[0]
        assert stage.bodies == []

    async def test_unknown_key_is_named(self, make_stage: MakeStage) -> None:
        """A misspelt key is answered with the nearest one; exit 2."""
        stage = await make_stage(files=with_config("max-sugestions: 1\n"))
        run = await stage.say()

        assert run.exit_code == 2
        assert "max-suggestions" in stage.summaries[0]
        assert stage.bodies == []

    async def test_recipe(self, make_stage: MakeStage) -> None:
        """``run NAME`` does what the config says under that name."""
        recipe = "recipes:\n  rename: Replace string `FizzBuzz` with `MSFTBuzz`.\n"
        stage = await make_stage(files=with_config(recipe))
        run = await stage.say("/predict-edit run rename")

        assert run.outputs["outcome"] == "suggested", run.stdout
        assert len(stage.suggestions) == 2

    async def test_protected_files_need_the_base_to_name_them(self, make_stage: MakeStage) -> None:
        """Protected files are edited if the base's config says so, and only then."""
        files = [
            *with_config("unlocked: /.github/labels.yml\n"),
            *(
                WorldFile(path=path, base=b"a: Fizz\n", head=b"a: FizzBuzz\n")
                for path in (".github/labels.yml", ".github/dependabot.yml")
            ),
        ]
        stage = await make_stage(files=files)
        run = await stage.say()

        edited = {f["path"] for f in run.result["files"] if f["status"] == "edited"}
        assert ".github/labels.yml" in edited
        assert ".github/dependabot.yml" not in edited


class TestBaseOfOnesChoice:
    """The default branch has the last word, whatever base a pull request is opened against."""

    @staticmethod
    async def stage_with(make_stage: MakeStage, base: str, default: str) -> Stage:
        """A pull request to a branch that is not the default one, each with its config."""
        stage = await make_stage(files=with_config(base))
        stage.github.push("octo/game", "trunk", {".github/predict-edit.yml": default})
        stage.github.repository("octo/game").default_branch = "trunk"
        return stage

    @pytest.mark.parametrize("base", ["", "permission: read", "permission: write"])
    async def test_a_base_of_ones_choice_opens_no_door(
        self, make_stage: MakeStage, base: str
    ) -> None:
        """A base without ``permission`` lets in nobody more."""
        stage = await self.stage_with(make_stage, base, "permission: admin")
        run = await stage.say()

        assert run.outputs["outcome"] == "denied"
        assert stage.bodies == []

    @pytest.mark.parametrize("base", ["", "max-tokens: 1000000"])
    async def test_limits(self, make_stage: MakeStage, base: str) -> None:
        """Neither left out nor raised."""
        stage = await self.stage_with(make_stage, base, "max-tokens: 10")
        run = await stage.say()

        assert run.outputs["outcome"] == "failed"
        assert stage.bodies == []

    async def test_it_may_narrow(self, make_stage: MakeStage) -> None:
        """A stricter base counts."""
        stage = await self.stage_with(make_stage, "permission: admin", "permission: write")

        assert (await stage.say()).outputs["outcome"] == "denied"

    async def test_deliveries(self, make_stage: MakeStage) -> None:
        """A commit that only the base allows is not made."""
        stage = await self.stage_with(make_stage, "deliver: commit", "")
        run = await stage.say()

        assert run.outputs["outcome"] == "suggested"


class TestOtherDoors:
    """Review threads and dispatch."""

    @pytest.mark.usefixtures("from_nothing")
    async def test_thread_edits_its_file_only(self, stage: Stage) -> None:
        """A command in a review thread edits that file, and the model sees lines and thread."""
        first = stage.github.review_comment(
            "octo/game", 1, "ada", "This name is ours.", path="fizzbuzz.py", line=4
        )
        for number in range(40):
            stage.github.reply(first, "ada", f"Remark {number}.")
        reply = stage.github.reply(first, "grace", REPLACE)
        run = await stage.run("pull_request_review_comment", stage.reply_payload(reply))

        assert run.outputs["outcome"] == "suggested", run.stdout
        assert len(stage.bodies) == 1
        shown = "\n".join(message["content"] for message in stage.bodies[0]["messages"][:-1])
        assert "This name is ours." in shown
        assert "Remark 39." in shown
        assert {comment.thread.path for comment in stage.suggestions} == {"fizzbuzz.py"}
        assert [reaction.content for reaction in reply.reactions] == ["eyes", "rocket"]

    async def test_thread_follows_its_file(self, make_stage: MakeStage) -> None:
        """A thread on a file that was renamed since is about the file as it is called now."""
        text = b"a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n"
        now = WorldFile(
            path="now.py", base=text, head=text + b"x = 'FizzBuzz'\n", previous_path="before.py"
        )
        stage = await make_stage(files=[*TWO, now])
        first = stage.github.review_comment(
            "octo/game", 1, "ada", "This name is ours.", path="now.py", line=6
        )
        payload = stage.reply_payload(stage.github.reply(first, "grace", REPLACE))
        payload["comment"]["path"] = "before.py"
        run = await stage.run("pull_request_review_comment", payload)

        assert run.outputs["outcome"] == "suggested", run.stdout
        assert {comment.thread.path for comment in stage.suggestions} == {"now.py"}

    async def test_thread_whose_file_is_gone(self, make_stage: MakeStage) -> None:
        """It says so, instead of skipping every file in silence."""
        stage = await make_stage(files=TWO)
        first = stage.github.review_comment(
            "octo/game", 1, "ada", "This name is ours.", path="src/file_001.py", line=6
        )
        payload = stage.reply_payload(stage.github.reply(first, "grace", REPLACE))
        payload["comment"]["path"] = "gone.py"
        run = await stage.run("pull_request_review_comment", payload)

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert "`gone.py`" in stage.summaries[0]
        assert stage.bodies == []

    @pytest.mark.usefixtures("from_nothing")
    async def test_dispatch(self, make_stage: MakeStage) -> None:
        stage = await make_stage(files=TWO)
        payload = stage.dispatch_payload(
            pull_request="1", instruction="Replace `FizzBuzz` with `X`"
        )
        run = await stage.run(
            "workflow_dispatch",
            payload,
            pull_request="#1",
            instruction="Replace `FizzBuzz` with `X`",
        )

        assert run.outputs["outcome"] == "suggested", run.stdout
        assert len(stage.suggestions) == 2
        assert len(stage.summaries) == 1

    async def test_dispatch_by_an_unlisted_person(self, make_stage: MakeStage) -> None:
        """A person whom GitHub lets dispatch without being a collaborator counts as a writer."""
        stage = await make_stage(files=TWO)
        wish = "Replace `FizzBuzz` with `X`"
        payload = stage.dispatch_payload(pull_request="1", instruction=wish)
        payload["sender"] = {"login": "somebody-by-enterprise-role", "type": "User"}
        run = await stage.run("workflow_dispatch", payload, pull_request="1", instruction=wish)

        assert run.outputs["outcome"] == "suggested", run.stdout

    async def test_closed_pull_request(self, make_stage: MakeStage) -> None:
        """GitHub applies no suggestions there, so that is the answer."""
        stage = await make_stage(files=TWO)
        stage.github.close_pull_request("octo/game", 1)
        run = await stage.say()

        assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
        assert "closed" in stage.summaries[0]
        assert stage.bodies == []

    async def test_enterprise_server(self, make_stage: MakeStage) -> None:
        """An instance with its API under a prefix works the same."""
        stage = await make_stage(files=TWO)
        run = await stage.say(api_url=f"{stage.url}/api/v3", graphql_url=f"{stage.url}/api/graphql")

        assert run.outputs["outcome"] == "suggested", run.stdout
