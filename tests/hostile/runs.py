"""The real action on hostile input, many cases to a run.

The action runs in this process: its ``main`` gets an environment and a stream of its own, as in the
container, and talks over HTTP to the offline GitHub and the offline model. That is a hundred times
cheaper than a process a case; ``test_process.py`` starts real ones.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import datetime as dt
import http.server
import io
import json
import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from predict_edit.cli import action
from predict_edit.support.log import log
from predict_edit.support.markers import Marker, Seals
from predict_edit_sandbox.github import Fault, Sandbox
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import IssueComment
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.faults import FaultKind, always, failing
from predict_edit_sandbox.runner import RunnerEnvironment
from predict_edit_sandbox.runner_files import parse_outputs
from predict_edit_sandbox.stage import REPOSITORY, WRITER, Stage, set_stage
from predict_edit_sandbox.world_files import WorldFile

from .corpus import KEY, TOKEN, Case, with_secrets
from .evidence import Evidence

COMMAND = "/predict-edit Replace `alpha` with `beta`."
WITNESS = WorldFile(path="witness.txt", base=b"nothing\n", head=b'name = "alpha"\nstate = "safe"\n')
"""A file without an attack: what one file says must not reach another."""


def run_pull_request(cases: Sequence[Case]) -> Evidence:
    """One command on a pull request with the files of all cases; the model answers as they say."""
    answers = {case.head: case.answer for case in cases if case.answer is not None}
    # The model knows a case by its file, so no two may be the same.
    assert len(answers) == sum(case.answer is not None for case in cases)
    files = [_world_file(case) for case in cases]
    with _quiet():
        return asyncio.run(_run_pull_request([*files, WITNESS], answers))


async def _run_pull_request(files: Sequence[WorldFile], answers: Mapping[str, str]) -> Evidence:
    model = _model(gullible=True, answers=answers)
    with tempfile.TemporaryDirectory() as folder:
        async with set_stage(Path(folder), files=files, model=model, prepare=_know_token) as stage:
            inputs = {
                "max-files": "500",
                "max-suggestions": "500",
                "context": "diff",
                "plan": "off",
            }
            return await _say(stage, COMMAND, inputs=inputs)


@contextlib.contextmanager
def one_by_one() -> Iterator[Callable[[Case], Evidence]]:
    """Run a case's command, event or environment on a pull request with one ordinary file."""
    with tempfile.TemporaryDirectory() as name, _thief() as thief, asyncio.Runner() as runner:
        scene = set_stage(Path(name), files=[WITNESS], model=_model(), prepare=_know_token)
        stage = runner.run(scene.__aenter__())

        def run(case: Case) -> Evidence:
            stage.pull.comments.clear()
            stage.pull.reviews.clear()
            stage.pull.threads.clear()
            stage.github.faults.clear()
            stage.model.reset(_model_of(case, thief.address))
            thief.requests.clear()
            with _quiet():
                evidence = runner.run(_try(stage, case, thief.address))
            return dataclasses.replace(evidence, stolen=tuple(thief.requests))

        try:
            yield run
        finally:
            runner.run(scene.__aexit__(None, None, None))


async def _try(stage: Stage, case: Case, thief: str) -> Evidence:
    """Run the case's command in its own way."""
    given = case.given
    for fault in given.get("github", ()):
        headers = fault.get("headers", {})
        stage.github.faults.add(
            Fault(
                method=fault.get("method", "*"),
                path=fault["path"],
                containing=fault.get("containing"),
                status=fault["status"],
                headers={name: text.replace("{thief}", thief) for name, text in headers.items()},
                body=_body_of(fault),
                times=None,
            )
        )
    inputs = {
        name: text.replace("{thief}", thief) for name, text in given.get("inputs", {}).items()
    }
    more = {name: text.replace("{thief}", thief) for name, text in given.get("more", {}).items()}
    if "event" in given or "event-base64" in given:
        raw = (
            base64.b64decode(given["event-base64"])
            if "event-base64" in given
            else (given["event"] * given.get("event-times", 1)).encode()
        )
        return await _run(stage, given.get("name", "issue_comment"), {}, inputs, more, raw=raw)
    body = given.get("body", COMMAND)
    for wanted in given.get("threads", ()):
        _begin_thread(stage, wanted)
    # GitHub makes a review of each comment; what is left are those that the run posts.
    stage.pull.reviews.clear()
    return await _say(
        stage,
        body * given.get("times", 1),
        login=given.get("login", WRITER),
        inputs=inputs,
        more=more,
        given=given,
    )


