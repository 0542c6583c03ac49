"""Starts the action as a process that has its libraries loaded already: for many runs in a row.

Most of a short run is the start of an interpreter and the import of libraries. A server, one
process, imports once what the runs before imported, and forks a process for each further run. What
starts is the same module with the same variables, folder and streams as without the server.

Tests switch it on with :func:`serving`; the demonstration and the benchmarks start real processes.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import dataclasses
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

MODULE = "predict_edit"
PREPARED = {"predict_edit.report.jinja": "prepare", "predict_edit.llm.tokens": "load"}
"""What is called once a module is imported: each takes longer than a short run."""
SOURCE = "PREDICT_EDIT_SOURCE"
"""The variable with the folder to import from instead of what is installed."""
_KEPT = ("PATH", "TZ", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", SOURCE)
_DESCRIPTORS = 3
_GRACE = 200
"""Hundredths of a second in which a run that was killed may end."""


class Wanted(TypedDict):
    """A run that is asked for."""

    environment: dict[str, str]
    folder: str


class Forks:
    """A server of processes, started with the first one that is asked for."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def start(self, environment: Mapping[str, str], folder: Path) -> ForkedProcess:
        """Start the action in a folder, with these variables and no others."""
        if self._control is None:
            self._control = self._serve()
        mine, its = socket.socketpair()
        out, its_out = os.pipe()
        err, its_err = os.pipe()
        try:
            descriptors = [its.fileno(), its_out, its_err]
            socket.send_fds(self._control, [b"."], descriptors)
        finally:
            its.close()
            os.close(its_out)
            os.close(its_err)
        mine.sendall(json.dumps(Wanted(environment=dict(environment), folder=str(folder))).encode())
        mine.shutdown(socket.SHUT_WR)
        reader, writer = await asyncio.open_connection(sock=mine)
        pid = int(await reader.readline())
        return ForkedProcess(pid, reader, writer, out, err)

    def stop(self) -> None:
        """End the server; nothing that it started is running any more."""
        if self._server is not None and self._control is not None:
            self._control.close()
            self._server.wait()
            self._server = self._control = None

    def _serve(self) -> socket.socket:
        mine, its = socket.socketpair()
        with its:
            self._server = subprocess.Popen(
                [sys.executable, "-I", "-u", "-m", __name__, str(its.fileno())],
                env={"LANG": "C.UTF-8"} | {k: os.environ[k] for k in _KEPT if k in os.environ},
                pass_fds=[its.fileno()],
                start_new_session=True,
            )
        return mine


@dataclasses.dataclass
class ForkedProcess:
    """A process of the server, with what is used of :class:`asyncio.subprocess.Process`."""

    pid: int
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _out: int
    _err: int
    returncode: int | None = None

    async def communicate(self) -> tuple[bytes, bytes]:
        """Both streams to their ends, and the end of the process."""
        read = await asyncio.gather(_read(self._out), _read(self._err))
        await self.wait()
        return read[0], read[1]

    async def wait(self) -> int:
        """Wait for the exit status; below 0 for a signal."""
        if self.returncode is None:
            # A run that the server ended is not reported.
            self.returncode = int(await self._reader.readline() or -signal.SIGKILL)
            self._writer.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)


async def _read(descriptor: int) -> bytes:
    reader = asyncio.StreamReader()
    stream = os.fdopen(descriptor, "rb")
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, stream)
    try:
        return await reader.read()
    finally:
        transport.close()


_current: list[Forks] = []


def current() -> Forks | None:
    """The server of processes to use, if one is switched on."""
    return _current[-1] if _current else None


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """Fork the runs within instead of starting each from nothing."""
    forks = Forks()
    _current.append(forks)
    try:
        yield
    finally:
        _current.remove(forks)
        forks.stop()


@contextlib.contextmanager
def from_nothing() -> Iterator[None]:
    """Start the runs within as the container does."""
    before = _current[:]
    _current.clear()
    try:
        yield
    finally:
        _current[:] = before


def serve(control: socket.socket) -> None:
    """Fork a process for each message, until no sender is left."""
    learned, name = tempfile.mkstemp()
    Path(name).unlink()
    seen = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
        _reap(last=not message)
        if not message:
            return
        size = os.fstat(learned).st_size
        _import(os.pread(learned, size - seen, seen).decode().split())
        seen = size
        gc.freeze()  # what is loaded: no run looks through it, so none has pages of it copied
        with socket.socket(fileno=descriptors[0]) as caller:
            if os.fork() == 0:
                control.close()
                _supervise(caller, descriptors[1:], learned)
                return
        for descriptor in descriptors[1:]:
            os.close(descriptor)


def _reap(*, last: bool) -> None:
    """Record ended runs; finally end those that no test waits for."""
    with contextlib.suppress(ChildProcessError):  # there is no run left
        for _ in range(_GRACE if last else 1):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            if last:
                time.sleep(0.01)
        if last:
            os.killpg(0, signal.SIGKILL)


def _import(names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for module, function in PREPARED.items():
        if module in names:
            getattr(sys.modules[module], function)()
    if pydantic := sys.modules.get("pydantic"):
        _build(pydantic.BaseModel)


def _build(model: Any) -> None:
    """Make the validators of the action's models, which else each run makes on first use."""
    for each in model.__subclasses__():
        if each.__module__.startswith(f"{MODULE}."):
            each.model_rebuild(raise_errors=False)
        _build(each)


def _supervise(caller: socket.socket, streams: list[int], learned: int) -> None:
    """Start one run and tell the caller of its process and of its end."""
    with caller.makefile("rb") as told:
        wanted: Wanted = json.loads(told.read())
    pid = os.fork()
    if pid == 0:
        caller.close()
        _run(wanted, streams, learned)
        return
    for descriptor in streams:
        os.close(descriptor)
    caller.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(wanted: Wanted, streams: list[int], learned: int) -> None:
    """Be the action; what it imports, the server imports for those that follow."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate([nothing, *streams]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdout = _stream(1, "strict")
    sys.stderr = _stream(2, "backslashreplace")
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    before = set(sys.modules)

    def tell() -> None:
        names = sorted(name for name in set(sys.modules) - before if name.isprintable())
        os.write(learned, "".join(f"{name}\n" for name in names).encode())

    atexit.register(tell)
    sys.argv = [MODULE]
    try:
        runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            _end(ended.code or 0)
        raise


def _end(status: int) -> None:
    """End as the interpreter does, without taking its heap apart: a fifth of a short run."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits, as the interpreter does
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _stream(descriptor: int, errors: str) -> io.TextIOWrapper:
    """A stream of the process as an interpreter started with ``-u`` has it."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(raw, "utf-8", errors, write_through=True)


if __name__ == "__main__":
    sys.path[:0] = filter(None, [os.environ.get(SOURCE)])
    serve(socket.socket(fileno=int(sys.argv[1])))
