"""Whose token this is, where GraphQL does not say so itself."""

from __future__ import annotations

from typing import Final

from predict_edit.domain.errors import ForgeForbidden, ForgeNotFound, ForgeRefused
from predict_edit.github import answers, endpoints, parsing
from predict_edit.github.client import Client

ACTIONS_LOGIN: Final = "github-actions[bot]"


async def own_login(client: Client) -> str:
    """The account of the token; the job's own token is refused where others get their name.

    Raises:
        ForgeError: it is not known; nothing may be guessed then.
    """
    try:
        answer = await client.rest(endpoints.USER)
    except (ForgeForbidden, ForgeNotFound, ForgeRefused):
        return ACTIONS_LOGIN
    return parsing.parse(answers.Account, answer, endpoints.USER).login


def is_account(account: answers.Account | None, login: str) -> bool:
    """Whether an account has that login, whose case does not matter."""
    return account is not None and account.login.casefold() == login.casefold()
