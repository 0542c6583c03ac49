"""Edits as a commit: ``/predict-edit apply`` and ``deliver: commit``, and their refusals."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.delivery import apply
from predict_edit.domain.edits import PlacementKind
from predict_edit.domain.run_report import Outcome
from predict_edit.run.outcome import Finished
from predict_edit.support.markers import Marker, Seals, find_marker
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import Token
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, many
from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
OutputsOf = Callable[[Finished], dict[str, str]]
APPLY = "/predict-edit apply"
COMMIT = {"deliver": "commit"}
GRAPHQL = r".*/graphql"


def permit(rehearsal: Rehearsal) -> None:
    """Let the job's token write contents, as ``permissions: contents: write`` does."""
    github = rehearsal.stage.github
    token = github.tokens[DEFAULT_TOKEN]
    github.tokens[DEFAULT_TOKEN] = Token(
        value=token.value,
        user=token.user,
        permissions={**token.permissions, "contents": "write"},
        actions=token.actions,
    )


async def set_up(rehearse: MakeRehearsal, **scene: Any) -> Rehearsal:
    """Three files with two edits each, and a token that may commit."""
    rehearsal = await rehearse(**{"files": many(3, changes=2), **scene})
    permit(rehearsal)
    return rehearsal


def head_files(rehearsal: Rehearsal) -> dict[str, bytes]:
    """All files of the current head."""
    return rehearsal.stage.world.files_at(rehearsal.stage.pull.head_sha)


def message(rehearsal: Rehearsal) -> str:
    store = rehearsal.stage.github.repository(REPOSITORY).store
    return store.commit(rehearsal.stage.pull.head_sha).message


def make_executable(rehearsal: Rehearsal, path: str) -> None:
    """Push the mode of an executable file for one that is there."""
    store = rehearsal.stage.github.repository(REPOSITORY).store
    head = rehearsal.stage.pull.head_sha
    tree = store.write_tree(head, {path: head_files(rehearsal)[path]}, {path: "100755"})
    sha = store.commit_tree(
        tree, [head], message="chmod", author=("ada", "a@b.invalid"), date="2026-01-01T00:00:00Z"
    )
    rehearsal.stage.github.move_branch(REPOSITORY, rehearsal.stage.world.head_ref, sha)


def modes(rehearsal: Rehearsal) -> dict[str, str]:
    """The mode of each file of the head in ``src``."""
    store = rehearsal.stage.github.repository(REPOSITORY).store
    tree = store.tree(rehearsal.stage.pull.head_sha, recursive=True)
    return {entry.path: entry.mode for entry in tree if entry.path.startswith("src/")}


def commits(rehearsal: Rehearsal) -> int:
    """How often the head moved."""
    return len(rehearsal.stage.pull.earlier_heads)


def finish_when(rehearsal: Rehearsal, end: str, path: str, **more: Any) -> None:
    """Close or merge the pull request at a request."""
    github = rehearsal.stage.github
    done = github.close_pull_request if end == "closed" else github.merge_pull_request
    github.faults.add(Fault(path=path, act=lambda: done(REPOSITORY, 1), **more))


async def applied(rehearse: MakeRehearsal, head: bytes, old: str, new: str) -> Rehearsal:
    """One small file, edited by suggestions, which were committed."""
    file = WorldFile(path="a.txt", base=b"one\n", head=head)
    rehearsal = await set_up(rehearse, files=[file])
    rehearsal.typist.old, rehearsal.typist.new = old, new
    await rehearsal.say()
    assert rehearsal.stage.suggestions
    assert (await rehearsal.say(APPLY)).report.outcome is Outcome.COMMITTED
    return rehearsal


