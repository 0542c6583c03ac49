"""What addresses tell."""

from __future__ import annotations

import pytest

from predict_edit.settings.base_url import host_of, is_azure_host, is_bare, is_loopback, is_v1


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:80/v1", True),
        ("http://LOCALHOST/", True),
        ("http://127.0.0.1/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:8080/", True),
        ("http://0.0.0.0/", False),  # every interface, not this machine alone
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://example.com/?x=localhost", False),
        ("nothing", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    """Only addresses that never leave the machine are loopback."""
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("url", "azure"),
    [
        ("https://n.openai.azure.com/openai/v1/", True),
        ("https://N.OPENAI.AZURE.COM./", True),
        ("https://n.services.ai.azure.com/openai/v1", True),
        ("https://n.cognitiveservices.azure.com/", True),
        ("https://n.openai.azure.us/", True),
        ("https://openai.azure.com/", False),  # no resource
        ("https://n.openai.azure.com.example.com/", False),
        ("https://nopenai.azure.com/", False),
        ("https://api.openai.com/v1", False),
    ],
)
def test_azure(url: str, azure: bool) -> None:
    """Azure's own hosts are known by their ending, at a border of names."""
    assert is_azure_host(url) is azure


def test_paths_and_hosts() -> None:
    """The host and the kind of root are read whatever the port and the last slash."""
    assert host_of("https://X.example.com:8443/a") == "x.example.com"
    assert host_of("nothing") == ""
    assert is_v1("https://x/openai/v1/")
    assert not is_v1("https://x/v1")
    assert is_bare("https://x")
    assert is_bare("https://x/")
    assert not is_bare("https://x/openai")
