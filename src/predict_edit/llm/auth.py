"""How to sign in to the model, decided from the settings alone.

Three ways: an API key; Microsoft Entra ID with the job's own identity token, exchanged for an
access token without any stored secret; Entra ID with whatever credential the machine has. The
tokens of Entra ID are fetched again before they expire, so a long run survives them.
"""

from __future__ import annotations

import asyncio
import enum
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pydantic

from predict_edit.domain.errors import ContradictingInputs, MissingInput, SignInError
from predict_edit.llm.echo import quote
from predict_edit.settings.resolve import ModelSettings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

Mask = Callable[[str], None]
TokenSource = Callable[[], Awaitable[str]]

AUDIENCE = "api://AzureADTokenExchange"
"""What Entra ID expects as audience of a federated token."""

SCOPES = ("https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default")
"""The scopes Microsoft documents for Azure OpenAI: classic resources, and some v1 ones."""

ROLE = "Cognitive Services OpenAI User"

_AZURE_HOSTS = (
    ".openai.azure.com",
    ".services.ai.azure.com",
    ".cognitiveservices.azure.com",
    ".openai.azure.us",
    ".openai.azure.cn",
)
_AUTHORITIES = {".us": "login.microsoftonline.us", ".cn": "login.chinacloudapi.cn"}
_IDENTITY_TIMEOUT = 15.0


class SignIn(enum.Enum):
    """The way in."""

    KEY = "API key"
    JOB_IDENTITY = "the job's identity token"
    MACHINE = "DefaultAzureCredential"


class _IdentityToken(pydantic.BaseModel):
    """GitHub's answer to a request for an identity token."""

    value: str = pydantic.Field(min_length=1)


def is_azure(settings: ModelSettings) -> bool:
    """Whether the model is Azure's: by host, by a dated route, or by Entra ID inputs."""
    return bool(
        _host(settings).endswith(_AZURE_HOSTS)
        or settings.api_version
        or settings.azure_tenant_id
        or settings.azure_client_id
    )


def _host(settings: ModelSettings) -> str:
    """The host of ``base-url``; empty where there is none to be read."""
    try:
        return urlsplit(settings.base_url or "").hostname or ""
    except ValueError:
        return ""


def choose(settings: ModelSettings) -> SignIn:
    """The way in that the settings ask for.

    Raises:
        ContradictingInputs: a key and Entra ID inputs together.
        MissingInput: no key where only a key can sign in, or half of the Entra ID inputs.
    """
    tenant, client = settings.azure_tenant_id, settings.azure_client_id
    if settings.api_key and (tenant or client):
        raise ContradictingInputs(
            "`api-key` is given together with `azure-tenant-id` or `azure-client-id`.",
            "Keep the key, or remove it to sign in with Microsoft Entra ID.",
        )
    if settings.api_key:
        return SignIn.KEY
    if bool(tenant) != bool(client):
        missing = "azure-client-id" if tenant else "azure-tenant-id"
        raise MissingInput(
            f"`{missing}` is missing.",
            "Signing in with the job's identity token takes both `azure-tenant-id` and "
            "`azure-client-id`.",
        )
    if tenant:
        return SignIn.JOB_IDENTITY
    if is_azure(settings):
        return SignIn.MACHINE
    raise MissingInput(
        "`api-key` is missing.",
        "Store the key as a secret and pass it as `api-key`. Only an Azure `base-url` works "
        "without one, through Microsoft Entra ID. A server that checks no key takes any text.",
    )


def other_scope(scope: str) -> str:
    """The documented scope that was not used."""
    return next(known for known in SCOPES if known.rstrip("/") != scope.rstrip("/"))


