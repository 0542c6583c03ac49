"""The options that say which model is asked. Only the standard library is imported here."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

OPTIONS: Mapping[str, str] = {
    "model": "the model, or the Azure deployment",
    "base-url": "root of an OpenAI-compatible API; without it, OpenAI's",
    "api-version": "only for Azure's dated routes",
    "azure-tenant-id": "sign in with the job's own identity",
    "azure-client-id": "sign in with the job's own identity",
    "azure-scope": "scope of the Entra ID token",
    "prediction": "auto, on or off",
    "context": "what the model sees beside the file: none or diff",
    "timeout": "seconds that one file may take",
    "concurrency": "files in flight at once, at most",
    "max-output-tokens": "tokens that the model can write in one answer",
    "max-tokens": "tokens of all calls together, at most",
    "max-cost": "US dollars of all calls together, at most",
}


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which model is asked and how."""
    group = parser.add_argument_group(
        "model",
        "Without options: INPUT_* as in the action, else AZURE_OPENAI_ENDPOINT, "
        "AZURE_OPENAI_API_KEY and AZURE_OPENAI_DEPLOYMENT, else OPENAI_BASE_URL, OPENAI_API_KEY "
        "and OPENAI_MODEL. An Azure resource without a key is signed in to with Entra ID.",
    )
    for name, meaning in OPTIONS.items():
        group.add_argument(f"--{name}", metavar="VALUE", help=meaning)
    group.add_argument(
        "--api-key-env", metavar="NAME", help="the variable that holds the key; never the key"
    )
    group.add_argument(
        "--price",
        metavar="IN/OUT[/CACHED]",
        help="US dollars per million tokens, where the model's price is not known",
    )
