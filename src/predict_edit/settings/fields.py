"""The values that inputs, the repository's config and options of a command share.

All three are written by people as text, so one set of types reads all three. YAML scalars arrive
as text too: ``on`` and ``no`` mean what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

import pydantic

from predict_edit.domain.errors import InstructionTooLong
from predict_edit.support.globs import split_globs
from predict_edit.support.text import quoted
from predict_edit.trigger.command import clean_instruction

PredictionPolicy = Literal["auto", "on", "off"]
ContextPolicy = Literal["none", "diff"]
Delivery = Literal["suggestions", "commit", "pull-request", "patch"]
FailOn = Literal["error", "partial", "never"]
Mode = Literal["run", "plan", "edit", "publish"]
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


def hyphenated(name: str) -> str:
    """Turn a field's name into the name people write."""
    return name.replace("_", "-")


class Written(pydantic.BaseModel):
    """Something people wrote: hyphens in names, no unknown names, values never in a traceback."""

    model_config = pydantic.ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=hyphenated,
        hide_input_in_errors=True,
        defer_build=True,  # an ignored event needs none of the config's models
    )


class Options(Written):
    """What a commenter may set, and a recipe of the config. ``None`` means not given."""

    files: GlobList | None = pydantic.Field(
        default=None,
        description="Edit only files that match these globs, written as in .gitignore.",
    )
    exclude: GlobList | None = pydantic.Field(
        default=None,
        description="Do not edit files that match these globs, written as in .gitignore.",
    )
    prediction: PredictionPolicy | None = pydantic.Field(
        default=None,
        description="Send each file as its predicted output: where it pays (auto), always or "
        "never.",
    )
    context: ContextPolicy | None = pydantic.Field(
        default=None, description="What the model sees beside the file: nothing, or its diff."
    )
    deliver: Delivery | None = pydantic.Field(
        default=None, description="How the edits come back. Without it: suggestions."
    )
    max_suggestions: int | None = pydantic.Field(
        default=None,
        ge=0,
        le=1_000,
        description="Inline suggestions at most; the rest goes to the patch.",
    )
    dry_run: bool | None = pydantic.Field(
        default=None, description="Do everything but the writing."
    )


class CommandOptions(Options):
    """What a commenter may set: the shared options and the model."""

    model: Name | None = pydantic.Field(
        default=None, description="Another model, or Azure deployment, than the workflow's."
    )


class Defaults(Options):
    """What the workflow may set by an input and the repository by its config."""

    instruction: Instruction | None = pydantic.Field(
        default=None, description="The instruction where no comment carries one."
    )
    permission: Permission | None = pydantic.Field(
        default=None, description="The least role in the repository that may give commands."
    )
    max_files: int | None = pydantic.Field(
        default=None,
        ge=1,
        le=100_000,
        description="Files of one run at most; the others are skipped.",
    )
    max_tokens: int | None = pydantic.Field(
        default=None, ge=1, le=10**12, description="Tokens of one run at most, prompts included."
    )
    max_cost: Dollars | None = pydantic.Field(
        default=None, description="US dollars that one run may cost at most."
    )
    concurrency: int | None = pydantic.Field(
        default=None, ge=1, le=64, description="Files that are edited at the same time, at most."
    )
    timeout: float | None = pydantic.Field(
        default=None,
        gt=0,
        le=21_600,
        allow_inf_nan=False,
        description="Seconds that one file may take.",
    )
    max_output_tokens: int | None = pydantic.Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="Tokens that the model can write in one answer, where that is not known.",
    )
    findings: GlobList | None = pydantic.Field(
        default=None, description="SARIF or linter reports: globs in the workspace."
    )
    branch: RefName | None = pydantic.Field(
        default=None, description="The branch of the pull request that deliver: pull-request opens."
    )
    title: Line | None = pydantic.Field(
        default=None, description="The title of the pull request that deliver: pull-request opens."
    )
    labels: LineList | None = pydantic.Field(
        default=None, description="The labels of the pull request that deliver: pull-request opens."
    )
    draft: bool | None = pydantic.Field(
        default=None, description="Open the pull request of deliver: pull-request as a draft."
    )
    fail_on: FailOn | None = pydantic.Field(
        default=None,
        description="When the run fails: no file could be done (error), any file failed "
        "(partial), or never.",
    )


_ADDRESS_WITH_MORE = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://[^/]*@|[^?]*://[^?]*\?")
"""An address with a name and password, or with values behind a question mark: perhaps secrets."""


def problems(
    error: pydantic.ValidationError, secrets: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Tell each problem of a validation as the name of the value and a sentence about it.

    A value that holds one of ``secrets`` is not shown.
    """
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        said = message[:1].lower() + message[1:]
        yield name, f"is {_shown(problem['input'], secrets)}: {said}."


def _shown(value: object, secrets: tuple[str, ...]) -> str:
    """Show a value in a message, as far as it can be shown."""
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
