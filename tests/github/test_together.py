"""Several questions in one request, and each by itself where that cannot be had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain import CommandRef, CommandSource, Comment, Reaction
from predict_edit.domain.errors import ForgeError, ForgeUnauthorized
from predict_edit.github.forge import GitHubForge

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


def again(body: str | None, head: str | None = HEAD) -> dict[str, Any]:
    """The answer to the question for head and command."""
    return {
        "repository": {"pullRequest": {"headRefOid": head} if head else None},
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
    """A conversation in which nobody has said anything."""
    nobody = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
    return {"comments": nobody, "reviews": nobody}


class TestHeadAndCommand:
    """What is read right before something is posted."""

    async def test_unchanged_takes_one_request(
        self, github: FakeGitHub, forge: GitHubForge
    ) -> None:
        """Where GraphQL says that the comment is what it was, that is enough."""
        github.on_graphql(again(COMMAND.body))
        assert await forge.look_again(7, COMMAND) == (HEAD, COMMAND.body)
        assert len(github.received) == 1

    @pytest.mark.parametrize(
        "data",
        [again("edited"), again(None), again(COMMAND.body, head=None), {"repository": None}, {}],
        ids=["edited", "deleted", "no head", "no repository", "nothing"],
    )
    async def test_anything_else_is_asked_for_over_rest(
        self, github: FakeGitHub, forge: GitHubForge, data: dict[str, Any]
    ) -> None:
        """A run is refused for what REST says, never for an odd answer of GraphQL."""
        github.on_graphql(data)
        github.on("GET", "pulls/7", pull("b" * 40))
        github.on("GET", "issues/comments/5", {"body": COMMAND.body})
        assert await forge.look_again(7, COMMAND) == ("b" * 40, COMMAND.body)

    async def test_a_deleted_comment_and_an_unknown_head_are_told(
        self, github: FakeGitHub, rest_forge: GitHubForge
    ) -> None:
        """The head is not worth an error here; that the comment is gone is."""
        github.on("GET", "pulls/7", {}, status=404)
        github.on("GET", "issues/comments/5", {}, status=404)
        assert await rest_forge.look_again(7, COMMAND) == ("", None)

    async def test_a_comment_that_cannot_be_read_raises(
        self, github: FakeGitHub, rest_forge: GitHubForge
    ) -> None:
        """Not knowing is not the same as unchanged."""
        github.on("GET", "pulls/7", pull(HEAD))
        github.on("GET", "issues/comments/5", {}, status=451)
        with pytest.raises(ForgeError):
            await rest_forge.look_again(7, COMMAND)

    async def test_a_wrong_token_is_said_at_once(
        self, github: FakeGitHub, forge: GitHubForge
    ) -> None:
        """Asking again with the same token changes nothing."""
        github.on_graphql(status=401)
        with pytest.raises(ForgeUnauthorized):
            await forge.look_again(7, COMMAND)
        assert len(github.received) == 1


class TestTheLastWord:
    """The summary's last text and the reaction on the command."""

    async def test_both_are_written_with_one_request(
        self, github: FakeGitHub, forge: GitHubForge
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

    @pytest.mark.parametrize(
        ("data", "errors"),
        [
            (None, [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]),
            (
                {"updateIssueComment": {"issueComment": {"id": "IC_9"}}, "addReaction": None},
                [{"type": "FORBIDDEN", "message": "no", "path": ["addReaction"]}],
            ),
            ({"updateIssueComment": None, "addReaction": {}}, None),
        ],
        ids=["refused", "half done", "nothing said"],
    )
    async def test_what_is_not_surely_done_is_done_again(
        self, github: FakeGitHub, forge: GitHubForge, data: Any, errors: Any
    ) -> None:
        """Both can be done twice without harm, so each is then written by itself."""
        github.on_graphql(data, errors=errors)
        github.on("PATCH", "issues/comments/9", {"id": 9})
        github.on("POST", "issues/comments/5/reactions", {"id": 1}, status=201)
        await forge.close_comment(OWN, "done", COMMAND, Reaction.DONE)
        assert [received.method for received in github.received] == ["POST", "PATCH", "POST"]

    async def test_a_text_that_is_not_taken_leaves_no_reaction(
        self, github: FakeGitHub, rest_forge: GitHubForge
    ) -> None:
        """The rocket never stands beside a summary that was not written."""
        github.on("PATCH", "issues/comments/9", {}, status=403)
        with pytest.raises(ForgeError):
            await rest_forge.close_comment(OWN, "done", COMMAND, Reaction.DONE)
        assert len(github.received) == 1


class TestFilesAndConversation:
    """The policy's files and what was said, which are wanted at the same moment."""

    async def read(self, forge: GitHubForge, files: type[Files]) -> tuple[Any, Any, Any]:
        """Ask as a run does: for everything side by side."""
        return await asyncio.gather(
            forge.read_files(files.commit, {"a.yml": None, "b": None}, beside=7),
            forge.marked_comments(7, ""),
            forge.marked_reviews(7, ""),
        )

    async def test_they_come_with_one_request(
        self, github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
    ) -> None:
        """A file that is not there is told by the same answer."""
        entry = make_files({"a.yml": (0o100644, b"x")}).graphql_entry("a.yml")
        commit = {"__typename": "Commit", "f0": entry, "f1": None}
        github.on_graphql({"repository": {"object": commit, "pullRequest": conversation()}})
        found, comments, reviews = await self.read(forge, make_files)
        assert {path: content.data for path, content in found.items()} == {"a.yml": b"x"}
        assert (comments, reviews) == ((), ())
        assert len(github.received) == 1

    async def test_after_a_refusal_each_is_asked_for_by_itself(
        self, github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
    ) -> None:
        """Nothing is asked for together again: one request more is all that is lost."""
        files = make_files({"a.yml": (0o100644, b"x")})
        asked: list[str] = []

        async def answer(received: Any) -> Any:
            from aiohttp import web

            query = received.json["query"].split("(")[0].split()[-1]
            asked.append(query)
            if query == "FilesAtCommit":
                return await files.graphql(received)
            data = {"repository": {"pullRequest": conversation()}}
            return web.json_response(
                {"errors": [{"message": "no"}]} if query == "Ground" else {"data": data}
            )

        github.on_graphql(handler=answer)
        for _ in range(2):
            found, comments, _ = await self.read(forge, make_files)
            assert found["a.yml"].data == b"x"
            assert comments == ()
        assert sorted(asked) == sorted(["Ground", *["Conversation", "FilesAtCommit"] * 2])
