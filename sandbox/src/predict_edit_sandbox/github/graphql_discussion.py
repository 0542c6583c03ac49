"""GraphQL for pull requests, comments, reviews and threads."""

from __future__ import annotations

from typing import Any

from predict_edit_sandbox.github import lookup, render
from predict_edit_sandbox.github.graphql_git import Commit
from predict_edit_sandbox.github.graphql_shared import Context, Resolver, Table, connection
from predict_edit_sandbox.github.nouns import PullRequest, Repository, ReviewComment, Thread
from predict_edit_sandbox.github.refusals import Refusal
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.threads import outdated, standing

_INT_END = 1 << 31
REACTION_NAMES = {
    "+1": "THUMBS_UP",
    "-1": "THUMBS_DOWN",
    "laugh": "LAUGH",
    "confused": "CONFUSED",
    "heart": "HEART",
    "hooray": "HOORAY",
    "rocket": "ROCKET",
    "eyes": "EYES",
}
_CHANGE_TYPES = {
    "added": "ADDED",
    "removed": "DELETED",
    "modified": "MODIFIED",
    "renamed": "RENAMED",
    "changed": "CHANGED",
}


def _small(number: int) -> int | None:
    """A number as the old field has it, which holds 32 bits only."""
    return number if number < _INT_END else None


def _repository(_root: None, context: Context, owner: str, name: str, **_: Any) -> Repository:
    """``Query.repository``."""
    found = context.state.repositories.get(f"{owner}/{name}".lower())
    if found is None:
        said = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise Refusal(404, said, kind="NOT_FOUND")
    return found


def _list(name: str, items: Resolver) -> Resolver:
    """A field that is a connection."""

    def resolve(shown: Any, context: Context, **arguments: Any) -> dict[str, Any]:
        bounds = {word: arguments.get(word) for word in ("first", "last", "after", "before")}
        return connection(name, items(shown, context), **bounds)

    return resolve


def _can_apply(shown: PullRequest, context: Context) -> bool:
    """``PullRequest.viewerCanApplySuggestion``."""
    same = shown.head_repository is shown.repository
    return shown.state == "open" and same and context.token.may("contents", "write")


def _line_today(state: State, thread: Thread) -> int | None:
    """The last line of a thread in today's diff."""
    found = standing(state, thread)
    return found[1] if found else None


def _start_today(state: State, thread: Thread) -> int | None:
    """The first line of a thread on several lines."""
    found = standing(state, thread)
    return found[0] if found and thread.start_line is not None else None


def _total(shown: PullRequest, context: Context, name: str) -> int:
    """A figure over all files."""
    return sum(getattr(diff, name) for diff in context.state.files(shown).values())


def _may_minimize(_shown: Any, context: Context) -> bool:
    """Whether the token may minimise comments."""
    return context.token.may("pull_requests", "write") or context.token.may("issues", "write")


def _review_comment_reply(shown: ReviewComment, _context: Context) -> ReviewComment | None:
    """``PullRequestReviewComment.replyTo``."""
    return shown.reply_to


_WRITTEN: dict[str, Resolver] = {
    "id": lambda shown, _: shown.node_id,
    "databaseId": lambda shown, _: _small(shown.id),
    # GitHub writes its BigInt as text.
    "fullDatabaseId": lambda shown, _: str(shown.id),
    "body": lambda shown, _: shown.body,
    "author": lambda shown, _: shown.author,
    "isMinimized": lambda shown, _: shown.minimized is not None,
    "minimizedReason": lambda shown, _: (
        shown.minimized.lower().replace("_", "-") if shown.minimized else None
    ),
    "viewerCanMinimize": _may_minimize,
    "viewerDidAuthor": lambda shown, context: shown.author == context.token.user,
}
_DATED: dict[str, Resolver] = {
    "createdAt": lambda shown, _: render.stamp(shown.created_at),
    "updatedAt": lambda shown, _: render.stamp(shown.updated_at),
}
_ACCOUNT: dict[str, Resolver] = {
    "id": lambda shown, _: shown.node_id,
    # Over GraphQL a bot's login has no "[bot]" at its end.
    "login": lambda shown, _: shown.login.removesuffix("[bot]"),
    "databaseId": lambda shown, _: _small(shown.id),
}

