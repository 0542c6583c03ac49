"""The doctor, against the offline model over real HTTP."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import httpx2
import pytest

from predict_edit import __version__
from predict_edit.cli.doctor.checks import Check, diagnose
from predict_edit.cli.main import main
from predict_edit.cli.model_choice import ModelChoice
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY, RateLimit
from predict_edit_sandbox.model.faults import FaultKind, always, failing, spoiling
from predict_edit_sandbox.model.quirks import Quirk
from predict_edit_sandbox.model.threaded import serve_model

TODAY = dt.date(2026, 6, 1)


def chosen(server: ModelSandbox, **fields: Any) -> ModelChoice:
    """Settings for the offline model."""
    url = server.url if "api_version" in fields else server.base_url
    settings = ModelSettings(
        **{"model": "gpt-4o-mini", "base_url": url, "api_key": API_KEY, **fields}
    )
    return ModelChoice(settings=settings, origins={"api-key": "MY_KEY"})


async def look(
    config: ModelConfig | None = None, *, today: dt.date = TODAY, **fields: Any
) -> dict[str, Check]:
    """The checks by name."""
    async with ModelSandbox(config) as server:
        checks = await diagnose(
            chosen(server, **fields), environ={}, mask=lambda _: None, today=today
        )
        assert len(server.exchanges) <= 4
    return {check.name: check for check in checks}


async def test_a_model_that_is_well_has_nothing_but_good_news() -> None:
    """Everything is checked, for two calls at most."""
    checks = await look()
    assert checks.pop("retirement").found == "no date known for this model here"
    assert {check.state for check in checks.values()} == {"ok"}
    assert list(checks) == [
        "settings",
        "sign-in",
        "answer",
        "model",
        "predictions",
        "rate limits",
        "output limit",
        "price",
    ]
    assert "MY_KEY" in checks["sign-in"].found
    assert "edited as asked" in checks["answer"].found
    assert "gpt-4o-mini-2024-07-18" in checks["model"].found
    assert "accepted" in checks["predictions"].found
    assert "9,999 of 10,000 requests left" in checks["rate limits"].found
    assert "16,384" in checks["output limit"].found
    assert "0.15 USD a million tokens in, 0.60 USD out" in checks["price"].found


@pytest.mark.parametrize("name", ["gemma-4-31b", "strict-gateway", "pydantic-server"])
async def test_a_model_that_refuses_predictions_can_be_used(name: str) -> None:
    """Whatever the words of the refusal; and unknown facts are reported as unknown."""
    checks = await look(model=name)
    assert checks["answer"].state == "ok"
    assert checks["predictions"].state == "warning"
    assert "refuses them" in checks["predictions"].found
    assert checks["output limit"].state == "warning"


async def test_a_server_that_ignores_predictions_is_not_taken_for_one_that_takes_them() -> None:
    """Nothing reported is not nothing accepted."""
    checks = await look(model="silent-server")
    assert "nothing is reported" in checks["predictions"].found
    assert "compare" in checks["predictions"].next_step


async def test_predictions_that_are_switched_off_are_tried_all_the_same() -> None:
    """And doctor says that they are off."""
    checks = await look(prediction="off")
    assert "taken" in checks["predictions"].found
    assert "switched off" in checks["predictions"].found


async def test_a_reasoning_model_is_recognised_by_what_it_refuses() -> None:
    """Predictions are tried even if they are known to be refused."""
    checks = await look(model="gpt-5.6-terra")
    assert "refuses them" in checks["predictions"].found


@pytest.mark.parametrize(
    ("config", "fields", "failed", "words"),
    [
        (None, {"api_key": "sk-wrong-key-123"}, "sign-in", "was not revoked"),
        (
            ModelConfig(forbidden_keys=frozenset({"sk-no-role-1234"})),
            {"api_key": "sk-no-role-1234"},
            "sign-in",
            "key's project may use",
        ),
        (None, {"model": "no-such-model"}, "answer", "`model` is a name that this API knows"),
        (
            ModelConfig(planner=always(failing(FaultKind.HTML))),
            {},
            "answer",
            "root of an OpenAI-compatible API",
        ),
        (
            ModelConfig(planner=always(failing(FaultKind.PROMPT_FILTERED))),
            {},
            "answer",
            "filter",
        ),
        (None, {"base_url": "http://127.0.0.1:9/v1"}, "answer", "reaches this host"),
    ],
)
async def test_each_failure_has_its_next_step(
    config: ModelConfig | None, fields: Mapping[str, Any], failed: str, words: str
) -> None:
    """The one wrong thing fails, and what could not be checked is not judged."""
    checks = await look(config, **fields)
    wrong = [check for check in checks.values() if check.state == "failed"]
    assert [check.name for check in wrong] == [failed]
    assert words in wrong[0].next_step
    assert "price" not in checks


@pytest.mark.parametrize(
    ("quirk", "words"),
    [(Quirk.ELIDED, "not the edited file"), (Quirk.NO_TRAILING_BLANKS, "edited as asked")],
)
async def test_an_answer_that_is_not_the_file_is_worth_a_warning(quirk: Quirk, words: str) -> None:
    """The model can be reached; whether it is useful is another matter."""
    checks = await look(ModelConfig(planner=always(spoiling(quirk))))
    assert words in checks["answer"].found
    assert checks["answer"].state == ("warning" if quirk is Quirk.ELIDED else "ok")
    assert "price" in checks


async def test_little_left_of_a_rate_limit_is_warned_of() -> None:
    """One of eleven requests, say."""
    checks = await look(ModelConfig(rate_limit=RateLimit(requests=1, tokens=10_000)))
    assert checks["rate limits"].state == "warning"
    assert "0 of 1 requests left" in checks["rate limits"].found


async def test_a_near_retirement_is_warned_of() -> None:
    """By the dates of the vendor in use; elsewhere none are known."""
    azure: dict[str, Any] = {"api_version": "2025-01-01-preview"}
    checks = await look(today=dt.date(2027, 1, 1), **azure)
    assert checks["retirement"].found == "not before 2027-04-14, as far as known"
    checks = await look(today=dt.date(2027, 4, 1), **azure)
    assert checks["retirement"].state == "warning"
    checks = await look(today=dt.date(2027, 4, 1))
    assert checks["retirement"].state == "skipped"


async def test_an_identity_that_cannot_be_had_ends_the_examination() -> None:
    """A job without the permission: the model is not asked."""
    settings = ModelSettings(
        model="editor",
        base_url="https://res.openai.azure.com/openai/v1/",
        azure_tenant_id="tenant",
        azure_client_id="client",
    )
    asked: list[httpx2.Request] = []

    def note(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(500)

    checks = await diagnose(
        ModelChoice(settings=settings, origins={}),
        environ={},
        mask=lambda _: None,
        today=TODAY,
        transport=httpx2.MockTransport(note),
    )
    assert [check.state for check in checks] == ["ok", "failed"]
    assert "id-token: write" in checks[1].next_step
    assert "deployment `editor`" in checks[0].found
    assert not asked


@contextlib.contextmanager
def serving(config: ModelConfig | None = None) -> Iterator[ModelSandbox]:
    """The offline model, for the command itself."""
    with serve_model(config) as model:
        yield model


OF_MODELS = ("AZURE_", "INPUT_", "OPENAI_")
NOWHERE = Path("/")
"""No checkout."""


def command(*options: str, environ: Mapping[str, str], here: Path = NOWHERE) -> tuple[int, str]:
    """Run the command; its status and what it printed."""
    stream, errors = io.StringIO(), io.StringIO()
    own = {name: value for name, value in os.environ.items() if not name.startswith(OF_MODELS)}
    with (
        mock.patch.dict(os.environ, own | dict(environ), clear=True),
        contextlib.chdir(here),
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(errors),
    ):
        status = main(["doctor", *options])
    return status, stream.getvalue()


def test_the_command_reports_all_in_lines_and_in_json() -> None:
    """Exit status 0; the same checks both ways, and no key in either."""
    with serving() as model:
        environ = {
            "OPENAI_API_KEY": API_KEY,
            "OPENAI_MODEL": "gpt-4o-mini",
            "OPENAI_BASE_URL": model.base_url,
        }
        status, text = command(environ=environ)
        assert status == 0
        assert "The model can be used" in text
        assert "the key from OPENAI_API_KEY is accepted" in text
        status, data = command("--json", environ=environ)
    assert status == 0
    told = json.loads(data)
    assert told["ok"] is True
    assert {check["name"] for check in told["checks"]} >= {"settings", "predictions", "price"}
    assert API_KEY not in text + data


def test_a_model_that_cannot_be_used_is_status_1() -> None:
    """The key that was tried is nowhere in the text."""
    with serving() as model:
        environ = {"OPENAI_API_KEY": "sk-wrong-key-123", "OPENAI_BASE_URL": model.base_url}
        status, text = command("--model", "gpt-4o-mini", environ=environ)
    assert status == 1
    assert "cannot be used yet: 1 of 3 checks failed" in text
    assert "Check the key (`OPENAI_API_KEY`)" in text
    assert "sk-wrong-key-123" not in text


@pytest.mark.parametrize("environ", [{}, {"OPENAI_API_KEY": API_KEY}])
def test_a_server_on_this_machine_may_want_a_key(environ: Mapping[str, str]) -> None:
    """The one that is set goes there; without one, the answer says how to set it."""
    with serving() as model:
        url = model.base_url
        status, text = command("--model", "gpt-4o-mini", "--base-url", url, environ=environ)
    if environ:
        assert status == 0
        assert "the key from OPENAI_API_KEY is accepted" in text
    else:
        assert status == 1
        assert "(401)" in text
        assert "no key is set: set OPENAI_API_KEY" in text
        assert "no key is needed" not in text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:9/v1", ("refused the connection", "the port in `OPENAI_BASE_URL`")),
        ("https://no-such-host.invalid/v1", ("could not be resolved", "this machine can resolve")),
    ],
)
def test_a_closed_port_and_an_unknown_name_read_differently(
    address: str, words: tuple[str, ...]
) -> None:
    """And a laptop is not a runner."""
    environ = {"OPENAI_API_KEY": "sk-any-key-1234", "OPENAI_BASE_URL": address}
    status, text = command("--model", "gpt-4o-mini", environ=environ)
    assert status == 1
    assert all(each in text for each in words), text
    assert "runner" not in text


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_wrong_settings_are_status_2(json_too: tuple[str, ...]) -> None:
    """Nothing is requested."""
    status, text = command(*json_too, environ={})
    assert status == 2
    assert "--model" in text
    if json_too:
        assert json.loads(text)["checks"][0]["state"] == "failed"


KEY_IN_FILE = "sk-made-up-0123456789"
WORKFLOW = f"""\
on:
  issue_comment:
    types: [created]
