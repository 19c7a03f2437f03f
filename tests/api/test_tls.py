"""TLS over real sockets: who is believed to be the service, and what a proxy on the way gets to see."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.raw_server import TOKEN, RawServer, envelope, http, listening

from xds_tui.api import transport
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import BadResponse, NotSent
from xds_tui.cli.doctor import network
from xds_tui.domain.credentials import BareToken, Secret

HOST = "service.test"
LONG = timedelta(days=30)
ANSWER = http(envelope([]))
AUTHORITY = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A private authority")])


_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Signs certificates; a client with `file` trusts it."""

    def __init__(self, folder: Path, *, is_conforming: bool = True) -> None:
        """Make an authority; one that is not `is_conforming` issues certificates that Python 3.13 rejects."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._folder = folder
        self._is_conforming = is_conforming
        self.file = folder / "authority.pem"
        certificate = self._signed(AUTHORITY, self._key, LONG, x509.BasicConstraints(ca=True, path_length=None), _USAGE)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: timedelta, *extensions: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(AUTHORITY)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - LONG)
            .not_valid_after(now + lasts)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        if self._is_conforming:
            subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
            issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
            builder = builder.add_extension(subject, critical=False).add_extension(issuer, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def vouching_for(self, *hosts: str, lasts: timedelta = LONG) -> ssl.SSLContext:
        """What a server needs that has a certificate for `hosts`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
        names = [x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host) for host in hosts]
        certificate = self._signed(name, key, lasts, x509.SubjectAlternativeName(names))
        file = self._folder / "server.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@asynccontextmanager
async def secured(context: ssl.SSLContext, answer: bytes = ANSWER) -> AsyncIterator[RawServer]:
    """A service behind TLS."""
    service = RawServer(answer=answer)
    async with listening(service.serve, context) as service.port:
        yield service


