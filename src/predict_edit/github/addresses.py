"""Where the token may be sent, and what a token looks like."""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import SplitResult, urlsplit

from predict_edit.errors import EventError, InvalidInput, MissingInput
from predict_edit.log import log


def trusted(url: str, variable: str) -> SplitResult:
    """An address the token may be sent to: https, or http within this machine or network.

    Raises:
        EventError: any other; ``variable`` is named.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if host and (parts.scheme == "https" or (parts.scheme == "http" and _is_near(host))):
        return parts
    raise EventError(
        f"{variable} is no https address.",
        "The token is sent over http only to this machine or a private network.",
    )


def _is_near(host: str) -> bool:
    """Whether a host is this machine, or an address or name of its own network."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        return address.is_loopback or address.is_private
    return "." not in host or host.endswith((".localhost", ".internal"))


def on_same_host(graphql_url: str | None, api: SplitResult) -> str | None:
    """The GraphQL address if the token may be sent there: only to host and port of the API."""
    if not graphql_url:
        return None
    parts = trusted(graphql_url, "GITHUB_GRAPHQL_URL")
    if (parts.scheme, parts.hostname, parts.port) != (api.scheme, api.hostname, api.port):
        log.warning("GraphQL is not used: its address is on another host than the API's")
        return None
    return graphql_url


def checked_token(token: str) -> str:
    """The token, if it can be put into a header.

    Raises:
        SettingsError: there is none, or it cannot be sent.
    """
    if not token:
        raise MissingInput("There is no GitHub token.", "Give the input `github-token`.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput(
            "The input `github-token` holds characters that no token has.",
            "Look for a line break or a blank in the secret.",
        )
    return token
