"""Which model the demonstration asks."""

from __future__ import annotations

import pytest

from predict_edit_sandbox.demo_model import LIVE_DEFAULT, NoModel, live

AZURE = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com"}


@pytest.mark.parametrize(
    ("environ", "name", "inputs"),
    [
        ({"OPENAI_API_KEY": "k"}, None, {"model": LIVE_DEFAULT, "api-key": "k"}),
        ({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "m"}, None, {"model": "m", "api-key": "k"}),
        ({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "m"}, "n", {"model": "n", "api-key": "k"}),
        (
            {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://y/v1"},
            "n",
            {"model": "n", "api-key": "k", "base-url": "https://y/v1"},
        ),
        (
            AZURE | {"OPENAI_API_KEY": "other"},
            "d",
            {"model": "d", "api-key": "k", "base-url": "https://x.openai.azure.com/openai/v1/"},
        ),
        (
            {
                "AZURE_OPENAI_API_KEY": "k",
                "AZURE_OPENAI_BASE_URL": "https://x.openai.azure.com/openai/v1",
                "AZURE_OPENAI_DEPLOYMENT": "d",
            },
            None,
            {"model": "d", "api-key": "k", "base-url": "https://x.openai.azure.com/openai/v1"},
        ),
        (
            AZURE | {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com/openai/v1/"},
            "d",
            {"model": "d", "api-key": "k", "base-url": "https://x.openai.azure.com/openai/v1/"},
        ),
    ],
)
def test_live(environ: dict[str, str], name: str | None, inputs: dict[str, str]) -> None:
    """The environment's settings become the action's inputs; Azure goes first."""
    choice = live(environ, name)

    assert choice.inputs == inputs
    assert "'k'" not in repr(choice)


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": ""}, "AZURE_OPENAI_ENDPOINT"),
        (AZURE, "AZURE_OPENAI_DEPLOYMENT"),
        ({"AZURE_OPENAI_API_KEY": "k"}, "AZURE_OPENAI_ENDPOINT"),
    ],
)
def test_missing(environ: dict[str, str], missing: str) -> None:
    """What is missing is named."""
    with pytest.raises(NoModel, match=missing):
        live(environ, None)


def test_certificates_are_passed_on() -> None:
    """A private certificate authority or a proxy reaches the action's process."""
    choice = live({"OPENAI_API_KEY": "k", "SSL_CERT_FILE": "/ca.pem", "SHELL": "x"}, None)

    assert choice.variables == {"SSL_CERT_FILE": "/ca.pem"}
