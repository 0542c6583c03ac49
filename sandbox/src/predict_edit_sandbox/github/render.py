"""Shows accounts, repositories and commits as GitHub's REST API does."""

from __future__ import annotations

import datetime as dt
from typing import Any

from predict_edit_sandbox.github.gitstore import CommitInfo
from predict_edit_sandbox.github.nouns import Repository, User
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.github.urls import Urls

Json = dict[str, Any]

_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def stamp(moment: dt.datetime | None) -> str | None:
    """A time as GitHub writes it: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def user(urls: Urls, shown: User) -> Json:
    """A simple user."""
    api = f"{urls.api}/users/{shown.login}"
    return {
        "login": shown.login,
        "id": shown.id,
        "node_id": shown.node_id,
        "avatar_url": f"{urls.html}/avatars/{shown.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{urls.html}/{shown.login.removesuffix('[bot]')}",
        **{name: api + path for name, path in _USER_LINKS.items()},
        "type": shown.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def role_of(repository: Repository, login: str) -> Role:
    """The role of a person; everybody may read what is public."""
    return repository.roles.get(login, Role.NONE if repository.private else Role.READ)


def association(repository: Repository, shown: User) -> str:
    """GitHub's guess at a person's association with a repository."""
    if shown == repository.owner:
        return "OWNER"
    if repository.roles.get(shown.login, Role.NONE) >= Role.TRIAGE:
        return "COLLABORATOR"
    wrote = any(pull.author == shown for pull in repository.pulls.values())
    return "CONTRIBUTOR" if wrote else "NONE"


def collaborator(urls: Urls, repository: Repository, shown: User) -> Json:
    """What a person may do, in the coarse and in the fine words."""
    role = role_of(repository, shown.login)
    # The older field knows four words only: maintain shows as write, triage as read.
    coarse = {Role.MAINTAIN: Role.WRITE, Role.TRIAGE: Role.READ}.get(role, role)
    return {
        "permission": coarse.name.lower(),
        "role_name": role.name.lower(),
        "user": {
            **user(urls, shown),
            "role_name": role.name.lower(),
            "permissions": {
                "pull": role >= Role.READ,
                "triage": role >= Role.TRIAGE,
                "push": role >= Role.WRITE,
                "maintain": role >= Role.MAINTAIN,
                "admin": role >= Role.ADMIN,
            },
        },
    }


def repository(urls: Urls, shown: Repository) -> Json:
    """A repository."""
    api, page = urls.repository(shown), urls.page(shown)
    opened = sum(pull.state == "open" for pull in shown.pulls.values())
    made = stamp(shown.created_at)
    return {
        "id": shown.id,
        "node_id": shown.node_id,
        "name": shown.name,
        "full_name": shown.full_name,
        "private": shown.private,
        "visibility": "private" if shown.private else "public",
        "owner": user(urls, shown.owner),
        "html_url": page,
        "description": "Served by predict-edit's offline stand-in for GitHub",
        "fork": shown.fork_of is not None,
        "url": api,
        **{name: api + path for name, path in _REPOSITORY_LINKS.items()},
        "git_url": f"git:{page.partition(':')[2]}.git",
        "ssh_url": f"{page}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "forks": 0,
        "forks_count": 0,
        "stargazers_count": 0,
        "watchers": 0,
        "watchers_count": 0,
        "size": 0,
        "default_branch": shown.default_branch,
        "open_issues": opened,
        "open_issues_count": opened,
        "topics": [],
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": False,
        "has_discussions": False,
        "has_pull_requests": True,
        "archived": False,
        "disabled": False,
        "is_template": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "pushed_at": made,
        "created_at": made,
        "updated_at": made,
    }


def commit(urls: Urls, shown: Repository, info: CommitInfo, *, bare: bool = False) -> Json:
    """A commit; ``bare`` gives the form of the git database."""
    api = f"{urls.repository(shown)}/commits/{info.sha}"
    git = {
        "author": dict(zip(("name", "email", "date"), info.author, strict=True)),
        "committer": dict(zip(("name", "email", "date"), info.committer, strict=True)),
        "message": info.message,
        "tree": {"sha": info.tree, "url": f"{urls.repository(shown)}/git/trees/{info.tree}"},
        "url": f"{urls.repository(shown)}/git/commits/{info.sha}",
        "comment_count": 0,
        "verification": {
            "verified": info.sha in shown.verified,
            "reason": "valid" if info.sha in shown.verified else "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }
    around = {
        "sha": info.sha,
        "node_id": f"C_{info.sha}",
        "html_url": f"{urls.page(shown)}/commit/{info.sha}",
        "parents": [
            {
                "sha": parent,
                "url": f"{urls.repository(shown)}/commits/{parent}",
                "html_url": f"{urls.page(shown)}/commit/{parent}",
            }
            for parent in info.parents
        ],
    }
    if bare:
        return {**git, **around}
    return {
        **around,
        "url": api,
        "comments_url": f"{api}/comments",
        "commit": git,
        "author": None,
        "committer": None,
    }
