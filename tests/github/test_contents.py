"""Files at a commit, by every way they can come, and byte for byte."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from predict_edit.domain import FileContent
from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeNotFound,
    ForgeUnauthorized,
    ForgeUnavailable,
)
from predict_edit.github.forge import GitHubForge
from predict_edit.github.found import MAX_BYTES

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
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """Only texts whose object id is not right are fetched again, as blobs."""
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


async def test_without_graphql_the_tree_and_blobs_do(
    github: FakeGitHub, rest_forge: GitHubForge, make_files: type[Files]
) -> None:
    """One request for the tree, one for each file that is worth it."""
    files = make_files(MIXED)
    files.serve_tree(github)
    files.serve_blobs(github)
    wanted = {path: files.sha(data) for path, (_, data) in MIXED.items()}
    contents = await rest_forge.read_files(COMMIT, wanted)
    check_mixed(contents, files)
    assert len(github.asked("GET", f"git/trees/{COMMIT}")) == 1
    assert github.asked("GET", f"git/trees/{COMMIT}")[0].query == {"recursive": "1"}
    assert len(github.received) == 1 + 6


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
async def test_any_failure_of_graphql_falls_back(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files], script: dict[str, Any]
) -> None:
    """Whatever GraphQL says instead of files, REST brings them, after a single try."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    github.on_graphql(**script)
    files.serve_tree(github)
    files.serve_blobs(github)
    contents = await forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})
    assert contents["a.py"].data == PLAIN
    assert contents["a.py"].mode == REGULAR
    assert len(github.asked("POST")) == 1


async def test_graphql_that_hangs_up_falls_back(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """A query that was too much for GitHub is not sent twice."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    github.on_graphql(handler=github.hang_up)
    files.serve_tree(github)
    files.serve_blobs(github)
    assert (await forge.read_files(COMMIT, {"a.py": None}))["a.py"].data == PLAIN
    assert len(github.asked("POST")) == 1


async def test_a_missing_graphql_is_asked_once_only(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """After a 404 GraphQL is left alone for the rest of the run."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    files.serve_tree(github)
    files.serve_blobs(github)
    for _ in range(2):
        await forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})
    github.on("GET", "issues/7/comments", [])
    await forge.marked_comments(7, "marker")
    assert len(github.asked("POST")) == 1


async def test_a_partial_answer_is_completed(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """Fields that came are used, those with an error are fetched over REST."""
    files = make_files({f"f{i}.py": (REGULAR, b"%d\n" % i) for i in range(3)})
    commit = {"__typename": "Commit", "f0": files.graphql_entry("f0.py"), "f1": None, "f2": None}
    github.on_graphql(
        {"repository": {"object": commit}},
        errors=[{"message": "timeout", "path": ["repository", "object", "f1"]}],
    )
    files.serve_tree(github)
    files.serve_blobs(github)
    contents = await forge.read_files(COMMIT, {"f0.py": None, "f1.py": None, "f2.py": None})
    assert {path: content.data for path, content in contents.items()} == {
        "f0.py": b"0\n",
        "f1.py": b"1\n",
        "f2.py": b"2\n",
    }
    assert len(github.asked("GET")) == 3


@pytest.mark.parametrize("spoilt", ["truncated", "null", "other", "surrogate"])
async def test_text_that_cannot_be_right_is_fetched_as_blob(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files], spoilt: str
) -> None:
    """Cut, missing or different text is never taken for the file."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    entry = files.graphql_entry("a.py")
    assert entry
    change: dict[str, dict[str, Any]] = {
        "truncated": {"isTruncated": True},
        "null": {"text": None, "isBinary": None},
        "other": {"text": "something else"},
        "surrogate": {"text": "\ud800"},
    }
    entry["object"] |= change[spoilt]
    github.on_graphql({"repository": {"object": {"__typename": "Commit", "f0": entry}}})
    files.serve_blobs(github)
    contents = await forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})
    assert contents["a.py"].data == PLAIN
    assert contents["a.py"].mode == REGULAR


async def test_files_are_asked_for_in_batches_side_by_side(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """120 files take three queries, in flight together, and come back in order."""
    files = make_files({f"dir/{i}.py": (REGULAR, b"x = %d\n" % i) for i in range(120)})
    github.on_graphql(handler=github.together(3, files.graphql))
    wanted = {path: files.sha(data) for path, (_, data) in files.files.items()}
    contents = await forge.read_files(COMMIT, wanted)
    assert list(contents) == list(wanted)
    assert all(content.data == files.files[path][1] for path, content in contents.items())
    assert len(github.received) == 3


async def test_paths_travel_as_variables_only(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """A path with quotes and braces cannot change the query."""
    nasty = 'a") { id } } #{$"\\\n'
    files = make_files({nasty: (REGULAR, b"1")})
    github.on_graphql(handler=files.graphql)
    assert (await forge.read_files(COMMIT, {nasty: None}))[nasty].data == b"1"
    assert nasty not in github.received[0].json["query"]
    assert github.received[0].json["variables"]["p0"] == nasty


async def test_what_does_not_exist_is_missing(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """A path of which GraphQL surely knows nothing costs no further request."""
    files = make_files({"there": (REGULAR, b"1")})
    github.on_graphql(handler=files.graphql)
    contents = await forge.read_files(COMMIT, {"there": None, "not there": None})
    assert list(contents) == ["there"]
    assert len(github.received) == 1


async def test_a_listed_file_that_is_gone_is_missing(
    github: FakeGitHub, forge: GitHubForge, make_files: type[Files]
) -> None:
    """The commit counts, not the list: what is not in its tree is not read by its blob."""
    files = make_files({"there": (REGULAR, b"1")})
    github.on_graphql(handler=files.graphql)
    files.serve_tree(github)
    assert await forge.read_files(COMMIT, {"gone": "1" * 40}) == {}


async def test_the_commit_counts_where_the_list_differs(
    github: FakeGitHub, forge: GitHubForge, rest_forge: GitHubForge, make_files: type[Files]
) -> None:
    """A list read after the head moved names another blob; the answer has the commit's."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    github.on_graphql(handler=files.graphql)
    files.serve_tree(github)
    files.serve_blobs(github)
    for each in (forge, rest_forge):
        contents = await each.read_files(COMMIT, {"a.py": "9" * 40})
        assert contents["a.py"].blob_sha == files.sha(PLAIN)
        assert contents["a.py"].data == PLAIN


