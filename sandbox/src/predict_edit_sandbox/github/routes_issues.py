"""Endpoints for comments in the conversation, and for reactions on all comments."""

from __future__ import annotations

from predict_edit_sandbox.github import conversation, lookup, render_discussion, render_pulls
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route, listed
from predict_edit_sandbox.github.nouns import IssueComment, ReviewComment
from predict_edit_sandbox.github.refusals import not_found

_READ: Needs = (("pull_requests", "read"), ("issues", "read"))
_WRITE: Needs = (("pull_requests", "write"), ("issues", "write"))
"""On pull requests either permission is enough."""


def _comment(call: Call) -> IssueComment:
    """The comment of the path."""
    return lookup.issue_comment(call.repository, call.number("comment"))


def list_comments(call: Call) -> Reply:
    """The comments of one pull request, oldest first."""
    since = call.query.get("since", "")
    found = [
        comment
        for comment in call.pull.comments
        if comment.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ") >= since
    ]
    return listed(call, found, lambda comment: render_discussion.issue_comment(call.urls, comment))


def create_comment(call: Call) -> Reply:
    """Write a comment."""
    body = call.field("body", str, required=True)
    made = conversation.create_comment(call.state, call.pull, call.token.user, body)
    shown = render_discussion.issue_comment(call.urls, made)
    return Reply(status=201, json=shown, headers={"location": shown["url"]})


def get_comment(call: Call) -> Reply:
    """One comment."""
    return Reply(json=render_discussion.issue_comment(call.urls, _comment(call)))


def edit_comment(call: Call) -> Reply:
    """Replace a comment's body."""
    body = call.field("body", str, required=True)
    edited = conversation.edit_comment(call.state, _comment(call), body)
    return Reply(json=render_discussion.issue_comment(call.urls, edited))


def delete_comment(call: Call) -> Reply:
    """Delete a comment."""
    comment = _comment(call)
    comment.pull.comments.remove(comment)
    return Reply(status=204)


def _target(call: Call) -> IssueComment | ReviewComment:
    """The comment of the path, of either kind."""
    if call.params["kind"] == "issues":
        return _comment(call)
    if call.params["kind"] == "pulls":
        return lookup.review_comment(call.repository, call.number("comment"))
    raise not_found()


def list_reactions(call: Call) -> Reply:
    """The reactions on a comment."""
    wanted = call.query.get("content")
    found = [shown for shown in _target(call).reactions if wanted in {None, shown.content}]
    return listed(call, found, lambda shown: render_discussion.reaction(call.urls, shown))


def create_reaction(call: Call) -> Reply:
    """Put a reaction on a comment: 201, or 200 where it was there already."""
    content = call.field("content", str, required=True)
    made, new = conversation.react(call.state, _target(call), call.token.user, content)
    return Reply(status=201 if new else 200, json=render_discussion.reaction(call.urls, made))


def delete_reaction(call: Call) -> Reply:
    """Take a reaction away."""
    conversation.unreact(_target(call), call.number("reaction"))
    return Reply(status=204)


def add_labels(call: Call) -> Reply:
    """Add labels to a pull request; those it has stay."""
    names = call.field("labels", list, required=True)
    call.pull.labels[:] = dict.fromkeys([*call.pull.labels, *names])
    shown = [render_pulls.label(call.urls, call.repository, name) for name in call.pull.labels]
    return Reply(json=shown)


_ISSUES = "/repos/{owner}/{repo}/issues"
_ONE = _ISSUES + r"/comments/{comment:\d+}"
_REACTIONS = r"/repos/{owner}/{repo}/{kind:issues|pulls}/comments/{comment:\d+}/reactions"
_LIST = _ISSUES + r"/{number:\d+}/comments"
_LABELS = _ISSUES + r"/{number:\d+}/labels"
ROUTES = (
    Route(method="POST", path=_LABELS, handler=add_labels, needs=_WRITE),
    Route(method="GET", path=_LIST, handler=list_comments, needs=_READ),
    Route(method="POST", path=_LIST, handler=create_comment, needs=_WRITE, creates_content=True),
    Route(method="GET", path=_ONE, handler=get_comment, needs=_READ),
    Route(method="PATCH", path=_ONE, handler=edit_comment, needs=_WRITE),
    Route(method="DELETE", path=_ONE, handler=delete_comment, needs=_WRITE),
    Route(method="GET", path=_REACTIONS, handler=list_reactions, needs=_READ),
    Route(method="POST", path=_REACTIONS, handler=create_reaction, needs=_WRITE),
    Route(
        method="DELETE",
        path=_REACTIONS + r"/{reaction:\d+}",
        handler=delete_reaction,
        needs=_WRITE,
    ),
)
