"""Authentication: which way, what is asked of GitHub and Entra ID, and what failures say."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import HttpTransport
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import SignInError
from predict_edit.llm import auth
from predict_edit.settings.endpoint import SCOPES, SignIn, other_scope
from predict_edit.settings.fields import ModelSettings

ENVIRON = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://vstoken.example/token?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
}
AZURE = "https://r.openai.azure.com/openai/v1/"


def settings(**fields: Any) -> ModelSettings:
    """Model settings with a deployment's name."""
    return ModelSettings(model="editor", **fields)


@pytest.mark.parametrize("missing", list(ENVIRON))
def test_a_job_without_the_permission_learns_which_one(missing: str) -> None:
    """Missing request variables mean a missing `id-token: write`."""
    environ = {name: value for name, value in ENVIRON.items() if name != missing}
    with pytest.raises(SignInError, match="permissions: id-token: write"):
        auth.job_identity(environ, lambda _: None)


def test_the_identity_token_is_asked_for_with_the_audience_of_entra_id_and_masked() -> None:
    """GET with bearer, the audience beside GitHub's own query, and the token is masked."""
    requests: list[httpx2.Request] = []
    masked: list[str] = []

    def github(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json={"count": 1, "value": "jwt-1"})

    fetch = auth.job_identity(ENVIRON, masked.append, httpx2.MockTransport(github))
    assert fetch() == "jwt-1"
    (request,) = requests
    assert request.method == "GET"
    assert dict(request.url.params) == {
        "api-version": "2.0",
        "audience": "api://AzureADTokenExchange",
    }
    assert "audience=api%3A%2F%2FAzureADTokenExchange" in str(request.url)
    assert request.headers["authorization"] == "bearer request-token"
    assert masked == ["jwt-1"]


@pytest.mark.parametrize(
    "reply",
    [
        lambda _: httpx2.Response(403, json={"message": "no"}),
        lambda _: httpx2.Response(302, headers={"location": "https://evil.example/"}),
        lambda _: httpx2.Response(200, text="<html>"),
        lambda _: httpx2.Response(200, json={"value": ""}),
        lambda _: httpx2.Response(200, json=["jwt"]),
    ],
)
def test_an_identity_token_that_does_not_come_is_a_sign_in_error(
    reply: Callable[[httpx2.Request], httpx2.Response],
) -> None:
    """Whatever GitHub answers but a token, nothing is masked and the cause is one sentence."""
    masked: list[str] = []
    fetch = auth.job_identity(ENVIRON, masked.append, httpx2.MockTransport(reply))
    with pytest.raises(SignInError) as caught:
        fetch()
    assert "request-token" not in str(caught.value)
    assert masked == []


def test_an_unreachable_token_service_is_a_sign_in_error() -> None:
    """A broken connection to GitHub is explained, not raised raw."""

    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    fetch = auth.job_identity(ENVIRON, lambda _: None, httpx2.MockTransport(broken))
    with pytest.raises(SignInError, match="ConnectError"):
        fetch()


class Entra(HttpTransport[Any, Any]):
    """Entra ID's token endpoint behind azure-core's transport."""

    def __init__(self, status: int = 200, body: Any = None) -> None:
        self.status = status
        self.body = body
        self.posts: list[Any] = []

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def send(self, request: Any, **_: Any) -> Any:
        self.posts.append(request)
        token = {"token_type": "Bearer", "expires_in": 3599, "access_token": "entra-1"}
        return _EntraResponse(request, self.status, json.dumps(self.body or token))


class _EntraResponse:
    """As much of a response as azure-identity reads."""

    def __init__(self, request: Any, status: int, text: str) -> None:
        self.request = request
        self.status_code = status
        self.headers = {"content-type": "application/json"}
        self.content_type = "application/json"
        self.reason = ""
        self._text = text

    def text(self, _: str | None = None) -> str:
        return self._text

    def body(self) -> bytes:
        return self._text.encode()


def keyless() -> ModelSettings:
    """Settings for the job's identity."""
    return settings(base_url=AZURE, azure_tenant_id="tenant-1", azure_client_id="client-1")


async def test_the_jobs_token_is_exchanged_once_for_many_files() -> None:
    """Eight files at once cost one identity token and one exchange; both tokens are masked."""
    masked: list[str] = []
    fetched: list[str] = []
    entra = Entra()

    def github(request: httpx2.Request) -> httpx2.Response:
        fetched.append(str(request.url))
        return httpx2.Response(200, json={"value": "jwt-1"})

    source = auth.token_source(
        keyless(),
        environ=ENVIRON,
        mask=masked.append,
        identity_transport=httpx2.MockTransport(github),
        transport=entra,
    )
    tokens = await asyncio.gather(*(source() for _ in range(8)))
    assert set(tokens) == {"entra-1"}
    assert len(fetched) == 1
    assert masked == ["jwt-1", "entra-1"]
    exchanges = [post for post in entra.posts if post.method == "POST"]
    assert len(exchanges) == 1
    assert exchanges[0].url == "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token"
    assert exchanges[0].body["client_assertion"] == "jwt-1"
    assert exchanges[0].body["scope"] == "https://cognitiveservices.azure.com/.default"


