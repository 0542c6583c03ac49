"""Endpoints for file contents, blobs and trees."""

from __future__ import annotations

import base64
import posixpath

from predict_edit_sandbox.github import render
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route
from predict_edit_sandbox.github.gitstore import ZERO, TreeEntry
from predict_edit_sandbox.github.graphql_commits import check_workflow
from predict_edit_sandbox.github.refusals import Refusal, custom_error, not_found, unprocessable
from predict_edit_sandbox.github.routes_commits import commit_of

_READ: Needs = (("contents", "read"),)
_WRITE: Needs = (("contents", "write"),)
_METADATA: Needs = (("metadata", "read"),)
_SYMLINK = "120000"
_RAW_LIMIT = 100_000_000


def get_blob(call: Call) -> Reply:
    """A blob by its hash."""
    sha, store = call.params["sha"], call.repository.store
    if len(sha) != len(ZERO) or set(sha) - set("0123456789abcdef"):
        said = "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
        raise custom_error("Blob", "sha", said)
    data = store.blob(sha)
    if data is None:
        raise not_found()
    if len(data) > _RAW_LIMIT:
        raise Refusal(
            403,
            "This API returns blobs up to 100 MB in size.",
            [{"resource": "Blob", "field": "data", "code": "too_large"}],
        )
    if "raw" in call.accept:
        return Reply(data=data, media_type="application/vnd.github.raw; charset=utf-8")
    return Reply(
        json={
            "sha": sha,
            "node_id": f"B_{sha}",
            "size": len(data),
            "url": f"{call.urls.repository(call.repository)}/git/blobs/{sha}",
            "content": base64.encodebytes(data).decode(),
            "encoding": "base64",
        }
    )


def get_tree(call: Call) -> Reply:
    """A tree; any value of ``recursive`` lists folders inside too."""
    repository, store = call.repository, call.repository.store
    treeish = call.params["sha"]
    sha = store.resolve(treeish, "tree") or store.resolve(f"refs/heads/{treeish}", "tree")
    if sha is None:
        raise not_found()
    entries = store.tree(sha, recursive="recursive" in call.query)
    limit = call.state.switches.tree_limit
    api = f"{call.urls.repository(repository)}/git"
    kinds = {"blob": "blobs", "tree": "trees", "commit": "commits"}
    return Reply(
        json={
            "sha": sha,
            "url": f"{api}/trees/{sha}",
            "truncated": len(entries) > limit,
            "tree": [
                {
                    "path": entry.path,
                    "mode": entry.mode,
                    "type": entry.type,
                    "sha": entry.sha,
                    **({} if entry.size is None else {"size": entry.size}),
                    **(
                        {}
                        if entry.type == "commit"
                        else {"url": f"{api}/{kinds[entry.type]}/{entry.sha}"}
                    ),
                }
                for entry in entries[:limit]
            ],
        }
    )


def create_tree(call: Call) -> Reply:
    """A tree on top of another, from the texts of its files."""
    base, store = call.field("base_tree", str), call.repository.store
    entries = call.field("tree", list, required=True)
    if base and store.type_of(base) not in {"tree", "commit"}:
        raise unprocessable("base_tree is not a valid tree oid")
    changes: dict[str, bytes | None] = {}
    modes: dict[str, str] = {}
    for entry in entries:
        path, text = entry["path"], entry.get("content")
        check_workflow(call.token, path)
        changes[path] = None if text is None else text.encode()
        modes[path] = entry["mode"]
    sha = store.write_tree(base, changes, modes)
    return Reply(status=201, json={"sha": sha, "truncated": False, "tree": []})


def _content(call: Call, entry: TreeEntry, ref: str, data: bytes | None) -> render.Json:
    """One entry of the contents endpoint."""
    repository = call.repository
    api = call.urls.contents(repository, entry.path, ref)
    kind = {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.type]
    kind = "symlink" if entry.mode == _SYMLINK else kind
    git = f"{call.urls.repository(repository)}/git/{entry.type}s/{entry.sha}"
    page = call.urls.at(repository, entry.type, ref, entry.path)
    answer: render.Json = {
        "type": kind,
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": api,
        "git_url": git,
        "html_url": page,
        "download_url": call.urls.at(repository, "raw", ref, entry.path),
        "_links": {"self": api, "git": git, "html": page},
    }
    if data is not None and kind == "file":
        small = len(data) <= call.state.switches.contents_limit
        answer["encoding"] = "base64" if small else "none"
        answer["content"] = base64.encodebytes(data).decode() if small else ""
    return answer


def get_contents(call: Call) -> Reply:
    """A file or a folder at a ref. A link inside the repository is followed, as GitHub does."""
    repository, store = call.repository, call.repository.store
    ref = call.query.get("ref") or repository.default_branch
    path = call.params.get("path", "").strip("/")
    try:
        commit = commit_of(repository, ref)
    except Refusal as refused:
        raise not_found(f"No commit found for the ref {ref}") from refused
    if not path or ((entry := store.entry(commit, path)) and entry.type == "tree"):
        inside = store.tree(f"{commit}:{path}")
        prefix = f"{path}/" if path else ""
        return Reply(
            json=[_content(call, _moved(entry, prefix + entry.path), ref, None) for entry in inside]
        )
    entry = store.entry(commit, path)
    if entry and entry.mode == _SYMLINK:
        target = (store.blob(entry.sha) or b"").decode("utf-8", "replace")
        followed = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        entry = store.entry(commit, followed) or entry
    if entry is None:
        raise not_found()
    data = store.blob(entry.sha) if entry.type == "blob" else None
    if data is not None and "raw" in call.accept:
        return Reply(data=data, media_type="application/vnd.github.raw; charset=utf-8")
    return Reply(json=_content(call, entry, ref, data))


def _moved(entry: TreeEntry, path: str) -> TreeEntry:
    """The same entry under its whole path."""
    return TreeEntry(mode=entry.mode, type=entry.type, sha=entry.sha, size=entry.size, path=path)


def get_languages(call: Call) -> Reply:
    """Bytes by language on the default branch; by the names' endings, of a few languages."""
    repository = call.repository
    sizes: dict[str, int] = {}
    for entry in repository.store.tree(f"refs/heads/{repository.default_branch}", recursive=True):
        language = _LANGUAGES.get(posixpath.splitext(entry.path)[1])
        if language and entry.size:
            sizes[language] = sizes.get(language, 0) + entry.size
    return Reply(json=dict(sorted(sizes.items(), key=lambda pair: -pair[1])))


_LANGUAGES = {
    ".c": "C",
    ".css": "CSS",
    ".go": "Go",
    ".html": "HTML",
    ".java": "Java",
    ".js": "JavaScript",
    ".py": "Python",
    ".rb": "Ruby",
    ".rs": "Rust",
    ".sh": "Shell",
    ".ts": "TypeScript",
}
_REPO = "/repos/{owner}/{repo}"
ROUTES = (
    Route(method="GET", path=_REPO + "/contents", handler=get_contents, needs=_READ),
    Route(method="GET", path=_REPO + "/contents/{path:.*}", handler=get_contents, needs=_READ),
    Route(method="GET", path=_REPO + "/languages", handler=get_languages, needs=_METADATA),
    Route(method="GET", path=_REPO + "/git/blobs/{sha}", handler=get_blob, needs=_READ),
    Route(method="GET", path=_REPO + "/git/trees/{sha:.+}", handler=get_tree, needs=_READ),
    Route(method="POST", path=_REPO + "/git/trees", handler=create_tree, needs=_WRITE),
)
