"""The body of a response, bounded before it is in memory, compressed or not.

httpx2 and the SDK read an error's body and each event of a stream as a whole, however long.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import AsyncIterator

import httpx2

from predict_edit.domain.errors import AnswerUnusable
from predict_edit.llm.stream import NoStream

MOST_OF_ERROR = 64 * 1024
"""Bytes of an error that are read; the rest is not."""
MOST_OF_EVENT = 4 * 1024 * 1024
"""Bytes of one event of a stream; some servers send a whole answer in one."""
MOST_LINES = 1_000
"""Lines of one event, which the SDK joins one by one."""

_PIECE = 64 * 1024
_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


async def bound(response: httpx2.Response) -> None:
    """Bound a response whose body was not read yet: a hook for a client."""
    # Deleted, so that nothing else unfolds it.
    encoding = response.headers.pop("content-encoding", "identity").strip().lower()
    inner = response.stream
    if not isinstance(inner, httpx2.AsyncByteStream):
        return
    if encoding not in _PACKED | {"identity", ""}:
        await response.aclose()
        raise NoStream(
            f"{response.url.host} compressed its answer as `{encoding[:40]}`, which was not asked "
            "for.",
            "Check the proxy or gateway on the way to the model.",
        )
    response.stream = _Bounded(
        inner=inner,
        packed=encoding in _PACKED,
        failed=response.is_error,
        events="text/event-stream" in response.headers.get("content-type", ""),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Bounded(httpx2.AsyncByteStream):
    """Hands out a body as long as it stays within its bounds."""

    inner: httpx2.AsyncByteStream
    packed: bool
    failed: bool
    events: bool

    async def aclose(self) -> None:
        """Close the connection if it was not read to its end."""
        await self.inner.aclose()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self._unpacked() if self.packed else aiter(self.inner)
        size = lines = 0
        tail = b""
        async for piece in pieces:
            if self.failed:
                yield piece[: MOST_OF_ERROR - size]
                size += len(piece)
                if size >= MOST_OF_ERROR:
                    return
                continue
            if piece.endswith(b"\n\n"):
                # Whole events, as nearly every piece holds: what follows has its bounds anew.
                size, lines, tail = 2, 2, b"\n\n"
                yield piece
                continue
            seen = tail + piece
            end = max(seen.rfind(mark) for mark in _ENDS)
            rest = piece if end < 0 else seen[end:]
            size = len(rest) + (size if end < 0 else 0)
            lines = rest.count(b"\n") + rest.count(b"\r") + (lines if end < 0 else 0)
            if size > MOST_OF_EVENT or lines > MOST_LINES:
                if not self.events:
                    # A page in place of a stream, which its reader finds to be none.
                    return
                raise AnswerUnusable(
                    f"One event of the answer is longer than {MOST_OF_EVENT // 2**20} MiB or "
                    f"{MOST_LINES:,} lines.",
                    "Check that `base-url` is the root of an OpenAI-compatible API.",
                )
            tail = seen[-3:]
            yield piece

    async def _unpacked(self) -> AsyncIterator[bytes]:
        unpacker = zlib.decompressobj(_ZLIB_OR_GZIP)
        try:
            async for packed in self.inner:
                yield unpacker.decompress(packed, _PIECE)
                while unpacker.unconsumed_tail:
                    yield unpacker.decompress(unpacker.unconsumed_tail, _PIECE)
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from None