async def test_a_directory_is_no_file(github: FakeGitHub, forge: GitHubForge) -> None:
    """A path that names a folder is missing from the answer."""
    entry = {"mode": 0o40000, "type": "tree", "oid": "7" * 40, "object": {"__typename": "Tree"}}
    github.on_graphql({"repository": {"object": {"__typename": "Commit", "f0": entry}}})
    assert await forge.read_files(COMMIT, {"dir": None}) == {}


@pytest.mark.parametrize("broken", ["truncated", "missing"])
async def test_without_a_whole_tree_blobs_and_paths_do(
    github: FakeGitHub, rest_forge: GitHubForge, make_files: type[Files], broken: str
) -> None:
    """Blobs by their ids without a mode; paths without an id by the contents endpoint."""
    config = b"model: gpt\n"
    files = make_files({"a.py": (REGULAR, PLAIN), ".github/predict-edit.yml": (REGULAR, config)})
    files.serve_blobs(github)
    if broken == "truncated":
        files.serve_tree(github, truncated=True)
    github.on(
        "GET",
        "contents/.github/predict-edit.yml",
        {
            "type": "file",
            "path": ".github/predict-edit.yml",
            "sha": files.sha(config),
            "size": len(config),
            "encoding": "base64",
            "content": base64.b64encode(config).decode(),
        },
    )
    contents = await rest_forge.read_files(
        COMMIT,
        {"a.py": files.sha(PLAIN), ".github/predict-edit.yml": None, ".gitattributes": None},
    )
    assert {path: content.data for path, content in contents.items()} == {
        "a.py": PLAIN,
        ".github/predict-edit.yml": config,
    }
    assert contents["a.py"].mode is None
    assert github.asked("GET", "predict-edit.yml")[0].query == {"ref": COMMIT}


@pytest.mark.parametrize(
    ("answer", "mode"),
    [
        ({"type": "symlink", "path": "x", "size": 3}, SYMLINK),
        ({"type": "submodule", "path": "x", "size": 0}, SUBMODULE),
        ({"type": "file", "path": "target", "size": 3, "encoding": "base64"}, SYMLINK),
        ({"type": "file", "path": "x", "size": 2_000_000, "encoding": "none"}, None),
        ([], "missing"),
    ],
)
async def test_what_the_contents_endpoint_gives_besides_files(
    github: FakeGitHub, rest_forge: GitHubForge, answer: Any, mode: int | str | None
) -> None:
    """Links, followed links, submodules, large files and folders have no data."""
    if isinstance(answer, dict):
        answer = answer | {"sha": "5" * 40}
    github.on("GET", "contents/x", answer)
    contents = await rest_forge.read_files("some-branch", {"x": None})
    if mode == "missing":
        assert contents == {}
    else:
        assert (contents["x"].data, contents["x"].mode) == (None, mode)


async def test_a_branch_name_is_never_asked_over_graphql(
    github: FakeGitHub, forge: GitHubForge
) -> None:
    """GraphQL wants an object id; for a name the contents endpoint does."""
    await forge.read_files("main", {"x": None})
    assert github.asked("POST") == []