TABLE: Table = {
    "Query": {
        "id": lambda _root, _context: "Q_1",
        "repository": _repository,
        "viewer": lambda _root, context: context.token.user,
        "node": lambda _root, context, id: lookup.node(context.state, id),  # noqa: A006
        "rateLimit": lambda _root, _context, **_: {},
    },
    "User": _ACCOUNT,
    "Bot": _ACCOUNT,
    "PullRequest": {
        "id": lambda shown, _: shown.node_id,
        "number": lambda shown, _: shown.number,
        "title": lambda shown, _: shown.title,
        "body": lambda shown, _: shown.body or "",
        "state": lambda shown, _: "MERGED" if shown.merged else shown.state.upper(),
        "merged": lambda shown, _: shown.merged,
        "viewerDidAuthor": lambda shown, context: shown.author == context.token.user,
        "isDraft": lambda shown, _: shown.draft,
        "isCrossRepository": lambda shown, _: shown.head_repository is not shown.repository,
        "author": lambda shown, _: shown.author,
        "headRefName": lambda shown, _: shown.head_ref,
        "headRefOid": lambda shown, _: shown.head_sha,
        "headRepository": lambda shown, _: shown.head_repository,
        "baseRefName": lambda shown, _: shown.base_ref,
        "baseRefOid": lambda shown, _: shown.base_sha,
        "baseRepository": lambda shown, _: shown.repository,
        "additions": lambda shown, context: _total(shown, context, "additions"),
        "deletions": lambda shown, context: _total(shown, context, "deletions"),
        "changedFiles": lambda shown, context: len(context.state.files(shown)),
        "maintainerCanModify": lambda shown, _: shown.maintainer_can_modify,
        "viewerCanApplySuggestion": _can_apply,
        "url": lambda shown, context: context.urls.pull_page(shown),
        "files": _list("files", lambda shown, context: list(context.state.files(shown).values())),
        "comments": _list("comments", lambda shown, _: shown.comments),
        "reviews": _list(
            "reviews", lambda shown, context: lookup.visible_reviews(shown, context.token.user)
        ),
        "reviewThreads": _list("reviewThreads", lambda shown, _: shown.threads),
    },
    "PullRequestChangedFile": {
        "path": lambda shown, _: shown.path,
        "additions": lambda shown, _: shown.additions,
        "deletions": lambda shown, _: shown.deletions,
        "changeType": lambda shown, _: _CHANGE_TYPES[shown.status],
    },
    "IssueComment": {
        **_WRITTEN,
        **_DATED,
        "url": lambda shown, context: context.urls.issue_comment_page(shown),
    },
    "PullRequestReview": {
        **_WRITTEN,
        "state": lambda shown, _: shown.state,
        "submittedAt": lambda shown, _: render.stamp(shown.submitted_at),
        "comments": _list("comments", lambda shown, _: shown.comments),
        "commit": lambda shown, _: Commit(repository=shown.pull.repository, oid=shown.commit_id),
        "url": lambda shown, context: context.urls.review_page(shown),
    },
    "PullRequestReviewThread": {
        "id": lambda shown, _: shown.node_id,
        "isResolved": lambda shown, _: shown.resolved_by is not None,
        "isCollapsed": lambda shown, _: shown.resolved_by is not None,
        "isOutdated": lambda shown, context: outdated(context.state, shown),
        "resolvedBy": lambda shown, _: shown.resolved_by,
        "path": lambda shown, _: shown.path,
        "line": lambda shown, context: _line_today(context.state, shown),
        "startLine": lambda shown, context: _start_today(context.state, shown),
        "originalLine": lambda shown, _: shown.line,
        "originalStartLine": lambda shown, _: shown.start_line,
        "diffSide": lambda shown, _: shown.side,
        "startDiffSide": lambda shown, _: shown.start_side,
        "subjectType": lambda shown, _: "FILE" if shown.line is None else "LINE",
        "comments": _list("comments", lambda shown, _: shown.comments),
        "viewerCanResolve": lambda _shown, context: context.token.may("contents", "write"),
    },
    "PullRequestReviewComment": {
        **_WRITTEN,
        **_DATED,
        "path": lambda shown, _: shown.thread.path,
        "line": lambda shown, context: _line_today(context.state, shown.thread),
        "startLine": lambda shown, context: _start_today(context.state, shown.thread),
        "originalLine": lambda shown, _: shown.thread.line,
        "originalStartLine": lambda shown, _: shown.thread.start_line,
        "outdated": lambda shown, context: outdated(context.state, shown.thread),
        "diffHunk": lambda shown, _: shown.thread.diff_hunk,
        "commit": lambda shown, _: Commit(
            repository=shown.pull.repository, oid=shown.pull.head_sha
        ),
        "originalCommit": lambda shown, _: Commit(
            repository=shown.pull.repository, oid=shown.thread.commit_id
        ),
        "pullRequestReview": lambda shown, _: shown.review,
        "replyTo": _review_comment_reply,
        "url": lambda shown, context: context.urls.review_comment_page(shown),
    },
    "Reaction": {
        "id": lambda shown, _: f"REA_{shown.id}",
        "databaseId": lambda shown, _: _small(shown.id),
        "content": lambda shown, _: REACTION_NAMES[shown.content],
        "user": lambda shown, _: shown.user if shown.user.type == "User" else None,
    },
}
