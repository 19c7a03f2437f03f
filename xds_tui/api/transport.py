"""A transport that returns complete responses of bounded size, and raises only errors of httpx."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import ssl
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import httpx

from xds_tui.api.errors import CERTIFICATES_UNREADABLE, PROXY_UNAUTHORIZED, BadResponse, Cause, NotSent, OutcomeUnknown
from xds_tui.api.proxy import (
    ProxySilent,
    ProxyTransport,
    ProxyUnauthorized,
    ProxyUnconnected,
    ProxyUnreachable,
    proxy_for,
)
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_
from xds_tui.system import debug_log
from xds_tui.system.debug_log import Word

if importlib.util.find_spec("sniffio") is None:
    # httpcore tries to import it several times per request. A search of the whole path for a module that is not
    # installed takes a fifth of the CPU time of a request; this entry makes the import fail at once.
    cast("dict[str, object]", sys.modules)["sniffio"] = None

MAX_BODY: Final = 2 * 1024 * 1024
"""Maximum size of a response in bytes. A page of 25 hosts has about 15 KB; more is an error or an attack."""


class SendTracker:
    """Records whether a request has been sent; httpcore calls it at each step (its `trace` extension).

    A request counts as sent from the moment before its first byte is written.
    """

    started = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Record a step; the CONNECT request to a proxy is not our request."""
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.started = True


