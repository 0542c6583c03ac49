"""Keeps libraries from costing more than they must while the action starts.

While they load, each pass of the garbage collector looks at everything that was loaded so far: a
seventh of the time until the model is asked. Afterwards what was loaded is set aside for good.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any


class _Deferred(types.ModuleType):
    """Stands for a module until somebody reads a name in it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def defer(name: str) -> None:
    """Let ``import name`` load nothing before it is used, unless it is loaded already."""
    sys.modules.setdefault(name, _Deferred(name))


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Collect nothing within, until :func:`release` says otherwise."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if before:
            gc.enable()


def leave() -> None:
    """Stop collecting: the process is over, and all of its memory goes at once."""
    gc.freeze()


def release() -> None:
    """Set aside what was loaded so far, and collect from here on."""
    gc.freeze()
    gc.enable()


# PyGithub imports them to sign as an app and to encrypt secrets. Neither is done here, and they
# take a seventh of the time until GitHub is asked.
defer("jwt")
defer("nacl.public")