@pytest.mark.parametrize("same", [True, False])
async def test_a_blob_that_is_not_given_is_read_by_its_path(
    github: FakeGitHub, rest_forge: GitHubForge, make_files: type[Files], same: bool
) -> None:
    """The contents endpoint serves too, if it has the same file, which is verified as well."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    files.serve_tree(github)
    data = PLAIN if same else b"other"
    answer = {
        "type": "file",
        "path": "a.py",
        "sha": files.sha(data),
        "size": len(data),
        "encoding": "base64",
        "content": base64.b64encode(data).decode(),
    }
    github.on("GET", f"git/blobs/{files.sha(PLAIN)}", {"message": "Not Found"}, status=404)
    github.on("GET", "contents/a.py", answer)
    if same:
        contents = await rest_forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})
        assert (contents["a.py"].data, contents["a.py"].mode) == (PLAIN, REGULAR)
    else:
        with pytest.raises(ForgeNotFound, match="git/blobs"):
            await rest_forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        ({"content": base64.b64encode(b"not it").decode()}, "does not match its object id"),
        ({"content": "A"}, "no base64"),
        ({"encoding": "rot13"}, "unknown encoding"),
        ({"content": None}, "`content`"),
    ],
)
async def test_bytes_that_do_not_match_are_refused(
    github: FakeGitHub, rest_forge: GitHubForge, make_files: type[Files], blob: Any, said: str
) -> None:
    """No file is edited that is not the one that was asked for."""
    files = make_files({"a.py": (REGULAR, PLAIN)})
    files.serve_tree(github)
    good = {
        "sha": files.sha(PLAIN),
        "size": len(PLAIN),
        "encoding": "base64",
        "content": base64.b64encode(PLAIN).decode(),
    }
    github.on("GET", f"git/blobs/{files.sha(PLAIN)}", good | blob)
    with pytest.raises(ForgeAnswerInvalid, match=said):
        await rest_forge.read_files(COMMIT, {"a.py": files.sha(PLAIN)})


async def test_a_large_blob_without_a_known_size_is_left(
    github: FakeGitHub, rest_forge: GitHubForge
) -> None:
    """The blob's own size decides where the tree did not tell it."""
    blob = {"sha": "6" * 40, "size": MAX_BYTES + 1, "encoding": "base64", "content": ""}
    github.on("GET", f"git/blobs/{'6' * 40}", blob)
    contents = await rest_forge.read_files(COMMIT, {"big": "6" * 40})
    assert (contents["big"].data, contents["big"].size) == (None, MAX_BYTES + 1)


async def test_a_wrong_token_does_not_fall_back(github: FakeGitHub, forge: GitHubForge) -> None:
    """401 is the same everywhere, so it is said at once."""
    github.on_graphql(status=401)
    with pytest.raises(ForgeUnauthorized):
        await forge.read_files(COMMIT, {"a": "1" * 40})
    assert len(github.received) == 1


async def test_a_wrong_token_is_said_by_the_tree_too(
    github: FakeGitHub, rest_forge: GitHubForge
) -> None:
    """Without GraphQL the first 401 ends the reading as well."""
    github.on("GET", f"git/trees/{COMMIT}", {"message": "Bad credentials"}, status=401)
    with pytest.raises(ForgeUnauthorized):
        await rest_forge.read_files(COMMIT, {"a": "1" * 40})
    assert len(github.received) == 1


async def test_a_folder_of_the_tree_is_no_file(github: FakeGitHub, rest_forge: GitHubForge) -> None:
    """The tree lists folders too."""
    entry = {"path": "dir", "mode": "040000", "type": "tree", "sha": "7" * 40}
    github.on("GET", f"git/trees/{COMMIT}", {"truncated": False, "tree": [entry]})
    assert await rest_forge.read_files(COMMIT, {"dir": None, "other": None}) == {}
    assert len(github.received) == 1


async def test_blobs_that_cannot_be_had_raise(github: FakeGitHub, make_forge: MakeForge) -> None:
    """Without the bytes there is no answer at all."""
    github.on("GET", f"git/blobs/{'1' * 40}", {}, status=503)
    with pytest.raises(ForgeUnavailable):
        await make_forge(graphql_url=None).read_files(COMMIT, {"a": "1" * 40})


async def test_no_files_cost_no_request(github: FakeGitHub, forge: GitHubForge) -> None:
    """Nothing asked, nothing sent."""
    assert await forge.read_files(COMMIT, {}) == {}
    assert github.received == []


async def test_blobs_are_fetched_side_by_side(
    github: FakeGitHub, rest_forge: GitHubForge, make_files: type[Files]
) -> None:
    """Twelve blobs are not twelve round trips."""
    files = make_files({f"{i}": (REGULAR, b"%d" % i) for i in range(12)})
    files.serve_tree(github)

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
    contents = await rest_forge.read_files(COMMIT, dict.fromkeys(files.files))
    assert [content.data for content in contents.values()] == [b"%d" % i for i in range(12)]
    assert github.most_in_flight == 8
