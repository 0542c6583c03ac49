"""What all GraphQL resolvers share: the context, connections, and checks."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from predict_edit_sandbox.github.nouns import Access, Token
from predict_edit_sandbox.github.refusals import Refusal, not_accessible
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.urls import Urls

MAXIMUM = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, and of what."""

    state: State
    token: Token
    urls: Urls

    def require(self, *needs: tuple[str, Access]) -> None:
        """Insist on any one of some permissions.

        Raises:
            Refusal: FORBIDDEN.
        """
        if not any(self.token.may(permission, access) for permission, access in needs):
            raise not_accessible()


Resolver = Callable[..., Any]
Table = Mapping[str, Mapping[str, Resolver]]


def _cursor(index: int) -> str:
    """The name of a place in a list."""
    return base64.b64encode(f"cursor:{index}".encode()).decode()


def _index(cursor: str | None, default: int) -> int:
    """The place that a cursor names."""
    if cursor is None:
        return default
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("cursor:"))
    except ValueError as wrong:
        said = f"`{cursor}` does not appear to be a valid cursor."
        raise Refusal(422, said, kind="INVALID_CURSOR_ARGUMENTS") from wrong


def connection(
    name: str,
    items: Sequence[Any],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """One page of a list; like GitHub it insists on ``first`` or ``last``, 100 at most.

    Raises:
        Refusal: no bound, or one that is too large.
    """
    bound = first if first is not None else last
    if bound is None:
        said = f"You must provide a `first` or `last` value to properly paginate the `{name}` "
        raise Refusal(422, f"{said}connection.", kind="MISSING_PAGINATION_BOUNDARIES")
    if not 0 <= bound <= MAXIMUM:
        word = "first" if first is not None else "last"
        said = f"Requesting {bound} records on the `{name}` connection exceeds the `{word}` limit "
        raise Refusal(422, f"{said}of {MAXIMUM} records.", kind="EXCESSIVE_PAGINATION")
    start, end = _index(after, -1) + 1, _index(before, len(items))
    if first is not None:
        end = min(end, start + first)
    else:
        start = max(start, end - bound)
    page = items[start:end]
    return {
        "nodes": list(page),
        "totalCount": len(items),
        "pageInfo": {
            "startCursor": _cursor(start) if page else None,
            "endCursor": _cursor(start + len(page) - 1) if page else None,
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
        },
    }
