"""The hostile cases: one file each, with a line that says what it tries."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

FOLDER = Path(__file__).parent / "cases"

KEY = "sk-hostile-corpus-7Qx92LmT4vB8"
TOKEN = "ghs_hostilecorpus0Zr4Kd81Wq6Ty3Lm5Np9Bv2Xc7"
IDENTITY = "identity-request-token-5Hd8Kq2"
SECRETS = (KEY, TOKEN, IDENTITY)

HEAD = """\
def check(user):
    name = "alpha"
    if user.admin:
        return name
    return None


def other(value):
    return value + 1
"""
"""The file of a case that brings none of its own."""

WAYS = (
    *("answer", "file", "comment", "event", "environment", "network"),
    *("github", "model", "earlier", "workspace", "review"),
)
"""The attacker's side: the model's answer or the model's host, a file, a person, the payload, the
job, the network, GitHub's answers, earlier comments and other workflows, earlier steps, review
threads."""

_ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(f"key={text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "reversed": lambda text: text[::-1],
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "spaced": " ".join,
    "front": lambda text: text[: len(text) // 2],
    "back": lambda text: text[len(text) // 2 :],
    "quoted": lambda text: quote(text, safe=""),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One attempt, its target, and the expected result."""

    name: str
    tries: str
    threat: str
    """Its number in the table of docs/security.md."""
    way: str
    """By which door it comes, one of :data:`WAYS`."""
    expect: Mapping[str, Any]
    given: Mapping[str, Any]
    """What the door takes; see the runs in ``runs.py``."""

    @property
    def path(self) -> str:
        """The file's name in the pull request."""
        return str(self.given.get("path", f"{self.name}.txt"))

    @property
    def head(self) -> str:
        """The file at the head."""
        own = self.given.get("head")
        text = f"{HEAD}\n\n# {self.name}\n" if own is None else str(own)
        return text * int(self.given.get("head-times", 1))

    @property
    def base(self) -> str:
        """The file before the pull request: all lines new, or only the last, far from the rest."""
        if self.given.get("base") == "far":
            return self.head.replace(f"# {self.name}\n", "")
        return "nothing of it yet\n"

    @property
    def answer(self) -> str | None:
        """The model's answer; ``None`` if it is not on the attacker's side."""
        if "answer" in self.given:
            return with_secrets(self.given["answer"])
        if "replace" in self.given:
            old, new = map(with_secrets, self.given["replace"])
            assert old in self.head, f"{self.name}: {old!r} is not in the file"
            return self.head.replace(old, new)
        return None


def with_secrets(text: str) -> str:
    """Replace ``{{key:hex}}`` and the like with the run's secrets."""
    for what, secret in (("key", KEY), ("token", TOKEN)):
        for name, encode in _ENCODINGS.items():
            text = text.replace(f"{{{{{what}:{name}}}}}", encode(secret))
    assert "{{" not in text, text
    return text


def read_case(path: Path) -> Case:
    """Read one file; a key that no case has is an error."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    way, expect = loaded.pop("way"), loaded.pop("expect")
    assert way in WAYS, path.name
    return Case(
        name=path.stem,
        tries=loaded.pop("tries"),
        threat=loaded.pop("threat"),
        way=way,
        expect=expect,
        given=loaded,
    )


def all_cases() -> list[Case]:
    """Every case, by name."""
    return [read_case(path) for path in sorted(FOLDER.glob("*.yml"))]


CASES = all_cases()


def cases_of(*ways: str) -> list[Case]:
    """The cases that enter in some ways."""
    return [case for case in CASES if case.way in ways]


def as_json(value: object) -> str:
    """A value as text to search in."""
    return json.dumps(value, ensure_ascii=False)