async def test_a_sovereign_cloud_signs_in_at_its_own_authority() -> None:
    """Azure Government authenticates at login.microsoftonline.us."""
    entra = Entra()
    source = auth.token_source(
        settings(
            base_url="https://r.openai.azure.us/openai/v1/",
            azure_tenant_id="tenant-1",
            azure_client_id="client-1",
        ),
        environ=ENVIRON,
        mask=lambda _: None,
        identity_transport=httpx2.MockTransport(
            lambda _: httpx2.Response(200, json={"value": "jwt-1"})
        ),
        transport=entra,
    )
    assert await source() == "entra-1"
    assert entra.posts[-1].url.startswith("https://login.microsoftonline.us/")


async def test_a_wrong_federated_subject_is_shown() -> None:
    """AADSTS700213 becomes advice with the subject that Entra ID saw."""
    subject = "repo:octo/tools:ref:refs/heads/main"
    entra = Entra(
        401,
        {
            "error": "invalid_client",
            "error_description": "AADSTS700213: No matching federated identity record found for "
            f"presented assertion subject '{subject}'. Check your federated identity credential "
            "Subject, Audience and Issuer against the presented assertion. Trace ID: 1-2-3",
        },
    )
    source = auth.token_source(
        keyless(),
        environ=ENVIRON,
        mask=lambda _: None,
        identity_transport=httpx2.MockTransport(
            lambda _: httpx2.Response(200, json={"value": "jwt-1"})
        ),
        transport=entra,
    )
    with pytest.raises(SignInError) as caught:
        await source()
    assert f"`{subject}`" in caught.value.cause
    assert "client-1" in caught.value.next_step
    assert "api://AzureADTokenExchange" in caught.value.next_step


def test_another_code_of_entra_id_is_quoted_without_its_trace() -> None:
    """AADSTS codes are shown with their first sentence and both scopes."""
    error = ClientAuthenticationError(
        "(unauthorized_client) AADSTS700016: Application with identifier 'client-1' was not found "
        "in the directory. Trace ID: 0a0b Correlation ID: 1 Timestamp: 2026"
    )
    explained = auth.explain(error, keyless(), SignIn.JOB_IDENTITY)
    assert "AADSTS700016: Application with identifier" in explained.cause
    assert "Trace" not in explained.cause
    assert all(scope in explained.next_step for scope in SCOPES)


def test_the_long_text_of_the_default_credential_is_collapsed() -> None:
    """A dozen lines about a dozen credentials become their names."""
    error = ClientAuthenticationError(
        "DefaultAzureCredential failed to retrieve a token from the included credentials.\n"
        "Attempted credentials:\n"
        "\tEnvironmentCredential: EnvironmentCredential authentication unavailable. Environment "
        "variables are not fully configured.\nVisit https://aka.ms/x to troubleshoot.\n"
        "\tManagedIdentityCredential: ManagedIdentityCredential authentication unavailable, no "
        "response from the IMDS endpoint.\n"
        "\tAzureCliCredential: Azure CLI not found on path\n"
        "To mitigate this issue, please refer to the guidelines here at https://aka.ms/y."
    )
    explained = auth.explain(error, settings(base_url=AZURE), SignIn.MACHINE)
    assert explained.cause.endswith(
        "(tried: EnvironmentCredential, ManagedIdentityCredential, AzureCliCredential)."
    )
    assert "id-token: write" in explained.next_step


async def test_a_machine_without_credentials_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The real DefaultAzureCredential, limited to the environment, is explained."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    source = auth.token_source(settings(base_url=AZURE), environ={}, mask=lambda _: None)
    with pytest.raises(SignInError, match="tried: EnvironmentCredential") as caught:
        await source()
    assert "\n" not in str(caught.value)


class Counting:
    """A credential whose tokens expire at once or never."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime = lifetime
        self.calls = 0
        self.threads: set[int] = set()

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """The next token."""
        self.calls += 1
        self.threads.add(threading.get_ident())
        return AccessToken(f"token-{self.calls}", self.lifetime)


async def test_an_expired_token_is_fetched_and_masked_again() -> None:
    """A run longer than a token's life continues with a new one, off the event loop's thread."""
    masked: list[str] = []
    credential = Counting(lifetime=1)
    source = auth.token_source(
        settings(base_url=AZURE), environ={}, mask=masked.append, credential=credential
    )
    assert [await source(), await source()] == ["token-1", "token-2"]
    assert masked == ["token-1", "token-2"]
    assert threading.get_ident() not in credential.threads


@given(st.text())
def test_no_text_of_entra_id_breaks_the_explanation(text: str) -> None:
    """Whatever the message says, there is a cause and a next step."""
    for way in SignIn:
        explained = auth.explain(ClientAuthenticationError(text), keyless(), way)
        assert explained.cause
        assert explained.next_step


def test_the_other_scope_is_the_one_not_used() -> None:
    """Each documented scope names the other; a custom one names the first."""
    classic, foundry = SCOPES
    assert other_scope(classic) == foundry
    assert other_scope(foundry) == classic
    assert other_scope("api://mine/.default") == classic
