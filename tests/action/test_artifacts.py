"""The files that jobs of a sharded run pass on, tampered with on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
OPEN = "not-needed"
"""A key that everybody knows, so that it seals nothing."""


async def test_forged_plan_reaches_no_protected_file(rehearse: MakeRehearsal) -> None:
    """A tampered artifact adds no file that a command may not edit, even if nothing seals it."""
    allowed, protected = "steps.yml", ".github/workflows/ci.yml"
    files = [
        WorldFile(path=path, base=b"a: Fizz\n", head=b"a: FizzBuzz\n")
        for path in (allowed, protected)
    ]
    rehearsal = await rehearse(files=files)
    comment = rehearsal.comment()
    handed = rehearsal.workspace / "handed"
    handed.mkdir(exist_ok=True)

    def hand_on(name: str) -> None:
        """Pass a part on with another file's name in it; the two have the same content."""
        (handed / name).write_bytes(rehearsal.file(name))

    await rehearsal.follow(comment, mode="plan", shard="1", api_key=OPEN)
    hand_on("plan.json")
    await rehearsal.follow(
        comment, mode="edit", shard="1/1", results="handed/plan.json", api_key=OPEN
    )
    hand_on("shard-1.json")
    for part in handed.iterdir():
        part.write_text(part.read_text().replace(allowed, protected))
    done = await rehearsal.follow(comment, mode="publish", results="handed/*.json", api_key=OPEN)

    assert rehearsal.reviews == []
    reasons = {result.reason for result in done.report.files if result.path == protected}
    assert reasons == {"protected: in .github"}
