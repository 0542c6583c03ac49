"""What requests used and cost."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from decimal import Decimal
from secrets import token_hex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import (
    EditRequest,
    Effort,
    FileEdit,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.errors import ModelTimeout, ModelUnavailable, PredictEditError
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.billing import (
    Attempt,
    AttemptLog,
    Overrides,
    PriceList,
    estimate,
    override_for,
)
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.models import REASONING_TOKENS
from predict_edit.settings.fields import ModelSettings, Price
from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

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
    assert value is not None
    return value


def cost(
    call: Usage,
    model: str,
    *,
    provider: str | None = None,
    overrides: Overrides = (),
    configured: str | None = None,
) -> Decimal | None:
    """The price of a call."""
    prices = PriceList(configured=configured, provider=provider, overrides=overrides)
    return prices.cost(call, model)


@given(prompt=TOKENS, completion=TOKENS, cached=TOKENS)
def test_an_override_is_applied_to_the_token(prompt: int, completion: int, cached: int) -> None:
    """Uncached and cached prompt and the completion, each at its price per million."""
    cached = min(cached, prompt)
    expected = (Decimal(2) * (prompt - cached) + Decimal("0.5") * cached + 8 * completion) / 10**6
    assert cost(usage(prompt, completion, cached), "gpt-x", overrides=OVERRIDES) == expected


def test_cached_tokens_cost_as_much_as_others_where_no_price_is_set() -> None:
    """An override without a price for cached tokens has one for all prompt tokens."""
    plain = (("m", Price(input=Decimal(2), output=Decimal(8))),)
    with_cache = cost(usage(1_000, 0, 900), "m", overrides=plain)
    assert with_cache == cost(usage(1_000, 0), "m", overrides=plain) == Decimal("0.002")


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
    """An exact name is its own longest prefix; letter case does not matter."""
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
    assert override_for(model, overrides) == (named[expected] if expected else None)


def test_an_override_may_name_the_deployment() -> None:
    """Azure's deployment names are free; the price of the answering model comes first."""
    deployed = (("our-editor", PRICE),)
    call = usage(1_000_000, 0)
    model = "gpt-4o-mini-2024-07-18"
    assert cost(call, model, overrides=deployed, configured="our-editor") == 2
    both = (*deployed, ("gpt-4o-mini", Price(input=Decimal(7), output=Decimal(7))))
    assert cost(call, model, overrides=both, configured="our-editor") == 7


@pytest.mark.parametrize("provider", ["openai", "azure"])
@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"])
def test_the_models_with_predictions_have_list_prices(model: str, provider: str) -> None:
    """Prices are known offline, output costs more than input, cached input less."""
    million = 1_000_000
    given_in = known(cost(usage(million, 0), model, provider=provider))
    written = known(cost(usage(0, million), model, provider=provider))
    cached = known(cost(usage(million, 0, million), model, provider=provider))
    assert 0 < cached <= given_in < written
    assert Decimal("0.01") < given_in < 20


def test_the_name_that_azure_reports_is_known() -> None:
    """The dated name of the model that answered has the price of the model."""
    call = usage(10_000, 1_000)
    dated = cost(call, "gpt-4o-mini-2024-07-18", provider="azure")
    assert known(dated) == cost(call, "gpt-4o-mini", provider="azure")


@given(prompt=TOKENS, completion=TOKENS, cached=TOKENS)
def test_list_prices_add_up(prompt: int, completion: int, cached: int) -> None:
    """The price of a call is that of its prompt and that of its completion."""
    cached = min(cached, prompt)
    whole = cost(usage(prompt, completion, cached), "gpt-4.1", provider="openai")
    parts = known(cost(usage(prompt, 0, cached), "gpt-4.1", provider="openai"))
    assert whole == parts + known(cost(usage(0, completion), "gpt-4.1", provider="openai"))


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
def test_unknown_figures_are_none(call: Usage, model: str, provider: str | None) -> None:
    """Never 0: neither for an unknown model nor for unreported tokens."""
    assert cost(call, model, provider=provider) is None


