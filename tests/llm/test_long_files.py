"""Files longer than one answer, against the offline model over real HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain.edits import EditRequest, FailedEdit, FileEdit, PredictionState, SourceFile
from predict_edit.domain.errors import (
    AnswerEmpty,
    AnswerTooLong,
    AnswerUnusable,
    BudgetExceeded,
    ContentFiltered,
    ContextTooLong,
    PredictEditError,
)
from predict_edit.edit.prompt import Part
from predict_edit.llm import limits, tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.billing import AttemptLog
from predict_edit.llm.capabilities import LEAST_TOKENS
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor, Judged, judge
from predict_edit.llm.long_files import EditTask
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.catalogue import CATALOGUE
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.faults import (
    WELL,
    FaultKind,
    about,
    always,
    failing,
    first_attempt,
    spoiling,
)
from predict_edit_sandbox.model.quirks import Quirk

if TYPE_CHECKING:
    from tests.llm.conftest import ModelServer, Wire

Make = Callable[..., ChatEditor]
SMALL = "small-output"
LIMIT = CATALOGUE[SMALL].output_limit


@pytest.fixture
async def model() -> AsyncIterator[ModelSandbox]:
    """An offline model of this test's own."""
    async with ModelSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def make(model: ModelSandbox) -> AsyncIterator[Make]:
    """Make editors that use the offline model and know its output limit."""
    made: list[ChatEditor] = []

    def build(**fields: Any) -> ChatEditor:
        settings = ModelSettings(
            model=fields.pop("model", SMALL),
            base_url=model.base_url,
            api_key=API_KEY,
            timeout=60.0,
            **{"max_output_tokens": LIMIT, "answer": "file", **fields},
        )
        editor = ChatEditor(
            settings,
            open_client(settings, environ={}, mask=lambda _: None),
            nonce="0123456789abcdef",
            runtime=Runtime(count=tokens.count, sleep=lambda _: asyncio.sleep(0)),
        )
        made.append(editor)
        return editor

    yield build
    for editor in made:
        await editor.aclose()


def source(text: str, path: str = "long.py") -> SourceFile:
    """A file of this text."""
    return SourceFile(path=path, text=text, blob_sha="0" * 40)


def request(text: str, instruction: str, path: str = "long.py") -> EditRequest:
    return EditRequest(file=source(text, path), instruction=instruction)


def done(result: FileEdit | FailedEdit) -> FileEdit:
    """An accepted edit."""
    assert isinstance(result, FileEdit), result
    return result


def failed(result: FileEdit | FailedEdit, kind: type[PredictEditError]) -> FailedEdit:
    """A failed edit of this kind."""
    assert isinstance(result, FailedEdit), result
    assert isinstance(result.error, kind), result.error
    return result


def function(number: int, *, old: bool) -> str:
    """Eight lines of Python with what an edit must not lose."""
    name = "FizzBuzz" if old else "Other"
    return (
        f"def handler_{number}(value):\n"
        f'    """Handler {number}: é, 日本, 🎉 and a trailing blank. """ \n'
        f"    if value % {number + 2} == 0:\n"
        f'\t\tlog("{name} {number}")  \n'
        f"        return {number}\n"
        f"    return value\n"
        "\n\n"
    ).replace("\t\t", "        ")


def module(functions: int, every: int = 1) -> str:
    """A long module; each ``every``-th function contains the text to replace."""
    return "import logging\n\nlog = print\n\n\n" + "".join(
        function(number, old=number % every == 0) for number in range(functions)
    )