@dataclass
class Proxy:
    """Opens tunnels, all to one port of this machine, and writes down whatever passes."""

    leads_to: int
    port: int = 0
    seen: bytearray = field(default_factory=bytearray)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen += await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        await asyncio.gather(self._pass_on(reader, inner_writer), self._pass_on(inner_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                self.seen += data
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def tunnelling_to(port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(port)
    async with listening(proxy.serve) as proxy.port:
        yield proxy


def a_client(url: str) -> Client:
    return Client(url, BareToken(Secret(TOKEN)), deadlines=Deadlines(30, 60, 60))


def by_file(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


def by_folder(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = authority.file.parent / "certificates"
    folder.mkdir()
    shutil.copy(authority.file, folder)
    subprocess.run(["openssl", "rehash", folder], check=True)
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to name the files of a folder")


@pytest.mark.parametrize("name", [by_file, pytest.param(by_folder, marks=needs_openssl)])
async def test_an_authority_of_the_environment_is_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, name: Callable[[Authority, pytest.MonkeyPatch], None]
) -> None:
    name(authority, monkeypatch)
    async with (
        secured(authority.vouching_for("127.0.0.1")) as service,
        a_client(f"https://127.0.0.1:{service.port}") as client,
    ):
        assert await client.images() == ()
    assert TOKEN in service.requests[0]


@dataclass
class Impostor:
    """A server in the place of the service."""

    name: str
    said: str
    """What is said of it."""
    host: str = "127.0.0.1"
    """The name in its certificate."""
    lasts: timedelta = LONG
    is_vouched_for: bool = True
    """Whether its authority is believed."""


IMPOSTORS = (
    Impostor("one with an unknown authority", "self-signed certificate|unable to get local", is_vouched_for=False),
    Impostor("one with the certificate of another", "IP address mismatch", host="127.0.0.2"),
    Impostor("one with an expired certificate", "certificate has expired", lasts=-timedelta(hours=1)),
)


@pytest.mark.parametrize("impostor", IMPOSTORS, ids=lambda impostor: impostor.name)
async def test_an_impostor_gets_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, impostor: Impostor
) -> None:
    if impostor.is_vouched_for:
        by_file(authority, monkeypatch)
    async with (
        secured(authority.vouching_for(impostor.host, lasts=impostor.lasts)) as service,
        a_client(f"https://127.0.0.1:{service.port}") as client,
    ):
        with pytest.raises(NotSent) as caught:
            await client.images()
        with pytest.raises(NotSent):
            await client.power("h1", True)
    assert re.search(impostor.said, caught.value.detail)
    assert service.requests == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_outdated_tls_is_rejected(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    by_file(authority, monkeypatch)
    old = authority.vouching_for("127.0.0.1")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with secured(old) as service, a_client(f"https://127.0.0.1:{service.port}") as client:
        with pytest.raises(NotSent):
            await client.images()
    assert service.requests == []


async def test_a_proxy_forwards_encrypted_data(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    by_file(authority, monkeypatch)
    async with secured(authority.vouching_for(HOST)) as service, tunnelling_to(service.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:word@127.0.0.1:{proxy.port}")
        async with a_client(f"https://{HOST}") as client:
            assert await client.images() == ()
    assert TOKEN in service.requests[0]
    assert proxy.seen.startswith(b"CONNECT service.test:443 HTTP/1.1\r\n")
    assert TOKEN.encode() not in proxy.seen
    assert b"/v1/pve" not in proxy.seen
    assert "proxy-authorization" not in service.requests[0].lower()


async def test_a_proxy_that_impersonates_the_service_gets_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with secured(authority.vouching_for(HOST)) as service, tunnelling_to(service.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        async with a_client(f"https://{HOST}") as client:
            with pytest.raises(NotSent, match="certificate"):
                await client.images()
    assert service.requests == []
    assert TOKEN.encode() not in proxy.seen


async def test_a_service_in_no_proxy_is_reached_directly(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    by_file(authority, monkeypatch)
    async with secured(authority.vouching_for(HOST)) as service, tunnelling_to(service.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", f"elsewhere.test,{HOST}")
        # The name is reserved (RFC 6761), so only the proxy can resolve it.
        async with a_client(f"https://{HOST}") as client:
            with pytest.raises(NotSent):
                await client.images()
    assert proxy.seen == b""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_port_of_the_same_host_is_not_followed(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    by_file(authority, monkeypatch)
    context = authority.vouching_for("127.0.0.1")
    async with secured(context) as other:
        moved = http("", f"{status} Moved", Location=f"https://127.0.0.1:{other.port}/v1/pve/open/image")
        async with secured(context, moved) as service, a_client(f"https://127.0.0.1:{service.port}") as client:
            with pytest.raises(BadResponse, match="redirected"):
                await client.images()
    assert len(service.requests) == 1
    assert other.requests == []


@pytest.fixture
def strict_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Verify certificates by the rules that Python applies by default from version 3.13 on."""
    default = ssl.create_default_context

    def strict(**options: Any) -> ssl.SSLContext:
        context = default(**options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    transport._trusted.cache_clear()
    yield
    transport._trusted.cache_clear()


@pytest.mark.usefixtures("strict_rules")
class TestStrictRules:
    async def test_a_certificate_that_conforms_is_accepted(
        self, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_file(authority, monkeypatch)
        async with (
            secured(authority.vouching_for("127.0.0.1")) as service,
            a_client(f"https://127.0.0.1:{service.port}") as client,
        ):
            assert await client.images() == ()

    async def test_the_cause_is_named_where_an_extension_is_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        authority = Authority(tmp_path, is_conforming=False)
        by_file(authority, monkeypatch)
        async with secured(authority.vouching_for("127.0.0.1")) as service:
            url = f"https://127.0.0.1:{service.port}"
            async with a_client(url) as client:
                with pytest.raises(NotSent) as caught:
                    await client.images()
            (_name, tls) = await network.examine(url)
        assert caught.value.summary == transport.NONCONFORMING
        assert "Missing Authority Key Identifier" in caught.value.detail
        assert "Missing Authority Key Identifier" in tls.message
        assert "Python 3.13" in tls.advice[0]
        assert "SSL_CERT_FILE" not in " ".join(tls.advice)

    async def test_an_unknown_authority_is_not_mistaken_for_it(self, authority: Authority) -> None:
        async with (
            secured(authority.vouching_for("127.0.0.1")) as service,
            a_client(f"https://127.0.0.1:{service.port}") as client,
        ):
            with pytest.raises(NotSent) as caught:
                await client.images()
        assert caught.value.summary != transport.NONCONFORMING
