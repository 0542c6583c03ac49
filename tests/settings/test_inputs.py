from __future__ import annotations

import traceback
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import (
    ContradictingInputs,
    InvalidInput,
    MissingInput,
    SettingsError,
)
from predict_edit.settings.fields import INPUT_NAMES, SECRETS, WORKFLOW_ONLY, Inputs
from predict_edit.settings.inputs import read_inputs, variable_of

Environ = dict[str, str]
Make = Callable[..., Environ]
AZURE = "https://NAME.openai.azure.com/openai/v1/"
TENANT = "11111111-2222-3333-4444-555555555555"

CONTRACT = [
    "github-token",
    "command",
    "instruction",
    "pull-request",
    "ref",
    "files",
    "exclude",
    "model",
    "base-url",
    "api-key",
    "headers",
    "api-version",
    "azure-tenant-id",
    "azure-client-id",
    "azure-scope",
    "prediction",
    "answer",
    "reasoning-effort",
    "context",
    "plan",
    "permission",
    "deliver",
    "also",
    "max-suggestions",
    "max-files",
    "max-tokens",
    "max-cost",
    "concurrency",
    "timeout",
    "max-output-tokens",
    "findings",
    "branch",
    "title",
    "labels",
    "draft",
    "dry-run",
    "mode",
    "shard",
    "results",
    "fail-on",
]


def test_all_inputs_of_the_contract_are_known() -> None:
    assert sorted(INPUT_NAMES) == sorted(CONTRACT)
    assert set(SECRETS) <= set(WORKFLOW_ONLY) <= set(INPUT_NAMES)


def test_the_variable_of_an_input() -> None:
    """An input's variable is upper case and keeps its hyphens."""
    assert variable_of("github-token") == "INPUT_GITHUB-TOKEN"


def test_the_least_that_works(environ: Make) -> None:
    inputs = read_inputs(environ() | {"INPUT_FILES": "", "INPUT_DRY-RUN": "  ", "PATH": "/bin"})
    assert (inputs.github_token, inputs.model, inputs.api_key) == (
        "ghs_secret",
        "gpt-4.1",
        "sk-secret",
    )
    required = {"github_token", "model", "api_key"}
    assert all(
        getattr(inputs, name) is None for name in Inputs.model_fields if name not in required
    )


