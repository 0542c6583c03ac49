"""The person, the head and the list of files."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.github.conftest import PULL, FakeGitHub, MakeForge

from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeUnavailable,
)
from predict_edit.domain.repository import Role
from predict_edit.github.host import GitHubHost

ROLE_PATH = "collaborators/mona/permission"


@pytest.mark.parametrize(
    ("permission", "role_name", "role"),
    [
        ("admin", "admin", Role.ADMIN),
        ("write", "maintain", Role.MAINTAIN),
        ("write", "write", Role.WRITE),
        ("read", "triage", Role.TRIAGE),
        ("read", "read", Role.READ),
        ("none", "none", Role.NONE),
        ("write", "release-captain", Role.WRITE),
        ("read", "auditor", Role.READ),
        ("none", "", Role.NONE),
        ("owner", "owner", Role.NONE),
    ],
)
async def test_roles_are_those_of_the_permission_endpoint(
    github: FakeGitHub, forge: GitHubHost, permission: str, role_name: str, role: Role
) -> None:
    """Standard roles by name, custom ones by what they permit, unknown words as none."""
    github.on("GET", ROLE_PATH, {"permission": permission, "role_name": role_name, "user": None})
    assert await forge.role_of("mona") is role


@pytest.mark.parametrize(("account", "role"), [(7, Role.ADMIN), (None, Role.ADMIN), (8, Role.NONE)])
async def test_the_role_is_the_account_s(
    github: FakeGitHub, forge: GitHubHost, account: int | None, role: Role
) -> None:
    """A login that was given up and taken over brings no role."""
    user = {"login": "mona", "id": 7}
    github.on("GET", ROLE_PATH, {"permission": "admin", "role_name": "admin", "user": user})
    assert await forge.role_of("mona", account) is role


async def test_the_clock_is_github_s(github: FakeGitHub, forge: GitHubHost) -> None:
    """A runner's clock may be an hour fast; before the first answer it is all there is."""
    assert abs(forge.now() - dt.datetime.now(tz=dt.UTC)) < dt.timedelta(minutes=1)
    then = "Sun, 01 Mar 2026 12:00:00 GMT"
    github.on("GET", ROLE_PATH, {"permission": "read"}, headers={"date": then})
    await forge.role_of("mona")
    there = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

    assert abs(forge.now() - there) < dt.timedelta(minutes=1)


async def test_a_stranger_has_no_role(github: FakeGitHub, forge: GitHubHost) -> None:
    """GitHub answers 404 for a person whom the repository does not know."""
    assert await forge.role_of("mona") is Role.NONE
    assert len(github.received) == 1


@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [
        (
            403,
            {"message": "Must have push access to view permissions."},
            ForgeForbidden,
        ),
        (500, {}, ForgeUnavailable),
        (200, {}, ForgeAnswerInvalid),
        (200, [], ForgeAnswerInvalid),
    ],
)
async def test_an_unknown_role_raises(
    github: FakeGitHub, forge: GitHubHost, status: int, data: Any, kind: type[ForgeError]
) -> None:
    """The caller can fail closed: no other failure looks like a role."""
    github.on("GET", ROLE_PATH, data, status=status)
    with pytest.raises(kind):
        await forge.role_of("mona")


async def test_a_role_that_is_late_raises(github: FakeGitHub, make_forge: MakeForge) -> None:
    """A timeout is a failure, not a role."""
    github.on("GET", ROLE_PATH, handler=github.hang)
    with pytest.raises(ForgeUnavailable, match="did not answer"):
        await make_forge(timeout=1).role_of("mona")


async def test_the_pull_request_is_read(github: FakeGitHub, forge: GitHubHost) -> None:
    """Head, base and count as GitHub gives them, with one request."""
    github.on("GET", "pulls/7", PULL)
    pull = await forge.pull_request(7)
    assert (pull.number, pull.state, pull.changed_files) == (7, "open", 3)
    assert (pull.head_sha, pull.head_ref, pull.head_repository) == ("a" * 40, "topic", "fork/demo")
    assert (pull.base_sha, pull.base_ref) == ("b" * 40, "main")
    assert pull.url == "https://github.com/octo/demo/pull/7"
    assert len(github.received) == 1


async def test_a_deleted_fork_has_no_repository(github: FakeGitHub, forge: GitHubHost) -> None:
    """GitHub sends ``null`` if the fork is gone."""
    github.on("GET", "pulls/7", PULL | {"head": PULL["head"] | {"repo": None}})
    assert (await forge.pull_request(7)).head_repository is None


