"""Tests that judge an amount of work, and those that look into a browser."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 30.0
Proportional = Callable[[Callable[[str], object], str], None]
"""Checks how long it takes to read a text, compared with an eighth of it."""
CountCalls = Callable[[Callable[[], object]], int]
"""Runs something and returns how many calls and returns of functions it took."""


@pytest.fixture(scope="session")
def proportional() -> Proportional:
    """Check that reading a text takes time in proportion to its length, not in seconds.

    The time is that of this thread's processor, so that no other process counts. A busy machine
    still slows it, by its caches; so the best of five measurements counts.
    """

    def seconds(read: Callable[[str], object], text: str) -> float:
        started = time.thread_time()
        read(text)
        return time.thread_time() - started

    def check(read: Callable[[str], object], text: str) -> None:
        read(text[: len(text) // 64])  # what is made on first use
        for _ in range(5):
            long = seconds(read, text)
            if long <= 0.01:
                return
            short = seconds(read, text[: len(text) // 8])
            if long <= 24 * short:
                return
        pytest.fail(f"{short:.3f} s become {long:.3f} s for eight times the text")

    return check


@pytest.fixture(scope="session")
def count_calls() -> CountCalls:
    """Count the steps of an algorithm, which depend on no machine."""

    def counted(run: Callable[[], object]) -> int:
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        earlier = sys.getprofile()
        sys.setprofile(count)
        try:
            run()
        finally:
            sys.setprofile(earlier)
        return calls

    return counted


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
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("there is no Chromium here: install chromium and run make browser")
    async with _chromium(program) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/json/list") as answer:
            pages = [page for page in await answer.json() if page["type"] == "page"]
        async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            yield Tab(socket)
