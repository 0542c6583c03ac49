"""The table of all that can be set: type, default, words for the documentation, who may set it.

A field belongs to the first class below whose setters may all set it; its default is that of
:class:`Settings` or :class:`ModelSettings`. ``make docs`` makes the tables of the documentation and
the JSON Schema from it, and action.yml is checked against it. Inputs, config and options are
written by people as text, so one set of types reads all three. YAML scalars arrive as text too:
``on`` and ``no`` mean what they say.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import pydantic

from predict_edit.domain.errors import InstructionTooLong
from predict_edit.domain.repository import Role
from predict_edit.settings.endpoint import AZURE_EXAMPLE, check_base_url
from predict_edit.settings.value_types import (
    NAME_PATTERN,
    ApiVersion,
    CommandWord,
    Directory,
    Dollars,
    GlobList,
    HeaderLines,
    Line,
    LineList,
    Name,
    PullNumber,
    RefName,
    Scope,
    Secret,
    Shard,
    Text,
)
from predict_edit.support.text import quoted
from predict_edit.trigger.command import clean_instruction

Permission = Literal["read", "triage", "write", "maintain", "admin"]
PredictionPolicy = Literal["auto", "on", "off"]
ContextPolicy = Literal["none", "diff", "pull-request"]
PlanPolicy = Literal["off", "auto", "on"]
AnswerPolicy = Literal["auto", "file", "edits"]
ReasoningEffort = Literal["auto", "none", "minimal", "low", "medium", "high", "xhigh", "max"]
Delivery = Literal["suggestions", "commit", "pull-request", "patch"]
ON_BRANCH: Final[tuple[Delivery, ...]] = ("pull-request", "patch")
"""How a run over a branch can deliver."""
FailOn = Literal["error", "partial", "never"]
Mode = Literal["run", "plan", "edit", "publish"]

FREE_DELIVERIES: tuple[Delivery, ...] = ("suggestions", "patch")
"""Ways of delivery that write no commit: every commenter may choose them."""
GlobLayers = tuple[tuple[str, ...], ...]
"""Lists of globs from different people: inputs or config, recipe, comment."""


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
    answer: AnswerPolicy = "auto"
    reasoning_effort: ReasoningEffort = "auto"
    headers: tuple[tuple[str, str], ...] = dataclasses.field(default=(), repr=False)
    """Names and values of further request headers."""
    context: ContextPolicy = "diff"
    timeout: float = 300.0
    concurrency: int = 8
    max_output_tokens: int | None = None
    max_tokens: int | None = None
    max_cost: Decimal | None = None
    prices: tuple[tuple[str, Price], ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (*filter(None, (self.api_key,)), *(value for _, value in self.headers))

    @property
    def question(self) -> str:
        """Who is asked: another model, or more thought, may answer otherwise."""
        effort = self.reasoning_effort
        return self.model if effort == "auto" else f"{self.model} {effort}"


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
    also: GlobLayers = ()
    """Files that the pull request does not change, for ``deliver: pull-request``; without a list,
    none."""
    unlocked: tuple[str, ...] = ()
    """Globs of protected files that may be edited all the same; the config alone says so."""
    deliver: Delivery = "suggestions"
    plan: PlanPolicy = "auto"
    max_suggestions: int = 30
    max_files: int = 50
    dry_run: bool = False
    fail_on: FailOn = "error"
    findings: tuple[str, ...] = ()
    branch: str | None = None
    title: str | None = None
    labels: tuple[str, ...] = ()
    draft: bool = False
    anywhere: bool = False
    """Whether edits far from every finding are kept; a recipe alone says so."""
    mode: Mode = "run"
    shard: str | None = None
    results: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """What a command's ``--model`` may name."""
    deliveries: tuple[Delivery, ...] = ()
    """What a command's ``--deliver`` may name."""
    recipes: tuple[tuple[str, str], ...] = ()
    """Name and instruction of each recipe of the repository's config."""


def _instruction(value: str) -> str:
    """Bring an instruction into the form of every other."""
    try:
        return clean_instruction(value)
    except InstructionTooLong as error:
        raise ValueError(error.cause.rstrip(".")) from None


Instruction = Annotated[Text, pydantic.AfterValidator(_instruction)]
BaseUrl = Annotated[str, pydantic.AfterValidator(check_base_url)]


def hyphenated(name: str) -> str:
    """Turn a field's name into the name people write."""
    return name.replace("_", "-")


class Written(pydantic.BaseModel):
    """A mapping that people wrote: hyphens in names, no unknown names, no values in tracebacks."""

    model_config = pydantic.ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=hyphenated,
        hide_input_in_errors=True,
        defer_build=True,  # an ignored event needs none of the config's models
    )


