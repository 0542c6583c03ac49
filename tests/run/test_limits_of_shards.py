"""What a job of a spread run takes from its plan."""

from __future__ import annotations

from decimal import Decimal

import pytest

from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import Job
from predict_edit.run.context import Task
from predict_edit.run.manifest import Manifest, PlannedShard, Shared
from predict_edit.run.shards import limited
from predict_edit.settings.fields import ModelSettings, Settings


@pytest.mark.parametrize(
    ("own", "planned", "applies"),
    [
        (900, 3_858, 900),
        (900, 100, 100),
        (None, 3_858, 3_858),
        (900, None, 900),
        (None, None, None),
    ],
)
def test_a_plan_only_lowers_limits(
    own: int | None, planned: int | None, applies: int | None
) -> None:
    """It is an artifact, which may have been tampered with."""
    shard = PlannedShard(
        paths=(), max_tokens=planned, max_cost=None if planned is None else Decimal(planned)
    )
    manifest = Manifest(
        key="k", repository="o/r", ref="main", commit="1" * 40, instruction="x",
        shards=(shard,),
    )  # fmt: skip
    model = ModelSettings(model="m", max_tokens=own, max_cost=None if own is None else Decimal(own))
    task = Task(
        job=Job(
            repository="o/r",
            pull_request=0,
            instruction="x",
            command=CommandRef(source=CommandSource.SCHEDULE, comment_id=None, author=None),
        ),
        settings=Settings(model=model, github_token="t"),
    )
    found = limited(task, Shared(manifest=manifest, parts={}, number=1)).settings.model

    assert (found.max_tokens, found.max_cost) == (applies, applies)
