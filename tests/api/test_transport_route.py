from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest

from xds_tui.api import transport
from xds_tui.api.errors import NotSent
from xds_tui.api.transport import open_route, trusted

SERVICE = httpx.URL("https://service.test")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def _read_again() -> Iterator[None]:
    transport._trusted.cache_clear()
    yield
    transport._trusted.cache_clear()


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_unreadable_certificates_are_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(NotSent, match="SSL_CERT_FILE"):
        open_route(SERVICE, keep_alive=False)


@pytest.fixture
def of_certifi(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where certifi's certificates were looked for."""
    asked: list[str] = []
    where = certifi.where()

    def recorded() -> str:
        asked.append(where)
        return where

    monkeypatch.setattr(certifi, "where", recorded)
    return asked


@pytest.mark.usefixtures("_read_again")
@pytest.mark.parametrize("folder", ["full", None])
def test_only_the_certificates_of_the_system_are_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of_certifi: list[str], folder: str | None
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "5ad8a5d6.0").touch()
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if folder is None:
        store.load_verify_locations(certifi.where())
        of_certifi.clear()
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: store)
    capath: Any = str(full) if folder else None
    paths = ssl.get_default_verify_paths()._replace(capath=capath)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert trusted() is store
    assert of_certifi == []


@pytest.mark.usefixtures("_read_again")
@pytest.mark.parametrize("folder", ["empty", None])
def test_without_certificates_of_the_system_certifi_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of_certifi: list[str], folder: str | None
) -> None:
    (tmp_path / "empty").mkdir()
    capath: Any = str(tmp_path / "empty") if folder else None
    paths = ssl.get_default_verify_paths()._replace(capath=capath)
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    context = trusted()
    assert context.get_ca_certs()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(of_certifi) == 1


@pytest.mark.usefixtures("_read_again")
def test_with_a_file_in_the_environment_nothing_else_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of_certifi: list[str]
) -> None:
    first = Path(certifi.where()).read_text().split("-----END CERTIFICATE-----")[0]
    file = tmp_path / "one.pem"
    file.write_text(f"{first}-----END CERTIFICATE-----\n")
    of_certifi.clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert len(trusted().get_ca_certs()) == 1
    assert of_certifi == []