async def test_six_thousand_lines_through_four_thousand_tokens(
    make: Make, model: ModelSandbox
) -> None:
    """Edited everywhere the instruction applies, byte for byte, each piece its own prediction."""
    text = module(750).replace("\n", "\r\n") + "last = 'FizzBuzz'"
    assert text.count("\n") >= 6_000
    edit = done(await make().edit(request(text, "Replace string `FizzBuzz` with `MSFTBuzz`.")))
    assert edit.text == text.replace("FizzBuzz", "MSFTBuzz")
    bodies = [exchange.body for exchange in model.exchanges]
    pieces = [body["messages"][-1]["content"] for body in bodies]
    assert len(bodies) >= 15
    predicted = [body["prediction"]["content"] for body in bodies if "prediction" in body]
    assert predicted == [piece for piece in pieces if tokens.count(piece) >= LEAST_TOKENS]
    assert len(bodies) - 1 <= len(predicted)
    assert sorted(pieces, key=text.index) == sorted(set(pieces), key=text.index)
    assert "".join(sorted(pieces, key=text.index)) == text
    assert len({json.dumps(body["messages"][:3]) for body in bodies}) == 1
    assert all(len(body["messages"][2]["content"]) < 20_000 for body in bodies)
    assert model.in_flight_max > 1
    assert edit.effort.attempts == len(bodies)
    assert edit.effort.prediction is PredictionState.SENT
    assert edit.effort.usage is not None
    assert edit.effort.usage.completion_tokens == sum(
        exchange.accounts.completion for exchange in model.exchanges if exchange.accounts
    )


