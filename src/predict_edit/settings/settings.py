"""What applies to a run, after command, inputs, config and defaults were merged."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Literal

from predict_edit.domain.repository import Role

PredictionPolicy = Literal["auto", "on", "off"]
ContextPolicy = Literal["none", "diff"]
Delivery = Literal["suggestions", "commit", "pull-request", "patch"]
FailOn = Literal["error", "partial", "never"]
Mode = Literal["run", "plan", "edit", "publish"]

GlobLayers = tuple[tuple[str, ...], ...]
"""Lists of globs from different people: inputs or config, recipe, comment."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How to reach the model and what it may cost; secrets never show in a ``repr``."""

    model: str
    base_url: str | None = None
    api_key: str | None = dataclasses.field(default=None, repr=False)
    api_version: str | None = None
    azure_tenant_id: str | None = None
    azure_client_id: str | None = None
    azure_scope: str = "https://cognitiveservices.azure.com/.default"
    prediction: PredictionPolicy = "auto"
    context: ContextPolicy = "diff"
    timeout: float = 300.0
    concurrency: int = 8
    max_output_tokens: int | None = None
    max_tokens: int | None = None
    max_cost: Decimal | None = None
    prices: tuple[tuple[str, Price], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What applies to one run; secrets never show in a ``repr``."""

    model: ModelSettings
    github_token: str = dataclasses.field(repr=False)
    command: str = "/predict-edit"
    permission: Role = Role.WRITE
    instruction: str | None = None
    """The instruction if no comment carries one."""
    pull_request: int | None = None
    ref: str | None = None
    files: GlobLayers = ()
    """A file is edited only if every list matches it; no list means all files."""
    exclude: GlobLayers = ()
    """A file is left out if any list matches it."""
    unlocked: tuple[str, ...] = ()
    """Globs of protected files that may be edited all the same; the config alone says so."""
    deliver: Delivery = "suggestions"
    max_suggestions: int = 30
    max_files: int = 50
    dry_run: bool = False
    fail_on: FailOn = "error"
    findings: tuple[str, ...] = ()
    branch: str | None = None
    title: str | None = None
    labels: tuple[str, ...] = ()
    draft: bool = False
    mode: Mode = "run"
    shard: str | None = None
    results: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """What a commenter's ``--model`` may name besides the configured one."""
    recipes: tuple[tuple[str, str], ...] = ()
    """Name and instruction of each recipe of the repository's config."""
