"""The hidden markers by which the tool finds again what it wrote.

A marker is an HTML comment, which GitHub does not render. It holds a kind and plain fields; its
alphabet has neither white space nor ``-->`` nor anything else a reader could be misled by.

Other workflows write under the same account, and one that quotes a person's text could be tricked
into writing a marker. So a marker is sealed with the model's key over all that it says, its kind,
repository and pull request. A marker whose seal does not fit is not a marker.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Mapping

OPENING = "<!-- predict-edit:"
VERSION = "v1"

_VALUE = r"[A-Za-z0-9._:/+=-]*"
_MARKER = re.compile(
    rf"<!-- predict-edit:{VERSION} (?P<kind>[a-z]+)(?P<fields>(?: [a-z]+={_VALUE})*) -->"
)

_SEAL_DIGITS = 24
_SHORTEST_SECRET = 16
_FEWEST_CHARACTERS = 8
"""Different ones in a secret."""
_RANDOM = 25
"""Different characters that words do not have."""
_WELL_KNOWN = re.compile(
    r"no[-_ ]?(?:t[-_ ])?(?:api[-_ ]?)?(?:key|need|required)|your|dummy|placeholder|example"
    r"|change[-_ ]?me|xxxx|ollama|lm-?studio|litellm|anything",
    re.IGNORECASE,
)


def is_secret(key: str | None) -> bool:
    """Decide whether a key can seal anything.

    Servers that check no key take any text, such as ``ollama`` or ``not-needed``, and everybody
    knows those.
    """
    if key is None or len(key) < _SHORTEST_SECRET:
        return False
    different = len(set(key))
    # A long random key may hold any word by chance.
    return different >= _RANDOM or (different >= _FEWEST_CHARACTERS and not _WELL_KNOWN.search(key))


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


@dataclasses.dataclass(frozen=True, slots=True)
class Seals:
    """Seals the markers on one pull request, and finds only those with a fitting seal.

    Without a key that is a secret, as with Entra ID alone, nothing is sealed, and every marker of
    our own account is believed.
    """

    key: str | None = dataclasses.field(repr=False)
    about: str
    """Repository and pull request, such as ``octo/game#12``."""

    @property
    def hold(self) -> bool:
        """Whether the key is a secret."""
        return is_secret(self.key)

    def seal(self, marker: Marker) -> Marker:
        """Add the seal, if the key is a secret."""
        if not self.hold:
            return marker
        return Marker(marker.kind, {**marker.fields, "seal": self._digest(marker)})

    def find(self, body: str, kind: str) -> Marker | None:
        """Find the last marker of a kind in a body, if its seal fits."""
        marker = find_marker(body, kind)
        if marker is None or not self.hold:
            return marker
        fits = hmac.compare_digest(self._digest(marker), marker.fields.get("seal", ""))
        return marker if fits else None

    def _digest(self, marker: Marker) -> str:
        fields = (f"{name}={value}" for name, value in marker.fields.items() if name != "seal")
        text = "\n".join(["predict-edit mark", self.about.casefold(), marker.kind, *fields])
        return hmac.new((self.key or "").encode(), text.encode(), hashlib.sha256).hexdigest()[
            :_SEAL_DIGITS
        ]
