"""How a run authenticates with the model."""

from __future__ import annotations

from typing import Any

import pytest

from predict_edit.domain.errors import ContradictingInputs, MissingInput, SettingsError
from predict_edit.llm.auth import open_client
from predict_edit.settings.endpoint import SignIn, choose_sign_in
from predict_edit.settings.fields import ModelSettings
from predict_edit.settings.inputs import read_inputs

AZURE = "https://r.openai.azure.com/openai/v1/"


def settings(**fields: Any) -> ModelSettings:
    """Model settings with a deployment's name."""
    return ModelSettings(model="editor", **fields)


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"api_key": "k"}, SignIn.KEY),
        ({"api_key": "k", "base_url": AZURE}, SignIn.KEY),
        ({"base_url": AZURE}, SignIn.MACHINE),
        ({"base_url": "https://r.services.ai.azure.com/openai/v1/"}, SignIn.MACHINE),
        *(
            ({"base_url": f"https://r.{host}/openai/v1/"}, SignIn.MACHINE)
            for host in (
                "services.ai.azure.us",
                "services.ai.azure.cn",
                "cognitiveservices.azure.us",
                "cognitiveservices.azure.cn",
            )
        ),
        ({"base_url": "https://gateway.example/", "api_version": "2025-01-01"}, SignIn.MACHINE),
        ({"base_url": AZURE, "azure_tenant_id": "t", "azure_client_id": "c"}, SignIn.JOB_IDENTITY),
        (
            {"base_url": "http://127.0.0.1:1/v1", "azure_tenant_id": "t", "azure_client_id": "c"},
            SignIn.JOB_IDENTITY,
        ),
    ],
)
def test_the_way_in_follows_from_the_settings_alone(fields: dict[str, Any], way: SignIn) -> None:
    """A key wins, then the job's identity, then the machine's credentials for Azure."""
    assert choose_sign_in(settings(**fields)) is way


@pytest.mark.parametrize(
    ("fields", "kind", "named"),
    [
        ({}, MissingInput, "api-key"),
        ({"base_url": "https://api.example/v1"}, MissingInput, "api-key"),
        ({"base_url": "https://openai.azure.com.evil.example/v1"}, MissingInput, "api-key"),
        ({"base_url": AZURE, "azure_tenant_id": "t"}, ContradictingInputs, "azure-client-id"),
        ({"base_url": AZURE, "azure_client_id": "c"}, ContradictingInputs, "azure-tenant-id"),
        (
            {"api_key": "k", "azure_tenant_id": "t", "azure_client_id": "c"},
            ContradictingInputs,
            "azure-client-id",
        ),
        ({"azure_tenant_id": "t", "azure_client_id": "c"}, MissingInput, "base-url"),
    ],
)
def test_settings_that_cannot_sign_in_name_the_input(
    fields: dict[str, Any], kind: type[Exception], named: str
) -> None:
    """Missing and contradicting inputs are settings errors that name the input."""
    with pytest.raises(kind, match=f"`{named}`"):
        choose_sign_in(settings(**fields))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"base-url": "https://api.example/v1"},
        {"base-url": AZURE, "azure-tenant-id": "t"},
        {"base-url": AZURE, "api-key": "k", "azure-tenant-id": "t", "azure-client-id": "c"},
        {"azure-tenant-id": "t", "azure-client-id": "c"},
        {"api-key": "k", "api-version": "2025-01-01-preview"},
        {"base-url": AZURE, "api-version": "2025-01-01-preview"},
        {"base-url": "https://r.openai.azure.com/", "api-key": "k"},
        {"base-url": "https://gw.example/", "azure-tenant-id": "t", "azure-client-id": "c"},
    ],
)
def test_inputs_and_client_find_the_same_mistake(given: dict[str, str]) -> None:
    """One class and one sentence, whether the inputs are read or the client is opened."""
    environ = {"INPUT_GITHUB-TOKEN": "t", "INPUT_MODEL": "editor"}
    environ |= {f"INPUT_{name.upper()}": value for name, value in given.items()}
    with pytest.raises(SettingsError) as at_inputs:
        read_inputs(environ)
    fields = {name.replace("-", "_"): value for name, value in given.items()}
    with pytest.raises(SettingsError) as at_client:
        open_client(settings(**fields), environ={}, mask=lambda _: None)
    assert type(at_inputs.value) is type(at_client.value)
    assert str(at_inputs.value) == str(at_client.value)
