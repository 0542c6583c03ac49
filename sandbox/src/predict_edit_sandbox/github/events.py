"""What GitHub writes to a runner's ``GITHUB_EVENT_PATH`` for the events that start the action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.github import render, render_discussion, render_pulls
from predict_edit_sandbox.github.nouns import IssueComment, PullRequest, ReviewComment, User
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.urls import Urls

Payload = dict[str, Any]


def urls_of(state: State, base_url: str | None = None) -> Urls:
    """Addresses below the place where the stand-in is served.

    Raises:
        ValueError: it is not served and no address was given.
    """
    base = (base_url or state.base_url or "").rstrip("/")
    if not base:
        raise ValueError("Serve the stand-in first, or say where it will be")
    html = base.removesuffix("/api/v3")
    return Urls(api=base, html=html)


def _issue(urls: Urls, pull: PullRequest) -> Payload:
    """A pull request as an issue. It has no head, no base and no hash of either."""
    api, page = urls.issue(pull), urls.pull_page(pull)
    return {
        "id": pull.id + 1_000_000,
        "node_id": pull.node_id,
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "state_reason": None,
        "locked": pull.locked,
        "active_lock_reason": None,
        "user": render.user(urls, pull.author),
        "author_association": render.association(pull.repository, pull.author),
        "labels": [],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(pull.comments),
        "created_at": render.stamp(pull.created_at),
        "updated_at": render.stamp(pull.updated_at),
        "closed_at": render.stamp(pull.closed_at),
        "draft": pull.draft,
        "pull_request": {
            "url": urls.pull(pull),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": None,
        },
        "reactions": render_discussion.rollup(api, []),
        "performed_via_github_app": None,
        "timeline_url": f"{api}/timeline",
        "url": api,
        "repository_url": urls.repository(pull.repository),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "html_url": page,
    }


def issue_comment_created(
    state: State, comment: IssueComment, base_url: str | None = None
) -> Payload:
    """``issue_comment``, action ``created``, on a pull request."""
    urls = urls_of(state, base_url)
    return {
        "action": "created",
        "issue": _issue(urls, comment.pull),
        "comment": render_discussion.issue_comment(urls, comment),
        "repository": render.repository(urls, comment.pull.repository),
        "sender": render.user(urls, comment.author),
    }


def review_comment_created(
    state: State, comment: ReviewComment, base_url: str | None = None
) -> Payload:
    """``pull_request_review_comment``, action ``created``."""
    urls = urls_of(state, base_url)
    return {
        "action": "created",
        "comment": render_discussion.review_comment(state, urls, comment),
        "pull_request": render_pulls.pull_simple(urls, comment.pull),
        "repository": render.repository(urls, comment.pull.repository),
        "sender": render.user(urls, comment.author),
    }


def pull_request_closed(state: State, pull: PullRequest, base_url: str | None = None) -> Payload:
    """``pull_request``, action ``closed``, after a merge too."""
    urls = urls_of(state, base_url)
    return {
        "action": "closed",
        "number": pull.number,
        "pull_request": render_pulls.pull_simple(urls, pull),
        "repository": render.repository(urls, pull.repository),
        "sender": render.user(urls, pull.author),
    }


def workflow_dispatch(
    state: State,
    repository: str,
    sender: User,
    inputs: Mapping[str, str],
    *,
    workflow: str = ".github/workflows/predict-edit.yml",
    base_url: str | None = None,
) -> Payload:
    """``workflow_dispatch`` on the default branch."""
    urls = urls_of(state, base_url)
    shown = state.repository(repository)
    return {
        "inputs": dict(inputs),
        "ref": f"refs/heads/{shown.default_branch}",
        "workflow": workflow,
        "repository": render.repository(urls, shown),
        "sender": render.user(urls, sender),
    }
