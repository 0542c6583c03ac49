"""The payloads that start the action."""

from __future__ import annotations

import json

import githubkit_schemas.latest.models as github
import pytest

from predict_edit_sandbox.github import (
    Sandbox,
    issue_comment_created,
    review_comment_created,
    workflow_dispatch,
)

from .conftest import World


def test_issue_comment(world: World) -> None:
    """A comment's payload has the published form, and neither head nor base."""
    comment = world.sandbox.comment("octo/demo", 1, "ada", "/predict-edit Do it")
    payload = issue_comment_created(world.sandbox, comment)
    model = github.WebhookIssueCommentCreated.model_validate_json(json.dumps(payload), strict=True)
    assert model.comment.body == "/predict-edit Do it"
    assert payload["issue"]["pull_request"]["url"] == f"{world.url}/repos/octo/demo/pulls/1"
    assert world.pull.head_sha not in json.dumps(payload)
    assert payload["sender"]["login"] == "ada"
    assert payload["comment"]["author_association"] == "COLLABORATOR"


def test_review_comment(world: World) -> None:
    """A review comment's payload has the published form, with the whole pull request."""
    comment = world.sandbox.review_comment(
        "octo/demo", 1, "ada", "/predict-edit Do it", path="a.txt", line=20
    )
    answer = world.sandbox.reply(comment, "ada", "again")
    payload = review_comment_created(world.sandbox, answer)
    github.WebhookPullRequestReviewCommentCreated.model_validate_json(
        json.dumps(payload), strict=True
    )
    assert payload["comment"]["in_reply_to_id"] == comment.id
    assert payload["pull_request"]["head"]["sha"] == world.pull.head_sha


def test_dispatch(world: World) -> None:
    """A dispatch's payload has the published form."""
    sender = world.sandbox.user("ada")
    payload = workflow_dispatch(
        world.sandbox, "octo/demo", sender, {"instruction": "Do it", "pull-request": "1"}
    )
    github.WebhookWorkflowDispatch.model_validate_json(json.dumps(payload), strict=True)
    assert payload["ref"] == "refs/heads/main"


def test_needs_an_address() -> None:
    """Without being served there are no addresses to write; one can be given."""
    sandbox = Sandbox()
    with pytest.raises(ValueError, match="Serve the stand-in first"):
        workflow_dispatch(sandbox, "o/r", sandbox.user("ada"), {})
