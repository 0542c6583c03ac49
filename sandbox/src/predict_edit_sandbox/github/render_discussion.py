"""Shows comments, reviews and reactions as GitHub's REST API does."""

from __future__ import annotations

from typing import Any

from predict_edit_sandbox.github.nouns import (
    REACTIONS,
    IssueComment,
    Reaction,
    Review,
    ReviewComment,
)
from predict_edit_sandbox.github.render import Json, association, stamp, user
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.threads import outdated, standing
from predict_edit_sandbox.github.urls import Urls


def reaction(urls: Urls, shown: Reaction) -> Json:
    """A reaction."""
    return {
        "id": shown.id,
        "node_id": f"REA_{shown.id}",
        "user": user(urls, shown.user),
        "content": shown.content,
        "created_at": stamp(shown.created_at),
    }


def rollup(url: str, reactions: list[Reaction]) -> Json:
    """How many reactions of each kind."""
    counts: dict[str, Any] = dict.fromkeys(REACTIONS, 0)
    for shown in reactions:
        counts[shown.content] += 1
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def issue_comment(urls: Urls, shown: IssueComment) -> Json:
    """A comment in the conversation."""
    api = urls.issue_comment(shown)
    return {
        "id": shown.id,
        "node_id": shown.node_id,
        "url": api,
        "html_url": urls.issue_comment_page(shown),
        "issue_url": urls.issue(shown.pull),
        "user": user(urls, shown.author),
        "author_association": association(shown.pull.repository, shown.author),
        "body": shown.body,
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.updated_at),
        "performed_via_github_app": None,
        "reactions": rollup(api, shown.reactions),
    }


def review(urls: Urls, shown: Review) -> Json:
    """A review. A pending one has no ``submitted_at``."""
    page, pull = urls.review_page(shown), urls.pull(shown.pull)
    answer = {
        "id": shown.id,
        "node_id": shown.node_id,
        "user": user(urls, shown.author),
        "body": shown.body,
        "state": shown.state,
        "html_url": page,
        "pull_request_url": pull,
        "author_association": association(shown.pull.repository, shown.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull}},
        "commit_id": shown.commit_id,
    }
    if shown.submitted_at:
        answer["submitted_at"] = stamp(shown.submitted_at)
    return answer


def review_comment(state: State, urls: Urls, shown: ReviewComment) -> Json:
    """A comment on the diff. Its lines are null once they are outdated."""
    thread, pull = shown.thread, urls.pull(shown.pull)
    api, page = urls.review_comment(shown), urls.review_comment_page(shown)
    today = standing(state, thread)
    answer = {
        "id": shown.id,
        "node_id": shown.node_id,
        "pull_request_review_id": shown.review.id,
        "diff_hunk": thread.diff_hunk,
        "path": thread.path,
        "commit_id": thread.commit_id if outdated(state, thread) else shown.pull.head_sha,
        "original_commit_id": thread.commit_id,
        "user": user(urls, shown.author),
        "body": shown.body,
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.updated_at),
        "url": api,
        "html_url": page,
        "pull_request_url": pull,
        "author_association": association(shown.pull.repository, shown.author),
        "_links": {
            "self": {"href": api},
            "html": {"href": page},
            "pull_request": {"href": pull},
        },
        "reactions": rollup(api, shown.reactions),
        "subject_type": "line",
        "side": thread.side,
        "start_side": thread.start_side,
        "line": today[1] if today else None,
        "original_line": thread.line,
        "start_line": today[0] if today and thread.start_line else None,
        "original_start_line": thread.start_line,
        "position": today[2].position if today else None,
        "original_position": thread.position,
    }
    if thread.line is None:
        # A comment on the whole file has no lines; GitHub gives it position 1.
        answer |= {"subject_type": "file", "position": 1, "original_position": 1}
        for name in ("line", "original_line", "start_line", "original_start_line"):
            del answer[name]
    if shown.reply_to:
        answer["in_reply_to_id"] = shown.reply_to.id
    return answer


def legacy_review_comment(state: State, urls: Urls, shown: ReviewComment) -> Json:
    """A comment as the list of one review's comments shows it."""
    answer = review_comment(state, urls, shown)
    if answer["original_position"] is None:
        answer["original_position"] = 1
    for name in ("start_side", "side"):
        if answer.get(name) is None:
            answer.pop(name, None)
    return answer
