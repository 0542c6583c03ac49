"""PyGithub, the client that the action uses, works against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import pydantic
import pytest
from github.PullRequest import ReviewComment
from githubkit_schemas.latest import models

import github
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault

from .conftest import CHANGED, World

REPO = "/repos/octo/demo"
BODIES: dict[str, type[pydantic.BaseModel]] = {
    f"POST {REPO}/pulls/1/reviews": models.ReposOwnerRepoPullsPullNumberReviewsPostBody,
    f"POST {REPO}/issues/1/comments": models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    f"POST {REPO}/pulls/1/comments": models.ReposOwnerRepoPullsPullNumberCommentsPostBody,
}


@pytest.fixture
def client(world: World) -> Iterator[github.Github]:
    """PyGithub without its pauses and repetitions."""
    made = github.Github(
        auth=github.Auth.Token(DEFAULT_TOKEN),
        base_url=f"{world.url}/api/v3",
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        per_page=100,
    )
    yield made
    made.close()


def test_reading(world: World, client: github.Github) -> None:
    """Repository, pull request, files, blobs, contents and permission are read."""
    repository = client.get_repo("octo/demo")
    pull = repository.get_pull(1)
    assert pull.head.sha == world.pull.head_sha
    assert pull.changed_files == 2
    first, second = pull.get_files()
    assert (first.filename, second.status) == ("a.txt", "added")
    assert repository.get_git_blob(first.sha).size == len(CHANGED)
    contents = repository.get_contents("a.txt", ref=pull.head.sha)
    assert not isinstance(contents, list)
    assert contents.decoded_content.decode() == CHANGED
    assert repository.get_collaborator_permission("ada") == "write"
    assert repository.get_branch("main").commit.sha == world.pull.base_sha
    assert [entry.path for entry in repository.get_git_tree("feature").tree] == [
        "a.txt",
        "new.py",
        "same.txt",
    ]
    assert repository.compare("main", "feature").ahead_by == 1


def test_writing(world: World, client: github.Github) -> None:
    """Comments, reactions, reviews and minimising work; each body is in the published form."""
    repository = client.get_repo("octo/demo")
    pull = repository.get_pull(1)
    comment = pull.create_issue_comment("Working")
    comment.edit("Done")
    reaction = comment.create_reaction("rocket")
    assert comment.delete_reaction(reaction.id)
    assert comment.minimize("OUTDATED")
    suggested: list[ReviewComment] = [
        {"path": "a.txt", "line": 21, "start_line": 20, "body": "```suggestion\nx\n```"},
        {"path": "new.py", "line": 1, "body": "```suggestion\n```"},
    ]
    commit = repository.get_commit(world.pull.head_sha)
    review = pull.create_review(commit, "A review", "COMMENT", suggested)
    assert review.state == "COMMENTED"
    pull.create_review_comment("Why?", commit, "a.txt", line=23)
    assert [item.line for item in pull.get_review_comments()] == [21, 1, 23]
    assert world.pull.comments[0].minimized == "OUTDATED"
    checked = set()
    for request in world.sandbox.log.requests:
        name = f"{request.method} {request.path}"
        if model := BODIES.get(name):
            model.model_validate(request.body, strict=True, extra="forbid")
            checked.add(name)
    assert checked == set(BODIES)


def test_refusals_reach_the_client(world: World, client: github.Github) -> None:
    """Refusals arrive as PyGithub's errors with GitHub's sentences."""
    pull = client.get_repo("octo/demo").get_pull(1)
    with pytest.raises(github.GithubException) as refused:
        pull.create_review(
            body="b", event="COMMENT", comments=[{"path": "a.txt", "line": 1, "body": "b"}]
        )
    assert refused.value.status == 422
    assert refused.value.data["errors"] == ["Line could not be resolved"]
    with pytest.raises(github.UnknownObjectException):
        client.get_repo("octo/none")
    world.sandbox.switches.requests_per_hour = 0
    with pytest.raises(github.RateLimitExceededException):
        pull.update()


def test_lost_answer(world: World, client: github.Github) -> None:
    """After a 502 the review may be there; looking for it finds it."""
    world.sandbox.faults.add(Fault(path=r".*/reviews", method="POST", status=502, when="after"))
    pull = client.get_repo("octo/demo").get_pull(1)
    with pytest.raises(github.GithubException) as lost:
        pull.create_review(body="marked", event="COMMENT")
    assert lost.value.status == 502
    assert [review.body for review in pull.get_reviews()] == ["marked"]


def test_bad_token(world: World) -> None:
    """A wrong token is PyGithub's error for bad credentials."""
    client = github.Github(auth=github.Auth.Token("wrong"), base_url=world.url, retry=None)
    with client, pytest.raises(github.BadCredentialsException):
        client.get_repo("octo/demo")
