"""The hidden markers by which the tool finds again what it wrote.

A marker is an HTML comment, which GitHub does not render. It holds a kind and plain fields; its
alphabet has neither white space nor ``-->`` nor anything else a reader could be misled by.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

OPENING = "<!-- predict-edit:"
VERSION = "v1"

_VALUE = r"[A-Za-z0-9._:/+=-]*"
_MARKER = re.compile(
    rf"<!-- predict-edit:{VERSION} (?P<kind>[a-z]+)(?P<fields>(?: [a-z]+={_VALUE})*) -->"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Marker:
    """What a marker says."""

    kind: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        pairs = "".join(f" {name}={value}" for name, value in self.fields.items())
        text = f"{OPENING}{VERSION} {self.kind}{pairs} -->"
        if _MARKER.fullmatch(text) is None or "--" in pairs:
            raise ValueError(f"a marker cannot hold {self.kind!r} with {dict(self.fields)!r}")
        return text


def find_marker(body: str, kind: str) -> Marker | None:
    """Find the last marker of a kind in a body; malformed ones are ignored.

    Ours is at the end of what we write. Text of files and models, which may hold a look-alike,
    comes before it.
    """
    found = None
    for match in _MARKER.finditer(body):
        if match["kind"] == kind:
            fields = match["fields"].split()
            found = Marker(kind, dict(field.partition("=")[::2] for field in fields))
    return found


def is_ours(body: str) -> bool:
    """Decide whether a body holds any marker of this tool, of whatever version."""
    return OPENING in body
