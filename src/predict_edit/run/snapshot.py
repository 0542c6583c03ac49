"""The pull request of a command as it was when the run began, and what its base says on edits."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import re
from collections.abc import Container, Mapping, Sequence
from typing import Final

from predict_edit.domain.edits import ChangedFile, Hunk, OpenThread
from predict_edit.domain.errors import DiffError, ForgeError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import Comment, PullRequest, Review, ReviewThread, Role
from predict_edit.select.gitattributes import GitAttributes, attribute_files
from predict_edit.settings.repository_config import (
    CONFIG_PATH,
    RepositoryConfig,
    narrowed,
    read_config,
)
from predict_edit.suggest.diff import hunks_between
from predict_edit.support.log import log
from predict_edit.support.markers import is_ours
from predict_edit.trigger.command import is_command, words_of
from predict_edit.trigger.requests import PullRequestCommand
from predict_edit.trigger.roles import refusal

MAX_THREADS: Final = 100
"""Open threads that a command addresses; the others are named."""
MAX_AUTHORS: Final = 30
"""People whose role is looked up for the threads of a command."""
MAX_COMMITS: Final = 10
"""Commits at which files of outdated threads are read."""
MAX_THREAD: Final = 8_000
"""Characters of all comments of a thread."""
MAX_IN_FILE: Final = 24_000
"""Characters of all threads of a file that one request carries."""

Lines = tuple[int, int]
_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The pull request of an authorized command, and what its base says on edits.

    Config and attributes are the base's, never the head's: who opens a pull request could otherwise
    lift their own limits. As they choose the base, too, the default branch has the last word on who
    may command, on limits, models, deliveries and protected files.
    """

    pull: PullRequest
    changed: tuple[ChangedFile, ...]
    config: RepositoryConfig
    attributes: GitAttributes
    reviews: tuple[Review, ...]
    """Our own marked reviews, oldest first."""
    thread: tuple[str, ...]
    """The comments of the review thread before the command, oldest first."""

    def at(self, commit: str, base: str) -> Snapshot:
        """The same with the commits that the first job of a spread run pinned."""
        pull = dataclasses.replace(self.pull, head_sha=commit, base_sha=base)
        return dataclasses.replace(self, pull=pull)


async def read_thread(forge: GitHost, commanded: PullRequestCommand) -> tuple[str, ...]:
    """Read the comments before a command in a review thread, if it edits.

    Given once more, a command asks the same: without the comment that gave it first.
    """
    command = commanded.command
    if not commanded.edits or command.comment_id is None or commanded.in_reply_to is None:
        return ()
    threads = await forge.threads(commanded.pull_request, newest=True)
    comments = next((each.comments for each in threads if _is_in(each, commanded)), ())
    before = itertools.takewhile(lambda each: each.id != command.comment_id, comments)
    return tuple(each.body for each in before if each.body != command.body)


def _is_in(thread: ReviewThread, commanded: PullRequestCommand) -> bool:
    """Whether a command was given in a thread, whose first comment may have been deleted since."""
    ids = {commanded.in_reply_to, commanded.command.comment_id}
    return any(each.id in ids for each in thread.comments)


def path_now(path: str, changed: Sequence[ChangedFile]) -> str:
    """Return the path that a file of the pull request has now, if it was renamed since."""
    if any(change.path == path for change in changed):
        return path
    return next((change.path for change in changed if change.previous_path == path), path)


