"""Reviews are accepted and refused as GitHub does."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Build, World, suggestion

LINE = "Line could not be resolved"
PATH = "Path could not be resolved"
ORDER = "Pull request review thread start line must precede the end line."
PART = "Pull request review thread line must be part of the diff"
START = "Pull request review thread start line must be part of the same hunk as the line."
BLANK = "Pull request review thread diff hunk can't be blank"


def errors(response: Any) -> list[str]:
    """The sentences of a 422."""
    assert response.status_code == 422, response.text
    assert response.json()["message"] == "Unprocessable Entity"
    found: list[str] = response.json()["errors"]
    return found


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        (suggestion(1, "x"), LINE),
        (suggestion(16, "x"), LINE),
        (suggestion(400, "x"), LINE),
        (suggestion(20, "x", start=10), LINE),
        (suggestion(30, "x", start=20), LINE),
        (suggestion(1, "x", path="same.txt"), PATH),
        (suggestion(1, "x", path="none.txt"), PATH),
        (suggestion(20, "x", start=20), ORDER),
        (suggestion(20, "x", start=21), ORDER),
        ({**suggestion(20, "x"), "side": "LEFT", "line": 19}, LINE),
    ],
)
def test_refused_anchor(world: World, comment: dict[str, Any], sentence: str) -> None:
    """A comment that has no place in the diff is refused in GitHub's words of 2026."""
    assert errors(world.review(comment)) == [sentence]
    assert world.pull.reviews == []


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        (
            suggestion(1, "x"),
            f"{PART} and {BLANK}",
        ),
        (
            suggestion(30, "x", start=20),
            f"{PART}, {START}, and {BLANK}",
        ),
        (
            suggestion(1, "x", path="none.txt"),
            f"Pull request review thread path is invalid and {BLANK}",
        ),
    ],
)
def test_old_wording(world: World, comment: dict[str, Any], sentence: str) -> None:
    """By a switch the same refusals come in the words of 2022 to 2025."""
    world.sandbox.switches.old_wording = True
    assert errors(world.review(comment)) == [sentence]


@pytest.mark.parametrize("line", [17, 20, 23, 27, 29, 32])
def test_accepted_lines(world: World, line: int) -> None:
    """Added lines and the three lines of context around a change can be commented on."""
    assert world.review(suggestion(line, "x")).status_code == 200


def test_removed_line_on_the_left(world: World) -> None:
    """A removed line can be commented on at its old number on the left side."""
    comment = {"path": "a.txt", "line": 30, "side": "LEFT", "body": "Why?"}
    assert world.review(comment).status_code == 200
    (made,) = world.get("/pulls/1/comments").json()
    assert (made["side"], made["line"]) == ("LEFT", 30)
    assert made["diff_hunk"].split("\n")[-1] == "-line 30"


def test_all_or_nothing(world: World) -> None:
    """One bad comment refuses the whole review and the answer does not say which."""
    response = world.review(suggestion(20, "x"), suggestion(1, "y"), suggestion(21, "z"))
    assert errors(response) == [LINE]
    assert world.pull.reviews == []
    assert world.pull.threads == []


def test_orphan_by_switch(world: World) -> None:
    """By a switch the refused review leaves its empty body behind."""
    world.sandbox.switches.orphan_review_after_refusal = True
    assert errors(world.review(suggestion(1, "y"))) == [LINE]
    assert [(review.body, review.comments) for review in world.pull.reviews] == [("A review", [])]


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"subject_type": "line"}, "0.subjectType (Field is not defined"),
        ({"lines": 3}, "0.lines (Field is not defined"),
        ({"line": "20"}, "0.line (Could not coerce value"),
        ({"line": None}, "0.line (Expected value to not be null)"),
        ({"body": None}, "0.body (Expected value to not be null)"),
        ({"side": "RIGTH"}, '0.side (Expected "RIGTH"'),
    ],
)
def test_shape_of_comments(world: World, extra: dict[str, Any], said: str) -> None:
    """Unknown keys and wrong values in comments[] are refused by the GraphQL type behind."""
    (sentence,) = errors(world.review({**suggestion(20, "x"), **extra}))
    assert sentence.startswith("Variable $threads of type [DraftPullRequestReviewThread]")
    assert said in sentence


def test_pending_review(world: World) -> None:
    """Without an event the review stays pending, unseen by others, and blocks the next one."""
    made = world.review(suggestion(20, "x"), event=None)
    assert made.json()["state"] == "PENDING"
    assert "submitted_at" not in made.json()
    assert world.get("/pulls/1/comments").json() == []
    said = "User can only have one pending review per pull request"
    assert errors(world.review(suggestion(20, "x"))) == [said]
    single = world.post(
        "/pulls/1/comments",
        {"body": "b", "path": "a.txt", "line": 20, "commit_id": world.pull.head_sha},
    )
    assert single.json()["errors"][0]["field"] == "user_id"
    world.sandbox.add_token("other", login="ada")
    seen = world.get("/pulls/1/reviews", headers={"Authorization": "token other"})
    assert seen.json() == []


