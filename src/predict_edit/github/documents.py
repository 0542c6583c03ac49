"""The GraphQL documents that are sent; values only ever travel as variables.

They use GitHub's public schema. ``fullDatabaseId`` is asked for because identifiers of review
comments no longer fit the 32 bits of ``databaseId``.
"""

from __future__ import annotations

FILES_PER_QUERY = 50

_TREE_ENTRY = """
fragment File on TreeEntry {
  mode
  type
  oid
  object { __typename ... on Blob { byteSize isBinary isTruncated text } }
}
"""


def files_at_commit(count: int) -> str:
    """The query for ``count`` files; file number i is variable ``p{i}`` and field ``f{i}``.

    Further variables: ``owner``, ``name`` and ``commit``, a full object id.
    """
    return _files("FilesAtCommit", count)


def ground(count: int) -> str:
    """The query for ``count`` files together with the first pages of a pull request's conversation.

    Variables: those of :func:`files_at_commit` and of :data:`CONVERSATION`.
    """
    return _files("Ground", count, f", {_TALK_VARIABLES}", _TALK)


def _files(name: str, count: int, more_variables: str = "", more_fields: str = "") -> str:
    paths = "".join(f", $p{i}: String!" for i in range(count))
    fields = "\n".join(f"        f{i}: file(path: $p{i}) {{ ...File }}" for i in range(count))
    return f"""
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
{_TREE_ENTRY}"""


AGAIN = """
query Again($owner: String!, $name: String!, $number: Int!, $command: ID!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { headRefOid }
  }
  node(id: $command) {
    ... on IssueComment { body }
    ... on PullRequestReviewComment { body }
  }
}
"""

_TALK_VARIABLES = (
    "$number: Int!, $withComments: Boolean!, $withReviews: Boolean!, "
    "$afterComment: String, $afterReview: String"
)
_TALK = """\
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

CONVERSATION = f"""
query Conversation($owner: String!, $name: String!, {_TALK_VARIABLES}) {{
  repository(owner: $owner, name: $name) {{
{_TALK}  }}
}}
"""

REVIEW_THREADS = """
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
"""

CLOSE = """
mutation Close($comment: ID!, $body: String!, $command: ID!, $reaction: ReactionContent!) {
  updateIssueComment(input: { id: $comment, body: $body }) { issueComment { id } }
  addReaction(input: { subjectId: $command, content: $reaction }) { reaction { content } }
}
"""

MINIMIZE = """
mutation Minimize($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) {
    minimizedComment { isMinimized }
  }
}
"""

COMMIT = """
mutation Commit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    commit { oid url }
  }
}
"""

BRANCH_STATE = """
query BranchState($owner: String!, $name: String!, $ref: String!, $branch: String!) {
  repository(owner: $owner, name: $name) {
    id
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
"""

REPOSITORY_ID = """
query RepositoryId($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { id }
}
"""

MOVE_BRANCHES = """
mutation MoveBranches($repository: ID!, $moves: [RefUpdate!]!) {
  updateRefs(input: { repositoryId: $repository, refUpdates: $moves }) {
    clientMutationId
  }
}
"""
