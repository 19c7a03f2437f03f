from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace

import httpx
import pytest

from xds_tui.api.transport import MAX_BODY, BoundedTransport, SendTracker

URL = "http://127.0.0.1/"


class Endless(httpx.AsyncByteStream):
    """A body without an end, which counts what was taken of it."""

    taken = 0
    closed = False

    def __init__(self, start: bytes = b"") -> None:
        self._start = start

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._start:
            yield self._start
        while True:
            self.taken += 65_536
            yield bytes(65_536)

    async def aclose(self) -> None:
        self.closed = True


def bounded(response: httpx.Response) -> BoundedTransport:
    return BoundedTransport(httpx.MockTransport(lambda _: response))


async def test_a_response_is_returned_completely() -> None:
    response = httpx.Response(200, headers={"Set-Cookie": "a=1", "Retry-After": "3"}, content=b"x" * MAX_BODY)
    whole = await bounded(response).handle_async_request(httpx.Request("GET", URL))
    assert len(whole.content) == MAX_BODY
    assert dict(whole.headers) == {"retry-after": "3", "content-length": str(MAX_BODY)}


async def test_an_endless_response_is_aborted_at_the_limit() -> None:
    body = Endless()
    with pytest.raises(httpx.DecodingError, match=f"more than {MAX_BODY} bytes"):
        await bounded(httpx.Response(200, stream=body)).handle_async_request(httpx.Request("GET", URL))
    assert body.closed
    assert body.taken <= MAX_BODY + 65_536


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress)]
)
async def test_a_compressed_response_is_read_although_it_was_not_asked_for(
    encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    class Chunks(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for byte in compress(b'{"code":0}' * 100):
                yield bytes([byte])

    response = httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Chunks())
    whole = await bounded(response).handle_async_request(httpx.Request("GET", URL))
    assert whole.content == b'{"code":0}' * 100


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("gzip", lambda: gzip.compress(bytes(100 * MAX_BODY)), f"more than {MAX_BODY} bytes"),
        ("gzip", lambda: gzip.compress(b"x" * 1000)[:-9], "gzip, incomplete"),
        ("gzip", lambda: b'{"code":0}', "gzip, "),
        ("gzip, gzip", lambda: gzip.compress(gzip.compress(b"x")), "gzip, gzip"),
    ],
    ids=["too large", "cut off", "not compressed", "compressed twice"],
)
async def test_a_compression_that_cannot_be_read_is_an_error(
    encoding: str, body: Callable[[], bytes], reason: str
) -> None:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield body()

    response = httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Body())
    with pytest.raises(httpx.DecodingError, match=reason):
        await bounded(response).handle_async_request(httpx.Request("GET", URL))


async def test_an_endless_stream_after_a_compressed_response_is_aborted() -> None:
    body = Endless(gzip.compress(b"x"))
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body)
    with pytest.raises(httpx.DecodingError, match=f"more than {MAX_BODY} bytes"):
        await bounded(response).handle_async_request(httpx.Request("GET", URL))
    assert body.closed


async def test_an_unknown_encoding_is_rejected_unread() -> None:
    body = Endless()
    response = httpx.Response(200, headers={"Content-Encoding": "br"}, stream=body)
    with pytest.raises(httpx.DecodingError, match="br"):
        await bounded(response).handle_async_request(httpx.Request("GET", URL))
    assert body.taken == 0
    assert body.closed


async def test_no_encoding_is_accepted() -> None:
    request = httpx.Request("GET", URL, headers={"Accept-Encoding": "gzip, br"})
    await bounded(httpx.Response(200)).handle_async_request(request)
    assert request.headers["Accept-Encoding"] == "identity"


async def test_every_failure_below_is_a_transport_error() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise UnicodeError("label too long")

    with pytest.raises(httpx.TransportError, match="UnicodeError: label too long"):
        await BoundedTransport(httpx.MockTransport(broken)).handle_async_request(httpx.Request("GET", URL))


async def test_without_trace_a_request_counts_as_sent_when_it_is_passed_on() -> None:
    sending = SendTracker()
    await bounded(httpx.Response(200)).handle_async_request(httpx.Request("GET", URL, extensions={"trace": sending}))
    assert sending.started


async def test_a_request_counts_as_sent_from_its_first_byte_but_not_by_the_proxys_tunnel() -> None:
    sending = SendTracker()
    await sending("connection.connect_tcp.complete", {})
    await sending("http11.send_request_headers.started", {"request": SimpleNamespace(method=b"CONNECT")})
    assert not sending.started
    await sending("http11.send_request_headers.started", {"request": SimpleNamespace(method=b"POST")})
    assert sending.started
