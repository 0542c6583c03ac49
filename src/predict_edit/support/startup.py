"""Keeps the garbage collector away from libraries, which are not garbage.

While libraries load, each of its passes looks at everything that was loaded so far: a seventh of
the time until the model is asked. Afterwards what was loaded is set aside for good.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


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
