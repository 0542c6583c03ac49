"""The action's inputs, from the environment of the runner.

The runner passes an input as ``INPUT_<NAME>``, upper case, hyphens kept, and an empty text for one
that was not given (actions/runner, "Handler.cs"). Everything that can be wrong with them is found
here, before any request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pydantic

from predict_edit.domain.errors import ContradictingInputs, InvalidInput, MissingInput
from predict_edit.settings.base_url import (
    BASE_URL_EXAMPLE,
    check_base_url,
    host_of,
    is_azure_host,
    is_bare,
    is_v1,
)
from predict_edit.settings.fields import Defaults, GlobList, Mode, Name, RefName, problems


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
    _check_sign_in(inputs)
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


def _check_sign_in(inputs: Inputs) -> None:
    """Check that what signs in to the model is complete and fits together."""
    tenant, client = inputs.azure_tenant_id, inputs.azure_client_id
    if inputs.api_key and (tenant or client):
        raise ContradictingInputs(
            "`api-key` is given together with "
            f"`{'azure-client-id' if client else 'azure-tenant-id'}`.",
            "Keep the key, or remove it to sign in with Microsoft Entra ID.",
        )
    if (tenant is None) != (client is None):
        given, missing = ("tenant", "client") if tenant else ("client", "tenant")
        raise ContradictingInputs(
            f"`azure-{given}-id` is given without `azure-{missing}-id`.",
            "Signing in with the job's own identity takes both; leave out both for another way.",
        )
    if inputs.base_url is None:
        _check_default_endpoint(inputs)
    else:
        _check_endpoint(inputs, inputs.base_url)


def _check_default_endpoint(inputs: Inputs) -> None:
    """Check the inputs where requests go to OpenAI itself."""
    if inputs.api_version:
        raise ContradictingInputs(
            "`api-version` is given without `base-url`.",
            "It belongs to Azure's dated routes: give the resource as `base-url`, "
            "https://NAME.openai.azure.com/.",
        )
    if inputs.azure_client_id:
        raise MissingInput(
            "`base-url` is missing, with `azure-client-id` given.",
            f"Give the Azure resource, {BASE_URL_EXAMPLE}.",
        )
    if inputs.api_key is None:
        raise MissingInput(
            "`api-key` is missing.",
            "Store the key as a secret and pass it as `api-key`; or give an Azure `base-url` to "
            "sign in with Microsoft Entra ID.",
        )


def _check_endpoint(inputs: Inputs, url: str) -> None:
    """Check the inputs where requests go to ``base-url``."""
    if inputs.api_version and is_v1(url):
        raise ContradictingInputs(
            "`base-url` ends in `/openai/v1`, which takes no `api-version`.",
            "Remove `api-version`, or shorten `base-url` to the root of the resource.",
        )
    if is_azure_host(url) and is_bare(url) and not inputs.api_version:
        raise InvalidInput(
            f"The input `base-url` is only the root of the Azure resource {host_of(url)}.",
            f"Use https://{host_of(url)}/openai/v1/, or add the `api-version` of a dated route.",
        )
    azure = is_azure_host(url) or inputs.api_version or inputs.azure_client_id
    if inputs.api_key is None and not azure:
        raise MissingInput(
            "`api-key` is missing, with a `base-url` given that is not Azure's.",
            "Pass the key as `api-key`; a server that checks none takes any text. Only Azure "
            "works without a key, through Microsoft Entra ID.",
        )
