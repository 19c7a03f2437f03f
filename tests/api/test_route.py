from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from xds_tui.api.errors import NotSent
from xds_tui.api.route import open_route, proxy_for

SERVICE = httpx.URL("https://service.test")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_without_an_environment_there_is_no_proxy() -> None:
    assert proxy_for(SERVICE) is None


@pytest.mark.parametrize(
    ("variable", "value", "proxy"),
    [
        ("HTTPS_PROXY", "http://proxy.test:3128", "http://proxy.test:3128"),
        ("HTTPS_PROXY", "proxy.test:3128", "http://proxy.test:3128"),
        ("ALL_PROXY", "http://proxy.test", "http://proxy.test"),
        ("HTTP_PROXY", "http://proxy.test", None),
    ],
)
def test_https_goes_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, proxy: str | None
) -> None:
    monkeypatch.setenv(variable, value)
    assert proxy_for(SERVICE) == proxy


@pytest.mark.parametrize(
    "url", ["http://service.test", "http://127.0.0.1:8000", "https://localhost", "https://[::1]:1"]
)
def test_this_machine_and_plain_http_go_through_no_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.test:3128")
    assert proxy_for(httpx.URL(url)) is None


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "service.test")
    assert proxy_for(SERVICE) is None


@pytest.mark.parametrize("proxy", ["socks4://name:word@proxy.test", "http://name:word@proxy.test:port"])
def test_a_proxy_that_cannot_be_used_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(NotSent) as caught:
        open_route(SERVICE, keep_alive=True)
    assert "proxy" in caught.value.summary
    assert "word" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_certificates_that_cannot_be_read_are_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(NotSent, match="SSL_CERT_FILE"):
        open_route(SERVICE, keep_alive=False)
