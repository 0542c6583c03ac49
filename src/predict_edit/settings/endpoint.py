"""Where the model is and how a run signs in there, decided from the settings alone.

What a ``base-url`` means: whose API it is, which kind of route, whether it is this machine.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import urllib.parse
from typing import Protocol

from predict_edit.domain.errors import ContradictingInputs, InvalidInput, MissingInput

OPENAI_BASE_URL = "https://api.openai.com/v1"
AZURE_EXAMPLE = "https://NAME.openai.azure.com/openai/v1/"

_AZURE_SERVICES = ("openai", "services.ai", "cognitiveservices")
_AZURE_CLOUDS = ("azure.com", "azure.us", "azure.cn")
_AZURE_SUFFIXES = tuple(
    f".{service}.{cloud}" for service in _AZURE_SERVICES for cloud in _AZURE_CLOUDS
)
"""Hosts of Azure OpenAI and Foundry resources, in the public and the sovereign clouds."""


SCOPES = ("https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default")
"""The scopes Microsoft documents for Azure OpenAI: classic resources, and some v1 ones."""

ROLE = "Cognitive Services OpenAI User"


class Route(enum.Enum):
    """The shape of the API's addresses."""

    OPENAI = "OpenAI"
    AZURE_V1 = "Azure, v1"
    AZURE_DATED = "Azure, dated api-version"
    COMPATIBLE = "OpenAI-compatible"


class SignIn(enum.Enum):
    """What identifies the run to the model's API."""

    KEY = "API key"
    JOB_IDENTITY = "the job's identity token"
    MACHINE = "DefaultAzureCredential"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests go."""

    route: Route
    base_url: str
    """For a dated Azure route the resource's root, otherwise the root of the API."""

    @property
    def host(self) -> str:
        """The host, with the port if one is given."""
        return urllib.parse.urlsplit(self.base_url).netloc

    @property
    def is_azure(self) -> bool:
        """Whether Azure serves the model, perhaps behind a gateway."""
        return self.route in {Route.AZURE_V1, Route.AZURE_DATED}


class Access(Protocol):
    """The settings that say where the model is and how to sign in: inputs or resolved settings."""

    @property
    def base_url(self) -> str | None: ...  # noqa: D102 - the inputs of these names
    @property
    def api_key(self) -> str | None: ...  # noqa: D102
    @property
    def api_version(self) -> str | None: ...  # noqa: D102
    @property
    def azure_tenant_id(self) -> str | None: ...  # noqa: D102
    @property
    def azure_client_id(self) -> str | None: ...  # noqa: D102


