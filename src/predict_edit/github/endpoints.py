"""Every REST endpoint that is used, with the permission it is believed to need.

GitHub publishes no table of permissions for the job's token that could be read by a program; the
permissions here are those of its endpoint pages and of what other actions run with. They serve the
error messages only.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Literal
from urllib.parse import quote

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class Effect(enum.Enum):
    """What a request does to GitHub, which decides whether it may be sent twice."""

    READ = "read"
    """Changes nothing: repeated after a 5xx, a timeout or a broken connection."""
    REPLACE = "replace"
    """Sets or deletes a whole thing of our own: repeating it cannot double anything."""
    CREATE = "create"
    """Adds something: never repeated when it is not known what became of it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method and address template of GitHub's REST API, or a GraphQL operation."""

    method: Method
    template: str
    permission: str
    effect: Effect = Effect.READ

    @property
    def name(self) -> str:
        """How messages call it; holds no value of the request."""
        if not self.template.startswith("/"):
            return f"GraphQL {self.template}"
        return f"{self.method} {self.template}"

    def path(self, **values: str | int) -> str:
        """The address below the API's root. ``path`` keeps its slashes, all else is quoted."""
        return self.template.format(
            **{
                name: quote(str(value), safe="/" if name == "path" else "")
                for name, value in values.items()
            }
        )


_REPOSITORY = "/repos/{owner}/{repo}"
_PULL = _REPOSITORY + "/pulls/{number}"
_READ_PULLS = "pull-requests: read"
_WRITE_PULLS = "pull-requests: write"
_READ_CONTENTS = "contents: read"


def _read(template: str, permission: str) -> Endpoint:
    """An endpoint that changes nothing."""
    return Endpoint(method="GET", template=template, permission=permission)


USER = _read("/user", "a personal access token")
ROLE = _read(_REPOSITORY + "/collaborators/{login}/permission", "metadata: read")

PULL_REQUEST = _read(_PULL, _READ_PULLS)
PULL_REQUEST_FILES = _read(_PULL + "/files", _READ_PULLS)

COMPARE = _read(_REPOSITORY + "/compare/{base}...{head}", _READ_CONTENTS)
BLOB = _read(_REPOSITORY + "/git/blobs/{sha}", _READ_CONTENTS)
TREE = _read(_REPOSITORY + "/git/trees/{sha}", _READ_CONTENTS)
CONTENTS = _read(_REPOSITORY + "/contents/{path}", _READ_CONTENTS)
REPOSITORY = _read(_REPOSITORY, "metadata: read")
BRANCH_REF = _read(_REPOSITORY + "/git/ref/heads/{path}", _READ_CONTENTS)
CREATE_REF = Endpoint(
    method="POST",
    template=_REPOSITORY + "/git/refs",
    permission="contents: write",
    effect=Effect.CREATE,
)

# A blob, tree or commit that nothing points at yet is named by its content: made twice, it is one.
GIT_COMMIT = _read(_REPOSITORY + "/git/commits/{sha}", _READ_CONTENTS)
CREATE_BLOB = Endpoint(
    method="POST",
    template=_REPOSITORY + "/git/blobs",
    permission="contents: write",
    effect=Effect.REPLACE,
)
CREATE_TREE = dataclasses.replace(CREATE_BLOB, template=_REPOSITORY + "/git/trees")
CREATE_COMMIT = dataclasses.replace(CREATE_BLOB, template=_REPOSITORY + "/git/commits")
MOVE_REF = Endpoint(
    method="PATCH",
    template=_REPOSITORY + "/git/refs/heads/{path}",
    permission="contents: write",
    effect=Effect.REPLACE,
)
DELETE_REF = dataclasses.replace(MOVE_REF, method="DELETE", effect=Effect.CREATE)

