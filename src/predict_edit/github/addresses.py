"""Where the token may be sent, and what a token looks like."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from predict_edit.domain.errors import EventError, InvalidInput, MissingInput
from predict_edit.settings.endpoint import is_loopback
from predict_edit.support.log import log


def trusted(url: str, variable: str) -> SplitResult:
    """An address the token may be sent to: https, or http within this machine.

    Raises:
        EventError: any other; ``variable`` is named.
    """
    parts = urlsplit(url)
    host = parts.hostname
    here = is_loopback(url)
    if host and (parts.scheme == "https" or (parts.scheme == "http" and here)):
        return parts
    raise EventError(
        f"{variable} is no https address.",
        "The token is sent without encryption to this machine alone, not even within a private "
        "network. Set TLS up on GitHub Enterprise Server.",
    )


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
