"""How an offline model is set up."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping

from predict_edit_sandbox.model.catalogue import CATALOGUE, ModelSpec
from predict_edit_sandbox.model.example import Canned
from predict_edit_sandbox.model.faults import Planner, well
from predict_edit_sandbox.model.hosts import Host
from predict_edit_sandbox.model.prediction_usage import SpeculationRule

API_KEY = "sk-sandbox-not-a-secret"
"""The key that the stand-in accepts by default."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds an answer takes: the latency model of the benchmarks."""

    first_token: float = 0.0
    generated_token: float = 0.0
    accepted_token: float = 0.0
    rejected_token: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """Requests and prompt tokens a window lets through, as the ``x-ratelimit`` headers tell."""

    requests: int = 10_000
    tokens: int = 20_000_000
    window: float = 60.0
    """Seconds, counted from the first request of a window."""
    in_flight: int | None = None
    """Requests at the same time; one more gets 429."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Everything that can be chosen about the stand-in; the default behaves well."""

    api_keys: frozenset[str] = frozenset({API_KEY})
    """Keys and bearer tokens that are let in; others get 401."""
    forbidden_keys: frozenset[str] = frozenset()
    """Known identities without the role: 403."""
    models: Mapping[str, ModelSpec] = dataclasses.field(default_factory=lambda: dict(CATALOGUE))
    deployments: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Azure deployment name to model name. Every model is deployed under its own name too."""
    host: Host = Host.OPENAI
    """Whose API is imitated on OpenAI's routes."""
    rule: SpeculationRule = dataclasses.field(default_factory=SpeculationRule)
    planner: Planner = well
    gullible: bool = False
    """Follow instructions in quoted material too: a model that was taken in."""
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """By a file's text, the exact answer to it: a model on an attacker's side."""
    plan: str = '{"files": [], "names": []}'
    """The answer where a plan of a change is asked for; every file is edited by default."""
    exact: bool = True
    """Answer with exact edits when asked for them; a stubborn model writes the whole file."""
    reasoning: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Tokens of reasoning before each answer of a model that reasons, by the effort asked for."""
    confirmed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """By a file's text, what it becomes by exact edits if these are asked for, whatever ``answers``
    has for it."""
    latency: Latency = Latency()
    hold: Callable[[], Awaitable[None]] | None = None
    """Waited for before each answer begins: a test decides, and no clock."""
    rate_limit: RateLimit = RateLimit()
    canned: Canned | None = None
    """Give this published answer and usage, whatever is asked."""
    tokens_per_chunk: int = 8
    """Generated tokens sent at once; accepted tokens come as one block anyway."""
    prompt_cache: bool = False
    """Report ``cached_tokens`` for prompts that begin like an earlier one."""
    azure_filters: bool = True
    """On Azure's routes: content filter results, and a first chunk with no choices."""
