"""Serves the offline GitHub over HTTP on this machine, with aiohttp.

The API stands at the root, as on github.com's ``api.`` host, and under ``/api/v3`` with
``/api/graphql``, as on an Enterprise Server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

from predict_edit_sandbox.github.dispatch import (
    NOTICE,
    ROUTES,
    UNKNOWN,
    Request,
    faulty,
    parse_body,
    perform,
)
from predict_edit_sandbox.github.exchange import Reply, Route
from predict_edit_sandbox.github.faults import Fault
from predict_edit_sandbox.github.requestlog import LoggedRequest
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.urls import Urls
from predict_edit_sandbox.shutdown import shut_down

LOG = logging.getLogger(__name__)
ENTERPRISE = "/api/v3"
_BODY_LIMIT = 128 * 1024 * 1024
_START_SECONDS = 10.0
AiohttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(state: State) -> web.Application:
    """The aiohttp application that answers for a state."""
    app = web.Application(client_max_size=_BODY_LIMIT)
    for prefix in ("", ENTERPRISE):
        for path in ("/", "") if prefix else ("/",):
            app.router.add_get(prefix + path, _about)
        for route in ROUTES:
            where = "/api" if prefix and route.path == "/graphql" else prefix
            app.router.add_route(route.method, where + route.path, _handler(state, route))
    app.router.add_route("*", UNKNOWN.path, _handler(state, UNKNOWN))
    return app


async def _about(request: web.Request) -> web.Response:
    """Say what this is; needs no token."""
    api = f"{request.scheme}://{request.host}{request.path.rstrip('/')}"
    about = {
        "notice": f"This is {NOTICE}.",
        "repository_url": f"{api}/repos/{{owner}}/{{repo}}",
        "rate_limit_url": f"{api}/rate_limit",
    }
    return web.json_response(about, headers={"x-predict-edit-sandbox": NOTICE})


def _request(raw: web.Request, body: bytes) -> Request:
    """Take what is needed out of aiohttp's request."""
    html = f"{raw.scheme}://{raw.host}"
    path = raw.path
    enterprise = path.startswith((f"{ENTERPRISE}/", "/api/graphql"))
    if enterprise:
        path = path.removeprefix(ENTERPRISE if path.startswith(ENTERPRISE) else "/api")
    return Request(
        method=raw.method,
        path=path,
        url=f"{html}{raw.rel_url.raw_path}",
        urls=Urls(api=html + ENTERPRISE if enterprise else html, html=html),
        params=dict(raw.match_info),
        query=dict(raw.query),
        headers={name.lower(): value for name, value in raw.headers.items()},
        body=body,
    )


def _log(state: State, request: Request) -> LoggedRequest:
    """Begin the log's entry of a request."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    token = state.tokens.get(value.strip()) if scheme else None
    state.log.in_flight += 1
    entry = LoggedRequest(
        index=len(state.log.requests) + 1,
        method=request.method,
        path=request.path,
        query=dict(request.query),
        body=parse_body(request.body),
        request_bytes=len(request.body),
        login=token.user.login if token else None,
        in_flight=state.log.in_flight,
        started=time.monotonic(),
    )
    state.log.requests.append(entry)
    return entry


def _handler(state: State, route: Route) -> AiohttpHandler:
    """The aiohttp handler of a route."""

    async def handle(raw: web.Request) -> web.StreamResponse:
        """Log, perform, answer."""
        request = _request(raw, await raw.read())
        with state.lock:
            entry = _log(state, request)
            fault = state.faults.meet(request.method, request.path, request.body)
        try:
            reply = await _answered(state, request, route, fault, entry)
            if fault and fault.drop and raw.transport:
                raw.transport.abort()
            else:
                entry.status = reply.status
            data = _encoded(reply)
            entry.response_bytes = len(data)
            headers = {**reply.headers, "content-type": reply.media_type}
            return web.Response(status=reply.status, body=data, headers=headers)
        finally:
            entry.seconds = time.monotonic() - entry.started
            state.log.in_flight -= 1

    return handle


async def _answered(
    state: State, request: Request, route: Route, fault: Fault | None, entry: LoggedRequest
) -> Reply:
    """Perform a request with its fault, if it has one."""
    if state.switches.latency:
        await asyncio.sleep(state.switches.latency)
    if fault and fault.delay:
        await asyncio.sleep(fault.delay)
    reply: Reply | None = None
    with state.lock:
        if fault:
            entry.fault = fault.summary
            if fault.act and fault.when == "instead":
                fault.act()
        if not (fault and fault.stops):
            reply = _performed(state, request, route)
            entry.performed = reply.status < web.HTTPBadRequest.status_code
            if fault and fault.act and fault.when == "after":
                fault.act()
        if reply is None or (fault and fault.status is not None):
            assert fault is not None
            reply = faulty(state, request, fault)
    return reply


def _performed(state: State, request: Request, route: Route) -> Reply:
    """Perform a request; a defect of the stand-in is kept for the tests and answered with 500."""
    try:
        return perform(state, request, route)
    except Exception as defect:
        LOG.exception("The stand-in for GitHub has a defect")
        state.defects.append(defect)
        return Reply(status=500, json={"message": f"The stand-in has a defect: {defect!r}"})


def _encoded(reply: Reply) -> bytes:
    """The bytes of an answer."""
    if reply.data is not None:
        return reply.data
    return b"" if reply.json is None else json.dumps(reply.json, ensure_ascii=False).encode()


@contextlib.asynccontextmanager
async def run_sandbox_github(
    state: State, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve until the block ends; yields the base address, without a last slash."""
    runner = web.AppRunner(application(state), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound: Any = runner.addresses[0]
        state.base_url = f"http://{host}:{bound[1]}"
        yield state.base_url
    finally:
        await shut_down(runner)


@contextlib.contextmanager
def serve(state: State, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve from a thread, for callers that are not asynchronous; yields the base address.

    Raises:
        OSError: the port is taken.
    """
    ready: threading.Event = threading.Event()
    outcome: list[str | OSError] = []
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def main() -> None:
        """Serve until stopped."""
        async with run_sandbox_github(state, host=host, port=port) as url:
            outcome.append(url)
            ready.set()
            await stopped.wait()

    def work() -> None:
        try:
            with contextlib.closing(loop):
                loop.run_until_complete(main())
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
        except OSError as failed:
            outcome.append(failed)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="sandbox-github", daemon=True)
    thread.start()
    ready.wait(_START_SECONDS)
    started = outcome[0] if outcome else OSError("The stand-in for GitHub did not start")
    if isinstance(started, OSError):
        raise started
    try:
        yield started
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
