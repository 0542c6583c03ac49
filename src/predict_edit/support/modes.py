"""The modes that git gives to files in its trees."""

from __future__ import annotations

from typing import Final

FILE: Final = 0o100644
REGULAR: Final = frozenset({FILE, 0o100755, 0o100664})
"""git writes 0o100664 no more, but trees of its early days hold it."""
SYMLINK: Final = 0o120000
SUBMODULE: Final = 0o160000
