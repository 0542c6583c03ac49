"""Reads Python, as this interpreter knows it, from any thread."""

from __future__ import annotations

import ast
import threading
import warnings

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 and 3.12 count the depth of all threads' parsing together and stumble over the sum,
with a ``SystemError``; the filters of warnings are shared as well."""


def tree_of(text: str) -> ast.Module:
    """The syntax tree of a text; a byte-order mark is passed over.

    Raises:
        SyntaxError, ValueError: it is no Python.
        RecursionError, MemoryError: it is nested deeper than Python goes.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text.removeprefix("\ufeff"))
