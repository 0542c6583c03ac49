"""Secrets, the run's own and new ones, in what a model adds."""

from __future__ import annotations

import base64
import dataclasses
import random
import re
import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import Aim, ChangedFile, EditRequest, Finding, SourceFile
from predict_edit.edit import screening
from predict_edit.edit.screening import secret_in
from predict_edit.edit.screening.own_secrets import OwnSecrets
from predict_edit.edit.screening.secret_patterns import SHAPES, tokens_in

if TYPE_CHECKING:
    from tests.conftest import Proportional

Ask = Callable[..., list[str | None]]

KEY = "sk-sandbox/7f+Q2x-not~real_1"
OWN = [screening.OF_THIS_RUN]
FINDING = Finding(
    path="a", line=1, end_line=1, column=1, rule="R", message="Bad", tool="lint", level="error"
)
AIM = Aim(path="a", start_line=1, line=1, diff_hunk="@@ -1 +1 @@", thread=("Why?",))

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "inside other text": lambda key: f'url = "https://x.example/?k={key}&z=1"',
    "reversed": lambda key: key[::-1],
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 after one letter": lambda key: base64.b64encode(f"a{key}".encode()).decode(),
    "base64 after two letters": lambda key: base64.b64encode(f"ab{key}zz".encode()).decode(),
    "base64 reversed": lambda key: base64.b64encode(key.encode()).decode()[::-1],
    "hex": lambda key: key.encode().hex(),
    "upper-case hex with colons": lambda key: key.encode().hex(":").upper(),
    "C escapes": lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    "C array": lambda key: ", ".join(f"0x{ord(char):02X}" for char in key),
    "JavaScript escapes": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "JavaScript braces": lambda key: "".join(f"\\u{{{ord(char):x}}}" for char in key),
    "percent": lambda key: quote(key, safe=""),
    "percent throughout": lambda key: "".join(f"%{ord(char):02X}" for char in key),
    "percent twice": lambda key: quote(quote(key, safe=""), safe=""),
    "HTML": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "HTML, hexadecimal": lambda key: "".join(f"&#x{ord(char):x};" for char in key),
    "blanks in between": " ".join,
    "quotes and plus": '" + "'.join,
    "one letter a line": "\n".join,
    "full-width": lambda key: "".join(chr(ord(char) + 0xFEE0) for char in key),
    "zero-width in between": "\u2009".join,
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_own_secret_is_found(ask: Ask, encode: Callable[[str], str]) -> None:
    """However the run's own key is written, the hunk is rejected."""
    assert ask("first\nold\nlast\n", f"first\n{encode(KEY)}\nlast\n", [KEY]) == OWN


@given(st.text(string.ascii_letters + string.digits + "-_~+/=.", min_size=24, max_size=80))
def test_every_secret_is_found_in_every_encoding(key: str) -> None:
    """Any key that is long enough is found in each encoding, and not where it is missing."""
    own = OwnSecrets([key])
    if not own:
        return
    for encode in ENCODINGS.values():
        assert own.are_in(f"text before {encode(key)} text after")
    assert not own.are_in("def count(first: int, last: int) -> list[str]: ...")


@pytest.mark.parametrize("key", ["", "   ", "ollama", "lm-studio", "not-needed", "sk-no-key-here"])
def test_placeholders_for_a_key_are_not_secrets(ask: Ask, key: str) -> None:
    """A server that checks no key gets any word, which may well occur in a file."""
    assert ask("a\nb\n", f"a\nuse {key} here\n", [key]) == [None]


def test_own_secret_beside_a_hunk_is_not_shown(ask: Ask) -> None:
    """A suggestion or a patch shows lines around a hunk, so none of them may contain the key."""
    near = f"one\n{KEY}\nthree\nfour\n"
    far = f"{KEY}\n" + "line\n" * 20 + "end\n"
    assert ask(near, near.replace("three", "3"), [KEY]) == OWN
    assert ask(far, far.replace("end", "END"), [KEY]) == [None]


@pytest.mark.parametrize("gap", [0, 50])
def test_halves_of_a_secret_are_not_both_added(ask: Ask, gap: int) -> None:
    """The hunk that completes it is rejected, however much is unchanged between the two."""
    lines = [f"line {number}\n" for number in range(100)]
    edited = [*lines]
    edited.insert(20 + gap, f"{KEY[12:]}\n")
    edited.insert(10, f"{KEY[:12]}\n")
    assert ask("".join(lines), "".join(edited), [KEY]) == [None, *OWN]
    assert ask("".join(lines), "".join(edited[:11] + lines[10:]), [KEY]) == [None]


def test_own_secret_can_be_taken_out(ask: Ask) -> None:
    """An instruction to remove a key from a file is carried out."""
    assert ask(f"a\nkey = '{KEY}'\nb\n", "a\nkey = env('KEY')\nb\n", [KEY]) == [None]


@pytest.mark.parametrize(
    ("text", "patch", "held"),
    [
        ("a\nb\n", None, False),
        (f"a\n{KEY}\n", None, True),
        ("a\nb\n", f"@@ -1,2 +1 @@\n-{KEY}\n a\n", True),  # taken out by the pull request
    ],
)
def test_file_that_holds_the_key_is_not_sent(*, text: str, patch: str | None, held: bool) -> None:
    """A file with the run's own key in it, or in its diff, is not sent to the model."""
    change = ChangedFile(
        path="a", status="modified", blob_sha="0", additions=1, deletions=1, patch=patch
    )
    file = SourceFile(path="a", text=text, blob_sha="0", change=change)
    request = EditRequest(file=file, instruction="Change it.")
    assert (secret_in(request, [KEY]) is not None) == held
    assert secret_in(request, []) is None


