"""GitHub's client, from the host down to PyGithub and HTTP, on recorded answers of a stand-in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import pytest

from predict_edit.domain.edits import ReviewDraft, Suggestion
from predict_edit.domain.errors import (
    AnchorRefused,
    BranchMoved,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeUnauthorized,
    ForgeUnavailable,
)
from predict_edit.domain.repository import CommandRef, CommandSource, CommitDraft, Reaction, Role
from predict_edit.findings.code_scanning import read_alerts
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault, Sandbox
from predict_edit_sandbox.world_files import STANDARD, WorldFile

from .conftest import REPOSITORY

if TYPE_CHECKING:
    from .conftest import Partners, Prepare

# Not even this machine may be reached.
pytestmark = [pytest.mark.vcr, pytest.mark.block_network(allowed_hosts=[r"nobody\.invalid$"])]

PULL = 1
MARKER = "<!-- predict-edit:recorded -->"
CHOSEN = {"fizzbuzz.py", "src/added.py", "src/removed.py", "logo.png"}
FILES = tuple(file for file in STANDARD if file.path in CHOSEN)
TEXTS = {file.path: file.head for file in FILES if file.head is not None}
MANY = tuple(
    WorldFile(path=f"{number:03}.py", base=b"a = 1\n", head=f"a = {number}\n".encode())
    for number in range(100, 203)
)
"""Two pages of files."""
COMMAND = CommandRef(source=CommandSource.ISSUE_COMMENT, comment_id=3_000_000_003, author="ada")
"""The comment that :func:`command` writes."""
HEAD = "2a416d1a03f9841c954b182ecc68950883d129a9"
"""The head of the pull request with :data:`FILES`; the same at any time, on any machine."""


def command(sandbox: Sandbox) -> None:
    """Ada runs a command."""
    said = sandbox.comment(REPOSITORY, PULL, "ada", "/predict-edit do it")
    assert said.id == COMMAND.comment_id


def suggestion(line: int, path: str = "fizzbuzz.py") -> Suggestion:
    """A suggestion for one line."""
    return Suggestion(path=path, start_line=line, line=line, body="```suggestion\nnew\n```")


def faulty(**fields: object) -> Prepare:
    """Plan a fault."""

    def prepare(sandbox: Sandbox) -> None:
        sandbox.faults.add(Fault(**fields))  # type: ignore[arg-type]  # as the test names them

    return prepare


SORRY = {"message": "Server Error"}


class Studio:
    """Makes hosts for a recorded GitHub, and records how long they would have slept."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self.slept: list[float] = []

    @contextlib.asynccontextmanager
    async def forge(
        self,
        files: Sequence[WorldFile] = FILES,
        prepare: Prepare | None = None,
        *,
        token: str = DEFAULT_TOKEN,
    ) -> AsyncIterator[GitHubHost]:
        """A forge as a run has it, but with one connection: the order is always the same."""
        async with self._partners.github(files, prepare) as api:
            client = Client(
                repository=REPOSITORY,
                token=token,
                api_url=api,
                workers=1,
                sleep=self._sleep,
            )
            forge = GitHubHost(client)
            try:
                yield forge
            finally:
                await forge.aclose()

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def studio(partners: Partners) -> Studio:
    return Studio(partners)


# Five exchanges: the permission, the pull request, two pages of files (100 and 3, with `link`
# headers), one GraphQL answer with two files.
async def test_a_pull_request_is_read(studio: Studio) -> None:
    """Role, head, the files of both pages, and contents that match their object ids."""
    async with studio.forge(MANY) as forge:
        role = await forge.role_of("ada")
        pull = await forge.pull_request(PULL)
        files = await forge.changed_files(PULL)
        wanted = {file.path: file.blob_sha for file in (files[0], files[-1])}
        contents = await forge.read_files(pull.head_sha, wanted)
    assert role is Role.WRITE
    assert (pull.state, pull.base_ref, pull.head_ref) == ("open", "main", "words")
    assert pull.changed_files == len(files) == len(MANY)
    assert [file.path for file in files] == [file.path for file in MANY]
    assert all(file.patch for file in files)
    assert {path: found.data for path, found in contents.items()} == {
        "100.py": b"a = 100\n",
        "202.py": b"a = 202\n",
    }
    assert forge.requests == 5


