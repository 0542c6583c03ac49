"""Runs to report on, and an independent reader of the reports."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from predict_edit.domain.edits import (
    Effort,
    Hunk,
    PlacedFile,
    Placement,
    PlacementKind,
    PredictionState,
    SourceFile,
    Suggestion,
    Usage,
)
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import FileResult, FileStatus, Job, Outcome, RunReport

MARKER = "<!-- predict-edit:v1 summary command=17 head=1111111 state=done -->"

HOSTILE = (
    "a|b",
    "a\\|b",
    "a\\\\|b|",
    "|",
    "line\nfeed\r\nand more",
    "\n\n# heading",
    "`tick`",
    "``` fence",
    "`",
    "``",
    "`a``b`",
    " `@user` ",
    "@octocat",
    "mail me@example.com now",
    "@org/team, look",
    "fixes #1",
    "octo/repo#12",
    "GH-7 and TICKET-12",
    "octo/repo@0123456789abcdef0123456789abcdef01234567",
    "deadbeef1 is a commit",
    "GHSA-jf85-cpcp-j695",
    "<img src=x onerror=alert(1)>",
    "<!-- predict-edit:v1 summary command=17 -->",
    "-->",
    "</details></summary>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "[x]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example/?q=1",
    "www.evil.example",
    "/approve",
    "- item",
    "1. item",
    "===",
    "---",
    "> quote",
    "~~gone~~",
    "**bold** _it_",
    "$a$ and $`b`$",
    ":tada:",
    "&lt;b&gt; &#64;user",
    "a\u202eb\u2066c\u2069",
    "tag\U000e0041\U000e0042",
    "zero\u200bwidth",
    "selector\U000e0101 filler\u3164",
    "nul\x00esc\x1b[31m",
    "\ud800 lone",
    "\u2028 separators \u2029 \x0c \x85",
    "    indented code",
    "\tindented code",
    "[^1] footnote",
    "- [ ] task",
    "",
    "   ",
    "x" * 5_000,
    "`" * 300,
    "&" * 3_000,
    "\u202e" * 3_000,
)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What GitHub would render from a text."""

    tokens: tuple[Token, ...]

    def all(self) -> list[Token]:
        """Every token, block and inline."""
        return [inner for token in self.tokens for inner in (token, *(token.children or ()))]

    def types(self) -> set[str]:
        """The kinds of token that occur."""
        return {token.type for token in self.all()}

    def prose(self) -> list[str]:
        """Runs of rendered text outside code, where GitHub looks for references."""
        return [token.content for token in self.all() if token.type == "text"]

    def code(self) -> list[str]:
        """The contents of inline code."""
        return [token.content for token in self.all() if token.type == "code_inline"]

    def fences(self) -> list[str]:
        """The contents of fenced blocks."""
        return [token.content for token in self.all() if token.type == "fence"]

    def html(self) -> list[str]:
        """Raw HTML that was left in."""
        return [token.content for token in self.all() if token.type.startswith("html_")]


REFERENCE = re.compile(
    r"""
      @[a-z0-9]                         # mention, e-mail
    | (?:^|[^\w&])\#[0-9]+              # issue
    | [\w.-]+/[\w.-]+\#[0-9]+           # issue elsewhere
    | \bGH-[0-9]+ | \bGHSA- | \bTICKET-[0-9]+
    | (?:https?|ftp)://                 # bare address
    | (?:^|[\s*_~(])www\.
    | \b[0-9a-f]{7,40}\b                # commit
    | :[a-z0-9_+-]+:                    # emoji
    | \$\S                              # formula
    | ^\s*/[a-z]                        # slash command
    """,
    re.VERBOSE | re.IGNORECASE,
)


