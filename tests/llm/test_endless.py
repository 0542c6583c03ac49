"""Answers without an end, plain or compressed: reading stops while they are small."""

from __future__ import annotations

import functools
import gzip
import tracemalloc
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import openai
import pytest
from aiohttp import web

from predict_edit.domain.edits import FailedEdit, FileEdit
from predict_edit.domain.errors import (
    AnswerUnusable,
    ModelRefused,
    ModelUnavailable,
    StreamCutShort,
)
from predict_edit.llm.editor import ChatEditor
from predict_edit.settings.fields import ModelSettings

if TYPE_CHECKING:
    from tests.llm.conftest import ModelServer, Reply, Wire

MEBIBYTE = 1 << 20
MOST = 24 * MEBIBYTE
"""More than any bound here with what reading it takes; a bomb has four times as much."""
STREAM = "text/event-stream"


def endless(status: int, kind: str, piece: bytes = b"x" * 65_536) -> Reply:
    """Send the piece until the client hangs up."""

    async def reply(request: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Type": kind})
        await response.prepare(request)
        try:
            while True:
                await response.write(piece)
        finally:
            if request.transport is not None:
                request.transport.abort()

    return reply


@functools.cache
def bomb(piece: bytes) -> bytes:
    """Pack 100 MiB without having them, as memory is measured meanwhile."""
    packer = zlib.compressobj(level=1, wbits=31)
    block = piece * (MEBIBYTE // len(piece))
    return b"".join([*(packer.compress(block) for _ in range(100)), packer.flush()])


def packed(status: int, kind: str, piece: bytes = b"x") -> Reply:
    """Send what unfolds to far more, although nothing compressed was asked for."""

    async def reply(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
        return web.Response(status=status, body=bomb(piece), headers=headers)

    return reply


@pytest.fixture
def editor(settings: ModelSettings, client: openai.AsyncOpenAI) -> ChatEditor:
    """An editor as the action makes it."""
    return ChatEditor(settings, client, nonce="0" * 16)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(endless(400, "application/json"), ModelRefused, id="error"),
        pytest.param(endless(400, "application/json", b"[" * 65_536), ModelRefused, id="nested"),
        pytest.param(packed(400, "application/json"), ModelRefused, id="packed error"),
        pytest.param(packed(404, "text/html"), Exception, id="packed page not found"),
        pytest.param(endless(200, STREAM), AnswerUnusable, id="event"),
        pytest.param(endless(200, STREAM, b"data: x\n" * 99), AnswerUnusable, id="event of lines"),
        pytest.param(endless(200, STREAM, b": still here\r" * 99), AnswerUnusable, id="comment"),
        pytest.param(packed(200, STREAM), AnswerUnusable, id="packed event"),
        pytest.param(packed(200, STREAM, b"x\n"), AnswerUnusable, id="packed lines"),
        pytest.param(endless(200, "text/html"), StreamCutShort, id="page"),
    ],
)
async def test_what_never_ends_is_given_up_while_it_is_small(
    server: ModelServer, editor: ChatEditor, wire: Wire, reply: Reply, kind: type[Exception]
) -> None:
    """An error keeps its status; an endless part of a stream ends the file."""
    server.default = reply
    tracemalloc.start()
    try:
        result = await editor.edit(wire.request())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(result, FailedEdit)
    assert isinstance(result.error, kind)
    assert peak < MOST
    assert len(server.received) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "nonsense"])
async def test_a_compressed_answer_is_read_or_refused(
    server: ModelServer, editor: ChatEditor, wire: Wire, encoding: str
) -> None:
    """A proxy may compress without being asked; the cost of unfolding is known."""
    plain = wire.lines(wire.whole(wire.EDITED))
    packages = {"gzip": gzip.compress(plain), "deflate": zlib.compress(plain)}
    data = packages.get(encoding, plain)

    async def reply(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        headers = {"Content-Type": STREAM, "Content-Encoding": encoding}
        return web.Response(body=data, headers=headers)

    server.default = reply
    result = await editor.edit(wire.request())
    if encoding in {"gzip", "deflate"}:
        assert isinstance(result, FileEdit), result
        assert result.text == wire.EDITED
    else:
        assert isinstance(result, FailedEdit)
        assert encoding in str(result.error)
    assert server.received[0].headers["Accept-Encoding"] == "identity"


async def test_a_torn_package_is_a_broken_line(
    server: ModelServer, editor: ChatEditor, wire: Wire
) -> None:
    """What cannot be decompressed is not an answer."""

    async def reply(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        headers = {"Content-Type": STREAM, "Content-Encoding": "gzip"}
        return web.Response(body=b"no gzip at all", headers=headers)

    server.default = reply
    result = await editor.edit(wire.request())
    assert isinstance(result, FailedEdit)
    assert isinstance(result.error, ModelUnavailable)


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
async def test_a_long_answer_in_small_events_is_read(
    server: ModelServer, editor: ChatEditor, wire: Wire, end: str
) -> None:
    """Events end wherever pieces of the network do."""
    text = "".join(f"value_{number} = {number}\n\n" for number in range(1_500))
    frames = wire.lines(wire.whole(text)).replace(b"\n\n", end.encode())

    async def reply(request: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": STREAM})
        await response.prepare(request)
        for start in range(0, len(frames), 4_001):
            await response.write(frames[start : start + 4_001])
        return response

    server.default = reply
    result = await editor.edit(wire.request(text))
    assert isinstance(result, FileEdit), result


@pytest.mark.parametrize("depth", [300, 900, 30_000])
@pytest.mark.parametrize("status", [200, 400])
async def test_a_deep_answer_is_an_error_like_any_other(
    server: ModelServer, editor: ChatEditor, wire: Wire, status: int, depth: int
) -> None:
    """What is nested more deeply than Python recurses breaks nothing."""
    deep = '{"error":' * depth + '{"message":"No."}' + "}" * depth
    server.default = (
        wire.stream([deep]) if status == 200 else wire.answer(status, deep, kind="application/json")
    )
    result = await editor.edit(wire.request())
    assert isinstance(result, FailedEdit)