class TestApply:
    async def test_one_of_several_equal_lines_is_removed_once(
        self, rehearse: MakeRehearsal
    ) -> None:
        """The diff of the commit may show another one of them as removed, so the thread fits."""
        head = b"one\n\n\n\n\ntwo FizzBuzz\n"
        rehearsal = await applied(rehearse, head, "one\n\n", "one\n")

        assert (await rehearsal.say(APPLY)).report.outcome is Outcome.ANSWERED
        assert head_files(rehearsal)["a.txt"] == head.replace(b"one\n\n", b"one\n")

    @pytest.mark.parametrize(
        "change",
        [
            ("name_0 =", "# The first.\nname_0 ="),
            ('FizzBuzz 1"\n', 'FizzBuzz 1"\n# The end.\n'),
            ('name_0 = "FizzBuzz 1"\n', '# One.\nname_0 = "FizzBuzz 1"\n# Two.\n'),
        ],
    )
    async def test_added_lines_are_added_once(
        self, rehearse: MakeRehearsal, change: tuple[str, str]
    ) -> None:
        """The line that such a suggestion replaces stays, and so does its thread: it fits again."""
        rehearsal = await set_up(rehearse, files=many(1))
        rehearsal.typist.old, rehearsal.typist.new = change
        await rehearsal.say()
        path = rehearsal.stage.world.files[0].path
        assert rehearsal.stage.suggestions
        before = head_files(rehearsal)[path]
        assert (await rehearsal.say(APPLY)).report.outcome is Outcome.COMMITTED
        once = head_files(rehearsal)[path]

        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.ANSWERED
        assert head_files(rehearsal)[path] == once
        assert once == before.replace(change[0].encode(), change[1].encode())

    @pytest.mark.parametrize("blanks", [1, 2, 3])
    async def test_lines_that_are_there_are_added_again(
        self, rehearse: MakeRehearsal, blanks: int
    ) -> None:
        """One more empty line looks as if it was added before; the first `apply` adds it."""
        head = b"one\n" + b"\n" * blanks + b"two FizzBuzz\n"
        rehearsal = await applied(rehearse, head, "two", "\ntwo")

        assert head_files(rehearsal)["a.txt"] == head.replace(b"two", b"\ntwo")

    async def test_another_workflow_cannot_speak_for_us(self, rehearse: MakeRehearsal) -> None:
        """A look-alike under the same account, with the key of a suggestion, needs our seal."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        ours, *_ = rehearsal.stage.suggestions
        marker = find_marker(ours.body, "suggestion")
        assert marker is not None
        seal = marker.fields["seal"]
        for comment in rehearsal.stage.suggestions:
            other = "0" * len(seal) if comment is ours else ""
            comment.body = re.sub(r" seal=\w+", f" seal={other}", comment.body)
        before = head_files(rehearsal)

        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.ANSWERED
        assert head_files(rehearsal) == before
        ours.body = re.sub(r" seal=\w+", f" seal={seal}", ours.body)
        assert (await rehearsal.say(APPLY)).report.outcome is Outcome.COMMITTED
        assert sum(old != head_files(rehearsal)[path] for path, old in before.items()) == 1

    async def test_one_commit_with_all_of_them(
        self, rehearse: MakeRehearsal, outputs_of: OutputsOf
    ) -> None:
        """The head is what the suggestions say; the commit credits who asked and what edited."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        finished = await rehearsal.say(APPLY)

        assert head_files(rehearsal) == rehearsal.stage.world.expected()
        assert commits(rehearsal) == 1
        assert finished.report.outcome is Outcome.COMMITTED
        assert outputs_of(finished)["outcome"] == "committed"
        text = rehearsal.stage.summaries[1]
        assert f"/commits/{rehearsal.stage.pull.head_sha})" in text or "/commit/" in text
        assert "6 suggestions applied" in text
        said = message(rehearsal)
        assert said.startswith("Apply 6 suggestions of predict-edit\n")
        assert "Co-authored-by: grace <" in said
        assert "Co-authored-by: predict-edit <" in said
        assert rehearsal.stage.reactions == ["eyes", "rocket"]
        assert len(rehearsal.typist.asked) == 3

    async def test_what_was_answered_with_a_decision_is_left(self, rehearse: MakeRehearsal) -> None:
        """Resolved, folded and edited ones are not applied, nor other people's."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        github = rehearsal.stage.github
        resolved, folded, edited, *rest = rehearsal.stage.suggestions
        resolved.thread.resolved_by = github.user("ada")
        folded.minimized = "OUTDATED"
        edited.body = edited.body.replace("MSFTBuzz", "Evil")
        forged = rest[-1].body.replace("MSFTBuzz", "Evil")
        github.review_comment(REPOSITORY, 1, "ada", forged, path="src/file_001.py", line=6)
        await rehearsal.say(APPLY)

        assert sum(data.count(b"MSFTBuzz") for data in head_files(rehearsal).values()) == 3
        assert not any(b"Evil" in data for data in head_files(rehearsal).values())
        assert "1 open suggestion left out" in rehearsal.stage.summaries[1]

    async def test_lines_that_changed_are_left(self, rehearse: MakeRehearsal) -> None:
        """A suggestion whose lines have changed since is outdated and not applied."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        stage = rehearsal.stage
        old = stage.world.files_at(stage.pull.head_sha)["src/file_001.py"].decode()
        stage.github.push(
            REPOSITORY,
            stage.world.head_ref,
            {"src/file_001.py": "# first\n" + old.replace('"FizzBuzz 1"', '"Mine"', 1)},
        )
        await rehearsal.say(APPLY)

        text = head_files(rehearsal)["src/file_001.py"].decode()
        assert text.startswith("# first\n")
        assert (text.count("Mine"), text.count("MSFTBuzz")) == (1, 1)

    @pytest.mark.parametrize("posted", [False, True])
    async def test_nothing_to_apply_is_an_answer(
        self, rehearse: MakeRehearsal, *, posted: bool
    ) -> None:
        """Without an open suggestion there is no commit, and a reply says so."""
        rehearsal = await set_up(rehearse)
        if posted:
            await rehearsal.say()
            for comment in rehearsal.stage.suggestions:
                comment.body = comment.body.replace("MSFTBuzz", "Evil")
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.ANSWERED
        assert "nothing to apply" in rehearsal.stage.summaries[-1]
        assert commits(rehearsal) == 0

    async def test_missing_permission_is_named(self, rehearse: MakeRehearsal) -> None:
        """The failure names ``contents: write``."""
        rehearsal = await rehearse(files=many(2))
        await rehearsal.say()
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.FAILED
        assert "`contents: write`" in rehearsal.stage.summaries[1]
        assert commits(rehearsal) == 0
        assert rehearsal.stage.reactions == ["eyes", "confused"]

    async def test_fork_is_explained(self, rehearse: MakeRehearsal) -> None:
        """On a fork, the reply says that the token may not commit, and what to do instead."""
        rehearsal = await set_up(rehearse, fork=True)
        await rehearsal.say()
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.FAILED
        assert "fork" in rehearsal.stage.summaries[1]
        assert "page" in rehearsal.stage.summaries[1]

    @pytest.mark.parametrize("sealed", [True, False])
    async def test_moved_from_another_pull_request(
        self, rehearse: MakeRehearsal, *, sealed: bool
    ) -> None:
        """A suggestion that our key sealed for the same lines elsewhere is not committed here."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        for comment in rehearsal.stage.suggestions:
            marker = find_marker(comment.body, "suggestion")
            assert marker is not None
            fields = {name: value for name, value in marker.fields.items() if name != "seal"}
            there = Seals("sk-typist-no-secret", f"{REPOSITORY}#{1 if sealed else 2}")
            moved = str(there.seal(Marker("suggestion", fields)))
            comment.body = comment.body.replace(str(marker), moved)
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is (Outcome.COMMITTED if sealed else Outcome.ANSWERED)
        assert commits(rehearsal) == int(sealed)

    @pytest.mark.parametrize("how", ["resolved", "hidden"])
    async def test_a_copy_of_what_was_decided(self, rehearse: MakeRehearsal, how: str) -> None:
        """A suggestion that a reviewer resolved or hid is not committed from a copy of it."""
        rehearsal = await set_up(rehearse, files=many(1))
        await rehearsal.say()
        github = rehearsal.stage.github
        (original,) = rehearsal.stage.suggestions
        if how == "resolved":
            original.thread.resolved_by = github.user("ada")
        else:
            original.minimized = "OUTDATED"
        path, line = original.thread.path, original.thread.line or 0
        github.review_comment(REPOSITORY, 1, ACTIONS_LOGIN, original.body, path=path, line=line)
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.ANSWERED
        assert commits(rehearsal) == 0

    @pytest.mark.parametrize("moved", ["other lines", "other commit", "not"])
    async def test_a_copy_in_another_place(self, rehearse: MakeRehearsal, moved: str) -> None:
        """A sealed suggestion counts on the lines and the commit it was posted on alone."""
        lines = [f"value_{number} = {number}\n" for number in range(30)]
        lines[5] = lines[15] = 'name = "FizzBuzz"\n'
        head = "".join(lines)
        base = head.replace("FizzBuzz", "Fizz")
        files = [WorldFile(path="a.py", base=base.encode(), head=head.encode())]
        rehearsal = await set_up(rehearse, files=files)
        await rehearsal.say()
        github, pull = rehearsal.stage.github, rehearsal.stage.pull
        first, second = sorted(rehearsal.stage.suggestions, key=lambda one: one.thread.line or 0)
        for comment in (first, second):
            pull.threads.remove(comment.thread)
        if moved == "other commit":
            github.push(REPOSITORY, rehearsal.stage.world.head_ref, {"other.txt": b"x\n"})
        line = 16 if moved == "other lines" else 6
        github.review_comment(REPOSITORY, 1, ACTIONS_LOGIN, first.body, path="a.py", line=line)
        finished = await rehearsal.say(APPLY)

        wanted = Outcome.COMMITTED if moved == "not" else Outcome.ANSWERED
        assert finished.report.outcome is wanted

    async def test_a_copy_takes_nothing_from_the_original(self, rehearse: MakeRehearsal) -> None:
        """Suggestions that are where they were posted are committed beside a copy."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        original = rehearsal.stage.suggestions[0]
        path = original.thread.path
        rehearsal.stage.github.review_comment(
            REPOSITORY, 1, ACTIONS_LOGIN, original.body, path=path, line=16
        )
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.COMMITTED
        assert head_files(rehearsal) == rehearsal.stage.world.expected()

    @pytest.mark.parametrize("key", ["ollama", "sk-1234", "not-needed", "sk-no-key-required"])
    async def test_a_key_that_everybody_knows(self, rehearse: MakeRehearsal, key: str) -> None:
        """It seals nothing, so nothing is committed for its marks, and the answer says so."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say(api_key=key)
        finished = await rehearsal.say(APPLY, api_key=key)

        assert finished.report.outcome is Outcome.ANSWERED
        assert commits(rehearsal) == 0
        assert "not sealed" in rehearsal.stage.summaries[1]

    async def test_what_is_protected_is_asked_again(
        self, rehearse: MakeRehearsal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that the config no longer unlocks is left as it is."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        before = head_files(rehearsal)
        locked = "src/file_001.py"
        monkeypatch.setattr(apply, "protected", lambda path: "locked" if path == locked else None)
        finished = await rehearsal.say(APPLY)

        assert finished.report.outcome is Outcome.COMMITTED
        assert head_files(rehearsal)[locked] == before[locked]
        assert "2 open suggestions left out" in rehearsal.stage.summaries[1]

    @pytest.mark.parametrize("end", ["closed", "merged"])
    async def test_closed_while_the_run_works(self, rehearse: MakeRehearsal, end: str) -> None:
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        command = rehearsal.comment(APPLY)
        finish_when(rehearsal, end, r".*/issues/1/comments", method="POST")
        finished = await rehearsal.follow(command)

        assert (finished.report.outcome, commits(rehearsal)) == (Outcome.FAILED, 0)
        assert f"pull request was {end} while the run worked" in rehearsal.stage.summaries[1]

    async def test_dry_run_commits_nothing(self, rehearse: MakeRehearsal) -> None:
        """A dry run says what it would commit."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say()
        finished = await rehearsal.say(APPLY, dry_run="true")

        assert finished.report.outcome is Outcome.COMMITTED
        assert (commits(rehearsal), len(rehearsal.stage.summaries)) == (0, 1)
        assert rehearsal.file("edits.patch") != b""