@pytest.mark.parametrize(
    "said",
    [
        {"instruction": f"Use {KEY}."},
        {"findings": (dataclasses.replace(FINDING, message=f"Key {KEY[::-1]}"),)},
        {"findings": (dataclasses.replace(FINDING, rule=KEY),)},
        {"aims": (dataclasses.replace(AIM, diff_hunk=f"@@ -1 +1 @@\n-{KEY}\n+a"),)},
        {"aims": (dataclasses.replace(AIM, thread=("Why?", f"Because of {KEY}.")),)},
    ],
)
def test_what_is_said_about_a_file_holds_no_secret(said: dict[str, Any]) -> None:
    """A report of an earlier step, or a comment, would bring the key into the prompt."""
    file = SourceFile(path="a", text="a\n", blob_sha="0", change=None)
    plain = EditRequest(file=file, instruction="Change it.", findings=(FINDING,), aims=(AIM,))
    assert secret_in(plain, [KEY]) is None
    assert secret_in(dataclasses.replace(plain, **said), [KEY]) == screening.NOT_ASKED


def filled(pattern: str, choose: random.Random, fewest: int = 24) -> str:
    """A text that matches a pattern, made by reading it; ``fewest`` is for what is repeated."""
    from re import _parser  # type: ignore[attr-defined]  # the standard library's own reader

    return _written(_parser.parse(pattern), choose, fewest)


def _written(nodes: Any, choose: random.Random, fewest: int) -> str:
    """A text for each node of a pattern, one after the other."""
    written = ""
    for kind, value in nodes:
        match str(kind), value:
            case "LITERAL", code:
                written += chr(code)
            case "IN", members:
                written += choose.choice([char for one in members for char in _members(*one)])
            case "MAX_REPEAT" | "POSSESSIVE_REPEAT", (least, most, inner):
                times = min(int(most), max(least, fewest))
                written += "".join(_written(inner, choose, fewest) for _ in range(times))
            case "SUBPATTERN", (*_, inner):
                written += _written(inner, choose, fewest)
            case "BRANCH", (_, branches):
                written += _written(choose.choice(branches), choose, fewest)
            case other, _:
                assert other == "ASSERT_NOT"
    return written


def _members(kind: object, value: Any) -> str:
    match str(kind):
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return "".join(map(chr, range(value[0], value[1] + 1)))
    return string.digits if "DIGIT" in str(value) else string.ascii_letters


@pytest.mark.parametrize(("kind", "pattern"), SHAPES, ids=[pattern[:20] for _, pattern in SHAPES])
def test_new_token_of_a_vendor_is_found(ask: Ask, kind: str, pattern: str) -> None:
    """Whatever fits a vendor's form is rejected if it is new, and stays if it was there."""
    token = filled(pattern, random.Random(7))
    assert re.fullmatch(pattern, token)

    (verdict,) = ask("a\nb\n", f'a\nkey = "{token}"\n')
    assert verdict is not None
    assert verdict.startswith("adds what looks like a secret: ")
    assert (kind, token) in [(name, found) for name, found in tokens_in(f'key = "{token}"')]
    assert ask(f'a\nkey = "{token}"\n', f'a\nAPI_KEY = "{token}"\n') == [None]


@pytest.mark.parametrize(("kind", "pattern"), SHAPES, ids=[pattern[:20] for _, pattern in SHAPES])
def test_the_shortest_token_of_a_vendor_is_found(kind: str, pattern: str) -> None:
    """No line with one is passed over as too short to hold any."""
    token = filled(pattern, random.Random(7), fewest=0)
    assert (kind, token) in list(tokens_in(f"({token})"))


def test_token_of_the_instruction_is_public(ask: Ask) -> None:
    """What a maintainer wrote into a comment may come in; a secret of the run may not."""
    token = "key-0123456789abcdef0123456789abcdef"
    assert ask("a\n", f"{token}\n", (), f"Name it {token}.") == [None]
    assert ask("a\n", f"{token}\n", (), "Name it.") != [None]
    assert ask("a\n", f"{token}\n", (token,), f"Name it {token}.") != [None]


def test_the_sample_token_of_documentation_is_none(ask: Ask) -> None:
    header, rest = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQs"
    sample = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
    real = "eyJzdWIiOiI5OTc0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
    assert ask("a\n", f"{header}.{sample}.{rest}\n") == [None]
    assert ask("a\n", f"{header}.{real}.{rest}\n") != [None]


def test_token_that_is_changed_is_new(ask: Ask) -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5"
    changed = token[:-1] + "X"
    assert ask(f"t = {token}\n", f"t = {changed}\n") == [
        "adds what looks like a secret: a GitHub token"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-proj-your-key-goes-here-please",
        "sk-" + "0" * 48,
        "sk-learn, risk-averse and task-based-scheduling-of-many-things",
        "SKETCH, skeleton, SK0123",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "sha512-" + "Q2x" * 28 + "==",
        "-----BEGIN PUBLIC KEY-----",
        "eyJhbGciOiJIUzI1NiJ9 alone is a header",
        "glpat-",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
    ],
)
def test_what_only_looks_a_little_like_a_token_passes(ask: Ask, text: str) -> None:
    """Placeholders, words, hashes and data are not tokens."""
    assert ask("a\nb\n", f"a\n{text}\n") == [None]


@pytest.mark.parametrize(
    "piece",
    ["eyJ", "eyJaaaaaaaaaaa.", "sk-", "ghp_", "xoxb-", "-----BEGIN A ", "AIza", "%25", "&#", "A"],
)
def test_hostile_text_takes_time_in_proportion(
    ask: Ask, piece: str, proportional: Proportional
) -> None:
    """A text made to be slow to search."""
    text = piece * (125_000 // len(piece))
    proportional(lambda text: ask("a\nb\n", f"a\n{text}\n", [KEY]), text)
