"""The body of a response: unpacked in small pieces, and cut if it is that of an error.

httpx2 unpacks a piece as a whole, and the SDK reads an error so, however long.
"""

from __future__ import annotations

import dataclasses
import sys
import zlib
from collections.abc import AsyncIterator

import httpx2

from predict_edit.llm.stream import NoStream

MOST_OF_ERROR = 64 * 1024
"""Bytes of an error that are read; the rest is not."""
_PIECE = 64 * 1024
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
    packed = encoding in _PACKED
    if packed or response.is_error:
        most = MOST_OF_ERROR if response.is_error else sys.maxsize
        response.stream = _Bounded(inner=inner, packed=packed, most=most)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Bounded(httpx2.AsyncByteStream):
    """A body, up to ``most`` bytes."""

    inner: httpx2.AsyncByteStream
    packed: bool
    most: int

    async def aclose(self) -> None:
        """Close the connection if it was not read to its end."""
        await self.inner.aclose()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self.most
        async for piece in self._unpacked() if self.packed else self.inner:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def _unpacked(self) -> AsyncIterator[bytes]:
        unpacker = zlib.decompressobj(_ZLIB_OR_GZIP)
        try:
            async for packed in self.inner:
                yield unpacker.decompress(packed, _PIECE)
                while unpacker.unconsumed_tail:
                    yield unpacker.decompress(unpacker.unconsumed_tail, _PIECE)
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from None
