"""The capability table: the vendor's list of models, and names that must not fool it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.llm.models import (
    AZURE,
    COMPATIBLE,
    PROVIDERS,
    UNKNOWN,
    look_up,
    retirement_warning,
)

TODAY = dt.date(2026, 11, 22)
PROVIDER = {"openai": PROVIDERS[0], "azure": AZURE, None: COMPATIBLE}


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("gpt-4o-mini-2024-07-18", 16_384),
        ("gpt-4o-2024-08-06", 16_384),
        ("gpt-4o-2024-11-20", 16_384),
        ("gpt-4.1-2025-04-14", 32_768),
        ("gpt-4.1-nano-2025-04-14", 32_768),
        ("gpt-4.1-mini-2025-04-14", 32_768),
        ("gpt-4o", 16_384),
        ("GPT-4.1-Mini", 32_768),
        ("openai/gpt-4.1", 32_768),
    ],
)
def test_every_model_of_the_vendors_list_takes_predictions(name: str, limit: int) -> None:
    """The documented models are known with their output limit, dated or not."""
    capability = look_up(name)
    assert capability.takes_predictions is True
    assert capability.output_limit == limit
    assert capability.least_effort is None
    assert not capability.reasoning_tokens


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5",
        "gpt-5.6-terra",
        "gpt-5-mini-2025-08-07",
        "gpt-6-luna",
        "gpt-6.1-sol",
        "o1",
        "o3-mini",
        "o4-mini-2025-04-16",
    ],
)
def test_reasoning_families_take_none_and_no_temperature(name: str) -> None:
    """The newer families refuse predictions and a temperature."""
    capability = look_up(name)
    assert capability.takes_predictions is False
    assert "temperature" in capability.refuses
    assert capability.least_effort in {"none", "minimal", "low"}
    assert capability.reasoning_tokens


@pytest.mark.parametrize(
    "name",
    [
        "editor",
        "gpt-4o-audio-preview",
        "gpt-4o-realtime-preview",
        "gpt-50",
        "gpt-4.10",
        "o30",
        "my-gpt-4o",
        "gpt-oss-120b",
        "codestral-latest",
        "",
        None,
    ],
)
def test_other_names_are_unknown_and_so_tried(name: str | None) -> None:
    """Deployments and relatives with other limits are not taken for what they are not."""
    assert look_up(name) is UNKNOWN
    assert UNKNOWN.takes_predictions is None


def test_the_reported_name_counts_before_the_configured_one() -> None:
    """A deployment named like an old model may be a new one."""
    assert look_up("gpt-5-2025-08-07", "gpt-4o") is look_up("gpt-5")
    assert look_up(None, "gpt-4o") is look_up("gpt-4o")
    assert look_up("editor", "gpt-4o") is look_up("gpt-4o") is not UNKNOWN


@given(st.text())
def test_no_name_breaks_the_table(name: str) -> None:
    """Any text is a name."""
    look_up(name)


@pytest.mark.parametrize(
    ("name", "provider", "today", "words"),
    [
        ("gpt-4.1", "openai", TODAY, "is to be retired by OpenAI on 2027-01-14"),
        ("gpt-4.1", "openai", dt.date(2026, 11, 15), "2027-01-14"),
        ("gpt-4.1", "openai", dt.date(2027, 1, 14), "was to be retired by OpenAI"),
        ("gpt-4.1-nano", "azure", TODAY, "was to be retired by Azure on 2026-10-14"),
        ("gpt-4o", "azure", dt.date(2027, 3, 1), "is to be retired by Azure on 2027-04-14"),
    ],
)
def test_a_near_or_past_retirement_is_warned_of(
    name: str, provider: str, today: dt.date, words: str
) -> None:
    """Within 60 days, and after the day, by the dates of the vendor in use."""
    warning = retirement_warning((name,), provider=PROVIDER[provider], today=today)
    assert warning is not None
    assert words in warning
    assert name in warning


@pytest.mark.parametrize(
    ("name", "provider", "today"),
    [
        ("gpt-4.1", "openai", dt.date(2026, 11, 14)),
        ("gpt-4.1", "azure", TODAY),
        ("editor", "azure", TODAY),
        ("gpt-5", "openai", TODAY),
        # Others serve the models as long as they like.
        ("gpt-4o", None, dt.date(2027, 3, 1)),
    ],
)
def test_nothing_is_warned_of_without_a_near_date(
    name: str, provider: str | None, today: dt.date
) -> None:
    """61 days away, another vendor, or not known."""
    warning = retirement_warning((None, name), provider=PROVIDER[provider], today=today)
    assert warning is None


def test_families_of_2026_have_their_published_limits() -> None:
    """922,000 tokens in and 128,000 out from GPT-5.6 on, and writing to the cache is billed."""
    for name in ("gpt-5.6-luna", "gpt-6-luna", "gpt-6.1-terra"):
        known = look_up(name)
        assert (known.context_window, known.output_limit) == (1_050_000, 128_000)
        assert known.bills_cache_writes
    assert not look_up("gpt-5.5").bills_cache_writes
    assert look_up("gpt-6.1-sol").retires_azure == dt.date(2028, 3, 11)
    assert look_up("gpt-6-astra").retires_azure is None