async def test_a_merged_pull_request_is_not_just_closed(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """GitHub's state is `closed` for both."""
    github.on("GET", "pulls/7", PULL | {"state": "closed", "merged": True})
    assert (await forge.pull_request(7)).state == "merged"


async def test_the_head_is_read_afresh(github: FakeGitHub, forge: GitHubHost) -> None:
    """Each call asks again, so a moved head is seen."""
    moved = PULL | {"head": PULL["head"] | {"sha": "d" * 40}}
    github.on("GET", "pulls/7", PULL).on("GET", "pulls/7", moved)
    heads = [(await forge.pull_request(7)).head_sha for _ in range(2)]
    assert heads == ["a" * 40, "d" * 40]


@pytest.mark.parametrize("missing", ["number", "head", "base"])
async def test_a_missing_field_is_named(
    github: FakeGitHub, forge: GitHubHost, missing: str
) -> None:
    """An answer without an indispensable field is not a pull request."""
    github.on("GET", "pulls/7", {name: value for name, value in PULL.items() if name != missing})
    with pytest.raises(ForgeAnswerInvalid, match=rf"`{missing}[.`]"):
        await forge.pull_request(7)


async def test_a_bare_pull_request_is_enough(github: FakeGitHub, forge: GitHubHost) -> None:
    """Address, state and count are never worth a failed run."""
    github.on("GET", "pulls/7", {name: PULL[name] for name in ("number", "head", "base")})
    pull = await forge.pull_request(7)
    assert (pull.head_sha, pull.state, pull.url) == ("a" * 40, "open", "")


async def test_lines_that_are_not_counted_are_those_of_the_patch(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """A file without counts, or without a blob, is counted by its patch."""
    patch = "@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d"
    github.on("GET", "pulls/7/files", [{"filename": "a", "status": "modified", "patch": patch}])
    (file,) = await forge.changed_files(7)
    assert (file.additions, file.deletions, file.blob_sha) == (2, 1, None)


async def test_a_host_without_link_headers_is_asked_for_the_next_page(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """A full page may not be the last; one that is not full, or a repeated one, is."""

    def page(first: int, count: int) -> list[dict[str, str]]:
        return [{"filename": f"{first + i}", "status": "added"} for i in range(count)]

    for answer in (page(0, 100), page(100, 100), page(200, 1)):
        github.on("GET", "pulls/7/files", answer)
    assert len(await forge.changed_files(7)) == 201
    assert [one.query.get("page") for one in github.received] == [None, "2", "3"]


async def test_a_full_page_is_the_last_if_it_has_all_files(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """GitHub sends no link header for a single page, and the pull request counts its files."""
    listed = [{"filename": f"{i}", "status": "added"} for i in range(100)]
    github.on("GET", "pulls/7", PULL | {"changed_files": 100})
    github.on("GET", "pulls/7/files", listed)
    assert len(await forge.changed_files(7, forge.pull_request(7))) == 100
    assert len(github.received) == 2


async def test_a_host_that_has_one_page_only_is_not_asked_for_ever(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """A host that answers every page with the same files ends the list."""
    same = [{"filename": f"{i}", "status": "added"} for i in range(100)]
    for _ in range(2):
        github.on("GET", "pulls/7/files", same)
    assert len(await forge.changed_files(7)) == 100
    assert len(github.received) == 2


async def test_files_are_read_with_what_is_optional(github: FakeGitHub, forge: GitHubHost) -> None:
    """Patch, previous name and blob may be missing; a path listed twice counts once."""
    counts = {"additions": 1, "deletions": 2, "changes": 3}
    github.on(
        "GET",
        "pulls/7/files",
        [
            {"filename": "b.py", "status": "modified", "sha": "1" * 40, "patch": "@@", **counts},
            {"filename": "a.bin", "status": "added", "sha": None, **counts},
            {
                "filename": "c.py",
                "status": "renamed",
                "sha": "2" * 40,
                "previous_filename": "old.py",
                **counts,
            },
            {"filename": "b.py", "status": "added", "sha": "3" * 40, **counts},
        ],
    )
    first, second, third = await forge.changed_files(7)
    assert first == ChangedFile(
        path="b.py", status="modified", blob_sha="1" * 40, additions=1, deletions=2, patch="@@"
    )
    assert (second.path, second.blob_sha, second.patch) == ("a.bin", None, None)
    assert third.previous_path == "old.py"


async def test_no_more_than_3000_files_are_asked_for(github: FakeGitHub, forge: GitHubHost) -> None:
    """GitHub lists 30 pages of 100; a header that promises more is not followed further."""
    link = f'<{github.api_url}/x?per_page=100&page=99>; rel="last"'
    github.on("GET", "pulls/7/files", [], headers={"Link": link})
    await forge.changed_files(7)
    assert {received.query.get("page") for received in github.received} == {
        None,
        *(str(page) for page in range(2, 31)),
    }


async def test_invalid_entries_are_named(github: FakeGitHub, forge: GitHubHost) -> None:
    """One bad entry makes the list invalid rather than shorter."""
    github.on("GET", "pulls/7/files", [{"filename": "a"}])
    with pytest.raises(ForgeAnswerInvalid, match="/files has no usable field"):
        await forge.changed_files(7)