permissions: {{}}
jobs:
  edit:
    if: startsWith(github.event.comment.body, '/predict-edit')
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions: {{ contents: read, pull-requests: write }}
    concurrency: predict-edit-${{{{ github.event.issue.number }}}}
    steps:
      - uses: octo/predict-edit@v{__version__}
        with: {{ model: gpt-4.1, api-key: "${{{{ secrets.OPENAI_API_KEY }}}}" }}
      - uses: actions/upload-artifact@v7
        if: always()
        with: {{ path: predict-edit-out }}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one workflow that uses the action, and one that does not."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "edit.yml").write_text(WORKFLOW, encoding="utf-8")
    (folder / "tests.yml").write_text("on: push\njobs: {}\n", encoding="utf-8")
    (tmp_path / "src").mkdir()
    return tmp_path


def spoil(checkout: Path, old: str, new: str) -> None:
    """Put a mistake into the workflow."""
    assert old in WORKFLOW
    path = checkout / ".github" / "workflows" / "edit.yml"
    path.write_text(WORKFLOW.replace(old, new), encoding="utf-8")


def test_workflows_of_the_checkout_are_looked_at_first(checkout: Path) -> None:
    """From any of its folders, and even if no model can be asked."""
    status, text = command(environ={}, here=checkout / "src")
    assert status == 2
    assert "edit.yml" in text
    assert "tests.yml" not in text
    assert text.index("1 workflow: nothing to correct.") < text.index("`model` is missing")