def scanned(sandbox: Sandbox) -> None:
    """Code scanning has two findings, and the token may read it."""
    sandbox.add_token(DEFAULT_TOKEN, permissions={"security_events": "read"})
    for line in (3, 7):
        sandbox.repository(REPOSITORY).add_alert("fizzbuzz.py", line)


# One exchange.
async def test_code_scanning_is_read(studio: Studio) -> None:
    """The open alerts of the default branch, as findings."""
    async with studio.forge(prepare=scanned) as forge:
        report = read_alerts(await forge.open_alerts("refs/heads/main"))

    assert [getattr(found, "line", None) for found in report.findings] == [7, 3]


# Three exchanges: the pull request, its files, then over GraphQL a text, a binary file, an added
# file and a path that does not exist.
async def test_files_of_every_kind_are_read(studio: Studio) -> None:
    """Text comes byte for byte, a binary file without bytes, a missing one not at all."""
    async with studio.forge() as forge:
        pull = await forge.pull_request(PULL)
        files = {file.path: file for file in await forge.changed_files(PULL)}
        wanted = {path: files[path].blob_sha for path in TEXTS}
        contents = await forge.read_files(HEAD, {**wanted, "nowhere.py": None})
    assert pull.head_sha == HEAD
    assert {path: file.status for path, file in files.items()} == {
        "fizzbuzz.py": "modified",
        "logo.png": "modified",
        "src/added.py": "added",
        "src/removed.py": "removed",
    }
    assert files["logo.png"].patch is None
    assert set(contents) == set(TEXTS)
    assert contents["logo.png"].binary
    assert contents["logo.png"].data is None
    for path in ("fizzbuzz.py", "src/added.py"):
        assert contents[path].data == TEXTS[path]


# 👀 on the command, the summary written and edited, the conversation, the review with one
# suggestion and its comments, 🚀, the command read again.
async def test_a_run_leaves_its_traces(studio: Studio) -> None:
    """Reactions, summary and review are written, and recognised as our own."""
    async with studio.forge(prepare=command) as forge:
        await forge.react(COMMAND, Reaction.TAKEN)
        summary = await forge.create_comment(PULL, f"working {MARKER}")
        await forge.edit_comment(summary.id, f"done {MARKER}")
        comments, _ = await forge.conversation(PULL)
        draft = ReviewDraft(
            commit_id=HEAD, body=f"Suggestions {MARKER}", suggestions=(suggestion(2),)
        )
        review = await forge.create_review(PULL, draft)
        has_comments = await forge.has_comments(PULL, review.id)
        _, reviews = await forge.conversation(PULL)
        await forge.react(COMMAND, Reaction.DONE)
        body = await forge.command_body(COMMAND)
    ours = [each for each in comments if MARKER in each.body]
    assert [(each.id, each.body, each.mine) for each in ours] == [
        (summary.id, f"done {MARKER}", True)
    ]
    assert has_comments
    assert [(each.id, each.mine) for each in reviews] == [(review.id, True)]
    assert body == "/predict-edit do it"


# The threads of a review over GraphQL, the mutation that hides one, the body that is replaced.
async def test_older_suggestions_are_tidied_up(studio: Studio) -> None:
    """Our threads are found, hidden as outdated, and the review says superseded."""
    async with studio.forge() as forge:
        draft = ReviewDraft(commit_id=HEAD, body=MARKER, suggestions=(suggestion(2),))
        review = await forge.create_review(PULL, draft)
        (thread,) = await forge.threads(PULL)
        assert await forge.minimize_comment(thread.comment.node_id)
        await forge.update_review_body(PULL, review.id, f"Superseded {MARKER}")
    assert (thread.path, thread.line, thread.resolved, thread.comment.minimized) == (
        "fizzbuzz.py",
        2,
        False,
        False,
    )
    assert thread.comment.mine


# A commit by the mutation createCommitOnBranch, then the same again, which GraphQL refuses with
# STALE_DATA in an answer of status 200.
async def test_a_commit_and_a_stale_one(studio: Studio) -> None:
    """It is made on the expected head only."""
    token = "may-write-contents"

    def prepare(sandbox: Sandbox) -> None:
        sandbox.add_token(token, permissions={"contents": "write", "pull_requests": "write"})

    async with studio.forge(prepare=prepare, token=token) as forge:
        draft = CommitDraft(
            repository=REPOSITORY,
            branch="words",
            expected_head=HEAD,
            headline="Apply suggestions",
            body="",
            files=(("fizzbuzz.py", b"print(1)\n"),),
        )
        made = await forge.commit(draft)
        with pytest.raises(BranchMoved):
            await forge.commit(draft)
    assert len(made.sha) == 40
    assert made.sha != HEAD


