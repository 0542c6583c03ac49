"""What a run will cost, in words and figures."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from predict_edit.domain.edits import ChangedFile, EditRequest, PlanRequest, SourceFile
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import Job
from predict_edit.edit.plan import LONG, MANY, MOST_UNPLANNED, background_of, saves
from predict_edit.llm.billing import Estimate, estimate
from predict_edit.run.context import Plan, Task
from predict_edit.run.estimate import as_data, estimated, in_words
from predict_edit.settings.fields import ModelSettings, Settings

SETTINGS = ModelSettings(model="gpt-4.1", api_key="key-1")
MADE = Estimate(
    files=2,
    calls=3,
    prompt_tokens=5_000,
    output_tokens_low=1_000,
    output_tokens_high=3_000,
    cost_low=Decimal("0.018"),
    cost_high=Decimal("0.034"),
)


def test_a_sentence_has_the_likely_and_the_most() -> None:
    """Files, calls, tokens and money, and a note that retries are not included."""
    assert in_words(MADE, SETTINGS) == (
        "2 files in 3 calls: 5,000 tokens in, likely 1,000 and at most 3,000 out; likely 0.02 USD, "
        "at most 0.03 USD. Retries are not included."
    )


@pytest.mark.parametrize(
    ("limits", "met"),
    [
        ({"max_tokens": 8_000}, ""),
        ({"max_tokens": 7_999}, "`max-tokens` of 7,999 may end it early."),
        ({"max_cost": Decimal("0.034")}, ""),
        ({"max_cost": Decimal("0.033")}, "`max-cost` of 0.03 USD may end it early."),
    ],
)
def test_a_limit_that_may_be_met_is_named(limits: dict[str, object], met: str) -> None:
    """Limits are compared with the most, as the run itself does."""
    changed = dataclasses.replace(SETTINGS, **limits)  # type: ignore[arg-type]  # as named above
    assert in_words(MADE, changed).endswith(met or "not included.")


def test_an_unknown_price_is_not_a_price() -> None:
    """Words say so, figures are null, and a limit on money may end the run at once."""
    unknown = dataclasses.replace(MADE, cost_low=None, cost_high=None)
    limited = dataclasses.replace(SETTINGS, max_cost=Decimal(1))
    assert "is not known" in in_words(unknown, SETTINGS)
    assert in_words(unknown, limited).endswith("`max-cost` of 1.00 USD may end it early.")
    assert as_data(unknown)["cost_usd_low"] is None
    assert as_data(unknown)["cost_usd_high"] is None


def test_figures_for_programs_hold_all_that_the_words_say() -> None:
    assert as_data(MADE) == {
        "files": 2,
        "calls": 3,
        "prompt_tokens": 5_000,
        "output_tokens_low": 1_000,
        "output_tokens_high": 3_000,
        "cost_usd_low": 0.018,
        "cost_usd_high": 0.034,
    }


async def test_a_dry_run_is_reported_in_the_log_too(caplog: pytest.LogCaptureFixture) -> None:
    """The log shows the summary's estimate before the first request."""
    file = SourceFile(path="a.py", text="a = 1\n", blob_sha="0" * 40)
    command = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author="ada")
    job = Job(repository="o/r", pull_request=1, instruction="Sort.", command=command)
    settings = Settings(model=SETTINGS, github_token="t", dry_run=True)
    request = EditRequest(file=file, instruction="Sort.")
    caplog.set_level("INFO", logger="predict_edit")
    (said,) = await estimated(Plan(task=Task(job=job, settings=settings), sources=(file,)))
    assert said == (
        f"Estimate before the model was asked: {in_words(estimate([request], SETTINGS), SETTINGS)}"
    )
    assert said in caplog.text


@pytest.mark.parametrize(
    ("files", "size"), [(MANY, 100), (MANY, 500), (MOST_UNPLANNED + 1, LONG // 4), (200, 4_000)]
)
def test_a_plan_is_made_where_the_estimate_says_that_it_saves(files: int, size: int) -> None:
    """It costs less than half of what all edits cost, from the first numbers that are planned."""
    function = "def name(value):\n    return find(value)\n"
    text = function * max(1, size // len(function))
    text += "#" * (size - len(text))
    patch = "@@ -1,2 +1,2 @@\n-def old(value):\n+def name(value):\n     return find(value)\n"
    sources = [
        SourceFile(
            path=path,
            text=text,
            blob_sha="0" * 40,
            change=ChangedFile(
                path=path,
                status="modified",
                blob_sha="0" * 40,
                additions=1,
                deletions=1,
                patch=patch,
            ),
        )
        for path in (f"src/package/module_{number}.py" for number in range(files))
    ]
    assert saves([len(file.text) for file in sources])
    background = background_of([file.change for file in sources if file.change], sources)
    paths = tuple(file.path for file in sources)
    plan = PlanRequest(instruction="Sort.", paths=paths, background=background)
    edits = [EditRequest(file=file, instruction="Sort.") for file in sources]
    alone, first = estimate(edits, SETTINGS), estimate([], SETTINGS, plan=plan)

    assert alone.cost_low is not None
    assert first.cost_low is not None
    assert first.cost_low < alone.cost_low / 2
