"""Which model the demonstration asks: the stand-in, or the real one of the environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

STAND_IN = "gpt-4o-mini"
LIVE_DEFAULT = "gpt-4.1-mini"
"""What OpenAI is asked where nothing else is said; it takes predictions."""
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


class NoModel(Exception):
    """No real model is configured; the message says which variables are missing."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """The action's inputs about the model."""

    title: str
    inputs: Mapping[str, str] = dataclasses.field(repr=False)
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Variables of the process besides the runner's."""


def offline(model: ModelSandbox, name: str | None) -> ModelChoice:
    """Ask the stand-in."""
    name = name or STAND_IN
    return ModelChoice(
        title=f"a stand-in for {name}: it follows literal instructions only",
        inputs={"model": name, "base-url": model.base_url, "api-key": API_KEY},
    )


def live(environ: Mapping[str, str], name: str | None) -> ModelChoice:
    """Ask the model that the environment names; Azure where it has Azure's key.

    Raises:
        NoModel: a variable is missing.
    """
    variables = {key: environ[key] for key in _PASSED_ON if environ.get(key)}
    if key := environ.get("AZURE_OPENAI_API_KEY"):
        base_url = _azure_root(environ)
        name = name or environ.get("AZURE_OPENAI_DEPLOYMENT")
        if not name:
            raise NoModel(
                "AZURE_OPENAI_API_KEY is set, but no deployment is named. Give its name with "
                "--model or in AZURE_OPENAI_DEPLOYMENT."
            )
        return ModelChoice(
            title=f"the deployment {name} on Azure OpenAI",
            inputs={"model": name, "base-url": base_url, "api-key": key},
            variables=variables,
        )
    if key := environ.get("OPENAI_API_KEY"):
        name = name or environ.get("OPENAI_MODEL") or LIVE_DEFAULT
        inputs = {"model": name, "api-key": key}
        if base_url := environ.get("OPENAI_BASE_URL", ""):
            inputs["base-url"] = base_url
        where = base_url or "OpenAI"
        return ModelChoice(title=f"{name} at {where}", inputs=inputs, variables=variables)
    raise NoModel(
        "--live needs a key. For OpenAI set OPENAI_API_KEY; for Azure set AZURE_OPENAI_API_KEY, "
        "AZURE_OPENAI_ENDPOINT (https://NAME.openai.azure.com) and AZURE_OPENAI_DEPLOYMENT."
    )


def _azure_root(environ: Mapping[str, str]) -> str:
    if base_url := environ.get("AZURE_OPENAI_BASE_URL"):
        return base_url
    endpoint = environ.get("AZURE_OPENAI_ENDPOINT", "").rstrip("/")
    if not endpoint:
        raise NoModel(
            "AZURE_OPENAI_API_KEY is set, but not where the resource is. Set "
            "AZURE_OPENAI_ENDPOINT to https://NAME.openai.azure.com."
        )
    return endpoint + "/" if endpoint.endswith("/openai/v1") else f"{endpoint}/openai/v1/"
