"""The offline model for callers without an event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openai import OpenAI

from predict_edit_sandbox.model import serve_model
from predict_edit_sandbox.model.config import API_KEY


def test_serves_from_a_thread(predicting: Callable[..., Any]) -> None:
    """A synchronous client is answered, and everything ends with the block."""
    with serve_model() as model:
        with OpenAI(base_url=model.base_url, api_key=API_KEY, max_retries=0) as client:
            completion = client.chat.completions.create(**predicting())
        assert "MSFTBuzz" in completion.choices[0].message.content
        assert len(model.exchanges) == 1
        port = int(model.url.rpartition(":")[2])

        with pytest.raises(OSError, match="address"), serve_model(port=port):
            pass
