"""What is known of the changed files before any of them is read."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from predict_edit.delivery.state import Memory
from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import (
    CommandRef,
    CommandSource,
    Comment,
    PullRequest,
    ReviewThread,
)
from predict_edit.run.branch_target import as_pull_request
from predict_edit.run.context import Context
from predict_edit.run.pull_request_target import PullRequestTarget
from predict_edit.run.snapshot import Snapshot, path_now, read_thread
from predict_edit.select.gitattributes import NO_ATTRIBUTES
from predict_edit.settings.inputs import read_inputs
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.support.log import Secrets
from predict_edit.trigger.command import EditCommand
from predict_edit.trigger.requests import PullRequestCommand


def changed(path: str, previous: str | None = None) -> ChangedFile:
    """A changed file."""
    return ChangedFile(
        path=path, status="renamed" if previous else "modified", blob_sha="a" * 40, additions=1,
        deletions=0, patch=None, previous_path=previous,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "now"), [("a.py", "a.py"), ("old.py", "new.py"), ("gone.py", "gone.py")]
)
def test_a_renamed_file_is_followed(path: str, now: str) -> None:
    """By the name that it had at the base."""
    assert path_now(path, [changed("a.py"), changed("new.py", "old.py")]) == now


def thread(*comments: tuple[int, str]) -> ReviewThread:
    """A thread with these comments."""
    known = tuple(Comment(id=n, body=body, url="", mine=False) for n, body in comments)
    return ReviewThread(
        path="a.py", start_line=None, line=1, comment=known[0], comments=known,
        replies=len(known) - 1, resolved=False, outdated=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "root", "before"),
    [
        (5, 1, ("one", "three")),
        (3, 1, ("one",)),
        (4, 2, ("two",)),
        (3, 7, ("one",)),
        (9, 7, ()),
        (1, None, ()),
    ],
)
async def test_the_comments_before_a_command_are_read(
    asked: int, root: int | None, before: tuple[str, ...]
) -> None:
    """Those of its own thread, up to the command, and not the same command given before.

    The comment that it replies to may have been deleted.
    """

    class Host:
        async def threads(self, _number: int, *, newest: bool) -> tuple[ReviewThread, ...]:
            assert newest
            own = thread((1, "one"), (8, "/predict-edit x"), (3, "three"), (5, "/predict-edit x"))
            return thread((2, "two"), (4, "/predict-edit x")), own

    command = CommandRef(
        source=CommandSource.REVIEW_COMMENT, comment_id=asked, author="ada", body="/predict-edit x"
    )
    commanded = PullRequestCommand(
        repository="o/r", pull_request=1, command=command, in_reply_to=root,
        parsed=EditCommand(options={}, instruction="x"),
    )  # fmt: skip
    assert await read_thread(cast("GitHost", Host()), commanded) == before


@pytest.mark.parametrize(
    ("total", "note"),
    [(2, ()), (3_120, ("GitHub lists only 2 of the 3,120 changed files; 3,118 files left out.",))],
)
def test_files_that_github_does_not_list_are_counted(total: int, note: tuple[str, ...]) -> None:
    """It lists no more than 3,000 of a pull request."""
    pull = PullRequest(
        number=1, state="open", head_sha="1" * 40, head_ref="h", head_repository="o/r",
        base_sha="2" * 40, base_ref="main", changed_files=total,
    )  # fmt: skip
    command = CommandRef(source=CommandSource.ISSUE_COMMENT, comment_id=1, author="ada")

    class Outside:
        secrets = Secrets()

    async def save(head: str, total: int) -> None:
        del head, total

    target = PullRequestTarget(
        commanded=PullRequestCommand(
            repository="o/r", pull_request=1, command=command, parsed=EditCommand(instruction="x")
        ),
        inputs=read_inputs(
            {"INPUT_GITHUB-TOKEN": "t", "INPUT_MODEL": "m", "INPUT_API-KEY": "sk-x-0123456789"}
        ),
        ctx=cast("Context", Outside()),
        head=pull.head_sha,
        base=pull.base_sha,
        ref=pull.head_ref,
        findings=(),
        alerts="",
        key="k",
        memory=Memory(),
        save=save,
        snapshot=Snapshot(
            pull=pull, changed=(changed("a.py"), changed("b.py")), config=RepositoryConfig(),
            attributes=NO_ATTRIBUTES, reviews=(), thread=(),
        ),
        stack=as_pull_request,
        shared=None,
    )  # fmt: skip
    scope = asyncio.run(target.select(target.resolve()))

    assert scope.notes == note