def test_nonsense_from_a_server_still_has_a_price() -> None:
    """More cached tokens than prompt tokens count as all of them, negative ones as none."""
    assert cost(usage(100, 0, 500), "gpt", overrides=OVERRIDES) == Decimal("0.00005")
    assert cost(usage(100, -5, -5), "gpt-4.1", provider="openai") == cost(
        usage(100, 0, 0), "gpt-4.1", provider="openai"
    )


@given(prompt=TOKENS, visible=TOKENS, rejected=TOKENS)
def test_rejected_tokens_are_the_whole_difference(prompt: int, visible: int, rejected: int) -> None:
    """A call costs what it would have cost without prediction, plus the overhead."""
    call = usage(prompt, visible + rejected, 0, rejected)
    plain = known(cost(usage(prompt, visible), "gpt", overrides=OVERRIDES))
    extra = known(PriceList(overrides=OVERRIDES).overhead(call, "gpt"))
    assert extra == Decimal(8) * rejected / 10**6
    assert plain + extra == cost(call, "gpt", overrides=OVERRIDES)


def test_the_seeds_figures() -> None:
    """Of 77 completion tokens 4 are rejected: without prediction, there would be 73."""
    call = usage(124, 77, 0, 4)
    assert PriceList(overrides=OVERRIDES).overhead(call, "gpt") == Decimal("0.000032")


@pytest.mark.parametrize("call", [usage(1, 1), usage(1, 1, 0, None)], ids=repr)
def test_without_reported_rejections_the_overhead_is_unknown(call: Usage) -> None:
    """Not reported is not zero: the overhead stays unknown."""
    assert PriceList(overrides=OVERRIDES).overhead(call, "gpt") is None


def test_the_price_list_is_loaded_late() -> None:
    """Importing the module does not pay for the list."""
    code = "import sys, predict_edit.llm.billing; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


NOTHING = Usage(prompt_tokens=0, completion_tokens=0)
SENT = Usage(prompt_tokens=7, completion_tokens=8)
MOST = Usage(prompt_tokens=10, completion_tokens=20)
SOME = Usage(prompt_tokens=10, completion_tokens=5, rejected_prediction_tokens=2)


