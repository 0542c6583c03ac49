"""Changing things over GraphQL."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from predict_edit_sandbox.github.nouns import Access

from .conftest import World, suggestion

WRITE: dict[str, Access] = {"pull_requests": "write", "contents": "write"}
COMMIT = """
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url } clientMutationId }
}"""


def error(answer: dict[str, Any]) -> tuple[str, str]:
    """Type and message of the one error."""
    (one,) = answer["errors"]
    return one.get("type", ""), one["message"]


def test_minimize(world: World) -> None:
    """Comments of both kinds and reviews can be folded away and shown again."""
    assert world.review(suggestion(20, "x")).ok
    review = world.pull.reviews[0]
    comment = world.sandbox.comment("octo/demo", 1, "ada", "Hello")
    query = """mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED,
      clientMutationId: "c"}) { clientMutationId minimizedComment { isMinimized minimizedReason } }
    }"""
    for subject in (review, review.comments[0], comment):
        answer = world.graphql(query, id=subject.node_id)
        assert answer["data"]["minimizeComment"] == {
            "clientMutationId": "c",
            "minimizedComment": {"isMinimized": True, "minimizedReason": "outdated"},
        }
        assert subject.minimized == "OUTDATED"
    undo = "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { __typename } }"
    world.graphql(undo, id=comment.node_id)
    assert comment.minimized is None
    assert error(world.graphql(query, id=world.pull.node_id))[0] == "NOT_FOUND"


def test_resolving_needs_contents_write(world: World) -> None:
    """A thread is resolved with contents: write only."""
    assert world.review(suggestion(20, "x")).ok
    thread = world.pull.threads[0]
    query = """mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) {
      thread { isResolved resolvedBy { login } } } }"""
    assert error(world.graphql(query, id=thread.node_id)) == (
        "FORBIDDEN",
        "Resource not accessible by integration",
    )
    world.sandbox.add_token("sandbox-token", permissions=WRITE)
    world.sandbox.add_token("person", login="ada", permissions=WRITE)
    world.session.headers["Authorization"] = "Bearer person"
    answer = world.graphql(query, id=thread.node_id)
    assert answer["data"]["resolveReviewThread"]["thread"]["isResolved"] is True
    undo = "mutation($id: ID!) { unresolveReviewThread(input: {threadId: $id}) { __typename } }"
    assert "errors" not in world.graphql(undo, id=thread.node_id)
    assert thread.resolved_by is None


def commit_input(world: World, **more: Any) -> dict[str, Any]:
    """A commit that replaces one file."""
    contents = base64.b64encode(b"new\n").decode()
    return {
        "branch": {"repositoryNameWithOwner": "octo/demo", "branchName": "feature"},
        "expectedHeadOid": world.pull.head_sha,
        "message": {"headline": "Edit", "body": "Co-authored-by: Ada"},
        "fileChanges": {"additions": [{"path": "a.txt", "contents": contents}]},
        **more,
    }


def test_commit_on_branch(world: World) -> None:
    """Files are committed on the expected head; the commit counts as verified."""
    given = commit_input(world)
    assert error(world.graphql(COMMIT, input=given))[0] == "FORBIDDEN"
    world.sandbox.add_token("sandbox-token", permissions=WRITE)
    old = world.pull.head_sha
    made = world.graphql(COMMIT, input=given)["data"]["createCommitOnBranch"]["commit"]["oid"]
    assert made == world.pull.head_sha != old
    shown = world.get(f"/commits/{made}").json()
    assert shown["commit"]["message"] == "Edit\n\nCo-authored-by: Ada"
    assert shown["commit"]["verification"]["verified"] is True
    raw = {"Accept": "application/vnd.github.raw+json"}
    assert world.get("/contents/a.txt?ref=feature", headers=raw).content == b"new\n"
    kind, said = error(world.graphql(COMMIT, input=given))
    assert kind == "STALE_DATA"
    assert old in said


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"deletions": [{"path": "none"}]}, "UNPROCESSABLE"),
        ({"additions": [{"path": "a", "contents": "###"}]}, "UNPROCESSABLE"),
        ({"additions": [{"path": ".github/workflows/a.yml", "contents": ""}]}, "FORBIDDEN"),
    ],
)
def test_refused_commits(world: World, changes: dict[str, Any], kind: str) -> None:
    """A commit is refused for missing files, bad base64, and workflows without permission."""
    world.sandbox.add_token("sandbox-token", permissions=WRITE)
    head = world.pull.head_sha
    given = commit_input(world, fileChanges=changes)
    assert error(world.graphql(COMMIT, input=given))[0] == kind
    assert world.pull.head_sha == head


def test_no_commit_to_a_fork(world: World) -> None:
    """The token of a job cannot write to a fork."""
    world.sandbox.add_token("sandbox-token", permissions=WRITE)
    store = world.pull.repository.store
    world.sandbox.add_repository("ann/demo", store.git_dir, fork_of="octo/demo")
    branch = {"repositoryNameWithOwner": "ann/demo", "branchName": "feature"}
    answer = world.graphql(COMMIT, input=commit_input(world, branch=branch))
    assert error(answer)[0] == "FORBIDDEN"


def test_review_in_steps(world: World) -> None:
    """Threads are added to a pending review; one outside the diff is silently nothing."""
    pull = world.pull.node_id
    add = """mutation($input: AddPullRequestReviewThreadInput!) {
      addPullRequestReviewThread(input: $input) { thread { id subjectType } } }"""
    spot = {"pullRequestId": pull, "path": "a.txt", "body": "b"}
    inside = world.graphql(add, input={**spot, "line": 20})
    assert inside["data"]["addPullRequestReviewThread"]["thread"]["subjectType"] == "LINE"
    outside = world.graphql(add, input={**spot, "line": 1})
    assert outside == {"data": {"addPullRequestReviewThread": {"thread": None}}}
    whole = world.graphql(add, input={**spot, "subjectType": "FILE"})
    assert whole["data"]["addPullRequestReviewThread"]["thread"]["subjectType"] == "FILE"
    assert world.get("/pulls/1/comments").json() == []
    send = """mutation($id: ID!) { submitPullRequestReview(input: {pullRequestId: $id,
      event: COMMENT, body: "Done"}) { pullRequestReview { state } } }"""
    assert "errors" not in world.graphql(send, id=pull)
    assert len(world.get("/pulls/1/comments").json()) == 2


def test_review_in_one(world: World) -> None:
    """A whole review with threads is posted, or refused with the sentence of the REST API."""
    query = """mutation($input: AddPullRequestReviewInput!) { addPullRequestReview(input: $input) {
      pullRequestReview { state comments(first: 5) { nodes { line startLine } } } } }"""
    given = {"pullRequestId": world.pull.node_id, "event": "COMMENT", "body": "b"}
    thread = {"path": "a.txt", "body": "b", "line": 21, "startLine": 20}
    made = world.graphql(query, input={**given, "threads": [thread]})
    review = made["data"]["addPullRequestReview"]["pullRequestReview"]
    assert review["comments"]["nodes"] == [{"line": 21, "startLine": 20}]
    refused = world.graphql(query, input={**given, "threads": [{**thread, "line": 400}]})
    assert error(refused) == ("UNPROCESSABLE", "Line could not be resolved")


def test_other_mutations(world: World) -> None:
    """Comments and reactions are written, edited and removed."""
    made = world.graphql(
        """mutation($id: ID!) { addComment(input: {subjectId: $id, body: "One"}) {
        commentEdge { node { id } } } }""",
        id=world.pull.node_id,
    )
    node = made["data"]["addComment"]["commentEdge"]["node"]["id"]
    edit = """mutation($id: ID!) { updateIssueComment(input: {id: $id, body: "Two"}) {
      issueComment { body } } }"""
    assert "errors" not in world.graphql(edit, id=node)
    assert world.pull.comments[0].body == "Two"
    react = """mutation($id: ID!) { VERB(input: {subjectId: $id, content: EYES}) {
      reaction { content } } }"""
    for verb, left in (("addReaction", 1), ("removeReaction", 0)):
        assert "errors" not in world.graphql(react.replace("VERB", verb), id=node)
        assert len(world.pull.comments[0].reactions) == left
    assert world.review(body="Old", event=None).ok
    review = world.pull.reviews[0].node_id
    update = """mutation($id: ID!) { updatePullRequestReview(input: {pullRequestReviewId: $id,
      body: "New"}) { pullRequestReview { body } } }"""
    assert "errors" not in world.graphql(update, id=review)
    assert world.pull.reviews[0].body == "New"
    delete = """mutation($id: ID!) { deletePullRequestReview(input: {pullRequestReviewId: $id}) {
      pullRequestReview { id } } }"""
    assert "errors" not in world.graphql(delete, id=review)
    assert world.pull.reviews == []
