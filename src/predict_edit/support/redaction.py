"""The shapes that a secret takes when it is encoded, for the log and for what a model returns."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

_GROUP = 3
"""Bytes that base64 encodes together: a secret inside a longer text has three possible shapes."""


def base64_cores(secret: str) -> Iterator[str]:
    """Compute the letters that a secret has in base64, wherever in an encoded text it is.

    Letters at both ends that depend on the text beside the secret are left out. The alphabet is
    that of RFC 4648, section 4; the one for URLs differs in two letters.
    """
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(_GROUP):
        after = -(before + len(data)) % _GROUP
        encoded = base64.b64encode(bytes(before) + data + bytes(after)).decode("ascii")
        first = -(-before * 4 // _GROUP)
        last = len(encoded) - -(-after * 4 // _GROUP)
        yield encoded[first:last]


def shown_forms(secret: str) -> Iterator[str]:
    """List how a secret may appear in a log: plain, in an address, in JSON, in a header."""
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield json.dumps(secret)[1:-1]
    for core in base64_cores(secret):
        yield core
        yield core.replace("+", "-").replace("/", "_")
