"""GraphQL's ways to commit files to a branch, and to move branches, without git."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.github.gitstore import ZERO
from predict_edit_sandbox.github.graphql_git import Commit, Ref
from predict_edit_sandbox.github.graphql_shared import Context
from predict_edit_sandbox.github.nouns import Repository, Token
from predict_edit_sandbox.github.refusals import Refusal, not_accessible

Input = Mapping[str, Any]
_WORKFLOWS = ".github/workflows/"


def _branch(context: Context, given: Input) -> tuple[Repository, str]:
    """The branch that a commit goes to."""
    name = given.get("branchName") or ""
    full_name = given.get("repositoryNameWithOwner") or ""
    if node_id := given.get("id"):
        _, number, name = node_id.split("_", 2)
        found = [one for one in context.state.repositories.values() if str(one.id) == number]
        full_name = found[0].full_name if found else ""
    repository = context.state.repositories.get(full_name.lower())
    name = name.removeprefix("refs/heads/")
    if repository is None:
        raise Refusal(404, f"No such repository: {full_name}", kind="NOT_FOUND")
    return repository, name


def _changes(given: Input) -> dict[str, bytes | None]:
    """The files of a commit."""
    changes: dict[str, bytes | None] = {}
    for deletion in given.get("deletions") or ():
        changes[deletion["path"]] = None
    for addition in given.get("additions") or ():
        try:
            changes[addition["path"]] = base64.b64decode(addition["contents"], validate=True)
        except binascii.Error as wrong:
            raise Refusal(422, "contents is not valid Base64", kind="UNPROCESSABLE") from wrong
    return changes


def check_workflow(token: Token, path: str) -> None:
    """Insist that a token may write a file, which for workflows takes a permission of its own.

    Raises:
        Refusal: it may not.
    """
    if path.startswith(_WORKFLOWS) and not token.may("workflows", "write"):
        said = f"refusing to allow a GitHub App to create or update workflow `{path}` "
        raise Refusal(403, f"{said}without `workflows` permission", kind="FORBIDDEN")


def check_unprotected(repository: Repository, branch: str) -> None:
    """Insist that a branch may be pushed to.

    Raises:
        Refusal: it is protected.
    """
    if branch in repository.protected:
        said = f"Protected branch update failed for refs/heads/{branch}.\n\nChanges must be made "
        raise Refusal(422, f"{said}through a pull request.", kind="UNPROCESSABLE")


def _checked_move(repository: Repository, given: Input) -> tuple[str, str | None]:
    """One entry of ``updateRefs``: the ref and what it will point to."""
    name, after, before = given["name"], given["afterOid"], given.get("beforeOid")
    now = repository.store.resolve(name)
    if not name.startswith("refs/"):
        raise Refusal(422, f"{name} is not a qualified ref name", kind="UNPROCESSABLE")
    if before is not None and before != (now or ZERO):
        said = f"Reference cannot be updated: expected {name} to point to {before} but it did not"
        raise Refusal(422, said, kind="STALE_DATA")
    check_unprotected(repository, name.removeprefix("refs/heads/"))
    if after == ZERO:
        return name, None
    if repository.store.resolve(after) != after:
        raise Refusal(422, f"Object does not exist: {after}", kind="UNPROCESSABLE")
    if now and not given.get("force") and not repository.store.is_ancestor(now, after):
        raise Refusal(422, "Update is not a fast forward", kind="UNPROCESSABLE")
    return name, after


def update_refs(context: Context, given: Input) -> dict[str, Any]:
    """``updateRefs``: all moves or none, each only from where it is said to start."""
    context.require(("contents", "write"))
    found = [
        one for one in context.state.repositories.values() if one.node_id == given["repositoryId"]
    ]
    if not found:
        said = f"Could not resolve to a node with the global id of '{given['repositoryId']}'"
        raise Refusal(404, said, kind="NOT_FOUND")
    repository = found[0]
    moves = [_checked_move(repository, one) for one in given["refUpdates"]]
    for name, after in moves:
        repository.store.update_ref(name, after)
    context.state.sync(repository.full_name)
    return {}


def create_commit(context: Context, given: Input) -> dict[str, Any]:
    """``createCommitOnBranch``: only where the branch still points to ``expectedHeadOid``."""
    context.require(("contents", "write"))
    repository, branch = _branch(context, given["branch"])
    if context.token.actions and repository.fork_of is not None:
        raise not_accessible()
    tip = repository.store.branch(branch)
    if tip is None:
        raise Refusal(404, f"No such branch: {branch}", kind="NOT_FOUND")
    check_unprotected(repository, branch)
    if tip != given["expectedHeadOid"]:
        said = f'Expected branch to point to "{given["expectedHeadOid"]}" but it did not. '
        raise Refusal(409, f"{said}Pull and try again.", kind="STALE_DATA")
    changes = _changes(given.get("fileChanges") or {})
    for path, data in changes.items():
        check_workflow(context.token, path)
        if data is None and repository.store.entry(tip, path) is None:
            said = f"A path was requested for deletion which does not exist: {path}"
            raise Refusal(422, said, kind="UNPROCESSABLE")
    message = given["message"]
    sha = context.state.push(
        repository.full_name,
        branch,
        changes,
        message="\n\n".join(filter(None, [message["headline"], message.get("body")])),
        author=context.token.user.login,
        keep_modes=context.state.switches.commits_keep_modes,
    )
    repository.verified.add(sha)
    return {
        "commit": Commit(repository=repository, oid=sha),
        "ref": Ref(repository=repository, name=branch),
    }
