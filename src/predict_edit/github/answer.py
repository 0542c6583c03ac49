"""What comes back over HTTP, before anything in it is believed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from requests.utils import parse_header_links


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers and JSON of one answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    data: Any
    """The JSON value, ``None`` for an empty body or one that is no JSON."""
    is_json: bool = True

    @property
    def has_next_page(self) -> bool:
        """Whether the ``link`` header names a further page of the list."""
        return "next" in self._links()

    @property
    def has_links(self) -> bool:
        """Whether there is a ``link`` header at all; GitHub sends one with every part of a list."""
        return bool(self._links())

    @property
    def last_page(self) -> int | None:
        """The number of the list's last page, where the ``link`` header tells it."""
        found = re.search(r"[?&]page=(\d{1,6})(?:&|$)", self._links().get("last", ""))
        return int(found.group(1)) if found else None

    @property
    def has_some_data(self) -> bool:
        """Whether a GraphQL answer holds anything beside errors."""
        data = self.data.get("data") if isinstance(self.data, dict) else None
        return isinstance(data, dict) and any(value is not None for value in data.values())

    @property
    def graphql_errors(self) -> Any:
        """The ``errors`` of a GraphQL answer, falsy where there are none."""
        return self.data.get("errors") if isinstance(self.data, dict) else None

    def without(self, secret: str) -> Answer:
        """The answer with a secret replaced, should a server send it back."""
        return dataclasses.replace(self, data=_without(self.data, secret))

    def _links(self) -> dict[str, str]:
        """The ``link`` header: address by relation."""
        links = parse_header_links(self.headers.get("link", ""))
        return {link["rel"]: link["url"] for link in links if "rel" in link and "url" in link}


def _without(value: Any, secret: str) -> Any:
    """A JSON value with the secret replaced in all its strings."""
    match value:
        case str():
            return value.replace(secret, "***")
        case list():
            return [_without(item, secret) for item in value]
        case dict():
            return {key: _without(item, secret) for key, item in value.items()}
    return value