def test_pending_review_is_submitted_or_deleted(world: World) -> None:
    """A pending review can be submitted, or deleted with its comments; a submitted one cannot."""
    first = world.review(suggestion(20, "x"), event=None).json()["id"]
    assert world.call("DELETE", f"/pulls/1/reviews/{first}").status_code == 200
    assert (world.pull.reviews, world.pull.threads) == ([], [])
    second = world.review(suggestion(20, "x"), event=None).json()["id"]
    sent = world.post(f"/pulls/1/reviews/{second}/events", {"event": "COMMENT", "body": "Done"})
    assert sent.json()["state"] == "COMMENTED"
    assert len(world.get("/pulls/1/comments").json()) == 1
    assert world.call("DELETE", f"/pulls/1/reviews/{second}").status_code == 422
    edited = world.call("PUT", f"/pulls/1/reviews/{second}", {"body": "Superseded"})
    assert edited.json()["body"] == "Superseded"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"event": "COMMENT", "body": "", "comments": []}, "Body can't be blank"),
        ({"event": "COMENT"}, "Variable $event"),
        ({"event": "APPROVE"}, "GitHub Actions is not permitted to approve pull requests."),
        ({"body": "x" * 65_537}, "Body is too long (maximum is 65536 characters)"),
        ({"commit_id": "f" * 40}, "commit_id is not part of the pull request"),
    ],
)
def test_refused_review(world: World, body: dict[str, Any], said: str) -> None:
    """A review as such is refused for what it lacks or may not do."""
    (sentence,) = errors(world.review(suggestion(20, "x"), **body))
    assert sentence.startswith(said)


def test_longest_body(world: World) -> None:
    """65,536 characters are accepted everywhere, one more is not."""
    longest = "x" * 65_536
    assert world.review(body=longest).status_code == 200
    assert world.review({**suggestion(20), "body": longest}).status_code == 200
    assert world.review({**suggestion(20), "body": longest + "x"}).status_code == 422
    assert world.post("/issues/1/comments", {"body": longest}).status_code == 201
    refused = world.post("/issues/1/comments", {"body": longest + "x"})
    assert refused.json()["errors"][0]["message"].startswith("Body is too long (maximum is 65536")


def test_own_pull_request(world: World) -> None:
    """Nobody approves their own pull request; commenting on it is allowed."""
    world.sandbox.add_token("own", login="author")
    own = {"Authorization": "token own"}
    asked = {"event": "REQUEST_CHANGES", "body": "b"}
    refused = world.call("POST", "/pulls/1/reviews", asked, headers=own)
    assert errors(refused) == ["Review Can not request changes on your own pull request"]
    asked["event"] = "COMMENT"
    assert world.call("POST", "/pulls/1/reviews", asked, headers=own).status_code == 200


def test_too_many_at_once(world: World) -> None:
    """By a switch a review with many comments was submitted too quickly."""
    world.sandbox.switches.comments_per_review = 1
    assert world.review(suggestion(20, "x")).ok
    assert errors(world.review(suggestion(20, "x"), suggestion(21, "x"))) == [
        "was submitted too quickly"
    ]


def test_legacy_position(world: World) -> None:
    """The older way to name a line, its position in the diff, still works."""
    made = world.review({"path": "a.txt", "body": "b", "position": 5})
    assert made.status_code == 200
    (comment,) = world.get("/pulls/1/comments").json()
    assert (comment["line"], comment["side"], comment["position"]) == (20, "RIGHT", 5)


def test_deleted_file_takes_comments_on_the_left(build: Build) -> None:
    """On a removed file only the left side has lines."""
    world = build({"a.txt": "one\ntwo\n"}, {"a.txt": None})
    assert errors(world.review(suggestion(1, "x"))) == [LINE]
    left = {"path": "a.txt", "line": 2, "side": "LEFT", "body": "b"}
    assert world.review(left).status_code == 200


def test_reviews_that_are_not_there(world: World) -> None:
    """A review is shown by number; an unknown one is 404, a sent one is not sent again."""
    number = world.review(suggestion(20, "x")).json()["id"]
    assert world.get(f"/pulls/1/reviews/{number}").json()["id"] == number
    assert world.get(f"/pulls/1/reviews/{number + 99}").status_code == 404
    again = world.post(f"/pulls/1/reviews/{number}/events", {"event": "COMMENT"})
    assert again.status_code == 422
    longer = world.call("PUT", f"/pulls/1/reviews/{number}", {"body": "x" * 65_537})
    assert longer.status_code == 422


def test_comment_on_a_file_in_a_review_by_switch(world: World) -> None:
    """By a switch comments[] takes comments on whole files, which is not documented."""
    world.sandbox.switches.file_subject_in_reviews = True
    asked = {"path": "a.txt", "body": "b", "subject_type": "file"}
    assert world.review(asked, suggestion(20, "x")).ok
    kinds = [comment["subject_type"] for comment in world.get("/pulls/1/comments").json()]
    assert kinds == ["file", "line"]


def test_entries_that_are_not_objects(world: World) -> None:
    """A comment that is not an object, or blank, is refused."""
    assert "Expected value to be an object" in errors(world.review("text"))[0]
    assert "can't be blank" in errors(world.review({**suggestion(20), "body": " "}))[0]
