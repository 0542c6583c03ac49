"""What one run leaves for the next, so that no model is paid twice for the same question.

A memory travels in a hidden marker: of the summary comment for a command, of the pull request for a
branch; on a laptop it is a file. It is compressed, bounded, and only ever read from what our own
account wrote. A seal made with the model's key, if there is one, keeps out what another program of
that account could be tricked into writing. Losing a memory costs tokens and nothing else.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterable
from typing import Final

import pydantic

from predict_edit.domain.edits import ChangePlan, EditRequest, Effort, Hunk, SourceFile
from predict_edit.edit.prompt import PROMPT_VERSION
from predict_edit.suggest.diff import apply_hunks
from predict_edit.support.git import blob_sha_of, lines_of
from predict_edit.support.log import log

LIMIT: Final = 40_000
"""Characters of a packed memory; GitHub accepts 65,536 for a whole text."""
MAX_ANSWERS: Final = 1_500
"""Answers that are remembered by digest; about 25 characters each when packed."""
MAX_UNPACKED: Final = 4_000_000
"""Bytes that a packed memory may grow to when it is opened."""
_SEAL_DIGITS: Final = 32
_WIDTH: Final = 12
"""Characters of a digest in base 64, 9 bytes: a chance match takes 2**72 files."""
UNCHANGED: Final = "A" * _WIDTH
"""The answer if the model left the file unchanged, or nothing it did could be used."""
DECLINED: Final = "/" * _WIDTH
"""The answer if the edit was offered in a pull request that was closed without merging."""
_OLD_ANSWERS: Final = re.compile(r"(?:[A-Za-z0-9+/]{24})*")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines ``start`` to ``start + count - 1`` of the original, and what replaced them."""

    start: int
    count: int
    added: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One file with a usable answer of the model."""

    path: str
    before: str
    """Blob SHA of the file that the model was given."""
    key: str
    """From :func:`key_of`: the question, and which model it was put to."""
    after: str
    """Blob SHA of the edited file; the same as ``before`` if nothing changed."""
    pieces: tuple[Piece, ...] = ()
    effort: Effort
    held: bool = False
    """Whether a commit left it out, because others that belong to it were missing."""

    @staticmethod
    def of(
        file: SourceFile, key: str, edited: str, hunks: Iterable[Hunk], effort: Effort
    ) -> Record:
        """Record how an original became the edited text."""
        return Record(
            path=file.path,
            before=file.blob_sha,
            key=key,
            after=blob_sha_of(edited.encode()) if edited != file.text else file.blob_sha,
            pieces=tuple(
                Piece(start=hunk.start, count=len(hunk.removed), added=hunk.added) for hunk in hunks
            ),
            effort=effort,
        )

    def edited(self, original: str) -> str | None:
        """Return the edited text; ``None`` if the pieces do not lead to it from ``original``."""
        lines = lines_of(original)
        end = 1
        hunks: list[Hunk] = []
        for piece in self.pieces:
            if piece.start < end or piece.count < 0 or piece.start + piece.count > len(lines) + 1:
                return None
            end = piece.start + piece.count
            removed = tuple(lines[piece.start - 1 : end - 1])
            hunks.append(Hunk(start=piece.start, removed=removed, added=piece.added))
        text = apply_hunks(original, hunks)
        return text if blob_sha_of(text.encode()) == self.after else None


@dataclasses.dataclass(slots=True, kw_only=True)
class Memory:
    """What earlier runs did."""

    records: dict[str, Record] = dataclasses.field(default_factory=dict)
    """Files of a command, by path, with their edits."""
    answers: dict[str, str] = dataclasses.field(default_factory=dict)
    """Files of a branch, by :func:`question_of`: :func:`answer_of` the edited file, which is on our
    branch, or :data:`UNCHANGED` or :data:`DECLINED`."""
    figures: dict[str, str] = dataclasses.field(default_factory=dict)
    """The outputs of a run that finished."""
    plan: ChangePlan | None = None
    """What the model said, before the files, that the command needs."""

    def find(self, file: SourceFile, key: str) -> Record | None:
        """Return the record of exactly this file and question."""
        record = self.records.get(file.path)
        if record is None or (record.before, record.key) != (file.blob_sha, key):
            return None
        return record


@functools.cache
def _codec() -> pydantic.TypeAdapter[Memory]:
    """Return what reads and writes memories; made on first use."""
    return pydantic.TypeAdapter(Memory)


def key_of(request: EditRequest, *, model: str, base_url: str | None, context: str) -> str:
    """Name everything that the model's answer for a file depends on, besides the file."""
    change = request.file.change
    digest = _digest(
        model,
        base_url,
        context,
        request.instruction,
        *(map(dataclasses.astuple, request.aims) if request.aims else [None]),
        (change.status, change.patch) if change and context == "diff" else None,
        *([request.background.key] if request.background else []),
        *([dataclasses.astuple(found) for found in request.findings]),
    )
    return digest.hex()[:32]


