"""The table of everything that can be set: type, words for the documentation, who may set it.

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
from typing import Annotated, Any, Literal

import pydantic

from predict_edit.domain.errors import InstructionTooLong
from predict_edit.domain.repository import Role
from predict_edit.settings.endpoint import AZURE_EXAMPLE, check_base_url
from predict_edit.settings.settings import (
    ContextPolicy,
    Delivery,
    FailOn,
    Mode,
    ModelSettings,
    PredictionPolicy,
    Settings,
)
from predict_edit.support.globs import split_globs
from predict_edit.support.text import quoted
from predict_edit.trigger.command import clean_instruction

Permission = Literal["read", "triage", "write", "maintain", "admin"]

_LIST_SCHEMA = {
    "anyOf": [
        {"type": "string", "description": "One a line, or separated by commas."},
        {"type": "array", "items": {"type": "string"}},
    ]
}


def _as_text(value: object) -> str:
    """Bring a list that was written as a list or as text into one form, one item a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    raise ValueError("give a list of texts, or one text with an item a line or commas between")


def _globs(value: object) -> tuple[str, ...]:
    """Read a list of globs."""
    return split_globs(_as_text(value))


def _items(value: object) -> tuple[str, ...]:
    """Read a list of plain items, each once."""
    items = (item.strip() for item in re.split(r"[,\n]", _as_text(value)))
    return tuple(dict.fromkeys(item for item in items if item))


def _instruction(value: str) -> str:
    """Bring an instruction into the form of every other."""
    try:
        return clean_instruction(value)
    except InstructionTooLong as error:
        raise ValueError(error.cause.rstrip(".")) from None


def _ref_name(value: str) -> str:
    """Accept what ``git check-ref-format --branch`` accepts."""
    parts = value.split("/")
    if (
        not re.fullmatch(r"[^\x00-\x20\x7f~^:?*\[\\]+", value)
        or not value.isprintable()
        or value.startswith("-")
        or value.endswith(".")
        or value == "@"
        or ".." in value
        or "@{" in value
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    ):
        raise ValueError("give a branch name as git allows it")
    return value


def _one_line(value: str) -> str:
    """Accept visible characters on one line."""
    if not value.isprintable():
        raise ValueError("give one line of visible characters")
    return value


def _name(value: str) -> str:
    """Accept a model's, a deployment's or a tenant's name: no white space, nothing invisible."""
    if not value.isprintable() or any(char.isspace() for char in value):
        raise ValueError("give a name without white space")
    return value


def _secret(value: str) -> str:
    """Accept what an HTTP header can hold; line ends around it were trimmed before."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("it holds white space or characters that no key has; paste it again")
    return value


def _command_word(value: str) -> str:
    """Accept one visible word."""
    if not value.isprintable() or any(char.isspace() for char in value):
        raise ValueError("give one word, such as /predict-edit")
    return value


Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]
Instruction = Annotated[Text, pydantic.AfterValidator(_instruction)]
Line = Annotated[
    Text, pydantic.StringConstraints(max_length=250), pydantic.AfterValidator(_one_line)
]
Name = Annotated[Text, pydantic.StringConstraints(max_length=200), pydantic.AfterValidator(_name)]
RefName = Annotated[
    Text, pydantic.StringConstraints(max_length=200), pydantic.AfterValidator(_ref_name)
]
GlobList = Annotated[
    tuple[str, ...], pydantic.BeforeValidator(_globs), pydantic.WithJsonSchema(_LIST_SCHEMA)
]
NameList = Annotated[
    tuple[Name, ...], pydantic.BeforeValidator(_items), pydantic.WithJsonSchema(_LIST_SCHEMA)
]
LineList = Annotated[
    tuple[Line, ...], pydantic.BeforeValidator(_items), pydantic.WithJsonSchema(_LIST_SCHEMA)
]
Dollars = Annotated[
    Decimal,
    pydantic.Field(ge=0, le=1_000_000, allow_inf_nan=False),
    pydantic.WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1_000_000}),
]
Secret = Annotated[str, pydantic.AfterValidator(_secret)]
BaseUrl = Annotated[str, pydantic.AfterValidator(check_base_url)]
CommandWord = Annotated[
    str, pydantic.StringConstraints(max_length=50), pydantic.AfterValidator(_command_word)
]
ApiVersion = Annotated[
    str, pydantic.StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$")
]
Directory = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$")]
Scope = Annotated[str, pydantic.StringConstraints(pattern=r"^(https|api)://[!-~]+$")]
Shard = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9]{1,5}(/[0-9]{1,5})?$")]


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


class Options(Written):
    """Set by an input, a config key, a recipe or a command's option. ``None`` means not given."""

    files: GlobList | None = _field(
        "Edit only files that match these globs, one a line or comma-separated, written as in "
        ".gitignore. Without it, all changed files, or all with findings."
    )
    exclude: GlobList | None = _field(
        "Never edit files that match these globs, one a line or comma-separated, written as in "
        ".gitignore."
    )
    prediction: PredictionPolicy | None = _field(
        "Whether each file is sent as its own predicted output, `auto` (where it pays), `on` or "
        "`off`."
    )
    context: ContextPolicy | None = _field(
        "What the model sees beside the file, `none` or `diff` (the pull request's diff of the "
        "file)."
    )
    deliver: Delivery | None = _field(
        "How edits are delivered, `suggestions`, `commit` or `patch`; without a pull request, "
        "`pull-request` (the default there) or `patch`."
    )
    max_suggestions: int | None = _field(
        "Inline suggestions at most; the rest goes to the patch.", ge=0, le=1_000
    )
    dry_run: bool | None = _field(
        "Run without writing anything to GitHub, `true` or `false`; the model is asked and billed."
    )


