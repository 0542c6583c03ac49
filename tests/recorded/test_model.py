"""The model's client, from the editor down to HTTP, on recorded answers of the offline model."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from openai.types.chat import ChatCompletion

from predict_edit.domain.edits import (
    EditRequest,
    FailedEdit,
    FileEdit,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.errors import (
    AnswerTooLong,
    ContentFiltered,
    ModelNotFound,
    ModelUnauthorized,
    PredictEditError,
)
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.model import FaultKind, ModelConfig
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.example import CODE, INSTRUCTIONS, PUBLISHED
from predict_edit_sandbox.model.faults import always, failing, first

from .conftest import AZURE, MODEL

if TYPE_CHECKING:
    from .conftest import Partners

# Not even this machine may be reached.
pytestmark = [pytest.mark.vcr, pytest.mark.block_network(allowed_hosts=[r"nobody\.invalid$"])]

EDITED = CODE.replace("FizzBuzz", "MSFTBuzz")
OPENAI = ModelSettings(model="gpt-4o-mini", base_url=f"{MODEL}/v1", api_key=API_KEY, context="none")
AZURE_V1 = dataclasses.replace(OPENAI, base_url=f"{AZURE}/openai/v1/")
AZURE_DATED = dataclasses.replace(OPENAI, base_url=AZURE, api_version="2025-01-01-preview")
PUBLISHED_USAGE = Usage(
    prompt_tokens=124,
    cached_tokens=0,
    completion_tokens=77,
    accepted_prediction_tokens=6,
    rejected_prediction_tokens=4,
    reasoning_tokens=0,
)


def request(path: str = "fizzbuzz.py", text: str = CODE) -> EditRequest:
    """The vendor's example as a request."""
    return EditRequest(
        file=SourceFile(path=path, text=text, blob_sha="0" * 40), instruction=INSTRUCTIONS
    )


def spoiled(kind: FaultKind, *, retry_after: float = 0.25) -> ModelConfig:
    """A model that always fails so."""
    return ModelConfig(planner=always(failing(kind, retry_after=retry_after)))


