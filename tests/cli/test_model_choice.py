"""Which model a command on a terminal uses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.cli.grammar import make_parser
from predict_edit.cli.model_choice import ModelChoice, read_model
from predict_edit.domain.errors import (
    ContradictingInputs,
    InvalidInput,
    MissingInput,
    SettingsError,
)

AZURE = "https://res.openai.azure.com/openai/v1/"


def read(environ: Mapping[str, str], *options: str) -> ModelChoice:
    """Settings of a command line with these options."""
    return read_model(make_parser().parse(["doctor", *options]), environ)


def test_openai_by_its_own_variables() -> None:
    """Key and model; the address is OpenAI's."""
    chosen = read({"OPENAI_API_KEY": "sk-1234567", "OPENAI_MODEL": "gpt-4.1"})
    assert chosen.settings.model == "gpt-4.1"
    assert chosen.settings.api_key == "sk-1234567"
    assert chosen.settings.base_url is None
    assert chosen.origins == {"model": "OPENAI_MODEL", "api-key": "OPENAI_API_KEY"}


@pytest.mark.parametrize(
    ("endpoint", "options", "version", "address"),
    [
        ("https://res.openai.azure.com", (), "", AZURE),
        ("https://res.openai.azure.com/", (), "", AZURE),
        (AZURE, (), "", AZURE),
        (AZURE, (), "2025-01-01-preview", AZURE),
        (
            "https://res.openai.azure.com/",
            (),
            "2025-01-01-preview",
            "https://res.openai.azure.com/",
        ),
        (
            "https://res.openai.azure.com/",
            ("--api-version", "2025-01-01-preview"),
            "",
            "https://res.openai.azure.com/",
        ),
    ],
)
def test_azure_by_its_own_variables(
    endpoint: str, options: tuple[str, ...], version: str, address: str
) -> None:
    """The resource's root becomes the undated route unless a version is given."""
    environ = {
        "AZURE_OPENAI_ENDPOINT": endpoint,
        "AZURE_OPENAI_API_KEY": "azure-key-1",
        "AZURE_OPENAI_DEPLOYMENT": "editor",
        "OPENAI_API_VERSION": version,
        "OPENAI_API_KEY": "sk-1234567",
    }
    settings = read(environ, *options).settings
    assert settings.base_url == address
    assert settings.model == "editor"
    assert settings.api_key == "azure-key-1"
    dated = not address.endswith("/v1/")
    assert settings.api_version == ("2025-01-01-preview" if dated else None)


def test_options_come_before_the_inputs_and_those_before_the_vendors() -> None:
    """Each value says where it came from, and no origin is a value."""
    chosen = read(
        {
            "INPUT_MODEL": "of-the-input",
            "INPUT_TIMEOUT": "7",
            "INPUT_API-KEY": "of-the-input-1",
            "OPENAI_MODEL": "of-the-vendor",
            "OPENAI_API_KEY": "sk-of-the-vendor",
        },
        "--model",
        "of-the-option",
        "--max-cost",
        "2.50",
    )
    assert chosen.settings.model == "of-the-option"
    assert chosen.settings.timeout == 7
    assert chosen.settings.api_key == "of-the-input-1"
    assert chosen.settings.max_cost == Decimal("2.50")
    assert chosen.origins == {
        "model": "--model",
        "timeout": "INPUT_TIMEOUT",
        "max-cost": "--max-cost",
        "api-key": "INPUT_API-KEY",
    }


@given(
    host=st.from_regex(r"[a-z]{3,12}\.(?:example|openai\.azure\.com\.evil)", fullmatch=True),
    azure=st.booleans(),
)
def test_a_vendors_key_goes_to_no_other_host(host: str, azure: bool) -> None:
    """A gateway named by an option gets no key meant for OpenAI or Azure."""
    environ = {"OPENAI_API_KEY": "sk-1234567", "OPENAI_MODEL": "m"}
    if azure:
        environ = {"AZURE_OPENAI_API_KEY": "azure-key-1", **environ}
    with pytest.raises(MissingInput, match="api-key"):
        read(environ, "--base-url", f"https://{host}/v1")


def test_a_key_that_was_set_for_an_address_goes_there() -> None:
    """OPENAI_BASE_URL and OPENAI_API_KEY belong together, and OpenAI's own address to its key."""
    environ = {"OPENAI_API_KEY": "sk-1234567", "OPENAI_MODEL": "m"}
    elsewhere = read({**environ, "OPENAI_BASE_URL": "https://gateway.example/v1"})
    assert elsewhere.settings.api_key == "sk-1234567"
    own = read(environ, "--base-url", "https://api.openai.com/v1")
    assert own.settings.api_key == "sk-1234567"


