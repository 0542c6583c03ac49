"""The one way to the log, so that nothing printed can be mistaken for a workflow command.

The runner obeys ``::command::`` at the start of a line and ``##[command]`` anywhere in it, on both
streams. Every line here therefore starts with a fixed prefix and has the second form broken up.
Secrets are replaced before anything is written, whatever library logged them.

What a library says is heard from warnings upwards only, and what it says of an exception is cut
down to its kind and place: the text of an exception, and the debug lines of an HTTP library, may
hold a prompt, a file or a header.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import sys
import threading
import types
from collections.abc import Iterator
from typing import TextIO
from urllib.parse import quote

PREFIX = "predict-edit: "
HIDDEN = "***"
MESSAGE_LIMIT = 4096
"""Characters of an annotation that GitHub keeps."""

_SHORTEST_SECRET = 6
_FIRST_LINE_ONLY = frozenset({"asyncio", "py.warnings"})
"""Loggers whose messages name the matter in the first line and show values in those after it."""
_LONGEST_FOREIGN = 500
"""Characters of a library's line; what is longer is data."""

log = logging.getLogger("predict_edit")


_BASE64_GROUP = 3
"""Bytes that base64 encodes together: a secret inside a longer text has three possible shapes."""


def base64_cores(secret: str) -> Iterator[str]:
    """Compute the letters that a secret has in base64, wherever in an encoded text it is.

    Letters at both ends that depend on the text beside the secret are left out. The alphabet is
    that of RFC 4648, section 4; the one for URLs differs in two letters.
    """
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(_BASE64_GROUP):
        after = -(before + len(data)) % _BASE64_GROUP
        encoded = base64.b64encode(bytes(before) + data + bytes(after)).decode("ascii")
        first = -(-before * 4 // _BASE64_GROUP)
        last = len(encoded) - -(-after * 4 // _BASE64_GROUP)
        yield encoded[first:last]


def shown_forms(secret: str) -> Iterator[str]:
    """List how a secret may appear in a log: plain, in an address, in JSON, in a header."""
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield json.dumps(secret)[1:-1]
    for core in base64_cores(secret):
        yield core
        yield core.replace("+", "-").replace("/", "_")


class Secrets:
    """The strings that must never be seen, and how to take them out of a text."""

    def __init__(self) -> None:
        self._values: list[str] = []
        self._forms: list[str] = []

    def add(self, value: str | None) -> None:
        """Remember a secret; each line of a longer one counts by itself."""
        for line in (value or "").splitlines():
            part = line.strip()
            if len(part) < _SHORTEST_SECRET or part in self._values:
                continue
            self._values.append(part)
            for form in shown_forms(part):
                if len(form) >= _SHORTEST_SECRET and form not in self._forms:
                    self._forms.append(form)
            self._forms.sort(key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Return the text with every secret replaced, encoded ones too."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def __iter__(self) -> Iterator[str]:
        """Return the secrets themselves, longest first."""
        return iter(sorted(self._values, key=len, reverse=True))


def printable(text: str) -> str:
    """Write what is not drawn, or would steer a terminal, as escapes, on one line."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def harmless(text: str) -> str:
    """Return one line's text that no runner takes for a command: printable, and without ``##[``."""
    return printable(text).replace("##[", r"#\#[")


def escape_data(text: str) -> str:
    """Escape the message of a workflow command, as the runner unescapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


class SafeFormatter(logging.Formatter):
    """Prefix every line, hide every secret, break every command."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__("%(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one or more safe lines."""
        text = record.getMessage()
        if not _is_ours(record):
            if record.name in _FIRST_LINE_ONLY:
                text = text.partition("\n")[0]
            text = "\n".join(line[:_LONGEST_FOREIGN] for line in text.split("\n"))
        if record.exc_info and record.exc_info[1] is not None:
            text = "\n".join([text, *crash_lines(record.exc_info[1])])
        return prefixed(self._secrets.hide(text))


class SafeStream(io.TextIOBase):
    """Replaces both streams of the process: what anything prints becomes safe lines."""

    def __init__(self, stream: TextIO, secrets: Secrets) -> None:
        self._stream = stream
        self._secrets = secrets
        self._begun = ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Write the whole lines; the rest waits for its end."""
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            self._stream.write(prefixed(self._secrets.hide(line)) + "\n")
        return len(text)

    def flush(self) -> None:
        """Write what has no line end yet, too."""
        if self._begun:
            self.write("\n")
        self._stream.flush()


class _Handler(logging.StreamHandler[TextIO]):
    """Writes log lines; of a record that cannot be written it says only that."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Name the kind of failure; the usual traceback would show the record's values."""
        kind = sys.exception()
        # A stream that is gone must not end the run.
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(
                f"{PREFIX}a log line of {harmless(record.name)} could not be written "
                f"({type(kind).__name__})\n"
            )


def prefixed(text: str) -> str:
    """Return a text as one or more safe lines, without a line end after the last."""
    return "\n".join(PREFIX + harmless(line) for line in text.split("\n"))


class Console:
    """Standard output of the action: log lines, masks and annotations."""

    def __init__(self, stream: TextIO, secrets: Secrets, *, on_actions: bool) -> None:
        self._stream = stream
        self._secrets = secrets
        self._on_actions = on_actions

    @property
    def secrets(self) -> Secrets:
        """What is hidden, with what is masked later."""
        return self._secrets

    def mask(self, secret: str | None) -> None:
        """Hide a secret from here on; on a runner, in the output of later steps too."""
        before = set(self._secrets)
        self._secrets.add(secret)
        if self._on_actions:
            for value in self._secrets:
                if value not in before:
                    self._write(f"::add-mask::{escape_data(value)}")

    def error(self, title: str, text: str) -> None:
        """Write an error annotation on a runner, an ordinary log line elsewhere."""
        if not self._on_actions:
            log.error("%s: %s", title, text)
            return
        shown = harmless(self._secrets.hide(text.replace("\n", " ")))[:MESSAGE_LIMIT]
        named = _property(self._secrets.hide(title))
        self._write(f"::error title=predict-edit {named}::{escape_data(shown)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def _property(text: str) -> str:
    return escape_data(harmless(text)).replace(":", "%3A").replace(",", "%2C")


def set_up(stream: TextIO, secrets: Secrets, *, debug: bool) -> None:
    """Send all logging, warnings and uncaught tracebacks through the safe formatter."""
    handler = _Handler(stream)
    handler.setFormatter(SafeFormatter(secrets))
    # A library whose own switch turns on its debug log would print what it sends.
    handler.addFilter(lambda record: _is_ours(record) or record.levelno >= logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    log.propagate = True
    logging.captureWarnings(True)
    sys.excepthook = _excepthook
    threading.excepthook = _log_crash_of
    sys.unraisablehook = _log_crash_of


def log_crash(error: BaseException) -> None:
    """Name a crash and where it happened, without any values."""
    for line in crash_lines(error):
        log.error("%s", line)


def crash_lines(error: BaseException) -> list[str]:
    """Return a crash in lines: its kind and place, then those that it holds or that led to it."""
    lines: list[str] = []
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        lines.append(f"unexpected {type(one).__name__} at {_place(one)}")
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [one.__cause__] if one.__cause__ else []
    return lines


def _place(error: BaseException) -> str:
    """Return the innermost frames of a traceback, by name and line only."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(frames[-6:])


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == log.name or record.name.startswith(f"{log.name}.")


def _excepthook(
    _kind: type[BaseException], error: BaseException, _trace: types.TracebackType | None
) -> None:
    log_crash(error)


def _log_crash_of(crash: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
    if crash.exc_value is not None:
        log_crash(crash.exc_value)
