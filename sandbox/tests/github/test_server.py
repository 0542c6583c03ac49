"""The server: honesty, authentication, permissions, limits, the log, and failures on demand."""

from __future__ import annotations

import threading
import time
from typing import Any

import aiohttp
import pytest
import requests

from predict_edit_sandbox.github import Fault, Sandbox, run_sandbox_github, serve
from predict_edit_sandbox.github.roles import Role

from .conftest import World, suggestion


def test_says_that_it_is_a_stand_in(world: World) -> None:
    """The root and every answer, refusals included, say that this is not GitHub."""
    for address in ("/", "/api/v3", "/api/v3/"):
        root = requests.get(f"{world.url}{address}", timeout=20)
        assert "stand-in" in root.json()["notice"]
    for response in (root, world.get(""), world.get("/none"), world.get(f"{world.url}/none")):
        assert "stand-in" in response.headers["x-predict-edit-sandbox"]
    assert b"stand-in" in world.get(f"{world.url}/zen").content


def test_starts_quickly() -> None:
    """Starting takes less than 0.3 seconds of work, at best; stopping frees the port."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        with serve(Sandbox()) as url:
            taken.append(time.process_time() - started)
    assert min(taken) < 0.3
    port = int(url.rpartition(":")[2])
    with serve(Sandbox(), port=port) as again:
        assert again == url


def test_taken_port_is_reported() -> None:
    """A port that is taken is an error, not a hang."""
    with serve(Sandbox()) as url:
        second = serve(Sandbox(), port=int(url.rpartition(":")[2]))
        with pytest.raises(OSError, match="address already in use"):
            second.__enter__()


async def test_asynchronous_use() -> None:
    """It can be served from a running event loop."""
    sandbox = Sandbox()
    async with run_sandbox_github(sandbox) as url, aiohttp.ClientSession() as session:
        assert sandbox.base_url == url
        async with session.get(url) as response:
            assert response.status == 200


@pytest.mark.parametrize("header", [None, "Bearer wrong", "sandbox-token", "Basic sandbox-token"])
def test_bad_credentials(world: World, header: str | None) -> None:
    """Without a known token everything is 401."""
    headers = {"Authorization": header} if header else {}
    for address in (f"{world.url}/repos/octo/demo", f"{world.url}/zen", f"{world.url}/none"):
        response = requests.get(address, headers=headers, timeout=20)
        assert response.status_code == 401
        assert response.json()["message"] == "Bad credentials"


def test_user_of_an_actions_token(world: World) -> None:
    """The token of a job may not ask who it is; a person's may."""
    refused = world.get(f"{world.url}/user")
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    world.sandbox.add_token("person", login="ada")
    told = world.get(f"{world.url}/user", headers={"Authorization": "token person"})
    assert told.json()["login"] == "ada"
    assert world.get(f"{world.url}/users/ada").json()["type"] == "User"


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("POST", "/issues/1/comments", "pull_requests=write; issues=write"),
        ("POST", "/pulls/1/reviews", "pull_requests=write"),
        ("GET", "/contents/a.txt", "contents=read"),
        ("GET", "/pulls/1/files", "pull_requests=read"),
    ],
)
def test_missing_permission(world: World, method: str, path: str, permission: str) -> None:
    """Without its permission an endpoint is 403 and says which one it wants."""
    world.sandbox.add_token("sandbox-token", permissions={})
    response = world.call(method, path, {"body": "x"} if method == "POST" else None)
    assert response.status_code == 403
    assert response.json()["message"] == "Resource not accessible by integration"
    assert response.headers["x-accepted-github-permissions"] == permission


@pytest.mark.parametrize("granted", ["issues", "pull_requests"])
def test_either_permission_writes_comments(world: World, granted: str) -> None:
    """Comments on pull requests take either of two permissions."""
    world.sandbox.add_token("sandbox-token", permissions={granted: "write"})
    assert world.post("/issues/1/comments", {"body": "x"}).status_code == 201


