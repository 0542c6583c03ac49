"""Builds the JSON of completions, chunks and usage, as the API documents it. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

FINGERPRINT = "fp_sandbox_stand_in_no_model"
"""What every answer carries in ``system_fingerprint``."""
OWNER = "predict-edit-sandbox-stand-in"
SERVER = "predict-edit-sandbox (stand-in; no model answers here)"
CREATED = 1_700_000_000
"""Answers are the same at any time, so their time stamp is fixed."""

_SAFE = {"filtered": False, "severity": "safe"}
_FILTERS = {"hate": _SAFE, "self_harm": _SAFE, "sexual": _SAFE, "violence": _SAFE}
_NOT_DETECTED = {"filtered": False, "detected": False}
PROMPT_FILTERS = [
    {"prompt_index": 0, "content_filter_results": {**_FILTERS, "jailbreak": _NOT_DETECTED}}
]
ANSWER_FILTERS = {
    **_FILTERS,
    "protected_material_code": _NOT_DETECTED,
    "protected_material_text": _NOT_DETECTED,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What one request took, in tokens."""

    prompt: int
    cached: int
    completion: int
    accepted: int
    rejected: int
    reasoning: int = 0


def usage(accounts: Accounts, *, details: bool) -> dict[str, Any]:
    """The ``usage`` object; ``details`` as servers report it that know predictions."""
    totals: dict[str, Any] = {
        "prompt_tokens": accounts.prompt,
        "completion_tokens": accounts.completion,
        "total_tokens": accounts.prompt + accounts.completion,
    }
    if not details:
        return totals
    return {
        **totals,
        "completion_tokens_details": {
            "accepted_prediction_tokens": accounts.accepted,
            "audio_tokens": 0,
            "reasoning_tokens": accounts.reasoning,
            "rejected_prediction_tokens": accounts.rejected,
        },
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": accounts.cached},
    }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What all chunks of one answer have in common."""

    id: str
    model: str
    azure: bool
    include_usage: bool = False
    own: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What the provider adds to the last chunk."""

    def _common(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": CREATED,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
        }

    def completion(
        self, *, text: str | None, refusal: str | None, finish: str, used: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """A whole answer."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": text,
            "refusal": refusal,
            "annotations": [],
        }
        choice: dict[str, Any] = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": finish,
        }
        answer = {**self._common("chat.completion"), "choices": [choice], "usage": used}
        if self.azure:
            choice["content_filter_results"] = ANSWER_FILTERS
            answer["prompt_filter_results"] = PROMPT_FILTERS
        return answer

    def chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        """One piece of a streamed answer."""
        choice: dict[str, Any] = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish,
        }
        if self.azure:
            choice["content_filter_results"] = {} if finish else ANSWER_FILTERS
        return self._streamed([choice], None)

    def opening(self) -> dict[str, Any]:
        """Azure's first chunk: no choices, only what the filter made of the prompt."""
        return {**self._streamed([], None), "prompt_filter_results": PROMPT_FILTERS}

    def closing(self, used: Mapping[str, Any]) -> dict[str, Any]:
        """The chunk that carries the usage."""
        return {**self._streamed([], used), **self.own}

    def _streamed(
        self, choices: list[dict[str, Any]], used: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        chunk = {**self._common("chat.completion.chunk"), "choices": choices}
        # Without include_usage the key is missing, with it every chunk has it.
        return {**chunk, "usage": used} if self.include_usage else chunk
