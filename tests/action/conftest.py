"""The stage, set and taken down."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from predict_edit.sandbox.stage import Stage, set_stage

MakeStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def make_stage(tmp_path: Path) -> AsyncIterator[MakeStage]:
    """A maker of stages; its arguments are those of ``set_stage``."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**scene: Any) -> Stage:
            return await stack.enter_async_context(set_stage(tmp_path, **scene))

        yield make


@pytest.fixture
async def stage(make_stage: MakeStage) -> Stage:
    """The standard scene: 17 changed files in several languages."""
    return await make_stage()
