"""Every reader of foreign text takes steps in proportion to the text, whatever is in it.

Each reads its worst alphabets. Calls of functions are counted on 2,000 and on 16,000 characters.
What one call does in C, such as matching an expression, cannot be counted: there 250,000 characters
are compared with an eighth of them, in time of this thread's processor.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

from predict_edit.delivery.state import unpack
from predict_edit.domain.edits import ChangedFile, EditRequest, Hunk, SourceFile
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.repository import FileContent
from predict_edit.edit.blocks import BlocksRefused, edited, parse
from predict_edit.edit.clean import clean
from predict_edit.edit.guards import judge
from predict_edit.edit.guards.early_stop import EarlyStop
from predict_edit.edit.prompt import build_messages
from predict_edit.edit.screening import judge_for, secret_in
from predict_edit.findings.code_scanning import read_alerts
from predict_edit.findings.formats import parse_report
from predict_edit.findings.reported_finding import Roots
from predict_edit.github import rest
from predict_edit.github.error_mapping import graphql_refusal, refusal_of
from predict_edit.llm.model_errors import quote
from predict_edit.llm.throttle import retry_after
from predict_edit.report import markdown
from predict_edit.run.manifest import read_parts
from predict_edit.select.content import open_source
from predict_edit.select.gitattributes import GitAttributes
from predict_edit.settings.repository_config import read_config
from predict_edit.settings.value_types import split_globs
from predict_edit.suggest.anchors import anchors_of
from predict_edit.suggest.compose import fenced
from predict_edit.suggest.replay import block_lines
from predict_edit.support.log import Secrets, harmless
from predict_edit.support.markers import Seals, find_marker
from predict_edit.support.text import inert, quoted
from predict_edit.support.unicode import strip_hidden
from predict_edit.trigger.command import parse_command
from predict_edit.trigger.events import read_event

if TYPE_CHECKING:
    from tests.conftest import CountCalls, Proportional


LITTLE: Final = 2_000
MUCH: Final = 250_000
WORD: Final = "/predict-edit"
KEY: Final = "sk-hostile-steps-7Qx92LmT4vB8"
ROOTS: Final = Roots(folders=("/github/workspace",), name="game")
NOW: Final = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
NONCE: Final = "0123456789abcdef"
KNOWN: Final = Secrets()
KNOWN.add(KEY)


def file_of(text: str) -> SourceFile:
    """A file with this text."""
    return SourceFile(path="a.py", text=text, blob_sha="0", change=None)


def hunk_of(text: str) -> Hunk:
    """A hunk that adds this text to a short file."""
    return Hunk(start=2, removed=(), added=tuple(text.splitlines(keepends=True)))


def change_of(patch: str) -> ChangedFile:
    """A change with this patch."""
    return ChangedFile(
        path="a.py", status="modified", blob_sha="0", additions=3, deletions=1, patch=patch
    )


def comment_of(body: str) -> dict[str, Any]:
    """The event of a comment."""
    user = {"login": "grace", "id": 1, "type": "User"}
    return {
        "action": "created",
        "comment": {"id": 1, "node_id": "C1", "body": body, "user": user},
        "issue": {"number": 1, "pull_request": {}},
        "repository": {"full_name": "octo/game"},
        "sender": user,
    }


def numbered(text: str, more: str = "") -> str:
    """The lines with their numbers, no two of them equal; every fourth with something more."""
    lines = enumerate(text.split("\n"))
    return "\n".join(f"{number} {line}{'' if number % 4 else more}" for number, line in lines)


def blocks_of(text: str) -> str:
    """Exact edits of every fourth line."""
    return "".join(
        f"<<<<<<< {NONCE}\n{line}\n======= {NONCE}\n{line} edited\n>>>>>>> {NONCE}\n"
        for line in text.split("\n")[::4]
    )


def sarif_of(text: str) -> bytes:
    """A report with one result of this text."""
    message = {"text": text, "arguments": [text]}
    place = {"physicalLocation": {"artifactLocation": {"uri": text}}}
    results = [{"message": message, "locations": [place]}]
    return json.dumps({"runs": [{"tool": {"driver": {}}, "results": results}]}).encode()


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "command": lambda text: parse_command(f"{WORD} {text}", WORD),
    "options": lambda text: parse_command(f"{WORD} --files {text} fix", WORD),
    "lines of a command": lambda text: parse_command(f"{WORD} fix\n{text}", WORD),
    "event": lambda text: read_event("issue_comment", comment_of(text), word=WORD),
    "globs": split_globs,
    "config": read_config,
    "config's list": lambda text: read_config(f"files: [{text}]\n"),
    "report in lines": lambda text: parse_report("r", f"a.py:1:1: {text}".encode(), ROOTS),
    "report in SARIF": lambda text: parse_report("r", sarif_of(text), ROOTS),
    "report in JSON": lambda text: parse_report("r", f"[{text}".encode(), ROOTS),
    "alert": lambda text: read_alerts([{"rule": {"id": text, "description": text}}]),
    "attributes": lambda text: GitAttributes.parse({".gitattributes": text}).flag("a.py", "x"),
    "content": lambda text: open_source(
        None, FileContent(path="a.js", blob_sha="0", data=text.encode(), mode=0o100644, size=1)
    ),
    "patch of GitHub": lambda text: anchors_of.__wrapped__(
        change_of(f"@@ -1 +1 @@\n{text}"), "a\n"
    ),
    "marker": lambda text: find_marker(text, "summary"),
    "sealed marker": lambda text: Seals(KEY, "octo/game#1").find(text, "summary"),
    "memory": lambda text: unpack(f"x.{text}", KEY),
    "parts of other jobs": lambda text: read_parts(
        {"plan.json": f'{{"version":{text}'.encode()}, None, "1"
    ),
    "GitHub's error": lambda text: refusal_of(422, {}, {"message": text}, rest.BLOB, secret=KEY),
    "GitHub's headers": lambda text: refusal_of(
        403, {"retry-after": text, "x-ratelimit-reset": text}, None, rest.BLOB
    ),
    "GraphQL's errors": lambda text: graphql_refusal(
        {}, {"errors": [{"type": text, "message": text}]}, rest.BLOB
    ),
    "model's error": lambda text: quote(text[:4_000], [text]),
    "model's error about little": lambda text: quote(text, [text[:4_000]]),
    "model's headers": lambda text: retry_after({"retry-after": text}, NOW),
    "blocks": lambda text: parse(text, NONCE),
    "many blocks": lambda text: edited(numbered(text), blocks_of(numbered(text)), NONCE),
    "answer": lambda text: clean("a.txt", "a\nb\n", text),
    "answer to this": lambda text: clean("a.txt", text, text.swapcase()),
    "guards": lambda text: judge("a.txt", "a\nb\n", f"a\nb\n{text}"),
    "guards on many edits": lambda text: judge("a.txt", numbered(text), numbered(text, "an edit")),
    "early stop": lambda text: EarlyStop("a.txt", "a\nb\n").feed(text),
    "screening": lambda text: judge_for(file_of("a\nb\n"), [KEY])(hunk_of(text)),
    "secrets": lambda text: secret_in(EditRequest(file=file_of(text), instruction=text), [KEY]),
    "prompt": lambda text: build_messages(
        EditRequest(file=file_of(text), instruction=text[:4_000]), nonce=NONCE, context="diff"
    ),
    "suggestion": lambda text: fenced(text.splitlines(keepends=True)),
    "suggestion's lines": block_lines,
    "code in Markdown": markdown.code,
    "text in Markdown": markdown.text.__wrapped__,
    "fence": markdown.fence,
    "quoted": quoted,
    "inert": inert,
    "hidden characters": strip_hidden,
    "log": harmless,
    "log with secrets": KNOWN.hide,
}
OF_ALL: Final = ("\\",)
WORST: Final[Mapping[str, tuple[str, ...]]] = {
    "command": ("\u202e", "@a "),
    "options": ("a", ",", "{,", '"a'),
    "lines of a command": ("> a\n", "On a wrote:\n"),
    "event": ("\r\n\r",),
    "globs": ("{", "{,", ",", "a,b "),
    "config": ("- ", "{", "a: ", "[["),
    "config's list": ("{,", ",", "[["),
    "report in lines": ("(a) ", "::", " ", "a:1: b\n"),
    "report in SARIF": ("{", "\u202e", "%25"),
    "report in JSON": ("[", '"', "{"),
    "attributes": ("+a\n",),
    "patch of GitHub": ("\n",),
    "marker": ("<!-- ", "<!-- predict-edit:v1 summary a=", "a=b "),
    "sealed marker": ("<!-- predict-edit:v1 summary a=",),
    "GitHub's error": ("@a ", "a: "),
    "GitHub's headers": ("1", "9."),
    "GraphQL's errors": ("a: ",),
    "model's error": ('"', "@a "),
    "model's error about little": ('"',),
    "model's headers": ("1", "9."),
    "many blocks": ("a line\n",),
    "blocks": (f"<<<<<<< {NONCE}\n", "a\n"),
    "answer": ("+a\n",),
    "answer to this": ("%25",),
    "guards": ("> a\n",),
    "guards on many edits": ("a line\n",),
    "early stop": ("a",),
    "screening": ("-->", "\u202e"),
    "secrets": ("%25",),
    "suggestion": ("`", "\n"),
    "suggestion's lines": ("```suggestion\n", "`"),
    "code in Markdown": ("`",),
    "text in Markdown": ("@a ", "<!-- ", "["),
    "fence": ("`",),
    "inert": ("@a ", "<!-- "),
    "log": ("::", "##["),
}
"""What is repeated for a reader, besides :data:`OF_ALL`."""


def read_quietly(read: Callable[[str], Any], text: str) -> None:
    """Read or refuse a text."""
    with contextlib.suppress(PredictEditError, ValueError, BlocksRefused):
        read(text)


@pytest.mark.parametrize("reader", READERS)
def test_steps_grow_no_faster_than_the_text(
    reader: str, count_calls: CountCalls, proportional: Proportional
) -> None:
    """Eight times the text takes about eight times the steps, or it is refused for its size."""
    read = functools.partial(read_quietly, READERS[reader])
    read("a")  # what is made on first use
    for piece in (*OF_ALL, *WORST.get(reader, ())):
        few, many = (
            count_calls(functools.partial(read, piece * (size // len(piece))))
            for size in (LITTLE, 8 * LITTLE)
        )
        assert many <= 12 * few + 1_000, (piece, few, many)
        proportional(read, piece * (MUCH // len(piece)))


def test_every_reader_is_there() -> None:
    """A name that is misspelt would leave its alphabet untried."""
    assert set(WORST) <= set(READERS)
    assert len(READERS) > 40