@pytest.mark.parametrize(
    ("role", "permission", "name"),
    [
        (Role.ADMIN, "admin", "admin"),
        (Role.MAINTAIN, "write", "maintain"),
        (Role.WRITE, "write", "write"),
        (Role.TRIAGE, "read", "triage"),
        (Role.READ, "read", "read"),
        (Role.NONE, "none", "none"),
    ],
)
def test_roles(world: World, role: Role, permission: str, name: str) -> None:
    """The older field knows four words, the newer one all roles."""
    world.sandbox.set_role("octo/demo", "bob", role)
    shown = world.get("/collaborators/bob/permission").json()
    assert (shown["permission"], shown["role_name"]) == (permission, name)


def test_strangers(world: World) -> None:
    """A stranger may read what is public and nothing else; an unknown name is 404."""
    world.sandbox.user("stranger")
    path = "/collaborators/stranger/permission"
    assert world.get(path).json()["permission"] == "read"
    world.pull.repository.private = True
    assert world.get(path).json()["permission"] == "none"
    assert world.get("/collaborators/nobody/permission").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b"{}", 422), (b'{"body": 3}', 422), (b'{"body": " "}', 422)],
)
def test_unreadable_bodies(world: World, body: bytes, status: int) -> None:
    """A body that is not a JSON object is 400, one of the wrong shape 422."""
    address = f"{world.url}/repos/octo/demo/issues/1/comments"
    assert world.session.post(address, data=body, timeout=20).status_code == status


