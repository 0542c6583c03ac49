"""How long an answer may get before it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain import Usage
from predict_edit.edit.prompt import Message
from predict_edit.llm import bounds
from predict_edit.llm.models import UNKNOWN, look_up
from predict_edit.llm.request import body


def never(_: str) -> int:
    """A tokenizer that must not be needed."""
    pytest.fail("counted where bytes are enough")


def messages(text: str) -> list[Message]:
    """Rules and file."""
    return [Message(role="system", content="rules"), Message(role="user", content=text)]


@given(st.text())
def test_the_wide_bound_has_room_for_any_edit(text: str) -> None:
    """Twice the file and a page always fit; nothing is counted."""
    bound = bounds.wide(text)
    assert bound.characters >= 2 * len(text) + 4_000
    assert bound.output_tokens is None


@given(st.integers(0, 100_000))
def test_the_tight_bound_fits_the_file_and_counts_a_rejected_prediction(size: int) -> None:
    """The whole file, half as much again, and everything of the prediction rejected."""
    text = "word" * size
    bound = bounds.tight(messages(text), text, UNKNOWN, lambda part: len(part) // 4)
    plain, predicted = bound.usage(predicted=False), bound.usage(predicted=True)
    assert bound.characters >= len(text)
    assert (plain.completion_tokens or 0) >= 1.5 * size
    assert (predicted.completion_tokens or 0) == (plain.completion_tokens or 0) + size
    assert (plain.prompt_tokens or 0) > size
    assert bound.total(predicted=True) == bound.total(predicted=False) + size


def test_a_reasoning_model_gets_room_to_think_within_its_limit() -> None:
    """Hidden tokens are output tokens; more than the model can write is not asked for."""
    text = "x\n" * 100
    thinking = bounds.tight(messages(text), text, look_up("gpt-5"), len)
    plain = bounds.tight(messages(text), text, UNKNOWN, len)
    assert (thinking.output_tokens or 0) == (plain.output_tokens or 0) + 25_000
    long = "x" * 200_000
    limited = bounds.tight(messages(long), long, look_up("gpt-5"), len)
    assert limited.output_tokens == 128_000


def test_an_empty_file_has_a_bound() -> None:
    """No division by its size."""
    bound = bounds.tight(messages(""), "", UNKNOWN, len)
    assert bound.characters == 512
    assert bounds.Bound(characters=1).usage(predicted=True) == Usage(
        prompt_tokens=0, completion_tokens=0
    )


def test_short_files_are_not_counted() -> None:
    """No token is shorter than a byte, and without a limit everything fits."""
    assert bounds.fits("é" * 37, 100, never)
    assert bounds.fits("é" * 10_000, None, never)


@pytest.mark.parametrize(("size", "fits"), [(75, True), (76, False)])
def test_three_quarters_of_the_limit_is_the_border(size: int, fits: bool) -> None:
    """The rest is for the edit and for rejected tokens."""
    assert bounds.fits("ab" * size, 100, lambda part: len(part) // 2) is fits


@given(st.integers(1, 10**6))
def test_a_piece_leaves_more_room_than_a_file(limit: int) -> None:
    """Any piece may be the one that grows."""
    assert 1 <= bounds.piece_tokens(limit) <= max(1, 0.75 * limit)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "unknown"])
@pytest.mark.parametrize("prediction", [None, "x"])
@pytest.mark.parametrize("most", [None, 900])
def test_a_cap_never_stands_beside_a_prediction(
    model: str, prediction: str | None, most: int | None
) -> None:
    """Nor does anything else on the vendor's list of unsupported features."""
    fields = body(
        model=model,
        messages=messages("x"),
        prediction=prediction,
        capability=look_up(model),
        most_tokens=most,
    )
    assert ("max_completion_tokens" in fields) is (prediction is None and most is not None)
    assert ("temperature" in fields) is (model != "gpt-5")
    assert not fields.keys() & {
        "tools",
        "n",
        "logprobs",
        "presence_penalty",
        "frequency_penalty",
        "audio",
        "modalities",
        "max_tokens",
    }
