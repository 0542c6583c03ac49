"""Recording and replaying: what the clients say to the stand-ins, and what they are answered.

When recording, the offline GitHub or the offline model is served for the length of a test. When
replaying, nothing is served and nothing may connect: the test sees the cassette alone. Both times
the clients are given the same made-up addresses, so that a cassette never depends on a port.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from pytest_recording import network
from pytest_recording.plugin import block_network, vcr
from vcr import VCR  # type: ignore[import-untyped]  # vcrpy has no types
from vcr.cassette import Cassette  # type: ignore[import-untyped]  # likewise
from vcr.request import Request  # type: ignore[import-untyped]  # likewise
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]  # likewise

from predict_edit_sandbox.github import Sandbox, run_sandbox_github
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.world import build_world
from predict_edit_sandbox.world_files import WorldFile

CASSETTES = sorted((Path(__file__).parent / "cassettes").rglob("*.yaml"))
FOLDER_VARIABLE = "PREDICT_EDIT_CASSETTES"
"""Where scripts/record_cassettes.py wants the cassettes."""
REPOSITORY = "octo/demo"
GITHUB = "http://github.sandbox.localhost"
MODEL = "http://model.sandbox.localhost"
AZURE = "https://stand-in-not-azure.openai.azure.com"
"""Only a host of Azure's makes the client take the ways of Azure. Nothing is ever sent to it."""
REDACTED = "REDACTED"
SECRET_HEADERS = frozenset({"authorization", "api-key"})
KEPT_OF_REQUESTS = frozenset({"accept", "content-type", "x-github-api-version"})
KEPT_OF_RESPONSES = frozenset(
    {
        "content-type",
        "link",
        "location",
        "retry-after",
        "retry-after-ms",
        "x-accepted-github-permissions",
        "x-request-id",
    }
)
"""Besides ``x-ratelimit-*``. All else says when, where and with which version it was recorded."""
RESETS = {
    "x-ratelimit-reset": "4102444800",  # GitHub: 1 January 2100
    "x-ratelimit-reset-requests": "60000ms",
    "x-ratelimit-reset-tokens": "60000ms",
}
"""A limit that ends some time after the recording ends at a fixed one in the cassette."""
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

Prepare = Callable[[Sandbox], None]

__all__ = ["block_network", "vcr"]
"""The plugin's own fixtures, which the root's conftest.py replaces for all others."""


@pytest.fixture(scope="module", autouse=True)
def _blocked_afterwards(pytestconfig: pytest.Config) -> Iterator[None]:
    """Block the network for the modules that follow: the plugin's fixture ends every block."""
    yield
    network.block(pytestconfig.getoption("--allowed-hosts").split(","))


# The content of a cassette


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with made-up addresses; ``names`` maps the served origins to them."""
    for served, name in names.items():
        text = text.replace(served, name)
        # Not every address is one of http: there is ``git://`` too.
        text = text.replace(urlsplit(served).netloc, urlsplit(name).netloc)
    return text


def clean_request(request: Request, names: Mapping[str, str]) -> Request:
    """A request as it is recorded and compared: made-up address, no secret, nothing of the SDK's.

    Of a credential only the way it was sent is kept.
    """
    kept = {}
    for header, value in request.headers.items():
        name = header.lower()
        if name in SECRET_HEADERS:
            scheme, blank, _ = value.rpartition(" ")
            kept[name] = f"{scheme}{blank}{REDACTED}"
        elif name in KEPT_OF_REQUESTS:
            kept[name] = value
    request.uri = renamed(request.uri, names)
    request.headers = dict(sorted(kept.items()))
    return request


def clean_response(response: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """An answer as it is recorded: made-up addresses in header and body, no times, no versions."""
    headers: dict[str, list[str]] = {}
    for header, values in response["headers"].items():
        name = header.lower()
        if name in RESETS:
            headers[name] = [RESETS[name]]
        elif name in KEPT_OF_RESPONSES or name.startswith("x-ratelimit-"):
            headers[name] = [renamed(value, names) for value in values]
    body = renamed(response["body"]["string"].decode(), names)
    return {
        "status": dict(response["status"]),
        "headers": dict(sorted(headers.items())),
        "body": {"string": body.encode()},
    }


class _Dumper(yaml.SafeDumper):
    """Writes what a reviewer can read: bodies of several lines as blocks, nothing folded."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


