"""GraphQL's mutations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from predict_edit_sandbox.github import conversation, lookup, review_comments, reviews
from predict_edit_sandbox.github.drafts import check_shape
from predict_edit_sandbox.github.graphql_commits import create_commit, update_refs
from predict_edit_sandbox.github.graphql_discussion import REACTION_NAMES
from predict_edit_sandbox.github.graphql_shared import Context, Resolver, Table
from predict_edit_sandbox.github.nouns import (
    IssueComment,
    Node,
    PullRequest,
    Review,
    ReviewComment,
    Thread,
)
from predict_edit_sandbox.github.refusals import Refusal

Input = Mapping[str, Any]
Payload = dict[str, Any]
_T = TypeVar("_T", bound=Node)
Minimizable = IssueComment | Review | ReviewComment


def _unresolved(node_id: str) -> Refusal:
    """Nothing of the right kind has this name."""
    said = f"Could not resolve to a node with the global id of '{node_id}'"
    return Refusal(404, said, kind="NOT_FOUND")


def _node(context: Context, node_id: str, kind: type[_T]) -> _T:
    """A node of a kind, or GitHub's refusal."""
    found = lookup.node(context.state, node_id)
    if not isinstance(found, kind):
        raise _unresolved(node_id)
    return found


def _writes(context: Context) -> None:
    """Insist on being allowed to write on pull requests."""
    context.require(("pull_requests", "write"), ("issues", "write"))


def _set_minimized(context: Context, given: Input, *, hide: bool) -> Minimizable:
    """Fold a comment or review away, or show it again."""
    _writes(context)
    found = lookup.node(context.state, given["subjectId"])
    if not isinstance(found, Minimizable):
        raise _unresolved(given["subjectId"])
    found.minimized = given["classifier"] if hide else None
    return found


def _minimize(context: Context, given: Input) -> Payload:
    """``minimizeComment``."""
    return {"minimizedComment": _set_minimized(context, given, hide=True)}


def _unminimize(context: Context, given: Input) -> Payload:
    """``unminimizeComment``."""
    return {"unminimizedComment": _set_minimized(context, given, hide=False)}


def _resolvable(context: Context, given: Input) -> Thread:
    """A thread that the token may resolve: it takes ``contents: write``, as users found out."""
    context.require(("contents", "write"))
    context.require(("pull_requests", "write"))
    return _node(context, given["threadId"], Thread)


def _resolve(context: Context, given: Input) -> Payload:
    """``resolveReviewThread``."""
    thread = _resolvable(context, given)
    thread.resolved_by = context.token.user
    return {"thread": thread}


def _unresolve(context: Context, given: Input) -> Payload:
    """``unresolveReviewThread``."""
    thread = _resolvable(context, given)
    thread.resolved_by = None
    return {"thread": thread}


def _entry(given: Input) -> dict[str, Any]:
    """A thread's input with the names of the REST API, without what was not given."""
    names = {
        "path": "path",
        "body": "body",
        "line": "line",
        "side": "side",
        "startLine": "start_line",
        "startSide": "start_side",
        "position": "position",
    }
    return {names[key]: value for key, value in given.items() if key in names}


def _add_review(context: Context, given: Input) -> Payload:
    """``addPullRequestReview``."""
    _writes(context)
    context.state.limits.count_creation()
    entries = [*(given.get("threads") or ()), *(given.get("comments") or ())]
    made = reviews.create_review(
        context.state,
        _node(context, given["pullRequestId"], PullRequest),
        context.token,
        comments=[_entry(entry) for entry in entries],
        body=given.get("body") or "",
        event=given.get("event"),
        commit_id=given.get("commitOID"),
    )
    return {"pullRequestReview": made}


def _review_of(context: Context, given: Input) -> Review:
    """The review that the input names, or the pending one on the pull request it names."""
    if named := given.get("pullRequestReviewId"):
        return _node(context, named, Review)
    pull = _node(context, given.get("pullRequestId") or "", PullRequest)
    found = reviews.pending_of(pull, context.token.user)
    if found is None:
        return reviews.create_review(context.state, pull, context.token, comments=[])
    return found


