"""What can be told of an API from its address alone."""

from __future__ import annotations

import ipaddress
import urllib.parse

_AZURE_SERVICES = ("openai", "services.ai", "cognitiveservices")
_AZURE_CLOUDS = ("azure.com", "azure.us", "azure.cn")
AZURE_SUFFIXES = tuple(
    f".{service}.{cloud}" for service in _AZURE_SERVICES for cloud in _AZURE_CLOUDS
)
"""Hosts of Azure OpenAI and Foundry resources, in the public and the national clouds."""

BASE_URL_EXAMPLE = "https://NAME.openai.azure.com/openai/v1/"


def host_of(url: str) -> str:
    """Read the host of an address, lower case, without brackets and port; empty without one."""
    return (urllib.parse.urlsplit(url).hostname or "").rstrip(".")


def is_loopback(url: str) -> bool:
    """Tell whether an address names this machine: ``localhost``, 127.0.0.0/8 or ``::1``."""
    host = host_of(url)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_azure_host(url: str) -> bool:
    """Tell whether an address is one of Microsoft's own for models."""
    return host_of(url).endswith(AZURE_SUFFIXES)


def is_bare(url: str) -> bool:
    """Tell whether an address is a host without a path."""
    return urllib.parse.urlsplit(url).path in {"", "/"}


def is_v1(url: str) -> bool:
    """Tell whether an address is the root of Azure's undated routes, ``/openai/v1``."""
    return urllib.parse.urlsplit(url).path.rstrip("/").endswith("/openai/v1")


def check_base_url(url: str) -> str:
    """Accept the root of an API: https, or http on loopback, and a path at most.

    Raises:
        ValueError: what is wrong with it; the message never repeats the address.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it must be an https address") from None
    if parts.scheme not in {"https", "http"} or not host or not url.isprintable() or " " in url:
        raise ValueError(f"it must be an https address such as {BASE_URL_EXAMPLE}")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("it must start with https://, because the key travels with each request")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not hold a user name or password; the key goes into `api-key`")
    if "?" in url or "#" in url:
        raise ValueError(f"it must be the root of the API without `?` and `#`: {BASE_URL_EXAMPLE}")
    if parts.path.rstrip("/").endswith("/completions"):
        raise ValueError(
            f"it must be the root of the API, without `/chat/completions`: {BASE_URL_EXAMPLE}"
        )
    return url