def _field(words: str, **limits: Any) -> Any:
    """Declare a field that may be left out; ``words`` are what the documentation says of it."""
    return pydantic.Field(default=None, description=words, **limits)


class Price(Written):
    """US dollars for a million tokens of a model."""

    input: Dollars = pydantic.Field(description="US dollars for a million prompt tokens.")
    output: Dollars = pydantic.Field(description="US dollars for a million completion tokens.")
    cached: Dollars | None = _field(
        "US dollars for a million prompt tokens that came from the cache."
    )


class Options(Written):
    """Set by an input, a config key, a recipe or a command's option. ``None`` means not given."""

    files: GlobList | None = _field(
        "Globs of the files to edit, as in .gitignore, one per line or separated by commas. If "
        "not set, all changed files, or all files with findings."
    )
    exclude: GlobList | None = _field("Globs of files to leave alone, written like `files`.")
    prediction: PredictionPolicy | None = _field(
        "Whether to send each file as its own predicted output: `auto` (if it pays off), `on` "
        "or `off`."
    )
    answer: AnswerPolicy | None = _field(
        "How the model answers: `file` (the whole file), `edits` (exact blocks of old and new "
        "lines), or `auto` for whichever is faster: edits for all but short files if no prediction "
        "can be sent, and for files too long for one answer."
    )
    reasoning_effort: ReasoningEffort | None = _field(
        "How much a reasoning model thinks before it answers: `none`, `minimal`, `low`, `medium`, "
        "`high`, `xhigh` or `max`, as far as it takes them; `auto` asks for the least that the "
        "model is known to take."
    )
    context: ContextPolicy | None = _field(
        "What the model sees beside the file: `none`, `diff` (the pull request's diff of the "
        "file), or `pull-request` (the whole diff and outlines of the changed files, the same for "
        "every file, so that prompt caches hold it)."
    )
    plan: PlanPolicy | None = _field(
        "Whether to ask the model first, in one call, which files the instruction concerns: `auto` "
        "(for many or long files), `on` or `off`. A command's `--files` means `off`, unless it has "
        "`--plan` too."
    )
    deliver: Delivery | None = _field(
        "How to deliver edits: `suggestions`, `commit`, `pull-request` (one into the head branch) "
        "or `patch`; without a pull request, `pull-request` (the default there) or `patch`."
    )
    also: GlobList | None = _field(
        "Globs of files to edit that the pull request does not change, with `deliver: "
        "pull-request`. If not set, none."
    )
    max_suggestions: int | None = _field(
        "Maximum number of inline suggestions per run; the rest goes to the patch.", ge=0, le=1_000
    )
    dry_run: bool | None = _field(
        "Run without writing anything to GitHub, `true` or `false`; the model is still billed."
    )


class CommandOptions(Options):
    """Set by a recipe or a command's option."""

    model: Name | None = _field("Another model, or Azure deployment, than the workflow's.")


class Defaults(Options):
    """Set by an input or a config key."""

    instruction: Instruction | None = _field(
        "What to change, if no comment says so; `run NAME` runs a recipe. Required for "
        "`workflow_dispatch` and `schedule` without `findings`."
    )
    permission: Permission | None = _field(
        "Lowest role in the repository that may run commands: `read`, `triage`, `write`, "
        "`maintain` or `admin`."
    )
    max_files: int | None = _field(
        "Maximum number of files per run; the others are skipped.", ge=1, le=100_000
    )
    max_tokens: int | None = _field(
        "Maximum number of tokens per run, prompts included, checked before each call. "
        "Unlimited if not set.",
        ge=1,
        le=10**12,
    )
    max_cost: Dollars | None = _field(
        "Maximum cost per run in US dollars, checked before each call. Unlimited if not set."
    )
    concurrency: int | None = _field(
        "Maximum number of files to edit at the same time.", ge=1, le=64
    )
    timeout: float | None = _field(
        "Time limit for one file, in seconds.", gt=0, le=21_600, allow_inf_nan=False
    )
    max_output_tokens: int | None = _field(
        "Tokens that the model can write in one answer, if that is unknown.",
        ge=1,
        le=10_000_000,
    )
    findings: GlobList | None = _field(
        "Globs of the reports to fix in the workspace, SARIF or a linter's own format; "
        "`code-scanning` means the repository's open alerts. Only files with findings are "
        "edited."
    )
    branch: RefName | None = _field(
        "Branch of the pull request to open. If not set, `predict-edit/` and the name of the "
        "recipe."
    )
    title: Line | None = _field("Title of the pull request to open.")
    labels: LineList | None = _field("Labels of the pull request to open, separated by commas.")
    draft: bool | None = _field("Whether to open the pull request as a draft.")
    fail_on: FailOn | None = _field(
        "When the step fails: `error` (no file could be edited), `partial` (any file failed) "
        "or `never`."
    )