class CommandOptions(Options):
    """Set by a recipe or a command's option."""

    model: Name | None = _field("Another model, or Azure deployment, than the workflow's.")


class Defaults(Options):
    """Set by an input or a config key."""

    instruction: Instruction | None = _field(
        "What to change, if no comment says it; `run NAME` follows a recipe. Needed for "
        "`workflow_dispatch` and `schedule`, unless there are `findings`."
    )
    permission: Permission | None = _field(
        "Least role in the repository that may give commands, one of `read`, `triage`, `write`, "
        "`maintain` and `admin`."
    )
    max_files: int | None = _field(
        "Files of one run at most; the others are skipped.", ge=1, le=100_000
    )
    max_tokens: int | None = _field(
        "Tokens of one run at most, prompts included, held before each call. Without it, no limit.",
        ge=1,
        le=10**12,
    )
    max_cost: Dollars | None = _field(
        "US dollars of one run at most, held before each call. Without it, no limit."
    )
    concurrency: int | None = _field(
        "Files that are edited at the same time, at most.", ge=1, le=64
    )
    timeout: float | None = _field(
        "Seconds that one file may take.", gt=0, le=21_600, allow_inf_nan=False
    )
    max_output_tokens: int | None = _field(
        "Tokens the model can write in one answer, if that is not known for the model.",
        ge=1,
        le=10_000_000,
    )
    findings: GlobList | None = _field(
        "SARIF or linter reports to fix, as globs in the workspace; `code-scanning` means the "
        "repository's open alerts. Only files with findings are edited."
    )
    branch: RefName | None = _field(
        "Branch of the pull request that is opened. Without it, `predict-edit/` and the name of "
        "the recipe."
    )
    title: Line | None = _field("Title of the pull request that is opened.")
    labels: LineList | None = _field("Labels of the pull request that is opened, comma-separated.")
    draft: bool | None = _field("Whether the pull request is opened as a draft.")
    fail_on: FailOn | None = _field(
        "When the step fails, `error` (no file could be done), `partial` (any file failed) or "
        "`never`."
    )


class Inputs(Defaults):
    """All inputs of the action: those above, and what only the workflow may set.

    The latter hold credentials, or are needed before the repository's config can be read.
    """

    github_token: Secret = pydantic.Field(
        repr=False,
        description="Token that reads the pull request and writes the review and the summary "
        "comment.",
    )
    model: Name = pydantic.Field(description="Name of the model, or of the Azure deployment.")
    command: CommandWord | None = _field("The word that opens a command at the start of a comment.")
    pull_request: int | None = _field(
        "Number of the pull request, for `workflow_dispatch`.", ge=1, le=2**31
    )
    ref: RefName | None = _field(
        "Branch to edit if there is no pull request. Without it, the default branch."
    )
    base_url: BaseUrl | None = _field(
        f"Root of an OpenAI-compatible API, such as `{AZURE_EXAMPLE}`. Without it, OpenAI's own."
    )
    api_key: Secret | None = _field(
        "Key for the model, from a secret. Without it, and with an Azure `base-url`, Microsoft "
        "Entra ID signs in.",
        repr=False,
    )
    api_version: ApiVersion | None = _field(
        "API version such as `2025-01-01-preview`, only for Azure's dated routes."
    )
    azure_tenant_id: Directory | None = _field(
        "Directory (tenant) ID, to sign in to Azure with the job's own identity token; give "
        "`azure-client-id` too."
    )
    azure_client_id: Directory | None = _field(
        "Application (client) ID, to sign in to Azure with the job's own identity token; give "
        "`azure-tenant-id` too."
    )
    azure_scope: Scope | None = _field("Scope of the Entra ID token.")
    mode: Mode | None = _field(
        "Part of a run that is spread over matrix jobs, `plan`, `edit` or `publish`, or the whole, "
        "`run`."
    )
    shard: Shard | None = _field(
        "With `mode` edit, which part this job does, from the matrix; with `mode` plan, how many "
        "parts at most."
    )
    results: GlobList | None = _field(
        "With `mode` edit and publish, the plan and the results of the other jobs, as globs in the "
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
        message = problem["msg"].removeprefix("Value error, ")
        reason = message[:1].lower() + message[1:]
        yield name, f"is {_shown(problem['input'], secrets)}: {reason}."


def _shown(value: object, secrets: tuple[str, ...]) -> str:
    """Show a value in a message, unless it may be secret."""
    match value:
        case str() if _ADDRESS_WITH_MORE.match(value):
            return "an address that is not shown"
        case str():
            return "not shown" if any(secret in value for secret in secrets) else quoted(value)
        case None:
            return "empty"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return quoted(str(value))
