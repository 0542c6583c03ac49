"""The content of the cassettes: made-up addresses, no secret, nothing unused, and little."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from vcr.request import Request  # type: ignore[import-untyped]  # vcrpy has no types

from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.model.config import API_KEY

from .conftest import (
    AZURE,
    CASSETTES,
    GITHUB,
    MODEL,
    clean_request,
    clean_response,
    interactions,
)

HERE = Path(__file__).parent
MOST_BYTES = 500_000

SECRETS = {
    "token of GitHub": r"\b(gh[a-z]_|github_pat_)\w{10,}",
    "key of a model": r"\bsk-[\w-]{8,}",
    "key of Azure": r"\b[0-9a-fA-F]{32}\b",
    "JSON web token": r"\beyJ[\w-]{8,}\.",
    "bearer": r"(?i)\b(bearer|token|basic) (?!REDACTED)[\w.~+/-]{8,}=*['\"]",
    "private key": r"-----BEGIN",
    "cookie": r"(?i)\bset-cookie\b",
    "the stand-ins' own": f"{re.escape(DEFAULT_TOKEN)}|{re.escape(API_KEY)}|may-write-contents",
    "wrong ones": "nobody-knows-this|a-key-that-nobody-has",
}
TRACES = {
    "path": r"(?<![\w:/.])/(home|root|tmp|usr|var|opt|work|mnt|Users|private)/",
    "address of this machine": r"127\.0\.0\.1|\[::1\]|localhost:\d|0\.0\.0\.0",
    "version of a client": r"(?i)x-stainless|user-agent|python-requests|pygithub|httpx",
    "time of the recording": r"(?i)^\s*date:",
}
HOSTS = {urlsplit(origin).netloc for origin in (AZURE, GITHUB, MODEL)} | {
    # Documentation that error messages point to.
    "docs.github.com",
    "platform.openai.com",
}


def strings(value: Any) -> Iterator[str]:
    """Every text in a structure, JSON within texts included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value
        if value.startswith(("{", "[")):
            yield from strings(json.loads(value))


def found(patterns: dict[str, str], text: str) -> list[str]:
    return [name for name, pattern in patterns.items() if re.search(pattern, text, re.MULTILINE)]


# Nothing that does not belong there


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_no_secret_and_no_trace(path: Path) -> None:
    """No credential, path, port, version or name of the recording machine is in a cassette."""
    text = path.read_text("utf-8")
    own = (platform.node(), str(Path.home()), sys.prefix, tempfile.gettempdir())
    made_up = " ".join(sorted(HOSTS))
    machine = {word: re.escape(word) for word in own if len(word) > 5 and word not in made_up}
    for part in (text, *strings(interactions(path))):
        assert found(SECRETS | TRACES | machine, part) == []


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_credentials_are_redacted(path: Path) -> None:
    """Each request had a credential, and only its kind is left."""
    for interaction in interactions(path):
        headers = interaction["request"]["headers"]
        sent = [headers[name][0] for name in ("authorization", "api-key") if name in headers]
        assert sent
        assert set(sent) <= {"REDACTED", "Bearer REDACTED", "token REDACTED"}


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_every_address_is_made_up(path: Path) -> None:
    """No address leads to a host that is not known to be made up, or documentation."""
    addresses = re.findall(r"\w+://[^\s\"'`<>{}\\]+", path.read_text("utf-8"))
    assert addresses
    assert {urlsplit(address).netloc for address in addresses} <= HOSTS


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        ("ghs_16C7e42F292c6912E7710c838347Ae178B4a", "token of GitHub"),
        ("sk-proj-abcdefgh", "key of a model"),
        ("0123456789abcdef0123456789abcdef", "key of Azure"),
        ("eyJhbGciOiJub25lIn0.e30.", "JSON web token"),
        ('"Bearer abcdefgh12345678"', "bearer"),
        (DEFAULT_TOKEN, "the stand-ins' own"),
        ("/home/runner/work", "path"),
        ("http://127.0.0.1:8080/", "address of this machine"),
        ("      x-stainless-os:", "version of a client"),
        ("      date:", "time of the recording"),
    ],
)
def test_what_is_searched_for_is_found(planted: str, name: str) -> None:
    """The search would notice."""
    assert name in found(SECRETS | TRACES, f"body: x\n{planted}\n")


def test_requests_are_cleaned() -> None:
    """Address and credential are replaced, everything about the client is dropped."""
    sent = {
        "Authorization": "Bearer secret-1",
        "api-key": "secret-2",
        "User-Agent": "x/1",
        "X-Stainless-OS": "Linux",
        "Cookie": "secret-3",
        "Accept": "application/json",
    }
    request = Request("GET", "http://127.0.0.1:4711/v1/x?y=1", None, sent)

    clean = clean_request(request, {"http://127.0.0.1:4711": AZURE})

    assert clean.uri == f"{AZURE}/v1/x?y=1"
    assert clean.headers == {
        "accept": "application/json",
        "api-key": "REDACTED",
        "authorization": "Bearer REDACTED",
    }


def test_answers_are_cleaned() -> None:
    """Addresses in headers and body are replaced, times fixed, everything else dropped."""
    served = "http://127.0.0.1:4711"
    answer = {
        "status": {"code": 200, "message": "OK"},
        "headers": {
            "Link": [f'<{served}/x?page=2>; rel="next"'],
            "Date": ["Thu, 01 Jan 2026 00:00:00 GMT"],
            "X-RateLimit-Reset": ["1767225600"],
            "X-RateLimit-Remaining": ["12"],
            "Set-Cookie": ["secret"],
            "Content-Length": ["99"],
        },
        "body": {"string": f'{{"a": "{served}/y", "git": "git://127.0.0.1:4711/z"}}'.encode()},
    }

    clean = clean_response(answer, {served: GITHUB})

    assert clean["headers"] == {
        "link": [f'<{GITHUB}/x?page=2>; rel="next"'],
        "x-ratelimit-remaining": ["12"],
        "x-ratelimit-reset": ["4102444800"],
    }
    git = GITHUB.replace("http", "git")
    assert json.loads(clean["body"]["string"]) == {"a": f"{GITHUB}/y", "git": f"{git}/z"}


# Nothing that is missing or too much


def test_every_cassette_belongs_to_a_test() -> None:
    """No recording is left from a deleted test, and all together are small."""
    assert CASSETTES
    for path in CASSETTES:
        module = (HERE / f"{path.parent.name}.py").read_text("utf-8")
        assert f"def {path.stem.partition('[')[0]}(" in module
        assert interactions(path)
    assert sum(path.stat().st_size for path in CASSETTES) < MOST_BYTES


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.source
def test_recording_again_changes_nothing() -> None:
    """Recorded at another time, on other ports, the cassettes are the same byte for byte."""
    script = HERE.parents[1] / "scripts" / "record_cassettes.py"
    command = [sys.executable, str(script), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
