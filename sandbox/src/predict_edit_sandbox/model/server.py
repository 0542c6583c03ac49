"""The stand-in behind HTTP. Three families of routes, as the vendors have them.

::

    /v1/…                                                     OpenAI
    /openai/v1/…                                              Azure, v1
    /openai/deployments/{name}/chat/completions?api-version=  Azure, dated
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from aiohttp import web

from predict_edit_sandbox.model import tokens, validation
from predict_edit_sandbox.model.admission import Reception, Refused
from predict_edit_sandbox.model.answers import CREATED, OWNER, SERVER
from predict_edit_sandbox.model.config import ModelConfig
from predict_edit_sandbox.model.hosts import Host, supported
from predict_edit_sandbox.model.records import Exchange
from predict_edit_sandbox.model.refusals import Dialect, Refusal
from predict_edit_sandbox.shutdown import shut_down

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LARGEST_BODY = 256 * 1024 * 1024


class ModelSandbox:
    """An offline model on 127.0.0.1, for as long as an ``async with`` block lasts.

    ``exchanges`` holds every request for a completion in the order they came, ``in_flight_max``
    how many were answered at the same time.
    """

    def __init__(self, config: ModelConfig | None = None, *, port: int = 0) -> None:
        self.exchanges: list[Exchange] = []
        self.listed = 0
        """How often its models were asked for."""
        self.in_flight = 0
        self.in_flight_max = 0
        self._port = port
        self._runner: web.AppRunner | None = None
        self._numbers = itertools.count(1)
        self._reception = Reception(config or ModelConfig())

    @property
    def config(self) -> ModelConfig:
        """How the stand-in is set up."""
        return self._reception.config

    def reset(self, config: ModelConfig | None = None) -> None:
        """Forget all requests, limits and cached prompts, and take another set-up if given."""
        self.exchanges.clear()
        self.listed = 0
        self.in_flight_max = self.in_flight
        self._reception = Reception(config or self.config)

    async def start(self) -> None:
        """Listen; returns when requests are taken."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        for root, dialect in (("/v1", Dialect.OPENAI), ("/openai/v1", Dialect.AZURE_V1)):
            app.router.add_post(f"{root}/chat/completions", self._completions(dialect))
            app.router.add_get(f"{root}/models", self._models(dialect))
            app.router.add_get(f"{root}/models/{{model}}", self._models(dialect))
        app.router.add_post(
            "/openai/deployments/{deployment}/chat/completions",
            self._completions(Dialect.AZURE_DATED),
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def stop(self) -> None:
        """Stop listening; clients that still wait for an answer lose the connection."""
        if self._runner:
            await shut_down(self._runner)
            self._runner = None

    async def warm(self) -> None:
        """Load vocabulary and types now, so that the first request is as fast as the others."""
        await asyncio.to_thread(tokens.count, "warm")
        await asyncio.to_thread(validation.warm)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Scheme, host and port: what an Azure client takes as endpoint."""
        assert self._runner is not None, "the server is not running"
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes."""
        return f"{self.url}/v1"

    @property
    def azure_base_url(self) -> str:
        """What an OpenAI client takes for Azure's v1 API."""
        return f"{self.url}/openai/v1/"

    def _headers(self) -> dict[str, str]:
        return {"server": SERVER, "x-request-id": f"req_sandbox_{next(self._numbers)}"}

    def _refuse(self, refusal: Refusal, more: Mapping[str, str]) -> web.Response:
        headers = {**self._headers(), **more, **refusal.headers}
        return web.json_response(refusal.body, status=refusal.status, headers=headers)

    def _models(self, dialect: Dialect) -> Handler:
        """A handler that lists all models, or shows the one in the path."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.listed += 1
            reception = self._reception
            name = request.match_info.get("model")
            try:
                reception.sign_in(_lower(request), dialect)
                if name is not None:
                    reception.spec(name, dialect)
            except Refused as refused:
                return self._refuse(refused.refusal, {})
            names = sorted({*reception.config.models, *reception.config.deployments})
            shown = functools.partial(_model, config=reception.config)
            answer = shown(name) if name else {"object": "list", "data": [*map(shown, names)]}
            return web.json_response(answer, headers=self._headers())

        return handle

    def _completions(self, dialect: Dialect) -> Handler:
        """A handler that answers a request for a completion and records it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.in_flight += 1
            self.in_flight_max = max(self.in_flight_max, self.in_flight)
            exchange = Exchange(
                path=request.path,
                query=dict(request.query),
                headers=_lower(request),
                raw=b"",
                started=time.monotonic(),
                in_flight=self.in_flight,
            )
            self.exchanges.append(exchange)
            try:
                return await self._answer(request, exchange, dialect)
            finally:
                exchange.ended = time.monotonic()
                self.in_flight -= 1

        return handle

    async def _answer(
        self, request: web.Request, exchange: Exchange, dialect: Dialect
    ) -> web.StreamResponse:
        reception = self._reception
        exchange.raw = await request.read()
        try:
            delivery = reception.take(exchange, dialect, request.match_info.get("deployment"))
        except Refused as refused:
            exchange.status = refused.refusal.status
            exchange.complete = True
            return self._refuse(refused.refusal, reception.meter.headers())
        headers = {**self._headers(), **reception.meter.headers()}
        if self.config.hold:
            await self.config.hold()
        return await delivery.send(request, headers)


def _lower(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _model(name: str, config: ModelConfig) -> dict[str, Any]:
    model = {"id": name, "object": "model", "created": CREATED, "owned_by": OWNER}
    if config.host is not Host.OPENROUTER:
        return model
    return model | {"supported_parameters": supported(config.models[name])}