def test_underscores_are_not_hyphens(environ: Make) -> None:
    """A variable that a shell has renamed is not an input."""
    assert read_inputs(environ() | {"INPUT_MAX_FILES": "3"}).max_files is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("command", "/fix", "/fix"),
        ("instruction", " Do\r\nthis\u200b ", "Do\nthis"),
        ("pull-request", "12", 12),
        ("ref", "release/1.x", "release/1.x"),
        ("files", "src/**, *.py\n# a comment\n!src/gen/**", ("src/**", "*.py", "!src/gen/**")),
        ("files", "*.{ts,tsx},a", ("*.ts", "*.tsx", "a")),
        ("exclude", "./docs\n\n", ("/docs",)),
        ("base-url", AZURE, AZURE),
        ("prediction", "on", "on"),
        ("context", "none", "none"),
        ("plan", "on", "on"),
        ("permission", "maintain", "maintain"),
        ("deliver", "pull-request", "pull-request"),
        ("max-suggestions", "0", 0),
        ("max-files", "3000", 3000),
        ("max-tokens", "1000000", 1_000_000),
        ("max-cost", "0.25", Decimal("0.25")),
        ("concurrency", "64", 64),
        ("timeout", "0.5", 0.5),
        ("max-output-tokens", "16384", 16384),
        ("findings", "reports/*.sarif", ("reports/*.sarif",)),
        ("branch", "predict-edit/x", "predict-edit/x"),
        ("branch", "refs/heads/x", "x"),
        ("ref", "refs/heads/feature/x", "feature/x"),
        ("title", "Fix lint", "Fix lint"),
        ("labels", "lint, needs review\nbot", ("lint", "needs review", "bot")),
        ("draft", "true", True),
        ("dry-run", "False", False),
        ("mode", "plan", "plan"),
        ("shard", "2/8", "2/8"),
        ("results", "results/**/*.json", ("results/**/*.json",)),
        ("fail-on", "partial", "partial"),
        ("azure-scope", "https://ai.azure.com/.default", "https://ai.azure.com/.default"),
    ],
)
def test_values(environ: Make, name: str, text: str, value: object) -> None:
    inputs = read_inputs(environ() | {variable_of(name): text})
    assert getattr(inputs, name.replace("-", "_")) == value


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("command", "/predict edit", "one word"),
        ("command", "/\u200b", "one word"),
        ("instruction", "x" * 8001, "8,000 are allowed"),
        ("pull-request", "0", "greater than or equal to 1"),
        ("pull-request", "twelve", "whole number"),
        ("ref", "a..b", "branch name"),
        ("ref", "-x", "branch name"),
        ("files", "../x", "leaves the repository"),
        ("files", "!docs", "no pattern comes before it"),
        ("files", "a\\", "not a glob"),
        ("files", "*a*b*c*d*e", "more than 4 stars"),
        ("files", "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "more than 200"),
        ("exclude", "x" * 301, "longer than 300"),
        ("model", "gpt 4", "without white space"),
        ("model", "x" * 201, "200 characters"),
        ("base-url", "ftp://x", "https"),
        ("base-url", "http://example.com/v1", "https://"),
        ("base-url", "https://", "https"),
        ("base-url", "example.com", "https"),
        ("base-url", "https://x:port/", "https"),
        ("base-url", "https://api.example.com/v1?api-version=1", "without `?`"),
        ("base-url", "https://api.example.com/v1#x", "without `?`"),
        ("base-url", "https://api.example.com/v1/chat/completions", "/chat/completions"),
        ("base-url", "https://NAME.openai.azure.com/", "/openai/v1/"),
        ("api-key", "sk secret", "paste it again"),
        ("github-token", "ghs\x00", "paste it again"),
        ("headers", "x-key", "`Name: value`"),
        ("headers", "x key: value", "`Name: value`"),
        ("headers", "x-key:", "`Name: value`"),
        ("headers", "x-key: vålue-of-a-key", "no header can hold"),
        ("headers", "Authorization: Bearer x", "`api-key`"),
        ("headers", "x-key: one\nX-Key: two", "twice"),
        ("api-version", "v1", "give a version such as `2025-01-01-preview`"),
        ("reasoning-effort", "little", "it must be `auto`, `none`"),
        ("prediction", "true", "it must be `auto`, `on` or `off`"),
        ("context", "all", "`none`, `diff` or `pull-request`"),
        ("permission", "owner", "`write`"),
        ("deliver", "push", "`suggestions`"),
        ("max-suggestions", "-1", "greater than or equal to 0"),
        ("max-suggestions", "3.5", "it must be a whole number"),
        ("max-files", "0", "greater than or equal to 1"),
        ("max-tokens", "0", "greater than or equal to 1"),
        ("max-cost", "-1", "greater than or equal to 0"),
        ("max-cost", "inf", "finite"),
        ("max-cost", "$5", "it must be a number"),
        ("concurrency", "65", "less than or equal to 64"),
        ("concurrency", "0", "greater than or equal to 1"),
        ("timeout", "0", "greater than 0"),
        ("timeout", "nan", "finite"),
        ("timeout", "5m", "it must be a number"),
        ("max-output-tokens", "0", "greater than or equal to 1"),
        ("branch", "a b", "branch name"),
        ("branch", "refs/tags/x", "branch name"),
        ("ref", "refs/heads/", "branch name"),
        ("branch", "x.lock", "branch name"),
        ("title", "a\nb", "one line"),
        ("title", "a" * 251, "it must have at most 250 characters"),
        ("draft", "maybe", "it must be true or false"),
        ("dry-run", "2", "it must be true or false"),
        ("mode", "all", "`publish`"),
        ("shard", "a", "a number, or a shard of the matrix"),
        ("fail-on", "always", "`never`"),
        ("azure-scope", "cognitive", "https://ai.azure.com/.default"),
        ("azure-tenant-id", "my tenant", "the Azure portal"),
    ],
)
def test_invalid_values(environ: Make, name: str, text: str, says: str) -> None:
    """The error says what is allowed."""
    with pytest.raises(InvalidInput) as caught:
        read_inputs(environ() | {variable_of(name): text})
    assert f"`{name}`" in caught.value.cause
    assert says in str(caught.value)
    assert len(str(caught.value)) < 500


def test_headers_are_read_line_by_line_and_their_values_never_shown(
    inputs: Callable[..., Inputs],
) -> None:
    """A value may hold colons; neither a repr nor an error shows one."""
    read = inputs(headers="x-portkey-provider: @open-ai\n\n x-key:  hush:hush-1234 \n")
    assert read.headers == (("x-portkey-provider", "@open-ai"), ("x-key", "hush:hush-1234"))
    assert "hush" not in repr(read)
    with pytest.raises(InvalidInput) as caught:
        inputs(headers="x-key: hush-1234\nno colon")
    assert "hush" not in str(caught.value)


def test_all_invalid_values_are_reported_at_once(environ: Make) -> None:
    """Correcting one input should not reveal the next error."""
    with pytest.raises(InvalidInput, match=r"`max-files` is `x`.*`timeout` is `-1`"):
        read_inputs(environ(max_files="x", timeout="-1"))