async def test_the_first_piece_goes_ahead_and_the_others_find_its_prompt_cached(
    make: Make, model: ModelSandbox
) -> None:
    """The pieces' common part comes first, and is paid in full only once."""
    model.reset(dataclasses.replace(model.config, prompt_cache=True))
    text = module(200, every=20)
    edit = done(await make().edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    first, second, *_ = model.exchanges
    assert first.ended is not None
    assert first.ended <= second.started
    cached = [exchange.accounts.cached for exchange in model.exchanges if exchange.accounts]
    whole_file = tokens.count(text)
    assert cached[0] == 0
    assert all(count > 0.9 * whole_file for count in cached[1:])


async def test_pieces_that_are_not_meant_come_back_identical(
    make: Make, model: ModelSandbox
) -> None:
    """One edit in the middle of a long file: one changed piece."""
    text = module(300, every=1_000).replace("FizzBuzz", "").replace("handler_150", "FizzBuzz_150")
    edit = done(await make().edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    changed = [exchange for exchange in model.exchanges if exchange.answer != exchange.file]
    assert len(changed) == 1


async def test_a_piece_that_fails_a_guard_is_asked_for_once_more(
    make: Make, model: ModelSandbox
) -> None:
    """Only that piece; the others cost one call each."""
    model.reset(
        ModelConfig(
            planner=lambda call: (
                spoiling(Quirk.ELIDED) if call.attempt == 1 and "handler_40(" in call.file else WELL
            )
        )
    )
    text = module(200, every=7)
    edit = done(await make().edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    asked = [exchange.file for exchange in model.exchanges]
    assert len(asked) == len(set(asked)) + 1


async def test_a_piece_that_fails_for_good_fails_the_file_and_stops_the_others(
    make: Make, model: ModelSandbox
) -> None:
    """Half an edit is none; what was spent is counted."""
    model.reset(ModelConfig(planner=about("handler_70(", failing(FaultKind.PROMPT_FILTERED))))
    text = module(600, every=7)
    result = failed(
        await make(concurrency=2).edit(request(text, "Replace `FizzBuzz` with `Buzz`.")),
        ContentFiltered,
    )
    # A request that was stopped in its first moment may not have arrived.
    assert 0 <= result.effort.attempts - len(model.exchanges) <= 1
    assert len({exchange.file for exchange in model.exchanges}) < 6
    assert result.effort.usage is not None


async def test_every_piece_may_meet_trouble(make: Make, model: ModelSandbox) -> None:
    """Cut streams and lost answers are repeated piece by piece."""
    model.reset(ModelConfig(planner=first_attempt(failing(FaultKind.ENDS_EARLY))))
    text = module(120)
    edit = done(await make().edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    asked = [exchange.file for exchange in model.exchanges]
    assert len(asked) == 2 * len(set(asked)) == edit.effort.attempts
    assert edit.effort.estimate is not None


async def test_a_model_that_refuses_predictions_is_asked_in_pieces_too(
    make: Make, model: ModelSandbox
) -> None:
    """The first piece finds out; no other carries one."""
    text = module(120)
    editor = make(model="gemma-4-31b")
    edit = done(await editor.edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    assert [exchange.predicted for exchange in model.exchanges].count(True) == 1
    assert edit.effort.prediction is PredictionState.REFUSED


async def test_an_unknown_limit_is_found_out(make: Make, model: ModelSandbox) -> None:
    """The answer ends with `length`; the file is asked for in pieces, and so is the next one."""
    text = module(150)
    editor = make(max_output_tokens=None)
    edit = done(await editor.edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    assert model.exchanges[0].file == text
    model.reset()
    other = module(151)
    edit = done(await editor.edit(request(other, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == other.replace("FizzBuzz", "Buzz")
    assert all(len(exchange.file) < len(other) / 2 for exchange in model.exchanges)


async def test_an_answer_that_outgrows_the_limit_is_cut_smaller(
    make: Make, model: ModelSandbox
) -> None:
    """One more line beside every line: the pieces' answers double, and all of it still arrives."""
    text = module(100)
    instruction = "Add the line `# checked, and found to be right, and signed` after `return`."
    edit = done(await make().edit(request(text, instruction)))
    assert edit.text.count("# checked, and found") == 200
    kept = [line for line in edit.text.split("\n") if "# checked" not in line]
    assert "\n".join(kept) == text


async def test_a_file_that_nearly_fits_is_cut_when_its_answer_does_not(
    make: Make, model: ModelSandbox
) -> None:
    """Sent whole first, then in pieces; without a boundary, the reason is the answer's."""
    text = module(45)
    assert 0.5 * LIMIT < tokens.count(text) <= 0.75 * LIMIT
    instruction = "Add the line `# checked, and found to be right, and signed off` after `return`."
    edit = done(await make().edit(request(text, instruction)))
    assert edit.text.count("# checked, and found") == 90
    assert model.exchanges[0].file == text
    model.reset()
    solid = "".join(f"x = compute('return', {n}, 3); " for n in range(200))
    instruction = "Replace `x` with `a_much_longer_name_than_that`."
    failed(await make().edit(request(solid, instruction)), AnswerTooLong)
    assert len(model.exchanges) == 1


async def test_a_table_of_numbers_is_cut_when_its_answer_is(
    make: Make, model: ModelSandbox
) -> None:
    """By its bytes it would fit, so it is not counted; the answer that is cut off tells."""
    text = "".join(f"row = 1, {n % 10}, 2, 3, 4, 5, 6, 7, 8, 9, 0\n" for n in range(LIMIT // 30))
    assert len(text) <= limits.uncounted(LIMIT)
    assert tokens.count(text) > LIMIT
    edit = done(await make().edit(request(text, "Replace `row` with `rows`.")))
    assert edit.text == text.replace("row", "rows")
    assert [exchange.file == text for exchange in model.exchanges].count(True) == 1


async def test_an_unknown_context_is_found_out(make: Make, model: ModelSandbox) -> None:
    """The server names its context; the file is asked for in pieces, the next one at once."""
    text = module(130, every=7)
    editor = make(model="small-context", max_output_tokens=None)
    edit = done(await editor.edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    first, *others = model.exchanges
    assert (first.status, first.file) == (400, text)
    assert {exchange.status for exchange in others} == {200}
    assert len(others) > 2
    assert edit.effort.attempts == len(model.exchanges)
    model.reset()
    other = module(131, every=7)
    edit = done(await editor.edit(request(other, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == other.replace("FizzBuzz", "Buzz")
    assert {exchange.status for exchange in model.exchanges} == {200}


async def test_a_file_beyond_the_context_that_cannot_be_cut_says_so(
    make: Make, model: ModelSandbox
) -> None:
    """One request, and the reason; the next such file is declined before any."""
    solid = "x = compute('FizzBuzz', 1, 2, 3); " * 700
    editor = make(model="small-context", max_output_tokens=None)
    result = failed(
        await editor.edit(request(solid, "Replace `FizzBuzz` with `Buzz`.")), ContextTooLong
    )
    assert "no place to cut" in str(result.error)
    assert "`exclude`" in str(result.error)
    assert len(model.exchanges) == result.effort.attempts == 1
    assert "too large for the model" in (editor.declines(source(solid)) or "")


async def test_what_is_shown_beside_the_pieces_goes_before_the_pieces_are_cut(
    make: Make, model: ModelSandbox
) -> None:
    """The whole file beside each piece is too much here: its outline, found out by one piece."""
    text = module(90, every=7)
    editor = make(model="small-context", max_output_tokens=3_000)
    edit = done(await editor.edit(request(text, "Replace `FizzBuzz` with `Buzz`.")))
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    statuses = [exchange.status for exchange in model.exchanges]
    assert statuses == [400, *[200] * (len(statuses) - 1)]
    assert all("outline of the file" in json.dumps(e.body) for e in model.exchanges[1:])


async def test_a_server_that_finds_everything_too_long_is_asked_a_few_times_only(
    settings: ModelSettings, server: ModelServer, wire: Wire
) -> None:
    """Smaller and smaller, without a hint of what would fit; then the file fails with why."""
    server.default = wire.answer(413, {})
    editor = ChatEditor(
        settings,
        open_client(settings, environ={}, mask=lambda _: None),
        nonce="0123456789abcdef",
    )
    failed(await editor.edit(request(module(200), "Replace `a` with `b`.")), ContextTooLong)
    await editor.aclose()
    sizes = [len(json.dumps(body)) for body in server.bodies]
    assert 3 <= len(sizes) <= 8
    assert sizes == sorted(sizes, reverse=True)


def table(rows: int) -> str:
    """JSON with boundaries, no piece of which is JSON by itself."""
    return (
        "{\n\n" + "\n".join(f'"key {n}": "FizzBuzz {n}",\n' for n in range(rows)) + '\n"z": 1\n}\n'
    )


async def test_a_piece_that_breaks_the_whole_is_asked_for_again(
    settings: ModelSettings, server: ModelServer, wire: Wire
) -> None:
    """Only the whole shows that a piece dropped a colon; with that hint, the model does better."""
    text = table(300)

    async def careless(request: Any, body: Mapping[str, Any]) -> Any:
        messages = body["messages"]
        piece = messages[-1]["content"].replace("FizzBuzz", "Buzz")
        if "could not be used" not in messages[-2]["content"]:
            piece = piece.replace('"key 200":', '"key 200"')
        return await wire.stream(wire.whole(piece))(request, body)

    server.default = careless
    limited = dataclasses.replace(settings, max_output_tokens=LIMIT)
    editor = ChatEditor(
        limited,
        open_client(limited, environ={}, mask=lambda _: None),
        nonce="0123456789abcdef",
    )
    edit = done(await editor.edit(request(text, "Replace `FizzBuzz` with `Buzz`.", "long.json")))
    await editor.aclose()
    assert edit.text == text.replace("FizzBuzz", "Buzz")
    asked = [body["messages"][-1]["content"] for body in server.bodies]
    assert len(asked) == len(set(asked)) + 1
    assert "valid JSON" in server.bodies[-1]["messages"][-2]["content"]
    assert '"key 200"' in asked[-1]


async def test_a_whole_that_stays_broken_fails_with_the_reason(
    make: Make, model: ModelSandbox
) -> None:
    """The instruction itself breaks the file; the guilty pieces are asked once more, no oftener."""
    text = table(300)
    instruction = """Replace `"key 200":` with `"key 200"`."""
    result = failed(await make().edit(request(text, instruction, "long.json")), AnswerUnusable)
    assert "valid JSON" in str(result.error)
    asked = [exchange.file for exchange in model.exchanges]
    assert len(asked) == len(set(asked)) + 1


async def test_a_long_file_that_the_budget_does_not_cover_is_not_begun(
    make: Make, model: ModelSandbox
) -> None:
    """Pieces are useless without the others, so their upper bounds must fit together."""
    text = module(150)
    result = failed(
        await make(max_tokens=30_000).edit(request(text, "Replace `FizzBuzz` with `Buzz`.")),
        BudgetExceeded,
    )
    assert "several calls" in str(result.error)
    assert model.exchanges == []
    assert result.effort.attempts == 0
    edit = done(
        await make(max_tokens=900_000).edit(request(text, "Replace `FizzBuzz` with `Buzz`."))
    )
    assert edit.text == text.replace("FizzBuzz", "Buzz")


async def test_a_piece_may_go_where_deleting_was_asked_for(make: Make, model: ModelSandbox) -> None:
    """All lines of one piece hold what is to be deleted."""
    gone = "".join(f"drop_me({number})\n\n" for number in range(1_200))
    text = module(30, every=50) + gone + module(30, every=50)
    edit = done(await make().edit(request(text, "Delete lines containing `drop_me`.", "long.rb")))
    kept = [line for line in text.split("\n") if "drop_me" not in line]
    assert [line for line in edit.text.split("\n") if line] == [line for line in kept if line]


async def test_progress_over_pieces_only_grows(make: Make, model: ModelSandbox) -> None:
    """Characters of all pieces together, up to the length of the file."""
    told: list[int] = []
    text = module(100)
    edit = done(await make().edit(request(text, "Replace `FizzBuzz` with `Buzz`."), told.append))
    assert told == sorted(told)
    assert told[-1] == len(edit.text)


async def test_a_cancelled_long_file_leaves_nothing_behind(make: Make, model: ModelSandbox) -> None:
    """Every request of it is closed."""
    model.reset(ModelConfig(planner=always(failing(FaultKind.STALL))))
    task = asyncio.create_task(make().edit(request(module(100), "Replace `a` with `b`.")))
    while not model.in_flight:  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(200):
        if not model.in_flight:
            break
        await asyncio.sleep(0.01)
    assert model.in_flight == 0


class TestAnswersForPieces:
    """What belongs to other pieces is taken off or doubted, and nothing is no piece."""

    FUNCTIONS = tuple(
        f"def task_{number}(value):\n    return value * {number}\n\n\n" for number in range(30)
    )
    TEXT = "".join(FUNCTIONS)

    def judged(self, answer: str) -> Judged:
        """The verdict on an answer for the second ten functions of thirty."""
        piece = "".join(self.FUNCTIONS[10:20])
        part = Part(text=piece, index=2, total=3, first_line=41, last_line=80)
        file = SourceFile(path="a.py", text=self.TEXT, blob_sha="0")
        request = EditRequest(file=file, instruction="Edit it.")
        return judge(EditTask(request=request, log=AttemptLog(path=file.path), part=part), answer)

    @pytest.mark.parametrize(("first", "last"), [(8, 20), (10, 22), (5, 25), (0, 30)])
    def test_neighbours_beside_the_piece_are_taken_off(self, first: int, last: int) -> None:
        edited = [each.replace("value * 15", "value + 15") for each in self.FUNCTIONS]
        judged = self.judged("".join(edited[first:last]))
        assert judged.verdict is None
        assert judged.text == "".join(edited[10:20])

    def test_many_lines_of_the_rest_are_doubted(self) -> None:
        """In another order, it cannot be said what is whose."""
        verdict = self.judged("".join(self.FUNCTIONS[10:20] + self.FUNCTIONS[:8])).verdict
        assert verdict is not None
        assert "lines of the rest of the file" in verdict.cause

    def test_nothing_is_no_piece(self) -> None:
        verdict = self.judged("\n").verdict
        assert verdict is not None
        assert isinstance(verdict, AnswerEmpty)