def test_a_checkout_without_our_workflow_says_so(checkout: Path) -> None:
    (checkout / ".github" / "workflows" / "edit.yml").unlink()
    _, text = command(environ={}, here=checkout)

    assert "no workflow of this checkout uses predict-edit" in text
    assert "`predict-edit init` writes one." in text


def test_a_named_workflow_is_looked_at_alone(checkout: Path) -> None:
    """No model is asked, none is needed."""
    folder = checkout / ".github" / "workflows"
    for path in (folder / "edit.yml", checkout / "src" / ".." / ".github" / "workflows"):
        if path.is_dir():
            (folder / "tests.yml").unlink()
        status, text = command("--workflow", str(path), environ={}, here=checkout)
        assert status == 0
        assert text.startswith("ok")
        assert "model" not in text


def test_the_corrected_lines_can_be_copied(checkout: Path) -> None:
    """They are printed as they must be in the file, with their place."""
    spoil(checkout, "pull-requests: write", "pull-requests: read")
    path = str(checkout / ".github" / "workflows" / "edit.yml")
    status, text = command("--workflow", path, environ={}, here=checkout)
    assert status == 1
    assert "failed   .github/workflows/edit.yml:10\n" in text
    assert "→ Write `jobs.edit.permissions` as:\n" in text
    lines = "    permissions:\n      contents: read\n      pull-requests: write\n"
    assert f"as:\n{lines}" in text
    assert "1 workflow: 1 mistake, 1 of which must be corrected." in text