class TestDeliverCommit:
    """All accepted edits at once, without suggestions."""

    async def test_one_commit_and_nothing_inline(
        self, rehearse: MakeRehearsal, outputs_of: OutputsOf
    ) -> None:
        """The head has all edits, no review is posted, and the patches are still written."""
        rehearsal = await set_up(rehearse)
        finished = await rehearsal.say(**COMMIT)

        assert head_files(rehearsal) == rehearsal.stage.world.expected()
        assert (rehearsal.reviews, commits(rehearsal)) == ([], 1)
        assert outputs_of(finished)["outcome"] == "committed"
        assert finished.report.count(PlacementKind.PATCH) == 6
        assert "Committed" in rehearsal.summary
        assert "To take the patch" not in rehearsal.summary
        assert rehearsal.file("edits.patch") != b""
        assert "Instruction: Replace string `FizzBuzz` with `MSFTBuzz`." in message(rehearsal)

    async def test_an_instruction_sets_nothing_off(self, rehearse: MakeRehearsal) -> None:
        """The commit closes no issue, mentions no one and skips no checks."""
        rehearsal = await set_up(rehearse)
        await rehearsal.say(
            "/predict-edit Replace string `FizzBuzz` with `MSFTBuzz`.\n"
            "fixes #12 and owner/repo#3 cc @bob [skip ci]",
            **COMMIT,
        )

        said = "`MSFTBuzz`. fixes # 12 and owner/repo# 3 cc @ bob (skip ci)\n"
        assert said in message(rehearsal)

    @pytest.mark.parametrize("end", ["closed", "merged"])
    async def test_closed_while_the_run_works(self, rehearse: MakeRehearsal, end: str) -> None:
        rehearsal = await set_up(rehearse)
        finish_when(rehearsal, end, r".*/issues/1/comments", method="POST")
        finished = await rehearsal.say(**COMMIT)

        assert (finished.report.outcome, commits(rehearsal)) == (Outcome.PATCHED, 0)
        assert f"pull request was {end} while the run worked" in rehearsal.summary
        assert rehearsal.file("edits.patch") != b""

    async def test_not_without_the_repositorys_leave(self, rehearse: MakeRehearsal) -> None:
        """A comment alone cannot choose a commit."""
        rehearsal = await set_up(rehearse)
        finished = await rehearsal.say("/predict-edit --deliver commit do it")

        assert finished.report.outcome is Outcome.ANSWERED
        assert commits(rehearsal) == 0

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ({"type": "FORBIDDEN", "message": "Resource not accessible"}, "contents: write"),
            (
                {"type": "UNPROCESSABLE", "message": "Protected branch update failed"},
                "Protected branch update failed",
            ),
            (
                {"type": "FORBIDDEN", "message": "refused without `workflows` permission"},
                "workflows",
            ),
        ],
    )
    async def test_refusal_becomes_a_patch(
        self, rehearse: MakeRehearsal, body: dict[str, str], named: str
    ) -> None:
        """If no commit can be made, the edits are in the patch, with reason and next step."""
        rehearsal = await set_up(rehearse)
        rehearsal.stage.github.faults.add(
            Fault(
                path=GRAPHQL,
                containing="createCommitOnBranch",
                status=200,
                body={"data": {"createCommitOnBranch": None}, "errors": [body]},
                times=None,
            )
        )
        finished = await rehearsal.say(**COMMIT)

        assert finished.report.outcome is Outcome.PATCHED
        assert rehearsal.file("remainder.patch") == rehearsal.file("edits.patch") != b""
        assert named in rehearsal.summary
        assert "edits.patch" in rehearsal.summary
        assert rehearsal.summary.casefold().count("the edits were not committed") == 1

    async def test_a_commit_stays_one_if_a_file_failed(self, rehearse: MakeRehearsal) -> None:
        """The summary links to it, and does not send anybody to a patch."""
        rehearsal = await set_up(rehearse)
        rehearsal.typist.broken = ("src/file_001.py",)
        finished = await rehearsal.say(**COMMIT)

        assert finished.report.outcome is Outcome.PARTIAL
        assert commits(rehearsal) == 1
        assert "[Committed](" in rehearsal.summary
        assert "4 in the commit" in rehearsal.summary
        assert "git apply" not in rehearsal.summary

    async def test_fork_becomes_a_patch(self, rehearse: MakeRehearsal) -> None:
        """The token cannot write to a fork's branch."""
        rehearsal = await set_up(rehearse, fork=True)
        finished = await rehearsal.say(**COMMIT)

        assert finished.report.outcome is Outcome.PATCHED
        assert "fork" in rehearsal.summary

    @pytest.mark.parametrize("body", ["/predict-edit Replace `FizzBuzz` with `X`", APPLY])
    async def test_a_deleted_fork_is_refused_before_anything_is_paid(
        self, rehearse: MakeRehearsal, body: str
    ) -> None:
        """Its branch is gone: known at the start, and told with what works instead."""
        rehearsal = await set_up(rehearse, fork=True)
        rehearsal.stage.pull.head_repository = None
        finished = await rehearsal.say(body, **COMMIT)

        assert finished.report.outcome is Outcome.FAILED
        assert rehearsal.stage.bodies == []
        assert "fork was deleted" in rehearsal.stage.summaries[-1]
        assert "`--deliver patch`" in rehearsal.stage.summaries[-1]

    @pytest.mark.parametrize("same_file", [False, True])
    async def test_head_that_moved(self, rehearse: MakeRehearsal, *, same_file: bool) -> None:
        """A push to other files is built upon; a push to the same files is never overwritten."""
        rehearsal = await set_up(rehearse)
        stage = rehearsal.stage
        path = "src/file_001.py" if same_file else "other.txt"
        stage.github.faults.add(
            Fault(
                method="POST",
                path=r".*/issues/1/comments",
                act=lambda: stage.github.push(
                    REPOSITORY, stage.world.head_ref, {path: b"theirs\n"}
                ),
            )
        )
        finished = await rehearsal.say(**COMMIT)

        assert head_files(rehearsal)[path] == b"theirs\n"
        assert commits(rehearsal) == (1 if same_file else 2)
        wanted = Outcome.PATCHED if same_file else Outcome.COMMITTED
        assert finished.report.outcome is wanted

    async def test_commit_that_was_made_after_all(self, rehearse: MakeRehearsal) -> None:
        """A 502 after the commit leads to no second one, and counts as a success."""
        rehearsal = await set_up(rehearse)
        rehearsal.stage.github.faults.add(
            Fault(path=GRAPHQL, containing="createCommitOnBranch", status=502, when="after")
        )
        finished = await rehearsal.say(**COMMIT)

        assert finished.report.outcome is Outcome.COMMITTED
        assert commits(rehearsal) == 1