def job_identity(
    environ: Mapping[str, str], mask: Mask, transport: httpx2.BaseTransport | None = None
) -> Callable[[], str]:
    """A function that fetches a fresh identity token of this job from GitHub.

    The two variables reach the job only with the permission ``id-token: write`` (GitHub,
    "OpenID Connect"). The tokens live for minutes, so each call fetches a new one.

    Raises:
        SignInError: the variables are missing; from the function: no token came.
    """
    url = environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    bearer = environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not bearer:
        raise SignInError(
            "This job may not ask GitHub for an identity token: ACTIONS_ID_TOKEN_REQUEST_URL or "
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
                f"GitHub answered {status} to the request for the job's identity token.",
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
    """An awaitable source of Entra ID access tokens, cached until shortly before they expire.

    ``credential`` replaces the one the settings ask for; ``entra`` goes to azure-identity.

    Raises:
        SignInError: at once when the job cannot have an identity token; from the source when
            Entra ID gives no token.
    """
    way = choose(settings)
    fetch = job_identity(environ, mask, identity_transport) if way is SignIn.JOB_IDENTITY else None
    lock = asyncio.Lock()
    provider: Callable[[], str] | None = None
    seen = ""

    def build() -> Callable[[], str]:
        # azure-identity takes a fifth of a second to import, and most runs have a key.
        from azure.identity import (  # noqa: PLC0415 - see above
            ClientAssertionCredential,
            DefaultAzureCredential,
            get_bearer_token_provider,
        )

        options = dict(entra)
        if authority := _authority(settings, environ):
            options.setdefault("authority", authority)
        chosen = credential
        if chosen is None and fetch is not None:
            chosen = ClientAssertionCredential(
                settings.azure_tenant_id or "", settings.azure_client_id or "", fetch, **options
            )
        elif chosen is None:
            chosen = DefaultAzureCredential(**options)
        return get_bearer_token_provider(chosen, settings.azure_scope)

    def blocking() -> str:
        nonlocal provider, seen
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - as in build

        try:
            provider = provider or build()
            token = provider()
        except (AzureError, ValueError) as error:
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
    """Where Entra ID is for a sovereign cloud, unless the environment says so itself."""
    if environ.get("AZURE_AUTHORITY_HOST"):
        return None
    host = _host(settings)
    return next(
        (authority for end, authority in _AUTHORITIES.items() if host.endswith(f".azure{end}")),
        None,
    )


def explain(error: Exception, settings: ModelSettings, way: SignIn) -> SignInError:
    """What went wrong at Entra ID, and what to check there."""
    text = str(error)
    scope = (
        f"The scope asked for was `{settings.azure_scope}`; the other one Microsoft documents is "
        f"`{other_scope(settings.azure_scope)}` (input `azure-scope`)."
    )
    code = re.search(r"AADSTS\d+", text)
    subject = re.search(r"presented assertion subject '([^']{1,400})'", text)
    if code and code.group() == "AADSTS700213":
        shown = f" `{subject.group(1)}`" if subject else ""
        return SignInError(
            f"Microsoft Entra ID knows no federated credential for this job's subject{shown} "
            "(AADSTS700213).",
            "Add a federated credential with exactly this subject, issuer "
            f"`https://token.actions.githubusercontent.com` and audience `{AUDIENCE}` to the "
            f"application `{settings.azure_client_id}`.",
        )
    if code:
        said = quote(text[code.start() :].split("Trace ID", maxsplit=1)[0].splitlines()[0])
        return SignInError(
            f"Microsoft Entra ID gave no token: {said}",
            f"Check `azure-tenant-id`, `azure-client-id` and `azure-scope`. {scope}",
        )
    if way is SignIn.MACHINE:
        names = list(dict.fromkeys(re.findall(r"^\s*(\w+Credential):", text, re.MULTILINE)))
        tried = f" (tried: {', '.join(names)})" if names else ""
        return SignInError(
            f"There is no `api-key`, and DefaultAzureCredential found no way to sign in{tried}.",
            "Give `api-key`, or `azure-tenant-id` and `azure-client-id` with `permissions: "
            "id-token: write`. A login by an earlier step is not visible inside a container. "
            + scope,
        )
    return SignInError(
        f"Microsoft Entra ID gave no token ({type(error).__name__}: {quote(text)}).",
        f"Check `azure-tenant-id` and `azure-client-id`. {scope}",
    )
