"""What one run of a command remembers for the next: finished edits, so that no model is paid twice.

A memory travels in the hidden marker of the summary comment. It is compressed, bounded, and only
ever read from a comment by our own account; a seal made with the model's key, where there is one,
keeps out what another program of that account may have been talked into writing.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

import pydantic

from predict_edit.domain import EditRequest, Effort, Hunk, SourceFile
from predict_edit.edit.prompt import PROMPT_VERSION
from predict_edit.settings.resolve import ModelSettings
from predict_edit.suggest.diff import apply_hunks
from predict_edit.support.git import blob_sha_of, lines_of
from predict_edit.support.log import log

LIMIT: Final = 40_000
"""Characters of a packed memory; GitHub takes 65,536 for a whole comment."""
MAX_UNPACKED: Final = 4_000_000
"""Bytes that a packed memory may grow to when it is opened."""
_SEAL_DIGITS: Final = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines ``start`` to ``start + count - 1`` of the original, and what stands there instead."""

    start: int
    count: int
    added: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One file that the model has answered for, with an answer that could be used."""

    path: str
    before: str
    """Blob SHA of the file as it was asked for."""
    key: str
    """From :func:`key_of`: what was asked, and of whom."""
    after: str
    """Blob SHA of the edited file; that of ``before`` where nothing changed."""
    pieces: tuple[Piece, ...] = ()
    effort: Effort

    @staticmethod
    def of(
        file: SourceFile, key: str, edited: str, hunks: Iterable[Hunk], effort: Effort
    ) -> Record:
        """Remember how an original became the edited text."""
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
        """The edited text; ``None`` where this is not how the original became it."""
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
    """What is remembered of a command, by path, and the outputs of a run that was finished."""

    records: dict[str, Record] = dataclasses.field(default_factory=dict)
    figures: dict[str, str] = dataclasses.field(default_factory=dict)

    def find(self, file: SourceFile, key: str) -> Record | None:
        """What is remembered of exactly this file and question."""
        record = self.records.get(file.path)
        if record is None or (record.before, record.key) != (file.blob_sha, key):
            return None
        return record


@functools.cache
def _codec() -> pydantic.TypeAdapter[Memory]:
    """Reads and writes memories; made on first use."""
    return pydantic.TypeAdapter(Memory)


def key_of(request: EditRequest, settings: ModelSettings) -> str:
    """Name everything that the model's answer for a file depends on, besides the file."""
    change = request.file.change
    asked = [
        PROMPT_VERSION,
        settings.model,
        settings.base_url,
        settings.context,
        request.instruction,
        dataclasses.astuple(request.aim) if request.aim else None,
        (change.status, change.patch) if change and settings.context == "diff" else None,
        *([dataclasses.astuple(found) for found in request.findings]),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:_SEAL_DIGITS]


def pack(memory: Memory, secret: str | None, limit: int = LIMIT) -> str:
    """Write a memory in letters, digits, ``+``, ``/``, ``=`` and one dot.

    Files with the largest edits are left out where everything would be longer than ``limit``;
    they cost tokens again when the command is run again.
    """
    sizes = {path: len(_deflated(_written({path: r}))) for path, r in memory.records.items()}
    kept: dict[str, Record] = {}
    room = limit
    for path in sorted(sizes, key=sizes.__getitem__):
        room -= sizes[path] * 4 // 3
        if room < 0:
            break
        kept[path] = memory.records[path]
    while True:
        packed = _sealed(_deflated(_written(kept, memory.figures)), secret)
        if len(packed) <= limit:
            return packed
        if not kept:
            return ""
        kept.popitem()


def unpack(packed: str, secret: str | None) -> Memory:
    """Read a memory; an empty one where it is not whole, not ours or too large."""
    seal, _, text = packed.partition(".")
    if not text:
        return Memory()
    try:
        data = base64.b64decode(text, validate=True)
        if not hmac.compare_digest(seal.encode(), _seal(data, secret).encode()):
            log.info("what an earlier run remembered has another seal; it is not used")
            return Memory()
        unfolder = zlib.decompressobj()
        written = unfolder.decompress(data, MAX_UNPACKED)
        if not unfolder.eof:
            log.info("what an earlier run remembered is too large; it is not used")
            return Memory()
        return _codec().validate_json(written)
    except (ValueError, zlib.error) as error:
        log.info("what an earlier run remembered cannot be read (%s)", type(error).__name__)
        return Memory()


def _written(records: Mapping[str, Record], figures: Mapping[str, str] | None = None) -> bytes:
    try:
        return _codec().dump_json(
            Memory(records=dict(records), figures=dict(figures or {})), exclude_defaults=True
        )
    except ValueError:
        # A path or text that is no Unicode; it is simply not remembered.
        whole = {path: record for path, record in records.items() if _is_unicode(record)}
        return _written(whole, figures) if len(whole) < len(records) else b"{}"


def _is_unicode(record: Record) -> bool:
    try:
        _codec().dump_json(Memory(records={record.path: record}))
    except ValueError:
        return False
    return True


def _deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def _sealed(data: bytes, secret: str | None) -> str:
    # Two dashes would end the comment that the marker is, so not the alphabet for addresses.
    return f"{_seal(data, secret)}.{base64.b64encode(data).decode('ascii')}"


def _seal(data: bytes, secret: str | None) -> str:
    key = f"predict-edit memory {secret or ''}".encode()
    return hmac.digest(key, data, "sha256").hex()[:_SEAL_DIGITS]
