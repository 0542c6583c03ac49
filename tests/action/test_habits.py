"""What models do to a file, through the whole action: bad answers fail, good ones arrive."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from benchmarks.answers import REFUSE, Case, Row, run

from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.faults import first_attempt, spoiling
from predict_edit_sandbox.model.quirks import Quirk
from predict_edit_sandbox.stage import Stage, many
from predict_edit_sandbox.world_files import WorldFile

MakeStage = Callable[..., Awaitable[Stage]]
HABITS = Path(__file__).parent.parent / "edit" / "habits.toml"


def cases() -> list[Case]:
    """The habits, as answers of a model that repeats a bad one and confirms a good one."""
    habits = tomllib.loads(HABITS.read_text("utf-8"))["case"]
    return [
        Case(
            name=habit["says"],
            path=habit["path"],
            head=habit["original"],
            instruction=habit.get("instruction", "Edit it."),
            answer=habit["answer"],
            want=(habit.get("text", habit["answer"]),)
            if habit["outcome"] != "doubted" or habit.get("meant")
            else (REFUSE,),
        )
        for habit in habits
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """What came of them, from a comment to the patch."""
    return run(cases())


def test_no_bad_answer_is_delivered_and_no_good_one_lost(rows: list[Row]) -> None:
    wrong = [
        (row.verdict, row.case.name, row.reason)
        for row in rows
        if row.verdict not in {"good", "bad refused"}
    ]
    assert wrong == []
    assert Counter(row.verdict for row in rows)["bad refused"] >= 10


def test_a_good_answer_rarely_takes_a_second_call(rows: list[Row]) -> None:
    """Bad ones take two and no third."""
    good = [row for row in rows if row.case.texts]
    assert sum(row.calls > 1 for row in good) <= len(good) / 3
    assert {row.calls for row in rows} == {1, 2}


@pytest.mark.parametrize(
    ("exact", "deliver", "outcome"),
    [(True, "commit", "committed"), (False, "commit", "failed"), (False, "patch", "patched")],
)
async def test_only_what_exact_edits_confirm_is_committed(
    make_stage: MakeStage, *, exact: bool, deliver: str, outcome: str
) -> None:
    """A second answer that is a whole file again can be looked at, but is not committed."""
    model = ModelConfig(planner=first_attempt(spoiling(Quirk.ELIDED)), exact=exact)
    stage = await make_stage(files=many(1), model=model)
    token = stage.github.tokens[DEFAULT_TOKEN]
    permissions = {**token.permissions, "contents": "write"}
    stage.github.tokens[DEFAULT_TOKEN] = dataclasses.replace(token, permissions=permissions)
    before = stage.pull.head_sha
    run = await stage.say(inputs={"deliver": deliver})
    assert run.outputs["outcome"] == outcome
    assert [body["messages"][2]["content"][:13] for body in stage.bodies] == [
        "answer: file ",
        "answer: edits",
    ]
    assert (stage.pull.head_sha != before) == (outcome == "committed")
    assert ("only exact edits are committed" in stage.summaries[0]) == (outcome == "failed")


async def test_what_was_put_back_is_told(make_stage: MakeStage) -> None:
    """Quotes that alone were changed, and not confirmed: how many lines, and how to ask for it."""
    head = "She said \u201cyes\u201d.\n\nOpen at 6.\n"
    answer = head.replace("\u201c", '"').replace("\u201d", '"')
    file = WorldFile(path="a.md", base=b"Open.\n", head=head.encode())
    stage = await make_stage(files=[file], model=ModelConfig(answers={head: answer}))
    run = await stage.say("/predict-edit Open at 6.")
    assert run.outputs["outcome"] == "unchanged"
    assert "what the model changed in 1 file was put back" in stage.summaries[0]
    assert r"1 line put back \(look-alike characters\)" in stage.summaries[0]
    assert "name them in the instruction" in stage.summaries[0]
    result = json.loads(run.files["result.json"].read_text("utf-8"))
    assert result["files"][0]["restored"] == {"look-alike characters": 1}


async def test_a_large_removal_is_told_in_its_row(make_stage: MakeStage) -> None:
    head = "".join(f"line {number}\n" for number in range(40))
    kept = "".join(f"line {number}\n" for number in range(8))
    file = WorldFile(path="a.txt", base=b"line 0\n", head=head.encode())
    model = ModelConfig(answers={head: kept}, confirmed={head: kept})
    stage = await make_stage(files=[file], model=model)
    run = await stage.say("/predict-edit Eight will do.")
    assert run.outputs["outcome"] == "suggested"
    assert "removes 32 of 40 lines" in stage.summaries[0]
