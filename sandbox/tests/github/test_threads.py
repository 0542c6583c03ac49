"""Threads and reviews while the head moves."""

from __future__ import annotations

import requests

from .conftest import CHANGED, NUMBERED, World, suggestion


def sentences(response: requests.Response) -> list[str]:
    """What a 422 says."""
    assert response.status_code == 422
    found: list[str] = response.json()["errors"]
    return found


def test_moved_head(world: World) -> None:
    """A commit that was the head once is accepted; lines only its diff had are refused."""
    old = world.pull.head_sha
    world.sandbox.push("octo/demo", "feature", {"a.txt": NUMBERED.replace("line 20\n", "20\n")})
    assert world.pull.head_sha != old
    assert world.review(suggestion(20, "x"), commit_id=old).status_code == 200
    assert sentences(world.review(suggestion(32, "x"), commit_id=old)) == [
        "Line could not be resolved"
    ]
    world.sandbox.switches.stale_lines_refused = False
    assert world.review(suggestion(32, "x"), commit_id=old).status_code == 200


def test_outdated_lines_are_null(world: World) -> None:
    """A thread follows its lines while they are unchanged and has none once they changed."""
    assert world.review(suggestion(20, "x"), suggestion(29, "y")).ok
    longer = "zero\n" + CHANGED.replace("line 29\n", "line 29!\n")
    world.sandbox.push("octo/demo", "feature", {"a.txt": longer})
    moved, changed = world.get("/pulls/1/comments").json()
    assert (moved["line"], moved["original_line"]) == (21, 20)
    assert (changed["line"], changed["position"], changed["original_line"]) == (None, None, 29)
    assert changed["commit_id"] == changed["original_commit_id"]


def test_forced_push_re_points_reviews(world: World) -> None:
    """After a forced push a review names the new head and its comments keep the old one."""
    assert world.review(suggestion(20, "x")).ok
    old = world.pull.head_sha
    store = world.pull.repository.store
    base = store.branch("main")
    new = store.write_commit(
        base, {"b.txt": b"b\n"}, message="m", author=("a", "b@c"), date="1700000001 +0000"
    )
    world.sandbox.move_branch("octo/demo", "feature", new)
    assert world.get("/pulls/1/reviews").json()[0]["commit_id"] == new
    assert world.get("/pulls/1/comments").json()[0]["original_commit_id"] == old


def test_path_gone_from_today_s_diff(world: World) -> None:
    """A path that only an older commit's diff had is refused."""
    old = world.pull.head_sha
    world.sandbox.push("octo/demo", "feature", {"a.txt": NUMBERED})
    assert sentences(world.review(suggestion(20, "x"), commit_id=old)) == [
        "Path could not be resolved"
    ]
