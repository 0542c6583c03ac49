"""The values that people write in inputs, the config and a comment's options, and their types.

Globs are those of ``.gitignore``: a pattern without a slash matches at any depth, a leading slash
means the root of the repository, a folder means all that is in it, ``*`` stops at a slash and
``**`` does not. A leading ``!`` takes back what an earlier pattern of the same list matched: the
last pattern that matches decides. Beyond ``.gitignore``, ``{a,b}`` means both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import pydantic

from predict_edit.support.git import is_branch_name
from predict_edit.support.text import quoted

MAX_GLOBS = 200
"""Patterns in one list, after braces were expanded."""
MAX_GLOB_LENGTH = 300
MAX_TEXT = 65_536
"""Characters of a whole list: as many as GitHub takes in a comment."""
MAX_STARS = 4
"""``*`` in one path component, and ``**`` in one pattern: more take too long on hostile names."""

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""Of a recipe's name."""

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""A token (RFC 9110, 5.1)."""
_OWN_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "authorization", "connection", "content-length",
        "content-type", "host", "transfer-encoding",
    }
)  # fmt: skip

_SEPARATOR = re.compile(r"[,\n{}\\]")
_BRACES = re.compile(r"(?<!\\)\{([^{}]*)\}")
_WINDOWS = re.compile(r"(?<=[\w.*-])\\(?=[\w.*])")
_QUOTED = re.compile("[\u201c\u201e\u2018\u201a\u00ab`'\"](.*)[\u201c\u201d\u2018\u2019\u00bb`'\"]")


def split_globs(text: str) -> tuple[str, ...]:
    """Read a list of globs, one a line or separated by commas outside braces.

    Lines that start with ``#`` are comments. The result is checked by :func:`check_globs`.

    Raises:
        ValueError: a pattern cannot be used, or none is left; the message says which and why.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"it is longer than {MAX_TEXT:,} characters")
    pieces: list[str] = []
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            pieces += _split_commas(line)
    globs: list[str] = []
    for piece in pieces:
        globs += _expand(_normal(piece.strip()), MAX_GLOBS - len(globs))
    found = tuple(dict.fromkeys(glob for glob in globs if glob))
    if text and not found:
        raise ValueError(
            "no glob is left: a line that starts with `#` is a comment, a comma separates; "
            "write a backslash before the first character of such a name"
        )
    check_globs(found)
    return found


def check_globs(globs: Sequence[str]) -> None:
    """Refuse patterns that can match nothing, cost too much, or that git would not understand.

    Raises:
        ValueError: with the pattern and the reason.
    """
    if globs and all(glob.startswith("!") for glob in globs):
        raise ValueError(
            f"{quoted(globs[0])} is an exception, but no pattern comes before it: "
            "write the pattern that it limits first"
        )
    for glob in globs:
        if len(glob) > MAX_GLOB_LENGTH:
            raise ValueError(f"{quoted(glob)} is longer than {MAX_GLOB_LENGTH} characters")
        parts = glob.split("/")
        if ".." in parts:
            raise ValueError(f"{quoted(glob)} leaves the repository")
        if parts.count("**") > MAX_STARS or any(
            part.count("*") > MAX_STARS for part in parts if part != "**"
        ):
            raise ValueError(f"{quoted(glob)} has more than {MAX_STARS} stars in one part")
        ends_escaped = any((len(part) - len(part.rstrip("\\"))) % 2 for part in parts)
        if glob.startswith("#") or not glob.removeprefix("!").strip("/") or ends_escaped:
            raise ValueError(f"{quoted(glob)} is not a glob as in .gitignore")


_LIST_SCHEMA = {
    "anyOf": [
        {"type": "string", "description": "One a line, or separated by commas."},
        {"type": "array", "items": {"type": "string"}},
    ]
}


def _as_text(value: object) -> str:
    """Bring a list that was written as a list or as text into one form, one item a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    raise ValueError("give a list, or one item per line or between commas")


def _globs(value: object) -> tuple[str, ...]:
    """Read a list of globs."""
    return split_globs(_as_text(value))


def _items(value: object) -> tuple[str, ...]:
    """Read a list of plain items, each once."""
    items = (item.strip() for item in re.split(r"[,\n]", _as_text(value)))
    return tuple(dict.fromkeys(item for item in items if item))


def _ref_name(value: str) -> str:
    """Accept what ``git check-ref-format --branch`` accepts; ``refs/heads/`` may precede it."""
    name = value.removeprefix("refs/heads/")
    if not is_branch_name(name) or name.startswith("refs/"):
        raise ValueError("give a branch name as git allows it")
    return name


def _one_line(value: str) -> str:
    """Accept visible characters on one line."""
    if not value.isprintable():
        raise ValueError("give one line of visible characters")
    return value


def _word(advice: str) -> pydantic.AfterValidator:
    """Accept one visible word: no white space, nothing invisible."""

    def check(value: str) -> str:
        if not value.isprintable() or any(map(str.isspace, value)):
            raise ValueError(advice)
        return value

    return pydantic.AfterValidator(check)


def _form(pattern: str, advice: str) -> pydantic.AfterValidator:
    """Accept what a pattern matches."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(advice)
        return value

    return pydantic.AfterValidator(check)


