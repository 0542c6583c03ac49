"""From GitHub's refusals to our error classes, one row for each known one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from predict_edit.domain.errors import (
    AnchorRefused,
    BranchMoved,
    EverythingRefused,
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeRefused,
    ForgeUnauthorized,
    ForgeUnavailable,
    PendingReview,
    TextRefused,
)
from predict_edit.github import error_mapping, graphql, rest
from predict_edit.github.rest import ApiEndpoint

OLD_ANCHOR = (
    "Pull request review thread line must be part of the diff and Pull request review thread diff"
    " hunk can't be blank"
)
RANGE_ANCHOR = (
    "Pull request review thread line must be part of the diff, Pull request review thread start"
    " line must be part of the same hunk as the line., and Pull request review thread diff hunk"
    " can't be blank"
)
OLD_PATH = (
    "Pull request review thread path is invalid and Pull request review thread diff hunk can't be"
    " blank"
)
PENDING = "User can only have one pending review per pull request"
ANCHORS = [
    OLD_ANCHOR,
    RANGE_ANCHOR,
    OLD_PATH,
    "Line could not be resolved",
    "Path could not be resolved",
    "Pull request review thread start line must precede the end line.",
    "Review comments is invalid and Review threads is invalid",
]


@dataclasses.dataclass(frozen=True)
class Answer:
    """The parts of an answer that PyGithub's exception has."""

    status: int
    headers: Mapping[str, str]
    data: Any

    def error(self, endpoint: ApiEndpoint) -> ForgeError:
        """The error for it."""
        return error_mapping.refusal_of(self.status, self.headers, self.data, endpoint)


