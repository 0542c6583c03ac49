"""Finds comments, reviews and threads by number or by GraphQL name."""

from __future__ import annotations

from collections.abc import Iterator

from predict_edit_sandbox.github.nouns import (
    IssueComment,
    Node,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
    User,
)
from predict_edit_sandbox.github.refusals import Refusal, not_found
from predict_edit_sandbox.github.state import State


def issue_comment(repository: Repository, number: int) -> IssueComment:
    """A comment of a conversation.

    Raises:
        Refusal: 404.
    """
    for pull in repository.pulls.values():
        for comment in pull.comments:
            if comment.id == number:
                return comment
    raise not_found()


def review_comment(repository: Repository, number: int) -> ReviewComment:
    """A comment on a diff.

    Raises:
        Refusal: 404.
    """
    for pull in repository.pulls.values():
        for thread in pull.threads:
            for comment in thread.comments:
                if comment.id == number:
                    return comment
    raise not_found()


def review(pull: PullRequest, number: int, viewer: User) -> Review:
    """A review that ``viewer`` may see.

    Raises:
        Refusal: 404.
    """
    for found in visible_reviews(pull, viewer):
        if found.id == number:
            return found
    raise not_found()


def visible_reviews(pull: PullRequest, viewer: User) -> list[Review]:
    """The reviews of a pull request; a pending one shows to its author only."""
    return [found for found in pull.reviews if found.state != "PENDING" or found.author == viewer]


def _nodes(state: State) -> Iterator[Node]:
    """Everything that has a GraphQL name."""
    yield from state.users.values()
    for repository in state.repositories.values():
        yield repository
        for pull in repository.pulls.values():
            yield pull
            yield from pull.comments
            yield from pull.reviews
            for thread in pull.threads:
                yield thread
                yield from thread.comments


def node(state: State, node_id: str) -> Node:
    """Whatever has this GraphQL name.

    Raises:
        Refusal: nothing has.
    """
    for found in _nodes(state):
        if found.node_id == node_id:
            return found
    said = f"Could not resolve to a node with the global id of '{node_id}'"
    raise Refusal(404, said, kind="NOT_FOUND")
