"""The base of every model of what enters from outside."""

from __future__ import annotations

import pydantic
import pytest

from predict_edit.support.validation import Validated, first_problem, inside


class Sent(Validated):
    number: int = inside("issue", "number", gt=0)
    first: str | None = inside("labels", 0, "name", default=None)


def test_a_field_is_found_by_its_keys() -> None:
    sent = Sent.model_validate({"issue": {"number": 7, "title": "?"}, "labels": [{"name": "x"}]})

    assert (sent.number, sent.first) == (7, "x")


@pytest.mark.parametrize("labels", [None, [], [{}], "none", 3])
def test_a_field_whose_way_ends_early_is_missing(labels: object) -> None:
    assert Sent.model_validate({"issue": {"number": 7}, "labels": labels}).first is None


@pytest.mark.parametrize("issue", [None, {}, {"number": -5}, "secret"])
def test_a_field_is_required_and_limited_and_no_error_shows_a_value(issue: object) -> None:
    with pytest.raises(pydantic.ValidationError) as error:
        Sent.model_validate({"issue": issue})

    assert first_problem(error.value)[0] == "issue.number"
    for shown in (str(error.value), *first_problem(error.value)):
        assert "secret" not in shown
        assert "-5" not in shown