def answer(status: int, data: Any = None, **headers: str) -> Answer:
    """An answer with headers, whose hyphens are written as underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, data)


def unprocessable(*errors: Any) -> Answer:
    """A 422 as GitHub sends it."""
    return answer(422, {"message": "Unprocessable Entity", "errors": list(errors)})


@pytest.mark.parametrize(
    ("got", "kind", "cause", "next_step"),
    [
        (answer(401, {"message": "Bad credentials"}), ForgeUnauthorized, "token", "github-token"),
        (
            answer(403, {"message": "Resource not accessible by integration"}),
            ForgeForbidden,
            "POST pulls/:number/reviews",
            "`pull-requests: write`",
        ),
        (
            answer(
                403,
                {"message": "Resource not accessible by integration"},
                x_ratelimit_remaining="0",
                x_ratelimit_reset="99999999999",
            ),
            ForgeForbidden,
            "403",
            "permissions:",
        ),
        (
            answer(
                403,
                {"message": "GitHub Actions is not permitted to create or approve pull requests."},
            ),
            ForgeForbidden,
            "does not let workflows open pull requests",
            "Settings > Actions > General",
        ),
        (
            answer(403, {"message": "Resource protected by organization SAML enforcement."}),
            ForgeForbidden,
            "SAML",
            "Configure SSO",
        ),
        (
            answer(403, {"message": "Repository was archived so is read-only."}),
            ForgeForbidden,
            "archived",
            "Unarchive",
        ),
        (
            answer(403, {"message": "Unable to create comment because issue is locked."}),
            ForgeForbidden,
            "locked",
            "Unlock",
        ),
        (
            answer(
                403,
                {
                    "message": "Although you appear to have the correct authorization credentials,"
                    " the `octo` organization has an IP allow list enabled"
                },
            ),
            ForgeForbidden,
            "IP allow list",
            "runner",
        ),
        (
            answer(
                403,
                {
                    "message": "refusing to allow a GitHub App to create or update workflow"
                    " `.github/workflows/x.yml` without `workflows` permission"
                },
            ),
            ForgeForbidden,
            ".github/workflows",
            "Exclude",
        ),
        (
            answer(403, {"message": "You have exceeded a secondary rate limit and have been"}),
            ForgeRateLimited,
            "about 60 s",
            "UTC",
        ),
        (answer(403, None, retry_after="7"), ForgeRateLimited, "about 7 s", "UTC"),
        (answer(429, {}), ForgeRateLimited, "about 60 s", "UTC"),
        (answer(429, {}, retry_after="soon"), ForgeRateLimited, "about 60 s", "UTC"),
        (
            answer(422, {"message": "was submitted too quickly"}),
            ForgeRateLimited,
            "422",
            "UTC",
        ),
        (answer(404, {"message": "Not Found"}), ForgeNotFound, "404", "Check that it exists"),
        (
            answer(
                406,
                {
                    "message": "Sorry, the diff exceeded the maximum number of files (300).",
                    "errors": [{"resource": "PullRequest", "field": "diff", "code": "too_large"}],
                },
            ),
            EverythingRefused,
            "larger than GitHub shows",
            "--files",
        ),
        (answer(406, {}), ForgeRefused, "406", "too large"),
        (answer(410, {"message": "Issues are disabled for this repo"}), ForgeRefused, "410", "off"),
        (
            answer(409, {"message": "Git Repository is empty."}),
            ForgeRefused,
            "409",
            "Run the command again",
        ),
        (answer(451, None), ForgeRefused, "451", "report"),
        (unprocessable(PENDING), PendingReview, "pending review", "discard"),
        (
            unprocessable("Body is too long (maximum is 65536 characters)"),
            TextRefused,
            "65,536",
            "--deliver patch",
        ),
        (
            unprocessable({"resource": "Issue", "field": "title", "code": "missing_field"}),
            ForgeRefused,
            "Issue title missing_field",
            "GitHub says",
        ),
        *((unprocessable(text), AnchorRefused, "diff", "again") for text in ANCHORS),
        (answer(500, {"message": "Server Error"}), ForgeUnavailable, "500", "githubstatus"),
        (answer(502, None), ForgeUnavailable, "is not known", "githubstatus"),
        (answer(504, {"message": "timeout"}), ForgeUnavailable, "504", "githubstatus"),
    ],
)
def test_each_refusal_has_class_cause_and_next_step(
    got: Answer, kind: type[ForgeError], cause: str, next_step: str
) -> None:
    """Every known answer of GitHub becomes one error with a cause and a next step."""
    error = got.error(rest.CREATE_REVIEW)
    assert type(error) is kind
    assert cause in error.cause
    assert next_step in error.next_step
    assert error.status == got.status


def test_the_primary_limit_ends_at_its_reset() -> None:
    """Without ``retry-after``, the wait lasts until the second that GitHub names."""
    reset = str(int(time.time()) + 90)
    got = answer(
        403,
        {"message": "API rate limit exceeded for installation ID 1."},
        x_ratelimit_remaining="0",
        x_ratelimit_reset=reset,
    )
    error = got.error(rest.PULL_REQUEST)
    assert isinstance(error, ForgeRateLimited)
    assert error.retry_after == pytest.approx(91, abs=2)


@pytest.mark.parametrize("text", ANCHORS)
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_anchor_refusals_are_recognised_in_every_wording(text: str, change: Any) -> None:
    """Old and new wordings, as a string or an object, in any case."""
    for entry in (change(text), {"message": change(text), "code": "custom"}):
        error = unprocessable(entry).error(rest.CREATE_REVIEW)
        assert type(error) is AnchorRefused


@pytest.mark.parametrize(
    "entry",
    [
        PENDING,
        {
            "resource": "PullRequestReview",
            "code": "custom",
            "field": "user_id",
            "message": "user_id can only have one pending review per pull request",
        },
    ],
)
def test_a_pending_review_differs_from_a_wrong_anchor(entry: Any) -> None:
    """The account's stale pending review refuses every review, whatever its anchors."""
    error = unprocessable(entry).error(rest.CREATE_REVIEW)
    assert type(error) is PendingReview


@pytest.mark.parametrize(
    "got",
    [
        unprocessable("Body is too long (maximum is 65536 characters)"),
        unprocessable({"message": "body is too long (maximum is 65536 characters)"}),
    ],
)
def test_a_body_that_is_too_long_is_recognised(got: Answer) -> None:
    """Both spellings of the length limit."""
    assert type(got.error(rest.CREATE_COMMENT)) is TextRefused


