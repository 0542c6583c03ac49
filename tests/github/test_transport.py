"""TLS: the certificate decides, and an own authority can be named."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from predict_edit.domain.errors import ForgeAnswerInvalid, ForgeUnavailable
from predict_edit.domain.repository import Role

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub, MakeForge, MakeServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only its holder trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
async def secure(make_server: MakeServer, certificate: Path) -> FakeGitHub:
    """A server behind that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return await make_server(tls=context)


async def test_an_unknown_certificate_is_not_accepted(
    secure: FakeGitHub, make_forge: MakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent, and the message says where to name an own authority."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(ForgeUnavailable, match="REQUESTS_CA_BUNDLE"):
        await make_forge(secure).role_of("mona")
    assert secure.received == []


async def test_a_named_authority_is_accepted(
    secure: FakeGitHub,
    make_forge: MakeForge,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An Enterprise Server with its own certificate works over https."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    secure.on("GET", "collaborators/mona/permission", {"permission": "admin"})
    assert await make_forge(secure).role_of("mona") is Role.ADMIN


async def test_a_redirect_to_plain_http_is_not_followed(
    secure: FakeGitHub,
    github: FakeGitHub,
    make_forge: MakeForge,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The token never goes from https to http."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    headers = {"Location": f"{github.api_url}/elsewhere"}
    secure.on("GET", "collaborators/mona/permission", status=301, headers=headers)
    with pytest.raises(ForgeAnswerInvalid, match="redirect"):
        await make_forge(secure).role_of("mona")
    assert github.received == []
