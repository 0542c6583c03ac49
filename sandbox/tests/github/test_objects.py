"""Contents, blobs, trees, refs and comparisons."""

from __future__ import annotations

import base64
from pathlib import Path

from .conftest import CHANGED, Build, World, commit

RAW = {"Accept": "application/vnd.github.raw+json"}


def test_contents(build: Build) -> None:
    """Contents come as base64 or raw, byte for byte, and large ones raw only."""
    data = b"\xef\xbb\xbf\xff\r\n\x00end"
    world = build({"dir/a b+ü.bin": data}, {"x": "x\n"})
    path = "/contents/dir/a%20b%2B%C3%BC.bin"
    shown = world.get(path).json()
    assert base64.b64decode(shown["content"]) == data
    assert shown["path"] == "dir/a b+ü.bin"
    assert world.get(path, headers=RAW).content == data
    assert world.get(shown["url"]).json()["sha"] == shown["sha"]
    assert [item["type"] for item in world.get("/contents/dir").json()] == ["file"]
    assert [item["path"] for item in world.get("/contents/").json()] == ["dir"]
    assert world.get("/contents/x").status_code == 404
    assert world.get("/contents/x?ref=feature").status_code == 200
    assert world.get("/contents/x?ref=nothing").status_code == 404
    world.sandbox.switches.contents_limit = 3
    large = world.get(path).json()
    assert (large["encoding"], large["content"]) == ("none", "")


def test_blobs_and_trees(world: World) -> None:
    """Blobs come by hash, base64 or raw; a tree too large is truncated and says so."""
    sha = world.sandbox.files(world.pull)["a.txt"].new_sha
    assert base64.b64decode(world.get(f"/git/blobs/{sha}").json()["content"]) == CHANGED.encode()
    assert world.get(f"/git/blobs/{sha}", headers=RAW).text == CHANGED
    assert world.get(f"/git/blobs/{'0' * 40}").status_code == 404
    assert world.get("/git/blobs/short").status_code == 422
    world.sandbox.switches.tree_limit = 1
    tree = world.get(f"/git/trees/{world.pull.head_sha}?recursive=1").json()
    assert (tree["truncated"], len(tree["tree"])) == (True, 1)
    assert world.get("/git/trees/nothing").status_code == 404


def test_branch_names_with_slashes(world: World) -> None:
    """Branches with a slash are found, written plainly or encoded."""
    store = world.pull.repository.store
    store.update_ref("refs/heads/fix/one", world.pull.head_sha)
    for name in ("fix/one", "fix%2Fone"):
        assert world.get(f"/branches/{name}").json()["commit"]["sha"] == world.pull.head_sha
    assert world.get("/branches/none").status_code == 404


def test_refs_are_written(world: World) -> None:
    """Refs are made, moved forward, forced and removed with the right permission only."""
    head, base = world.pull.head_sha, world.pull.base_sha
    asked = {"ref": "refs/heads/new", "sha": base}
    assert world.post("/git/refs", asked).status_code == 403
    world.sandbox.add_token("sandbox-token", permissions={"contents": "write"})
    assert world.post("/git/refs", asked).status_code == 201
    assert world.post("/git/refs", asked).status_code == 422
    move = world.call("PATCH", "/git/refs/heads/new", {"sha": head})
    assert move.json()["object"]["sha"] == head
    assert world.call("PATCH", "/git/refs/heads/new", {"sha": base}).status_code == 422
    forced = world.call("PATCH", "/git/refs/heads/new", {"sha": base, "force": True})
    assert forced.status_code == 200
    assert world.call("DELETE", "/git/refs/heads/new").status_code == 204
    assert world.get("/git/ref/heads/new").status_code == 404


def test_compare(world: World) -> None:
    """Comparing says who is ahead and gives the merge base."""
    ahead = world.get("/compare/main...feature").json()
    assert (ahead["status"], ahead["ahead_by"], ahead["behind_by"]) == ("ahead", 1, 0)
    assert ahead["merge_base_commit"]["sha"] == world.pull.base_sha
    assert world.get("/compare/feature...main").json()["status"] == "behind"
    assert world.get("/compare/main...main").json()["status"] == "identical"
    assert world.get("/compare/main...none").status_code == 404


def test_links_are_followed(tmp_path: Path, build: Build) -> None:
    """Contents of a link are those of its target, also through a parent folder."""
    world = build({"x/y": "x\n", "z": "z\n"}, {"z": "zz\n"})
    store = world.pull.repository.store
    link = store.run("hash-object", "-w", "--stdin", data=b"../z").decode().strip()
    index = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    store.run("read-tree", "feature", extra=index)
    store.run("update-index", "--index-info", data=f"120000 {link}\tx/l\n".encode(), extra=index)
    tree = store.run("write-tree", extra=index).decode().strip()
    assert world.get(f"/git/trees/{tree}?recursive=1").ok
    who = {f"GIT_{role}_NAME": "x" for role in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{role}_EMAIL": "x" for role in ("AUTHOR", "COMMITTER")}
    sha = store.run("commit-tree", tree, data=b"m", extra=who).decode().strip()
    shown = world.get(f"/contents/x/l?ref={sha}").json()
    assert (shown["type"], shown["path"]) == ("file", "z")


def test_refused_refs(world: World) -> None:
    """Refs with bad names or unknown objects are 422."""
    world.sandbox.add_token("sandbox-token", permissions={"contents": "write"})
    head = world.pull.head_sha
    for name, sha in (("heads/x", head), ("refs/x", head), ("refs/heads/x", "f" * 40)):
        assert world.post("/git/refs", {"ref": name, "sha": sha}).status_code == 422
    assert world.call("PATCH", "/git/refs/heads/none", {"sha": head}).status_code == 422
    assert world.call("PATCH", "/git/refs/heads/main", {"sha": "f" * 40}).status_code == 422
    assert world.call("DELETE", "/git/refs/heads/none").status_code == 422


def test_unrelated_histories_and_odd_comparisons(world: World) -> None:
    """Commits without a common ancestor cannot be compared; two dots are not a comparison."""
    store = world.pull.repository.store
    store.update_ref("refs/heads/alone", commit(store, None, {"o": "o\n"}))
    assert world.get("/compare/main...alone").status_code == 404
    assert world.get("/compare/main..feature").status_code == 404
    assert world.get(f"/git/commits/{'f' * 40}").status_code == 404
