"""A GitHub on loopback that answers as scripted and records its requests."""

from __future__ import annotations

import asyncio
import base64
import collections
import dataclasses
import hashlib
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol, Self

import pytest
from aiohttp import web

from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit_sandbox.shutdown import shut_down

REPOSITORY = "octo/demo"
TOKEN = "ghs_made_up_for_the_tests_0123456789"
PULL: dict[str, Any] = {
    "number": 7,
    "state": "open",
    "title": "A title",
    "html_url": "https://github.com/octo/demo/pull/7",
    "changed_files": 3,
    "head": {"ref": "topic", "sha": "a" * 40, "repo": {"full_name": "fork/demo"}},
    "base": {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "octo/demo"}},
}

Handler = Callable[["Received"], Awaitable[web.StreamResponse]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Received:
    """One request as the server saw it."""

    method: str
    path: str
    """Percent-encoded, without query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    text: str
    connection: object
    request: web.Request = dataclasses.field(repr=False)

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


class FakeGitHub:
    """Answers each method and path as scripted; the last answer stays."""

    def __init__(
        self,
        prefix: str = "",
        graphql_path: str = "/graphql",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.prefix = prefix
        self.tls = tls
        self.graphql_path = graphql_path
        self.received: list[Received] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.port = 0
        self._script: dict[tuple[str, str], collections.deque[Handler]] = {}
        self._end = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """What ``GITHUB_API_URL`` would be."""
        return self.origin + self.prefix

    async def start(self) -> Self:
        """Listen on a free port."""
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{anything:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Release hanging requests and close."""
        self._end.set()
        assert self._runner
        await shut_down(self._runner)

    def on(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        text: str | None = None,
        content_type: str = "application/json",
        handler: Handler | None = None,
    ) -> Self:
        """Script the next answer for a path below the repository, or from ``/`` where it starts so.

        ``text`` is sent as it is, ``data`` as JSON.
        """

        async def answer(_: Received) -> web.StreamResponse:
            body = "" if status == 204 else text if text is not None else json.dumps(data)
            return web.Response(
                status=status, text=body, headers=headers, content_type=content_type
            )

        full = path if path.startswith("/") else f"/repos/{REPOSITORY}/{path}"
        queue = self._script.setdefault((method, self.prefix + full), collections.deque())
        queue.append(handler or answer)
        return self

    def on_graphql(
        self,
        data: Any = None,
        *,
        errors: Any = None,
        handler: Handler | None = None,
        status: int = 200,
    ) -> Self:
        """Script the next GraphQL answer."""
        body = {"data": data} | ({"errors": errors} if errors is not None else {})

        async def answer(_: Received) -> web.StreamResponse:
            return web.json_response(body, status=status)

        queue = self._script.setdefault(("POST", self.graphql_path), collections.deque())
        queue.append(handler or answer)
        return self

    async def hang(self, _: Received) -> web.StreamResponse:
        """Never answer."""
        await self._end.wait()
        return web.Response()

    async def hang_up(self, received: Received) -> web.StreamResponse:
        """Close the connection instead of answering."""
        assert received.request.transport
        received.request.transport.close()
        return web.Response()

    @staticmethod
    def together(count: int, handler: Handler) -> Handler:
        """The first ``count`` requests are answered only when all of them have arrived."""
        barrier = asyncio.Barrier(count)
        arrivals = itertools.count(1)

        async def wait(received: Received) -> web.StreamResponse:
            if next(arrivals) <= count:
                await barrier.wait()
            return await handler(received)

        return wait

    def asked(self, method: str | None = None, ending: str = "") -> list[Received]:
        """The requests of a method whose path ends so."""
        return [
            received
            for received in self.received
            if method in {None, received.method} and received.path.endswith(ending)
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Record a request and give the next scripted answer."""
        received = Received(
            method=request.method,
            path=request.rel_url.raw_path,
            query=dict(request.query),
            headers=dict(request.headers),
            text=await request.text(),
            connection=request.transport and request.transport.get_extra_info("peername"),
            request=request,
        )
        self.received.append(received)
        queue = self._script.get((received.method, received.path))
        if not queue:
            return web.json_response({"message": "Not Found"}, status=404)
        handler = queue.popleft() if len(queue) > 1 else queue[0]
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await handler(received)
        finally:
            self.in_flight -= 1


class MakeServer(Protocol):
    """Starts another server; it is stopped at the end of the test."""

    async def __call__(
        self,
        *,
        prefix: str = "",
        graphql_path: str = "/graphql",
        tls: ssl.SSLContext | None = None,
    ) -> FakeGitHub:
        """Make one."""


class MakeForge(Protocol):
    """Makes a forge that talks to the fake GitHub; it is closed at the end of the test.

    It never sleeps: what it would have slept stands in ``naps``.
    """

    naps: list[float]

    def __call__(self, server: FakeGitHub | None = None, **options: Any) -> GitHubHost:
        """Make one."""


@pytest.fixture
async def make_server() -> AsyncIterator[MakeServer]:
    """A maker of further servers."""
    servers: list[FakeGitHub] = []

    async def make(
        *, prefix: str = "", graphql_path: str = "/graphql", tls: ssl.SSLContext | None = None
    ) -> FakeGitHub:
        servers.append(FakeGitHub(prefix, graphql_path, tls))
        return await servers[-1].start()

    yield make
    for server in servers:
        await server.stop()


@pytest.fixture
async def github(make_server: MakeServer) -> FakeGitHub:
    """A server at the addresses of github.com."""
    return await make_server()


@pytest.fixture
async def make_forge(github: FakeGitHub) -> AsyncIterator[MakeForge]:
    """A maker of forges with other settings."""
    forges: list[GitHubHost] = []
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0)

    def make(server: FakeGitHub | None = None, **options: Any) -> GitHubHost:
        where = server or github
        settings: dict[str, Any] = {
            "repository": REPOSITORY,
            "token": TOKEN,
            "api_url": where.api_url,
            "sleep": sleep,
        }
        forges.append(GitHubHost(Client(**settings | options)))
        return forges[-1]

    make.naps = naps  # type: ignore[attr-defined]
    yield make  # type: ignore[misc]
    for forge in forges:
        await forge.aclose()


@pytest.fixture
def forge(make_forge: MakeForge) -> GitHubHost:
    """A forge with everything as usual."""
    return make_forge()


class Files:
    """A commit's files, served over GraphQL and as blobs as GitHub does."""

    commit = "c" * 40

    def __init__(self, files: Mapping[str, tuple[int, bytes]]) -> None:
        self.files = dict(files)

    @staticmethod
    def sha(data: bytes) -> str:
        """The object id of a blob."""
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    def graphql_entry(self, path: str) -> dict[str, Any] | None:
        """The tree entry as GitHub would send it; text loses a byte-order mark and bad bytes."""
        if path not in self.files:
            return None
        mode, data = self.files[path]
        binary = b"\0" in data
        return {
            "mode": mode,
            "type": "commit" if mode == 0o160000 else "blob",
            "oid": self.sha(data),
            "object": None
            if mode == 0o160000
            else {
                "__typename": "Blob",
                "byteSize": len(data),
                "isBinary": binary,
                "isTruncated": False,
                "text": None if binary else data.decode("utf-8", "replace").removeprefix("\N{BOM}"),
            },
        }

    async def graphql(self, received: Received) -> web.StreamResponse:
        """Answer the query for files."""
        variables = received.json["variables"]
        assert variables["commit"] == self.commit
        fields = {
            f"f{name[1:]}": self.graphql_entry(path)
            for name, path in variables.items()
            if name[1:].isdigit()
        }
        commit = {"__typename": "Commit", **fields}
        return web.json_response({"data": {"repository": {"object": commit}}})

    def serve_blobs(self, github: FakeGitHub) -> None:
        """Serve every blob over REST, with GitHub's line breaks in base64."""
        for _, data in self.files.values():
            github.on(
                "GET",
                f"git/blobs/{self.sha(data)}",
                {
                    "sha": self.sha(data),
                    "size": len(data),
                    "encoding": "base64",
                    "content": base64.encodebytes(data).decode(),
                },
            )


@pytest.fixture
def make_files() -> type[Files]:
    """The class of commits to serve."""
    return Files
