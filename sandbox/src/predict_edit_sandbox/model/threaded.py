"""The offline model for callers that have no event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from predict_edit_sandbox.model.config import ModelConfig
from predict_edit_sandbox.model.server import ModelSandbox


@contextlib.contextmanager
def serve_model(config: ModelConfig | None = None, *, port: int = 0) -> Iterator[ModelSandbox]:
    """Serve from a thread until the block ends.

    Raises:
        OSError: the port is taken.
    """
    model = ModelSandbox(config, port=port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox-model", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(model.start(), loop).result()
        yield model
    finally:
        asyncio.run_coroutine_threadsafe(model.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
