"""From a request to an answer, without HTTP: authenticate, limit, check permissions, perform."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.github import (
    graphql,
    routes_commits,
    routes_issues,
    routes_objects,
    routes_pulls,
    routes_refs,
    routes_reviews,
    routes_scanning,
)
from predict_edit_sandbox.github.exchange import Call, Reply, Route
from predict_edit_sandbox.github.faults import Fault
from predict_edit_sandbox.github.refusals import (
    DOCUMENTATION,
    Refusal,
    not_accessible,
    not_found,
)
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.urls import Urls

NOTICE = "an offline stand-in for GitHub, part of predict-edit; nothing here is real"
_ZEN = b"Keep it logically awesome. (This is a stand-in, not GitHub.)"
_VERSION = "2022-11-28"
_serial = itertools.count(1)


def zen(call: Call) -> Reply:
    """A saying."""
    del call
    return Reply(data=_ZEN, media_type="text/plain; charset=utf-8")


def rate_limit(call: Call) -> Reply:
    """What is left of the hour; asking costs nothing."""
    core, graph = (call.state.limits.overview(name) for name in ("core", "graphql"))
    search = {"limit": 30, "remaining": 30, "reset": core["reset"], "used": 0}
    resources = {"core": core, "graphql": graph, "search": search}
    return Reply(json={"resources": resources, "rate": core})


def unknown(call: Call) -> Reply:
    """404: no such endpoint here."""
    del call
    raise not_found()


_FREE = Route(method="GET", path="/rate_limit", handler=rate_limit)
UNKNOWN = Route(method="*", path="/{tail:.*}", handler=unknown)
ROUTES: tuple[Route, ...] = (
    _FREE,
    Route(method="GET", path="/zen", handler=zen),
    *routes_commits.ROUTES,
    *routes_objects.ROUTES,
    *routes_refs.ROUTES,
    *routes_pulls.ROUTES,
    *routes_issues.ROUTES,
    *routes_reviews.ROUTES,
    *routes_scanning.ROUTES,
    *graphql.ROUTES,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came, with the prefix of an Enterprise Server taken off."""

    method: str
    path: str
    url: str
    urls: Urls
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def resource(self) -> str:
        """Which rate limit it counts against."""
        return "graphql" if self.path == "/graphql" else "core"


def parse_body(body: bytes) -> Any:
    """The JSON of a request; ``None`` if it is missing or cannot be read."""
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        return None


def _body(request: Request) -> Any:
    """The JSON of a request; 400 where it cannot be read."""
    found = parse_body(request.body)
    if found is None and request.body.strip() not in {b"", b"null"}:
        raise Refusal(400, "Problems parsing JSON")
    if found is not None and not isinstance(found, dict):
        raise Refusal(400, "Body should be a JSON object")
    return found


def perform(state: State, request: Request, route: Route) -> Reply:
    """Answer a request."""
    headers: dict[str, str] = {}
    try:
        token = state.authenticate(request.headers.get("authorization"))
        if route is not _FREE:
            state.limits.count(request.resource)
        call = Call(
            state=state,
            token=token,
            urls=request.urls,
            url=request.url,
            params=request.params,
            query=request.query,
            body=_body(request),
            accept=request.headers.get("accept", ""),
        )
        if route is not UNKNOWN:
            accepted = [f"{permission}={access}" for permission, access in route.needs]
            headers["x-accepted-github-permissions"] = "; ".join(accepted)
        if not any(token.may(permission, access) for permission, access in route.needs):
            raise not_accessible()
        if "owner" in request.params and "repo" in request.params:
            # An unknown repository is 404 before anything else is looked at.
            state.repository(f"{request.params['owner']}/{request.params['repo']}")
        if route.creates_content:
            state.limits.count_creation()
        reply = route.handler(call)
    except Refusal as refused:
        reply = Reply(status=refused.status, json=refused.body(), headers=refused.headers)
    return _dressed(state, request, reply, headers)


def _dressed(state: State, request: Request, reply: Reply, headers: Mapping[str, str]) -> Reply:
    """The answer with the headers that GitHub always sends, and with our notice."""
    dressed = {
        **state.limits.headers(request.resource),
        "x-github-request-id": f"SANDBOX:{next(_serial):08X}",
        "x-github-media-type": "github.v3; format=json",
        "x-github-api-version-selected": request.headers.get("x-github-api-version", _VERSION),
        "x-predict-edit-sandbox": NOTICE,
        **headers,
        **reply.headers,
    }
    return dataclasses.replace(reply, headers=dressed)


def faulty(state: State, request: Request, fault: Fault) -> Reply:
    """The answer that a fault gives instead of the real one."""
    status = fault.status or 500
    said = fault.body
    if said is None:
        said = {"message": f"Injected fault {status}", "documentation_url": DOCUMENTATION}
    if isinstance(said, str):
        reply = Reply(status=status, data=said.encode(), media_type="text/html; charset=utf-8")
    else:
        reply = Reply(status=status, json=said)
    return _dressed(state, request, reply, fault.headers)
