"""What the stand-in remembers: accounts, tokens, repositories and pull requests.

Everything lives in memory; only git objects are on disk, in the repositories handed over.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from pathlib import Path

from predict_edit_sandbox.github.accounts import Accounts
from predict_edit_sandbox.github.faults import FaultPlan
from predict_edit_sandbox.github.gitdiff import FileDiff, LineMap, diff_trees, map_lines
from predict_edit_sandbox.github.gitstore import ZERO, GitFailed, GitStore
from predict_edit_sandbox.github.limits import RateLimits
from predict_edit_sandbox.github.nouns import (
    Clock,
    PullRequest,
    Repository,
)
from predict_edit_sandbox.github.refusals import not_found
from predict_edit_sandbox.github.requestlog import RequestLog
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.github.switches import Switches


def _now() -> dt.datetime:
    """The time, in UTC."""
    return dt.datetime.now(dt.UTC)


class State(Accounts):
    """Everything the stand-in knows, and how a push changes it."""

    def __init__(self, *, switches: Switches | None = None, clock: Clock = _now) -> None:
        super().__init__()
        self.switches = switches or Switches()
        self.clock = clock
        self.lock = threading.RLock()
        """Held while a request is answered; hold it to look at several things at once."""
        self.log = RequestLog()
        self.faults = FaultPlan()
        self.limits = RateLimits(self.switches)
        self.base_url: str | None = None
        """Where it is served, once it is."""
        self.defects: list[Exception] = []
        """What broke inside the stand-in; a test that ends with any has found a bug here."""
        self.repositories: dict[str, Repository] = {}
        self._diffs: dict[tuple[Path, str, str], dict[str, FileDiff]] = {}
        self._maps: dict[tuple[Path, str, str], LineMap] = {}

    def set_role(self, repository: str, login: str, role: Role) -> None:
        """Give a person a role in a repository."""
        self.user(login)
        self.repository(repository).roles[login] = role

    # Repositories

    def add_repository(
        self,
        full_name: str,
        path: Path,
        *,
        default_branch: str = "main",
        private: bool = False,
        fork_of: str | None = None,
    ) -> Repository:
        """Serve a local git directory, bare or not, as ``owner/name``."""
        login, _, name = full_name.partition("/")
        repository = Repository(
            id=self.next_id(),
            owner=self.user(login),
            name=name,
            store=GitStore(path),
            default_branch=default_branch,
            created_at=self.clock(),
            private=private,
            fork_of=self.repository(fork_of) if fork_of else None,
            roles={login: Role.ADMIN},
        )
        self.repositories[full_name.lower()] = repository
        return repository

    def repository(self, full_name: str) -> Repository:
        """The repository of that name, in any case of letters.

        Raises:
            Refusal: 404.
        """
        found = self.repositories.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def pull(self, repository: str, number: int) -> PullRequest:
        """One pull request.

        Raises:
            Refusal: 404.
        """
        found = self.repository(repository).pulls.get(number)
        if found is None:
            raise not_found()
        return found

    def open_pull_request(
        self,
        repository: str,
        *,
        base: str,
        head: str,
        title: str = "A pull request",
        body: str | None = None,
        author: str = "author",
        head_repository: str | None = None,
        draft: bool = False,
    ) -> PullRequest:
        """Open a pull request from one branch to another, or from a fork's branch.

        Raises:
            Refusal: 404, there is no such branch.
        """
        into = self.repository(repository)
        source = self.repository(head_repository) if head_repository else into
        base_sha, head_sha = into.store.branch(base), source.store.branch(head)
        if base_sha is None or head_sha is None:
            raise not_found(f"No branch {base if base_sha is None else head}")
        number, into.next_number = into.next_number, into.next_number + 1
        now = self.clock()
        pull = PullRequest(
            id=self.next_id(),
            number=number,
            repository=into,
            head_repository=source,
            base_ref=base,
            base_sha=base_sha,
            head_ref=head,
            head_sha=head_sha,
            author=self.user(author),
            title=title,
            body=body,
            created_at=now,
            updated_at=now,
            draft=draft,
        )
        self._take_over(pull, head_sha)
        into.pulls[number] = pull
        blobs = [sha for diff in self.files(pull).values() for sha in (diff.old_sha, diff.new_sha)]
        into.store.prefetch(blobs)
        return pull

    def close_pull_request(self, repository: str, number: int, *, state: bool = False) -> None:
        """Close a pull request, or open it again with ``state=True``."""
        pull = self.pull(repository, number)
        pull.state = "open" if state else "closed"
        pull.closed_at = None if state else self.clock()
        pull.updated_at = self.clock()

    def _take_over(self, pull: PullRequest, sha: str) -> None:
        """Keep the head under GitHub's ``refs/pull/N/head``, fetched from a fork where needed."""
        ref = f"refs/pull/{pull.number}/head"
        source = pull.head_repository or pull.repository
        if source.store.git_dir == pull.repository.store.git_dir:
            pull.repository.store.keep(ref, sha)
        else:
            pull.repository.store.fetch(source.store, sha, ref)

    # Pushing

    def push(
        self,
        repository: str,
        branch: str,
        changes: Mapping[str, bytes | str | None],
        *,
        message: str = "A push",
        author: str = "author",
        keep_modes: bool = True,
    ) -> str:
        """Commit files to a branch (``None`` removes one); pull requests from it move along."""
        with self.lock:
            target = self.repository(repository)
            data = {
                path: text.encode() if isinstance(text, str) else text
                for path, text in changes.items()
            }
            old = target.store.branch(branch)
            sha = target.store.write_commit(
                old,
                data,
                message=message,
                author=(author, f"{author}@users.noreply.github.invalid"),
                date=self.clock().isoformat(),
                keep_modes=keep_modes,
            )
            self.move_branch(repository, branch, sha)
            return sha

    def move_branch(self, repository: str, branch: str, sha: str) -> None:
        """Point a branch to any commit, as a forced push does."""
        with self.lock:
            self.repository(repository).store.update_ref(f"refs/heads/{branch}", sha)
            self.sync(repository)

    def sync(self, repository: str) -> None:
        """Notice what was pushed to a repository with git itself.

        GitHub closes a pull request whose branch is deleted or has nothing of its own any more.
        """
        source = self.repository(repository)
        with self.lock:
            for holder in self.repositories.values():
                for pull in holder.pulls.values():
                    if pull.head_repository is source and pull.state == "open":
                        sha = source.store.branch(pull.head_ref)
                        if sha is None:
                            self.close_pull_request(holder.full_name, pull.number)
                        elif sha != pull.head_sha:
                            self._head_moved(pull, sha)

    def _head_moved(self, pull: PullRequest, sha: str) -> None:
        """Move the head; after a forced push GitHub re-points the reviews to the new one."""
        self._take_over(pull, sha)
        if not pull.repository.store.is_ancestor(pull.head_sha, sha):
            for review in pull.reviews:
                review.commit_id = sha
        pull.earlier_heads.append(pull.head_sha)
        pull.head_sha = sha
        pull.base_sha = pull.repository.store.branch(pull.base_ref) or pull.base_sha
        pull.updated_at = self.clock()
        if pull.repository.store.is_ancestor(sha, pull.base_sha):
            self.close_pull_request(pull.repository.full_name, pull.number)

    def merge_pull_request(self, repository: str, number: int) -> str:
        """Squash a pull request into its base, as the button does, and return the new commit."""
        with self.lock:
            pull = self.pull(repository, number)
            store = pull.repository.store
            changes = {
                diff.path: None if diff.status == "removed" else store.blob(diff.new_sha)
                for diff in self.files(pull).values()
            }
            sha = self.push(repository, pull.base_ref, changes, message=pull.title)
            pull.merged = True
            self.close_pull_request(repository, number)
            return sha

    # What follows from git

    def compare(self, repository: Repository, base: str, head: str) -> dict[str, FileDiff]:
        """The three-dot diff between two commits, by path.

        Raises:
            Refusal: 404, one of the commits is unknown.
        """
        key = (repository.store.git_dir, base, head)
        if key not in self._diffs:
            start = repository.store.merge_base(base, head) or base
            try:
                changes = diff_trees(repository.store, start, head)
            except GitFailed as failed:
                raise not_found() from failed
            self._diffs[key] = {change.path: change for change in changes}
        return self._diffs[key]

    def files(self, pull: PullRequest, head: str | None = None) -> dict[str, FileDiff]:
        """The changed files of a pull request, at its head or as of an earlier one."""
        return self.compare(pull.repository, pull.base_sha, head or pull.head_sha)

    def line_map(self, repository: Repository, old: str, new: str) -> LineMap:
        """Where the lines of one blob stand in another."""
        key = (repository.store.git_dir, old, new)
        if key not in self._maps:
            known = ZERO not in {old, new}
            self._maps[key] = map_lines(repository.store, old, new) if known else LineMap(runs=())
        return self._maps[key]
