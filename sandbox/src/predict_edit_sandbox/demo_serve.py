"""The offline model by itself, to try ``preview``, ``edit`` and ``doctor`` without a key."""

from __future__ import annotations

import asyncio
import sys
from typing import Final, TextIO

from predict_edit_sandbox.demo_model import STAND_IN
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY, Latency

PACE: Final = Latency(first_token=0.2, generated_token=0.002, accepted_token=0.0002)
TOLD: Final = """\
A stand-in for a model is serving until Ctrl-C. In another terminal:

  export OPENAI_BASE_URL={url}
  export OPENAI_API_KEY={key} OPENAI_MODEL={model}
  predict-edit doctor
  echo 'say FizzBuzz' | predict-edit edit - -m 'Replace string `FizzBuzz` with `MSFTBuzz`.'

It is no model: it follows literal instructions such as this one, and returns the file as it is
for all others. With another key it shows what a wrong key looks like.
"""


def serve(*, port: int = 0, stream: TextIO | None = None) -> int:
    """Serve until interrupted, and print how to use it.

    Raises:
        OSError: the port is taken.
    """
    try:
        asyncio.run(_serve(port, sys.stdout if stream is None else stream))
    except KeyboardInterrupt:
        sys.stderr.write("\n")
    return 0


async def _serve(port: int, stream: TextIO) -> None:
    async with ModelSandbox(ModelConfig(latency=PACE), port=port) as model:
        stream.write(TOLD.format(url=model.base_url, key=API_KEY, model=STAND_IN))
        stream.flush()
        await asyncio.Event().wait()
