"""Opens the client for the model's API, with nothing taken from the environment by accident."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import importlib
import ipaddress
import os
import ssl
from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import httpx2
import openai

from predict_edit.domain.errors import ContradictingInputs, InvalidInput, MissingInput
from predict_edit.llm.auth import Mask, SignIn, choose, is_azure, token_source
from predict_edit.settings.resolve import ModelSettings

OPENAI_BASE_URL = "https://api.openai.com/v1"
_CONNECT_TIMEOUT = 10.0
_WRITE_TIMEOUT = 60.0

Provider = Literal["openai", "azure"]


class Route(enum.Enum):
    """The shape of the API's addresses."""

    OPENAI = "OpenAI"
    AZURE_V1 = "Azure, v1"
    AZURE_DATED = "Azure, dated api-version"
    COMPATIBLE = "OpenAI-compatible"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests go."""

    route: Route
    base_url: str
    """For a dated Azure route the resource's root, otherwise the root of the API."""

    @property
    def host(self) -> str:
        """Host, with the port where one is given."""
        return urlsplit(self.base_url).netloc

    @property
    def provider(self) -> Provider | None:
        """Whose prices and dates apply, where that is known."""
        if self.route is Route.OPENAI:
            return "openai"
        return "azure" if self.route in {Route.AZURE_V1, Route.AZURE_DATED} else None


def endpoint(settings: ModelSettings) -> Endpoint:
    """Where the settings send requests.

    Raises:
        MissingInput: a dated route without a resource.
        InvalidInput: ``base-url`` is no root of an API, or neither https nor this machine.
        ContradictingInputs: a dated ``api-version`` with the v1 route, which takes none.
    """
    if settings.base_url is None:
        if settings.api_version:
            raise MissingInput(
                "`api-version` is given without `base-url`.",
                "Set `base-url` to your resource, `https://NAME.openai.azure.com/`.",
            )
        return Endpoint(route=Route.OPENAI, base_url=OPENAI_BASE_URL)
    url = settings.base_url.strip()
    parts = _checked(url, azure=is_azure(settings))
    path = parts.path.rstrip("/")
    if settings.api_version:
        if path.endswith("/openai/v1"):
            raise ContradictingInputs(
                "`base-url` ends in `/openai/v1`, which takes no `api-version`.",
                "Remove `api-version`, or shorten `base-url` to the resource's root.",
            )
        root = url.rstrip("/").removesuffix("/openai")
        return Endpoint(route=Route.AZURE_DATED, base_url=root)
    if not is_azure(settings):
        known = parts.hostname == "api.openai.com"
        return Endpoint(route=Route.OPENAI if known else Route.COMPATIBLE, base_url=url)
    if not path and not _is_loopback(parts.hostname or ""):
        raise InvalidInput(
            f"`base-url` is only the root of the Azure resource {parts.hostname}.",
            f"Use `https://{parts.hostname}/openai/v1/`, or add the `api-version` of a dated "
            "route.",
        )
    return Endpoint(route=Route.AZURE_V1, base_url=url)


def _checked(url: str, *, azure: bool) -> SplitResult:
    """The parts of a ``base-url`` that can be one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidInput("`base-url` is no URL.", "Give the root of the API.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput(
            "`base-url` is no http address.",
            "It looks like `https://NAME.openai.azure.com/openai/v1/`.",
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise InvalidInput(
            f"`base-url` would send files and the key unencrypted to {parts.hostname}.",
            "Use https; plain http is allowed to this machine only.",
        )
    if parts.username or parts.password:
        raise InvalidInput("`base-url` holds a user name or password.", "Use `api-key` instead.")
    path = parts.path.rstrip("/")
    deployment = azure and "/deployments/" in f"{path}/"
    if deployment or path.endswith("/completions") or parts.query:
        raise InvalidInput(
            "`base-url` is the address of one operation, not the root of the API.",
            "Cut it after `/openai/v1/` (Azure) or `/v1`; the deployment's name belongs into "
            "`model`, a dated version into `api-version`.",
        )
    return parts


def _is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@functools.cache
def _tls() -> ssl.SSLContext:
    """What TLS trusts; reading the authorities' certificates takes as long as all else here."""
    return httpx2.create_ssl_context()


def prepare() -> None:
    """Do before there are settings what the first request would have to wait for.

    Both libraries load their larger parts on first use.
    """
    for name in ("httpcore2", "openai.resources.chat.completions.completions"):
        importlib.import_module(name)
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
    """A client that sends to one place, signed in one way, and retries nothing by itself.

    Redirects are not followed: the SDK would send the file again to wherever they point.

    Raises:
        SettingsError: the settings are wrong or contradict each other.
        SignInError: this job cannot have an identity token.
    """
    where = endpoint(settings)
    keyed = choose(settings) is SignIn.KEY
    source = (
        None
        if keyed
        else token_source(
            settings, environ=environ, mask=mask, identity_transport=identity_transport
        )
    )
    http = httpx2.AsyncClient(
        transport=transport,
        verify=_tls(),
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=settings.concurrency + 2),
        timeout=httpx2.Timeout(
            settings.timeout, connect=_CONNECT_TIMEOUT, write=_WRITE_TIMEOUT, pool=None
        ),
    )
    with _no_ambient_settings():
        if where.route is Route.AZURE_DATED:
            return openai.AsyncAzureOpenAI(
                azure_endpoint=where.base_url,
                api_version=settings.api_version,
                api_key=settings.api_key,
                azure_ad_token_provider=source,
                max_retries=0,
                timeout=http.timeout,
                http_client=http,
            )
        return openai.AsyncOpenAI(
            base_url=where.base_url,
            api_key=source or settings.api_key,
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )
