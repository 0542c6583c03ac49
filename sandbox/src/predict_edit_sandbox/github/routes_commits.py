"""Endpoints for repositories, branches and commits."""

from __future__ import annotations

from predict_edit_sandbox.github import render, render_pulls
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route, page_of
from predict_edit_sandbox.github.gitstore import GitFailed
from predict_edit_sandbox.github.nouns import Repository
from predict_edit_sandbox.github.refusals import Refusal, not_found, unprocessable

_READ: Needs = (("contents", "read"),)
_WRITE: Needs = (("contents", "write"),)


def get_repository(call: Call) -> Reply:
    """A repository."""
    answer = render.repository(call.urls, call.repository)
    answer |= {"subscribers_count": 0, "network_count": 0}
    may_write = call.token.may("contents", "write")
    answer["permissions"] = {
        "admin": False,
        "maintain": False,
        "push": may_write,
        "triage": False,
        "pull": True,
    }
    return Reply(json=answer)


def get_permission(call: Call) -> Reply:
    """What a person may do in the repository."""
    login = call.params["login"]
    shown = call.state.users.get(login)
    if shown is None:
        raise not_found(f"{login} is not a user")
    return Reply(json=render.collaborator(call.urls, call.repository, shown))


def get_branch(call: Call) -> Reply:
    """A branch with its tip."""
    name, repository = call.params["branch"], call.repository
    sha = repository.store.branch(name)
    if sha is None:
        raise not_found("Branch not found")
    api = f"{call.urls.repository(repository)}/branches/{name}"
    return Reply(
        json={
            "name": name,
            "commit": render.commit(call.urls, repository, repository.store.commit(sha)),
            "_links": {"self": api, "html": f"{call.urls.page(repository)}/tree/{name}"},
            "protected": False,
            "protection": {
                "enabled": False,
                "required_status_checks": {
                    "enforcement_level": "off",
                    "contexts": [],
                    "checks": [],
                },
            },
            "protection_url": f"{api}/protection",
        }
    )


def commit_of(repository: Repository, ref: str) -> str:
    """The commit a ref, hash or pull request's head names.

    Raises:
        Refusal: 422.
    """
    for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/{ref}"):
        if sha := repository.store.resolve(name):
            return sha
    raise unprocessable(f"No commit found for SHA: {ref}")


def get_commit(call: Call) -> Reply:
    """A commit with the files it changed against its first parent."""
    repository = call.repository
    sha = commit_of(repository, call.params["ref"])
    if "sha" in call.accept.partition("vnd.github")[2]:
        return Reply(data=sha.encode(), media_type="application/vnd.github.sha; charset=utf-8")
    info = repository.store.commit(sha)
    answer = render.commit(call.urls, repository, info)
    changes = call.state.compare(repository, info.parents[0], sha) if info.parents else {}
    files = [
        render_pulls.diff_entry(call.state, call.urls, repository, sha, diff)
        for diff in changes.values()
    ]
    shown, headers = page_of(call, files)
    counts = [sum(file[kind] for file in files) for kind in ("additions", "deletions")]
    answer["stats"] = {"additions": counts[0], "deletions": counts[1], "total": sum(counts)}
    return Reply(json={**answer, "files": list(shown)}, headers=headers)


def get_git_commit(call: Call) -> Reply:
    """A commit as the git database has it."""
    try:
        info = call.repository.store.commit(call.params["sha"])
    except GitFailed as failed:
        raise not_found() from failed
    return Reply(json=render.commit(call.urls, call.repository, info, bare=True))


def create_git_commit(call: Call) -> Reply:
    """A commit of a tree, which no branch points to yet."""
    repository, store, login = call.repository, call.repository.store, call.token.user.login
    tree = call.field("tree", str, required=True)
    parents = call.field("parents", list) or []
    if store.type_of(tree) != "tree":
        raise unprocessable("Tree SHA does not exist")
    if any(store.resolve(parent) != parent for parent in parents):
        raise unprocessable("Parent SHA does not exist or is not a commit object")
    sha = store.commit_tree(
        tree,
        parents,
        message=call.field("message", str, required=True),
        author=(login, f"{login}@users.noreply.github.invalid"),
        date=call.state.clock().isoformat(),
    )
    # GitHub signs what an app commits without naming an author.
    repository.verified.update({sha} if call.token.actions else ())
    return Reply(
        status=201, json=render.commit(call.urls, repository, store.commit(sha), bare=True)
    )


def compare(call: Call) -> Reply:
    """Two commits or branches side by side, three dots."""
    repository, store = call.repository, call.repository.store
    first, dots, second = call.params["basehead"].partition("...")
    if not dots:
        raise not_found()
    try:
        base, head = (commit_of(repository, name.rpartition(":")[2]) for name in (first, second))
    except Refusal as refused:
        raise not_found() from refused
    start = store.merge_base(base, head)
    if start is None:
        raise not_found(f"No common ancestor between {first} and {second}.")
    ahead, behind = store.log(base, head), store.log(head, base)
    status = "diverged" if behind else "ahead"
    if not ahead:
        status = "behind" if behind else "identical"
    page = f"{call.urls.page(repository)}/compare/{first}...{second}"
    files = call.state.compare(repository, base, head).values()

    def shown(sha: str) -> render.Json:
        return render.commit(call.urls, repository, store.commit(sha))

    return Reply(
        json={
            "url": f"{call.urls.repository(repository)}/compare/{first}...{second}",
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": shown(base),
            "merge_base_commit": shown(start),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shown(sha) for sha in ahead],
            "files": [
                render_pulls.diff_entry(call.state, call.urls, repository, head, diff)
                for diff in list(files)[: call.state.switches.diff_files_limit]
            ],
        }
    )


_REPO = "/repos/{owner}/{repo}"
ROUTES = (
    Route(method="GET", path=_REPO, handler=get_repository),
    Route(method="GET", path=_REPO + "/collaborators/{login}/permission", handler=get_permission),
    Route(method="GET", path=_REPO + "/branches/{branch:.+}", handler=get_branch, needs=_READ),
    Route(method="GET", path=_REPO + "/commits/{ref:.+}", handler=get_commit, needs=_READ),
    Route(method="GET", path=_REPO + "/compare/{basehead:.+}", handler=compare, needs=_READ),
    Route(method="GET", path=_REPO + "/git/commits/{sha}", handler=get_git_commit, needs=_READ),
    Route(method="POST", path=_REPO + "/git/commits", handler=create_git_commit, needs=_WRITE),
)
