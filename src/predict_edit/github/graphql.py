"""GitHub's GraphQL API as far as it is used: the documents, and their answers checked on entry.

Values only ever travel as variables. ``fullDatabaseId`` is asked for because identifiers of review
comments no longer fit the 32 bits of ``databaseId``.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Generic, TypeVar

import pydantic
from pydantic.alias_generators import to_camel

from predict_edit.github.rest import (
    METADATA,
    READ_CONTENTS,
    READ_PULLS,
    WRITE_CONTENTS,
    WRITE_PULLS,
    ApiEndpoint,
    Effect,
    Sha,
)
from predict_edit.support.validation import Validated, inside

FILES_PER_QUERY: Final = 50

Node = TypeVar("Node")


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
        nodes { fullDatabaseId id body url state viewerDidAuthor }
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


def _review_threads(name: str, end: str) -> Operation:
    """The query for all threads, with as many of each one's first or last comments as a page has.

    The piece of diff and the commit are those of the thread, though each comment has them.
    """
    return _operation(
        name,
        READ_PULLS,
        f"""
query {name}($owner: String!, $name: String!, $number: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      reviewThreads(first: 100, after: $after) {{
        pageInfo {{ hasNextPage endCursor }}
        nodes {{
          isResolved
          isOutdated
          path
          line
          startLine
          originalLine
          originalStartLine
          diffSide
          startDiffSide
          opening: comments(first: 1) {{ nodes {{ originalCommit {{ oid }} diffHunk }} }}
          comments({end}: 100) {{
            totalCount
            nodes {{
              fullDatabaseId
              id
              body
              url
              createdAt
              viewerDidAuthor
              isMinimized
              author {{ __typename login ... on User {{ databaseId }} }}
              pullRequestReview {{ state }}
            }}
          }}
        }}
      }}
    }}
  }}
}}
""",
    )


REVIEW_THREADS: Final = _review_threads("ReviewThreads", "first")
NEWEST_OF_THREADS: Final = _review_threads("NewestOfThreads", "last")

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

COMMIT_BASE: Final = _operation(
    "CommitBase",
    READ_CONTENTS,
    """
query CommitBase($owner: String!, $name: String!, $commit: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    id
    object(oid: $commit) { ... on Commit { tree { oid } } }
  }
}
""",
)

_PULLS = """{
      pageInfo { hasNextPage endCursor }
      nodes {
        number
        state
        url
        body
        isCrossRepository
        viewerDidAuthor
        headRefName
        headRefOid
      }
    }"""
BRANCH_STATE: Final = _operation(
    "BranchState",
    READ_PULLS,
    f"""
query BranchState($owner: String!, $name: String!, $ref: String!, $branch: String!) {{
  repository(owner: $owner, name: $name) {{
    ref(qualifiedName: $ref) {{ target {{ oid }} }}
    pullRequests(
      headRefName: $branch
      first: 50
      orderBy: {{ field: CREATED_AT, direction: DESC }}
    ) {_PULLS}
  }}
}}
""",
)
PULLS_INTO: Final = _operation(
    "PullsInto",
    READ_PULLS,
    f"""
query PullsInto(
  $owner: String!, $name: String!, $head: String!, $base: String!, $after: String
) {{
  repository(owner: $owner, name: $name) {{
    intoHead: pullRequests(baseRefName: $head, states: OPEN, first: 100) {_PULLS}
    intoBase: pullRequests(baseRefName: $base, after: $after, states: OPEN, first: 100) {_PULLS}
  }}
}}
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


class GraphAnswer(Validated):
    """A part of an answer; GraphQL writes names like ``createdAt``."""

    model_config = pydantic.ConfigDict(alias_generator=to_camel)


class GraphPage(GraphAnswer, Generic[Node]):
    """A page of a connection, whether it has another one, and where that begins."""

    nodes: list[Node]
    more: bool = inside("pageInfo", "hasNextPage")
    cursor: str | None = inside("pageInfo", "endCursor")


class GraphComment(GraphAnswer):
    """A comment of the conversation or on the diff."""

    id: int = pydantic.Field(alias="fullDatabaseId")
    node_id: str = pydantic.Field(alias="id")
    body: str
    url: str
    created_at: str
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    author: str = inside("author", "login", default="")
    author_id: int | None = inside("author", "databaseId", default=None)
    author_type: str = inside("author", "__typename", default="")
    minimized: bool = pydantic.Field(alias="isMinimized", default=False)


class GraphReview(GraphAnswer):
    """A review."""

    id: int = pydantic.Field(alias="fullDatabaseId")
    node_id: str = pydantic.Field(alias="id")
    body: str
    url: str
    state: str
    mine: bool = pydantic.Field(alias="viewerDidAuthor")


class ConversationPage(GraphAnswer):
    """The pull request of the ``Conversation`` query."""

    comments: GraphPage[GraphComment] | None = None
    reviews: GraphPage[GraphReview] | None = None


class GraphReviewComment(GraphComment):
    """A comment of a review, which only its author sees until it is submitted."""

    state: str = inside("pullRequestReview", "state", default="", exclude=True)


class GraphThread(GraphAnswer):
    """A review thread with its first or last comments."""

    resolved: bool = pydantic.Field(alias="isResolved")
    outdated: bool = pydantic.Field(alias="isOutdated")
    path: str
    line: int | None
    start_line: int | None
    total: int = inside("comments", "totalCount", exclude=True)
    comments: list[GraphReviewComment] = inside("comments", "nodes", exclude=True)
    diff_hunk: str = inside("opening", "nodes", 0, "diffHunk", default="")
    side: str = pydantic.Field("RIGHT", alias="diffSide", exclude=True)
    start_side: str | None = pydantic.Field(None, alias="startDiffSide", exclude=True)
    original_line: int | None = None
    original_start_line: int | None = None
    original_commit: str = inside("opening", "nodes", 0, "originalCommit", "oid", default="")


class PullHead(GraphAnswer):
    """The newest commit of a pull request, and whether it is open."""

    head_ref_oid: Sha
    state: str


class GraphBlob(GraphAnswer):
    """What a tree entry points at; all empty if that is not a blob."""

    byte_size: int | None = None
    is_binary: bool | None = None
    is_truncated: bool = False
    text: str | None = None


class GraphFile(GraphAnswer):
    """A tree entry."""

    mode: int
    type: str
    oid: Sha
    object: GraphBlob | None


class CommitBase(GraphAnswer):
    """The repository of the ``CommitBase`` query."""

    id: str
    tree: Sha = inside("object", "tree", "oid")


class NewCommit(GraphAnswer):
    """The commit that ``createCommitOnBranch`` made."""

    oid: Sha
    url: str


class GraphPull(GraphAnswer):
    """A pull request of a branch."""

    number: int
    state: str
    url: str
    body: str
    foreign: bool = pydantic.Field(alias="isCrossRepository", exclude=True)
    mine: bool = pydantic.Field(alias="viewerDidAuthor")
    head_ref: str = pydantic.Field("", alias="headRefName", exclude=True)
    tip: str = pydantic.Field("", alias="headRefOid", exclude=True)


class PullsIntoAnswer(GraphAnswer):
    """The repository of the ``PullsInto`` query."""

    into_head: list[GraphPull] = inside("intoHead", "nodes")
    into_base: GraphPage[GraphPull]


class BranchAnswer(GraphAnswer):
    """The repository of the ``BranchState`` query; forks' pull requests are among them."""

    tip: str | None = inside("ref", "target", "oid", default=None)
    pulls: list[GraphPull] = inside("pullRequests", "nodes")
