"""Everything a run left behind, and what must be true of it whatever was tried."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from predict_edit.support.markers import OPENING, find_marker

from .corpus import SECRETS, as_json

RISKY = re.compile(
    r"""
      (?<![\w`])@[a-z0-9]               # mention
    | (?:^|[^\w&])\#[0-9]+              # issue
    | (?:https?|ftp)://                 # bare address
    | (?:^|\s)www\.
    | ^\s*/[a-z]                        # slash command
    """,
    re.VERBOSE | re.IGNORECASE,
)
TAGS = re.compile(r"</?(?:details|summary|code|br|sub)\s*/?>|<!--.*?-->", re.DOTALL)
"""The HTML that the project itself writes."""
ALLOWED_COMMANDS = ("::add-mask::", "::error title=predict-edit ")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one run of the action did, as far as anyone could see."""

    exit_code: int
    outputs: Mapping[str, str]
    log: str
    """Both streams, masks included."""
    result: Mapping[str, Any]
    job_summary: str
    patches: bytes
    bodies: Sequence[str]
    """Comments and reviews as they were last written, suggestions included."""
    suggestions: Sequence[tuple[str, str]]
    """Path and body."""
    asked: Sequence[Mapping[str, Any]]
    """What the model got."""
    reactions: Sequence[str]
    requests: int
    """How many requests GitHub got."""
    kept: bool = True
    """Whether the earlier comments are as they were."""
    stolen: Sequence[str] = ()
    """Requests that reached a host that none should have reached, credentials included."""

    @property
    def printed(self) -> str:
        """The log without masks, which may name what they hide."""
        lines = self.log.split("\n")
        return "\n".join(line for line in lines if not line.startswith("::add-mask::"))

    @property
    def shown(self) -> str:
        """All text that the run gave out."""
        files = as_json(dict(self.result)), self.patches.decode("utf-8", "replace")
        return "\n".join((self.read, as_json(dict(self.outputs)), *files))

    @property
    def read(self) -> str:
        """The part that people read, where names have to be legible, not exact."""
        bodies = (body for _, body in self.suggestions)
        return "\n".join((self.printed, self.job_summary, *self.bodies, *bodies))


def check_invariants(evidence: Evidence) -> None:
    """Fail if a run did what no run may do."""
    for secret in SECRETS:
        assert secret not in evidence.shown
        assert secret not in as_json([dict(body) for body in evidence.asked])
    for body in evidence.asked:
        assert not {"tools", "tool_choice", "functions"} & set(body)
    for line in evidence.log.split("\n"):
        assert not obeyed(line) or line.startswith(ALLOWED_COMMANDS), line
    suggested = (body for _, body in evidence.suggestions)
    for text in (*evidence.bodies, evidence.job_summary, *suggested):
        check_inert(text)
    for text in evidence.bodies:
        last = text.rstrip().rpartition("\n")[2]
        assert last.startswith(OPENING), last
        assert find_marker(text, last.split()[2]) is not None
        assert text.count(OPENING) == 1
    assert not evidence.stolen


def obeyed(line: str) -> bool:
    """Whether a runner takes a line for a command, restated from actions/runner."""
    new = line.lstrip()
    if new.startswith("::") and new.find("::", 2) > 0:
        return True
    return re.search(r"##\[[^\]]+\]", line) is not None


def check_inert(markdown: str) -> None:
    """Fail if foreign text renders as more than text or code."""
    for token in _tokens(markdown):
        assert token.type not in {"image", "s_open"}, token
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("http://127.0.0.1:"), token.attrs
        elif token.type in {"html_block", "html_inline"}:
            assert not re.search("[<>]", TAGS.sub("", token.content)), token.content
        elif token.type == "text":
            assert not RISKY.search(token.content), token.content


def _tokens(markdown: str) -> list[Token]:
    """Every token, block and inline."""
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [inner for token in parsed for inner in (token, *(token.children or ()))]
