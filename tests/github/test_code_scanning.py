"""Code scanning alerts as findings, against the offline GitHub."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from predict_edit.domain.edits import Finding
from predict_edit.domain.errors import FindingsError, ForgeForbidden
from predict_edit.findings.code_scanning import read_alerts
from predict_edit.findings.collection import collect
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault, Sandbox, run_sandbox_github
from predict_edit_sandbox.world import build_world

REPOSITORY = "octo/demo"
MAIN = "refs/heads/main"
Open = Callable[[Sandbox], AbstractAsyncContextManager[GitHubHost]]


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """An offline GitHub whose job's token may read code scanning."""
    world = build_world(tmp_path / "world")
    sandbox = Sandbox()
    sandbox.add_token(DEFAULT_TOKEN, permissions={"contents": "read", "security_events": "read"})
    sandbox.add_repository(REPOSITORY, world.repository)
    return sandbox


@contextlib.asynccontextmanager
async def opened(sandbox: Sandbox) -> AsyncIterator[GitHubHost]:
    async with run_sandbox_github(sandbox) as url:
        client = Client(repository=REPOSITORY, token=DEFAULT_TOKEN, api_url=url)
        forge = GitHubHost(client)
        try:
            yield forge
        finally:
            await forge.aclose()
    assert sandbox.defects == []


async def test_open_alerts_of_a_reference(sandbox: Sandbox) -> None:
    """Open alerts become findings with place, rule and tool; others are not asked for."""
    repository = sandbox.repository(REPOSITORY)
    repository.add_alert("fizzbuzz.py", 3, "Bad\nname", rule="N801", severity="note")
    repository.add_alert("fizzbuzz.py", 4, state="dismissed")
    repository.add_alert("fizzbuzz.py", 5, ref="refs/heads/other")
    async with opened(sandbox) as forge:
        report = read_alerts(await forge.open_alerts(MAIN))

    assert report.findings == (
        Finding(
            path="fizzbuzz.py",
            line=3,
            end_line=3,
            column=1,
            rule="N801",
            message="Bad name",
            tool="ruff",
            level="note",
        ),
    )


async def test_all_pages(sandbox: Sandbox) -> None:
    """A hundred come at once; the other pages are asked for as well, and nothing comes twice."""
    for number in range(1, 252):
        sandbox.repository(REPOSITORY).add_alert("fizzbuzz.py", number)
    async with opened(sandbox) as forge:
        found = collect([read_alerts(await forge.open_alerts(MAIN))])

    assert [one.line for one in found.of("fizzbuzz.py")] == list(range(1, 252))
    asked = [r for r in sandbox.log.requests if r.path.endswith("/code-scanning/alerts")]
    assert sorted(request.query.get("page", "1") for request in asked) == ["1", "2", "3"]
    assert {request.query["state"] for request in asked} == {"open"}


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (None, "it has no place in a file"),
        ({"start_line": 3}, "it has no place in a file"),
        ({"path": "../../etc/passwd", "start_line": 1}, "the path is outside the repository"),
    ],
)
async def test_no_place(sandbox: Sandbox, location: dict[str, object] | None, reason: str) -> None:
    """An alert without a place in the repository is counted with the reason."""
    alert = {
        "number": 1,
        "rule": {},
        "tool": {},
        "most_recent_instance": {} if location is None else {"location": location},
    }
    sandbox.faults.add(Fault(path=".*/alerts", status=200, body=[alert]))
    async with opened(sandbox) as forge:
        found = collect([read_alerts(await forge.open_alerts(MAIN))])

    assert (found.count, dict(found.dropped)) == (0, {reason: 1})


async def test_switched_off(sandbox: Sandbox) -> None:
    """If code scanning is off, the error says where to switch it on."""
    sandbox.switches.code_scanning = False
    async with opened(sandbox) as forge:
        with pytest.raises(ForgeForbidden, match="not switched on") as caught:
            await forge.open_alerts(MAIN)

    assert "Settings" in caught.value.next_step


async def test_nothing_was_ever_uploaded(sandbox: Sandbox) -> None:
    """No result at all must not pass as a clean result."""
    async with opened(sandbox) as forge:
        with pytest.raises(FindingsError, match="no results yet for refs/heads/main"):
            await forge.open_alerts(MAIN)


async def test_missing_permission(sandbox: Sandbox) -> None:
    """The missing permission is named as in a workflow."""
    sandbox.add_token(DEFAULT_TOKEN, permissions={"contents": "read"})
    async with opened(sandbox) as forge:
        with pytest.raises(ForgeForbidden) as caught:
            await forge.open_alerts(MAIN)

    assert "`security-events: read`" in caught.value.next_step
