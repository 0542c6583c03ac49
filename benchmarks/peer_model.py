"""A model for PR-Agent: it knows the edits, and answers in the form that PR-Agent asks for.

PR-Agent asks twice: for suggestions, then for the lines and a score of each. The answers hold the
right lines, although a real model has to guess them, which is where most of its suggestions are
lost. That flatters PR-Agent. Latencies are those of the offline model.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from benchmarks import fixtures
from predict_edit.llm import tokens

PER_REQUEST = 3
"""Tokens around every request, as OpenAI counts them, and per message one more than that."""
_SECOND = "suggestion_score"
"""Stands in the messages of the second question only."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LineEdit:
    """Lines of a file that become others."""

    path: str
    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def end(self) -> int:
        """The last of the lines."""
        return self.start + len(self.old) - 1


@dataclasses.dataclass(slots=True, kw_only=True)
class PeerModel:
    """What was asked and answered."""

    edits: Sequence[LineEdit]
    url: str = ""
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        """One chat completion, after the time that its tokens take."""
        body = await request.json()
        texts = [str(message["content"]) for message in body["messages"]]
        second = any(_SECOND in text for text in texts)
        content = self._scores() if second else self._suggestions()
        prompt = PER_REQUEST + sum(PER_REQUEST + 1 + tokens.count(text) for text in texts)
        completion = tokens.count(content)
        self.calls += 1
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        latency = fixtures.LATENCY
        await asyncio.sleep(latency.first_token + completion * latency.generated_token)
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }
        message = {"role": "assistant", "content": content}
        return web.json_response(
            {
                "id": f"chatcmpl-{self.calls}",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": usage,
            }
        )

    def _suggestions(self) -> str:
        entries = [
            {
                "relevant_file": edit.path,
                "language": "Python",
                "existing_code": "\n".join(edit.old),
                "suggestion_content": f"Replace the word in line {edit.start}.",
                "improved_code": "\n".join(edit.new),
                "one_sentence_summary": _summary(edit),
                "label": "enhancement",
            }
            for edit in self.edits
        ]
        # JSON is YAML, which is what PR-Agent reads.
        return json.dumps({"code_suggestions": entries})

    def _scores(self) -> str:
        entries = [
            {
                "suggestion_summary": _summary(edit),
                "relevant_file": edit.path,
                "relevant_lines_start": edit.start,
                "relevant_lines_end": edit.end,
                "suggestion_score": 8,
                "why": "It is what was asked for.",
            }
            for edit in self.edits
        ]
        return json.dumps({"code_suggestions": entries})


def _summary(edit: LineEdit) -> str:
    return f"Use the new word in line {edit.start}"


@contextlib.asynccontextmanager
async def serve(edits: Sequence[LineEdit]) -> AsyncIterator[PeerModel]:
    """Serve on this machine, for as long as the block lasts."""
    model = PeerModel(edits=edits)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", model.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        model.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield model
    finally:
        await runner.cleanup()
