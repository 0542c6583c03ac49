"""Runs to show on a page, and a headless Chromium to view it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from predict_edit.cli.local_run import job_for
from predict_edit.domain.edits import (
    ChangedFile,
    Effort,
    Hunk,
    PlacementKind,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.suggest.diff import local_patch
from predict_edit.suggest.place import Judge, place

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 30.0
Result = Callable[..., FileResult]


def _result(
    path: str = "src/a.py",
    base: str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n",
    head: str = "a\nb\nC\nd\ne\nf\ng\nh\ni\nj\n",
    edited: str = "a\nb\nEDIT\nd\ne\nf\ng\nh\ni\nEND\n",
    judge: Judge | None = None,
) -> FileResult:
    """A file that was edited, placed as the action would."""
    patch = local_patch(base, head)
    lines = patch.split("\n")
    change = ChangedFile(
        path=path,
        status="modified",
        blob_sha="1" * 40,
        additions=sum(line.startswith("+") for line in lines),
        deletions=sum(line.startswith("-") for line in lines),
        patch=patch,
    )
    file = SourceFile(path=path, text=head, blob_sha="1" * 40, change=change)
    usage = Usage(
        prompt_tokens=900,
        cached_tokens=0,
        completion_tokens=400,
        accepted_prediction_tokens=320,
        rejected_prediction_tokens=30,
    )
    effort = Effort(
        usage=usage,
        cost=Decimal("0.01"),
        overhead=Decimal("0.001"),
        model="gpt-4.1",
        prediction=PredictionState.SENT,
        attempts=1,
        seconds=2.5,
    )
    placed = place(file, edited, judge=judge)
    return FileResult(path=path, status=FileStatus.EDITED, effort=effort, placed=placed)


def _report(*files: FileResult, **more: Any) -> RunReport:
    """A finished run."""
    given = {
        "outcome": Outcome.SUGGESTED,
        "job": job_for("Rename it."),
        "model": "gpt-4.1",
        "cost": Decimal("0.05"),
        **more,
    }
    return RunReport(files=files, **given)


@pytest.fixture
def result() -> Result:
    """Makes an edited file of three texts."""
    return _result


@pytest.fixture
def report() -> Callable[..., RunReport]:
    """Makes a run of some files."""
    return _report


@pytest.fixture
def mixed() -> RunReport:
    """One file with a change of each kind, and one of each other status."""

    def judge(hunk: Hunk) -> str | None:
        return "it holds a key" if "secret" in "".join(hunk.added) else None

    head = "".join(f"line {n}\n" for n in range(1, 41))
    edited = head.replace("line 3\n", "LINE 3\n").replace("line 20\n", "secret\n")
    edited = edited.replace("line 38\n", "")
    return _report(
        _result(base=head.replace("line 4\n", "other\n"), head=head, edited=edited, judge=judge),
        FileResult(path="same.py", status=FileStatus.UNCHANGED),
        FileResult(path="big.bin", status=FileStatus.SKIPPED, reason="binary"),
        FileResult(path="bad.py", status=FileStatus.FAILED, reason="The answer stalled."),
    )


@pytest.fixture
def large() -> RunReport:
    """60 files with 400 suggestions and more."""
    text = "".join(
        f"value_{n} = compute({n}, name='something rather long here')\n" for n in range(80)
    )
    files = []
    for number in range(60):
        edited = text
        for line in range(2, 72, 10):
            edited = edited.replace(f"value_{line} =", f"renamed_{line} =")
        files.append(
            _result(path=f"src/package_{number:02}/module.py", base="", head=text, edited=edited)
        )
    made = _report(*files)
    assert made.count(PlacementKind.INLINE) >= 400
    return made


class Tab:
    """One page in Chromium, over the DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        self.requested: list[str] = []

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events in between are kept."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._receive()
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    async def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.send(f"{domain}.enable")
        await self._socket.send_json(
            {"id": 0, "method": "Page.navigate", "params": {"url": path.as_uri()}}
        )
        while (await self._receive()).get("method") != "Page.loadEventFired":
            pass

    async def run(self, expression: str) -> Any:
        """Evaluate JavaScript as the person with the developer tools would."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def press(self, key: str, code: int) -> None:
        text = {"text": " "} if key == " " else {}
        for kind in ("keyDown", "keyUp"):
            await self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text
            )

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json(timeout=PATIENCE)
        match message.get("method"):
            case "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.complaints.append(str(message["params"]))
            case "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
        return message


def _port(profile: Path) -> str:
    """The port that Chromium chose; it writes it down once it listens."""
    file = profile / "DevToolsActivePort"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if file.exists() and "\n" in (text := file.read_text()):
            return text.split()[0]
        time.sleep(0.05)
    pytest.fail("Chromium did not start")


@contextlib.asynccontextmanager
async def _chromium(program: str) -> AsyncIterator[str]:
    """Run a headless Chromium and return the address of its DevTools."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            "--headless=new",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
            f"--user-data-dir={profile}",
            "--disable-gpu",
            "--no-first-run",
            # A process of root, as in a container, cannot have Chromium's sandbox.
            *(("--no-sandbox",) if os.geteuid() == 0 else ()),
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{await asyncio.to_thread(_port, Path(profile))}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    """An empty page in a browser of its own."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("there is no Chromium here: install chromium and run make browser")
    async with _chromium(program) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/json/list") as answer:
            pages = [page for page in await answer.json() if page["type"] == "page"]
        async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            yield Tab(socket)
