"""What a measurement says."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.cli.compare import Measurement, Sample, Spread, compare
from predict_edit.domain.edits import Usage


def sample(
    seconds: float, *, predicted: bool, round_: int = 1, path: str = "a.py", rejected: int = 0
) -> Sample:
    """One call; the visible answer takes 100 tokens at a dollar each."""
    usage = Usage(
        prompt_tokens=50,
        completion_tokens=100 + rejected,
        accepted_prediction_tokens=80 if predicted else 0,
        rejected_prediction_tokens=rejected,
    )
    return Sample(
        path=path,
        round=round_,
        predicted=predicted,
        first=seconds / 10,
        seconds=seconds,
        usage=usage,
        cost=Decimal(100 + rejected),
        text="x",
    )


def pairs(*times: tuple[float, float], rejected: int = 0) -> Measurement:
    """Seconds with and without, round by round."""
    samples = [
        made
        for number, (with_, without) in enumerate(times, start=1)
        for made in (
            sample(with_, predicted=True, round_=number, rejected=rejected),
            sample(without, predicted=False, round_=number),
        )
    ]
    return Measurement(model="m", samples=tuple(samples))


@pytest.mark.parametrize(
    ("times", "verdict", "words"),
    [
        ([(1, 3), (1, 2), (2, 3)], "on", "2.00 times as fast (median of 3 pairs, 1.50 to 3.00"),
        ([(3, 1), (2, 1), (3, 2)], "off", "0.50 times as fast"),
        ([(1, 1.05), (1, 1.02), (1, 1.09)], "no difference", "No clear difference"),
        ([(1, 3), (3, 1), (1, 3), (3, 1)], "no difference", "faster in 2"),
        ([(1, 9), (1, 9)], "too few", "2 of at least 3 pairs"),
        ([], "too few", "0 of at least 3 pairs"),
    ],
)
def test_a_recommendation_needs_pairs_that_agree(
    times: list[tuple[float, float]], verdict: str, words: str
) -> None:
    """A median alone is not enough, nor are two lucky calls."""
    result = compare(pairs(*times))
    assert result.verdict == verdict
    assert words in result.sentence


def test_the_price_of_speed_is_beside_it() -> None:
    """20 rejected tokens on 100 are a fifth more."""
    result = compare(pairs((1, 2), (1, 2), (1, 2), rejected=20))
    assert result.cost_ratio == Spread(median=1.2, low=1.2, high=1.2, count=3)
    assert "at +20% cost (+20% to +20%)" in result.sentence


def test_an_unknown_price_is_unknown() -> None:
    """Not 0, and no ratio."""
    measured = pairs((1, 2), (1, 2), (1, 2))
    free = tuple(dataclasses.replace(each, cost=None) for each in measured.samples)
    result = compare(dataclasses.replace(measured, samples=free))
    assert result.cost_ratio is None
    assert "at an unknown cost" in result.sentence
    assert result.files[0].without["cost"] is None


def test_spoiled_calls_measure_nothing_and_take_their_partner_along() -> None:
    """A pair counts only if both are good; the file is still named."""
    measured = pairs((1, 2), (1, 2), (1, 2))
    first, *others = measured.samples
    spoiled = dataclasses.replace(first, spoiled="It took 2 calls.", seconds=0.0)
    result = compare(dataclasses.replace(measured, samples=(spoiled, *others)))
    assert result.pairs == 2
    assert result.files[0].with_prediction["seconds"] == Spread(median=1, low=1, high=1, count=2)
    none = compare(Measurement(model="m", samples=(spoiled,)))
    assert none.files[0].path == "a.py"
    assert none.files[0].with_prediction["seconds"] is None


def test_a_refusal_is_an_answer() -> None:
    """There is nothing to choose."""
    result = compare(Measurement(model="m", samples=(), refused=True))
    assert result.verdict == "refused"
    assert "does not take predictions" in result.sentence


def test_files_are_compared_by_themselves() -> None:
    """Each with its own medians and its own gain."""
    samples = [
        sample(seconds * (1 if predicted else gain), predicted=predicted, round_=n, path=path)
        for path, seconds, gain in (("a.py", 1, 2), ("b.py", 10, 4))
        for n in (1, 2, 3)
        for predicted in (True, False)
    ]
    one, two = compare(Measurement(model="m", samples=tuple(samples))).files
    assert (one.path, two.path) == ("a.py", "b.py")
    assert one.speedup == Spread(median=2, low=2, high=2, count=3)
    assert two.speedup == Spread(median=4, low=4, high=4, count=3)
    assert two.without["seconds"] == Spread(median=40, low=40, high=40, count=3)


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=20))
def test_a_median_lies_within_its_range(figures: list[float | None]) -> None:
    """And what is not known is not counted."""
    spread = Spread.of(figures)
    known = [figure for figure in figures if figure is not None]
    if not known:
        assert spread is None
        return
    assert spread is not None
    assert spread.low <= spread.median <= spread.high
    assert spread.count == len(known)
