"""What is kept of each request to GitHub."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request as it went over the wire, for the count and the debug log."""

    method: str
    path: str
    """Address below the API's root, or the name of a GraphQL operation."""
    status: int | None
    """``None`` when no answer came."""
    seconds: float