class TestExecutableFiles:
    """GitHub's request for a commit takes no modes, so executable files go another way."""

    @pytest.mark.parametrize("keeps", [False, True])
    @pytest.mark.parametrize("body", [REPLACE, APPLY])
    async def test_they_stay_executable(
        self, rehearse: MakeRehearsal, body: str, *, keeps: bool
    ) -> None:
        """Whether or not GitHub would keep the mode, and so do all plain files beside them."""
        rehearsal = await set_up(rehearse)
        make_executable(rehearsal, "src/file_002.py")
        rehearsal.stage.github.switches.commits_keep_modes = keeps
        if body == APPLY:
            await rehearsal.say()
        finished = await rehearsal.say(body, **(COMMIT if body != APPLY else {}))

        assert finished.report.outcome is Outcome.COMMITTED
        assert modes(rehearsal) == {
            "src/file_001.py": "100644",
            "src/file_002.py": "100755",
            "src/file_003.py": "100644",
        }
        assert head_files(rehearsal) == rehearsal.stage.world.expected()
        assert finished.report.commit_url.endswith(rehearsal.stage.pull.head_sha)
        assert "Co-authored-by: predict-edit <" in message(rehearsal)

    async def test_a_commit_of_plain_files_is_one_request(self, rehearse: MakeRehearsal) -> None:
        """An executable file that is not edited changes nothing."""
        rehearsal = await set_up(rehearse)
        make_executable(rehearsal, "src/file_002.py")
        await rehearsal.say(REPLACE + " ", files="src/file_001.py", **COMMIT)

        assert rehearsal.stage.github.log.matching("POST", "/git/trees") == []
        assert modes(rehearsal)["src/file_002.py"] == "100755"
        assert commits(rehearsal) == 2

    async def test_a_push_in_between_is_not_lost(self, rehearse: MakeRehearsal) -> None:
        """The branch moves only from the commit that was read, and the edit is made on the new."""
        rehearsal = await set_up(rehearse)
        make_executable(rehearsal, "src/file_002.py")
        stage = rehearsal.stage
        theirs = {"other.txt": b"theirs\n"}
        stage.github.faults.add(
            Fault(
                method="POST",
                path=r".*/git/commits",
                act=lambda: stage.github.push(REPOSITORY, stage.world.head_ref, theirs),
            )
        )
        finished = await rehearsal.say(**COMMIT)

        assert finished.report.outcome is Outcome.COMMITTED
        assert head_files(rehearsal)["other.txt"] == b"theirs\n"
        assert modes(rehearsal)["src/file_002.py"] == "100755"
        assert commits(rehearsal) == 3

    @pytest.mark.parametrize("request_", ["trees", "commits", "updateRefs"])
    async def test_a_failure_leaves_the_branch(
        self, rehearse: MakeRehearsal, request_: str
    ) -> None:
        """The edits are in the patch then, and the branch is where it was."""
        rehearsal = await set_up(rehearse)
        make_executable(rehearsal, "src/file_002.py")
        graph = request_ == "updateRefs"
        rehearsal.stage.github.faults.add(
            Fault(
                path=GRAPHQL if graph else rf".*/git/{request_}",
                containing=request_ if graph else None,
                status=200 if graph else 403,
                body={"errors": [{"type": "UNPROCESSABLE", "message": "protected"}]}
                if graph
                else {"message": "Resource not accessible by integration"},
                times=None,
            )
        )
        finished = await rehearsal.say(**COMMIT)

        assert finished.report.outcome is Outcome.PATCHED
        assert commits(rehearsal) == 1
        assert rehearsal.file("remainder.patch") == rehearsal.file("edits.patch") != b""


