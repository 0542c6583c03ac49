"""Single comments on the diff, and replies."""

from __future__ import annotations

from typing import Any

import pytest

from predict_edit_sandbox.github import Refusal

from .conftest import World


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"subject_type": "FILE"}, 'FILE is not a member of ["line", "file"]'),
        ({"subject_type": "line", "line": 20}, 'No subschema in "oneOf" matched'),
        ({}, 'No subschema in "oneOf" matched'),
        ({"line": 1}, "Validation Failed"),
        ({"line": 20, "start_line": 22}, "Validation Failed"),
    ],
)
def test_refused_single_comment(world: World, asked: dict[str, Any], said: str) -> None:
    """The endpoint for single comments refuses wrong mixes of keys and lines outside the diff."""
    base = {"body": "b", "path": "a.txt", "commit_id": world.pull.head_sha}
    response = world.post("/pulls/1/comments", {**base, **asked})
    assert response.status_code == 422
    assert said in response.json()["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {"line": 20, "side": "UP"},
        {"line": 20, "body": " "},
        {"line": 20, "commit_id": "f" * 40},
        {"line": 20, "path": "none.txt"},
        {"position": 400},
    ],
)
def test_other_refused_single_comments(world: World, asked: dict[str, Any]) -> None:
    """A wrong side, a blank body, an unknown commit, path or position are 422."""
    base = {"body": "b", "path": "a.txt", "commit_id": world.pull.head_sha}
    assert world.post("/pulls/1/comments", {**base, **asked}).status_code == 422
    assert world.pull.reviews == []


def test_remarks_are_edited_and_removed(world: World) -> None:
    """A comment on the diff is shown, edited and removed; the last one takes its thread along."""
    made = world.sandbox.review_comment("octo/demo", 1, "ada", "Why?", path="a.txt", line=20)
    path = f"/pulls/comments/{made.id}"
    assert world.get(path).json()["body"] == "Why?"
    assert world.call("PATCH", path, {"body": "How?"}).json()["body"] == "How?"
    assert world.call("DELETE", path).status_code == 204
    assert world.pull.threads == []
    assert world.get(path).status_code == 404


def test_replies(world: World) -> None:
    """A reply joins its thread; a reply to a reply, or a blank one, is refused."""
    made = world.sandbox.review_comment("octo/demo", 1, "ada", "Why?", path="a.txt", line=20)
    asked = {"body": "Because", "in_reply_to": made.id}
    first = world.post("/pulls/1/comments", asked)
    assert first.json()["in_reply_to_id"] == made.id
    assert len(world.pull.threads) == 1
    number = first.json()["id"]
    assert world.post(f"/pulls/1/comments/{number}/replies", asked).status_code == 404
    blank = world.post(f"/pulls/1/comments/{made.id}/replies", {"body": " "})
    assert blank.json()["errors"][0]["code"] == "missing_field"


def test_refusals_without_http(world: World) -> None:
    """The programmatic way refuses in the same way."""
    with pytest.raises(Refusal, match="Validation Failed"):
        world.sandbox.review_comment("octo/demo", 1, "ada", "Why?", path="a.txt", line=1)
