"""One request without a token: whether the service answers at all, how fast, and what time it is there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from xds_tui.api import decode, envelope
from xds_tui.api.errors import ApiError, BadResponse, Cause
from xds_tui.api.proxy import Proxy, proxy_for
from xds_tui.api.transport import FAILURES, BoundedTransport, SendTracker, open_route, translate_error

PATH: Final = "/v1/pve/open/image"
"""What everybody may ask for; without a token the service refuses in its own words, which is proof enough of it."""

CONNECT: Final = 10.0
"""Seconds for the connection."""
DEADLINE: Final = 15.0
"""Seconds until the last byte."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What came back."""

    seconds: float
    """From the first step of connecting to the last byte."""
    described: str
    """What it was, in a few words; cleaned."""
    code: int | None
    """The code of the service's envelope; None: there was none."""
    summary: str
    """What came in place of an envelope, marked for translation; empty: nobody can tell."""
    cause: Cause | None
    """Whose fault that is, where it can be told."""
    ahead: float | None
    """Seconds that its clock is ahead of ours, to about half a second; None: it does not say."""


def proxy_of(base_url: str) -> Proxy | None:
    """Return the proxy that leads to `base_url`; None: there is none.

    Raises:
        NotSent: if the environment names one that cannot be used.

    """
    return proxy_for(httpx.URL(base_url))


async def probe(base_url: str) -> Probed:
    """Ask the service at `base_url`, a checked one, for something, without saying who we are.

    Raises:
        NotSent, BadAnswer: if no answer came.

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
        there = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    # The header is cut to the second, and was written about half way.
    middle = (there.replace(tzinfo=there.tzinfo or UTC) - began_at).total_seconds()
    return middle + 0.5 - seconds / 2
