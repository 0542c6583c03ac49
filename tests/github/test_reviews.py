"""Posting a review and tidying up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import hypothesis.strategies as st
import pytest
from githubkit_schemas.latest import models

from predict_edit.domain.edits import ReviewDraft, Suggestion
from predict_edit.domain.errors import (
    AnchorRefused,
    ForgeForbidden,
    ForgeRefused,
    ForgeUnavailable,
    PendingReview,
)
from predict_edit.github.host import GitHubHost
from predict_edit.github.reviews import review_comments

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub

REVIEW = {
    "id": 3_000_000_001,
    "node_id": "PRR_1",
    "html_url": "https://github.com/octo/demo/pull/7#pullrequestreview-1",
    "body": "body",
    "state": "COMMENTED",
    "commit_id": "a" * 40,
    "user": {"login": "github-actions[bot]"},
}


def suggestion(path: str, start: int, end: int) -> Suggestion:
    """A suggestion on a range of lines."""
    return Suggestion(
        path=path, start_line=start, line=end, body=f"```suggestion\n{path}{start}\n```"
    )


def check_schema(body: dict[str, Any]) -> None:
    """The body follows GitHub's schema, without any further key."""
    model = models.ReposOwnerRepoPullsPullNumberReviewsPostBody
    assert model.model_validate(body, strict=True).model_dump(exclude_unset=True) == body


async def test_a_review_is_one_request(github: FakeGitHub, forge: GitHubHost) -> None:
    """Head, event, body and anchors, bottom up within each file."""
    github.on("POST", "pulls/7/reviews", REVIEW)
    draft = ReviewDraft(
        commit_id="a" * 40,
        body="body",
        suggestions=(suggestion("b", 3, 3), suggestion("a", 1, 2), suggestion("b", 10, 12)),
    )
    posted = await forge.create_review(7, draft)
    assert (posted.id, posted.mine, posted.state) == (3_000_000_001, True, "COMMENTED")
    assert posted.node_id == "PRR_1"
    assert len(github.received) == 1
    sent = github.received[0].json
    check_schema(sent)
    assert (sent["event"], sent["commit_id"], sent["body"]) == ("COMMENT", "a" * 40, "body")
    assert sent["comments"] == [
        {
            "path": "b",
            "body": "```suggestion\nb10\n```",
            "line": 12,
            "side": "RIGHT",
            "start_line": 10,
            "start_side": "RIGHT",
        },
        {"path": "b", "body": "```suggestion\nb3\n```", "line": 3, "side": "RIGHT"},
        {
            "path": "a",
            "body": "```suggestion\na1\n```",
            "line": 2,
            "side": "RIGHT",
            "start_line": 1,
            "start_side": "RIGHT",
        },
    ]


RANGES = st.tuples(st.sampled_from("abc"), st.integers(1, 50), st.integers(0, 5))


@hypothesis.given(st.lists(RANGES, max_size=30))
def test_every_body_is_one_that_github_documents(ranges: list[tuple[str, int, int]]) -> None:
    """No unknown key, ``start_line`` only before ``line``, nothing lost, descending by file."""
    suggestions = tuple(suggestion(path, start, start + more) for path, start, more in ranges)
    comments = review_comments(suggestions)
    check_schema({"comments": comments})
    assert len(comments) == len(suggestions)
    assert all(each["start_line"] < each["line"] for each in comments if "start_line" in each)
    for path in "abc":
        lines = [each["line"] for each in comments if each["path"] == path]
        assert lines == sorted(lines, reverse=True)


async def test_a_refused_review_names_its_kind(github: FakeGitHub, forge: GitHubHost) -> None:
    """The caller learns GitHub's own words, and whether an anchor is to blame."""
    draft = ReviewDraft(commit_id="a", body="", suggestions=())
    for text in ("Line could not be resolved", "User can only have one pending review per pull"):
        github.on("POST", "pulls/7/reviews", {"message": "No", "errors": [text]}, status=422)
    with pytest.raises(AnchorRefused) as anchor:
        await forge.create_review(7, draft)
    with pytest.raises(PendingReview):
        await forge.create_review(7, draft)
    assert anchor.value.reasons == ("No", "Line could not be resolved")
    assert len(github.received) == 2


@pytest.mark.parametrize("comments", [[], [{"id": 1}]])
async def test_whether_a_review_has_comments(
    github: FakeGitHub, forge: GitHubHost, comments: list[dict[str, Any]]
) -> None:
    """GitHub was seen to keep an empty one of a review that it refused."""
    github.on("GET", "pulls/7/reviews/3/comments", comments)
    assert await forge.has_comments(7, 3) == bool(comments)


async def test_an_older_review_gets_another_body(github: FakeGitHub, forge: GitHubHost) -> None:
    """``PUT`` replaces the body, as GitHub's schema says."""
    github.on("PUT", "pulls/7/reviews/3", REVIEW)
    await forge.update_review_body(7, 3, "superseded")
    body = github.received[0].json
    model = models.ReposOwnerRepoPullsPullNumberReviewsReviewIdPutBody
    assert model.model_validate(body).model_dump(exclude_unset=True) == body
    assert body == {"body": "superseded"}


async def test_a_pending_review_is_deleted(github: FakeGitHub, forge: GitHubHost) -> None:
    """Even if it is gone already; a submitted one is refused with the reason."""
    github.on("DELETE", "pulls/7/reviews/3", REVIEW)
    await forge.delete_pending_review(7, 3)
    await forge.delete_pending_review(7, 4)
    github.on(
        "DELETE",
        "pulls/7/reviews/5",
        {"message": "Can not delete a non-pending pull request review"},
        status=422,
    )
    with pytest.raises(ForgeRefused, match="non-pending"):
        await forge.delete_pending_review(7, 5)


async def test_a_comment_is_hidden_as_outdated(github: FakeGitHub, forge: GitHubHost) -> None:
    """The node id travels as a variable."""
    github.on_graphql({"minimizeComment": {"minimizedComment": {"isMinimized": True}}})
    assert await forge.minimize_comment("PRRC_1") is True
    assert github.received[0].json["variables"] == {"id": "PRRC_1"}
    assert "classifier: OUTDATED" in github.received[0].json["query"]


@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND"])
@pytest.mark.parametrize("data", [None, {"minimizeComment": None}, {"minimizeComment": {}}])
async def test_what_may_not_be_hidden_stays(
    github: FakeGitHub, forge: GitHubHost, kind: str, data: Any
) -> None:
    """Hiding is a courtesy: if the token may not, the answer is no."""
    github.on_graphql(data, errors=[{"type": kind, "message": "Resource not accessible"}])
    assert await forge.minimize_comment("PRRC_1") is False
    github.on_graphql(status=403)
    assert await forge.minimize_comment("PRRC_1") is False


async def test_a_failure_to_hide_is_not_a_refusal(github: FakeGitHub, forge: GitHubHost) -> None:
    """An outage is reported as one."""
    github.on_graphql(None, errors=[{"message": "Something went wrong"}])
    with pytest.raises(ForgeUnavailable):
        await forge.minimize_comment("PRRC_1")


async def test_a_forbidden_review_names_the_permission(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """403 on the POST says which permission the job lacks."""
    github.on(
        "POST", "pulls/7/reviews", {"message": "Resource not accessible by integration"}, status=403
    )
    with pytest.raises(ForgeForbidden, match="`pull-requests: write`"):
        await forge.create_review(7, ReviewDraft(commit_id="a", body="", suggestions=()))
    assert len(github.received) == 1
