"""The accounts and tokens that the stand-in knows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from predict_edit_sandbox.github.nouns import Access, Token, User
from predict_edit_sandbox.github.refusals import bad_credentials

DEFAULT_TOKEN = "sandbox-token"  # noqa: S105  # opens nothing but this stand-in
FIRST_ID = 3_000_000_001
"""GitHub's numbers of comments have outgrown 32 bits; so do these."""
FIRST_ACCOUNT = 200_000_001
"""Those of accounts have not, and GraphQL has no larger field for them."""
ACTIONS_LOGIN = "github-actions[bot]"
ACTIONS_ID = 41898282
ACTIONS_PERMISSIONS: Mapping[str, Access] = {
    "metadata": "read",
    "contents": "read",
    "pull_requests": "write",
}
"""What the recommended workflow grants: ``contents: read`` and ``pull-requests: write``."""


class Accounts:
    """Who there is. The account behind the default token is ``github-actions[bot]``."""

    def __init__(self) -> None:
        self._ids = itertools.count(FIRST_ID)
        self._accounts = itertools.count(FIRST_ACCOUNT)
        self.users: dict[str, User] = {
            ACTIONS_LOGIN: User(id=ACTIONS_ID, login=ACTIONS_LOGIN, type="Bot")
        }
        self.tokens: dict[str, Token] = {}
        self.add_token(DEFAULT_TOKEN)

    def next_id(self) -> int:
        """A number nothing else has."""
        return next(self._ids)

    def user(self, login: str, kind: str = "User") -> User:
        """The account of that name, created if missing."""
        known = self.users.get(login)
        if known is None:
            known = User(id=next(self._accounts), login=login, type=kind)
            self.users[login] = known
        return known

    def add_token(
        self,
        value: str,
        *,
        login: str = ACTIONS_LOGIN,
        permissions: Mapping[str, Access] | None = None,
    ) -> Token:
        """Make a token known, or change what it may do."""
        granted = dict(ACTIONS_PERMISSIONS if permissions is None else permissions)
        token = Token(
            value=value,
            user=self.user(login),
            permissions={"metadata": "read", **granted},
            actions=login == ACTIONS_LOGIN,
        )
        self.tokens[value] = token
        return token

    def authenticate(self, header: str | None) -> Token:
        """The token of an ``Authorization`` header.

        Raises:
            Refusal: 401.
        """
        scheme, _, value = (header or "").partition(" ")
        token = self.tokens.get(value.strip())
        if token is None or scheme.lower() not in {"token", "bearer"}:
            raise bad_credentials()
        return token
