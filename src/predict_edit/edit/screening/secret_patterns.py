"""What the secrets of well-known vendors look like.

The shapes are those that the vendors document, for the most part so that scanners can find them.
Every pattern is read in one pass: repetitions are bounded or possessive, so that no text, however
hostile, makes the search slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_START = r"(?<![A-Za-z0-9_-])"
SHAPES: Final[tuple[tuple[str, str], ...]] = (
    ("a GitHub token", r"gh[pousr]_[A-Za-z0-9_.-]{36,255}+"),
    ("a GitHub token", r"github_pat_[A-Za-z0-9_]{22,255}+"),
    ("an Anthropic key", r"sk-ant-[A-Za-z0-9_-]{20,255}+"),
    ("an OpenAI key", _START + r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,255}+"),
    ("an OpenAI key", _START + r"sk-[A-Za-z0-9]{32,255}+"),
    ("an OpenRouter key", r"sk-or-v1-[0-9a-f]{64}"),
    ("an Azure AI key", r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{18}[A-Z]{4}[A-Za-z0-9]{4}"),
    ("an Azure storage key", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    ("a Microsoft Entra client secret", _START + r"[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
    ("an AWS access key", _START + r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
    ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a Google OAuth secret", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    ("a Google access token", _START + r"ya29\.[A-Za-z0-9_-]{30,1000}+"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,255}+"),
    ("a Slack token", r"xapp-\d-[A-Za-z0-9-]{20,255}+"),
    (
        "a Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9]{8,20}/[A-Za-z0-9/]{8,60}+",
    ),
    ("a Discord webhook", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80}+"),
    ("a Telegram bot token", r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("a GitLab token", r"gl(?:pat|dt|rt|ptt|ft|imt|oas|soat|agent|cbt)-[A-Za-z0-9_.-]{20,255}+"),
    ("a Stripe key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}+"),
    ("a Stripe webhook secret", r"whsec_[A-Za-z0-9+/]{24,255}+"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a Twilio key", _START + r"SK[0-9a-f]{32}(?![0-9a-f])"),
    ("a Mailgun key", _START + r"key-[0-9a-f]{32}(?![0-9a-f])"),
    ("an npm token", r"npm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}+"),
    ("a RubyGems key", r"rubygems_[0-9a-f]{48}"),
    ("a Docker token", r"dckr_[po]at_[A-Za-z0-9_-]{27,64}+"),
    ("a Hugging Face token", _START + r"hf_[A-Za-z]{34}"),
    ("a Groq key", _START + r"gsk_[A-Za-z0-9]{52}"),
    ("a Perplexity key", _START + r"pplx-[A-Za-z0-9]{48}"),
    ("an xAI key", _START + r"xai-[A-Za-z0-9]{80}"),
    ("a Replicate token", _START + r"r8_[A-Za-z0-9]{37}"),
    ("a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("a Databricks token", _START + r"dapi[0-9a-f]{32}"),
    ("a Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("a Square token", r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}"),
    ("a Vault token", _START + r"hv[sbr]\.[A-Za-z0-9_-]{24,1000}+"),
    ("a Terraform Cloud token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,100}+"),
    ("a Grafana token", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,1000}+"),
    ("a Linear key", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}+"),
    ("a Notion token", _START + r"ntn_[A-Za-z0-9]{40,60}+"),
    ("a Postman key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("a New Relic key", r"NRAK-[A-Z0-9]{27}"),
    ("an Atlassian token", r"ATATT3[A-Za-z0-9_=-]{60,255}+"),
    ("a Sentry token", r"sntry[su]_[A-Za-z0-9+/=_-]{40,400}+"),
    ("a Doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,80}+"),
    ("an age key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("a private key", r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    (
        "a JSON web token",
        _START + r"eyJ[\w-]{10,10000}+\.eyJ[\w-]{10,10000}+\.[\w-]{10,10000}+",
    ),
)  # fmt: skip
"""What each is called, and its pattern."""

_PATTERNS: Final = tuple((kind, re.compile(pattern)) for kind, pattern in SHAPES)
_ANY: Final = re.compile(r"[\w.:/+=~-]{15}|-----BEGIN")
"""What every shape has, and most lines do not."""
_PLACEHOLDERS: Final = ("example", "placeholder", "your", "redacted", "changeme", "dummy", "fake")
_LONGEST_PLACEHOLDER: Final = 120
"""In what is longer, such a word may stand by chance."""
_FEWEST: Final = 8
"""Different letters and digits in a real token; ``xxxxxxxx`` and ``00000000`` have one."""
_SAMPLE: Final = ".eyJzdWIiOiIxMjM0NTY3ODkwIi"
"""The subject 1234567890, of the web token that jwt.io and most documentation show."""
_WHOLE: Final = frozenset({"a private key"})
"""Kinds whose pattern is only a beginning, so that nothing more is known of them."""


def tokens_in(text: str) -> Iterator[tuple[str, str]]:
    """Everything in a text that has a vendor's shape: what it is called, and itself."""
    for kind, pattern in _PATTERNS if _ANY.search(text) else ():
        for found in pattern.finditer(text):
            if kind in _WHOLE or not _is_placeholder(found[0]):
                yield kind, found[0]


def _is_placeholder(token: str) -> bool:
    """Whether a token only shows what one looks like, as documentation does."""
    low = token.lower()
    if len({char for char in low if char.isalnum()}) < _FEWEST:
        return True
    if _SAMPLE in token:
        return True
    return len(low) <= _LONGEST_PLACEHOLDER and any(word in low for word in _PLACEHOLDERS)