@pytest.mark.parametrize(
    ("given_inputs", "error", "names"),
    [
        ({"github_token": ""}, MissingInput, "`github-token`"),
        ({"model": " "}, MissingInput, "`model`"),
        # no key: only Azure works without
        ({"api_key": ""}, MissingInput, "`api-key`"),
        ({"api_key": "", "base_url": "https://api.example.com/v1"}, MissingInput, "`api-key`"),
        ({"api_key": "", "base_url": "http://127.0.0.1:8080/v1"}, MissingInput, "`api-key`"),
        ({"api_key": "", "base_url": "https://openai.azure.com.evil.example/openai/v1"},
         MissingInput, "`api-key`"),
        ({"api_key": "", "base_url": "https://evilopenai.azure.com/openai/v1"},
         MissingInput, "`api-key`"),
        # half of what signs in without a key, or too much
        ({"api_key": "", "base_url": AZURE, "azure_tenant_id": TENANT},
         ContradictingInputs, "`azure-client-id`"),
        ({"api_key": "", "base_url": AZURE, "azure_client_id": TENANT},
         ContradictingInputs, "`azure-tenant-id`"),
        ({"base_url": AZURE, "azure_client_id": TENANT, "azure_tenant_id": TENANT},
         ContradictingInputs, "`api-key`"),
        ({"base_url": AZURE, "azure_tenant_id": TENANT}, ContradictingInputs, "`api-key`"),
        ({"api_key": "", "azure_client_id": TENANT, "azure_tenant_id": TENANT},
         MissingInput, "`base-url`"),
        # dated routes
        ({"api_version": "2025-01-01-preview"}, ContradictingInputs, "`base-url`"),
        ({"api_version": "2025-01-01-preview", "base_url": AZURE},
         ContradictingInputs, "`api-version`"),
    ],
)  # fmt: skip
def test_sign_in_that_cannot_work(
    environ: Make, given_inputs: dict[str, str], error: type[SettingsError], names: str
) -> None:
    """Missing and contradicting inputs are found and named before any request."""
    with pytest.raises(error) as caught:
        read_inputs(environ(**given_inputs))
    assert type(caught.value) is error
    assert names in str(caught.value)


@pytest.mark.parametrize(
    "given_inputs",
    [
        {},  # OpenAI's key
        {"base_url": "https://api.example.com/v1"},  # a compatible server
        {"base_url": "http://localhost:1/v1"},  # on this machine, with any text as key
        {"base_url": "http://[::1]:1/v1"},
        {"base_url": AZURE},  # Azure with a key
        {"base_url": AZURE, "api_key": ""},  # Azure with whoever is signed in
        {"base_url": "https://n.services.ai.azure.com/openai/v1", "api_key": ""},
        {"base_url": "https://n.openai.azure.us/openai/v1", "api_key": ""},  # a national cloud
        {"base_url": AZURE.upper().replace("HTTPS", "https").replace("OPENAI/V1", "openai/v1"),
         "api_key": ""},  # hosts have no case
        # Azure with the job's identity
        {"base_url": AZURE, "api_key": "", "azure_client_id": TENANT, "azure_tenant_id": TENANT},
        # Azure behind another name
        {"base_url": "https://ai.example.com/openai/v1", "api_key": "",
         "azure_client_id": TENANT, "azure_tenant_id": "example.com"},
        {"base_url": "https://ai.example.com", "api_version": "2025-01-01-preview", "api_key": ""},
        {"base_url": "https://NAME.openai.azure.com/", "api_version": "2024-10-21"},
    ],
)  # fmt: skip
def test_sign_in_that_can_work(environ: Make, given_inputs: dict[str, str]) -> None:
    """Every documented way to authenticate passes."""
    assert read_inputs(environ(**given_inputs)).model == "gpt-4.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"github_token": "ghs_secret x"},
        {"api_key": "sk-secret x"},
        {"base_url": "https://user:sk-secret@example.com/v1"},
        {"base_url": "sk-secret"},  # pasted into the wrong place
        {"model": "sk-secret ghs_secret"},
        {"max_files": "sk-secret"},
    ],
)
def test_secrets_show_nowhere(environ: Make, wrong: dict[str, str]) -> None:
    """Neither an error, nor its traceback, nor a repr shows a secret."""
    with pytest.raises(InvalidInput) as caught:
        read_inputs(environ(**wrong))
    told = "".join(traceback.format_exception(caught.value))
    assert "secret" not in f"{caught.value} {caught.value.args}"
    assert "secret" not in told.replace("test_secrets", "").replace("{'", "")
    assert "secret" not in repr(read_inputs(environ()))


@given(
    st.dictionaries(
        st.sampled_from([name for name in CONTRACT if name not in SECRETS]),
        st.text(max_size=30) | st.from_regex(r"https://[a-z:@/?#\[\].]{1,20}", fullmatch=True),
        max_size=5,
    )
)
def test_reading_never_crashes(given_inputs: dict[str, str]) -> None:
    """Any text in any input is read, or raises an error of our own classes."""
    environment = {variable_of(name): value for name, value in given_inputs.items()}
    environment |= {"INPUT_GITHUB-TOKEN": "t", "INPUT_API-KEY": "k"}
    try:
        assert isinstance(read_inputs(environment), Inputs)
    except SettingsError as error:
        told = str(error)
    else:
        return
    assert "`" in told
    assert told.isprintable()
