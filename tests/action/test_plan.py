"""A change that spans files: what every request is shown of it, and which files are asked for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.stage import Stage, many

MakeStage = Callable[..., Awaitable[Stage]]


def said(exchange: Any) -> list[str]:
    """The messages of a request."""
    return [message["content"] for message in exchange.body["messages"]]


async def test_whole_change_is_read_once(make_stage: MakeStage) -> None:
    """All requests are equal up to the file's own part, and the provider's cache has it."""
    stage = await make_stage(files=many(6, changes=8), model=ModelConfig(prompt_cache=True))
    run = await stage.say(inputs={"context": "pull-request"})

    assert (run.exit_code, run.outputs["outcome"]) == (0, "suggested"), run.log
    requests = [said(exchange) for exchange in stage.model.exchanges]
    assert len(requests) == 6
    assert len({json.dumps(messages[:3]) for messages in requests}) == 1
    assert all(f'file "src/file_00{n}.py", modified' in requests[0][2] for n in range(1, 7))
    cached = [exchange.accounts.cached for exchange in stage.model.exchanges if exchange.accounts]
    assert cached[0] == 0
    assert min(cached[1:]) > 1_024
    assert run.outputs["cached-tokens"] == str(sum(cached))
