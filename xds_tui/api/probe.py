"""A request without a token, which checks whether the service responds, how fast, and its clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from xds_tui.api import decode, envelope
from xds_tui.api.errors import ApiError, BadResponse, Cause
from xds_tui.api.proxy import Proxy, proxy_for
from xds_tui.api.transport import FAILURES, BoundedTransport, SendTracker, open_route, translate_error
from xds_tui.structs import dataclass

PATH: Final = "/v1/pve/open/image"
"""The requested path; without a token the service responds with its own error code, which identifies it."""

CONNECT: Final = 10.0
"""Time limit for connecting in seconds."""
DEADLINE: Final = 15.0
"""Time limit for the complete response in seconds."""


@dataclass(frozen=True, slots=True)
class Probed:
    """The result of the request."""

    seconds: float
    """Duration from the start of connecting to the last byte."""
    described: str
    """Short description of the response, sanitized."""
    code: int | None
    """The code in the service's envelope; None without one."""
    summary: str
    """The content in place of an envelope, marked for translation; empty if unknown."""
    cause: Cause | None
    """The cause of that, if it is known."""
    ahead: float | None
    """Seconds by which its clock is ahead of ours, to about half a second; None if it sent no time."""


def proxy_of(base_url: str) -> Proxy | None:
    """Return the proxy for `base_url`, or None.

    Raises:
        NotSent: if the environment has an unusable one.

    """
    return proxy_for(httpx.URL(base_url))


async def probe(base_url: str) -> Probed:
    """Send a request without credentials to the service at `base_url`, a validated URL.

    Raises:
        NotSent, BadResponse: if there was no response.

    """
    sending = SendTracker()
    outcome: ApiError
    began_at, began = datetime.now(UTC), time.monotonic()
    try:
        transport = BoundedTransport(open_route(httpx.URL(base_url), keep_alive=False))
        timeout = httpx.Timeout(DEADLINE, connect=CONNECT)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout) as pool:
            async with asyncio.timeout(DEADLINE):
                response = await pool.get(base_url + PATH, extensions={"trace": sending})
    except FAILURES as error:
        outcome = translate_error(error, sent=sending.started, safe=True)
    else:
        seconds = time.monotonic() - began
        ahead = _ahead(response, began_at, seconds)
        return Probed(seconds, envelope.describe(response), _code(response), *envelope.classify(response), ahead)
    raise outcome


def _code(response: httpx.Response) -> int | None:
    try:
        return decode.decode_envelope(response.content).code
    except BadResponse:
        return None


def _ahead(response: httpx.Response, began_at: datetime, seconds: float) -> float | None:
    try:
        server_time = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    # The header is truncated to the second, and was written about half way through the request.
    middle = (server_time.replace(tzinfo=server_time.tzinfo or UTC) - began_at).total_seconds()
    return middle + 0.5 - seconds / 2
