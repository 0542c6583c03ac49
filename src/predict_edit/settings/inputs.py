"""The action's inputs, from the environment of the runner.

The runner passes an input as ``INPUT_<NAME>``, upper case, hyphens kept, and an empty text for one
that was not given (actions/runner, "Handler.cs"). Everything that can be wrong with them is found
here, before any request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pydantic

from predict_edit.domain.errors import InvalidInput, MissingInput
from predict_edit.settings.endpoint import check_base_url
from predict_edit.settings.fields import Defaults, GlobList, Mode, Name, RefName, problems
from predict_edit.settings.sign_in import choose_sign_in


def _secret(value: str) -> str:
    """Accept what can stand in an HTTP header; pasted line ends were trimmed before."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("it holds white space or characters that no key has; paste it again")
    return value


def _command_word(value: str) -> str:
    """Accept one visible word."""
    if not value.isprintable() or any(char.isspace() for char in value):
        raise ValueError("give one word, such as /predict-edit")
    return value


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

SECRETS = ("github-token", "api-key")

WORKFLOW_ONLY = (
    "github-token",
    "command",
    "pull-request",
    "ref",
    "model",
    "base-url",
    "api-key",
    "api-version",
    "azure-tenant-id",
    "azure-client-id",
    "azure-scope",
    "mode",
    "shard",
    "results",
)
"""Inputs that hold credentials or are needed before the repository's config can be read."""


class Inputs(Defaults):
    """All inputs of the action. ``None`` means not given, except where one is required."""

    github_token: Secret = pydantic.Field(repr=False)
    model: Name
    command: CommandWord | None = None
    pull_request: int | None = pydantic.Field(default=None, ge=1, le=2**31)
    ref: RefName | None = None
    base_url: BaseUrl | None = None
    api_key: Secret | None = pydantic.Field(default=None, repr=False)
    api_version: ApiVersion | None = None
    azure_tenant_id: Directory | None = None
    azure_client_id: Directory | None = None
    azure_scope: Scope | None = None
    mode: Mode | None = None
    shard: Shard | None = None
    results: GlobList | None = None


KNOWN = tuple(field.alias or name for name, field in Inputs.model_fields.items())
"""All inputs of the contract, by the names people write."""


def variable_of(name: str) -> str:
    """Name the environment variable of an input."""
    return f"INPUT_{name.upper()}"


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """Read and check all inputs.

    Raises:
        MissingInput: a required one was not given.
        InvalidInput: one has a value it cannot have; all such are named.
        ContradictingInputs: two exclude each other.
    """
    given = {name: value for name in KNOWN if (value := environ.get(variable_of(name), "").strip())}
    _require(given)
    try:
        inputs = Inputs.model_validate(given)
    except pydantic.ValidationError as error:
        secrets = tuple(given[name] for name in SECRETS if name in given)
        wrong = (f"The input `{name}` {text}" for name, text in problems(error, secrets))
        raise InvalidInput(" ".join(wrong), "Correct it in the workflow's `with:`.") from None
    choose_sign_in(inputs)
    return inputs


def _require(given: Mapping[str, str]) -> None:
    """Refuse an environment without what no run can do without."""
    if "github-token" not in given:
        raise MissingInput(
            "`github-token` is missing.",
            "Leave the input out to use the job's own token, or pass a token that is not empty.",
        )
    if "model" not in given:
        raise MissingInput(
            "`model` is missing.",
            "Name a model, such as gpt-4.1, or the Azure deployment, in the workflow's `with:`.",
        )
