"""Answers without an end: bodies, pages and requests."""

from __future__ import annotations

import itertools
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from predict_edit.domain.errors import ForgeAnswerInvalid
from predict_edit.github import client
from predict_edit.github.host import GitHubHost

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub, MakeForge, MakeServer, Received

MEBIBYTE = 1 << 20


async def flood(received: Received, response: web.StreamResponse, piece: bytes) -> None:
    """Send until the client hangs up, and leave nothing open."""
    await response.prepare(received.request)
    try:
        while True:
            await response.write(piece)
    except ConnectionError:
        pass
    finally:
        if received.request.transport is not None:
            received.request.transport.abort()


async def endless(received: Received) -> web.StreamResponse:
    """Send brackets as fast as they are taken."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await flood(received, response, b"[" * MEBIBYTE)
    return response


async def packed(_: Received) -> web.StreamResponse:
    """Send what unfolds to far more."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    # Packed in pieces, as memory is measured meanwhile.
    packer = zlib.compressobj(level=1, wbits=31)
    pieces = [b'"', *[b"x" * MEBIBYTE] * 150, b'"']
    body = b"".join([*map(packer.compress, pieces), packer.flush()])
    return web.Response(status=422, body=body, headers=headers)


async def trickle(received: Received) -> web.StreamResponse:
    """Send a byte now and then, so that no pause is a long one."""
    response = web.StreamResponse()
    await flood(received, response, b" ")
    return response


@pytest.mark.parametrize("handler", [endless, packed, trickle])
async def test_a_body_without_an_end_is_given_up(
    github: FakeGitHub, forge: GitHubHost, monkeypatch: pytest.MonkeyPatch, handler: Any
) -> None:
    """Its size is that of what it unfolds to, and a slow one has no longer time than a fast one."""
    if handler is trickle:
        monkeypatch.setattr(client, "MOST_SECONDS", 0.3)
    github.on("GET", "pulls/7", handler=handler)
    tracemalloc.start()
    try:
        with pytest.raises(ForgeAnswerInvalid, match="no end within 32 MiB"):
            await forge.pull_request(7)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * client.MOST_BYTES
    assert len(github.received) == 1


async def test_a_redirect_is_not_read(github: FakeGitHub, forge: GitHubHost) -> None:
    """Only its address counts, whatever it says besides."""

    async def moved(received: Received) -> web.StreamResponse:
        response = web.StreamResponse(status=302, headers={"Location": "https://x.example/"})
        await flood(received, response, b"x" * MEBIBYTE)
        return response

    github.on("GET", "pulls/7", handler=moved)
    with pytest.raises(ForgeAnswerInvalid, match="redirect"):
        await forge.pull_request(7)


def more(number: int) -> dict[str, Any]:
    """A page that says that there is another one."""
    return {"pageInfo": {"hasNextPage": True, "endCursor": str(number)}, "nodes": []}


async def test_pages_of_graphql_have_an_end(github: FakeGitHub, forge: GitHubHost) -> None:
    """A conversation and threads that go on for ever are an error, not a run without an end."""
    numbers = itertools.count()

    async def page(received: Received) -> web.StreamResponse:
        number = next(numbers)
        lists = {"comments": more(number), "reviews": more(number), "reviewThreads": more(number)}
        return web.json_response({"data": {"repository": {"pullRequest": lists}}})

    github.on_graphql(handler=page)
    with pytest.raises(ForgeAnswerInvalid, match="more than 100 pages"):
        await forge.conversation(7)
    with pytest.raises(ForgeAnswerInvalid, match="more than 100 pages"):
        await forge.threads(7)

    assert len(github.received) == 200


@pytest.mark.parametrize(
    "link",
    [
        '<https://x.example/?page=2>; rel="next"',
        '<https://x.example/?page=999999>; rel="last"',
        "",
    ],
)
async def test_pages_of_lists_have_an_end(github: FakeGitHub, forge: GitHubHost, link: str) -> None:
    """Whether GitHub names the next page, the last one, or only sends full pages."""
    numbers = itertools.count()

    async def page(_: Received) -> web.StreamResponse:
        entries = [{"filename": f"{next(numbers)}.py", "status": "added"} for _ in range(100)]
        return web.json_response(entries, headers={"Link": link} if link else None)

    github.on("GET", "pulls/7/files", handler=page)
    assert len(await forge.changed_files(7)) == 3_000
    assert len(github.received) == 30


async def test_a_long_link_header_is_quick(github: FakeGitHub, forge: GitHubHost) -> None:
    """What a header may be long is read in steps that do not grow with its square."""
    github.on("GET", "pulls/7/files", [], headers={"Link": "?page=1" * 1_100})
    assert await forge.changed_files(7) == ()


async def test_a_run_has_an_end(
    github: FakeGitHub, forge: GitHubHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders within folders without an end stop at the run's most requests."""
    monkeypatch.setattr(client, "MOST_REQUESTS", 40)
    entry = {"path": "d", "mode": "040000", "type": "tree", "sha": "a"}

    async def tree(received: Received) -> web.StreamResponse:
        whole = "recursive" in received.query
        return web.json_response({"truncated": whole, "tree": [entry]})

    github.on("GET", "git/trees/a", handler=tree)
    with pytest.raises(ForgeAnswerInvalid, match="no end after 40 requests"):
        await forge.tree("a")
    assert forge.requests == 40


async def test_nothing_for_this_machine_goes_through_a_proxy(
    github: FakeGitHub,
    make_server: MakeServer,
    make_forge: MakeForge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The proxy would have the token in the clear."""
    proxy = await make_server()
    monkeypatch.setenv("no_proxy", "elsewhere.example")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.origin)
    github.on("GET", "collaborators/mona/permission", {"permission": "admin"})
    await make_forge().role_of("mona")
    assert len(github.received) == 1
    assert proxy.received == []
