"""Proxies over real sockets: SOCKS and HTTP, working ones and failures that must be named."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from support.raw_server import TOKEN, listening
from support.socks_server import SocksProxy, socks_proxy
from test_tls import HOST, Authority, a_client, by_file, secured

from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import Cause, NotSent
from xds_tui.api.proxy import Proxy, proxy_for
from xds_tui.api.transport import open_route
from xds_tui.domain.credentials import BareToken, Secret

SERVICE = httpx.URL(f"https://{HOST}")
PASSWORD = "hunter2hidden"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority(tmp_path)
    by_file(authority, monkeypatch)
    return authority


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks", "SOCKS5"])
async def test_a_socks_proxy_connects_to_the_service_and_looks_up_its_name(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    async with secured(authority.vouching_for(HOST)) as service, socks_proxy(SocksProxy(service.port)) as proxy:
        monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:{proxy.port}")
        async with a_client(f"https://{HOST}") as client:
            assert await client.images() == ()
    assert TOKEN in service.requests[0]
    assert proxy.asked_for == [(HOST, 443)]
    assert TOKEN.encode() not in proxy.relayed


async def test_a_socks_proxy_gets_its_user_name_and_password(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    socks = SocksProxy(0, login=("me@work", PASSWORD))
    async with secured(authority.vouching_for(HOST)) as service, socks_proxy(socks) as proxy:
        proxy.leads_to = service.port
        monkeypatch.setenv("ALL_PROXY", f"socks5://me%40work:{PASSWORD}@127.0.0.1:{proxy.port}")
        async with a_client(f"https://{HOST}") as client:
            assert await client.images() == ()
    assert proxy.logins == [("me@work", PASSWORD)]


async def test_a_change_goes_through_a_socks_proxy_once(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    async with secured(authority.vouching_for(HOST)) as service, socks_proxy(SocksProxy(service.port)) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        async with a_client(f"https://{HOST}") as client:
            await client.power("h1", True)
    assert len(service.requests) == 1


async def failure_through(monkeypatch: pytest.MonkeyPatch, variable: str, url: str, connect: float = 30.0) -> NotSent:
    """What a reading and a changing call fail with: with the same, for neither is sent."""
    monkeypatch.setenv(variable, url)
    async with Client(f"https://{HOST}", BareToken(Secret(TOKEN)), deadlines=Deadlines(connect, 60, 60)) as client:
        with pytest.raises(NotSent) as reading:
            await client.images()
        with pytest.raises(NotSent) as changing:
            await client.power("h1", True)
    assert reading.value.summary == changing.value.summary
    assert reading.value.cause is Cause.PROXY
    assert variable in reading.value.detail
    assert PASSWORD not in str(reading.value)
    return reading.value


@pytest.mark.parametrize("scheme", ["socks5", "http"])
async def test_a_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    async with listening(lambda reader, writer: asyncio.sleep(0)) as port:
        pass
    error = await failure_through(monkeypatch, "ALL_PROXY", f"{scheme}://me:{PASSWORD}@127.0.0.1:{port}")
    assert error.summary == "The proxy cannot be reached"
    assert f"ALL_PROXY={scheme}://127.0.0.1:{port}" in error.detail


@pytest.mark.parametrize(
    ("socks", "summary"),
    [
        (SocksProxy(0, login=("me", "right")), "user name and a password"),
        (SocksProxy(0, reply=2), "could not connect to the service"),
        (SocksProxy(0, reply=5), "could not connect to the service"),
        (SocksProxy(0, greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n"), "refused the connection"),
        (SocksProxy(0, greeting=b""), "refused the connection"),
        (SocksProxy(0, is_silent=True), "did not respond in time"),
    ],
    ids=["no login", "not allowed", "refused", "no SOCKS", "hangs up", "silent"],
)
async def test_a_socks_proxy_that_does_not_connect_is_named(
    monkeypatch: pytest.MonkeyPatch, socks: SocksProxy, summary: str
) -> None:
    async with socks_proxy(socks) as proxy:
        url, connect = f"socks5h://127.0.0.1:{proxy.port}", 1.0 if socks.is_silent else 30.0
        error = await failure_through(monkeypatch, "https_proxy", url, connect)
    assert summary in error.summary


async def test_a_wrong_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with socks_proxy(SocksProxy(0, login=("me", "right"))) as proxy:
        url = f"socks5://me:{PASSWORD}@127.0.0.1:{proxy.port}"
        error = await failure_through(monkeypatch, "ALL_PROXY", url)
    assert "user name and a password" in error.summary


@pytest.mark.parametrize(
    ("answer", "summary"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "user name and a password"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "could not connect to the service"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "refused the connection"),
        (b"\x05\xff", "refused the connection"),
        (b"", "refused the connection"),
    ],
)
async def test_an_http_proxy_that_does_not_connect_is_named(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, summary: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with listening(serve) as port:
        error = await failure_through(monkeypatch, "HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:{port}")
    assert summary in error.summary


@pytest.mark.parametrize(
    "value",
    [
        f"socks4://me:{PASSWORD}@proxy.test",
        f"http://me:{PASSWORD}@proxy.test:port",
        f"http://me:{PASSWORD}@",
        f"socks5://me:{PASSWORD}@proxy.test:99999999",
        f"me:{PASSWORD}@",
        f"{PASSWORD}://x",
        f"http://\x1b]0;{PASSWORD}\x07",
    ],
)
@pytest.mark.parametrize("variable", ["ALL_PROXY", "https_proxy"])
def test_an_unusable_proxy_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(NotSent) as caught:
        open_route(SERVICE, keep_alive=True)
    assert caught.value.cause is Cause.PROXY
    assert variable in caught.value.detail
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_an_environment_there_is_no_proxy() -> None:
    assert proxy_for(SERVICE) is None


@pytest.mark.parametrize(
    ("variable", "value", "proxy"),
    [
        ("HTTPS_PROXY", "http://proxy.test:3128", "HTTPS_PROXY=http://proxy.test:3128"),
        ("HTTPS_PROXY", "proxy.test:3128", "HTTPS_PROXY=http://proxy.test:3128"),
        ("ALL_PROXY", "http://proxy.test", "ALL_PROXY=http://proxy.test"),
        ("all_proxy", "socks5://me:word@proxy.test:7890", "all_proxy=socks5://proxy.test:7890"),
    ],
)
def test_the_proxy_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert str(proxy_for(SERVICE)) == proxy


def test_https_proxy_takes_precedence_over_all_proxy_and_lower_case_over_upper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://one.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://two.test")
    assert str(proxy_for(SERVICE)) == "HTTPS_PROXY=http://two.test"
    monkeypatch.setenv("https_proxy", "http://three.test")
    assert str(proxy_for(SERVICE)) == "https_proxy=http://three.test"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize(
    "url", ["http://service.test", "http://127.0.0.1:8000", "https://localhost", "https://[::1]:1", "https://127.1.2.3"]
)
def test_this_machine_and_plain_http_go_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch, scheme: str, variable: str, url: str
) -> None:
    monkeypatch.setenv(variable, f"{scheme}://proxy.test:3128")
    assert proxy_for(httpx.URL(url)) is None


@pytest.mark.parametrize("exempt", [HOST, f".{HOST}", "test", "*", f"other.test, {HOST}", f"{HOST}:443"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_hosts_in_no_proxy_use_no_proxy(monkeypatch: pytest.MonkeyPatch, variable: str, exempt: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test:1080")
    monkeypatch.setenv(variable, exempt)
    assert proxy_for(SERVICE) is None


def test_hosts_not_in_no_proxy_use_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test:1080")
    monkeypatch.setenv("NO_PROXY", f"other.test,{HOST}:8443")
    proxy = proxy_for(SERVICE)
    assert proxy == Proxy(httpx.URL("socks5://proxy.test:1080"), "ALL_PROXY")
    assert proxy.port == 1080