async def read_open_threads(
    forge: GitHost,
    pull: PullRequest,
    changed: Sequence[ChangedFile],
    *,
    least: Role,
    word: str,
    only: PullRequestCommand | None = None,
) -> tuple[OpenThread, ...]:
    """Read the unresolved threads, who wrote in them, and where their lines are today.

    What people with the role ``least`` wrote is to be followed, what all others wrote is only
    shown. ``only`` is the command in the one thread that is meant, ``word`` opens a command.
    A thread is taken whole or skipped, never cut: its end may take back its beginning.

    Raises:
        ForgeError: the threads or a role could not be read.
    """
    every = await forge.threads(pull.number)
    found = [each for each in every if not each.resolved and (not only or _is_in(each, only))]
    taken = found[:MAX_THREADS]
    authors = dict.fromkeys(
        (each.author, each.author_id)
        for thread in taken
        for each in thread.comments
        if _may_ask(each, word)
    )
    known = list(authors)[:MAX_AUTHORS]
    roles, lines = await asyncio.gather(
        asyncio.gather(*(forge.role_of(login, account) for login, account in known)),
        _lines_today(forge, pull.head_sha, taken, changed),
    )
    heard = _Heard(
        least=least,
        word=word,
        trusted={
            account
            for (_, account), role in zip(known, roles, strict=True)
            if refusal(role, least) is None
        },
        crowded=len(authors) > MAX_AUTHORS,
    )
    room = {change.path: MAX_IN_FILE for change in changed if change.status != "removed"}
    threads = []
    for number, each in enumerate(found):
        path = path_now(each.path, changed)
        thread = heard.thread(each, path, lines.get(each.comment.id))
        size = len(thread.asked) + sum(map(len, thread.thread))
        reason = thread.skipped
        if number >= MAX_THREADS:
            reason = f"more than {MAX_THREADS} threads are open"
        elif path not in room:
            gone = any(change.path == path for change in changed)
            is_not = "removed by the pull request" if gone else "not one of the changed files"
            reason = reason or f"its file is {is_not}"
        elif size > room[path]:
            reason = reason or "the other threads of its file fill one request"
        elif not reason:
            room[path] -= size
        # Suggestions of ours that nobody answered are not worth a line.
        if thread.asked or not all(map(_is_ours, each.comments)):
            threads.append(dataclasses.replace(thread, skipped=reason))
    return tuple(threads)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Whose words in a thread are followed."""

    least: Role
    word: str
    trusted: Container[int | None]
    """Accounts with the role ``least``."""
    crowded: bool
    """Whether more people wrote than were looked up."""

    def thread(self, found: ReviewThread, path: str, at: Lines | None) -> OpenThread:
        """Divide the comments of a thread, and say why it is no aim, as far as it alone says."""
        heard = [
            each
            for each in found.comments
            if _may_ask(each, self.word) and each.author_id in self.trusted
        ]
        asked = "\n\n".join(words_of(each.body, self.word) for each in heard)
        others = tuple(
            each.body
            for each in found.comments
            if each not in heard and not each.minimized and not is_command(each.body, self.word)
        )
        reason = ""
        if found.replies >= len(found.comments):
            reason = f"only {len(found.comments)} of its comments were read"
        elif not heard and self.crowded:
            reason = f"more than {MAX_AUTHORS} people wrote in the threads"
        elif not heard:
            role = self.least.name.lower()
            reason = f"no comment in it is a request by a person with the role {role} or higher"
        elif at is None:
            reason = "outdated: its lines have changed since"
        elif len(asked) + sum(map(len, others)) > MAX_THREAD:
            reason = f"its comments have more than {MAX_THREAD:,} characters"
        start, end = at or (None, None)
        return OpenThread(
            path=path,
            start_line=start or None,
            line=end or None,
            diff_hunk=found.diff_hunk,
            thread=others,
            url=found.comment.url,
            asked=asked,
            skipped=reason,
        )


def _is_ours(comment: Comment) -> bool:
    """Whether this tool wrote a comment; a person may have given it the token of their account."""
    return comment.mine and (comment.author_type != "User" or is_ours(comment.body))


def _may_ask(comment: Comment, word: str) -> bool:
    """Whether a comment is a person's own words, so that the person's role matters."""
    person = comment.author_type == "User" and comment.author_id is not None
    written = person and not _is_ours(comment)
    return written and not comment.minimized and bool(words_of(comment.body, word))


async def _lines_today(
    forge: GitHost, head: str, threads: Sequence[ReviewThread], changed: Sequence[ChangedFile]
) -> Mapping[int, Lines]:
    """Return the lines of threads at the head, by first comment; 0 for one on a whole file.

    GitHub no longer says where an outdated thread is, though its file may only have been renamed,
    or its lines be out of the diff. Those whose lines are the same in both files are followed.
    """
    found: dict[int, Lines] = {}
    lost: dict[str, list[ReviewThread]] = {}
    patches = {change.path: change.patch or "" for change in changed}
    for thread in threads:
        if thread.line is not None:
            lines = (thread.start_line or thread.line, thread.line)
            beside = _beside(patches.get(path_now(thread.path, changed), ""), *lines)
            found[thread.comment.id] = beside if thread.on_base else lines
        elif thread.original_line is None or not thread.outdated:
            found[thread.comment.id] = (0, 0)
        elif not thread.on_base:
            lost.setdefault(thread.original_commit, []).append(thread)
    if lost:
        try:
            found |= await _follow(forge, head, dict(list(lost.items())[:MAX_COMMITS]), changed)
        except (ForgeError, DiffError) as error:
            log.info("outdated threads could not be followed: %s", error.cause)
    return found


def _beside(patch: str, start: int, end: int) -> Lines:
    """Return where in the head lines of the base were; 0 if the diff does not show it."""
    old = new = 0
    found: list[int] = []
    for line in patch.split("\n"):
        if head := _HUNK.match(line):
            old, new = int(head[1]), int(head[2])
        elif line[:1] in {"-", " "}:
            found += [new] if start <= old <= end else []
            old, new = old + 1, new + (line[0] == " ")
        elif line[:1] == "+":
            new += 1
    # What was removed at the end of the file was below its last line.
    last = max(new - 1, 0)
    return (min(found[0], last), min(found[-1], last)) if found else (0, 0)


async def _follow(
    forge: GitHost,
    head: str,
    lost: Mapping[str, Sequence[ReviewThread]],
    changed: Sequence[ChangedFile],
) -> Mapping[int, Lines]:
    """Find the lines of outdated threads, given by the commit that they were written for.

    Raises:
        ForgeError: a file could not be read.
        DiffError: git is missing or failed.
    """
    paths = {path_now(each.path, changed) for group in lost.values() for each in group}
    now, *before = await asyncio.gather(
        _texts(forge, head, paths),
        *(_texts(forge, commit, {each.path for each in lost[commit]}) for commit in lost),
    )
    found = {}
    for group, then in zip(lost.values(), before, strict=True):
        for thread in group:
            old, new = then.get(thread.path), now.get(path_now(thread.path, changed))
            if old is not None and new is not None and (end := thread.original_line):
                hunks = await asyncio.to_thread(hunks_between, old, new)
                lines = _followed(hunks, thread.original_start_line or end, end)
                if lines:
                    found[thread.comment.id] = lines
    return found


async def _texts(forge: GitHost, commit: str, paths: set[str]) -> Mapping[str, str]:
    """Read files at a commit, as far as they are text."""
    contents = await forge.read_files(commit, dict.fromkeys(sorted(paths)))
    return {
        path: content.data.decode("utf-8", "surrogateescape")
        for path, content in contents.items()
        if content.data is not None
    }


def _followed(hunks: Sequence[Hunk], start: int, end: int) -> Lines | None:
    """Return where lines are after a change of their file; ``None`` if it changed them."""
    moved = 0
    for hunk in hunks:
        if hunk.start > end:
            break
        if hunk.end >= start or hunk.start > start:
            return None
        moved += len(hunk.added) - len(hunk.removed)
    return start + moved, end + moved


async def read_policy(
    forge: GitHost, pull: PullRequest, changed: tuple[ChangedFile, ...]
) -> tuple[RepositoryConfig, GitAttributes]:
    """Read config and git attributes in one request; a repository need not have either.

    Raises:
        ForgeError: the base could not be read.
        ConfigError: the config is wrong.
    """
    attributes = attribute_files(file.path for file in changed)
    wanted = dict.fromkeys((CONFIG_PATH, *attributes))
    files = await forge.read_files(pull.base_sha, wanted, beside=pull.number)
    found = {path: file.data for path, file in files.items()}
    config = read_config(found.pop(CONFIG_PATH, b""))
    if pull.default_branch not in {"", pull.base_ref}:
        home = await read_home(forge, await forge.branch_tip(pull.default_branch))
        config = narrowed(config, home)
    return config, GitAttributes.parse(found)


async def read_home(forge: GitHost, tip: str | None) -> RepositoryConfig:
    """Read the config at the newest commit of the default branch, which may have none.

    Raises:
        ForgeError: it could not be read.
        ConfigError: it is wrong.
    """
    files = await forge.read_files(tip, {CONFIG_PATH: None}) if tip else {}
    found = files.get(CONFIG_PATH)
    return read_config(found.data if found else b"")
