"""What enters from outside, checked by pydantic: events, reports, answers of GitHub and models.

Only fields that are read are declared: whoever sends it may add others at any time.
"""

from __future__ import annotations

from typing import Any

import pydantic


class Validated(pydantic.BaseModel):
    """A part of what came in: immutable, free to have further fields, and no value in an error."""

    # Built on first use: a run needs a few of them, and its first request should go out soon.
    model_config = pydantic.ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


def inside(first: str, *keys: str | int, default: Any = ..., **options: Any) -> Any:
    """Declare a field by the keys that lead to it; it is missing if a part of its way is.

    Args:
        first: the key in the object itself.
        keys: those further inside; a number counts in a list.
        default: its value if it is missing; without one, it is required.
        options: what else ``pydantic.Field`` takes, such as limits.
    """
    return pydantic.Field(default, validation_alias=pydantic.AliasPath(first, *keys), **options)


def first_problem(error: pydantic.ValidationError) -> tuple[str, str, str]:
    """Say which field is wrong and why, without its value.

    Returns:
        The keys that lead to the first such field, empty if the whole is wrong; pydantic's name
        for the reason, such as ``missing``; the reason as a sentence without a full stop.
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return ".".join(map(str, first["loc"])), first["type"], first["msg"]
