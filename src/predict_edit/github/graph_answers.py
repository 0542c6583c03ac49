"""The answers to the GraphQL documents, checked on entry like those of REST."""

from __future__ import annotations

import pydantic

from predict_edit.domain import BranchPull, Comment, Review
from predict_edit.github import failures
from predict_edit.github.answer import Answer
from predict_edit.github.answers import Account, Sha
from predict_edit.github.endpoints import Endpoint
from predict_edit.github.parsing import FromGitHub, T, parse_data


class _PageInfo(FromGitHub):
    """Whether a connection goes on, and from where."""

    has_next_page: bool = pydantic.Field(alias="hasNextPage")
    end_cursor: str | None = pydantic.Field(alias="endCursor")


class _Commit(FromGitHub):
    """The commit a review was written on."""

    oid: Sha


class GraphComment(FromGitHub):
    """A comment, over GraphQL."""

    id: int = pydantic.Field(alias="fullDatabaseId")
    node_id: str = pydantic.Field(alias="id")
    body: str
    url: str
    created_at: str = pydantic.Field(alias="createdAt")
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    minimized: bool = pydantic.Field(alias="isMinimized", default=False)
    author: Account | None

    def comment(self) -> Comment:
        """The domain's comment."""
        return Comment(
            id=self.id,
            body=self.body,
            url=self.url,
            mine=self.mine,
            node_id=self.node_id,
            author=self.author.login if self.author else "",
            created_at=self.created_at,
        )


class GraphReview(FromGitHub):
    """A review, over GraphQL."""

    id: int = pydantic.Field(alias="fullDatabaseId")
    node_id: str = pydantic.Field(alias="id")
    body: str
    url: str
    state: str
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    commit: _Commit | None

    def review(self) -> Review:
        """The domain's review."""
        return Review(
            id=self.id,
            url=self.url,
            body=self.body,
            mine=self.mine,
            node_id=self.node_id,
            state=self.state,
            commit_id=self.commit.oid if self.commit else None,
        )


class CommentConnection(FromGitHub):
    """A page of comments."""

    page: _PageInfo = pydantic.Field(alias="pageInfo")
    nodes: list[GraphComment]


class ReviewConnection(FromGitHub):
    """A page of reviews."""

    page: _PageInfo = pydantic.Field(alias="pageInfo")
    nodes: list[GraphReview]


class _ThreadComments(FromGitHub):
    """How many comments a thread has, and its first."""

    total: int = pydantic.Field(alias="totalCount")
    nodes: list[GraphComment]


class GraphThread(FromGitHub):
    """A review thread with its first comment."""

    resolved: bool = pydantic.Field(alias="isResolved")
    outdated: bool = pydantic.Field(alias="isOutdated")
    path: str
    line: int | None
    start_line: int | None = pydantic.Field(alias="startLine")
    comments: _ThreadComments


class ThreadConnection(FromGitHub):
    """A page of review threads."""

    page: _PageInfo = pydantic.Field(alias="pageInfo")
    nodes: list[GraphThread]


class Conversation(FromGitHub):
    """The pull request of the ``Conversation`` query."""

    comments: CommentConnection | None = None
    reviews: ReviewConnection | None = None


class Threads(FromGitHub):
    """The pull request of the ``ReviewThreads`` query."""

    threads: ThreadConnection = pydantic.Field(alias="reviewThreads")


class GraphBlob(FromGitHub):
    """What a tree entry points at; all empty where it is no blob."""

    size: int | None = pydantic.Field(alias="byteSize", default=None)
    binary: bool | None = pydantic.Field(alias="isBinary", default=None)
    truncated: bool = pydantic.Field(alias="isTruncated", default=False)
    text: str | None = None


class GraphFile(FromGitHub):
    """A tree entry, over GraphQL."""

    mode: int
    type: str
    oid: Sha
    object: GraphBlob | None


class NewCommit(FromGitHub):
    """The commit that ``createCommitOnBranch`` made."""

    oid: Sha
    url: str


class _Target(FromGitHub):
    """What a branch points at."""

    oid: Sha


class _Ref(FromGitHub):
    """A branch."""

    target: _Target | None


class GraphPull(FromGitHub):
    """A pull request of a branch, over GraphQL."""

    number: int
    state: str
    url: str
    title: str
    body: str
    draft: bool = pydantic.Field(alias="isDraft")
    foreign: bool = pydantic.Field(alias="isCrossRepository")
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    base_ref: str = pydantic.Field(alias="baseRefName")

    def pull(self) -> BranchPull:
        """The domain's pull request."""
        return BranchPull(
            number=self.number,
            state=self.state.lower(),
            url=self.url,
            title=self.title,
            body=self.body,
            mine=self.mine,
            base_ref=self.base_ref,
            draft=self.draft,
        )


class _PullConnection(FromGitHub):
    """The newest pull requests of a branch name, those of forks included."""

    nodes: list[GraphPull]


class BranchAnswer(FromGitHub):
    """The repository of the ``BranchState`` query."""

    id: str
    ref: _Ref | None
    pulls: _PullConnection = pydantic.Field(alias="pullRequests")


def pull_request_of(kind: type[T], answer: Answer, endpoint: Endpoint) -> T:
    """The pull request of an answer; a partial one is refused, for nothing may be missing."""
    if answer.graphql_errors:
        raise failures.graphql_failure(answer, endpoint)
    data = answer.data.get("data")
    for name in ("repository", "pullRequest"):
        data = data.get(name) if isinstance(data, dict) else None
    return parse_data(kind, data, endpoint)
