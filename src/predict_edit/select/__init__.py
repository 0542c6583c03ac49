"""Which files are edited, and why not the others.

:func:`choose` decides by path and status, before anything is read; :func:`open_files` by content.
Every file that is not edited has its reason in words.
"""

from __future__ import annotations

from predict_edit.select.attributes import GitAttributes, attribute_files
from predict_edit.select.choose import Selection, choose
from predict_edit.select.content import MAX_BYTES, open_files, open_source

__all__ = [
    "MAX_BYTES",
    "GitAttributes",
    "Selection",
    "attribute_files",
    "choose",
    "open_files",
    "open_source",
]
