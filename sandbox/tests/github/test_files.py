"""Files of a pull request, contents, trees and refs."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from predict_edit_sandbox.github.gitstore import GitStore

from .conftest import CHANGED, NUMBERED, Build, World, commit

RAW = {"Accept": "application/vnd.github.raw+json"}
DIFF = {"Accept": "application/vnd.github.diff"}


def test_patch_is_git_s(world: World) -> None:
    """The patch of a file is what git prints below the file header, without a last line feed."""
    store = world.pull.repository.store
    printed = subprocess.run(
        ["git", f"--git-dir={store.git_dir}", "diff", "main...feature", "--", "a.txt"],
        check=True,
        capture_output=True,
    ).stdout.decode()
    entry = world.get("/pulls/1/files").json()[0]
    assert entry["patch"] == printed[printed.index("@@") :].removesuffix("\n")
    assert (entry["additions"], entry["deletions"], entry["changes"]) == (1, 2, 3)
    data = CHANGED.encode()
    assert entry["sha"] == hashlib.sha1(b"blob %d\0%s" % (len(data), data)).hexdigest()  # noqa: S324  # git's own hash


def test_three_dots(world: World) -> None:
    """What the base branch gained since does not show as a change of the pull request."""
    world.sandbox.push("octo/demo", "main", {"later.txt": "later\n"})
    world.sandbox.push("octo/demo", "feature", {"b.txt": "b\n"})
    assert world.pull.base_sha == world.pull.repository.store.branch("main")
    names = [entry["filename"] for entry in world.get("/pulls/1/files").json()]
    assert names == ["a.txt", "b.txt", "new.py"]


def test_kinds_of_change(build: Build) -> None:
    """Added, removed, renamed and binary files show as GitHub shows them."""
    world = build(
        {"gone": "x\n", "old/name": NUMBERED, "pure": NUMBERED + "pure\n", "img": b"\0\1"},
        {
            "gone": None,
            "old/name": None,
            "new/name": NUMBERED.replace("line 3\n", "three\n"),
            "pure": None,
            "pure2": NUMBERED + "pure\n",
            "img": b"\0\2",
            "no newline": "end",
        },
    )
    files = {entry["filename"]: entry for entry in world.get("/pulls/1/files").json()}
    kinds = {name: entry["status"] for name, entry in files.items()}
    assert kinds == {
        "gone": "removed",
        "img": "modified",
        "new/name": "renamed",
        "no newline": "added",
        "pure2": "renamed",
    }
    assert files["new/name"]["previous_filename"] == "old/name"
    assert "previous_filename" not in files["img"]
    assert "patch" not in files["img"]
    assert "patch" not in files["pure2"]
    assert files["no newline"]["patch"] == "@@ -0,0 +1 @@\n+end\n\\ No newline at end of file"
    assert world.get("/pulls/1").json()["changed_files"] == 5


def test_links_executables_and_submodules(tmp_path: Path, build: Build) -> None:
    """Symbolic links and submodules are listed with their modes, and a changed type counts."""
    world = build({"a": "x\n", "b": "b\n"}, {"a": "y\n"})
    store = world.pull.repository.store
    link = store.run("hash-object", "-w", "--stdin", data=b"b").decode().strip()
    index = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    store.run("read-tree", "feature", extra=index)
    records = f"120000 {link}\ta\n100755 {link}\trun\n160000 {'1' * 40}\tsub\n"
    store.run("update-index", "--index-info", data=records.encode(), extra=index)
    tree = store.run("write-tree", extra=index).decode().strip()
    who = {
        f"GIT_{role}_{field}": "x"
        for role in ("AUTHOR", "COMMITTER")
        for field in ("NAME", "EMAIL")
    }
    sha = store.run("commit-tree", tree, "-p", "feature", data=b"m", extra=who).decode().strip()
    world.sandbox.move_branch("octo/demo", "feature", sha)
    files = {entry["filename"]: entry for entry in world.get("/pulls/1/files").json()}
    assert files["a"]["status"] == "changed"
    assert files["sub"]["patch"].endswith("+Subproject commit " + "1" * 40)
    modes = {item["path"]: item["mode"] for item in world.get("/git/trees/feature").json()["tree"]}
    assert modes == {"a": "120000", "b": "100644", "run": "100755", "sub": "160000"}
    assert world.get("/contents/a?ref=feature", headers=RAW).content == b"b\n"
    assert world.get("/contents/sub?ref=feature").json()["type"] == "submodule"


def test_pages(build: Build) -> None:
    """Lists come in pages of 30, at most 100, with absolute links to the others."""
    world = build({"x": "x\n"}, {f"f{number:03}": "x\n" for number in range(250)})
    first = world.get("/pulls/1/files")
    assert len(first.json()) == 30
    assert first.links["next"]["url"] == f"{world.url}/repos/octo/demo/pulls/1/files?page=2"
    assert first.links["last"]["url"].endswith("page=9")
    found, address = [], f"{world.url}/repos/octo/demo/pulls/1/files?per_page=1000"
    pages = 0
    while address:
        page = world.get(address)
        found += [entry["filename"] for entry in page.json()]
        address = page.links.get("next", {}).get("url", "")
        pages += 1
    assert found == sorted(f"f{number:03}" for number in range(250))
    assert pages == 3
    assert "link" not in world.get("/pulls").headers
    world.sandbox.switches.files_limit = 200
    assert "next" not in world.get("/pulls/1/files?per_page=100&page=2").links


def test_withheld_and_cut_patches(world: World) -> None:
    """By switches a patch is left out or cut; its counts stay those of the whole."""
    switches = world.sandbox.switches
    switches.withheld_patches = frozenset({"a.txt"})
    switches.cut_patches = {"new.py": 2}
    whole, cut = world.get("/pulls/1/files").json()
    assert "patch" not in whole
    assert whole["additions"] == 1
    assert cut["patch"] == "@@ -0,0 +1,2 @@\n+print(1)"
    assert cut["additions"] == 2
    comment = {"path": "a.txt", "line": 20, "body": "b"}
    assert world.review(comment).ok
    switches.comments_on_withheld_patches = False
    assert world.review(comment).status_code == 422


def test_long_patch_is_left_out(world: World) -> None:
    """A patch over the limit of lines is left out."""
    world.sandbox.switches.patch_line_limit = 5
    assert ["patch" in entry for entry in world.get("/pulls/1/files").json()] == [False, True]


@pytest.mark.parametrize(
    ("name", "word"), [("diff_files_limit", "files"), ("diff_lines_limit", "lines")]
)
def test_whole_diff(world: World, name: str, word: str) -> None:
    """The diff as text is git's; a large one is refused."""
    response = world.get("/pulls/1", headers=DIFF)
    assert response.text.startswith("diff --git a/a.txt b/a.txt\nindex ")
    setattr(world.sandbox.switches, name, 1)
    refused = world.get("/pulls/1", headers=DIFF)
    assert refused.status_code == 406
    assert f"exceeded the maximum number of {word} (1)" in refused.json()["message"]
    assert refused.json()["errors"][0]["code"] == "too_large"


