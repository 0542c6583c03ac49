"""Which files are edited, and why not the others.

:func:`choose` decides by path and status, before anything is read; :func:`open_files` by content.
Every file that is not edited has its reason in words.
"""

from __future__ import annotations

from predict_edit.select.choose import Selection, choose, choose_from_tree
from predict_edit.select.content import MAX_BYTES, open_files, open_source
from predict_edit.select.gitattributes import GitAttributes, attribute_files

__all__ = [
    "MAX_BYTES",
    "GitAttributes",
    "Selection",
    "attribute_files",
    "choose",
    "choose_from_tree",
    "open_files",
    "open_source",
]