def host_of(url: str) -> str:
    """Read the host of an address: lower case, without brackets and port; empty if there is none.

    Nothing is raised for text that is not an address.
    """
    try:
        return (urllib.parse.urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(url: str) -> bool:
    """Decide whether an address can only mean this machine.

    ``localhost`` and every name below it (RFC 6761, 6.3), 127.0.0.0/8 and ``::1``.
    """
    host = host_of(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_azure_host(url: str) -> bool:
    """Decide whether an address is one of Microsoft's own for models."""
    return host_of(url).endswith(_AZURE_SUFFIXES)


def is_v1(url: str) -> bool:
    """Decide whether an address is the root of Azure's undated routes, ``/openai/v1``."""
    return url.rstrip("/").endswith("/openai/v1")


def check_base_url(url: str) -> str:
    """Accept the root of an API: https, or http on this machine, and at most a path.

    Raises:
        ValueError: what is wrong with it; the message never repeats the address.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it must be an https address") from None
    if parts.scheme not in {"https", "http"} or not host or not url.isprintable() or " " in url:
        raise ValueError(f"it must be an https address such as {AZURE_EXAMPLE}")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("it must start with https://, because the key travels with each request")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not hold a user name or password; the key goes into `api-key`")
    if "?" in url or "#" in url:
        raise ValueError(f"it must be the root of the API without `?` and `#`: {AZURE_EXAMPLE}")
    if parts.path.rstrip("/").endswith("/completions"):
        raise ValueError(
            f"it must be the root of the API, without `/chat/completions`: {AZURE_EXAMPLE}"
        )
    return url


def read_endpoint(access: Access) -> Endpoint:
    """Decide where requests go.

    A host that is not Azure's counts as Azure's (a gateway) with an `api-version` or Entra ID.

    Raises:
        MissingInput: Entra ID without the Azure resource.
        InvalidInput: `base-url` is not the root of an API that can be used safely.
        ContradictingInputs: `api-version` with an address that does not take one.
    """
    url, version = access.base_url, access.api_version
    if url is None:
        return _openai(access)
    try:
        check_base_url(url)
    except ValueError as error:
        raise InvalidInput(
            f"The input `base-url` is not usable: {error}.", "Correct `base-url`."
        ) from None
    if url.endswith("//"):
        url = url.rstrip("/") + "/"
    if not (is_azure_host(url) or version or access.azure_client_id):
        known = host_of(url) == host_of(OPENAI_BASE_URL)
        return Endpoint(route=Route.OPENAI if known else Route.COMPATIBLE, base_url=url)
    path = urllib.parse.urlsplit(url).path.rstrip("/")
    if "/deployments/" in f"{path}/":
        raise InvalidInput(
            "The input `base-url` names a deployment, not the root of the API.",
            f"Shorten it to the form {AZURE_EXAMPLE}; the deployment's name goes into `model`.",
        )
    if version:
        if is_v1(url):
            raise ContradictingInputs(
                "`base-url` ends in `/openai/v1`, which takes no `api-version`.",
                "Remove `api-version`, or shorten `base-url` to the root of the resource.",
            )
        root = url.rstrip("/").removesuffix("/openai")
        return Endpoint(route=Route.AZURE_DATED, base_url=root)
    if not path and not is_loopback(url):
        raise InvalidInput(
            f"The input `base-url` is only the root of the Azure resource {host_of(url)}.",
            f"Use https://{host_of(url)}/openai/v1/, or add the `api-version` of a dated route.",
        )
    return Endpoint(route=Route.AZURE_V1, base_url=url)


def choose_sign_in(access: Access) -> SignIn:
    """Choose by key, then the job's identity, then (for Azure) the machine's own credentials.

    Raises:
        ContradictingInputs: a key together with Entra ID, or half of the Entra ID inputs.
        MissingInput: no key, and the endpoint takes nothing else.
        InvalidInput: as :func:`read_endpoint` raises it.
    """
    tenant, client = access.azure_tenant_id, access.azure_client_id
    if access.api_key and (tenant or client):
        raise ContradictingInputs(
            "`api-key` is given together with "
            f"`{'azure-client-id' if client else 'azure-tenant-id'}`.",
            "Keep the key, or remove it to sign in with Microsoft Entra ID.",
        )
    if bool(tenant) != bool(client):
        given, missing = ("tenant", "client") if tenant else ("client", "tenant")
        raise ContradictingInputs(
            f"`azure-{given}-id` is given without `azure-{missing}-id`.",
            "Give both to sign in with the job's own identity, or neither to sign in another way.",
        )
    azure = read_endpoint(access).is_azure
    if access.api_key:
        return SignIn.KEY
    if tenant:
        return SignIn.JOB_IDENTITY
    if azure:
        return SignIn.MACHINE
    if access.base_url is None:
        raise MissingInput(
            "`api-key` is missing.",
            "Store the key as a secret and pass it as `api-key`; or give an Azure `base-url` to "
            "sign in with Microsoft Entra ID.",
        )
    raise MissingInput(
        "`api-key` is missing, and the host of `base-url` is not Azure's.",
        "Pass the key as `api-key`; if the server checks no key, any text will do. Only Azure "
        "works without a key, through Microsoft Entra ID.",
    )


def other_scope(scope: str) -> str:
    """Find the documented scope that was not used."""
    return next(known for known in SCOPES if known.rstrip("/") != scope.rstrip("/"))


def _openai(access: Access) -> Endpoint:
    if access.api_version:
        raise ContradictingInputs(
            "`api-version` is given without `base-url`.",
            "It belongs to Azure's dated routes: give the resource as `base-url`, "
            "https://NAME.openai.azure.com/.",
        )
    if access.azure_client_id:
        raise MissingInput(
            "`base-url` is missing, with `azure-client-id` given.",
            f"Give the Azure resource, {AZURE_EXAMPLE}.",
        )
    return Endpoint(route=Route.OPENAI, base_url=OPENAI_BASE_URL)
