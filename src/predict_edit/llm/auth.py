"""Sign in to the model's API and open its client.

Three ways: an API key; Microsoft Entra ID with the job's own identity token, exchanged for an
access token without any stored secret; Entra ID with the credentials of the machine. Tokens of
Entra ID are fetched again before they expire, so a long run survives them. The client takes
nothing from the environment by accident.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import os
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pydantic

from predict_edit.domain.errors import SignInError
from predict_edit.llm.model_errors import quote
from predict_edit.llm.response_body import bound
from predict_edit.settings.endpoint import (
    Route,
    SignIn,
    choose_sign_in,
    host_of,
    is_loopback,
    other_scope,
    read_endpoint,
)
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.validation import Validated

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

Mask = Callable[[str], None]
TokenSource = Callable[[], Awaitable[str]]

AUDIENCE = "api://AzureADTokenExchange"
"""What Entra ID expects as audience of a federated token."""

_AUTHORITIES = {".us": "login.microsoftonline.us", ".cn": "login.chinacloudapi.cn"}
_IDENTITY_TIMEOUT = 15.0
_CONNECT_TIMEOUT = 10.0
_WRITE_TIMEOUT = 60.0


class _IdentityToken(Validated):
    """GitHub's answer to a request for an identity token."""

    value: str = pydantic.Field(min_length=1)


def job_identity(
    environ: Mapping[str, str], mask: Mask, transport: httpx2.BaseTransport | None = None
) -> Callable[[], str]:
    """Make a function that fetches a fresh identity token of this job from GitHub.

    The two variables reach the job only with the permission ``id-token: write`` (GitHub,
    "OpenID Connect"). The tokens live for minutes, so each call fetches a new one.

    Raises:
        SignInError: the variables are missing; from the function: GitHub sent no token.
    """
    url = environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    bearer = environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not bearer:
        raise SignInError(
            "This job cannot get an identity token from GitHub: ACTIONS_ID_TOKEN_REQUEST_URL or "
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN is missing.",
            "Add `permissions: id-token: write` to the job, or remove `azure-tenant-id` and "
            "`azure-client-id` to sign in another way.",
        )

    def fetch() -> str:
        try:
            with httpx2.Client(
                transport=transport, follow_redirects=False, timeout=_IDENTITY_TIMEOUT
            ) as client:
                response = client.get(
                    httpx2.URL(url).copy_merge_params({"audience": AUDIENCE}),
                    headers={"Authorization": f"bearer {bearer}", "Accept": "application/json"},
                )
            response.raise_for_status()
            token = _IdentityToken.model_validate_json(response.content).value
        except httpx2.HTTPStatusError as error:
            status = error.response.status_code
            raise SignInError(
                f"GitHub answered the request for the job's identity token with {status}.",
                "Check `permissions: id-token: write` and run the job again.",
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, pydantic.ValidationError) as error:
            raise SignInError(
                f"The job's identity token could not be fetched ({type(error).__name__}).",
                "Run the job again; on a self-hosted runner, check that it reaches GitHub.",
            ) from None
        mask(token)
        return token

    return fetch


def token_source(
    settings: ModelSettings,
    *,
    environ: Mapping[str, str],
    mask: Mask,
    identity_transport: httpx2.BaseTransport | None = None,
    credential: TokenCredential | None = None,
    **entra: Any,
) -> TokenSource:
    """Make an awaitable source of Entra ID access tokens, cached until they nearly expire.

    ``credential`` replaces the one the settings ask for; ``entra`` goes to azure-identity.

    Raises:
        SignInError: at once when the job cannot have an identity token; from the source when
            Entra ID gives no token.
    """
    way = choose_sign_in(settings)
    fetch = job_identity(environ, mask, identity_transport) if way is SignIn.JOB_IDENTITY else None
    if authority := _authority(settings, environ):
        entra.setdefault("authority", authority)
    lock = asyncio.Lock()
    provider: Callable[[], str] | None = None
    seen = ""

    def blocking() -> str:
        nonlocal provider, seen
        # azure-identity takes a fifth of a second to import, and most runs have a key.
        azure = importlib.import_module("azure.identity")
        try:
            if provider is None:
                own = credential or (
                    azure.ClientAssertionCredential(
                        settings.azure_tenant_id, settings.azure_client_id, fetch, **entra
                    )
                    if fetch
                    else azure.DefaultAzureCredential(**entra)
                )
                provider = azure.get_bearer_token_provider(own, settings.azure_scope)
            token = provider()
        except (importlib.import_module("azure.core.exceptions").AzureError, ValueError) as error:
            raise explain(error, settings, way) from None
        if token != seen:
            mask(token)
            seen = token
        return token

    async def source() -> str:
        # One at a time: the first call fetches, the others find the token in the cache.
        async with lock:
            return await asyncio.to_thread(blocking)

    return source