class TestPinned:
    """A command that names a commit is for that commit alone: what is written is on it, or not."""

    @staticmethod
    def command(rehearsal: Rehearsal) -> str:
        return f"/predict-edit @{rehearsal.stage.pull.head_sha[:12]} Replace `FizzBuzz` with `X`"

    @staticmethod
    def push_at(rehearsal: Rehearsal, **request: Any) -> None:
        """Let an attacker push another file just before a request."""
        github, ref = rehearsal.stage.github, rehearsal.stage.world.head_ref
        files = {"other.txt": b"theirs\n"}
        github.faults.add(Fault(act=lambda: github.push(REPOSITORY, ref, files), **request))

    @pytest.mark.parametrize("deliver", ["suggestions", "commit", "patch"])
    async def test_a_push_while_the_model_works(
        self, rehearse: MakeRehearsal, deliver: str
    ) -> None:
        """Nothing is written, the patch is for the named commit, and the summary says why."""
        rehearsal = await set_up(rehearse)
        command = self.command(rehearsal)
        self.push_at(rehearsal, method="POST", path=r".*/issues/1/comments")
        finished = await rehearsal.say(command, deliver=deliver)

        assert finished.report.outcome is Outcome.PATCHED
        assert (rehearsal.reviews, commits(rehearsal)) == ([], 1)
        assert rehearsal.file("edits.patch") == rehearsal.file("remainder.patch") != b""
        assert "the head moved to" in rehearsal.summary

    async def test_a_push_between_look_and_commit(self, rehearse: MakeRehearsal) -> None:
        """GitHub refuses the commit, which is not made again on the attacker's."""
        rehearsal = await set_up(rehearse)
        command = self.command(rehearsal)
        self.push_at(rehearsal, path=GRAPHQL, containing="createCommitOnBranch")
        finished = await rehearsal.say(command, **COMMIT)

        assert finished.report.outcome is Outcome.PATCHED
        assert commits(rehearsal) == 1
        assert head_files(rehearsal)["other.txt"] == b"theirs\n"
        assert "the head moved to" in rehearsal.summary

    async def test_a_push_between_look_and_review(self, rehearse: MakeRehearsal) -> None:
        """The first review is on the named commit, and no second one follows."""
        rehearsal = await rehearse(files=many(35))
        named, command = rehearsal.stage.pull.head_sha, self.command(rehearsal)
        self.push_at(rehearsal, method="POST", path=r".*/pulls/1/reviews")
        finished = await rehearsal.say(command, max_suggestions="100")

        assert [review.commit_id for review in rehearsal.reviews] == [named]
        assert named != rehearsal.stage.pull.head_sha
        assert finished.report.count(PlacementKind.PATCH) == 5
        assert "the head moved to" in rehearsal.summary


