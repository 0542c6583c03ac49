"""What goes in and out of a route: plain values, so that a route is a function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from predict_edit_sandbox.github.nouns import Access, PullRequest, Repository, Token
from predict_edit_sandbox.github.refusals import invalid_request, not_found
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.urls import Urls

PAGE_DEFAULT = 30
PAGE_MAXIMUM = 100
_TYPES: Mapping[type, str] = {str: "a string", int: "an integer", list: "an array"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, authenticated and read. ``url`` is its address without the query."""

    state: State
    token: Token
    urls: Urls
    url: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    accept: str = ""

    @property
    def repository(self) -> Repository:
        """The repository of the path.

        Raises:
            Refusal: 404.
        """
        return self.state.repository(f"{self.params['owner']}/{self.params['repo']}")

    @property
    def pull(self) -> PullRequest:
        """The pull request of the path.

        Raises:
            Refusal: 404.
        """
        found = self.repository.pulls.get(self.number("number"))
        if found is None:
            raise not_found()
        return found

    def number(self, name: str) -> int:
        """A number of the path.

        Raises:
            Refusal: 404, it is no number.
        """
        text = self.params[name]
        if not text.isascii() or not text.isdigit():
            raise not_found()
        return int(text)

    def field(self, name: str, kind: type, *, required: bool = False) -> Any:
        """A field of the JSON body, ``None`` where it is absent or null.

        Raises:
            Refusal: 422, it is missing or of another type.
        """
        body = self.body if isinstance(self.body, dict) else {}
        value = body.get(name)
        if value is None:
            if required:
                raise invalid_request(f'"{name}" wasn\'t supplied.')
            return None
        if type(value) is not kind:
            raise invalid_request(
                f"For 'properties/{name}', {value!r} is not {_TYPES.get(kind, kind.__name__)}."
            )
        return value


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: JSON, or bytes with a media type."""

    status: int = 200
    json: Any = None
    data: bytes | None = None
    media_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


Handler = Callable[[Call], Reply]
Needs = Sequence[tuple[str, Access]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint. ``needs`` lists permissions of which the token must have any one."""

    method: str
    path: str
    handler: Handler
    needs: Needs = (("metadata", "read"),)
    creates_content: bool = False


def page_of(call: Call, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of a list, and the ``Link`` header that leads to the others."""
    size = min(_positive(call.query.get("per_page"), PAGE_DEFAULT), PAGE_MAXIMUM)
    number = _positive(call.query.get("page"), 1)
    last = max(1, -(-len(items) // size))

    def link(page: int, rel: str) -> str:
        query = urlencode({**call.query, "page": page})
        return f'<{call.url}?{query}>; rel="{rel}"'

    links = []
    if number > 1:
        links.append(link(min(number - 1, last), "prev"))
    if number < last:
        links += [link(number + 1, "next"), link(last, "last")]
    if number > 1:
        links.append(link(1, "first"))
    shown = items[(number - 1) * size : number * size]
    return shown, {"link": ", ".join(links)} if links else {}


def _positive(text: str | None, default: int) -> int:
    """A positive number of the query, or the default."""
    return int(text) if text and text.isascii() and text.isdigit() and int(text) > 0 else default


def listed(call: Call, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    """A page of a list."""
    shown, headers = page_of(call, items)
    return Reply(json=[show(item) for item in shown], headers=headers)