PULL_REQUESTS = _read(_REPOSITORY + "/pulls", _READ_PULLS)
OPEN_PULL_REQUEST = Endpoint(
    method="POST",
    template=_REPOSITORY + "/pulls",
    permission=_WRITE_PULLS,
    effect=Effect.CREATE,
)
UPDATE_PULL_REQUEST = Endpoint(
    method="PATCH", template=_PULL, permission=_WRITE_PULLS, effect=Effect.REPLACE
)
# A label that is there already is not added twice.
LABEL = Endpoint(
    method="POST",
    template=_REPOSITORY + "/issues/{number}/labels",
    permission=_WRITE_PULLS,
    effect=Effect.REPLACE,
)

CODE_SCANNING_ALERTS = _read(_REPOSITORY + "/code-scanning/alerts", "security-events: read")

COMMENTS = _read(_REPOSITORY + "/issues/{number}/comments", _READ_PULLS)
COMMENT = _read(_REPOSITORY + "/issues/comments/{id}", _READ_PULLS)
CREATE_COMMENT = Endpoint(
    method="POST", template=COMMENTS.template, permission=_WRITE_PULLS, effect=Effect.CREATE
)
EDIT_COMMENT = Endpoint(
    method="PATCH", template=COMMENT.template, permission=_WRITE_PULLS, effect=Effect.REPLACE
)

REVIEWS = _read(_PULL + "/reviews", _READ_PULLS)
CREATE_REVIEW = Endpoint(
    method="POST", template=REVIEWS.template, permission=_WRITE_PULLS, effect=Effect.CREATE
)
UPDATE_REVIEW = Endpoint(
    method="PUT",
    template=_PULL + "/reviews/{id}",
    permission=_WRITE_PULLS,
    effect=Effect.REPLACE,
)
DELETE_REVIEW = dataclasses.replace(UPDATE_REVIEW, method="DELETE")
REVIEW_COMMENTS_OF_REVIEW = _read(_PULL + "/reviews/{id}/comments", _READ_PULLS)
REVIEW_COMMENTS = _read(_PULL + "/comments", _READ_PULLS)
REVIEW_COMMENT = _read(_REPOSITORY + "/pulls/comments/{id}", _READ_PULLS)

# GitHub answers a second reaction of the same account and kind with the first one, so that sending
# it again adds nothing.
REACT_TO_COMMENT = Endpoint(
    method="POST",
    template=COMMENT.template + "/reactions",
    permission=_WRITE_PULLS,
    effect=Effect.REPLACE,
)
UNREACT_TO_COMMENT = Endpoint(
    method="DELETE",
    template=COMMENT.template + "/reactions/{reaction}",
    permission=_WRITE_PULLS,
    effect=Effect.REPLACE,
)
REACT_TO_REVIEW_COMMENT = dataclasses.replace(
    REACT_TO_COMMENT, template=REVIEW_COMMENT.template + "/reactions"
)
UNREACT_TO_REVIEW_COMMENT = dataclasses.replace(
    UNREACT_TO_COMMENT, template=REVIEW_COMMENT.template + "/reactions/{reaction}"
)


def graphql(operation: str, permission: str, effect: Effect = Effect.READ) -> Endpoint:
    """A GraphQL operation, by the name that its document gives it."""
    return Endpoint(method="POST", template=operation, permission=permission, effect=effect)


FILES_AT_COMMIT = graphql("FilesAtCommit", _READ_CONTENTS)
GROUND = graphql("Ground", "contents: read and pull-requests: read")
AGAIN = graphql("Again", _READ_PULLS)
CONVERSATION = graphql("Conversation", _READ_PULLS)
REVIEW_THREADS = graphql("ReviewThreads", _READ_PULLS)
CLOSE = graphql("Close", _WRITE_PULLS, Effect.REPLACE)
MINIMIZE = graphql("Minimize", _WRITE_PULLS, Effect.REPLACE)
COMMIT = graphql("Commit", "contents: write", Effect.CREATE)
REPOSITORY_ID = graphql("RepositoryId", "metadata: read")
BRANCH_STATE = graphql("BranchState", _READ_PULLS)
MOVE_BRANCHES = graphql("MoveBranches", "contents: write", Effect.CREATE)