@dataclass(slots=True)
class _Route:
    """A transport, and what keeps it open."""

    transport: httpx.AsyncBaseTransport
    users: int = 0
    """Requests under way."""
    is_retired: bool = False
    """Whether it is closed after the last of them."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """Limits the responses of a transport, and replaces it after a cancelled request.

    A request that is cancelled right after it has connected leaves its connection in httpcore's pool for good, unused
    and never closed (httpcore 1.0.9). After `MAX_CONNECTIONS` of them, no request would get a connection any more.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, reopen: Callable[[], httpx.AsyncBaseTransport] | None = None
    ) -> None:
        """Use `inner`, and what `reopen` returns after a cancelled request; None: `inner` has no pool."""
        self._route = _Route(inner)
        self._reopen = reopen
        self._traces = isinstance(inner, httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`, and return its complete response.

        Raises:
            httpx.TransportError: as the transport below.
            httpx.DecodingError: the response is larger than `MAX_BODY`, or its compression cannot be read.
            NotSent: as `open_route`.

        """
        request.headers["Accept-Encoding"] = "identity"
        sending = request.extensions.get("trace")
        if isinstance(sending, SendTracker) and not self._traces:
            sending.started = True
        _log_request(request)
        try:
            async with self._use_route() as transport:
                response = await transport.handle_async_request(request)
                try:
                    whole = await _whole(response)
                finally:
                    await response.aclose()
            _log_response(request, whole)
            return whole
        except (httpx.HTTPError, NotSent) as error:
            debug_log.write("failure", error=Word(type(error).__name__))
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks below is a failure of the transport
            failure = httpx.TransportError(f"{type(error).__name__}: {error}")
        raise failure

    @asynccontextmanager
    async def _use_route(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """Provide the transport for one request."""
        if self._route.is_retired and self._reopen is not None:
            self._route = _Route(self._reopen())
        route = self._route
        route.users += 1
        try:
            yield route.transport
        except asyncio.CancelledError:
            route.is_retired = self._reopen is not None
            raise
        finally:
            route.users -= 1
            if route.is_retired and not route.users:
                await route.transport.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._route.transport.aclose()


def _log_request(request: httpx.Request) -> None:
    if debug_log.is_on():
        query = {name: int(value) if value.isdecimal() else value for name, value in request.url.params.items()}
        body = debug_log.masked_body(request.content)
        debug_log.write("request", **_route(request), query=query, body=Word(body))


def _log_response(request: httpx.Request, response: httpx.Response) -> None:
    if debug_log.is_on():
        body = debug_log.masked_body(response.content)
        facts = {"status": response.status_code, "bytes": len(response.content), "body": Word(body)}
        debug_log.write("response", **_route(request), **facts)


def _route(request: httpx.Request) -> dict[str, Word]:
    return {"method": Word(request.method), "path": Word(clean(request.url.path, MAX_DETAIL))}


async def _whole(response: httpx.Response) -> httpx.Response:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", *_COMPRESSED):
        raise httpx.DecodingError(f"Content-Encoding: {encoding}")
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise httpx.StreamError("an answer that cannot be awaited")
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding in _COMPRESSED else None
    body, received = bytearray(), 0
    async for chunk in response.stream:
        received += len(chunk)
        try:
            body += chunk if inflater is None else inflater.decompress(chunk, MAX_BODY + 1 - len(body))
        except zlib.error as error:
            raise httpx.DecodingError(f"Content-Encoding: {encoding}, {error}") from error
        if max(received, len(body)) > MAX_BODY:
            raise httpx.DecodingError(f"more than {MAX_BODY} bytes")
    if inflater is not None and received and not inflater.eof:
        raise httpx.DecodingError(f"Content-Encoding: {encoding}, incomplete")
    headers = [(name, value) for name, value in response.headers.raw if name.lower() in _KEPT]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


_COMPRESSED: Final = frozenset({"gzip", "x-gzip", "deflate"})
"""Encodings that are read although they were not asked for: some gateways compress every response."""

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
"""The format is read from the header of the data (zlib's documentation)."""

_KEPT: Final = frozenset({b"content-type", b"date", b"location", b"retry-after"})
"""The headers that are used; without Set-Cookie there is no state but the token."""


MAX_CONNECTIONS: Final = 8
"""Maximum connections of a pool, more than a refresh uses."""


def open_route(base_url: httpx.URL, *, keep_alive: bool) -> httpx.AsyncHTTPTransport:
    """Return the transport to `base_url`, a new connection for each request unless `keep_alive`.

    Raises:
        NotSent: if the environment has an unusable proxy or unusable certificates.

    """
    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS if keep_alive else 0
    )
    try:
        trust = trusted() if base_url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (OSError, ValueError) as error:
        failure = NotSent(CERTIFICATES_UNREADABLE, str(error))
    else:
        proxy = proxy_for(base_url)
        if proxy is None:
            return httpx.AsyncHTTPTransport(verify=trust, limits=limits)
        return ProxyTransport(proxy, verify=trust, limits=limits)
    raise failure


def trusted() -> ssl.SSLContext:
    """Return the TLS context with the certificates of the environment, or those of the system.

    Reading the certificates takes some hundredths of a second, so it is done once, and may be done ahead on a thread.
    """
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    if file and Path(file).exists() and not Path(file).is_file():
        raise OSError(f"{file}: not a regular file")  # a named pipe would be waited for
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=None if file else folder)
    context = ssl.create_default_context()
    if not context.get_ca_certs() and not _has_certificates(ssl.get_default_verify_paths().capath):
        import certifi  # there is no store, as in a small container, or with Python's own installer for macOS

        context.load_verify_locations(certifi.where())
    return context


def _has_certificates(folder: str | None) -> bool:
    """Return whether the certificate folder of OpenSSL contains files."""
    return folder is not None and any(Path(folder).iterdir())


MAX_DETAIL: Final = 200
"""Maximum length of the system's message in characters."""

_LATE: Final = N_("The service did not respond in time")
_UNREACHED: Final = N_("The service cannot be reached")
_BROKEN: Final = N_("The connection broke before the response arrived")
_GARBLED: Final = N_("The connection ended before the response was complete")
_UNREADABLE: Final = N_("The answer could not be read")
_ELSEWHERE: Final = N_("The response is a redirect, which is not followed")
_ADDRESS: Final = N_("The service address is not a usable URL")

SUMMARIES: Final[dict[type[Exception], str]] = {
    TimeoutError: _LATE,
    httpx.TimeoutException: _LATE,
    httpx.ConnectTimeout: N_("Connecting to the service timed out"),
    httpx.ReadTimeout: _LATE,
    httpx.WriteTimeout: N_("Sending the request to the service timed out"),
    httpx.PoolTimeout: N_("Too many requests were in progress"),
    httpx.HTTPError: _BROKEN,
    httpx.RequestError: _BROKEN,
    httpx.TransportError: _BROKEN,
    httpx.NetworkError: _BROKEN,
    httpx.ConnectError: _UNREACHED,
    httpx.ReadError: _BROKEN,
    httpx.WriteError: _BROKEN,
    httpx.CloseError: _BROKEN,
    httpx.ProtocolError: _GARBLED,
    httpx.LocalProtocolError: N_("The request is not valid HTTP"),
    httpx.RemoteProtocolError: _GARBLED,
    httpx.ProxyError: N_("The proxy refused the connection"),
    ProxyUnreachable: N_("The proxy cannot be reached"),
    ProxySilent: N_("The proxy did not respond in time"),
    ProxyUnauthorized: PROXY_UNAUTHORIZED,
    ProxyUnconnected: N_("The proxy could not connect to the service"),
    httpx.UnsupportedProtocol: _ADDRESS,
    httpx.InvalidURL: _ADDRESS,
    httpx.DecodingError: _UNREADABLE,
    httpx.TooManyRedirects: _ELSEWHERE,
    httpx.HTTPStatusError: _UNREADABLE,
    httpx.CookieConflict: _UNREADABLE,
    httpx.StreamError: _UNREADABLE,
    httpx.StreamConsumed: _UNREADABLE,
    httpx.StreamClosed: _UNREADABLE,
    httpx.ResponseNotRead: _UNREADABLE,
    httpx.RequestNotRead: _UNREADABLE,
}

FAILURES: Final = tuple(SUMMARIES)
"""The exceptions that `translate_error` translates."""


NONCONFORMING: Final = N_("The certificate lacks an extension that Python 3.13 and later require")
_STRICT_CODES: Final = range(80, 94)
"""Errors of OpenSSL that only VERIFY_X509_STRICT reports, such as 85, "Missing Authority Key Identifier"."""


def violates_strict_rules(error: BaseException) -> bool:
    """Return whether a certificate was rejected by rules that Python applies from version 3.13 on."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in _STRICT_CODES:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def translate_error(error: Exception, *, sent: bool, safe: bool) -> NotSent | BadResponse | OutcomeUnknown:
    """Return the `ApiError` for one of `FAILURES`. Raise it without `error` as its cause, which has the headers.

    Args:
        error: the exception.
        sent: whether the request was sent.
        safe: whether it is a reading call.

    """
    kind = NotSent if not sent else BadResponse if safe else OutcomeUnknown
    summary = next(SUMMARIES[base] for base in type(error).__mro__ if base in SUMMARIES)
    if violates_strict_rules(error):
        summary = NONCONFORMING
    cause = Cause.PROXY if isinstance(error, httpx.ProxyError) else None
    return kind(summary, clean(str(error), MAX_DETAIL), cause=cause)
