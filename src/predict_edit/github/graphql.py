"""GitHub's GraphQL API as far as it is used: the documents, and their answers checked on entry.

Values only ever travel as variables. ``fullDatabaseId`` is asked for because identifiers of review
comments no longer fit the 32 bits of ``databaseId``.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import pydantic

from predict_edit.domain.repository import BranchPull, Comment, Review
from predict_edit.github.rest import (
    METADATA,
    READ_CONTENTS,
    READ_PULLS,
    WRITE_CONTENTS,
    WRITE_PULLS,
    ApiEndpoint,
    Effect,
    FromGitHub,
    GitHubAccount,
    Sha,
)

FILES_PER_QUERY: Final = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation(ApiEndpoint):
    """A GraphQL query or mutation."""

    document: str


def _operation(
    name: str, permission: str, document: str, effect: Effect = Effect.READ
) -> Operation:
    return Operation(
        name=f"GraphQL {name}", permission=permission, effect=effect, document=document
    )


_CONVERSATION_VARIABLES = (
    "$number: Int!, $withComments: Boolean!, $withReviews: Boolean!, "
    "$afterComment: String, $afterReview: String"
)
_CONVERSATION_FIELDS = """\
    pullRequest(number: $number) {
      comments(first: 100, after: $afterComment) @include(if: $withComments) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId id body url createdAt viewerDidAuthor author { login } }
      }
      reviews(first: 100, after: $afterReview) @include(if: $withReviews) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId id body url state viewerDidAuthor commit { oid } }
      }
    }
"""


def files_at_commit(count: int) -> Operation:
    """The query for ``count`` files; file number i is variable ``p{i}`` and field ``f{i}``.

    Further variables: ``owner``, ``name`` and ``commit``, a full object id.
    """
    return _files("FilesAtCommit", READ_CONTENTS, count)


def files_and_conversation(count: int) -> Operation:
    """The query for ``count`` files and the first pages of a pull request's conversation.

    Variables: those of :func:`files_at_commit` and of :data:`CONVERSATION`.
    """
    return _files(
        "FilesAndConversation",
        f"{READ_CONTENTS} and {READ_PULLS}",
        count,
        f", {_CONVERSATION_VARIABLES}",
        _CONVERSATION_FIELDS,
    )


def _files(
    name: str, permission: str, count: int, more_variables: str = "", more_fields: str = ""
) -> Operation:
    paths = "".join(f", $p{i}: String!" for i in range(count))
    fields = "\n".join(f"        f{i}: file(path: $p{i}) {{ ...File }}" for i in range(count))
    return _operation(
        name,
        permission,
        f"""
query {name}($owner: String!, $name: String!, $commit: GitObjectID!{paths}{more_variables}) {{
  repository(owner: $owner, name: $name) {{
    object(oid: $commit) {{
      __typename
      ... on Commit {{
{fields}
      }}
    }}
{more_fields}  }}
}}

fragment File on TreeEntry {{
  mode
  type
  oid
  object {{ __typename ... on Blob {{ byteSize isBinary isTruncated text }} }}
}}
""",
    )


CONVERSATION: Final = _operation(
    "Conversation",
    READ_PULLS,
    f"""
query Conversation($owner: String!, $name: String!, {_CONVERSATION_VARIABLES}) {{
  repository(owner: $owner, name: $name) {{
{_CONVERSATION_FIELDS}  }}
}}
""",
)

HEAD_AND_COMMAND: Final = _operation(
    "HeadAndCommand",
    READ_PULLS,
    """
query HeadAndCommand($owner: String!, $name: String!, $number: Int!, $command: ID!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { headRefOid state }
  }
  node(id: $command) {
    ... on IssueComment { body }
    ... on PullRequestReviewComment { body }
  }
}
""",
)

REVIEW_THREADS: Final = _operation(
    "ReviewThreads",
    READ_PULLS,
    """
query ReviewThreads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          isResolved
          isOutdated
          path
          line
          startLine
          comments(first: 1) {
            totalCount
            nodes {
              fullDatabaseId
              id
              body
              url
              createdAt
              viewerDidAuthor
              isMinimized
              author { login }
            }
          }
        }
      }
    }
  }
}
""",
)

CLOSE: Final = _operation(
    "Close",
    WRITE_PULLS,
    """
