"""The files of the sandbox's pull request: the vendor's FizzBuzz, and others in several languages.

Each stands before and after the pull request. ``FizzBuzz`` occurs in lines that the pull request
changes, in lines beside those, and in lines far away, so that an instruction about it gives
suggestions as well as hunks that no suggestion can hold.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from predict_edit_sandbox.model.example import CODE
from predict_edit_sandbox.world_texts import (
    CSHARP,
    GO,
    JAVA,
    JSON,
    MARKDOWN,
    RUST,
    TYPESCRIPT,
    YAML,
    mixed,
)

NAME = "FizzBuzz"
Kind = Literal["text", "skipped"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WorldFile:
    """One file; ``None`` where it does not exist before or after."""

    path: str
    base: bytes | None
    head: bytes | None
    previous_path: str | None = None
    """Its name before, where the pull request renames it."""
    kind: Kind = "text"
    """``skipped``: predict-edit has a reason not to edit it."""


def _file(
    path: str, head: str, *changes: tuple[str, str], previous_path: str | None = None
) -> WorldFile:
    """A file whose base is the head with each ``(now, before)`` turned back, once each."""
    base = head
    for now, before in changes:
        assert base.count(now) == 1, f"{now!r} is not once in {path}"
        base = base.replace(now, before)
    return WorldFile(path=path, base=base.encode(), head=head.encode(), previous_path=previous_path)


_CLEAN = """\
def is_fizz(n: int) -> bool:
    return n % 3 == 0
"""

STANDARD = (
    _file("fizzbuzz.py", CODE, ("range(1, 101)", "range(1, 16)")),
    _file("web/game.ts", TYPESCRIPT, ("RULES: readonly Rule[]", "RULES: Rule[]")),
    _file("cmd/fizz/main.go", GO, ("n <= 100", "n < 100"), ("n%15 == 0", "n%3 == 0 && n%5 == 0")),
    _file("crates/fizz/src/lib.rs", RUST, ('"Buzz".to_owned()', '"Buzz".to_string()')),
    _file("java/game/Rules.java", JAVA, ("rangeClosed(1, 100)", "range(1, 100)")),
    _file("docs/playing.md", MARKDOWN, ("Count from 1 to 100.", "Count to 100.")),
    _file("config/service.yaml", YAML, ("limit: 100", "limit: 50")),
    _file("data/cases.json", JSON, ('"n": 5,', '"n": 10,')),
    _file("data/mixed.txt", mixed(), ("changed by the pull request", "as it was")),
    _file("windows/Program.cs", CSHARP, ("n <= 100", "n <= 99")),
    _file("notes/end.txt", "one\ntwo\nthree FizzBuzz", ("two", "2")),
    _file(
        "src/renamed.py",
        f'WORD = "{NAME}"\nLIMIT = 100\n{_CLEAN}',
        ("LIMIT = 100", "LIMIT = 10"),
        previous_path="src/old_name.py",
    ),
    _file("src/clean.py", _CLEAN, ("n % 3 == 0", "not n % 3")),
    WorldFile(
        path="src/added.py",
        base=None,
        head=b'"""FizzBuzz, added by the pull request."""\n\nWORD = "FizzBuzz"\n',
    ),
    WorldFile(path="src/removed.py", base=b'WORD = "FizzBuzz"\n', head=None, kind="skipped"),
    WorldFile(
        path="logo.png",
        base=b"\x89PNG\r\n\x1a\n\0FizzBuzz",
        head=b"\x89PNG\r\n\x1a\n\0\0FizzBuzz",
        kind="skipped",
    ),
    WorldFile(
        path="package-lock.json",
        base=b'{"name": "FizzBuzz", "lockfileVersion": 2}\n',
        head=b'{"name": "FizzBuzz", "lockfileVersion": 3}\n',
        kind="skipped",
    ),
    WorldFile(path="far/away.py", base=b'WORD = "FizzBuzz"\n', head=b'WORD = "FizzBuzz"\n'),
)
"""The pull request of the demonstration. ``far/away.py`` is not part of it."""


def numbered(count: int, *, lines: int = 40) -> tuple[WorldFile, ...]:
    """``count`` small Python files, each with FizzBuzz inside and outside the changed part."""
    return tuple(
        _file(
            f"package/module_{number:04}.py",
            "".join(
                [
                    f'"""Module {number}."""\n\n',
                    f'FIRST = "{NAME} {number}"\n',
                    f"CHANGED = {number}\n",
                    *(f"value_{line} = {line * number}\n" for line in range(lines - 6)),
                    f'LAST = "{NAME}"\n',
                ]
            ),
            (f"CHANGED = {number}\n", "CHANGED = None\n"),
        )
        for number in range(1, count + 1)
    )