def _authority(settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    """The host of Entra ID in a sovereign cloud, unless the environment sets it."""
    if environ.get("AZURE_AUTHORITY_HOST"):
        return None
    host = host_of(settings.base_url or "")
    return next(
        (authority for end, authority in _AUTHORITIES.items() if host.endswith(f".azure{end}")),
        None,
    )


def explain(error: Exception, settings: ModelSettings, way: SignIn) -> SignInError:
    """Explain what went wrong at Entra ID, and what to check there."""
    text = str(error)
    scope = (
        f"The requested scope was `{settings.azure_scope}`; Microsoft also documents "
        f"`{other_scope(settings.azure_scope)}` (input `azure-scope`)."
    )
    code = re.search(r"AADSTS\d+", text)
    subject = re.search(r"presented assertion subject '([^']{1,400})'", text)
    if code and code.group() == "AADSTS700213":
        shown = f" `{subject.group(1)}`" if subject else ""
        return SignInError(
            f"Microsoft Entra ID has no federated credential for this job's subject{shown} "
            "(AADSTS700213).",
            "Add a federated credential with exactly this subject, issuer "
            f"`https://token.actions.githubusercontent.com` and audience `{AUDIENCE}` to the "
            f"application `{settings.azure_client_id}`.",
        )
    if code:
        reason = quote(text[code.start() :].split("Trace ID", maxsplit=1)[0].splitlines()[0])
        return SignInError(
            f"Microsoft Entra ID did not issue a token: {reason}",
            f"Check `azure-tenant-id`, `azure-client-id` and `azure-scope`. {scope}",
        )
    if way is SignIn.MACHINE:
        names = list(dict.fromkeys(re.findall(r"^\s*(\w+Credential):", text, re.MULTILINE)))
        tried = f" (tried: {', '.join(names)})" if names else ""
        return SignInError(
            f"`api-key` is missing, and DefaultAzureCredential could not sign in{tried}.",
            "Give `api-key`, or `azure-tenant-id` and `azure-client-id` with `permissions: "
            "id-token: write`. A login by an earlier step is not visible inside a container. "
            + scope,
        )
    return SignInError(
        f"Microsoft Entra ID did not issue a token ({type(error).__name__}: {quote(text)}).",
        f"Check `azure-tenant-id` and `azure-client-id`. {scope}",
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """The trusted certificates; reading them takes as long as everything else here."""
    return httpx2.create_ssl_context()


def prepare() -> None:
    """Do in advance what the first request would have to wait for.

    Both libraries are loaded on first use.
    """
    importlib.import_module("httpcore2")
    with contextlib.suppress(ModuleNotFoundError):
        # A name of anyio's own, which may change: then the first request loads it.
        importlib.import_module("anyio._backends._asyncio")
    _tls()


@contextlib.contextmanager
def _no_ambient_settings() -> Iterator[None]:
    """Hide the variables that the SDK would add to requests for any host.

    openai 3.x reads organisation, project, custom headers, keys and addresses from ``OPENAI_*``
    and ``AZURE_OPENAI_*`` while a client is made, and only then.
    """
    hidden = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(("OPENAI_", "AZURE_OPENAI_"))
    }
    try:
        yield
    finally:
        os.environ.update(hidden)


def open_client(
    settings: ModelSettings,
    *,
    environ: Mapping[str, str],
    mask: Mask,
    transport: httpx2.AsyncBaseTransport | None = None,
    identity_transport: httpx2.BaseTransport | None = None,
) -> openai.AsyncOpenAI:
    """Open a client that sends to one endpoint, signed in one way, without retries of its own.

    Redirects are not followed: the SDK would send the file again to wherever they point.

    Raises:
        SettingsError: the settings are wrong or contradict each other.
        SignInError: this job cannot get an identity token.
    """
    where = read_endpoint(settings)
    source = None
    if choose_sign_in(settings) is not SignIn.KEY:
        source = token_source(
            settings, environ=environ, mask=mask, identity_transport=identity_transport
        )
    http = httpx2.AsyncClient(
        transport=transport,
        verify=_tls(),
        follow_redirects=False,
        # What is sent to this machine goes through no proxy, which would read it in the clear.
        trust_env=not is_loopback(where.base_url),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [bound]},
        limits=httpx2.Limits(max_connections=settings.concurrency + 2),
        timeout=httpx2.Timeout(
            settings.timeout, connect=_CONNECT_TIMEOUT, write=_WRITE_TIMEOUT, pool=None
        ),
    )
    shared: dict[str, Any] = {
        "default_headers": dict(settings.headers),
        "max_retries": 0,
        "timeout": http.timeout,
        "http_client": http,
    }
    with _no_ambient_settings():
        if where.route is Route.AZURE_DATED:
            return openai.AsyncAzureOpenAI(
                azure_endpoint=where.base_url,
                api_version=settings.api_version,
                api_key=settings.api_key,
                azure_ad_token_provider=source,
                **shared,
            )
        return openai.AsyncOpenAI(
            base_url=where.base_url, api_key=source or settings.api_key, **shared
        )
