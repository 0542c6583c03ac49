"""The end of a server, with no connection left open."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web


async def shut_down(runner: web.AppRunner) -> None:
    """Stop a server and drop its connections, even if a client left an answer half read."""
    server: Any = runner.server
    transports = [each.transport for each in server.connections] if server else []
    await runner.cleanup()
    for transport in filter(None, transports):
        transport.abort()
    await asyncio.sleep(0)
