"""What a base URL means."""

from __future__ import annotations

from typing import Any

import pytest

from predict_edit.domain.errors import (
    ContradictingInputs,
    InvalidInput,
    MissingInput,
    SettingsError,
)
from predict_edit.settings.endpoint import (
    Endpoint,
    Route,
    host_of,
    is_azure_host,
    is_loopback,
    is_v1,
    read_endpoint,
)
from predict_edit.settings.fields import ModelSettings

RESOURCE = "https://r.openai.azure.com"


def settings(**fields: Any) -> ModelSettings:
    """Model settings with a key."""
    return ModelSettings(**{"model": "editor", "api_key": "key-1", **fields})


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:80/v1", True),
        ("http://LOCALHOST/", True),
        ("http://gw.localhost:4000/v1", True),  # RFC 6761, 6.3
        ("http://notlocalhost/", False),
        ("http://127.0.0.1/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:8080/", True),
        ("http://0.0.0.0/", False),  # every interface, not this machine alone
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://example.com/?x=localhost", False),
        ("nothing", False),
        ("http://[::1/", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    """Only addresses that never leave the machine are loopback."""
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("url", "azure"),
    [
        ("https://n.openai.azure.com/openai/v1/", True),
        ("https://N.OPENAI.AZURE.COM./", True),
        ("https://n.services.ai.azure.com/openai/v1", True),
        ("https://n.cognitiveservices.azure.com/", True),
        ("https://n.openai.azure.us/", True),
        ("https://n.services.ai.azure.us/openai/v1", True),
        ("https://n.services.ai.azure.cn/openai/v1", True),
        ("https://n.cognitiveservices.azure.us/", True),
        ("https://n.cognitiveservices.azure.cn/", True),
        ("https://openai.azure.com/", False),  # no resource
        ("https://n.openai.azure.com.example.com/", False),
        ("https://nopenai.azure.com/", False),
        ("https://api.openai.com/v1", False),
    ],
)
def test_azure(url: str, azure: bool) -> None:
    """Azure's own hosts are recognised by their ending, at a dot."""
    assert is_azure_host(url) is azure


def test_paths_and_hosts() -> None:
    """The host and the kind of root are read whatever the port and the last slash."""
    assert host_of("https://X.example.com:8443/a") == "x.example.com"
    assert host_of("nothing") == ""
    assert is_v1("https://x/openai/v1/")
    assert not is_v1("https://x/v1")


@pytest.mark.parametrize(
    ("fields", "route", "base_url"),
    [
        ({}, Route.OPENAI, "https://api.openai.com/v1"),
        ({"base_url": "https://api.openai.com/v1/"}, Route.OPENAI, "https://api.openai.com/v1/"),
        ({"base_url": f"{RESOURCE}/openai/v1/"}, Route.AZURE_V1, f"{RESOURCE}/openai/v1/"),
        (
            {"base_url": "https://r.services.ai.azure.com/openai/v1"},
            Route.AZURE_V1,
            "https://r.services.ai.azure.com/openai/v1",
        ),
        ({"base_url": f"{RESOURCE}/", "api_version": "v"}, Route.AZURE_DATED, RESOURCE),
        ({"base_url": f"{RESOURCE}/openai/", "api_version": "v"}, Route.AZURE_DATED, RESOURCE),
        (
            {"base_url": "https://api.cerebras.ai/v1"},
            Route.COMPATIBLE,
            "https://api.cerebras.ai/v1",
        ),
        ({"base_url": "http://localhost:8080/v1"}, Route.COMPATIBLE, "http://localhost:8080/v1"),
        ({"base_url": "http://[::1]:8080/v1"}, Route.COMPATIBLE, "http://[::1]:8080/v1"),
    ],
)
def test_the_route_follows_from_the_address(
    fields: dict[str, Any], route: Route, base_url: str
) -> None:
    """OpenAI, Azure's two kinds of routes and everything else are distinguished."""
    assert read_endpoint(settings(**fields)) == Endpoint(route=route, base_url=base_url)


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"api_version": "2025-01-01-preview"}, ContradictingInputs, "base-url"),
        ({"azure_tenant_id": "t", "azure_client_id": "c"}, MissingInput, "base-url"),
        (
            {"base_url": "https://gw.example", "azure_tenant_id": "t", "azure_client_id": "c"},
            InvalidInput,
            "/openai/v1/",
        ),
        ({"base_url": RESOURCE}, InvalidInput, "/openai/v1/"),
        ({"base_url": f"{RESOURCE}/"}, InvalidInput, "/openai/v1/"),
        (
            {"base_url": f"{RESOURCE}/openai/v1/", "api_version": "2025-01-01-preview"},
            ContradictingInputs,
            "takes no `api-version`",
        ),
        (
            {"base_url": f"{RESOURCE}/openai/deployments/x/chat/completions?api-version=v"},
            InvalidInput,
            "without `?`",
        ),
        (
            {"base_url": f"{RESOURCE}/openai/deployments/x", "api_version": "v"},
            InvalidInput,
            "deployment",
        ),
        (
            {"base_url": "https://api.example/v1/chat/completions"},
            InvalidInput,
            "/chat/completions",
        ),
        ({"base_url": "http://api.example/v1"}, InvalidInput, "https://"),
        ({"base_url": "http://127.0.0.1.evil.example/v1"}, InvalidInput, "https://"),
        ({"base_url": "https://user:secret@api.example/v1"}, InvalidInput, "password"),
        ({"base_url": "api.example/v1"}, InvalidInput, "https address"),
        ({"base_url": "https://[::1/v1"}, InvalidInput, "https address"),
        ({"base_url": "https://api.example:port/v1"}, InvalidInput, "https address"),
        ({"base_url": ""}, InvalidInput, "https address"),
    ],
)
def test_an_address_that_cannot_work_is_refused_before_any_request(
    fields: dict[str, Any], kind: type[SettingsError], words: str
) -> None:
    """Wrong shapes are settings errors that show the right one."""
    with pytest.raises(kind) as caught:
        read_endpoint(settings(**fields))
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_slashes_at_the_end_are_one() -> None:
    """Servers do not find `/v1//chat/completions`."""
    assert read_endpoint(settings(base_url="https://h.example/v1//")).base_url == (
        "https://h.example/v1/"
    )