class Inputs(Defaults):
    """All inputs of the action: those above, and what only the workflow may set.

    The latter hold credentials, or are needed before the repository's config can be read.
    """

    github_token: Secret = pydantic.Field(
        repr=False,
        description="Token that reads the pull request and posts the review and the summary.",
    )
    model: Name = pydantic.Field(description="Name of the model, or of the Azure deployment.")
    command: CommandWord | None = _field(
        "Word that starts a command, at the very beginning of a comment."
    )
    pull_request: PullNumber | None = _field("Number of the pull request, for `workflow_dispatch`.")
    ref: RefName | None = _field(
        "Branch to edit without a pull request. If not set, the default branch."
    )
    base_url: BaseUrl | None = _field(
        f"Root of an OpenAI-compatible API, such as `{AZURE_EXAMPLE}`. If not set, OpenAI's own."
    )
    api_key: Secret | None = _field(
        "Key for the model, from a secret. If not set, Microsoft Entra ID authenticates at an "
        "Azure `base-url`.",
        repr=False,
    )
    headers: HeaderLines | None = _field(
        "Further headers of each request to the model, one `Name: value` per line, as some "
        "gateways require; the values are treated as secrets.",
        repr=False,
    )
    api_version: ApiVersion | None = _field(
        "API version, such as `2025-01-01-preview`, for Azure's dated routes only."
    )
    azure_tenant_id: Directory | None = _field(
        "Directory (tenant) ID, to authenticate with the job's identity token; requires "
        "`azure-client-id`."
    )
    azure_client_id: Directory | None = _field(
        "Application (client) ID, to authenticate with the job's identity token; requires "
        "`azure-tenant-id`."
    )
    azure_scope: Scope | None = _field("Scope of the Entra ID token.")
    mode: Mode | None = _field(
        "Step of a sharded run, `plan`, `edit` or `publish`; `run` for the whole run in one job."
    )
    shard: Shard | None = _field(
        "With mode `edit`, the shard to edit, from the matrix; with mode `plan`, the maximum "
        "number of shards."
    )
    results: GlobList | None = _field(
        "With mode `edit` or `publish`, globs of the plan and the other jobs' results in the "
        "workspace."
    )


def names_of(model: type[Written]) -> tuple[str, ...]:
    """Name a model's fields as people write them."""
    return tuple(map(hyphenated, model.model_fields))


INPUT_NAMES = names_of(Inputs)
WORKFLOW_ONLY = tuple(name for name in INPUT_NAMES if name not in names_of(Defaults))
SECRETS = tuple(hyphenated(name) for name, field in Inputs.model_fields.items() if not field.repr)


def default_values() -> dict[str, str | float]:
    """Collect what applies if nobody sets a field, by the name people write."""
    fields = [*dataclasses.fields(Settings), *dataclasses.fields(ModelSettings)]
    return {
        hyphenated(field.name): default.name.lower() if isinstance(default, Role) else default
        for field in fields
        if isinstance(default := field.default, str | int | float | Role)
    }


_PLAINER = (
    (", unable to parse string as an integer", ""),
    (", unable to parse string as a number", ""),
    ("a valid boolean, unable to interpret input", "true or false"),
    ("a valid integer", "a whole number"),
    ("a valid number", "a number"),
    ("a valid decimal", "a number"),
    ("Input should", "it must"),
    ("String should", "it must"),
    (f"match pattern '{NAME_PATTERN}'", "consist of letters, digits, `_`, `.` and `-`"),
    ("'", "`"),
)
"""What pydantic says, and what is said instead."""

_ADDRESS_WITH_MORE = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://[^/]*@|[^?]*://[^?]*\?")
"""An address with a name and password, or with values behind a question mark: perhaps secrets."""


def problems(
    error: pydantic.ValidationError, secrets: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """List the problems of a validation: the name of the value, and a sentence about it.

    A value that holds one of ``secrets`` is not shown.
    """
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            yield name, "is missing."
            continue
        message = problem["msg"].removeprefix("Value error, ")
        for said, meant in _PLAINER if problem["type"] != "value_error" else ():
            message = message.replace(said, meant)
        reason = message[:1].lower() + message[1:]
        yield name, f"is {_shown(problem['input'], secrets)}: {reason}."


def _shown(value: object, secrets: tuple[str, ...]) -> str:
    """Show a value in a message, unless it may be secret."""
    match value:
        case str() if _ADDRESS_WITH_MORE.match(value):
            return "an address that is not shown"
        case str():
            secret = any(secret in value for secret in secrets)
            return "wrong (its value is not shown)" if secret else quoted(value)
        case None:
            return "empty"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return quoted(str(value))