def read_markdown(markdown: str) -> Seen:
    """Parse with markdown-it, GitHub's tables and strikethrough switched on."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return Seen(tuple(parser.parse(markdown)))


def assert_inert(seen: Seen) -> None:
    """Fail if anything but plain text, code and our own tables, lists and folds is rendered."""
    assert not seen.types() & {"link_open", "image", "html_inline", "s_open", "em_open"}
    for run in seen.prose():
        assert not REFERENCE.search(run), run


@pytest.fixture
def read() -> Callable[[str], Seen]:
    """Read Markdown as an independent parser does."""
    return read_markdown


@pytest.fixture
def inert() -> Callable[[Seen], None]:
    """Fail if foreign text renders as more than text or code."""
    return assert_inert


@pytest.fixture
def marker() -> str:
    """A marker of the summary comment."""
    return MARKER


def a_usage(**changed: Any) -> Usage:
    """Tokens of the vendor's FizzBuzz sample, by default."""
    figures: dict[str, Any] = {
        "prompt_tokens": 124,
        "cached_tokens": 0,
        "completion_tokens": 77,
        "accepted_prediction_tokens": 6,
        "rejected_prediction_tokens": 4,
    }
    return Usage(**figures | changed)


def a_suggestion(path: str, start: int, end: int) -> Suggestion:
    """A suggestion for some lines."""
    return Suggestion(path=path, start_line=start, line=end, body="```suggestion\nnew\n```")


def a_placed_file(path: str = "src/a.py") -> PlacedFile:
    """A file with one hunk of each placement."""
    return PlacedFile(
        file=SourceFile(path=path, text="old\n" * 40, blob_sha="b" * 40),
        accepted="new\n",
        placements=(
            Placement(
                hunk=Hunk(start=3, removed=("old\n",), added=("new\n",)),
                kind=PlacementKind.INLINE,
                suggestion=a_suggestion(path, 3, 4),
            ),
            Placement(
                hunk=Hunk(start=10, removed=("old\n", "old\n"), added=()),
                kind=PlacementKind.PATCH,
                reason="outside the diff",
            ),
            Placement(
                hunk=Hunk(start=30, removed=(), added=("new\n",)),
                kind=PlacementKind.REJECTED,
                reason="adds an invisible character",
            ),
        ),
    )


def an_edited_file(path: str = "src/a.py", **effort: Any) -> FileResult:
    """An edited file, its tokens known."""
    made: dict[str, Any] = {
        "usage": a_usage(),
        "cost": Decimal("0.0000648"),
        "overhead": Decimal("0.0000024"),
        "model": "gpt-4o-mini-2024-07-18",
        "prediction": PredictionState.SENT,
        "attempts": 1,
        "seconds": 3.2104,
    } | effort
    return FileResult(
        path=path, status=FileStatus.EDITED, placed=a_placed_file(path), effort=Effort(**made)
    )


def a_report(**changed: Any) -> RunReport:
    """A run with a file of every status."""
    fields: dict[str, Any] = {
        "outcome": Outcome.PARTIAL,
        "job": Job(
            repository="octo/repo",
            pull_request=7,
            instruction="Replace string `FizzBuzz` with `MSFTBuzz`.",
            command=CommandRef(source=CommandSource.ISSUE_COMMENT, comment_id=17, author="octo"),
        ),
        "head": "1" * 40,
        "base": "2" * 40,
        "model": "gpt-4o-mini",
        "cost": Decimal("0.0000648"),
        "files": (
            an_edited_file(),
            FileResult(
                path="b.py",
                status=FileStatus.UNCHANGED,
                effort=Effort(
                    usage=Usage(prompt_tokens=10, completion_tokens=5),
                    attempts=2,
                    seconds=12.0,
                    prediction=PredictionState.REFUSED,
                ),
            ),
            FileResult(
                path="c.py",
                status=FileStatus.FAILED,
                reason="The stream ended half way. Run the command again.",
                effort=Effort(attempts=1, seconds=0.5, prediction=PredictionState.SENT),
            ),
            FileResult(path="d.lock", status=FileStatus.SKIPPED, reason="generated file"),
        ),
    }
    return RunReport(**fields | changed)
