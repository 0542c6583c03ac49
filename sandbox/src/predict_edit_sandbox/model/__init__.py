"""An offline stand-in for OpenAI's and Azure's chat completions API.

It is not a model: :mod:`~predict_edit_sandbox.model.instructions` follows a few literal ones and
returns every other file unchanged. What it imitates is the API: routes, answers, streams, token
counts, refusals, limits, faults and timing. ``system_fingerprint``, the ``server`` header, the
identifiers and the owner of every model say that it is a stand-in.
"""

from __future__ import annotations

from predict_edit_sandbox.model.config import ModelConfig
from predict_edit_sandbox.model.faults import Behaviour, Fault, FaultKind
from predict_edit_sandbox.model.quirks import Quirk
from predict_edit_sandbox.model.server import ModelSandbox
from predict_edit_sandbox.model.threaded import serve_model

__all__ = ["Behaviour", "Fault", "FaultKind", "ModelConfig", "ModelSandbox", "Quirk", "serve_model"]