def _secret(value: str) -> str:
    """Accept what an HTTP header can hold; line ends around it were trimmed before."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("it has white space or characters that a key cannot have; paste it again")
    return value


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    """Read request headers, one a line; what the client itself sets cannot be replaced."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, _as_text(value).splitlines())):
        name, colon, content = (part.strip() for part in line.partition(":"))
        if not colon or not _HEADER_NAME.fullmatch(name) or not content:
            raise ValueError("write one header per line, as `Name: value`")
        if not content.isascii() or not content.isprintable():
            raise ValueError(f"the value of `{name}` has characters that no header can hold")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"`{name}` cannot be set; the key goes into `api-key`")
        if name.lower() in map(str.lower, found):
            raise ValueError(f"`{name}` is given twice")
        found[name] = content
    return tuple(found.items())


Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]
Line = Annotated[
    Text, pydantic.StringConstraints(max_length=250), pydantic.AfterValidator(_one_line)
]
Name = Annotated[
    Text, pydantic.StringConstraints(max_length=200), _word("give a name without white space")
]
RefName = Annotated[
    Text, pydantic.StringConstraints(max_length=200), pydantic.AfterValidator(_ref_name)
]
GlobList = Annotated[
    tuple[str, ...], pydantic.BeforeValidator(_globs), pydantic.WithJsonSchema(_LIST_SCHEMA)
]
NameList = Annotated[
    tuple[Name, ...], pydantic.BeforeValidator(_items), pydantic.WithJsonSchema(_LIST_SCHEMA)
]
LineList = Annotated[
    tuple[Line, ...], pydantic.BeforeValidator(_items), pydantic.WithJsonSchema(_LIST_SCHEMA)
]
Dollars = Annotated[
    Decimal,
    pydantic.Field(ge=0, le=1_000_000, allow_inf_nan=False),
    pydantic.WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1_000_000}),
]
Secret = Annotated[str, pydantic.AfterValidator(_secret)]
HeaderLines = Annotated[tuple[tuple[str, str], ...], pydantic.BeforeValidator(_headers)]
CommandWord = Annotated[
    str,
    pydantic.StringConstraints(max_length=50),
    _word("give one word, such as /predict-edit"),
]
ApiVersion = Annotated[
    str,
    _form("[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?", "give a version such as `2025-01-01-preview`"),
]
Directory = Annotated[
    str, _form("[A-Za-z0-9][A-Za-z0-9.-]{0,99}", "give the ID that the Azure portal shows")
]
Scope = Annotated[
    str, _form("(https|api)://[!-~]+", "give a scope such as `https://ai.azure.com/.default`")
]
PullNumber = Annotated[
    int,
    pydantic.BeforeValidator(lambda given: str(given).removeprefix("#")),
    pydantic.Field(ge=1, le=2**31),
]
Shard = Annotated[
    str, _form("[0-9]{1,5}(/[0-9]{1,5})?", "give a number, or a shard of the matrix such as `2/5`")
]


def _split_commas(line: str) -> list[str]:
    """Split at commas that are outside braces and not escaped."""
    pieces, start, depth, at = [], 0, 0, 0
    while found := _SEPARATOR.search(line, at):
        at = found.end()
        match found.group():
            case "\\":
                at += 1
            case "{":
                depth += 1
            case "}":
                depth = max(0, depth - 1)
            case _ if depth == 0:
                pieces.append(line[start : found.start()])
                start = at
            case _:
                pass
    return [*pieces, line[start:]]


def _expand(glob: str, room: int) -> list[str]:
    """Write out ``{a,b}``; braces without a comma stay as they are."""
    done: list[str] = []
    todo = [glob]
    while todo:
        if len(done) + len(todo) > room:
            raise ValueError(f"there are more than {MAX_GLOBS} patterns")
        current = todo.pop(0)
        found = next((each for each in _BRACES.finditer(current) if "," in each[1]), None)
        if found:
            if found[1].count(",") >= room:
                raise ValueError(f"there are more than {MAX_GLOBS} patterns")
            head, tail = current[: found.start()], current[found.end() :]
            todo[:0] = [head + choice.strip() + tail for choice in found[1].split(",")]
        else:
            done.append(current)
    return done


def _normal(glob: str) -> str:
    """Read a path as people type it: quoted, with backslashes, or from the current folder.

    ``.`` alone means everything.
    """
    if quoted_path := _QUOTED.fullmatch(glob):
        glob = quoted_path[1].strip()
    glob = _WINDOWS.sub("/", glob)
    negated, bare = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    bare = "/" + bare.removeprefix("./") if bare.startswith("./") else bare
    return negated + ("**" if bare in {".", "/"} else bare)
