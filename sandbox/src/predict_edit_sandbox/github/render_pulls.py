"""Shows pull requests and changed files as GitHub's REST API does."""

from __future__ import annotations

from predict_edit_sandbox.github.drafts import withheld
from predict_edit_sandbox.github.gitdiff import FileDiff
from predict_edit_sandbox.github.nouns import PullRequest, Repository, User
from predict_edit_sandbox.github.render import Json, association, repository, stamp, user
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.urls import Urls


def pull_simple(urls: Urls, pull: PullRequest) -> Json:
    """A pull request as the list shows it."""
    api, issue, page = urls.pull(pull), urls.issue(pull), urls.pull_page(pull)
    into, source = pull.repository, pull.head_repository
    statuses = f"{urls.repository(into)}/statuses/{pull.head_sha}"
    links = {
        "self": api,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{api}/comments",
        "review_comment": f"{urls.repository(into)}/pulls/comments{{/number}}",
        "commits": f"{api}/commits",
        "statuses": statuses,
    }
    return {
        "id": pull.id,
        "node_id": pull.node_id,
        "number": pull.number,
        "state": pull.state,
        "locked": pull.locked,
        "active_lock_reason": None,
        "title": pull.title,
        "body": pull.body,
        "user": user(urls, pull.author),
        "author_association": association(into, pull.author),
        "labels": [label(urls, pull.repository, name) for name in pull.labels],
        "milestone": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "auto_merge": None,
        "draft": pull.draft,
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "closed_at": stamp(pull.closed_at),
        "merged_at": stamp(pull.closed_at) if pull.merged else None,
        "merge_commit_sha": None,
        "url": api,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": statuses,
        "head": _side(urls, source, pull.head_ref, pull.head_sha, pull.author),
        "base": _side(urls, into, pull.base_ref, pull.base_sha, into.owner),
        "_links": {name: {"href": href} for name, href in links.items()},
    }


def label(urls: Urls, shown: Repository, name: str) -> Json:
    """A label of a repository."""
    return {
        "id": 1 + sum(map(ord, name)),
        "node_id": f"LA_{shown.id}_{name}",
        "url": f"{urls.repository(shown)}/labels/{name}",
        "name": name,
        "color": "ededed",
        "default": False,
        "description": None,
    }


def _side(urls: Urls, source: Repository | None, ref: str, sha: str, fallback: User) -> Json:
    """The head or the base of a pull request; ``repo`` is null once a fork was deleted."""
    owner = source.owner if source else fallback
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(urls, owner),
        "repo": repository(urls, source) if source else None,
    }


def pull_full(state: State, urls: Urls, pull: PullRequest) -> Json:
    """A pull request on its own."""
    files = state.files(pull)
    store = pull.repository.store
    start = store.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    return {
        **pull_simple(urls, pull),
        "merged": pull.merged,
        "mergeable": True,
        "rebaseable": True,
        "mergeable_state": "clean",
        "merged_by": None,
        "comments": len(pull.comments),
        "review_comments": len(pull.review_comments),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(store.log(start, pull.head_sha)),
        "additions": sum(diff.additions for diff in files.values()),
        "deletions": sum(diff.deletions for diff in files.values()),
        "changed_files": len(files),
    }


def diff_entry(state: State, urls: Urls, shown: Repository, commit: str, diff: FileDiff) -> Json:
    """One changed file. ``patch`` is absent where GitHub leaves it out."""
    entry = {
        "sha": diff.sha,
        "filename": diff.path,
        "status": diff.status,
        "additions": diff.additions,
        "deletions": diff.deletions,
        "changes": diff.additions + diff.deletions,
        "blob_url": urls.at(shown, "blob", commit, diff.path),
        "raw_url": urls.at(shown, "raw", commit, diff.path),
        "contents_url": urls.contents(shown, diff.path, commit),
    }
    if diff.previous_path:
        entry["previous_filename"] = diff.previous_path
    if diff.patch is not None and not withheld(state, diff.path, diff.patch):
        kept = state.switches.cut_patches.get(diff.path)
        entry["patch"] = "\n".join(diff.patch.split("\n")[:kept])
    return entry
