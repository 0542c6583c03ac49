"""Sends an answer over HTTP, whole or as server-sent events, rightly or with a fault."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from aiohttp import web

from predict_edit_sandbox.model.answers import Envelope, usage
from predict_edit_sandbox.model.composition import Piece, Writing
from predict_edit_sandbox.model.faults import Fault, FaultKind
from predict_edit_sandbox.model.records import Exchange

PAGE = "<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>\n"
REFUSAL = "I'm sorry, I can't help with that."
_POLL = 0.02
"""Seconds between two looks whether a client that waits in vain has hung up."""

_BREAKING = {
    FaultKind.CUT,
    FaultKind.ENDS_EARLY,
    FaultKind.STALL,
    FaultKind.MALFORMED,
    FaultKind.ERROR_EVENT,
}
"""Faults that show when half of the answer is out."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One answer on its way."""

    exchange: Exchange
    writing: Writing
    envelope: Envelope
    fault: Fault | None
    details: bool
    pace: float
    """Seconds between two pieces of a stream that never ends."""

    @property
    def _kind(self) -> FaultKind | None:
        return self.fault.kind if self.fault else None

    @property
    def _used(self) -> dict[str, Any] | None:
        if self._kind is FaultKind.NO_USAGE:
            return None
        details = self.details and self._kind is not FaultKind.BARE_USAGE
        return usage(self.writing.accounts, details=details)

    async def send(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        """Send everything; returns also when the client hangs up."""
        if answer := self._instead(headers):
            self.exchange.status = answer.status
            self.exchange.complete = True
            return answer
        self.exchange.status = 200
        try:
            if self.exchange.streamed:
                return await self._stream(request, headers)
            return await self._whole(request, headers)
        except ConnectionError:
            # The client has what it wanted, or no patience; the record shows how far it came.
            return web.Response(status=499)

    def _instead(self, headers: Mapping[str, str]) -> web.Response | None:
        """An answer that is not a completion at all."""
        match self._kind:
            case FaultKind.HTML:
                return web.Response(text=PAGE, content_type="text/html", headers=headers)
            case FaultKind.UNAVAILABLE:
                return web.Response(
                    status=503, text=PAGE, content_type="text/html", headers=headers
                )
            case FaultKind.JSON:
                return web.json_response({"status": "ok"}, headers=headers)
            case FaultKind.REDIRECT:
                assert self.fault is not None
                return web.Response(
                    status=307, headers={**headers, "location": self.fault.location}
                )
            case _:
                return None

    async def _whole(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        await asyncio.sleep(self.writing.seconds)
        refused = self._kind is FaultKind.REFUSAL
        text = None if refused else self.writing.text
        body = self.envelope.completion(
            text=text,
            refusal=REFUSAL if refused else None,
            finish=self.writing.finish,
            used=self._used,
        )
        data = json.dumps(body, ensure_ascii=False).encode()
        if self._kind in {FaultKind.STALL, FaultKind.ENDLESS}:
            await self._wait(request)
        if self._kind in _BREAKING:
            data = data[: len(data) // 2]
        response = web.StreamResponse(headers={**headers, "content-type": "application/json"})
        response.content_length = len(data) * (2 if self._kind is FaultKind.CUT else 1)
        await response.prepare(request)
        self.exchange.first_byte = time.monotonic()
        await response.write(data)
        if self._kind is FaultKind.CUT:
            self._abort(request)
            return response
        self.exchange.answer = text or ""
        self.exchange.tokens_sent = sum(piece.tokens for piece in self.writing.pieces)
        self.exchange.complete = self._kind not in _BREAKING
        await response.write_eof()
        return response

    async def _stream(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                **headers,
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-cache",
            }
        )
        await response.prepare(request)
        if self.envelope.azure:
            await self._event(response, self.envelope.opening())
        async for piece in self._paced():
            if self.exchange.first_byte is None:
                self.exchange.first_byte = time.monotonic()
                opening = {"role": "assistant", "content": "", "refusal": None}
                await self._event(response, self.envelope.chunk(opening))
            if piece.text:
                await self._event(response, self.envelope.chunk({"content": piece.text}))
            self.exchange.answer += piece.text
            self.exchange.tokens_sent += piece.tokens
        if self._kind is FaultKind.REFUSAL:
            await self._event(response, self.envelope.chunk({"refusal": REFUSAL}))
        if self._kind in _BREAKING and not await self._break(request, response):
            return response
        await self._event(response, self.envelope.chunk({}, self.writing.finish))
        if self.envelope.include_usage and (used := self._used):
            await self._event(response, self.envelope.closing(used))
        await response.write(b"data: [DONE]\n\n")
        self.exchange.complete = True
        await response.write_eof()
        return response

    async def _paced(self) -> AsyncIterator[Piece]:
        """The pieces to send, each when its time has come; at least one."""
        due = time.monotonic() + self.writing.first_token
        for piece in self._pieces():
            due += piece.seconds
            wait = due - time.monotonic()
            # Also without a wait: other requests get their turn between two pieces.
            await asyncio.sleep(max(wait, 0.0))
            yield piece

    def _pieces(self) -> Iterator[Piece]:
        pieces = self.writing.pieces
        nothing = Piece(text="", tokens=0, seconds=0.0)
        if self._kind is FaultKind.REFUSAL or not pieces:
            yield nothing
            return
        if self._kind in _BREAKING:
            yield from pieces[: (len(pieces) + 1) // 2]
            return
        yield from pieces
        last = "".join(piece.text for piece in pieces).splitlines(keepends=True)[-1:]
        while self._kind is FaultKind.ENDLESS:
            yield dataclasses.replace(pieces[-1], text="".join(last), seconds=self.pace)

    async def _break(self, request: web.Request, response: web.StreamResponse) -> bool:
        """Do what the fault says in the middle; ``True`` where the stream goes on after it."""
        match self._kind:
            case FaultKind.CUT:
                self._abort(request)
            case FaultKind.STALL:
                await self._wait(request)
            case FaultKind.ERROR_EVENT:
                problem = {
                    "message": "The server had an error while processing your request.",
                    "type": "server_error",
                    "param": None,
                    "code": None,
                }
                await self._event(response, {"error": problem})
                await response.write_eof()
            case FaultKind.MALFORMED:
                await response.write(b'data: {"id": "chatcmpl-sandbox", "choices": [{"del\n\n')
                return True
            case _:
                await response.write_eof()
        return False

    @staticmethod
    def _abort(request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

    @staticmethod
    async def _wait(request: web.Request) -> None:
        """Hold the line until the client hangs up."""
        # aiohttp reports that a client left only to code that writes or checks.
        while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(_POLL)
        raise ConnectionResetError("the client hung up")

    @staticmethod
    async def _event(response: web.StreamResponse, data: Mapping[str, Any]) -> None:
        await response.write(b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n")
