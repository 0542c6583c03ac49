"""Endpoints for git refs."""

from __future__ import annotations

from predict_edit_sandbox.github import render
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route, listed
from predict_edit_sandbox.github.refusals import not_found, unprocessable, validation_failed

_READ: Needs = (("contents", "read"),)
_WRITE: Needs = (("contents", "write"),)


def _ref_shown(call: Call, ref: str, sha: str) -> render.Json:
    """A git ref."""
    api = f"{call.urls.repository(call.repository)}/git"
    return {
        "ref": ref,
        "node_id": f"REF_{call.repository.id}_{ref}",
        "url": f"{api}/{ref}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/commits/{sha}"},
    }


def get_ref(call: Call) -> Reply:
    """One git ref."""
    ref = f"refs/{call.params['ref']}"
    sha = call.repository.store.resolve(ref)
    if sha is None:
        raise not_found()
    return Reply(json=_ref_shown(call, ref, sha))


def matching_refs(call: Call) -> Reply:
    """The git refs that start so."""
    prefix = f"refs/{call.params['ref']}"
    space = prefix.rpartition("/")[0]
    found = call.repository.store.refs(space)
    refs = [(ref, sha) for ref, sha in found.items() if ref.startswith(prefix)]
    return listed(call, refs, lambda pair: _ref_shown(call, *pair))


def create_ref(call: Call) -> Reply:
    """Make a branch or tag."""
    ref = call.field("ref", str, required=True)
    sha = call.field("sha", str, required=True)
    store = call.repository.store
    if not ref.startswith("refs/") or ref.count("/") < 2:  # noqa: PLR2004  # refs/heads/name
        raise validation_failed({"resource": "Reference", "code": "invalid", "field": "ref"})
    if store.resolve(sha) != sha:
        raise unprocessable("Object does not exist")
    if store.resolve(ref):
        raise unprocessable("Reference already exists")
    store.update_ref(ref, sha)
    return Reply(status=201, json=_ref_shown(call, ref, sha))


def update_ref(call: Call) -> Reply:
    """Move a branch or tag; only forward without ``force``."""
    ref, sha = f"refs/{call.params['ref']}", call.field("sha", str, required=True)
    store = call.repository.store
    old = store.resolve(ref)
    if old is None:
        raise unprocessable("Reference does not exist")
    if store.resolve(sha) != sha:
        raise unprocessable("Object does not exist")
    if not call.field("force", bool) and not store.is_ancestor(old, sha):
        raise unprocessable("Update is not a fast forward")
    store.update_ref(ref, sha)
    call.state.sync(call.repository.full_name)
    return Reply(json=_ref_shown(call, ref, sha))


def delete_ref(call: Call) -> Reply:
    """Remove a branch or tag."""
    ref = f"refs/{call.params['ref']}"
    if call.repository.store.resolve(ref) is None:
        raise unprocessable("Reference does not exist")
    call.repository.store.update_ref(ref, None)
    call.state.sync(call.repository.full_name)
    return Reply(status=204)


_REPO = "/repos/{owner}/{repo}"
ROUTES = (
    Route(method="GET", path=_REPO + "/git/ref/{ref:.+}", handler=get_ref, needs=_READ),
    Route(
        method="GET",
        path=_REPO + "/git/matching-refs/{ref:.+}",
        handler=matching_refs,
        needs=_READ,
    ),
    Route(method="POST", path=_REPO + "/git/refs", handler=create_ref, needs=_WRITE),
    Route(method="PATCH", path=_REPO + "/git/refs/{ref:.+}", handler=update_ref, needs=_WRITE),
    Route(method="DELETE", path=_REPO + "/git/refs/{ref:.+}", handler=delete_ref, needs=_WRITE),
)
