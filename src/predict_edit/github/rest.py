"""GitHub's REST API as far as it is used: the endpoints, and their answers checked on entry.

Only fields that nothing can be done without are required. GitHub's published schema requires more,
but a missing title, address or count is never worth a failed run. Unknown fields are ignored, as
GitHub adds some all the time.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Annotated, Any, Final

import pydantic

from predict_edit.support.validation import Validated, inside


class Effect(enum.Enum):
    """What a request does to GitHub, which decides whether it may be sent twice."""

    READ = "read"
    """Changes nothing: repeated after a 5xx, a timeout or a broken connection."""
    REPLACE = "replace"
    """Sets or deletes a whole thing of our own: a repetition cannot double anything."""
    CREATE = "create"
    """Adds something: never repeated when its result is unknown."""


@dataclasses.dataclass(frozen=True, slots=True)
class ApiEndpoint:
    """One question or request to GitHub, as messages and the log name it.

    GitHub publishes no machine-readable table of permissions for the job's token; ``permission``
    is what the endpoint's page and other actions say, and serves the error messages only.
    """

    name: str
    permission: str
    effect: Effect = Effect.READ


READ_PULLS: Final = "pull-requests: read"
WRITE_PULLS: Final = "pull-requests: write"
READ_CONTENTS: Final = "contents: read"
WRITE_CONTENTS: Final = "contents: write"
METADATA: Final = "metadata: read"

# Below ``/repos/{owner}/{repo}/``.
REPOSITORY: Final = ApiEndpoint("GET the repository", METADATA)
ROLE: Final = ApiEndpoint("GET collaborators/:login/permission", METADATA)
COMPARE: Final = ApiEndpoint("GET compare/:base...:head", READ_CONTENTS)
BLOB: Final = ApiEndpoint("GET git/blobs/:sha", READ_CONTENTS)
TREE: Final = ApiEndpoint("GET git/trees/:sha", READ_CONTENTS)
BRANCH_REF: Final = ApiEndpoint("GET git/ref/heads/:branch", READ_CONTENTS)
CREATE_REF: Final = ApiEndpoint("POST git/refs", WRITE_CONTENTS, Effect.CREATE)
CREATE_TREE: Final = ApiEndpoint("POST git/trees", WRITE_CONTENTS, Effect.REPLACE)
CREATE_COMMIT: Final = ApiEndpoint("POST git/commits", WRITE_CONTENTS, Effect.REPLACE)
"""Nobody sees either before a branch points to it."""
CODE_SCANNING_ALERTS: Final = ApiEndpoint("GET code-scanning/alerts", "security-events: read")

PULL_REQUEST: Final = ApiEndpoint("GET pulls/:number", READ_PULLS)
PULL_REQUEST_FILES: Final = ApiEndpoint("GET pulls/:number/files", READ_PULLS)
OPEN_PULL_REQUEST: Final = ApiEndpoint("POST pulls", WRITE_PULLS, Effect.CREATE)
UPDATE_PULL_REQUEST: Final = ApiEndpoint("PATCH pulls/:number", WRITE_PULLS, Effect.REPLACE)
# GitHub adds a label once, however often it is sent.
LABEL: Final = ApiEndpoint("POST issues/:number/labels", WRITE_PULLS, Effect.REPLACE)

COMMENT: Final = ApiEndpoint("GET issues/comments/:id", READ_PULLS)
CREATE_COMMENT: Final = ApiEndpoint("POST issues/:number/comments", WRITE_PULLS, Effect.CREATE)
EDIT_COMMENT: Final = ApiEndpoint("PATCH issues/comments/:id", WRITE_PULLS, Effect.REPLACE)
# GitHub answers a second reaction of the same account and kind with the first one.
REACT: Final = ApiEndpoint("POST comments/:id/reactions", WRITE_PULLS, Effect.REPLACE)

CREATE_REVIEW: Final = ApiEndpoint("POST pulls/:number/reviews", WRITE_PULLS, Effect.CREATE)
UPDATE_REVIEW: Final = ApiEndpoint("PUT pulls/:number/reviews/:id", WRITE_PULLS, Effect.REPLACE)
DELETE_REVIEW: Final = ApiEndpoint("DELETE pulls/:number/reviews/:id", WRITE_PULLS, Effect.REPLACE)
REVIEW_COMMENTS_OF_REVIEW: Final = ApiEndpoint("GET pulls/:number/reviews/:id/comments", READ_PULLS)


class RestAnswer(Validated):
    """A part of an answer in which a field that is null counts as missing, so as its default."""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}


Sha = Annotated[str, pydantic.StringConstraints(min_length=1)]
"""Contents are verified by computing their object id, so its form needs no check."""


class Permission(RestAnswer):
    """GET collaborators/{login}/permission."""

    permission: str
    role_name: str = ""
    account: int | None = inside("user", "id", default=None)


class Pull(RestAnswer):
    """GET pulls/{number}."""

    number: int
    state: str = "open"
    merged: bool = pydantic.Field(default=False, exclude=True)
    url: str = pydantic.Field(alias="html_url", default="")
    changed_files: int = 0
    head_ref: str = inside("head", "ref")
    head_sha: Sha = inside("head", "sha")
    head_repository: str | None = inside("head", "repo", "full_name", default=None)
    base_ref: str = inside("base", "ref")
    base_sha: Sha = inside("base", "sha")
    default_branch: str = inside("base", "repo", "default_branch", default="")


class PullFile(RestAnswer):
    """One entry of GET pulls/{number}/files."""

    path: str = pydantic.Field(alias="filename")
    status: str
    blob_sha: Sha | None = pydantic.Field(alias="sha", default=None)
    additions: int | None = None
    deletions: int | None = None
    patch: str | None = None
    previous_path: str | None = pydantic.Field(alias="previous_filename", default=None)


class CommitComparison(RestAnswer):
    """GET compare/{base}...{head}."""

    merge_base: Sha = inside("merge_base_commit", "sha")


class Repository(RestAnswer):
    """GET repos/{owner}/{repo}."""

    default_branch: str
    may_push: bool = inside("permissions", "push", default=False)


class GitRef(RestAnswer):
    """GET git/ref/{ref}; ``ref`` says whether it is the requested one."""

    ref: str
    sha: Sha = inside("object", "sha")


class NewPull(RestAnswer):
    """POST pulls."""

    number: int
    url: str = pydantic.Field(alias="html_url", default="")
    body: str = ""


class Blob(RestAnswer):
    """GET git/blobs/{sha}."""

    content: str
    encoding: str
    size: int = 0


class TreeEntry(RestAnswer):
    """One entry of GET git/trees/{sha}."""

    path: str
    mode: Annotated[str, pydantic.StringConstraints(pattern=r"^[0-7]{5,6}$")]
    type: str
    sha: Sha
    size: int = 0


class NewTree(RestAnswer):
    """POST git/trees."""

    sha: Sha


class TreeCommit(NewTree):
    """POST git/commits."""

    url: str = pydantic.Field(alias="html_url", default="")


class Tree(RestAnswer):
    """GET git/trees/{sha}."""

    truncated: bool = False
    tree: list[TreeEntry]


class Body(RestAnswer):
    """Any comment of which only the text is used."""

    body: str = ""


class IssueComment(Body):
    """A comment of the conversation, which this account has just written."""

    id: int
    node_id: str = ""
    url: str = pydantic.Field(alias="html_url", default="")
    author: str = inside("user", "login", default="")
    created_at: str = ""


class PullReview(Body):
    """A review, which this account has just posted."""

    id: int
    node_id: str = ""
    url: str = pydantic.Field(alias="html_url", default="")
    state: str = "COMMENTED"