def test_primary_limit(world: World) -> None:
    """Headers count down, and at the end of the hour's requests everything is 403."""
    world.sandbox.switches.requests_per_hour = 3
    left = [world.get("").headers["x-ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = world.get("")
    assert refused.status_code == 403
    assert "rate limit" in refused.json()["message"]
    assert int(refused.headers["x-ratelimit-reset"]) > time.time()
    assert world.get(f"{world.url}/rate_limit").json()["resources"]["core"]["remaining"] == 0


def test_secondary_limit(world: World) -> None:
    """By a switch creating content is limited, and the answer says when to come back."""
    world.sandbox.switches.content_creations = 1
    assert world.review(suggestion(20, "x")).ok
    refused = world.post("/issues/1/comments", {"body": "x"})
    assert refused.status_code == 403
    assert "blocked from content creation" in refused.json()["message"]
    assert refused.headers["retry-after"] == "60"
    assert world.get("").ok


def test_both_prefixes(world: World) -> None:
    """Below /api/v3 the addresses inside the answers stay below it."""
    shown = world.get(f"{world.url}/api/v3/repos/octo/demo/pulls/1").json()
    assert shown["url"] == f"{world.url}/api/v3/repos/octo/demo/pulls/1"
    assert shown["html_url"] == f"{world.url}/octo/demo/pull/1"
    assert world.get(shown["url"]).json() == shown
    assert world.sandbox.log.requests[-1].path == "/repos/octo/demo/pulls/1"


def test_log(world: World) -> None:
    """Every request is in the log with what was sent and what came back."""
    made = world.post("/issues/1/comments", {"body": "Hello"})
    world.get("/pulls/1/files?per_page=5")
    first, second = world.sandbox.log.requests
    assert (first.index, first.method, first.path) == (
        1,
        "POST",
        "/repos/octo/demo/issues/1/comments",
    )
    assert (first.body, first.status, first.performed) == ({"body": "Hello"}, 201, True)
    assert first.response_bytes == len(made.content)
    assert first.login == "github-actions[bot]"
    assert (first.writes, second.writes) == (True, False)
    assert second.query == {"per_page": "5"}
    assert world.sandbox.log.matching("GET", "/files") == [second]
    world.sandbox.log.clear()
    assert world.sandbox.log.requests == []


def test_requests_in_flight(world: World) -> None:
    """The log knows how many requests were under way at once."""
    world.sandbox.switches.latency = 0.3
    threads = [threading.Thread(target=requests.get, args=(f"{world.url}/zen",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.sandbox.log.most_in_flight >= 2
    assert world.sandbox.log.in_flight == 0


def test_fault_instead(world: World) -> None:
    """A planned answer comes instead of the real one, once, and nothing is done."""
    world.sandbox.faults.add(Fault(method="POST", status=503, headers={"retry-after": "1"}))
    refused = world.post("/issues/1/comments", {"body": "x"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert world.pull.comments == []
    assert world.post("/issues/1/comments", {"body": "x"}).status_code == 201
    assert world.sandbox.log.requests[0].fault == "503 instead"


def test_fault_after(world: World) -> None:
    """A 502 after success: the review is there although the answer says otherwise."""
    world.sandbox.faults.add(Fault(path=r".*/reviews", status=502, when="after", body="<html>"))
    response = world.review(suggestion(20, "x"))
    assert (response.status_code, response.text) == (502, "<html>")
    assert len(world.pull.reviews) == 1
    assert world.sandbox.log.requests[0].performed is True


@pytest.mark.parametrize(("when", "comments"), [("instead", 0), ("after", 1)])
def test_broken_connection(world: World, when: Any, comments: int) -> None:
    """The connection breaks before or after the deed."""
    world.sandbox.faults.add(Fault(method="POST", nth=1, drop=True, when=when))
    with pytest.raises(requests.ConnectionError):
        world.post("/issues/1/comments", {"body": "x"})
    assert len(world.pull.comments) == comments
    assert world.sandbox.log.requests[0].status is None
    assert world.get("").ok


def test_nth_and_times(world: World) -> None:
    """A fault acts on the requests it was planned for and on no others."""
    fault = world.sandbox.faults.add(Fault(path=r"/zen", nth=2, times=2, status=500))
    forever = world.sandbox.faults.add(Fault(containing="needle", times=None, status=418))
    codes = [world.get(f"{world.url}/zen").status_code for _ in range(4)]
    assert codes == [200, 500, 500, 200]
    assert (fault.seen, forever.seen) == (4, 0)
    for _ in range(2):
        assert world.post("/issues/1/comments", {"body": "a needle"}).status_code == 418
    world.sandbox.faults.clear()
    assert world.post("/issues/1/comments", {"body": "a needle"}).status_code == 201


def test_fault_that_acts(world: World) -> None:
    """Something can happen at a chosen moment, such as a push between two requests."""
    old = world.pull.head_sha
    world.sandbox.faults.add(
        Fault(
            path=r".*/files",
            when="after",
            act=lambda: world.sandbox.push("octo/demo", "feature", {"z": "z\n"}),
        )
    )
    names = [entry["filename"] for entry in world.get("/pulls/1/files").json()]
    assert "z" not in names
    assert world.pull.head_sha != old


def test_delay(world: World) -> None:
    """A request can be made slow."""
    world.sandbox.faults.add(Fault(delay=0.2))
    started = time.monotonic()
    assert world.get("").ok
    assert time.monotonic() - started >= 0.2
    assert world.sandbox.log.requests[0].seconds >= 0.2


def test_requests_are_fast(world: World) -> None:
    """Once read, what git holds is answered with a few milliseconds of work."""
    paths = ["/pulls/1", "/pulls/1/files", "/collaborators/ada/permission"]
    for path in paths:
        assert world.get(path).ok
    started = time.process_time()
    for path in paths * 10:
        assert world.get(path).ok
    # The client's work is counted too.
    assert (time.process_time() - started) / (len(paths) * 10) < 0.02


async def test_defects_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of the stand-in is a 500 that says so and is kept for the test to see."""
    sandbox = Sandbox()

    def broken(_header: str | None) -> Any:
        """Fail unexpectedly."""
        raise RuntimeError("broken")

    monkeypatch.setattr(sandbox, "authenticate", broken)
    async with (
        run_sandbox_github(sandbox) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/zen") as response,
    ):
        assert response.status == 500
        assert "defect" in (await response.json())["message"]
    assert len(sandbox.defects) == 1
