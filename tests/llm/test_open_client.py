"""The client: where it sends, what it sends, and what it keeps to itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest

from predict_edit.domain.errors import SignInError
from predict_edit.llm.auth import open_client
from predict_edit.settings.fields import ModelSettings

if TYPE_CHECKING:
    from tests.llm.conftest import ModelServer, Wire

RESOURCE = "https://r.openai.azure.com"


def settings(**fields: Any) -> ModelSettings:
    """Model settings with a key."""
    return ModelSettings(**{"model": "editor", "api_key": "key-1", **fields})


async def request_of(
    monkeypatch: pytest.MonkeyPatch | None = None,
    environ: Mapping[str, str] | None = None,
    **fields: Any,
) -> httpx2.Request:
    """The one request that a chat completion becomes."""
    seen: list[httpx2.Request] = []

    def model(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"choices": []})

    for name, value in (environ or {}).items():
        assert monkeypatch is not None
        monkeypatch.setenv(name, value)
    opened = open_client(
        settings(**fields),
        environ={},
        mask=lambda _: None,
        transport=httpx2.MockTransport(model),
    )
    async with opened:
        await opened.chat.completions.create(model="editor", messages=[])
    (request,) = seen
    return request


@pytest.mark.parametrize(
    ("fields", "url", "header"),
    [
        ({}, "https://api.openai.com/v1/chat/completions", ("authorization", "Bearer key-1")),
        (
            {"base_url": f"{RESOURCE}/openai/v1/"},
            f"{RESOURCE}/openai/v1/chat/completions",
            ("authorization", "Bearer key-1"),
        ),
        (
            {"base_url": f"{RESOURCE}/openai/v1"},
            f"{RESOURCE}/openai/v1/chat/completions",
            ("authorization", "Bearer key-1"),
        ),
        (
            {"base_url": RESOURCE, "api_version": "2025-01-01-preview"},
            f"{RESOURCE}/openai/deployments/editor/chat/completions?api-version=2025-01-01-preview",
            ("api-key", "key-1"),
        ),
    ],
)
async def test_each_route_has_its_url_and_its_key_header(
    fields: dict[str, Any], url: str, header: tuple[str, str]
) -> None:
    """v1 takes every credential as bearer; dated routes take a key as `api-key`."""
    request = await request_of(**fields)
    assert str(request.url) == url
    name, value = header
    assert request.headers[name] == value


@pytest.mark.parametrize(
    "fields",
    [
        {"base_url": f"{RESOURCE}/openai/v1/"},
        {"base_url": RESOURCE, "api_version": "2025-01-01-preview"},
    ],
)
async def test_entra_tokens_go_out_as_bearer_on_both_azure_routes(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key, the token of Entra ID is the bearer, and there is no `api-key` header."""

    async def token() -> str:
        return "entra-1"

    monkeypatch.setattr("predict_edit.llm.auth.token_source", lambda *_, **__: token)
    request = await request_of(api_key=None, **fields)
    assert request.headers["authorization"] == "Bearer entra-1"
    assert "api-key" not in request.headers