class TestAgain:
    @pytest.mark.parametrize("performed", [False, True])
    @pytest.mark.parametrize(
        ("method", "path", "containing", "nth"),
        [
            ("POST", r".*/issues/1/comments", None, 1),
            ("POST", GRAPHQL, "createCommitOnBranch", 1),
            ("PATCH", r".*/issues/comments/\d+", None, 1),
            ("POST", GRAPHQL, "mutation Close", 1),
        ],
    )
    @pytest.mark.parametrize("how", ["apply", "deliver"])
    async def test_crash(
        self,
        rehearse: MakeRehearsal,
        how: str,
        method: str,
        path: str,
        containing: str | None,
        nth: int,
        *,
        performed: bool,
    ) -> None:
        """Wherever the first run ends, after the second there is one commit and one summary."""
        rehearsal = await set_up(rehearse)
        inputs = COMMIT if how == "deliver" else {}
        if how == "apply":
            await rehearsal.say()
        asked = len(rehearsal.typist.asked)
        told = len(rehearsal.stage.summaries)
        comment = rehearsal.comment(APPLY) if how == "apply" else rehearsal.comment()
        faults = rehearsal.stage.github.faults
        faults.add(
            Fault(
                method=method,
                path=path,
                containing=containing,
                nth=nth,
                drop=True,
                when="after" if performed else "instead",
                act=lambda: faults.add(Fault(drop=True, times=None)),
            )
        )
        await rehearsal.follow(comment, **inputs)
        rehearsal.recover()
        finished = await rehearsal.follow(comment, **inputs)

        assert finished.report.outcome is Outcome.COMMITTED, finished.report.problem
        assert commits(rehearsal) == 1
        assert head_files(rehearsal) == rehearsal.stage.world.expected()
        assert len(rehearsal.stage.summaries) == told + 1
        assert "Committed" in rehearsal.stage.summaries[-1]
        assert len(rehearsal.typist.asked) <= asked + (
            3 if containing == "mutation Close" else 6
        ) * (how == "deliver")

    @pytest.mark.parametrize("how", ["apply", "deliver"])
    async def test_finished_commit_is_reported_again_and_nothing_written(
        self, rehearse: MakeRehearsal, outputs_of: OutputsOf, how: str
    ) -> None:
        """The same command again, on its own commit, gives the same outputs and does nothing."""
        rehearsal = await set_up(rehearse)
        inputs = COMMIT if how == "deliver" else {}
        if how == "apply":
            await rehearsal.say()
        comment = rehearsal.comment(APPLY) if how == "apply" else rehearsal.comment()
        first = await rehearsal.follow(comment, **inputs)
        asked = len(rehearsal.typist.asked)
        rehearsal.stage.github.log.clear()
        again = await rehearsal.follow(comment, **inputs)

        assert outputs_of(again) == outputs_of(first)
        assert [p for _, p in rehearsal.stage.written() if "reactions" not in p] == []
        assert (commits(rehearsal), len(rehearsal.typist.asked)) == (1, asked)

    async def test_memory_without_a_seal_is_not_committed(self, rehearse: MakeRehearsal) -> None:
        """Without a seal, what a comment remembers is asked for again before a commit."""
        rehearsal = await set_up(rehearse)
        comment = rehearsal.comment()
        keyless = {
            **COMMIT,
            "api_key": "",
            "base_url": "https://name.openai.azure.com/openai/v1/",
        }
        rehearsal.typist.broken = ("src/file_002.py",)
        faults = rehearsal.stage.github.faults
        faults.add(Fault(path=GRAPHQL, containing="createCommit", drop=True, times=None))
        await rehearsal.follow(comment, **keyless)
        rehearsal.recover()
        rehearsal.typist.broken = ()
        await rehearsal.follow(comment, **keyless)

        assert len(rehearsal.typist.asked) == 6