mutation Close($comment: ID!, $body: String!, $command: ID!, $reaction: ReactionContent!) {
  updateIssueComment(input: { id: $comment, body: $body }) { issueComment { id } }
  addReaction(input: { subjectId: $command, content: $reaction }) { reaction { content } }
}
""",
    Effect.REPLACE,
)

MINIMIZE: Final = _operation(
    "Minimize",
    WRITE_PULLS,
    """
mutation Minimize($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) {
    minimizedComment { isMinimized }
  }
}
""",
    Effect.REPLACE,
)

COMMIT: Final = _operation(
    "Commit",
    WRITE_CONTENTS,
    """
mutation Commit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    commit { oid url }
  }
}
""",
    Effect.CREATE,
)

BRANCH_STATE: Final = _operation(
    "BranchState",
    READ_PULLS,
    """
query BranchState($owner: String!, $name: String!, $ref: String!, $branch: String!) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) { target { oid } }
    pullRequests(
      headRefName: $branch
      first: 50
      orderBy: { field: CREATED_AT, direction: DESC }
    ) {
      nodes {
        number
        state
        url
        title
        body
        isDraft
        isCrossRepository
        viewerDidAuthor
        baseRefName
      }
    }
  }
}
""",
)

REPOSITORY_ID: Final = _operation(
    "RepositoryId",
    METADATA,
    """
query RepositoryId($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { id }
}
""",
)

MOVE_BRANCHES: Final = _operation(
    "MoveBranches",
    WRITE_CONTENTS,
    """
mutation MoveBranches($repository: ID!, $moves: [RefUpdate!]!) {
  updateRefs(input: { repositoryId: $repository, refUpdates: $moves }) {
    clientMutationId
  }
}
""",
    Effect.CREATE,
)


class _PageInfo(FromGitHub):
    """Whether a connection has another page, and its cursor."""

    has_next_page: bool = pydantic.Field(alias="hasNextPage")
    end_cursor: str | None = pydantic.Field(alias="endCursor")


class GitObject(FromGitHub):
    """A commit by its object id."""

    oid: Sha


class GraphComment(FromGitHub):
    """A comment of the conversation or on the diff."""

    id: int = pydantic.Field(alias="fullDatabaseId")
    node_id: str = pydantic.Field(alias="id")
    body: str
    url: str
    created_at: str = pydantic.Field(alias="createdAt")
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    minimized: bool = pydantic.Field(alias="isMinimized", default=False)
    author: GitHubAccount | None

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
    """A review."""

    id: int = pydantic.Field(alias="fullDatabaseId")
    node_id: str = pydantic.Field(alias="id")
    body: str
    url: str
    state: str
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    commit: GitObject | None

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


class CommentPage(FromGitHub):
    """A page of comments."""

    page: _PageInfo = pydantic.Field(alias="pageInfo")
    nodes: list[GraphComment]


class ReviewPage(FromGitHub):
    """A page of reviews."""

    page: _PageInfo = pydantic.Field(alias="pageInfo")
    nodes: list[GraphReview]


class ConversationPage(FromGitHub):
    """The pull request of the ``Conversation`` query."""

    comments: CommentPage | None = None
    reviews: ReviewPage | None = None


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


class ThreadPage(FromGitHub):
    """A page of review threads."""

    page: _PageInfo = pydantic.Field(alias="pageInfo")
    nodes: list[GraphThread]


class PullHead(FromGitHub):
    """The newest commit of a pull request, and whether it is open."""

    oid: Sha = pydantic.Field(alias="headRefOid")
    state: str


class GraphBlob(FromGitHub):
    """What a tree entry points at; all empty if that is not a blob."""

    size: int | None = pydantic.Field(alias="byteSize", default=None)
    binary: bool | None = pydantic.Field(alias="isBinary", default=None)
    truncated: bool = pydantic.Field(alias="isTruncated", default=False)
    text: str | None = None


class GraphFile(FromGitHub):
    """A tree entry."""

    mode: int
    type: str
    oid: Sha
    object: GraphBlob | None


class NewCommit(GitObject):
    """The commit that ``createCommitOnBranch`` made."""

    url: str


class _Ref(FromGitHub):
    """A branch."""

    target: GitObject | None


class GraphPull(FromGitHub):
    """A pull request of a branch."""

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


class _Pulls(FromGitHub):
    """The newest pull requests of a branch name, those of forks included."""

    nodes: list[GraphPull]


class BranchAnswer(FromGitHub):
    """The repository of the ``BranchState`` query."""

    ref: _Ref | None
    pulls: _Pulls = pydantic.Field(alias="pullRequests")
