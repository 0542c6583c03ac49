"""Several questions in one request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain.errors import ForgeError, ForgeForbidden
from predict_edit.domain.repository import CommandRef, CommandSource, Comment, Reaction
from predict_edit.github.host import GitHubHost

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub, Files

COMMAND = CommandRef(
    source=CommandSource.ISSUE_COMMENT,
    comment_id=5,
    node_id="IC_5",
    author="mona",
    body="/predict-edit x",
)
OWN = Comment(id=9, node_id="IC_9", body="", url="", mine=True)
HEAD = "a" * 40


def again(body: str | None, head: str | None = HEAD, state: str = "OPEN") -> dict[str, Any]:
    """The answer to the question for head and command."""
    return {
        "repository": {"pullRequest": {"headRefOid": head, "state": state} if head else None},
        "node": None if body is None else {"body": body},
    }


def pull(head: str) -> dict[str, Any]:
    """A pull request as REST shows it."""
    side = {"sha": head, "ref": "topic", "repo": {"full_name": "o/r"}}
    return {
        "number": 7,
        "state": "open",
        "title": "",
        "html_url": "",
        "changed_files": 1,
        "head": side,
        "base": side,
    }


def conversation() -> dict[str, Any]:
    """A conversation without comments."""
    nobody = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
    return {"comments": nobody, "reviews": nobody}


class TestHeadAndCommand:
    """What is read right before a post."""

    async def test_unchanged_takes_one_request(self, github: FakeGitHub, forge: GitHubHost) -> None:
        """If GraphQL says that the comment is unchanged, that is enough."""
        github.on_graphql(again(COMMAND.body))
        assert await forge.look_again(7, COMMAND) == (HEAD, "open", COMMAND.body)
        assert len(github.received) == 1

    @pytest.mark.parametrize(("said", "state"), [("CLOSED", "closed"), ("MERGED", "merged")])
    async def test_state_is_read_with_the_head(
        self, github: FakeGitHub, forge: GitHubHost, said: str, state: str
    ) -> None:
        """The state decides what may be written."""
        github.on_graphql(again(COMMAND.body, state=said))
        assert await forge.look_again(7, COMMAND) == (HEAD, state, COMMAND.body)

    async def test_an_edited_comment_is_returned(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """As it reads now, even if it was emptied."""
        for body in ("edited", ""):
            github.on_graphql(again(body))
        assert await forge.look_again(7, COMMAND) == (HEAD, "open", "edited")
        assert await forge.look_again(7, COMMAND) == (HEAD, "open", "")

    async def test_a_deleted_comment_is_missing(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """GitHub sends the rest of the answer, and an error for the node."""
        gone = {"type": "NOT_FOUND", "path": ["node"], "message": "Could not resolve to a node"}
        github.on_graphql(again(None), errors=[gone])
        assert await forge.look_again(7, COMMAND) == ("", "", None)

    @pytest.mark.parametrize(
        "script",
        [
            {"data": again(None)},
            {"data": again(COMMAND.body, head=None)},
            {"data": {"repository": None}},
            {"data": {}},
            {"data": again(None), "errors": [{"message": "Something went wrong"}]},
            {"status": 401},
        ],
        ids=["no node", "no head", "no repository", "nothing", "in part", "token"],
    )
    async def test_what_cannot_be_read_raises(
        self, github: FakeGitHub, forge: GitHubHost, script: dict[str, Any]
    ) -> None:
        """Not knowing is not the same as unchanged, or as deleted."""
        github.on_graphql(**script)
        with pytest.raises(ForgeError):
            await forge.look_again(7, COMMAND)
        assert github.asked("GET") == []

    async def test_without_a_comment_the_head_is_read(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """A dispatched run has nothing else that could change."""
        github.on("GET", "pulls/7", pull(HEAD))
        command = CommandRef(
            source=CommandSource.DISPATCH, comment_id=None, author="mona", body="x"
        )
        assert await forge.look_again(7, command) == (HEAD, "open", "x")
        assert len(github.received) == 1


class TestTheLastWord:
    async def test_both_are_written_with_one_request(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """The document names the comment, its text, the command and the reaction."""
        done = {"updateIssueComment": {"issueComment": {"id": "IC_9"}}, "addReaction": {}}
        github.on_graphql(done)
        await forge.close_comment(OWN, "done", COMMAND, Reaction.DONE)
        (received,) = github.received
        assert received.json["variables"] == {
            "comment": "IC_9",
            "body": "done",
            "command": "IC_5",
            "reaction": "ROCKET",
        }

    async def test_a_refused_reaction_is_not_a_failure(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """The text was accepted; the reaction is a courtesy."""
        github.on_graphql(
            {"updateIssueComment": {"issueComment": {"id": "IC_9"}}, "addReaction": None},
            errors=[{"type": "FORBIDDEN", "message": "no", "path": ["addReaction"]}],
        )
        await forge.close_comment(OWN, "done", COMMAND, Reaction.DONE)
        assert len(github.received) == 1

    @pytest.mark.parametrize("data", [None, {"updateIssueComment": None, "addReaction": {}}])
    async def test_a_text_that_is_not_taken_raises(
        self, github: FakeGitHub, forge: GitHubHost, data: Any
    ) -> None:
        """The error says that the summary was not written."""
        error = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}
        github.on_graphql(data, errors=[error])
        with pytest.raises(ForgeForbidden):
            await forge.close_comment(OWN, "done", COMMAND, Reaction.DONE)

    async def test_it_is_written_again_after_an_outage(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """Doing both twice has the same result."""
        github.on_graphql(status=502)
        github.on_graphql({"updateIssueComment": {"issueComment": {"id": "IC_9"}}})
        await forge.close_comment(OWN, "done", COMMAND, Reaction.DONE)
        assert len(github.received) == 2

    async def test_without_a_command_comment_there_is_no_reaction(
        self, github: FakeGitHub, forge: GitHubHost
    ) -> None:
        """A dispatched run has only a summary."""
        github.on("PATCH", "issues/comments/9", {"id": 9})
        command = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author="mona")
        await forge.close_comment(OWN, "done", command, Reaction.DONE)
        assert [received.method for received in github.received] == ["PATCH"]


class TestFilesAndConversation:
    """Config files and conversation are needed at the same time."""

    async def read(self, forge: GitHubHost, files: type[Files]) -> tuple[Any, Any]:
        """Ask as a run does: for everything at once."""
        return await asyncio.gather(
            forge.read_files(files.commit, {"a.yml": None, "b": None}, beside=7),
            forge.conversation(7),
        )

    async def test_they_come_with_one_request(
        self, github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
    ) -> None:
        """The same answer says that a file is missing."""
        entry = make_files({"a.yml": (0o100644, b"x")}).graphql_entry("a.yml")
        commit = {"__typename": "Commit", "f0": entry, "f1": None}
        github.on_graphql({"repository": {"object": commit, "pullRequest": conversation()}})
        found, said = await self.read(forge, make_files)
        assert {path: content.data for path, content in found.items()} == {"a.yml": b"x"}
        assert said == ((), ())
        assert len(github.received) == 1

    async def test_a_failure_is_one_of_all_three(
        self, github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
    ) -> None:
        """They are not asked for in another way, and nothing is guessed."""
        github.on_graphql(None, errors=[{"type": "FORBIDDEN", "message": "no"}])
        with pytest.raises(ForgeForbidden):
            await forge.read_files(make_files.commit, {"a.yml": None}, beside=7)
        with pytest.raises(ForgeForbidden):
            await forge.conversation(7)
        assert len(github.received) == 1
