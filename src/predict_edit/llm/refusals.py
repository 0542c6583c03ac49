"""Which part of a request a 400 or 422 objects to, where leaving it out can help."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import openai

from predict_edit.llm.echo import body_text, without_echo

_STATUSES = frozenset({400, 422})
_PREDICTION_CODES = frozenset({"unsupported_parameter", "unknown_parameter"})
_PARAMETER_CODES = _PREDICTION_CODES | {"unsupported_value"}
_OTHER_CODES = frozenset({"content_filter", "context_length_exceeded"})
_OBJECTIONS = (
    "unsupported",
    "not supported",
    "not currently supported",
    "unknown",
    "unrecognized",
    "extra_forbidden",
    "extra inputs",
    "not permitted",
    "unexpected",
    "not allowed",
)


def refuses_prediction(error: Exception, *, sent: Sequence[str]) -> bool:
    """Whether a request that carried ``prediction`` failed because of it.

    Providers word it differently and put it into different shapes of body, so the text counts
    where no code or parameter is given. ``sent`` are the request's texts: an echo of them is no
    objection, even where a file speaks of predictions.
    """
    if not isinstance(error, openai.APIStatusError) or error.status_code not in _STATUSES:
        return False
    if error.code in _OTHER_CODES:
        return False
    if error.param is not None and _root(error.param) == "prediction":
        return True
    text = without_echo(f"{error.message}\n{body_text(error.body)}", sent).lower()
    if "prediction" not in text:
        return False
    return error.code in _PREDICTION_CODES or any(words in text for words in _OBJECTIONS)


def refused_parameter(error: Exception, *, optional: Collection[str]) -> str | None:
    """The optional parameter of the request that the server does not take, if it is one.

    By code and parameter as OpenAI and Azure send them, or by the location of an
    ``extra_forbidden`` entry as FastAPI servers do.
    """
    if not isinstance(error, openai.APIStatusError) or error.status_code not in _STATUSES:
        return None
    if error.code in _PARAMETER_CODES and error.param is not None:
        name = _root(error.param)
        return name if name in optional else None
    return next((name for name in _forbidden_extras(error.body) if name in optional), None)


def _root(param: str) -> str:
    """``prediction`` of ``body.prediction.content``."""
    names = param.split(".")
    return names[1] if names[0] == "body" and len(names) > 1 else names[0]


def _forbidden_extras(body: object) -> Iterator[str]:
    """The fields that a pydantic error list calls extra."""
    details = body.get("detail") if isinstance(body, dict) else None
    for item in details if isinstance(details, list) else ():
        if isinstance(item, dict) and item.get("type") == "extra_forbidden":
            place = item.get("loc")
            if isinstance(place, list):
                yield _root(".".join(map(str, place)))