class Readable:
    """The serializer of the cassettes: written readably, read by vcrpy's own safe loader."""

    deserialize = staticmethod(yamlserializer.deserialize)

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        """The text of a cassette."""
        return yaml.dump(cassette, Dumper=_Dumper, width=float("inf"), allow_unicode=True)


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    """Write cassettes readably."""
    vcr.register_serializer("yaml", Readable)


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """``cassettes/<module>``, or the same below a folder that the environment names."""
    root = os.environ.get(FOLDER_VARIABLE) or request.path.parent / "cassettes"
    return str(Path(root) / request.path.stem)


@pytest.fixture
def names() -> dict[str, str]:
    """Served addresses and their names in the cassette; empty when replaying."""
    return {}


@pytest.fixture
def vcr_config(names: dict[str, str]) -> dict[str, Any]:
    """Everything about a request counts, its body too; nothing else is let through.

    The hooks are functions because what else there is would be copied, ``names`` with it.
    """

    def clean(request: Request) -> Request:
        return clean_request(request, names)

    def tidy(response: dict[str, Any]) -> dict[str, Any]:
        return clean_response(response, names)

    return {
        "match_on": ["method", "scheme", "host", "port", "path", "query", "body"],
        "decode_compressed_response": True,
        "before_record_request": clean,
        "before_record_response": tidy,
    }


# What a cassette holds, to be looked at


Interaction = dict[str, Any]


def interactions(path: Path) -> list[Interaction]:
    """The exchanges of a cassette, with bodies as text."""
    read: list[Interaction] = yamlserializer.deserialize(path.read_text("utf-8"))["interactions"]
    return read


def body_of(interaction: Interaction) -> str:
    """The text of an answer."""
    text: str = interaction["response"]["body"]["string"]
    return text


def all_of(kind: str) -> list[Any]:
    """Every exchange with one of the two partners, named for pytest."""
    return [
        pytest.param(interaction, id=f"{path.stem}-{number}")
        for path in CASSETTES
        if path.parent.name == kind
        for number, interaction in enumerate(interactions(path), 1)
    ]


# Who answers


class Detour(httpx2.AsyncHTTPTransport):
    """Sends requests for a made-up address to the served stand-in."""

    def __init__(self, served: str) -> None:
        super().__init__()
        self._served = httpx2.URL(served)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(
            scheme=self._served.scheme, host=self._served.host, port=self._served.port
        )
        return await super().handle_async_request(request)


class Partners:
    """The clients' partners: stand-ins when recording, none when replaying."""

    def __init__(self, *, recording: bool, names: dict[str, str], folder: Path) -> None:
        self.recording = recording
        self._names = names
        self._folder = folder

    @contextlib.asynccontextmanager
    async def model(
        self, config: ModelConfig | None = None, *, origin: str = MODEL
    ) -> AsyncIterator[httpx2.AsyncBaseTransport | None]:
        """An offline model; yields the transport that leads there, ``None`` for the usual one."""
        if not self.recording:
            yield None
            return
        async with ModelSandbox(config) as served:
            self._names[served.url] = origin
            yield Detour(served.url)

    @contextlib.asynccontextmanager
    async def github(
        self, files: Sequence[WorldFile], prepare: Prepare | None = None
    ) -> AsyncIterator[str]:
        """An offline GitHub with pull request 1; yields the root of its API."""
        if not self.recording:
            yield GITHUB
            return
        world = build_world(self._folder / "world", files=files, attributes="")
        sandbox = Sandbox(clock=lambda: NOW)
        sandbox.add_repository(REPOSITORY, world.repository)
        sandbox.set_role(REPOSITORY, "ada", Role.WRITE)
        pull = sandbox.open_pull_request(
            REPOSITORY, base=world.base_ref, head=world.head_ref, title="Words"
        )
        assert pull.number == 1
        if prepare:
            prepare(sandbox)
        async with run_sandbox_github(sandbox) as url:
            self._names[url] = GITHUB
            yield url
        assert sandbox.defects == []


@pytest.fixture
def partners(record_mode: str, names: dict[str, str], tmp_path: Path) -> Partners:
    """Whom this test talks to."""
    return Partners(recording=record_mode != "none", names=names, folder=tmp_path)


@pytest.fixture(autouse=True)
def _everything_is_replayed(
    request: pytest.FixtureRequest, record_mode: str, vcr: Cassette | None
) -> Iterator[None]:
    """A replayed test makes every recorded request, so no cassette has unused ones."""
    yield
    if vcr is not None and record_mode == "none" and not vcr.all_played:
        pytest.fail(
            f"{vcr.play_count} of {len(vcr)} recorded requests were made. Where they are meant to "
            "differ now, run `make cassettes` and read the difference before you commit it."
        )
