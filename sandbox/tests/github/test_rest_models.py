"""What the stand-in answers is what GitHub's published description says."""

from __future__ import annotations

from typing import Any, Literal

import githubkit_schemas.latest.models as github
import pydantic
import pytest

from predict_edit_sandbox.github import DEFAULT_TOKEN

from .conftest import World, suggestion

SINGLE = [
    ("", github.FullRepository),
    ("/pulls/1", github.PullRequest),
    ("/collaborators/ada/permission", github.RepositoryCollaboratorPermission),
    ("/contents/a.txt", github.ContentFile),
    ("/git/trees/feature?recursive=1", github.GitTree),
    ("/commits/feature", github.Commit),
    ("/branches/main", github.BranchWithProtection),
    ("/compare/main...feature", github.CommitComparison),
    ("/git/ref/heads/main", github.GitRef),
]
LISTS = [
    ("/pulls", github.PullRequestSimple),
    ("/pulls/1/files", github.DiffEntry),
    ("/pulls/1/commits", github.Commit),
    ("/pulls/1/reviews", github.PullRequestReview),
    ("/pulls/1/comments", github.PullRequestReviewComment),
    ("/issues/1/comments", github.IssueComment),
    ("/git/matching-refs/heads/", github.GitRef),
]


def valid(model: type[pydantic.BaseModel], content: bytes) -> Any:
    """Read strictly: a number that is a string, or a time that is none, fails."""
    return model.model_validate_json(content, strict=True)


@pytest.mark.parametrize(("path", "model"), SINGLE)
def test_single_answers(world: World, path: str, model: type[pydantic.BaseModel]) -> None:
    """Each endpoint that shows one thing answers in the published form."""
    response = world.get(path)
    assert response.status_code == 200
    valid(model, response.content)


@pytest.mark.parametrize(("path", "model"), LISTS)
def test_list_answers(world: World, path: str, model: type[pydantic.BaseModel]) -> None:
    """Each endpoint that lists things answers in the published form, and lists something."""
    assert world.review(suggestion(20, "x")).ok
    world.sandbox.comment("octo/demo", 1, "ada", "Hello")
    response = world.get(path)
    items = response.json()
    assert items
    adapter = pydantic.TypeAdapter(list[model])  # type: ignore[valid-type]  # made at run time
    adapter.validate_json(response.content, strict=True)


@pytest.mark.parametrize("state", ["open", "dismissed", "fixed"])
def test_code_scanning_alerts(world: World, state: Literal["open", "dismissed", "fixed"]) -> None:
    """Alerts come in the published form, and need their own permission."""
    world.sandbox.repository("octo/demo").add_alert("a.txt", 3, state=state)
    path = f"/code-scanning/alerts?state={state}&ref=refs/heads/main"
    assert world.get(path).status_code == 403
    world.sandbox.add_token(DEFAULT_TOKEN, permissions={"security_events": "read"})
    response = world.get(path)

    assert [alert["state"] for alert in response.json()] == [state]
    adapter = pydantic.TypeAdapter(list[github.CodeScanningAlertItems])
    adapter.validate_json(response.content, strict=True)


def test_blob(world: World) -> None:
    """A blob comes in the published form."""
    sha = world.sandbox.files(world.pull)["a.txt"].new_sha
    valid(github.Blob, world.get(f"/git/blobs/{sha}").content)


def test_git_commit(world: World) -> None:
    """A commit of the git database comes in the published form."""
    valid(github.GitCommit, world.get(f"/git/commits/{world.pull.head_sha}").content)


def test_reactions(world: World) -> None:
    """Reactions on both kinds of comment come in the published form."""
    comment = world.sandbox.comment("octo/demo", 1, "ada", "Hello")
    remark = world.sandbox.review_comment("octo/demo", 1, "ada", "Why?", path="a.txt", line=20)
    for path in (f"/issues/comments/{comment.id}", f"/pulls/comments/{remark.id}"):
        made = world.post(f"{path}/reactions", {"content": "eyes"})
        assert made.status_code == 201
        valid(github.Reaction, made.content)
        assert world.post(f"{path}/reactions", {"content": "eyes"}).status_code == 200
        assert world.call("DELETE", f"{path}/reactions/{made.json()['id']}").status_code == 204
        assert world.get(f"{path}/reactions").json() == []


def test_comment_written_and_edited(world: World) -> None:
    """A comment is in the published form when created, read, edited, and gone when deleted."""
    made = world.post("/issues/1/comments", {"body": "One"})
    assert made.status_code == 201
    valid(github.IssueComment, made.content)
    path = f"/issues/comments/{made.json()['id']}"
    edited = world.call("PATCH", path, {"body": "Two"})
    valid(github.IssueComment, edited.content)
    assert world.get(path).json()["body"] == "Two"
    assert world.call("DELETE", path).status_code == 204
    assert world.get(path).status_code == 404


def test_review_and_its_comments(world: World) -> None:
    """A review and the comments that came with it are in the published form."""
    made = world.review(suggestion(20, "x"), suggestion(19, "y", start=18))
    valid(github.PullRequestReview, made.content)
    assert made.json()["state"] == "COMMENTED"
    assert made.json()["user"]["login"] == "github-actions[bot]"
    assert made.json()["user"]["type"] == "Bot"
    listed = world.get(f"/pulls/1/reviews/{made.json()['id']}/comments")
    adapter = pydantic.TypeAdapter(list[github.ReviewComment])
    adapter.validate_json(listed.content, strict=True)
    assert [item["line"] for item in listed.json()] == [20, 19]


def test_single_comment_and_reply(world: World) -> None:
    """A comment on a line, one on a file and a reply are in the published form."""
    asked = {"body": "Why?", "commit_id": world.pull.head_sha, "path": "a.txt"}
    made = world.post("/pulls/1/comments", {**asked, "line": 20, "side": "RIGHT"})
    assert made.status_code == 201
    valid(github.PullRequestReviewComment, made.content)
    whole = world.post("/pulls/1/comments", {**asked, "subject_type": "file"})
    assert whole.status_code == 201
    assert valid(github.PullRequestReviewComment, whole.content).subject_type == "file"
    number = made.json()["id"]
    reply = world.post(f"/pulls/1/comments/{number}/replies", {"body": "Because"})
    assert reply.status_code == 201
    assert valid(github.PullRequestReviewComment, reply.content).in_reply_to_id == number


def test_rate_limit(world: World) -> None:
    """The overview of the limits is in the published form."""
    valid(github.RateLimitOverview, world.get(f"{world.url}/rate_limit").content)


@pytest.mark.parametrize("status", [404, 422])
def test_errors(world: World, status: int) -> None:
    """Refusals carry message, documentation and status as published."""
    path = "/pulls/99" if status == 404 else "/commits/nothing"
    response = world.get(path)
    assert response.status_code == status
    error = valid(github.BasicError, response.content)
    assert error.status == str(status)


def test_every_address_is_the_stand_ins_own(world: World) -> None:
    """No answer leads away from this machine."""
    assert world.review(suggestion(20, "x")).ok
    for path in [path for path, _ in SINGLE + LISTS]:
        text = world.get(path).text
        assert "https://" not in text
        assert text.count("http://") == text.count(world.url)
