"""A token that the run gets while it authenticates is as secret as its inputs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.server
import io
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from predict_edit.cli import action
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.stage import REPOSITORY, WRITER, set_stage
from predict_edit_sandbox.world_files import WorldFile

TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhY3Rpb24ifQ.c2lnbmF0dXJlLTQ3MTE"
HEAD = 'name = "alpha"\nstate = "safe"\n'
FILE = WorldFile(path="names.py", base=b"nothing yet\n", head=HEAD.encode())


@dataclasses.dataclass(frozen=True)
class Left:
    """What a run left behind: files in the workspace by name, and bodies on the pull request."""

    files: Mapping[str, str]
    said: Sequence[str]


@contextlib.contextmanager
def machine_identity() -> Iterator[str]:
    """The endpoint at which Azure gives a machine its token."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """Gives everyone the same one."""

        def do_GET(self) -> None:
            """Answer as App Service documents it."""
            answer = {
                "access_token": TOKEN,
                "expires_on": str(int(time.time()) + 3_600),
                "resource": "https://cognitiveservices.azure.com",
                "token_type": "Bearer",
            }
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/msi/token"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def run_in_this_process(folder: Path, endpoint: str, printed: io.StringIO) -> Left:
    """One command on an Azure model without a key; the model gives the token back."""
    model = ModelConfig(
        api_keys=frozenset({TOKEN}), gullible=True, answers={HEAD: HEAD.replace("alpha", TOKEN)}
    )
    async with set_stage(folder, files=[FILE], model=model) as stage:
        comment = stage.github.comment(REPOSITORY, 1, WRITER, "/predict-edit Replace `alpha`.")
        step = stage.step(
            "issue_comment",
            stage.comment_payload(comment),
            {"api-key": "", "api-version": "2025-04-01-preview", "base-url": stage.model.url},
            more={"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": "header-4711"},
        )
        await asyncio.to_thread(action.main, step.prepare(), printed)
        return Left(
            files={path.name: path.read_text() for path in step.workspace.rglob("*.*")},
            said=[*stage.summaries, *(comment.body for comment in stage.suggestions)],
        )


def test_token_from_signing_in_is_not_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hunk with the run's own Entra ID token, returned by the model, is rejected."""
    printed = io.StringIO()
    with machine_identity() as endpoint:
        # Azure's library reads the environment of the process itself.
        monkeypatch.setenv("IDENTITY_ENDPOINT", endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", "header-4711")
        left = asyncio.run(run_in_this_process(tmp_path, endpoint, printed))

    log = printed.getvalue()
    (row,) = json.loads(left.files["result.json"])["files"]
    assert row["status"] == "edited", log
    assert row["hunks"] == {"inline": 0, "patch": 0, "rejected": 1}
    assert row["placements"][0]["reason"] == "holds a secret of this run"
    assert log.startswith("::add-mask::")
    assert f"\n::add-mask::{TOKEN}\n" in log
    shown = "\n".join(line for line in log.split("\n") if not line.startswith("::add-mask::"))
    assert not [text for text in (*left.said, *left.files.values(), shown) if TOKEN in text]