LEAKS = {
    "OPENAI_API_KEY": "sk-ambient",
    "OPENAI_ADMIN_KEY": "sk-admin",
    "OPENAI_BASE_URL": "https://ambient.example/v1",
    "OPENAI_ORG_ID": "org-ambient",
    "OPENAI_PROJECT_ID": "proj-ambient",
    "OPENAI_CUSTOM_HEADERS": "x-ambient: yes\nauthorization: Bearer ambient",
    "OPENAI_API_VERSION": "1999-01-01",
    "AZURE_OPENAI_API_KEY": "azure-ambient",
    "AZURE_OPENAI_AD_TOKEN": "token-ambient",
    "AZURE_OPENAI_ENDPOINT": "https://ambient.openai.azure.com",
}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"base_url": "https://api.example/v1"},
        {"base_url": RESOURCE, "api_version": "2025-01-01-preview"},
    ],
)
async def test_variables_of_the_job_reach_no_request(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, addresses, organisation, project and headers in the environment stay there."""
    request = await request_of(monkeypatch, LEAKS, **fields)
    sent = f"{request.url} {dict(request.headers)}".lower()
    assert "ambient" not in sent
    assert "sk-" not in sent
    assert not {"openai-organization", "openai-project", "x-ambient"} & set(request.headers)
    assert {name: os.environ[name] for name in LEAKS} == LEAKS


async def test_a_redirect_is_not_followed(server: ModelServer, wire: Wire) -> None:
    """The file is not sent again to the target of a 307."""
    server.default = wire.answer(
        307, {}, headers={"location": f"{server.url}/elsewhere/chat/completions"}
    )
    opened = open_client(settings(base_url=f"{server.url}/v1"), environ={}, mask=lambda _: None)
    async with opened:
        with pytest.raises(openai.APIStatusError) as caught:
            await opened.chat.completions.create(model="editor", messages=[])
    assert caught.value.status_code == 307
    assert [received.path for received in server.received] == ["/v1/chat/completions"]


@pytest.mark.parametrize("status", [429, 500])
async def test_the_sdk_retries_nothing_by_itself(
    server: ModelServer, wire: Wire, status: int
) -> None:
    """Repetitions are decided in one place, not in the SDK."""
    server.default = wire.answer(status, {}, headers={"retry-after-ms": "1"})
    opened = open_client(settings(base_url=f"{server.url}/v1"), environ={}, mask=lambda _: None)
    async with opened:
        with pytest.raises(openai.APIStatusError):
            await opened.chat.completions.create(model="editor", messages=[])
    assert len(server.received) == 1


async def test_a_sign_in_that_fails_at_the_first_request_arrives_as_it_is(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK lets our own error through and sends nothing."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    opened = open_client(
        settings(api_key=None, base_url=server.url, api_version="2025-01-01-preview"),
        environ={},
        mask=lambda _: None,
    )
    async with opened:
        with pytest.raises(SignInError, match="DefaultAzureCredential"):
            await opened.chat.completions.create(model="editor", messages=[])
    assert server.received == []


def test_a_job_without_identity_fails_while_the_client_is_opened() -> None:
    """The missing permission is known before any request."""
    with pytest.raises(SignInError, match="id-token: write"):
        open_client(
            settings(
                api_key=None,
                base_url=f"{RESOURCE}/openai/v1/",
                azure_tenant_id="t",
                azure_client_id="c",
            ),
            environ={},
            mask=lambda _: None,
        )


def test_the_key_shows_in_no_repr() -> None:
    """Settings can be logged."""
    assert "key-1" not in repr(settings())


async def test_nothing_for_this_machine_goes_through_a_proxy(
    server: ModelServer, settings: ModelSettings, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy would have the file in the clear, whatever `NO_PROXY` leaves out."""
    monkeypatch.setenv("NO_PROXY", "elsewhere.example")
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.default = wire.stream(wire.whole("text"))
    async with open_client(settings, environ={}, mask=lambda _: None) as client:
        await client.chat.completions.create(model="m", messages=[], stream=True)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"base_url": f"{RESOURCE}/openai/v1/"},
        {"base_url": RESOURCE, "api_version": "2025-01-01"},
    ],
)
async def test_further_headers_go_with_every_request(fields: dict[str, Any]) -> None:
    """Beside the key, whatever the route; a repr of the settings does not show them."""
    given = (("x-portkey-api-key", "hush-1234"), ("X-Portkey-Provider", "openai"))
    request = await request_of(headers=given, **fields)
    assert request.headers["x-portkey-api-key"] == "hush-1234"
    assert request.headers["x-portkey-provider"] == "openai"
    assert "key-1" in str(request.headers.get("authorization") or request.headers.get("api-key"))
    assert "hush" not in repr(settings(headers=given))
