"""What is shown of a provider's words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.llm.echo import LONGEST_QUOTE, body_text, quote, sentence_of, without_echo

FILE = 'def total(prices):\n    """Sum."""\n    return sum(prices)  # unexpected prediction\n'


@pytest.mark.parametrize(
    "echo",
    [
        FILE,
        json.dumps(FILE)[1:-1],
        json.dumps(json.dumps(FILE))[1:-1],
        FILE[:40],
        FILE[10:60].replace("\n", " "),
    ],
)
def test_an_echo_of_the_file_is_taken_out(echo: str) -> None:
    """Whole, cut short, escaped once or twice, or folded: the file does not come back."""
    shown = without_echo(f"Invalid value: {echo} near here", [FILE])
    assert "total" not in shown
    assert "sum(prices)" not in shown
    assert shown.startswith("Invalid value: ")
    assert shown.endswith("near here")


def test_words_that_only_resemble_the_file_stay() -> None:
    """Runs shorter than 20 characters are language, not an echo."""
    text = "Unsupported parameter: 'prediction' is not supported with this model."
    assert without_echo(text, [FILE]) == text


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcDEF123456789",
        "sk-ab********************wxyz",
        "Bearer abc.def-ghi",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl",
        "0123456789abcdef0123456789abcdef",
        "A" * 30 + "1b2C" * 13 + "ZZ",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "github_pat_11AAAAAAA0abcdefghij",
    ],
)
def test_what_looks_like_a_key_is_hidden(secret: str) -> None:
    """Keys and tokens that a provider repeats do not reach a comment."""
    shown = quote(f"Incorrect API key provided: {secret}. Find yours in the settings.")
    assert secret not in shown
    assert "[hidden]" in shown
    assert shown.startswith("Incorrect API key provided")


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_quote_is_one_short_printable_line(text: str, sent: list[str]) -> None:
    """Whatever a provider sends."""
    shown = quote(text, sent)
    assert len(shown) <= LONGEST_QUOTE
    assert not set(shown) & set("\n\r\t\x00\x1b\u202e\u200b")


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=40), st.data())
def test_no_long_run_of_the_file_survives(text: str, data: st.DataObject) -> None:
    """Any piece of 40 characters of the file disappears from a message that repeats it."""
    start = data.draw(st.integers(0, len(text) - 40))
    piece = " ".join(text[start : start + 40].split())
    shown = without_echo(f"Bad: {piece}", [text])
    assert len(piece) < 20 or piece not in shown


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"message": "No.", "code": "x"}, "No."),
        ({"error": "No."}, "No."),
        ({"error": {"message": "No."}}, "No."),
        ({"detail": "Not Found"}, "Not Found"),
        ({"error_description": "No.", "error": "invalid"}, "No."),
        (
            {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "prediction"],
                        "msg": "Extra inputs are not permitted",
                        "input": {"content": "SECRET FILE"},
                    }
                ]
            },
            "body.prediction: Extra inputs are not permitted",
        ),
        ({"detail": ["plain"]}, "plain"),
        ("No.", "No."),
        ("<html><body>Bad Gateway</body></html>", ""),
        (None, ""),
        (["a"], '["a"]'),
        ({"other": 1}, '{"other": 1}'),
    ],
)
def test_the_sentence_is_found_in_every_known_shape(body: object, sentence: str) -> None:
    """OpenAI's, FastAPI's, plain text; a web page has none."""
    assert sentence_of(body) == sentence


def test_a_body_of_any_kind_becomes_text() -> None:
    """Circular and foreign values do not break it."""
    circular: dict[str, object] = {}
    circular["self"] = circular
    assert "self" in body_text(circular)
    assert "object" in body_text({"a": object()})