def question_of(*asked: object) -> str:
    """Name a question about a file of a branch by all that its answer depends on."""
    return _short(_digest(*asked))


def answer_of(blob_sha: str) -> str:
    """Return the short name of an edited blob."""
    return _short(bytes.fromhex(blob_sha))


def _digest(*asked: object) -> bytes:
    return hashlib.sha256(json.dumps([PROMPT_VERSION, *asked]).encode()).digest()


def _short(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")[:_WIDTH]


def plan_key_of(sources: Iterable[SourceFile], *asked: object) -> str:
    """Name everything that a plan depends on: the files, and what ``asked`` of them."""
    return _digest([(file.path, file.blob_sha) for file in sources], *asked).hex()[:32]


def pack(memory: Memory, secret: str | None, limit: int = LIMIT, *, about: str = "") -> str:
    """Write a memory in letters, digits, ``+``, ``/``, ``=`` and one dot.

    If all would be longer than ``limit``, files with the largest edits and the last answers are
    left out; they cost tokens again when the command is run again. The seal covers ``about``, too.
    """
    sizes = {path: size for path, one in memory.records.items() if (size := _size(one))}
    kept: dict[str, Record] = {}
    plan = memory.plan
    room = limit - (len(_written(Memory(plan=plan))) * 4 // 3 if plan else 0)
    if room < limit // 2:
        room, plan = limit, None
    for path in sorted(sizes, key=sizes.__getitem__):
        room -= sizes[path] * 4 // 3
        if room < 0:
            break
        kept[path] = memory.records[path]
    answers = list(memory.answers.items())[:MAX_ANSWERS]
    while True:
        known = Memory(
            records=kept, answers=dict(sorted(answers)), figures=memory.figures, plan=plan
        )
        data = _written(known)
        # Two dashes would end the comment that the marker is, so not the alphabet for addresses.
        packed = f"{_seal(data, secret, about)}.{base64.b64encode(data).decode('ascii')}"
        if len(packed) <= limit:
            return packed
        if kept:
            kept.popitem()
        elif plan:
            plan = None
        elif answers:
            answers = answers[: len(answers) * 9 // 10]
        else:
            return ""


def unpack(packed: str, secret: str | None) -> Memory:
    """Read a memory; an empty one if it is incomplete, too large, or not sealed by us."""
    if packed and not is_sealed(packed, secret):
        log.info("what an earlier run remembered has another seal; it is not used")
        return Memory()
    return unpack_unsealed(packed)


def is_sealed(packed: str, secret: str | None, *, about: str = "") -> bool:
    """Decide whether a packed memory has the seal of this key."""
    seal, _, text = packed.partition(".")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(seal.encode(), _seal(data, secret, about).encode())


def unpack_unsealed(packed: str) -> Memory:
    """Read a memory whatever its seal; an empty one if it is incomplete or too large."""
    text = packed.partition(".")[2]
    if not text:
        return Memory()
    try:
        unfolder = zlib.decompressobj()
        written = unfolder.decompress(base64.b64decode(text, validate=True), MAX_UNPACKED)
        if not unfolder.eof:
            log.info("what an earlier run remembered is too large; it is not used")
            return Memory()
        return _codec().validate_json(written)
    except (ValueError, zlib.error) as error:
        log.info("what an earlier run remembered cannot be read (%s)", type(error).__name__)
        return Memory()


def unpack_old_answers(packed: str) -> dict[str, str]:
    """Read the answers of a marker without a memory, as earlier versions wrote them."""
    if not _OLD_ANSWERS.fullmatch(packed):
        return {}
    pairs = (packed[start : start + 2 * _WIDTH] for start in range(0, len(packed), 2 * _WIDTH))
    return {pair[:_WIDTH]: pair[_WIDTH:] for pair in pairs}


def _written(memory: Memory) -> bytes:
    return zlib.compress(_codec().dump_json(memory, exclude_defaults=True), 9)


def _size(record: Record) -> int:
    try:
        return len(_written(Memory(records={record.path: record})))
    except ValueError:
        return 0  # A path or text that is not Unicode: that file is simply not remembered.


def _seal(data: bytes, secret: str | None, about: str) -> str:
    key = f"predict-edit memory {secret or ''}".encode()
    return hmac.digest(key, about.encode() + data, "sha256").hex()[:_SEAL_DIGITS]
