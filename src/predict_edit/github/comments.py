"""The command's comment, its reactions and thread, and comments of our own."""

from __future__ import annotations

from predict_edit.domain import CommandRef, CommandSource, Comment, Reaction
from predict_edit.domain.errors import ForgeError, ForgeNotFound, ForgeRefused, ForgeUnauthorized
from predict_edit.github import answers, endpoints, parsing
from predict_edit.github.client import Client
from predict_edit.github.documents import CLOSE
from predict_edit.support.log import log

_GONE = 410
_NOT_SHOWN = 405
"""What a host says that takes changes of a comment, but shows no single one."""


_REACT = {
    CommandSource.ISSUE_COMMENT: endpoints.REACT_TO_COMMENT,
    CommandSource.REVIEW_COMMENT: endpoints.REACT_TO_REVIEW_COMMENT,
}
_UNREACT = {
    CommandSource.ISSUE_COMMENT: endpoints.UNREACT_TO_COMMENT,
    CommandSource.REVIEW_COMMENT: endpoints.UNREACT_TO_REVIEW_COMMENT,
}
_READ = {
    CommandSource.ISSUE_COMMENT: endpoints.COMMENT,
    CommandSource.REVIEW_COMMENT: endpoints.REVIEW_COMMENT,
}


_REACTION_NAMES = {
    Reaction.TAKEN: "EYES",
    Reaction.DONE: "ROCKET",
    Reaction.FAILED: "CONFUSED",
    Reaction.DENIED: "THUMBS_DOWN",
}


class Reactions:
    """Reactions on commands. None of them is worth a failed run: problems go to the debug log."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ids: dict[tuple[int, Reaction], int] = {}

    async def add(self, command: CommandRef, reaction: Reaction) -> None:
        """Put a reaction on the command."""
        try:
            await self._put(command, reaction)
        except ForgeError as error:
            log.debug("no reaction %s: %s", reaction.name, error)

    async def remove(self, command: CommandRef, reaction: Reaction) -> None:
        """Take our own reaction off again, also one of an earlier run."""
        if command.source not in _UNREACT or command.comment_id is None:
            return
        try:
            known = self._ids.pop((command.comment_id, reaction), None)
            if known is None:
                # GitHub answers with the reaction that is there already.
                known = await self._put(command, reaction)
                self._ids.pop((command.comment_id, reaction), None)
            if known is not None:
                endpoint = _UNREACT[command.source]
                await self._client.rest(endpoint, once=True, id=command.comment_id, reaction=known)
        except ForgeError as error:
            log.debug("reaction %s stays: %s", reaction.name, error)

    async def _put(self, command: CommandRef, reaction: Reaction) -> int | None:
        """Put the reaction, remember its number; ``None`` where there is no comment."""
        if command.source not in _REACT or command.comment_id is None:
            return None
        endpoint = _REACT[command.source]
        answer = await self._client.rest(
            endpoint, once=True, id=command.comment_id, body={"content": reaction.value}
        )
        found = parsing.parse(answers.ReactionAnswer, answer, endpoint).id
        self._ids[command.comment_id, reaction] = found
        return found


async def command_body(client: Client, command: CommandRef, *, listed: bool = True) -> str | None:
    """The command's comment as it reads now; ``None`` when it was deleted.

    There is one answer for what was deleted and for what a host does not show. GitHub lists the
    command with the conversation. Where it was not ``listed`` and still takes a reaction, the host
    shows no comments but the tool's own, and the command counts as it was given.
    """
    if command.source not in _READ or command.comment_id is None:
        return command.body
    endpoint = _READ[command.source]
    try:
        answer = await client.rest(endpoint, id=command.comment_id)
    except ForgeNotFound:
        there = not listed and await _takes_reaction(client, command)
        return command.body if there else None
    except ForgeRefused as error:
        if error.status == _GONE:
            return None
        if error.status == _NOT_SHOWN:
            return command.body
        raise
    return parsing.parse(answers.Body, answer, endpoint).body or ""


async def _takes_reaction(client: Client, command: CommandRef) -> bool:
    """Whether the comment takes the reaction that it has since it was taken up."""
    body = {"content": Reaction.TAKEN.value}
    try:
        await client.rest(_REACT[command.source], once=True, id=command.comment_id or 0, body=body)
    except ForgeError:
        return False
    return True


async def create_comment(client: Client, number: int, body: str) -> Comment:
    """Write a comment into the conversation; asked once."""
    endpoint = endpoints.CREATE_COMMENT
    answer = await client.rest(endpoint, number=number, body={"body": body})
    return parsing.parse(answers.IssueComment, answer, endpoint).comment(mine=True)


async def edit_comment(client: Client, comment_id: int, body: str) -> None:
    """Replace a comment of our own."""
    await client.rest(endpoints.EDIT_COMMENT, id=comment_id, body={"body": body})


async def edit_and_react(
    client: Client, comment: Comment, body: str, command: CommandRef, reaction: Reaction
) -> bool:
    """Do both in one request; ``False`` where that cannot be done, or was done in part at most.

    Either may then be done by itself: doing it twice comes to the same.

    Raises:
        ForgeUnauthorized: the token is not known.
    """
    if not (client.joins and comment.node_id and command.node_id):
        return False
    variables = {
        "comment": comment.node_id,
        "body": body,
        "command": command.node_id,
        "reaction": _REACTION_NAMES[reaction],
    }
    try:
        answer = await client.together(endpoints.CLOSE, CLOSE, variables)
        done: bool = answer.data["data"]["updateIssueComment"]["issueComment"]["id"] is not None
    except ForgeUnauthorized:
        raise
    except (ForgeError, KeyError, TypeError) as error:
        log.debug("comment and reaction are written apart: %s", type(error).__name__)
        return False
    return done


async def thread(client: Client, number: int, comment_id: int) -> tuple[str, ...]:
    """The other comments of the review thread that holds ``comment_id``, oldest first.

    Every reply of a thread names the thread's first comment (``in_reply_to_id``).
    """
    endpoint = endpoints.REVIEW_COMMENTS
    pages = await client.pages(endpoint, number=number)
    comments = parsing.parse_pages(answers.ReviewComment, pages, endpoint)
    roots = {comment.id: comment.in_reply_to_id or comment.id for comment in comments}
    root = roots.get(comment_id)
    if root is None:
        return ()
    members = [
        comment for comment in comments if roots[comment.id] == root and comment.id != comment_id
    ]
    return tuple(
        comment.body for comment in sorted(members, key=lambda each: (each.created_at, each.id))
    )