def attempt(**fields: object) -> Attempt:
    """One request for a file."""
    return Attempt(**{"path": "a.py", "predicted": True, "seconds": 1.0, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("usage", "estimate", "error", "spent"),
    [
        (SOME, None, None, SOME),
        (SOME, MOST, None, SOME),
        (None, SOME, ModelUnavailable("Broke.", "Again."), SOME),
        (None, None, ModelTimeout("Slow.", "Wait."), MOST),
        (None, None, None, MOST),
        (None, None, ModelUnavailable("500.", "Again."), NOTHING),
    ],
)
def test_a_budget_counts_what_may_be_billed(
    usage: Usage | None, estimate: Usage | None, error: PredictEditError | None, spent: Usage
) -> None:
    """Reported before estimated; everything if the answer never came; nothing if refused."""
    assert attempt(usage=usage, estimate=estimate, error=error).spent(MOST) == spent


@pytest.mark.parametrize(
    ("usage", "error", "spent"),
    [
        (NOTHING, None, SENT),
        (
            Usage(prompt_tokens=900, completion_tokens=1),
            None,
            Usage(prompt_tokens=900, completion_tokens=8),
        ),
        (Usage(prompt_tokens=3), None, Usage(prompt_tokens=7)),
        (None, ModelUnavailable("Broke.", "Again."), SENT),
        (None, ModelTimeout("Slow.", "Wait."), MOST),
    ],
)
def test_no_report_is_less_than_what_was_sent_and_received(
    usage: Usage | None, error: PredictEditError | None, spent: Usage
) -> None:
    """A server that reports nothing returns nothing; a lost connection is paid for."""
    assert attempt(usage=usage, error=error, counted=SENT).spent(MOST) == spent


@pytest.mark.parametrize(
    ("model", "overrides", "cost"),
    [
        ("gpt-6-luna", (), "0.0001225"),
        ("gpt-4o-mini", (), "0.00015"),
        ("mine", (("mine", Price(input=Decimal(1), output=Decimal(1))),), "0.001225"),
    ],
)
def test_what_is_written_to_the_cache_costs_more(
    model: str, overrides: Overrides, cost: str
) -> None:
    """1.25 times the input price for 900 of 1,000 tokens, where the model bills it."""
    prices = PriceList(configured=model, provider="openai", overrides=overrides)
    usage = Usage(prompt_tokens=1_000, cache_write_tokens=900, completion_tokens=0)
    assert prices.cost(usage) == Decimal(cost)


@pytest.mark.parametrize(
    ("configured", "reported"),
    [("gpt-4o", "gpt-4o-mini"), ("gpt-4o-mini", "gpt-4o"), ("gpt-4o", None), ("mine", "gpt-4o")],
)
def test_a_limit_on_money_counts_by_the_dearer_name(configured: str, reported: str | None) -> None:
    """A server may call itself what it likes."""
    usage = Usage(prompt_tokens=1_000, completion_tokens=1_000)
    prices = PriceList(configured=configured)
    assert prices.most(usage, reported) == PriceList(configured="gpt-4o").cost(usage)
    assert PriceList(configured="mine").most(usage, "yours") is None


def test_all_attempts_are_added_up_and_unknown_stays_unknown() -> None:
    """Rejected tokens once, known costs, the last model; what is estimated stays apart."""
    log = AttemptLog(path="a.py", active=3.0)
    assert log.effort() == Effort(seconds=3.0)
    log.attempts += [
        attempt(usage=SOME, cost=Decimal("0.1"), overhead=Decimal("0.02"), model="first"),
        attempt(estimate=MOST, estimated_cost=Decimal("0.4")),
        attempt(usage=Usage(prompt_tokens=1), cost=Decimal("0.2"), model="second"),
        attempt(usage=None, cost=None),
    ]
    assert log.effort() == Effort(
        usage=Usage(prompt_tokens=11, completion_tokens=5, rejected_prediction_tokens=2),
        cost=Decimal("0.3"),
        overhead=Decimal("0.02"),
        estimate=MOST,
        estimated_cost=Decimal("0.4"),
        model="second",
        attempts=4,
        answer="file",
        seconds=3.0,
    )


def test_what_was_sent_or_refused_once_is_not_forgotten() -> None:
    """A later request without a prediction does not change how the file's was used."""
    log = AttemptLog(path="a.py")
    seen = []
    for state in (PredictionState.STOPPED, PredictionState.SENT, PredictionState.STOPPED):
        log.decided(state)
        seen.append(log.prediction)
    log.prediction = PredictionState.REFUSED
    log.decided(PredictionState.OFF)
    seen.append(log.prediction)
    assert seen == [
        PredictionState.STOPPED,
        PredictionState.SENT,
        PredictionState.SENT,
        PredictionState.REFUSED,
    ]


def test_an_estimate_beside_reported_tokens_does_not_count() -> None:
    """If the provider reports an attempt, its figures count alone."""
    log = AttemptLog(path="a.py")
    log.attempts.append(attempt(usage=SOME, estimate=MOST))
    assert log.effort().estimate is None


def test_the_pieces_of_a_file_make_one_account() -> None:
    """Attempts are added, the weightiest use of the prediction stays, time is not added up."""
    whole = AttemptLog(path="a.py", active=2.0)
    for state in (PredictionState.STOPPED, PredictionState.SENT, PredictionState.OFF):
        piece = AttemptLog(path="a.py", prediction=state, active=30.0)
        piece.attempts.append(attempt(usage=SOME))
        whole.absorb(piece)
    assert whole.effort() == Effort(
        usage=Usage(prompt_tokens=30, completion_tokens=15, rejected_prediction_tokens=6),
        prediction=PredictionState.SENT,
        attempts=3,
        answer="file",
        seconds=2.0,
    )
    whole.absorb(AttemptLog(path="a.py", prediction=PredictionState.REFUSED))
    assert whole.prediction is PredictionState.REFUSED


SETTINGS = ModelSettings(model="gpt-4.1", api_key="key-1")


def request(number: int, size: int = 40) -> EditRequest:
    """A file of as many functions, and its instruction."""
    text = "\n\n".join(f"def f{n}():\n    return 'FizzBuzz {number}'\n" for n in range(size))
    return EditRequest(
        file=SourceFile(path=f"file{number}.py", text=text, blob_sha="0" * 40),
        instruction="Replace `FizzBuzz` with `Buzz`.",
    )


@pytest.mark.parametrize(("limit", "prediction"), [(None, "auto"), (1_000, "auto"), (None, "off")])
async def test_what_a_run_takes_lies_within_its_estimate(
    limit: int | None, prediction: str
) -> None:
    """Prompt tokens closely, completion and cost between low and high, calls exactly."""
    requests = [request(number) for number in range(4)]
    async with ModelSandbox() as model:
        settings = dataclasses.replace(
            SETTINGS,
            base_url=model.base_url,
            api_key=API_KEY,
            max_output_tokens=limit,
            prediction=prediction,  # type: ignore[arg-type]
            prices=(("gpt-4.1", Price(input=Decimal(2), output=Decimal(8))),),
        )
        before = estimate(requests, settings, count=tokens.count)
        editor = ChatEditor(
            settings,
            open_client(settings, environ={}, mask=lambda _: None),
            nonce=token_hex(16),
        )
        results = await asyncio.gather(*(editor.edit(each) for each in requests))
        await editor.aclose()
        assert all(isinstance(result, FileEdit) for result in results)
        used = Usage.total(result.effort.usage for result in results)
        assert before.calls == len(model.exchanges)
    assert before.files == 4
    assert used.prompt_tokens is not None
    assert used.completion_tokens is not None
    # The random mark takes up to 8 tokens more or less, each of 10 times in a prompt.
    assert abs(before.prompt_tokens - used.prompt_tokens) <= 80 * before.calls
    # An edit may be shorter than the file, here by a token for each name.
    assert 0.8 * before.output_tokens_low <= used.completion_tokens <= before.output_tokens_high
    spent = sum((result.effort.cost or Decimal(0) for result in results), Decimal(0))
    assert before.cost_low is not None
    assert before.cost_high is not None
    assert before.cost_low * Decimal("0.8") <= spent <= before.cost_high


def test_predictions_raise_the_most_and_not_the_least() -> None:
    """All of a prediction may be rejected; nothing of it is at best."""
    with_, without = (
        estimate(
            [request(1)],
            dataclasses.replace(SETTINGS, prediction=mode),
            count=tokens.count,
        )
        for mode in ("on", "off")
    )
    assert with_.output_tokens_low == without.output_tokens_low
    assert with_.output_tokens_high == without.output_tokens_high + with_.output_tokens_low


def test_room_for_reasoning_is_estimated_as_it_is_set_aside() -> None:
    """None if no reasoning is asked for, as by default of a model that takes `none`."""
    most = [
        estimate(
            [request(1)],
            dataclasses.replace(SETTINGS, model="gpt-6-luna", reasoning_effort=effort),
            count=tokens.count,
        ).output_tokens_high
        for effort in ("none", "auto", "high")
    ]
    assert most == [most[0], most[0], most[0] + REASONING_TOKENS]


def test_a_file_that_cannot_be_asked_for_is_named_and_costs_nothing() -> None:
    """With its reason; the others are estimated."""
    solid = EditRequest(
        file=SourceFile(path="data.csv", text="1,2,3," * 3_000, blob_sha="0" * 40),
        instruction="Sort.",
    )
    settings = dataclasses.replace(SETTINGS, max_output_tokens=2_000, answer="file")
    made = estimate([request(1), solid], settings, count=tokens.count)
    assert made.files == 1
    ((path, reason),) = made.declined
    assert path == "data.csv"
    assert "no place to cut it" in reason


def test_an_unknown_price_stays_unknown_and_nothing_costs_nothing() -> None:
    """Never 0 if it is not known."""
    settings = dataclasses.replace(SETTINGS, model="my-deployment")
    made = estimate([request(1)], settings, count=tokens.count)
    assert made.cost_low is None
    assert made.cost_high is None
    behind = estimate([request(1)], settings, count=tokens.count, model="gpt-4.1")
    assert behind.cost_low is not None
    none = estimate([], SETTINGS, count=tokens.count)
    assert (none.calls, none.prompt_tokens, none.output_tokens_high) == (0, 0, 0)
    assert none.cost_high == 0
