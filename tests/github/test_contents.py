"""Files at a commit, by every way they can come, byte for byte."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeUnauthorized,
    ForgeUnavailable,
)
from predict_edit.domain.repository import FileContent
from predict_edit.github.contents import MAX_BYTES
from predict_edit.github.host import GitHubHost

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub, Files, MakeForge, Received

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o160000
COMMIT = "c" * 40

PLAIN = "naïve 漢字 😀\ttab \r\nlast line without end".encode()
MIXED: dict[str, tuple[int, bytes]] = {
    "plain.py": (REGULAR, PLAIN),
    "run me.sh": (EXECUTABLE, b"#!/bin/sh\n"),
    "bom.cs": (REGULAR, b"\xef\xbb\xbfusing System;\r\n"),
    "latin1.txt": (REGULAR, b"caf\xe9\n"),
    "empty": (REGULAR, b""),
    "image.png": (REGULAR, b"\x89PNG\0\0"),
    "link": (SYMLINK, b"plain.py"),
    "module": (SUBMODULE, b"whatever"),
    "big.txt": (REGULAR, b"x" * (MAX_BYTES + 1)),
}
SEEN = {
    "plain.py": PLAIN,
    "run me.sh": b"#!/bin/sh\n",
    "bom.cs": b"\xef\xbb\xbfusing System;\r\n",
    "latin1.txt": b"caf\xe9\n",
    "empty": b"",
    "image.png": None,
    "link": None,
    "module": None,
    "big.txt": None,
}


def spoilt(sha: str) -> dict[str, Any]:
    """The data for one file whose text is not given, so that its blob is asked for."""
    entry = {"mode": REGULAR, "type": "blob", "oid": sha, "object": {"__typename": "Blob"}}
    return {"repository": {"object": {"__typename": "Commit", "f0": entry}}}


def check_mixed(contents: dict[str, FileContent], files: Files) -> None:
    """Bytes, modes, sizes and flags are those of the commit."""
    assert {path: content.data for path, content in contents.items()} == SEEN
    assert list(contents) == list(MIXED)
    for path, content in contents.items():
        mode, data = MIXED[path]
        assert (content.path, content.mode) == (path, mode)
        assert content.blob_sha == files.sha(data)
        if mode != SUBMODULE and content.data is not None:
            assert content.size == len(data)
    assert contents["image.png"].binary
    assert contents["big.txt"].size == MAX_BYTES + 1
    assert not contents["big.txt"].binary


async def test_graphql_brings_files_and_rest_what_it_spoils(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """Only texts with a wrong object id are fetched again, as blobs."""
    files = make_files(MIXED)
    github.on_graphql(handler=files.graphql)
    files.serve_blobs(github)
    wanted = {path: files.sha(data) for path, (_, data) in MIXED.items()}
    contents = await forge.read_files(COMMIT, wanted)
    check_mixed(contents, files)
    assert {received.path.rsplit("/", 1)[1] for received in github.asked("GET")} == {
        wanted["bom.cs"],
        wanted["latin1.txt"],
    }
    assert len(github.asked("POST")) == 1


@pytest.mark.parametrize(
    "script",
    [
        {"status": 404},
        {"status": 405},
        {"status": 502},
        {"status": 403},
        {"data": None, "errors": [{"message": "Something went wrong"}]},
        {"data": None},
        {"data": {"repository": None}},
        {"data": {"repository": {"object": None}}},
        {"data": {"repository": {"object": {"__typename": "Tag"}}}},
        {"data": {"repository": {"object": {"__typename": "Commit"}}}},
        {"data": {"repository": {"object": {"__typename": "Commit", "f0": {"mode": "x"}}}}},
    ],
)
async def test_files_that_cannot_be_read_raise(
    github: FakeGitHub, forge: GitHubHost, script: dict[str, Any]
) -> None:
    """Whatever GraphQL answers instead of files, no file counts as missing."""
    github.on_graphql(**script)
    with pytest.raises(ForgeError):
        await forge.read_files(COMMIT, {"a.py": None})
    assert github.asked("GET") == []


async def test_a_batch_that_was_too_much_is_asked_for_in_smaller_ones(
    github: FakeGitHub, forge: GitHubHost, make_forge: MakeForge, make_files: type[Files]
) -> None:
    """GitHub ends long queries; the same files come in five short ones, at once."""
    files = make_files({f"{i}.py": (REGULAR, b"%d\n" % i) for i in range(50)})

    async def answer(received: Received) -> web.StreamResponse:
        if "$p10" in received.json["query"]:
            return web.json_response({"message": "timeout"}, status=502)
        return await files.graphql(received)

    github.on_graphql(handler=answer)
    contents = await forge.read_files(COMMIT, dict.fromkeys(files.files))
    assert [content.data for content in contents.values()] == [b"%d\n" % i for i in range(50)]
    assert len(github.received) == 1 + 5
    assert make_forge.naps == []


async def test_a_partial_answer_is_not_believed(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """With an error it is not known whether null means that the file is missing."""
    files = make_files({"f0.py": (REGULAR, b"0\n")})
    commit = {"__typename": "Commit", "f0": files.graphql_entry("f0.py"), "f1": None}
    github.on_graphql({"repository": {"object": commit}}, errors=[{"message": "timeout"}])
    with pytest.raises(ForgeUnavailable):
        await forge.read_files(COMMIT, {"f0.py": None, "f1.py": None})


@pytest.mark.parametrize("how", ["truncated", "null", "other", "surrogate"])
async def test_text_that_cannot_be_right_is_fetched_as_blob(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files], how: str
) -> None:
    """Cut, missing or different text is never used as the file."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    entry = files.graphql_entry("a.py")
    assert entry
    change: dict[str, dict[str, Any]] = {
        "truncated": {"isTruncated": True},
        "null": {"text": None, "isBinary": None},
        "other": {"text": "something else"},
        "surrogate": {"text": "\ud800"},
    }
    entry["object"] |= change[how]
    github.on_graphql({"repository": {"object": {"__typename": "Commit", "f0": entry}}})
    files.serve_blobs(github)
    contents = await forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})
    assert contents["a.py"].data == PLAIN
    assert contents["a.py"].mode == REGULAR


