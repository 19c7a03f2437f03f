"""A transport that is bounded: it hands up whole, unpacked answers of a size that can be held, and only httpx's errors.

Whoever looks at a response above it, the session for code 401, the client for all else, has it read already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx

MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes of one answer: a page of 25 hosts has about 15 KB, so this is a mistake or an attack."""


class SendTracker:
    """Whether a request has begun to leave: what httpcore calls at each step (its `trace` extension).

    It counts as sent from the moment before its first byte is written.
    """

    started = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a step; the CONNECT that asks a proxy for a tunnel is not our request."""
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.started = True


class BoundedTransport(httpx.AsyncBaseTransport):
    """The transport `inner`, bounded."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._traces = isinstance(inner, httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return its answer, read to the end.

        Raises:
            httpx.TransportError: whatever the transport below raises.
            httpx.DecodingError: the answer is compressed, though we asked for it plain, or larger than `MAX_BODY`.

        """
        request.headers["Accept-Encoding"] = "identity"
        sending = request.extensions.get("trace")
        if isinstance(sending, SendTracker) and not self._traces:
            sending.started = True
        try:
            response = await self._inner.handle_async_request(request)
            try:
                return await _whole(response)
            finally:
                await response.aclose()
        except httpx.HTTPError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks below is a failure of the transport
            failure = httpx.TransportError(f"{type(error).__name__}: {error}")
        raise failure

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def _whole(response: httpx.Response) -> httpx.Response:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise httpx.DecodingError(f"Content-Encoding: {encoding}")
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise httpx.StreamError("an answer that cannot be awaited")
    body = bytearray()
    async for chunk in response.stream:
        body += chunk
        if len(body) > MAX_BODY:
            raise httpx.DecodingError(f"more than {MAX_BODY} bytes")
    headers = [(name, value) for name, value in response.headers.raw if name.lower() in _KEPT]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


_KEPT: Final = frozenset({b"content-type", b"date", b"location", b"retry-after"})
"""The headers that anybody looks at; without Set-Cookie there is no state but the token."""