def _add_thread(context: Context, given: Input) -> Payload:
    """``addPullRequestReviewThread``: no word where the line is outside the diff."""
    _writes(context)
    context.state.limits.count_creation()
    entry = _entry(given)
    if given.get("subjectType") == "FILE":
        entry["subject_type"] = "file"
    check_shape([entry], file_subject=True)
    return {"thread": review_comments.add_thread(context.state, _review_of(context, given), entry)}


def _submit_review(context: Context, given: Input) -> Payload:
    """``submitPullRequestReview``."""
    _writes(context)
    review = reviews.submit_review(
        context.state,
        _review_of(context, given),
        context.token,
        event=given["event"],
        body=given.get("body"),
    )
    return {"pullRequestReview": review}


def _delete_review(context: Context, given: Input) -> Payload:
    """``deletePullRequestReview``."""
    _writes(context)
    review = _node(context, given["pullRequestReviewId"], Review)
    reviews.delete_pending(review)
    return {"pullRequestReview": review}


def _update_review(context: Context, given: Input) -> Payload:
    """``updatePullRequestReview``."""
    _writes(context)
    review = _node(context, given["pullRequestReviewId"], Review)
    return {"pullRequestReview": reviews.edit_review(review, given["body"])}


def _add_comment(context: Context, given: Input) -> Payload:
    """``addComment``."""
    _writes(context)
    context.state.limits.count_creation()
    pull = _node(context, given["subjectId"], PullRequest)
    made = conversation.create_comment(context.state, pull, context.token.user, given["body"])
    return {"commentEdge": {"node": made}}


def _update_comment(context: Context, given: Input) -> Payload:
    """``updateIssueComment``."""
    _writes(context)
    comment = _node(context, given["id"], IssueComment)
    return {"issueComment": conversation.edit_comment(context.state, comment, given["body"])}


def _reaction(context: Context, given: Input) -> tuple[IssueComment | ReviewComment, str]:
    """The comment to react to, and the reaction."""
    _writes(context)
    names = {name: content for content, name in REACTION_NAMES.items()}
    target = lookup.node(context.state, given["subjectId"])
    if not isinstance(target, IssueComment | ReviewComment):
        raise _unresolved(given["subjectId"])
    return target, names[given["content"]]


def _add_reaction(context: Context, given: Input) -> Payload:
    """``addReaction``."""
    target, content = _reaction(context, given)
    made, _ = conversation.react(context.state, target, context.token.user, content)
    return {"reaction": made}


def _remove_reaction(context: Context, given: Input) -> Payload:
    """``removeReaction``."""
    target, content = _reaction(context, given)
    for reaction in list(target.reactions):
        if reaction.user == context.token.user and reaction.content == content:
            target.reactions.remove(reaction)
            return {"reaction": reaction}
    return {"reaction": None}


def _mutation(perform: Any) -> Resolver:
    """A mutation as a resolver; the client's own id goes back with the payload."""

    def resolve(_root: None, context: Context, input: Input) -> Payload:  # noqa: A002
        payload: Payload = perform(context, input)
        return {**payload, "clientMutationId": input.get("clientMutationId")}

    return resolve


TABLE: Table = {
    "Mutation": {
        "addComment": _mutation(_add_comment),
        "addPullRequestReview": _mutation(_add_review),
        "addPullRequestReviewThread": _mutation(_add_thread),
        "addReaction": _mutation(_add_reaction),
        "createCommitOnBranch": _mutation(create_commit),
        "deletePullRequestReview": _mutation(_delete_review),
        "minimizeComment": _mutation(_minimize),
        "removeReaction": _mutation(_remove_reaction),
        "resolveReviewThread": _mutation(_resolve),
        "submitPullRequestReview": _mutation(_submit_review),
        "unminimizeComment": _mutation(_unminimize),
        "unresolveReviewThread": _mutation(_unresolve),
        "updateIssueComment": _mutation(_update_comment),
        "updatePullRequestReview": _mutation(_update_review),
        "updateRefs": _mutation(update_refs),
    }
}