def test_a_key_is_named_by_its_variable() -> None:
    """The option takes a name, so that no key is in the list of processes."""
    chosen = read({"MY_KEY": "k-1234567"}, "--model", "m", "--base-url", "https://h.example/v1",
                  "--api-key-env", "MY_KEY")  # fmt: skip
    assert chosen.settings.api_key == "k-1234567"
    assert chosen.origins["api-key"] == "MY_KEY"
    with pytest.raises(MissingInput, match="MY_KEY"):
        read({}, "--model", "m", "--api-key-env", "MY_KEY")


@pytest.mark.parametrize("key", ["sk-proj-secret", "0123456789abcdef", "abcdef0123456789"])
def test_a_key_in_place_of_its_variable_is_not_shown(key: str) -> None:
    """`--api-key KEY` is read as `--api-key-env KEY`."""
    with pytest.raises(InvalidInput) as caught:
        read({}, "--model", "m", "--api-key", key)

    assert key not in f"{caught.value.cause} {caught.value.next_step}"
    assert "variable that holds the key" in caught.value.next_step


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/v1", "http://localhost:4000"])
def test_a_server_on_this_machine_gets_the_key_that_is_set(address: str) -> None:
    """A gateway here may check it; the placeholder used without one is never shown."""
    chosen = read({"OPENAI_API_KEY": "sk-1234567"}, "--model", "m", "--base-url", address)
    assert chosen.settings.api_key == "sk-1234567"
    assert chosen.origins["api-key"] == "OPENAI_API_KEY"
    assert "api-key" not in read({}, "--model", "m", "--base-url", address).origins


def test_this_machine_needs_no_key_and_azure_none_either() -> None:
    """A local server accepts any text; Azure authenticates with Entra ID."""
    assert read({}, "--model", "m", "--base-url", "http://127.0.0.1:8080/v1").settings.api_key
    assert read({}, "--model", "m", "--base-url", AZURE).settings.api_key is None


def test_the_jobs_identity_wants_no_key_from_the_environment() -> None:
    """A key in the environment does not contradict the Entra ID inputs."""
    settings = read(
        {"AZURE_OPENAI_API_KEY": "azure-key-1"},
        "--model", "m", "--base-url", AZURE,
        "--azure-tenant-id", "tenant", "--azure-client-id", "client",
    ).settings  # fmt: skip
    assert settings.api_key is None


def test_a_price_may_be_given() -> None:
    """For models that no list knows."""
    settings = read(
        {"OPENAI_API_KEY": "sk-1234567"}, "--model", "m", "--price", "2/8.5/0.5"
    ).settings
    ((name, price),) = settings.prices
    assert (name, price.input, price.output, price.cached) == (
        "m",
        Decimal(2),
        Decimal("8.5"),
        Decimal("0.5"),
    )
    with pytest.raises(InvalidInput, match="price"):
        read({"OPENAI_API_KEY": "sk-1234567"}, "--model", "m", "--price", "cheap")


@pytest.mark.parametrize(
    ("environ", "options", "kind", "words"),
    [
        ({}, (), MissingInput, "--model"),
        ({}, ("--model", "m"), MissingInput, "OPENAI_API_KEY"),
        (
            {"OPENAI_API_KEY": "sk-1234567"},
            ("--model", "m", "--timeout", "soon"),
            InvalidInput,
            "--timeout",
        ),
        (
            {"OPENAI_API_KEY": "sk-1234567", "OPENAI_BASE_URL": "http://far.example"},
            ("--model", "m"),
            InvalidInput,
            "OPENAI_BASE_URL",
        ),
        (
            {"INPUT_API-KEY": "azure-key-1"},
            ("--model", "m", "--base-url", AZURE, "--azure-tenant-id", "t"),
            ContradictingInputs,
            "azure-tenant-id",
        ),
        ({}, ("--model", "m", "--base-url", "http://[oops"), InvalidInput, "--base-url"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_a_terminal(
    environ: Mapping[str, str], options: tuple[str, ...], kind: type[SettingsError], words: str
) -> None:
    """Naming the option or variable that it came from, and no value of a key."""
    with pytest.raises(kind) as caught:
        read(environ, *options)
    assert words in str(caught.value)
    assert "with:" not in str(caught.value)
    assert "sk-1234567" not in str(caught.value)
    assert "azure-key-1" not in str(caught.value)


def test_everything_that_is_missing_is_said_at_once() -> None:
    """One error shows both variables that are missing."""
    with pytest.raises(MissingInput) as wrong:
        read({})
    assert "`model` is missing." in wrong.value.cause
    assert "`api-key` is missing." in wrong.value.cause
    assert "OPENAI_MODEL" in wrong.value.next_step
    assert "OPENAI_API_KEY" in wrong.value.next_step