async def _say(
    stage: Stage,
    body: str,
    *,
    login: str = WRITER,
    inputs: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Evidence:
    given = given or {}
    comment = stage.github.comment(REPOSITORY, stage.pull.number, login, body)
    payload = _merged(stage.comment_payload(comment), given.get("payload", {}))
    earlier = [
        _say_before(stage, each, command=comment.id)
        for each in given.get("earlier", ())
        for _ in range(each.get("times", 1))
    ]
    return await _run(
        stage, "issue_comment", payload, inputs or {}, more or {}, earlier=earlier, given=given
    )


def _begin_thread(stage: Stage, wanted: Mapping[str, Any]) -> None:
    """Begin a review thread on the first line, with replies."""
    github = stage.github
    for each in (wanted, *wanted.get("replies", ())):
        github.user(each["login"], "Bot" if each["login"].endswith("[bot]") else "User")
    first = github.review_comment(
        REPOSITORY,
        stage.pull.number,
        wanted["login"],
        wanted["body"],
        path=WITNESS.path,
        line=1,
    )
    if account := wanted.get("account"):
        first.author = dataclasses.replace(first.author, id=account)
    if wanted.get("hidden"):
        first.minimized = "ABUSE"
    for each in wanted.get("replies", ()):
        github.reply(first, each["login"], each["body"])


def _say_before(stage: Stage, wanted: Mapping[str, Any], *, command: int) -> IssueComment:
    """Write a comment before the run, which may end with a marker: unsealed, or sealed with a key.

    ``{command}`` is the command that is about to run.
    """
    text = wanted.get("body", "Coverage: 93 %.") * wanted.get("body-times", 1)
    if marker := wanted.get("marker"):
        fields = {
            name: str(value).replace("{command}", f"issue-comment-{command}")
            for name, value in marker["fields"].items()
        }
        seals = Seals(marker.get("key"), marker.get("about", f"{REPOSITORY}#{stage.pull.number}"))
        text += f"\n\n{seals.seal(Marker(marker['kind'], fields))}\n"
    login = wanted.get("login", ACTIONS_LOGIN)
    comment = stage.github.comment(REPOSITORY, stage.pull.number, login, text)
    comment.created_at -= dt.timedelta(minutes=wanted.get("minutes-ago", 1))
    return comment


def _body_of(fault: Mapping[str, Any]) -> Any:
    """A fault's answer: JSON, or text that may be long."""
    body = fault.get("body", {})
    return with_secrets(body) * fault.get("body-times", 1) if isinstance(body, str) else body


async def _run(
    stage: Stage,
    event: str,
    payload: Mapping[str, Any],
    inputs: Mapping[str, str],
    more: Mapping[str, str],
    *,
    raw: bytes | None = None,
    earlier: Sequence[IssueComment] = (),
    given: Mapping[str, Any] | None = None,
) -> Evidence:
    """Run the action in a thread, with its own environment, and collect its results."""
    step = stage.step(
        event, payload, {"github-token": TOKEN, "api-key": KEY, **inputs}, more=dict(more)
    )
    before = len(stage.github.log.requests)
    environ = _prepared(step, raw)
    for name, text in (given or {}).get("workspace", {}).items():
        path = step.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            path.write_text(
                with_secrets(text) * (given or {}).get("workspace-times", 1), encoding="utf-8"
            )
        else:
            path.symlink_to(text["link"])
    written = [(comment, comment.body) for comment in earlier]
    stream = io.StringIO()
    variables = dict(environ)
    status = await asyncio.to_thread(action.main, environ, stream)
    evidence = _evidence(stage, step, variables, status, stream.getvalue(), before)
    theirs = [text for _, text in written]
    kept = all(c.body == text and not c.minimized for c, text in written)
    own = [body for body in evidence.bodies if body not in theirs]
    return dataclasses.replace(evidence, bodies=own, kept=kept)


def _leave(workspace: Path, given: Mapping[str, Any]) -> None:
    """Leave in the workspace what earlier steps of the job may have: files, and links."""
    times = given.get("workspace-times", 1)
    for name, text in given.get("workspace", {}).items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            path.write_text(with_secrets(text) * times, encoding="utf-8")
        else:
            path.symlink_to(text["link"])


def _prepared(step: RunnerEnvironment, raw: bytes | None) -> dict[str, str]:
    """The variables of a step, with these very bytes as its event, if any."""
    environ = step.prepare()
    if raw is not None:
        Path(environ["GITHUB_EVENT_PATH"]).write_bytes(raw)
    return environ


def _evidence(
    stage: Stage,
    step: RunnerEnvironment,
    variables: Mapping[str, str],
    status: int,
    printed: str,
    before: int,
) -> Evidence:
    out = step.workspace / "predict-edit-out"
    result = out / "result.json"
    patches = [path.read_bytes() for path in sorted(out.glob("*.patch"))]
    people = [c for c in stage.pull.comments if c.author.login != ACTIONS_LOGIN]
    return Evidence(
        exit_code=status,
        outputs=parse_outputs(Path(variables["GITHUB_OUTPUT"]).read_text(encoding="utf-8")),
        log=printed,
        result=json.loads(result.read_text(encoding="utf-8")) if result.exists() else {},
        job_summary=Path(variables["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8"),
        patches=b"".join(patches),
        bodies=[*stage.summaries, *(review.body for review in stage.pull.reviews)],
        suggestions=[(c.thread.path, c.body) for c in stage.suggestions],
        asked=stage.bodies,
        reactions=[r.content for r in people[-1].reactions] if people else [],
        requests=len(stage.github.log.requests) - before,
    )


def _world_file(case: Case) -> WorldFile:
    """The case's file; a name that git's fast-import needs in quotes gets them."""
    path = case.path
    if any(char in path for char in '\n"\\') or not path.isprintable():
        escaped = "".join(
            f"\\{byte:03o}" if byte < 0x20 or byte > 0x7E or chr(byte) in '"\\' else chr(byte)
            for byte in path.encode()
        )
        path = f'"{escaped}"'
    return WorldFile(path=path, base=case.base.encode(), head=case.head.encode())


def _model(**changes: Any) -> ModelConfig:
    return ModelConfig(api_keys=frozenset({KEY}), **changes)


def _model_of(case: Case, thief: str) -> ModelConfig:
    """The model of a case, which may redirect its callers or fail in another way."""
    if kind := case.given.get("model"):
        fault = failing(FaultKind[kind.upper()], location=f"{thief}/v1")
        return _model(planner=always(fault))
    if plan := case.given.get("plan"):
        return _model(plan=with_secrets(plan) * case.given.get("plan-times", 1))
    return _model()


def _know_token(github: Sandbox) -> None:
    github.add_token(TOKEN)


def _merged(payload: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A payload with some of its fields changed, at any depth."""
    merged = dict(payload)
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merged(merged[name], value)
        else:
            merged[name] = value
    return merged


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Restore what the action changes for its whole process."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, log.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        yield
    finally:
        root.handlers[:], root.level, log.level = before
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        logging.captureWarnings(False)


@dataclasses.dataclass(frozen=True)
class _Thief:
    """A server that must never receive anything."""

    address: str
    requests: list[str]


@contextlib.contextmanager
def _thief() -> Iterator[_Thief]:
    requests: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        """Records every request."""

        def _take(self) -> None:
            requests.append(f"{self.command} {self.path} {dict(self.headers)}")
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _take  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield _Thief(f"http://127.0.0.1:{server.server_port}", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
