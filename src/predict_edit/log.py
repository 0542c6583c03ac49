"""The one way to the log, so that nothing printed can be mistaken for a workflow command.

The runner obeys ``::command::`` at the start of a line and ``##[command]`` anywhere in it, on both
streams. Every line here therefore starts with a fixed prefix and has the second form broken up.
Secrets are replaced before anything is written, whatever library logged them.
"""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Iterator
from typing import TextIO

PREFIX = "predict-edit: "
HIDDEN = "***"
MESSAGE_LIMIT = 4096
"""Characters of an annotation that GitHub keeps."""

_SHORTEST_SECRET = 6

log = logging.getLogger("predict_edit")


class Secrets:
    """The strings that must never be seen, and how to take them out of a text."""

    def __init__(self) -> None:
        self._values: list[str] = []

    def add(self, value: str | None) -> None:
        """Remember a secret; each line of a longer one counts by itself."""
        for line in (value or "").splitlines():
            part = line.strip()
            if len(part) >= _SHORTEST_SECRET and part not in self._values:
                self._values.append(part)
                self._values.sort(key=len, reverse=True)

    def hide(self, text: str) -> str:
        """The text with every secret replaced."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._values))


def harmless(text: str) -> str:
    """One line's text that no runner takes for a command: printable, and without ``##[``."""
    printable = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
    return printable.replace("##[", r"#\#[")


def escape_data(text: str) -> str:
    """Escape the message of a workflow command, as the runner unescapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


class SafeFormatter(logging.Formatter):
    """Prefix every line, hide every secret, break every command."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__("%(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The record as one or more safe lines."""
        text = self._secrets.hide(super().format(record))
        return "\n".join(PREFIX + harmless(line) for line in text.split("\n"))


class Console:
    """Standard output of the action: log lines, masks and annotations."""

    def __init__(self, stream: TextIO, secrets: Secrets, *, on_actions: bool) -> None:
        self._stream = stream
        self._secrets = secrets
        self._on_actions = on_actions

    def mask(self, secret: str | None) -> None:
        """Hide a secret from here on; on a runner, in the output of later steps too."""
        before = set(self._secrets)
        self._secrets.add(secret)
        if self._on_actions:
            for value in self._secrets:
                if value not in before:
                    self._write(f"::add-mask::{escape_data(value)}")

    def error(self, title: str, text: str) -> None:
        """An error annotation on a runner, an ordinary log line elsewhere."""
        if not self._on_actions:
            log.error("%s: %s", title, text)
            return
        shown = harmless(self._secrets.hide(text.replace("\n", " ")))[:MESSAGE_LIMIT]
        self._write(f"::error title=predict-edit {_property(title)}::{escape_data(shown)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def _property(text: str) -> str:
    return escape_data(harmless(text)).replace(":", "%3A").replace(",", "%2C")


def set_up(stream: TextIO, secrets: Secrets, *, debug: bool) -> None:
    """Send all logging, warnings and uncaught tracebacks through the safe formatter."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _excepthook


def log_crash(error: BaseException) -> None:
    """Name a crash and where it happened, without the values that were at hand there."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("unexpected %s at %s", type(error).__name__, " > ".join(frames[-6:]))
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        log_crash(inner)


def _excepthook(
    _kind: type[BaseException], error: BaseException, _trace: types.TracebackType | None
) -> None:
    log_crash(error)
