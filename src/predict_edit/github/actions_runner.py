"""The runner of a Docker action: its environment, and the files it reads afterwards.

The rules are those of GitHub's "Workflow commands" and of the runner's own parser: an output
written as ``name=value`` ends at the first line feed, so every value goes through a heredoc with a
random delimiter.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from predict_edit.domain.errors import EventError, OutputError

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of a step summary; GitHub drops a longer one."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """What the runner says about this run."""

    event_name: str
    event_path: Path
    workspace: Path
    repository: str
    api_url: str
    server_url: str
    run_id: str
    output_path: Path | None
    summary_path: Path | None

    @property
    def run_url(self) -> str:
        """The page of this workflow run; empty outside GitHub Actions."""
        if not self.run_id:
            return ""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"


def read_runner(environ: Mapping[str, str]) -> Runner:
    """Read the runner's variables.

    Raises:
        EventError: one that GitHub always sets is missing.
    """
    return Runner(
        event_name=_required(environ, "GITHUB_EVENT_NAME"),
        event_path=Path(_required(environ, "GITHUB_EVENT_PATH")),
        workspace=Path(environ.get("GITHUB_WORKSPACE") or "."),
        repository=environ.get("GITHUB_REPOSITORY", ""),
        api_url=(environ.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/"),
        server_url=(environ.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/"),
        run_id=environ.get("GITHUB_RUN_ID", ""),
        output_path=_path(environ.get("GITHUB_OUTPUT")),
        summary_path=_path(environ.get("GITHUB_STEP_SUMMARY")),
    )


def read_payload(path: Path) -> dict[str, object]:
    """Return the event as GitHub sent it.

    Raises:
        EventError: the file is missing or not a JSON object.
    """
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EventError(
            f"The event file of the runner could not be read ({type(error).__name__}).",
            "Run this as a GitHub Action, or set GITHUB_EVENT_PATH to a webhook payload.",
        ) from error
    if not isinstance(payload, dict):
        raise EventError(
            "The event file of the runner is not a JSON object.",
            "Set GITHUB_EVENT_PATH to a webhook payload as GitHub sends it.",
        )
    return payload


class RunnerFiles:
    """The files the runner reads afterwards, opened before the rights to do so are dropped.

    Both are opened for appending, as other steps may have written before.

    Raises:
        EventError: the runner names a file that cannot be opened.
    """

    def __init__(self, runner: Runner) -> None:
        self._output = _append_to(runner.output_path)
        self._summary = _append_to(runner.summary_path)

    def write_outputs(self, outputs: Mapping[str, str]) -> None:
        """Append outputs, each between delimiters that do not occur in its value.

        Raises:
            OutputError: they cannot be written.
        """
        _append(self._output, "".join(heredoc(*entry) for entry in outputs.items()))

    def write_summary(self, text: str) -> None:
        """Append to the job summary, cut at the limit beyond which GitHub would drop all of it.

        Raises:
            OutputError: it cannot be written.
        """
        data = text.encode("utf-8", "replace")[:SUMMARY_LIMIT]
        _append(self._summary, data.decode("utf-8", "ignore"))

    def close(self) -> None:
        """Close both; what could not be written was reported already."""
        for stream in (self._output, self._summary):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def heredoc(name: str, value: str) -> str:
    """Return one entry of ``GITHUB_OUTPUT``."""
    delimiter = f"predict-edit-{uuid.uuid4()}"
    text = value.encode("utf-8", "replace").decode("utf-8")
    return f"{name}<<{delimiter}\n{text}\n{delimiter}\n"


def _append(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        raise OutputError(
            f"The outputs or the summary of the job cannot be written ({error.strerror}).",
            "Make room on the runner's disk; what was posted on GitHub stays.",
        ) from error


def _append_to(path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return path.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise EventError(
            f"The runner's file {path.name} could not be opened ({type(error).__name__}).",
            "Check that the container runs as the user the runner starts it with.",
        ) from error


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise EventError(
            f"The runner's variable {name} is missing.",
            "`predict-edit action` reads the environment of a GitHub Actions runner; on a laptop "
            "use `predict-edit demo`.",
        )
    return value


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
