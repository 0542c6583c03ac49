"""The sentences GitHub refuses with: what they mean and what helps.

They are those of GitHub's documentation and of public issue reports. Wordings change, so every
pattern is tolerant: case does not matter and no sentence has to match whole.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from predict_edit.domain.errors import (
    AnchorRefused,
    BranchMoved,
    ForgeRefused,
    PendingReview,
    TextRefused,
)

THROTTLE = re.compile(r"secondary rate limit|abuse detection|submitted too quickly", re.IGNORECASE)
PRIMARY_LIMIT = re.compile(r"api rate limit (already )?exceeded", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A sentence of GitHub's, what it means and what helps."""

    pattern: re.Pattern[str]
    cause: str
    next_step: str
    refusal: type[ForgeRefused]
    """The class of the error where the sentence comes with a 4xx that is no 403."""


def _rule(
    pattern: str, cause: str, next_step: str, *, refusal: type[ForgeRefused] = ForgeRefused
) -> Rule:
    """A rule with a pattern that ignores case."""
    return Rule(
        pattern=re.compile(pattern, re.IGNORECASE),
        cause=cause,
        next_step=next_step,
        refusal=refusal,
    )


FORBIDDEN: Final = (
    _rule(
        r"not permitted to create or approve pull requests",
        "This repository does not let workflows open pull requests ({endpoint}).",
        "Tick 'Allow GitHub Actions to create and approve pull requests' under Settings > Actions"
        " > General, or give a token of a GitHub App.",
    ),
    _rule(
        r"without .?workflows.? permission|workflows? scope",
        "The token may not change files under .github/workflows ({endpoint}).",
        "Exclude those files, or give a token of a GitHub App with the permission `workflows`.",
    ),
    _rule(
        r"saml",
        "The organization protects this repository with SAML single sign-on ({endpoint}).",
        "Authorize the token for the organization: Settings > Developer settings > Personal"
        " access tokens > Configure SSO.",
    ),
    _rule(
        r"ip allow list|ip address is not",
        "The organization's IP allow list does not let this runner in ({endpoint}).",
        "Run on a runner whose address is on the list.",
    ),
    _rule(
        r"(advanced|code) security must be enabled|code scanning is not enabled"
        r"|not enabled for code scanning",
        "Code scanning is not switched on in this repository ({endpoint}).",
        "Switch it on under Settings > Advanced Security, or leave `code-scanning` out of"
        " `findings`.",
    ),
    _rule(
        r"archived",
        "The repository is archived and read-only ({endpoint}).",
        "Unarchive it, or work in another repository.",
    ),
    _rule(
        r"\blocked\b",
        "The conversation of the pull request is locked ({endpoint}).",
        "Unlock it, or give a token of somebody with write access.",
    ),
)

REFUSED: Final = (
    _rule(
        r"one pending review",
        "The account of the token already has a pending review on this pull request ({endpoint}).",
        "Submit or discard that review, then give the command again.",
        refusal=PendingReview,
    ),
    _rule(
        r"body is too long",
        "The text is longer than the 65,536 characters GitHub takes ({endpoint}).",
        "Limit the files with `--files`, or use `--deliver patch`.",
        refusal=TextRefused,
    ),
    _rule(
        r"line.*(must be part of|could not be resolved|must precede)"
        r"|path.*(is invalid|could not be resolved)"
        r"|diff hunk can't be blank"
        r"|review (comments|threads) is invalid",
        "GitHub found a suggestion that does not lie in the pull request's diff ({endpoint}).",
        "The pull request may have changed meanwhile: give the command again.",
        refusal=AnchorRefused,
    ),
    _rule(
        r"stale_data|expected branch to point|update is not a fast forward",
        "The branch is no longer at the commit that was looked at ({endpoint}).",
        "Give the command again.",
        refusal=BranchMoved,
    ),
    _rule(
        r"maximum number of (lines|files)|too_large",
        "The diff is larger than GitHub shows ({endpoint}).",
        "Limit the files with `--files`, or split the pull request.",
    ),
)


REFUSED_BY_STATUS: Final[Mapping[int, str]] = {
    HTTPStatus.NOT_ACCEPTABLE: (
        "The pull request may be too large for this; limit the files with `--files`."
    ),
    HTTPStatus.CONFLICT: "The repository changed meanwhile, or is empty: try again.",
    HTTPStatus.GONE: "It was deleted, or the feature is switched off in the repository's settings.",
}
"""What to do after a refusal that no sentence explains."""


def known(rules: tuple[Rule, ...], reasons: tuple[str, ...]) -> Rule | None:
    """The first rule that knows one of the sentences."""
    spoken = " ".join(reasons)
    return next((rule for rule in rules if rule.pattern.search(spoken)), None)