async def test_files_are_asked_for_in_batches_side_by_side(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """120 files take three queries, in flight together, and are returned in order."""
    files = make_files({f"dir/{i}.py": (REGULAR, b"x = %d\n" % i) for i in range(120)})
    github.on_graphql(handler=github.together(3, files.graphql))
    wanted = {path: files.sha(data) for path, (_, data) in files.files.items()}
    contents = await forge.read_files(COMMIT, wanted)
    assert list(contents) == list(wanted)
    assert all(content.data == files.files[path][1] for path, content in contents.items())
    assert len(github.received) == 3


async def test_paths_travel_as_variables_only(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """A path with quotes and braces cannot change the query."""
    nasty = 'a") { id } } #{$"\\\n'
    files = make_files({nasty: (REGULAR, b"1")})
    github.on_graphql(handler=files.graphql)
    assert (await forge.read_files(COMMIT, {nasty: None}))[nasty].data == b"1"
    assert nasty not in github.received[0].json["query"]
    assert github.received[0].json["variables"]["p0"] == nasty


async def test_what_does_not_exist_is_missing(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """A path that GraphQL surely does not know costs no further request."""
    files = make_files({"there": (REGULAR, b"1")})
    github.on_graphql(handler=files.graphql)
    contents = await forge.read_files(COMMIT, {"there": None, "not there": None})
    assert list(contents) == ["there"]
    assert len(github.received) == 1


async def test_a_listed_file_that_is_gone_is_missing(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """The commit counts, not the list: a file outside its tree is not read by its blob."""
    files = make_files({"there": (REGULAR, b"1")})
    github.on_graphql(handler=files.graphql)
    assert await forge.read_files(COMMIT, {"gone": "1" * 40}) == {}


async def test_the_commit_counts_where_the_list_differs(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """A list read after the head moved names another blob; the answer has the commit's."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    github.on_graphql(handler=files.graphql)
    contents = await forge.read_files(COMMIT, {"a.py": "9" * 40})
    assert contents["a.py"].blob_sha == files.sha(PLAIN)
    assert contents["a.py"].data == PLAIN


async def test_a_directory_is_not_a_file(github: FakeGitHub, forge: GitHubHost) -> None:
    """A path that names a folder is missing from the answer."""
    entry = {"mode": 0o40000, "type": "tree", "oid": "7" * 40, "object": {"__typename": "Tree"}}
    github.on_graphql({"repository": {"object": {"__typename": "Commit", "f0": entry}}})
    assert await forge.read_files(COMMIT, {"dir": None}) == {}


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        ({"content": base64.b64encode(b"not it").decode()}, "does not match its object id"),
        ({"content": "A"}, "not base64"),
        ({"encoding": "rot13"}, "unknown encoding"),
        ({"content": None}, "`content`"),
    ],
)
async def test_bytes_that_do_not_match_are_refused(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files], blob: Any, said: str
) -> None:
    """Only the file that was asked for is edited."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    github.on_graphql(spoilt(files.sha(PLAIN)))
    good = {
        "sha": files.sha(PLAIN),
        "size": len(PLAIN),
        "encoding": "base64",
        "content": base64.b64encode(PLAIN).decode(),
    }
    github.on("GET", f"git/blobs/{files.sha(PLAIN)}", good | blob)
    with pytest.raises(ForgeAnswerInvalid, match=said):
        await forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})


@pytest.mark.parametrize("size", [MAX_BYTES + 1, None])
async def test_a_large_blob_without_a_known_size_is_left(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files], size: int | None
) -> None:
    """The blob's own size decides if GraphQL did not give it, or else its content."""
    data = b"x" * (MAX_BYTES + 1)
    sha = make_files.sha(data)
    github.on_graphql(spoilt(sha))
    content = base64.b64encode(data).decode() if size is None else ""
    blob = {"sha": sha, "size": size, "encoding": "base64", "content": content}
    github.on("GET", f"git/blobs/{sha}", blob)
    contents = await forge.read_files(COMMIT, {"big": None})
    assert (contents["big"].data, contents["big"].size) == (None, MAX_BYTES + 1)


async def test_a_wrong_token_does_not_fall_back(github: FakeGitHub, forge: GitHubHost) -> None:
    """401 is the same everywhere, so it is reported at once."""
    github.on_graphql(status=401)
    with pytest.raises(ForgeUnauthorized):
        await forge.read_files(COMMIT, {"a": "1" * 40})
    assert len(github.received) == 1


async def test_blobs_that_cannot_be_had_raise(github: FakeGitHub, forge: GitHubHost) -> None:
    """Without the bytes there is no answer at all."""
    github.on_graphql(spoilt("1" * 40))
    github.on("GET", f"git/blobs/{'1' * 40}", {}, status=503)
    with pytest.raises(ForgeUnavailable):
        await forge.read_files(COMMIT, {"a": None})


async def test_no_files_cost_no_request(github: FakeGitHub, forge: GitHubHost) -> None:
    assert await forge.read_files(COMMIT, {}) == {}
    assert github.received == []


async def test_blobs_are_fetched_side_by_side(
    github: FakeGitHub, forge: GitHubHost, make_files: type[Files]
) -> None:
    """Twelve blobs are not twelve round trips."""
    files = make_files({f"{i}": (REGULAR, b"\xff%d" % i) for i in range(12)})
    github.on_graphql(handler=files.graphql)

    async def blob(received: Received) -> web.StreamResponse:
        sha = received.path.rsplit("/", 1)[1]
        data = next(data for _, data in files.files.values() if files.sha(data) == sha)
        content = base64.b64encode(data).decode()
        return web.json_response(
            {"sha": sha, "size": len(data), "encoding": "base64", "content": content}
        )

    together = github.together(8, blob)
    for _, data in files.files.values():
        github.on("GET", f"git/blobs/{files.sha(data)}", handler=together)
    contents = await forge.read_files(COMMIT, dict.fromkeys(files.files))
    assert [content.data for content in contents.values()] == [b"\xff%d" % i for i in range(12)]
    assert github.most_in_flight == 8
