"""Tags on the requests of orders, by which the simulated service records what each order did.

A tag is the ID of the order. The program knows nothing of it: the header is added below its HTTP client.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from unittest import mock

import httpx

from xds_tui.domain.records import Order, OrderState

_SENDING: ContextVar[str] = ContextVar("sending", default="")
"""The order that the running task sends."""

_CHANGES = ("/create", "/operate/", "/reboot/", "/delete/")


def note_sending(orders: Sequence[Order]) -> None:
    """Record that the running task has written `orders` to the journal, to send them if they are SENT."""
    for order in orders:
        if order.state is OrderState.SENT:
            _SENDING.set(order.id)


def tag_requests() -> None:
    """Add the ID of the order to every changing request of this process from now on."""
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def send_tagged(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if any(part in request.url.path for part in _CHANGES):
            request.headers["X-Request-Tag"] = _SENDING.get()
        return await send(transport, request)

    mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", send_tagged).start()
