"""The proxy of the environment (HTTP, HTTPS or SOCKS 5), and errors that name its variable."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.request import getproxies, proxy_bypass

import httpx
from socksio import SOCKSError

from xds_tui.api.errors import Cause, NotSent
from xds_tui.domain.endpoint import is_loopback
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    import httpcore

SCHEMES: Final = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5h", "socks": "socks5"}
"""Schemes of proxy URLs, with those passed to httpx; GNOME writes `socks`. The proxy looks up names."""

_UNSUPPORTED: Final = ("socks4", "socks4a")

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}

_FAILURES: Final = (httpx.TransportError, TimeoutError, SOCKSError, AssertionError, LookupError, ValueError)
"""Errors of connecting through a proxy; those from `SOCKSError` on mean an invalid reply of a SOCKS proxy."""

_AUTHENTICATION: Final = ("407", "Requested ", "Invalid username/password")
"""Beginnings of the messages of `httpx.ProxyError` if the proxy requires other credentials."""
_UNCONNECTED: Final = ("502", "503", "504", "Proxy Server could not connect")
"""Beginnings of the messages if the proxy works but cannot reach the service."""

Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]


class ProxyUnreachable(httpx.ProxyError):
    """The proxy cannot be reached."""


class ProxySilent(httpx.ProxyError):
    """The proxy accepted the connection, but did not connect to the service in time."""


class ProxyUnauthorized(httpx.ProxyError):
    """The proxy requires a user name and a password, or rejected them."""


class ProxyUnconnected(httpx.ProxyError):
    """The proxy reported that it cannot connect to the service."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and its configuration."""

    url: httpx.URL
    variable: str
    """The environment variable; empty for the settings of the system."""

    @property
    def address(self) -> str:
        """Return scheme, host and port, without user name and password."""
        return clean(f"{self.url.scheme}://{self.url.netloc.decode('ascii', 'replace')}")

    @property
    def port(self) -> int:
        """The port of the URL, or the default of its scheme."""
        return self.url.port or _PORTS[self.url.scheme]

    def __str__(self) -> str:
        return f"{self.variable}={self.address}" if self.variable else self.address


def proxy_for(base_url: httpx.URL) -> Proxy | None:
    """Return the proxy for `base_url`.

    None for this machine, which a proxy cannot reach, for plain HTTP, because a proxy could read the headers, and for
    the hosts in NO_PROXY.

    Raises:
        NotSent: if it is unusable; the error has its variable, but not its value, which may contain a password.

    """
    host = base_url.raw_host.decode("ascii")
    if base_url.scheme != "https" or is_loopback(host):
        return None
    if proxy_bypass(host) or proxy_bypass(f"{host}:{base_url.port or 443}"):
        return None
    proxies = getproxies()
    kind = next((kind for kind in ("https", "all") if proxies.get(kind)), None)
    if kind is None:
        return None
    value, variable = proxies[kind], _variable(kind)
    scheme, mark, rest = value.strip().partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", scheme)
    failure = NotSent(N_("The proxy set in the environment cannot be used"), variable, cause=Cause.PROXY)
    if scheme in SCHEMES:
        try:
            url = httpx.URL(f"{SCHEMES[scheme]}://{rest}")
        except (httpx.InvalidURL, UnicodeError):
            url = httpx.URL()
        if url.host and (url.port is None or 0 < url.port < 1 << 16):
            return Proxy(url, variable)
    elif scheme in _UNSUPPORTED:
        failure = NotSent(
            N_("This type of proxy is not supported; use http, https or socks5"),
            clean(f"{variable}={scheme}://…"),
            cause=Cause.PROXY,
        )
    raise failure


def _variable(kind: str) -> str:
    """Return the name of the variable that `getproxies` uses; it prefers lower case."""
    names = (f"{kind}_proxy", *sorted(os.environ))
    return next((name for name in names if name.lower() == f"{kind}_proxy" and os.environ.get(name)), "")


class ProxyTransport(httpx.AsyncHTTPTransport):
    """A transport through a proxy that names the proxy in errors of connecting."""

    def __init__(self, proxy: Proxy, *, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits, proxy=httpx.Proxy(proxy.url))
        self._proxy = proxy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`.

        Raises:
            httpx.ProxyError: the proxy cannot be reached, or does not connect to the service.
            httpx.TransportError: any other failure.

        """
        opening = _Opening(request.extensions)
        request.extensions = {**request.extensions, "trace": opening}
        try:
            # httpcore has no timeout for the handshake with a SOCKS proxy.
            async with asyncio.timeout(None) as opening.limit:
                return await super().handle_async_request(request)
        except _FAILURES as error:
            failure = opening.failure(error, self._proxy)
        finally:
            await opening.close()
        raise failure


class _Opening:
    """Records the steps of connecting through the proxy; httpcore calls it for each step of a request."""

    def __init__(self, extensions: Mapping[str, Any]) -> None:
        self._forward: Trace | None = extensions.get("trace")
        self._seconds: float | None = extensions.get("timeout", {}).get("connect")
        self._is_connecting = False
        self._is_connected = False
        self._stream: httpcore.AsyncNetworkStream | None = None
        self.limit = asyncio.timeout(None)

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Record a step."""
        name = event.partition(".")[2]
        if name == "connect_tcp.started":
            self._is_connecting = True
            if self._seconds is not None:
                self.limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
        elif name == "connect_tcp.complete":
            self._is_connected = True
            if event.startswith("socks."):
                self._stream = info["return_value"]
        elif event in ("proxy.start_tls.started", "socks.start_tls.started"):  # TLS with the service, through the proxy
            self._is_connecting, self._stream = False, None
            self.limit.reschedule(None)
        if self._forward is not None:
            await self._forward(event, info)

    async def close(self) -> None:
        """Close an unused connection: httpcore leaves it open if a SOCKS proxy does not connect."""
        if self._stream is not None:
            await self._stream.aclose()

    def failure(self, error: Exception, proxy: Proxy) -> Exception:
        """Return the error to raise in place of `error`."""
        if not self._is_connecting:
            return error
        message = str(error)
        detail = f"{proxy}: {message}" if message else str(proxy)
        if not self._is_connected:
            return ProxyUnreachable(detail)
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return ProxySilent(str(proxy))
        if not isinstance(error, httpx.ProxyError):
            return httpx.ProxyError(f"{proxy}: {message or type(error).__name__}")
        if message.startswith(_AUTHENTICATION):
            return ProxyUnauthorized(detail)
        return ProxyUnconnected(detail) if message.startswith(_UNCONNECTED) else httpx.ProxyError(detail)
