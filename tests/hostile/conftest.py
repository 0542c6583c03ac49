"""What the action changes for its whole process is put back after each test."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from predict_edit.log import log


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    """Keep log handlers and the hooks for crashes from leaking into other tests."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, log.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    root.handlers[:], root.level, log.level = before
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(False)
