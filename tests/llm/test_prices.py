"""What tokens cost."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain import Usage
from predict_edit.llm import prices
from predict_edit.settings.fields import Price

TOKENS = st.integers(0, 200_000)
PRICE = Price(input=Decimal(2), output=Decimal(8), cached=Decimal("0.5"))
OVERRIDES = (("gpt", PRICE),)


def usage(
    prompt: int | None = 0,
    completion: int | None = 0,
    cached: int | None = None,
    rejected: int | None = None,
) -> Usage:
    """A usage as reported."""
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completion,
        rejected_prediction_tokens=rejected,
    )


def known(value: Decimal | None) -> Decimal:
    """A cost that must be known."""
    assert value is not None
    return value


@given(prompt=TOKENS, completion=TOKENS, cached=TOKENS)
def test_an_override_is_applied_to_the_token(prompt: int, completion: int, cached: int) -> None:
    """Uncached and cached prompt and the completion, each at its price for a million."""
    cached = min(cached, prompt)
    expected = (Decimal(2) * (prompt - cached) + Decimal("0.5") * cached + 8 * completion) / 10**6
    assert prices.cost(usage(prompt, completion, cached), "gpt-x", overrides=OVERRIDES) == expected


def test_cached_tokens_cost_as_much_as_others_where_no_price_is_set() -> None:
    """An override without a price for cached tokens has one for all prompt tokens."""
    plain = (("m", Price(input=Decimal(2), output=Decimal(8))),)
    with_cache = prices.cost(usage(1_000, 0, 900), "m", overrides=plain)
    assert with_cache == prices.cost(usage(1_000, 0), "m", overrides=plain) == Decimal("0.002")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", "exact"),
        ("GPT-4o", "exact"),
        ("gpt-4o-2024-11-20", "exact"),
        ("gpt-4o-mini-2024-07-18", "mini"),
        ("gpt-4.1", "family"),
        ("o3", None),
    ],
)
def test_the_longest_beginning_of_the_name_wins(model: str, expected: str | None) -> None:
    """An exact name is its own longest beginning; letter case does not matter."""
    named = {
        "family": Price(input=Decimal(1), output=Decimal(1)),
        "exact": Price(input=Decimal(2), output=Decimal(2)),
        "mini": Price(input=Decimal(3), output=Decimal(3)),
    }
    overrides = (
        ("gpt-", named["family"]),
        ("gpt-4o", named["exact"]),
        ("gpt-4o-mini", named["mini"]),
        ("", named["mini"]),
    )
    assert prices.override_for(model, overrides) == (named[expected] if expected else None)


def test_an_override_may_name_the_deployment() -> None:
    """Azure's deployment names are free; the price of the model that answered comes first."""
    deployed = (("our-editor", PRICE),)
    call = usage(1_000_000, 0)
    model = "gpt-4o-mini-2024-07-18"
    assert prices.cost(call, model, overrides=deployed, configured="our-editor") == 2
    both = (*deployed, ("gpt-4o-mini", Price(input=Decimal(7), output=Decimal(7))))
    assert prices.cost(call, model, overrides=both, configured="our-editor") == 7


@pytest.mark.parametrize("provider", ["openai", "azure"])
@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"])
def test_the_models_with_predictions_have_list_prices(model: str, provider: str) -> None:
    """Prices are known offline, output costs more than input, cached input less."""
    million = 1_000_000
    given_in = known(prices.cost(usage(million, 0), model, provider=provider))
    written = known(prices.cost(usage(0, million), model, provider=provider))
    cached = known(prices.cost(usage(million, 0, million), model, provider=provider))
    assert 0 < cached <= given_in < written
    assert Decimal("0.01") < given_in < 20


def test_the_name_that_azure_reports_is_known() -> None:
    """The dated name of the model that answered has the price of the model."""
    call = usage(10_000, 1_000)
    dated = prices.cost(call, "gpt-4o-mini-2024-07-18", provider="azure")
    assert known(dated) == prices.cost(call, "gpt-4o-mini", provider="azure")


@given(prompt=TOKENS, completion=TOKENS, cached=TOKENS)
def test_list_prices_add_up(prompt: int, completion: int, cached: int) -> None:
    """The price of a call is that of its prompt and that of its completion."""
    cached = min(cached, prompt)
    whole = prices.cost(usage(prompt, completion, cached), "gpt-4.1", provider="openai")
    parts = known(prices.cost(usage(prompt, 0, cached), "gpt-4.1", provider="openai"))
    assert whole == parts + known(prices.cost(usage(0, completion), "gpt-4.1", provider="openai"))


@pytest.mark.parametrize(
    ("call", "model", "provider"),
    [
        (usage(1, 1), "our-deployment", "azure"),
        (usage(1, 1), "no-such-model", None),
        (usage(1, 1), "gpt-4.1", "no-such-provider"),
        (usage(None, 1), "gpt-4.1", "openai"),
        (usage(1, None), "gpt-4.1", "openai"),
        (Usage(), "gpt-4.1", "openai"),
        (usage(1, 1), "", None),
    ],
)
def test_what_is_not_known_is_none(call: Usage, model: str, provider: str | None) -> None:
    """Never 0: neither for an unknown model nor for tokens that were not reported."""
    assert prices.cost(call, model, provider=provider) is None


def test_nonsense_from_a_server_still_has_a_price() -> None:
    """More cached tokens than prompt tokens count as all of them, negative ones as none."""
    assert prices.cost(usage(100, 0, 500), "gpt", overrides=OVERRIDES) == Decimal("0.00005")
    assert prices.cost(usage(100, -5, -5), "gpt-4.1", provider="openai") == prices.cost(
        usage(100, 0, 0), "gpt-4.1", provider="openai"
    )


@given(prompt=TOKENS, visible=TOKENS, rejected=TOKENS)
def test_rejected_tokens_are_the_whole_difference(prompt: int, visible: int, rejected: int) -> None:
    """What a call cost is what it would have cost without prediction, plus the overhead."""
    call = usage(prompt, visible + rejected, 0, rejected)
    plain = known(prices.without_prediction(call, "gpt", overrides=OVERRIDES))
    extra = known(prices.overhead(call, "gpt", overrides=OVERRIDES))
    assert extra == Decimal(8) * rejected / 10**6
    assert plain + extra == prices.cost(call, "gpt", overrides=OVERRIDES)


def test_the_seeds_figures() -> None:
    """77 completion tokens hold 4 rejected ones: without prediction it would have been 73."""
    call = usage(124, 77, 0, 4)
    assert prices.overhead(call, "gpt", overrides=OVERRIDES) == Decimal("0.000032")
    assert prices.without_prediction(call, "gpt", overrides=OVERRIDES) == prices.cost(
        usage(124, 73), "gpt", overrides=OVERRIDES
    )


@pytest.mark.parametrize(
    "call", [usage(1, 1), usage(None, None, None, 3), usage(1, 1, 0, None)], ids=repr
)
def test_without_reported_rejections_nothing_is_said(call: Usage) -> None:
    """Not reported is not none: the estimate without prediction stays unknown."""
    assert prices.without_prediction(call, "gpt", overrides=OVERRIDES) is None
    if call.rejected_prediction_tokens is None:
        assert prices.overhead(call, "gpt", overrides=OVERRIDES) is None


def test_the_price_list_is_loaded_late() -> None:
    """Importing the module does not pay for the list."""
    code = "import sys, predict_edit.llm.prices; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
