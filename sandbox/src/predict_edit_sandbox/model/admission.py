"""What happens to a request before it is answered: sign-in, checks, limits, a plan."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.model import hosts, refusals, tokens, validation
from predict_edit_sandbox.model.answers import Envelope
from predict_edit_sandbox.model.catalogue import ModelSpec, PredictionRefusal
from predict_edit_sandbox.model.composition import (
    PromptCache,
    knows_predictions,
    prediction_of,
    write,
)
from predict_edit_sandbox.model.config import ModelConfig
from predict_edit_sandbox.model.delivery import Delivery
from predict_edit_sandbox.model.faults import Behaviour, Call, FaultKind
from predict_edit_sandbox.model.hosts import Host
from predict_edit_sandbox.model.instructions import as_edits, think
from predict_edit_sandbox.model.limits import Meter
from predict_edit_sandbox.model.records import Exchange
from predict_edit_sandbox.model.refusals import Dialect, Refusal

FIRST_API_VERSION = "2025-01-01"
"""Azure's first dated API with predictions, without its ``-preview``."""


class Refused(Exception):
    """A request that gets an error instead of a completion."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


class Reception:
    """Takes requests in and remembers what the answers to later ones depend on."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.meter = Meter(config.rate_limit)
        self._calls = 0
        self._attempts: Counter[str] = Counter()
        self._cache = PromptCache()

    def sign_in(self, headers: Mapping[str, str], dialect: Dialect) -> None:
        """Let in who has a key. Raises :class:`Refused` with 401 or 403."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = token.strip() if scheme.lower() == "bearer" else ""
        if dialect.azure:
            key = headers.get("api-key") or key
        if key in self.config.forbidden_keys:
            raise Refused(refusals.no_role(dialect))
        if key not in self.config.api_keys:
            raise Refused(refusals.wrong_key(dialect, key))

    def spec(self, name: str, dialect: Dialect) -> ModelSpec:
        """The model behind a model or deployment name. Raises :class:`Refused` with 404."""
        spec = self.config.models.get(self.config.deployments.get(name, name))
        if spec is None:
            raise Refused(refusals.unknown_model(dialect, name))
        return spec

    def take(self, exchange: Exchange, dialect: Dialect, deployment: str | None) -> Delivery:
        """Decide on the answer. Raises :class:`Refused` where there is to be none."""
        self.sign_in(exchange.headers, dialect)
        spec = self._asked(exchange, dialect, deployment)
        body = self._for_model(exchange, spec)
        prompt = tokens.prompt(body["messages"])
        thought = think(
            body["messages"],
            prediction_of(body),
            gullible=self.config.gullible,
            exact=self.config.exact,
        )
        if (told := self.config.answers.get(thought.file)) is not None:
            meant = self.config.confirmed.get(thought.file)
            if thought.nonce is not None and meant is not None:
                told = as_edits(thought.file, meant, thought.nonce)
            thought = dataclasses.replace(thought, answer=told)
        if thought.plans:
            thought = dataclasses.replace(thought, answer=self.config.plan)
        exchange.plans = thought.plans
        exchange.file, exchange.note = thought.file, thought.note
        exchange.understood = thought.understood
        behaviour = self._behaviour(exchange, spec)
        wait = self.meter.take(len(prompt), exchange.in_flight)
        if wait is not None:
            raise Refused(refusals.rate_limited(dialect, wait))
        refusal = (
            _planned(behaviour, dialect, spec, len(prompt))
            or refusals.by_model(spec, body)
            or refusals.by_context(spec, len(prompt))
        )
        if refusal:
            raise Refused(refusal)
        writing = write(
            body=body,
            prompt=len(prompt),
            cached=self._cache.cached(prompt) if self.config.prompt_cache else 0,
            thought=thought,
            spec=spec,
            config=self.config,
            behaviour=behaviour,
        )
        exchange.accounts = writing.accounts
        host = self.config.host
        return Delivery(
            exchange=exchange,
            writing=writing,
            envelope=Envelope(
                id=f"chatcmpl-sandbox-{self._calls}",
                model=self.config.canned.model if self.config.canned else spec.reported,
                azure=dialect.azure and self.config.azure_filters,
                include_usage=host is Host.MISTRAL
                or bool((body.get("stream_options") or {}).get("include_usage")),
                own=hosts.metrics(host, exchange.body, writing.accounts),
            ),
            fault=behaviour.fault,
            details=knows_predictions(spec) and host not in {Host.FIREWORKS, Host.MISTRAL},
            pace=self.config.latency.generated_token,
        )

    def _for_model(self, exchange: Exchange, spec: ModelSpec) -> dict[str, Any]:
        """The request in OpenAI's form, as the model gets it."""
        body = hosts.for_model(self.config.host, dict(exchange.body), spec)
        if isinstance(body, Refusal):
            raise Refused(body)
        return hosts.received(self.config.host, body)

    def _behaviour(self, exchange: Exchange, spec: ModelSpec) -> Behaviour:
        self._calls += 1
        self._attempts[exchange.file] += 1
        behaviour = self.config.planner(
            Call(
                number=self._calls,
                attempt=self._attempts[exchange.file],
                model=spec.name,
                file=exchange.file,
                predicted=exchange.predicted,
            )
        )
        exchange.fault = behaviour.fault.kind if behaviour.fault else None
        return behaviour

    def _asked(self, exchange: Exchange, dialect: Dialect, deployment: str | None) -> ModelSpec:
        """Read the body into the exchange and find the model it asks for."""
        version = exchange.query.get("api-version", "")
        if deployment is not None and not version:
            raise Refused(refusals.gateway_error(404, "404", "Resource not found"))
        try:
            body = json.loads(exchange.raw)
        except ValueError:
            body = None
        exchange.body = body if isinstance(body, dict) else {}
        if deployment is not None and isinstance(body, dict):
            # The dated routes take the model from the path; the body need not repeat it.
            body = {"model": deployment, **body}
        host = self.config.host
        if isinstance(body, dict):
            body = hosts.received(host, body)
        if refusal := hosts.refused(host, body) if isinstance(body, dict) else None:
            raise Refused(refusal)
        if refusal := validation.check(body):
            raise Refused(refusal)
        spec = self.spec(deployment or body["model"], dialect)
        if deployment is not None and version < FIRST_API_VERSION:
            return dataclasses.replace(spec, refusal=PredictionRefusal.UNRECOGNIZED)
        return spec


def _planned(
    behaviour: Behaviour, dialect: Dialect, spec: ModelSpec, prompt: int
) -> Refusal | None:
    """The refusal that a fault asks for, ``None`` for faults that spoil an answer."""
    fault = behaviour.fault
    match fault.kind if fault else None:
        case FaultKind.SERVER_ERROR:
            return refusals.error(
                500, "The server had an error while processing your request.", kind="server_error"
            )
        case FaultKind.RATE_LIMITED:
            assert fault is not None
            return refusals.rate_limited(dialect, fault.retry_after)
        case FaultKind.PROMPT_FILTERED:
            return refusals.prompt_filtered(dialect)
        case FaultKind.CONTEXT_TOO_LONG:
            return refusals.context_too_long(spec, prompt)
        case _:
            return None