@pytest.mark.parametrize(
    ("text", "cause", "next_step"),
    [
        ("User is blocked", "blocked", "another account"),
        ("was blocked from commenting by the repository owner", "blocked", "another account"),
        ("Your account was flagged as spammy", "flagged", "GitHub Support"),
        ("PullRequest base invalid", "no longer exists", "edits.patch"),
        ("diff is taking too long to generate", "compute the diff", "--deliver patch"),
        ("Unable to create comment because issue is locked.", "locked", "Unlock"),
        ("Repository was archived so is read-only.", "archived", "Unarchive"),
        ("commit_id is not part of the pull request", "no longer", "again"),
        ("No commit found for SHA: 123", "no longer", "again"),
    ],
)
@pytest.mark.parametrize("change", [str, str.upper])
def test_a_refusal_of_everything_differs_from_one_of_suggestions(
    text: str, cause: str, next_step: str, change: Any
) -> None:
    """Smaller reviews would be refused as well, so the message says what to do."""
    for entry in (change(text), {"message": change(text), "code": "custom"}):
        error = unprocessable(entry).error(rest.CREATE_REVIEW)
        assert type(error) is EverythingRefused
        assert cause in error.cause.casefold()
        assert next_step in error.next_step


def test_other_errors_are_not_refusals() -> None:
    """A server that happens to say "line" in a 500 refused no anchor."""
    got = answer(500, {"message": "Line could not be resolved"})
    assert type(got.error(rest.CREATE_REVIEW)) is ForgeUnavailable


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "NOT_FOUND", "message": "Could not resolve to a node"}], ForgeNotFound),
        (
            [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}],
            ForgeForbidden,
        ),
        ([{"type": "INSUFFICIENT_SCOPES", "message": "scopes"}], ForgeForbidden),
        ([{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}], ForgeRateLimited),
        ([{"message": "Something went wrong while executing your query."}], ForgeUnavailable),
        ([{"type": "STALE_DATA", "message": "Expected branch to point to"}], BranchMoved),
        (
            [{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}],
            ForgeRefused,
        ),
        (["odd"], ForgeUnavailable),
        ("odd", ForgeUnavailable),
    ],
)
def test_graphql_errors_have_their_classes(errors: Any, kind: type[ForgeError]) -> None:
    """GraphQL answers 200 and names the type of its error."""
    error = error_mapping.graphql_refusal({}, {"errors": errors}, graphql.COMMIT)
    assert type(error) is kind
    assert "GraphQL Commit" in error.cause


def test_a_moved_branch_is_recognised() -> None:
    """GitHub's ``STALE_DATA`` is a refusal of its own kind."""
    errors = [{"type": "STALE_DATA", "message": 'Expected branch to point to "a" but it did not.'}]
    error = error_mapping.graphql_refusal({}, {"errors": errors}, graphql.COMMIT)
    assert type(error) is BranchMoved
    assert "no longer at the commit" in error.cause


def test_an_invalid_answer_names_its_endpoint() -> None:
    """The error for what GitHub does not document."""
    error = error_mapping.invalid(rest.BLOB, "no usable field `sha`")
    assert isinstance(error, ForgeAnswerInvalid)
    assert "GET git/blobs/:sha has no usable field `sha`" in error.cause


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@hypothesis.given(
    status=st.integers(400, 599),
    data=JSON | st.fixed_dictionaries({"message": JSON, "errors": JSON}),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()
    ),
)
def test_any_answer_becomes_an_error_of_the_tree(
    status: int, data: Any, headers: dict[str, str]
) -> None:
    """Nothing a server can say breaks the reading of it, and no sentence grows without end."""
    got = Answer(status, headers, data)
    error = got.error(rest.CREATE_REVIEW)
    assert error.cause
    assert error.next_step
    assert all(len(reason) <= error_mapping.REASON_LIMIT for reason in error.reasons)
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")
