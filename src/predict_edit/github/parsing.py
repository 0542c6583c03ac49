"""Checks GitHub's answers on entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pydantic

from predict_edit.github import failures
from predict_edit.github.answer import Answer
from predict_edit.github.endpoints import Endpoint

T = TypeVar("T")


class FromGitHub(pydantic.BaseModel):
    """What every answer has in common: it cannot be changed, and may have more fields."""

    # Built on first use: a run needs a few of them, and the first question is to go out soon.
    model_config = pydantic.ConfigDict(extra="ignore", frozen=True, defer_build=True)


def parse(kind: type[T], answer: Answer, endpoint: Endpoint) -> T:
    """The answer as ``kind``.

    Raises:
        ForgeAnswerInvalid: naming endpoint and field of what is missing or of another type.
    """
    return parse_data(kind, answer.data, endpoint, status=answer.status)


def parse_data(kind: type[T], data: Any, endpoint: Endpoint, *, status: int | None = None) -> T:
    """Like :func:`parse`, for a part of an answer."""
    return _validated(pydantic.TypeAdapter(kind), data, endpoint, status)


def parse_pages(kind: type[T], pages: Iterable[Answer], endpoint: Endpoint) -> list[T]:
    """The entries of all pages of a list, in order."""
    lists = pydantic.TypeAdapter(list[Any])
    entries = pydantic.TypeAdapter(kind)
    return [
        _validated(entries, entry, endpoint, page.status)
        for page in pages
        for entry in _validated(lists, page.data, endpoint, page.status)
    ]


def _validated(
    adapter: pydantic.TypeAdapter[T], data: Any, endpoint: Endpoint, status: int | None
) -> T:
    """Check one value; the error names the first field that is not right."""
    try:
        return adapter.validate_python(data)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "(top)"
        # Pydantic's own exception holds the input, so it is not chained.
        problem = failures.invalid(
            endpoint, f"no usable field `{field}` ({first['type']})", status=status
        )
    raise problem
