"""GraphQL for repositories and git objects."""

from __future__ import annotations

import dataclasses
from typing import Any

from predict_edit_sandbox.github import render
from predict_edit_sandbox.github.generated import is_generated
from predict_edit_sandbox.github.gitstore import TreeEntry
from predict_edit_sandbox.github.graphql_shared import Context, Table, connection
from predict_edit_sandbox.github.nouns import PullRequest, Repository
from predict_edit_sandbox.github.refusals import Refusal

_BINARY_PROBE = 8_000
_BOM = "\ufeff"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GitObject:
    """A commit, tree or blob of a repository."""

    repository: Repository
    oid: str


class Commit(GitObject):
    """A commit."""


class Tree(GitObject):
    """A tree."""


class Blob(GitObject):
    """A blob."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a tree, found from a commit or a tree."""

    repository: Repository
    root: str
    entry: TreeEntry


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A branch."""

    repository: Repository
    name: str


_KINDS: dict[str, type[GitObject]] = {"commit": Commit, "tree": Tree, "blob": Blob}


def git_object(repository: Repository, name: str) -> GitObject | None:
    """Whatever a hash or an expression such as ``main:README.md`` names."""
    sha, kind = repository.store.find(name) or ("", "")
    return _KINDS[kind](repository=repository, oid=sha) if kind in _KINDS else None


def _object(
    shown: Repository, context: Context, oid: str | None = None, expression: str | None = None
) -> GitObject | None:
    """``Repository.object``."""
    context.require(("contents", "read"))
    return git_object(shown, oid or expression or "")


def _pull(shown: Repository, context: Context, number: int) -> PullRequest:
    """``Repository.pullRequest``."""
    context.require(("pull_requests", "read"))
    found = shown.pulls.get(number)
    if found is None:
        said = f"Could not resolve to a PullRequest with the number of {number}."
        raise Refusal(404, said, kind="NOT_FOUND")
    return found


def _pulls(
    shown: Repository,
    context: Context,
    *,
    states: list[str] | None = None,
    headRefName: str | None = None,  # noqa: N803  # GitHub's name of the argument
    baseRefName: str | None = None,  # noqa: N803  # the same
    **rest: Any,
) -> dict[str, Any]:
    """``Repository.pullRequests``, oldest first unless asked for in descending order."""
    context.require(("pull_requests", "read"))
    found = [
        pull
        for pull in shown.pulls.values()
        if (states is None or _state_name(pull) in states)
        and headRefName in {None, pull.head_ref}
        and baseRefName in {None, pull.base_ref}
    ]
    if (rest.get("orderBy") or {}).get("direction") == "DESC":
        found.reverse()
    bounds = {name: rest.get(name) for name in ("first", "last", "after", "before")}
    return connection("pullRequests", found, **bounds)


def _state_name(pull: PullRequest) -> str:
    """The state of a pull request as GraphQL names it."""
    return "MERGED" if pull.merged else pull.state.upper()


def _ref(shown: Repository, context: Context, qualifiedName: str) -> Ref | None:  # noqa: N803
    """``Repository.ref``."""
    context.require(("contents", "read"))
    name = qualifiedName.removeprefix("refs/heads/")
    return Ref(repository=shown, name=name) if shown.store.branch(name) else None


def _file(shown: Commit, context: Context, path: str) -> Entry | None:
    """``Commit.file``."""
    del context
    entry = shown.repository.store.entry(shown.oid, path)
    return Entry(repository=shown.repository, root=shown.oid, entry=entry) if entry else None


def _data(shown: Blob) -> bytes:
    """The bytes of a blob."""
    return shown.repository.store.blob(shown.oid) or b""


def _is_binary(shown: Blob, context: Context) -> bool:
    """``Blob.isBinary``."""
    del context
    return b"\0" in _data(shown)[:_BINARY_PROBE]


def _text(shown: Blob, context: Context) -> str | None:
    """``Blob.text``: null for binary, cut when long, bytes that are not UTF-8 replaced."""
    if _is_binary(shown, context):
        return None
    switches = context.state.switches
    text = _data(shown)[: switches.text_limit].decode("utf-8", "replace")
    return text.removeprefix(_BOM) if switches.strip_byte_order_mark else text


def _is_generated(shown: Entry, context: Context) -> bool:
    """``TreeEntry.isGenerated``."""
    del context
    store = shown.repository.store
    data = store.blob(shown.entry.sha) or b""
    return is_generated(store, shown.root, shown.entry.path, data)


def _entry_object(shown: Entry, context: Context) -> GitObject | None:
    """``TreeEntry.object``; null for a submodule."""
    del context
    kind = _KINDS.get(shown.entry.type)
    if kind is None or kind is Commit:
        return None
    return kind(repository=shown.repository, oid=shown.entry.sha)


def _entries(shown: Tree, context: Context) -> list[Entry]:
    """``Tree.entries``."""
    del context
    listed = shown.repository.store.tree(shown.oid)
    return [Entry(repository=shown.repository, root=shown.oid, entry=entry) for entry in listed]


def _message(shown: Commit) -> str:
    """What a commit says about itself."""
    return shown.repository.store.commit(shown.oid).message


TABLE: Table = {
    "Repository": {
        "id": lambda shown, _: shown.node_id,
        "name": lambda shown, _: shown.name,
        "nameWithOwner": lambda shown, _: shown.full_name,
        "isFork": lambda shown, _: shown.fork_of is not None,
        "isPrivate": lambda shown, _: shown.private,
        "url": lambda shown, context: context.urls.page(shown),
        "defaultBranchRef": lambda shown, _: Ref(repository=shown, name=shown.default_branch),
        "object": _object,
        "pullRequest": _pull,
        "pullRequests": _pulls,
        "ref": _ref,
    },
    "Ref": {
        "id": lambda shown, _: f"REF_{shown.repository.id}_{shown.name}",
        "name": lambda shown, _: shown.name,
        "prefix": lambda _shown, _: "refs/heads/",
        "target": lambda shown, _: git_object(shown.repository, f"refs/heads/{shown.name}"),
    },
    "Commit": {
        "id": lambda shown, _: f"C_{shown.oid}",
        "oid": lambda shown, _: shown.oid,
        "message": lambda shown, _: _message(shown),
        "messageHeadline": lambda shown, _: _message(shown).partition("\n")[0],
        "committedDate": lambda shown, _: shown.repository.store.commit(shown.oid).committer[2],
        "url": lambda shown, context: f"{context.urls.page(shown.repository)}/commit/{shown.oid}",
        "file": _file,
        "tree": lambda shown, _: Tree(
            repository=shown.repository, oid=shown.repository.store.commit(shown.oid).tree
        ),
    },
    "Tree": {
        "id": lambda shown, _: f"T_{shown.oid}",
        "oid": lambda shown, _: shown.oid,
        "entries": _entries,
    },
    "TreeEntry": {
        "mode": lambda shown, _: int(shown.entry.mode, 8),
        "type": lambda shown, _: shown.entry.type,
        "oid": lambda shown, _: shown.entry.sha,
        "path": lambda shown, _: shown.entry.path,
        "name": lambda shown, _: shown.entry.path.rpartition("/")[2],
        "size": lambda shown, _: shown.entry.size or 0,
        "extension": lambda shown, _: "".join(
            shown.entry.path.rpartition("/")[2].rpartition(".")[1:]
        ),
        "isGenerated": _is_generated,
        "object": _entry_object,
    },
    "Blob": {
        "id": lambda shown, _: f"B_{shown.oid}",
        "oid": lambda shown, _: shown.oid,
        "byteSize": lambda shown, _: len(_data(shown)),
        "isBinary": _is_binary,
        "isTruncated": lambda shown, context: len(_data(shown)) > context.state.switches.text_limit,
        "text": _text,
    },
    "RateLimit": {
        "cost": lambda _shown, _: 1,
        "limit": lambda _shown, context: context.state.limits.overview("graphql")["limit"],
        "remaining": lambda _shown, context: context.state.limits.overview("graphql")["remaining"],
        "used": lambda _shown, context: context.state.limits.overview("graphql")["used"],
        "resetAt": lambda _shown, context: render.stamp(context.state.limits.resets_at),
    },
}