# 422 with a list of sentences, in the words of 2026 and in those of the years before.
@pytest.mark.parametrize("old", [False, True], ids=["2026", "before"])
async def test_a_suggestion_outside_the_diff(studio: Studio, *, old: bool) -> None:
    """GitHub's reasons are kept, and both wordings are understood."""

    def prepare(sandbox: Sandbox) -> None:
        sandbox.switches.old_wording = old

    async with studio.forge(prepare=prepare) as forge:
        draft = ReviewDraft(commit_id=HEAD, body=MARKER, suggestions=(suggestion(9999),))
        with pytest.raises(AnchorRefused) as caught:
            await forge.create_review(PULL, draft)
    assert caught.value.status == 422
    expected = "must be part of the diff" if old else "Line could not be resolved"
    assert expected in " ".join(caught.value.reasons)


# 403 "Resource not accessible by integration" for a comment that the token may not write.
async def test_a_missing_permission(studio: Studio) -> None:
    """The permission to add is named."""

    def prepare(sandbox: Sandbox) -> None:
        sandbox.add_token(DEFAULT_TOKEN, permissions={"contents": "read"})

    async with studio.forge(prepare=prepare) as forge:
        with pytest.raises(ForgeForbidden, match="`pull-requests: write`"):
            await forge.create_comment(PULL, MARKER)


# 401 "Bad credentials".
async def test_a_token_that_nobody_knows(studio: Studio) -> None:
    """The error says where to look, and nothing is repeated."""
    async with studio.forge(token="nobody-knows-this") as forge:
        with pytest.raises(ForgeUnauthorized, match="github-token"):
            await forge.pull_request(PULL)
    assert forge.requests == 1


# 404 for a pull request that does not exist.
async def test_a_pull_request_that_does_not_exist(studio: Studio) -> None:
    async with studio.forge() as forge:
        with pytest.raises(ForgeNotFound):
            await forge.pull_request(99)


# 403 with `retry-after: 60`, GitHub's secondary limit on creating content, then 201.
async def test_the_limit_on_creating_content(studio: Studio) -> None:
    """The wait is as asked; then the comment is written, once."""
    said = "You have exceeded a secondary rate limit and have been temporarily blocked from "
    prepare = faulty(
        method="POST",
        path=".*/comments",
        status=403,
        headers={"retry-after": "60"},
        body={"message": f"{said}content creation. Please retry your request again later."},
    )
    async with studio.forge(prepare=prepare) as forge:
        comment = await forge.create_comment(PULL, MARKER)
    assert comment.mine
    assert studio.slept == [60.0]
    assert forge.requests == 2


# 403 "API rate limit exceeded", with `x-ratelimit-remaining: 0` and a far `x-ratelimit-reset`.
async def test_the_limit_of_the_hour(studio: Studio) -> None:
    """A limit longer than the run's patience is reported, without a wait."""

    def prepare(sandbox: Sandbox) -> None:
        sandbox.switches.requests_per_hour = 0

    async with studio.forge(prepare=prepare) as forge:
        with pytest.raises(ForgeRateLimited) as caught:
            await forge.pull_request(PULL)
    assert caught.value.retry_after
    assert caught.value.retry_after > 120
    assert studio.slept == []


# 502 with a web page, then the pull request.
async def test_a_read_that_failed(studio: Studio) -> None:
    """Reads are simply repeated."""
    page = "<html><head><title>502 Bad Gateway</title></head></html>"
    async with studio.forge(prepare=faulty(method="GET", status=502, body=page)) as forge:
        assert (await forge.pull_request(PULL)).number == PULL
    assert forge.requests == 2


# 502 for a review that was posted all the same, then the conversation that holds it.
async def test_a_write_that_failed_and_was_done(studio: Studio) -> None:
    """Writes are never repeated; the next read finds what was written."""
    prepare = faulty(method="POST", path=".*/reviews", status=502, when="after", body=SORRY)
    async with studio.forge(prepare=prepare) as forge:
        draft = ReviewDraft(commit_id=HEAD, body=MARKER, suggestions=(suggestion(2),))
        with pytest.raises(ForgeUnavailable):
            await forge.create_review(PULL, draft)
        _, (found,) = await forge.conversation(PULL)
    assert found.mine
    assert forge.requests == 2