class Studio:
    """Makes editors for recorded models; their time passes only while they sleep."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self.slept: list[float] = []

    @contextlib.asynccontextmanager
    async def editor(
        self, settings: ModelSettings = OPENAI, config: ModelConfig | None = None
    ) -> AsyncIterator[ChatEditor]:
        """An editor as a run has it, except for chance, time and the way to the model."""
        origin = MODEL if settings.base_url == OPENAI.base_url else AZURE
        async with self._partners.model(config, origin=origin) as transport:
            client = open_client(settings, environ={}, mask=lambda _: None, transport=transport)
            editor = ChatEditor(
                settings,
                client,
                nonce="recorded-mark-0001",
                runtime=Runtime(
                    count=tokens.count,
                    clock=lambda: sum(self.slept),
                    sleep=self._sleep,
                    draw=lambda: 0.0,
                ),
            )
            try:
                yield editor
            finally:
                await editor.aclose()

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def studio(partners: Partners) -> Studio:
    return Studio(partners)


def done(result: FileEdit | FailedEdit) -> FileEdit:
    """An accepted edit."""
    assert isinstance(result, FileEdit), result
    return result


def failed(result: FileEdit | FailedEdit) -> PredictEditError:
    """Why an edit failed."""
    assert isinstance(result, FailedEdit), result
    assert isinstance(result.error, PredictEditError)
    return result.error


# One exchange: a stream of text chunks, one with the finish reason, one with the usage, [DONE].
# The usage has accepted and rejected tokens by the stand-in's own rule.
async def test_an_edit_with_prediction(studio: Studio) -> None:
    """The file is the prediction; accepted and rejected tokens are as reported."""
    async with studio.editor() as editor:
        edit = done(await editor.edit(request()))
    assert edit.text == EDITED
    used = edit.effort.usage
    assert used is not None
    assert (used.accepted_prediction_tokens, used.rejected_prediction_tokens) == (68, 8)
    assert used.completion_tokens == 81
    assert (edit.effort.prediction, edit.effort.attempts) == (PredictionState.SENT, 1)
    assert edit.effort.model == "gpt-4o-mini-2024-07-18"


# One exchange: the same stream; both counts of predicted tokens are 0.
async def test_an_edit_without_prediction(studio: Studio) -> None:
    """Without a prediction the answer is as good."""
    async with studio.editor(dataclasses.replace(OPENAI, prediction="off")) as editor:
        edit = done(await editor.edit(request()))
    assert edit.text == EDITED
    assert edit.effort.prediction is PredictionState.OFF
    assert edit.effort.usage
    assert edit.effort.usage.accepted_prediction_tokens == 0


# Four exchanges, of a deployment whose name does not tell its model: 400 unsupported_parameter for
# `prediction`, 400 unsupported_value for `temperature`, the stream; for the second file the stream
# at once.
async def test_a_model_that_takes_no_predictions(studio: Studio) -> None:
    """It is asked again without, and the next file does not repeat the attempt."""
    config = ModelConfig(deployments={"our-model": "gpt-5.6-terra"})
    async with studio.editor(dataclasses.replace(AZURE_V1, model="our-model"), config) as editor:
        one = done(await editor.edit(request()))
        two = done(await editor.edit(request("other.py")))
    assert one.text == two.text == EDITED
    assert (one.effort.prediction, one.effort.attempts) == (PredictionState.REFUSED, 3)
    assert (two.effort.prediction, two.effort.attempts) == (PredictionState.OFF, 1)
    assert studio.slept == []


# Two exchanges: a refusal of `prediction` in another shape than OpenAI's, then the stream. The
# shapes are a flat error object, pydantic's `detail` with 422, and a bare sentence.
@pytest.mark.parametrize("model", ["gemma-4-31b", "pydantic-server", "strict-gateway"])
async def test_other_refusals_of_the_prediction(studio: Studio, model: str) -> None:
    """However a server words it, one repetition without prediction follows."""
    async with studio.editor(dataclasses.replace(OPENAI, model=model)) as editor:
        edit = done(await editor.edit(request()))
    assert edit.text == EDITED
    assert (edit.effort.prediction, edit.effort.attempts) == (PredictionState.REFUSED, 2)


# One exchange: 401, OpenAI's with a half hidden key, Azure's with a code and a sentence.
@pytest.mark.parametrize("settings", [OPENAI, AZURE_V1, AZURE_DATED], ids=["openai", "v1", "dated"])
async def test_a_wrong_key(studio: Studio, settings: ModelSettings) -> None:
    """The error comes at once, without the key, and nothing is repeated."""
    wrong = dataclasses.replace(settings, api_key="a-key-that-nobody-has")
    async with studio.editor(wrong) as editor:
        error = failed(await editor.edit(request()))
    assert isinstance(error, ModelUnauthorized)
    assert "nobody" not in str(error)
    assert studio.slept == []


# One exchange: 404, OpenAI's model_not_found, Azure's DeploymentNotFound on both of its routes.
@pytest.mark.parametrize("settings", [OPENAI, AZURE_V1, AZURE_DATED], ids=["openai", "v1", "dated"])
async def test_an_unknown_model(studio: Studio, settings: ModelSettings) -> None:
    """The error names it, and what to check."""
    async with studio.editor(dataclasses.replace(settings, model="gpt-nowhere")) as editor:
        error = failed(await editor.edit(request()))
    assert isinstance(error, ModelNotFound)
    assert "gpt-nowhere" in str(error)


# Two exchanges: 429 with retry-after-ms 250 and retry-after 0, then the stream.
@pytest.mark.parametrize("settings", [OPENAI, AZURE_V1], ids=["openai", "v1"])
async def test_a_rate_limit(studio: Studio, settings: ModelSettings) -> None:
    """The wait is as asked, to the millisecond, and the file is edited after all."""
    config = ModelConfig(planner=first(1, failing(FaultKind.RATE_LIMITED, retry_after=0.25)))
    async with studio.editor(settings, config) as editor:
        edit = done(await editor.edit(request()))
    assert edit.text == EDITED
    assert edit.effort.attempts == 2
    assert studio.slept == [0.25]


# One exchange: first a chunk without choices that holds the prompt's filter results, then the
# stream, each chunk with filter results. v1 takes the key as bearer token, the dated route as
# api-key, with the deployment in the path.
@pytest.mark.parametrize("settings", [AZURE_V1, AZURE_DATED], ids=["v1", "dated"])
async def test_an_edit_on_azure(studio: Studio, settings: ModelSettings) -> None:
    """Both kinds of route give the file, its figures and its price."""
    config = ModelConfig(deployments={"our-mini": "gpt-4o-mini"})
    async with studio.editor(dataclasses.replace(settings, model="our-mini"), config) as editor:
        edit = done(await editor.edit(request()))
    assert edit.text == EDITED
    assert edit.effort.prediction is PredictionState.SENT
    assert edit.effort.model == "gpt-4o-mini-2024-07-18"
    assert edit.effort.cost


# One exchange: the stream ends half way, with the finish reason `length` and a usage.
async def test_an_answer_that_reached_the_limit(studio: Studio) -> None:
    """Half a file is never taken for a file, but its tokens are counted."""
    async with studio.editor(config=spoiled(FaultKind.LENGTH)) as editor:
        result = await editor.edit(request())
    assert isinstance(failed(result), AnswerTooLong)
    assert result.effort.usage
    assert result.effort.usage.completion_tokens


# One exchange: the stream ends half way, with the finish reason `content_filter`.
async def test_an_answer_that_was_filtered(studio: Studio) -> None:
    async with studio.editor(AZURE_V1, spoiled(FaultKind.ANSWER_FILTERED)) as editor:
        assert isinstance(failed(await editor.edit(request())), ContentFiltered)


# One exchange: 400 content_filter, on Azure with an innererror.
@pytest.mark.parametrize("settings", [OPENAI, AZURE_V1], ids=["openai", "v1"])
async def test_a_prompt_that_was_filtered(studio: Studio, settings: ModelSettings) -> None:
    """A filtered prompt differs from a refused prediction: nothing is repeated."""
    async with studio.editor(settings, spoiled(FaultKind.PROMPT_FILTERED)) as editor:
        result = await editor.edit(request())
    assert isinstance(failed(result), ContentFiltered)
    assert result.effort.attempts == 1


# One exchange: the answer of Azure's "predicted outputs", streamed, without the line feeds that
# the file begins and ends with, and with the published usage 77, 6, 4, 124.
async def test_the_published_example(studio: Studio) -> None:
    """The published figures arrive unchanged, and the file is whole again."""
    async with studio.editor(AZURE_V1, ModelConfig(canned=PUBLISHED)) as editor:
        edit = done(await editor.edit(request()))
    assert edit.text == EDITED
    assert edit.effort.usage == PUBLISHED_USAGE
    assert PUBLISHED_USAGE.acceptance == 0.6
    # gpt-4o-mini: 0.15 and 0.60 dollars a million tokens.
    million = Decimal(1_000_000)
    assert edit.effort.cost == (124 * Decimal("0.15") + 77 * Decimal("0.6")) / million


# One exchange: the same answer in one piece, asked for with the how-to's own code.
async def test_the_published_example_in_one_piece(partners: Partners) -> None:
    """The client accepts what the how-to's code sends, and gives what it prints."""
    config = ModelConfig(canned=PUBLISHED)
    async with (
        partners.model(config, origin=AZURE) as transport,
        open_client(AZURE_V1, environ={}, mask=lambda _: None, transport=transport) as client,
    ):
        sent: dict[str, Any] = {
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "user", "content": INSTRUCTIONS},
                {"role": "user", "content": CODE},
            ],
            "prediction": {"type": "content", "content": CODE},
        }
        answer = await client.chat.completions.create(**sent)
    assert isinstance(answer, ChatCompletion)
    assert answer.choices[0].message.content == PUBLISHED.answer
    used = answer.usage
    assert used
    assert used.completion_tokens_details
    assert (
        used.completion_tokens,
        used.completion_tokens_details.accepted_prediction_tokens,
        used.completion_tokens_details.rejected_prediction_tokens,
        used.prompt_tokens,
    ) == (77, 6, 4, 124)