def test_pull_requests_by_api(world: World) -> None:
    """A pull request is opened through the API only where the setting allows it, and once."""
    asked = {"title": "T", "head": "feature", "base": "main"}
    refused = world.post("/pulls", asked)
    assert refused.status_code == 403
    assert "not permitted to create or approve" in refused.json()["message"]
    world.sandbox.switches.actions_may_open_pull_requests = True
    again = world.post("/pulls", asked)
    assert again.status_code == 422
    assert "already exists for octo:feature" in again.json()["errors"][0]["message"]
    assert world.call("PATCH", "/pulls/1", {"state": "closed"}).json()["state"] == "closed"
    assert world.post("/pulls", asked).json()["number"] == 2
    numbers = [pull["number"] for pull in world.get("/pulls?state=all").json()]
    assert numbers == [2, 1]
    assert world.get("/pulls?head=octo:feature&base=main").json()[0]["number"] == 2
    bad = world.post("/pulls", {**asked, "base": "none"})
    assert bad.json()["errors"][0]["field"] == "base"


def test_pull_request_from_a_fork(tmp_path: Path, world: World) -> None:
    """A fork in a directory of its own can be the head; its commits are served by the base."""
    path = tmp_path / "fork.git"
    origin = world.pull.repository.store.git_dir
    subprocess.run(["git", "clone", "-q", "--bare", str(origin), str(path)], check=True)
    fork = GitStore(path)
    fork.update_ref("refs/heads/mine", commit(fork, fork.branch("main"), {"same.txt": "mine\n"}))
    world.sandbox.add_repository("ann/demo", path, fork_of="octo/demo")
    pull = world.sandbox.open_pull_request(
        "octo/demo", base="main", head="mine", head_repository="ann/demo", author="ann"
    )
    shown = world.get(f"/pulls/{pull.number}").json()
    assert shown["head"]["label"] == "ann:mine"
    assert shown["head"]["repo"]["fork"] is True
    (entry,) = world.get(f"/pulls/{pull.number}/files").json()
    assert world.get(f"/git/blobs/{entry['sha']}", headers=RAW).text == "mine\n"
    new = world.sandbox.push("ann/demo", "mine", {"same.txt": "again\n"})
    assert world.get(f"/pulls/{pull.number}").json()["head"]["sha"] == new
    pull.head_repository = None
    assert world.get(f"/pulls/{pull.number}").json()["head"]["repo"] is None


