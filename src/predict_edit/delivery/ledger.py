"""What earlier runs have answered, by what was asked: so that nothing is paid for twice.

It travels in the hidden marker of the pull request. It holds digests only, 24 characters a file;
the edited files themselves are on the branch. Its loss costs tokens and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from predict_edit.domain import Finding
from predict_edit.edit.prompt import PROMPT_VERSION
from predict_edit.settings.resolve import ModelSettings

MAX_ENTRIES: Final = 1_500
"""Files that are remembered; 24 characters each, of the 65,536 that GitHub takes for a text."""
_WIDTH: Final = 9
"""Bytes of a digest: chance would have to try 2**72 files."""
UNCHANGED: Final = bytes(_WIDTH)
"""Stands for: the model left the file as it was, or nothing it did could be used."""
DECLINED: Final = b"\xff" * _WIDTH
"""Stands for: the edit was offered in a pull request that somebody closed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ledger:
    """What was answered, by the digest of the question."""

    answers: Mapping[bytes, bytes] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def find(self, question: bytes) -> bytes | None:
        """The digest of the edited blob, :data:`UNCHANGED`, :data:`DECLINED` or ``None``."""
        return self.answers.get(question)

    def declined(self) -> Ledger:
        """The same after somebody closed the pull request: no edit of it is offered again."""
        return Ledger(
            {
                question: answer if answer == UNCHANGED else DECLINED
                for question, answer in self.answers.items()
            }
        )

    def without_edits(self) -> Ledger:
        """Only what needs no edited file to be taken from anywhere."""
        kept = {UNCHANGED, DECLINED}
        return Ledger({asked: said for asked, said in self.answers.items() if said in kept})

    def pack(self) -> str:
        """The ledger in letters, digits, ``+`` and ``/``; the first entries where it is long."""
        kept = list(self.answers.items())[:MAX_ENTRIES]
        return base64.b64encode(b"".join(b"".join(pair) for pair in sorted(kept))).decode()

    @staticmethod
    def unpack(packed: str) -> Ledger:
        """Read a ledger; an empty one where it is not whole."""
        try:
            data = base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError):
            return Ledger()
        if len(data) % (2 * _WIDTH):
            return Ledger()
        starts = range(0, len(data), 2 * _WIDTH)
        return Ledger({data[i : i + _WIDTH]: data[i + _WIDTH : i + 2 * _WIDTH] for i in starts})


def question_of(
    path: str,
    blob_sha: str,
    findings: Sequence[Finding],
    *,
    instruction: str,
    settings: ModelSettings,
    anywhere: bool,
) -> bytes:
    """Name everything that the answer for a file depends on."""
    asked = [
        PROMPT_VERSION,
        settings.model,
        settings.base_url,
        instruction,
        path,
        blob_sha,
        anywhere,
        [dataclasses.astuple(found) for found in findings],
    ]
    return hashlib.sha256(json.dumps(asked).encode()).digest()[:_WIDTH]


def answer_of(blob_sha: str) -> bytes:
    """The short name of an edited blob."""
    return bytes.fromhex(blob_sha)[:_WIDTH]
