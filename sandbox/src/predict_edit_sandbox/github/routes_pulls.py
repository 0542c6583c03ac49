"""Endpoints for pull requests and their files."""

from __future__ import annotations

from predict_edit_sandbox.github import render, render_pulls
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route, listed
from predict_edit_sandbox.github.gitdiff import raw_diff
from predict_edit_sandbox.github.refusals import (
    Refusal,
    check_body_length,
    custom_error,
    not_found,
    validation_failed,
)

_READ: Needs = (("pull_requests", "read"),)
_WRITE: Needs = (("pull_requests", "write"),)


def list_pulls(call: Call) -> Reply:
    """The pull requests of a repository, newest first, open ones by default."""
    wanted = call.query.get("state", "open")
    head, base = call.query.get("head"), call.query.get("base")
    found = [
        pull
        for pull in reversed(call.repository.pulls.values())
        if wanted in {"all", pull.state}
        and base in {None, pull.base_ref}
        and (
            not head
            or pull.head_repository is None
            or head == f"{pull.head_repository.owner.login}:{pull.head_ref}"
        )
    ]
    return listed(call, found, lambda pull: render_pulls.pull_simple(call.urls, pull))


def get_pull(call: Call) -> Reply:
    """A pull request, or its whole diff where the ``.diff`` media type is asked for."""
    if "diff" in call.accept.partition("vnd.github")[2]:
        return _diff(call)
    return Reply(json=render_pulls.pull_full(call.state, call.urls, call.pull))


def _diff(call: Call) -> Reply:
    """The diff as text; refused for large pull requests."""
    pull, switches = call.pull, call.state.switches
    files = call.state.files(pull)
    lines = sum(diff.additions + diff.deletions for diff in files.values())
    for many, limit, what in (
        (len(files), switches.diff_files_limit, "files"),
        (lines, switches.diff_lines_limit, "lines"),
    ):
        if many > limit:
            raise Refusal(
                406,
                f"Sorry, the diff exceeded the maximum number of {what} ({limit}). Consider using "
                "'List pull requests files' API or locally cloning the repository instead.",
                [{"resource": "PullRequest", "field": "diff", "code": "too_large"}],
            )
    store = pull.repository.store
    start = store.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    data = raw_diff(store, start, pull.head_sha)
    return Reply(data=data, media_type="application/vnd.github.diff; charset=utf-8")


def list_files(call: Call) -> Reply:
    """The changed files, 3,000 at most."""
    pull = call.pull
    found = list(call.state.files(pull).values())[: call.state.switches.files_limit]
    return listed(
        call,
        found,
        lambda diff: render_pulls.diff_entry(
            call.state, call.urls, pull.repository, pull.head_sha, diff
        ),
    )


def list_commits(call: Call) -> Reply:
    """The commits of a pull request, 250 at most."""
    pull, store = call.pull, call.pull.repository.store
    start = store.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    return listed(
        call,
        store.log(start, pull.head_sha),
        lambda sha: render.commit(call.urls, pull.repository, store.commit(sha)),
    )


def create_pull(call: Call) -> Reply:
    """Open a pull request."""
    repository = call.repository
    if call.token.actions and not call.state.switches.actions_may_open_pull_requests:
        raise Refusal(
            403,
            "GitHub Actions is not permitted to create or approve pull requests.",
            kind="FORBIDDEN",
        )
    base = call.field("base", str, required=True)
    owner, colon, branch = call.field("head", str, required=True).rpartition(":")
    body = call.field("body", str)
    check_body_length("PullRequest", body or "")
    source = repository
    if colon and owner != repository.owner.login:
        forks = [
            fork
            for fork in call.state.repositories.values()
            if fork.fork_of is repository and fork.owner.login == owner
        ]
        if not forks:
            raise validation_failed({"resource": "PullRequest", "field": "head", "code": "invalid"})
        source = forks[0]
    for name, store, field in ((base, repository.store, "base"), (branch, source.store, "head")):
        if store.branch(name) is None:
            raise validation_failed({"resource": "PullRequest", "field": field, "code": "invalid"})
    for pull in repository.pulls.values():
        same = pull.head_repository is source and pull.head_ref == branch
        if pull.state == "open" and same and pull.base_ref == base:
            said = f"A pull request already exists for {source.owner.login}:{branch}."
            raise custom_error("PullRequest", "base", said)
    if source.store.branch(branch) == repository.store.branch(base):
        said = f"No commits between {base} and {branch}"
        raise custom_error("PullRequest", "base", said)
    pull = call.state.open_pull_request(
        repository.full_name,
        base=base,
        head=branch,
        title=call.field("title", str, required=True),
        body=body,
        author=call.token.user.login,
        head_repository=source.full_name,
        draft=bool(call.field("draft", bool)),
    )
    return Reply(status=201, json=render_pulls.pull_full(call.state, call.urls, pull))


def edit_pull(call: Call) -> Reply:
    """Change title, body or state."""
    pull = call.pull
    title, body, state = (call.field(name, str) for name in ("title", "body", "state"))
    check_body_length("PullRequest", body or "")
    if state not in {None, "open", "closed"}:
        raise validation_failed({"resource": "PullRequest", "field": "state", "code": "invalid"})
    pull.title = title or pull.title
    pull.body = pull.body if body is None else body
    if state is not None:
        call.state.close_pull_request(pull.repository.full_name, pull.number, state=state == "open")
    pull.updated_at = call.state.clock()
    return Reply(json=render_pulls.pull_full(call.state, call.urls, pull))


def get_user(call: Call) -> Reply:
    """The account behind the token; an Actions token may not ask."""
    if call.token.actions:
        raise Refusal(403, "Resource not accessible by integration", kind="FORBIDDEN")
    return Reply(json=render.user(call.urls, call.token.user))


def get_account(call: Call) -> Reply:
    """Any account."""
    shown = call.state.users.get(call.params["login"])
    if shown is None:
        raise not_found()
    return Reply(json=render.user(call.urls, shown))


_PULLS = "/repos/{owner}/{repo}/pulls"
ROUTES = (
    Route(method="GET", path=_PULLS, handler=list_pulls, needs=_READ),
    Route(method="POST", path=_PULLS, handler=create_pull, needs=_WRITE, creates_content=True),
    Route(method="GET", path=_PULLS + r"/{number:\d+}", handler=get_pull, needs=_READ),
    Route(method="PATCH", path=_PULLS + r"/{number:\d+}", handler=edit_pull, needs=_WRITE),
    Route(method="GET", path=_PULLS + r"/{number:\d+}/files", handler=list_files, needs=_READ),
    Route(method="GET", path=_PULLS + r"/{number:\d+}/commits", handler=list_commits, needs=_READ),
    Route(method="GET", path="/user", handler=get_user),
    Route(method="GET", path="/users/{login}", handler=get_account),
)