def test_warnings_alone_are_status_0(checkout: Path) -> None:
    """They cost time or money, but commands work."""
    spoil(checkout, "    timeout-minutes: 15\n", "")
    path = str(checkout / ".github" / "workflows")
    (checkout / ".github" / "workflows" / "tests.yml").unlink()
    status, text = command("--workflow", path, environ={}, here=checkout)
    assert status == 0
    assert "1 mistake, none of which must be corrected" in text


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_key_in_a_workflow_is_not_shown_once_more(
    checkout: Path, json_too: tuple[str, ...]
) -> None:
    """Neither by its own mistake nor by another one on the same line."""
    spoil(
        checkout,
        'gpt-4.1, api-key: "${{ secrets.OPENAI_API_KEY }}"',
        f"x, api-key: {KEY_IN_FILE}, y: z",
    )
    path = str(checkout / ".github" / "workflows" / "edit.yml")
    status, text = command(*json_too, "--workflow", path, environ={}, here=checkout)
    assert status == 1
    assert "anyone can read it" in text
    assert KEY_IN_FILE not in text


def test_json_holds_places_and_corrections(checkout: Path) -> None:
    """For other programs: the corrected lines, and where they belong."""
    spoil(checkout, "[created]", "[edited]")
    path = str(checkout / ".github" / "workflows" / "edit.yml")
    status, text = command("--json", "--workflow", path, environ={}, here=checkout)
    told = json.loads(text)
    (file,) = told["workflows"]
    (mistake,) = file["mistakes"]
    assert (status, told["ok"], told["checks"]) == (1, False, [])
    assert file["path"] == ".github/workflows/edit.yml"
    assert (mistake["line"], mistake["state"]) == (3, "failed")
    lines = ["on:", "  issue_comment:", "    types:", "    - created"]
    assert mistake["corrections"] == [{"at": "on", "lines": lines}]


@pytest.mark.parametrize(
    ("config", "state", "words"),
    [
        ("max-files: 3\n", "ok", "is valid"),
        ("recipes:\n  a: Do it.\n", "ok", "is valid"),
        ("max-fils: 3\n", "failed", "max-files"),
        ("max-files: many\n", "failed", "max-files"),
    ],
)
def test_the_config_is_looked_at_too(checkout: Path, config: str, state: str, words: str) -> None:
    """As a run would read it."""
    (checkout / ".github" / "predict-edit.yml").write_text(config, encoding="utf-8")
    status, text = command("--json", environ={}, here=checkout)
    assert status == 2
    check = json.loads(text)["checks"][0]
    assert (check["name"], check["state"]) == ("config", state)
    assert words in check["found"] + check["next_step"]


def test_how_the_config_delivers_decides_what_the_job_needs(checkout: Path) -> None:
    """Commits need another right than suggestions."""
    (checkout / ".github" / "predict-edit.yml").write_text("deliver: commit\n", encoding="utf-8")
    _, text = command(environ={}, here=checkout)
    assert "lacks `contents: write`" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.yml", "cannot be read"),
        (".github/workflows/tests.yml", "No step of"),
        ("src", "no workflow files"),
    ],
)
def test_a_path_that_is_not_a_workflow_of_ours_is_status_2(
    checkout: Path, name: str, words: str
) -> None:
    """And the error asks for what was meant."""
    status, text = command("--workflow", str(checkout / name), environ={}, here=checkout)
    assert status == 2
    assert words in text