def test_pushes_with_git_are_noticed(world: World) -> None:
    """After something was pushed with git itself, syncing moves the head."""
    store = world.pull.repository.store
    new = commit(store, world.pull.head_sha, {"z": "z\n"})
    store.update_ref("refs/heads/feature", new)
    assert world.pull.head_sha != new
    world.sandbox.sync("octo/demo")
    assert world.get("/pulls/1").json()["head"]["sha"] == new


def test_ids_look_like_hashes(world: World) -> None:
    """Hashes are given whole."""
    for entry in world.get("/pulls/1/files").json():
        assert re.fullmatch("[0-9a-f]{40}", entry["sha"])


def test_opening_from_a_fork_and_from_nothing(world: World) -> None:
    """The API opens a pull request from a fork; an unknown fork or no new commit is 422."""
    world.sandbox.switches.actions_may_open_pull_requests = True
    store = world.pull.repository.store
    world.sandbox.add_repository("ann/demo", store.git_dir, fork_of="octo/demo")
    asked = {"title": "T", "base": "main", "body": "B", "draft": True}
    made = world.post("/pulls", {**asked, "head": "ann:feature"})
    assert made.json()["head"]["repo"]["full_name"] == "ann/demo"
    assert made.json()["draft"] is True
    assert world.post("/pulls", {**asked, "head": "eve:feature"}).status_code == 422
    assert world.post("/pulls", {**asked, "head": "main"}).status_code == 422
    assert world.call("PATCH", "/pulls/1", {"state": "gone"}).status_code == 422
    assert world.call("PATCH", "/pulls/1", {"title": "New"}).json()["title"] == "New"


def test_rename_without_git_s_quoting(build: Build) -> None:
    """Names with blanks, quotes, tabs and letters of any script come as they are."""
    names = ["a b.txt", "é.txt", 'q"q.txt', "日本.txt", "t\tt.txt"]
    world = build({"x": "x\n"}, {"plain": "1\n"})
    world.sandbox.push("octo/demo", "feature", dict.fromkeys(names, "1\n"))
    files = world.get("/pulls/1/files").json()
    assert sorted(entry["filename"] for entry in files) == sorted([*names, "plain"])
    assert all(entry["patch"] == "@@ -0,0 +1 @@\n+1" for entry in files)
