"""The simulated service with faults: an ASGI middleware around the app of `xds_tui.simulator`."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xds_tui.simulator import http_app
from xds_tui.simulator.accounts import ACCOUNT
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES
from xds_tui.simulator.host import SimHost
from xds_tui.simulator.world import World

from .faults import Fault, Faults, Kind
from .listing import contradictory_page
from .responses import HTML, damaged_response, fault_response, is_success, response_of

__all__ = ["HTML", "FaultMiddleware", "Service", "build"]

_BEFORE_REQUEST: Final = (Kind.LATENCY, Kind.EXPIRE_TOKENS, Kind.SHIFT)
"""Faults after which the request is processed normally."""

_AFTER_WORK: Final = (
    Kind.DROP_AFTER,
    Kind.HTML_AFTER,
    Kind.TRUNCATED,
    Kind.DRIP,
    Kind.WRONG_TYPE,
    Kind.CODE_AFTER,
    Kind.ANSWER_AFTER,
    Kind.ALTERED,
)
"""Faults that damage the response to a request that was carried out."""

_REPEATED_METHODS: Final = ("GET", "DELETE")
"""Methods of the requests that the vendor's gateway repeats."""

_MAX_LOGGED_REQUESTS: Final = 100_000


@dataclass(slots=True)
class Service:
    """A world with its faults and a log of the requests."""

    world: World
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    """`METHOD path?query` of the requests in their order of arrival; the oldest of very many are removed."""
    carried_out: Counter[str] = field(default_factory=Counter)
    """How many requests were carried out, by their header `X-Request-Tag`."""
    lock: AbstractContextManager[object] = field(default_factory=threading.RLock)
    """Held during each request. Hold it to use the world while another thread serves it."""
    drop: Callable[[Scope], None] | None = None
    """Breaks the connection of a request; None without a server, where an exception is raised instead."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Waits for so many seconds of the clock by which faults are timed."""
    delayed: set[asyncio.Task[None]] = field(default_factory=set)
    """Tasks that carry out requests that already have a response."""

    def log_request(self, request: str) -> None:
        """Add a request to the log."""
        self.requests.append(request)
        if len(self.requests) > _MAX_LOGGED_REQUESTS:
            del self.requests[: _MAX_LOGGED_REQUESTS // 2]


def build(service: Service, *, control: bool = False) -> ASGIApp:
    """Create the app with faults; `control` adds the routes of `control_api`."""
    app = http_app.build(service.world, service.lock)
    if control:
        from .control_api import control_routes

        app.routes.extend(control_routes(service))
    return FaultMiddleware(_RequestCounter(app, service), service)


class _RequestCounter:
    """Counts the requests that the app carried out, by their header `X-Request-Tag`."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it if it has a tag and succeeds."""
        tag = dict(scope.get("headers", ())).get(b"x-request-tag", b"").decode("latin-1")
        if not tag:
            await self._app(scope, receive, send)
            return
        response = await response_of(self._app, scope, receive)
        if is_success(bytes(response.body)):
            self._service.carried_out[tag] += 1
        await response(scope, receive, send)


class FaultMiddleware:
    """Passes requests to the app, and lets the faults of the service strike them."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or let the next fault for it strike."""
        if scope["type"] != "http" or scope["path"].startswith("/_sim/"):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode()
        target = f"{scope['path']}{'?' + query if query else ''}"
        self._service.log_request(f"{scope['method']} {target}")
        fault = self._service.faults.next(target.removeprefix("/v1/"))
        if fault is None or (fault.kind is Kind.LISTING and not scope["path"].endswith("/mypage")):
            await self._app(scope, receive, send)
            return
        # Read the request first: after a wait the client may have disconnected, and the body would be lost.
        complete = await _read(receive)
        if fault.kind in _BEFORE_REQUEST:
            await self._prepare(fault)
            await self._app(scope, complete, send)
        elif response := await self._respond(fault, scope, complete):
            await response(scope, receive, send)
        else:
            self._drop(scope)

    async def _prepare(self, fault: Fault) -> None:
        """Apply a fault that precedes a request, which is then processed normally."""
        if fault.kind is Kind.LATENCY:
            await self._service.sleep(fault.seconds)
            return
        with self._service.lock:
            if fault.kind is Kind.EXPIRE_TOKENS:
                self._service.world.expire_tokens()
            else:
                _insert_host(self._service.world)

    async def _respond(self, fault: Fault, scope: Scope, receive: Receive) -> Response | None:
        """Carry out the request as far as the fault permits, and return the response; None to drop the connection."""
        options = self._service.world.options
        if fault.kind is Kind.CODE_AFTER and fault.seconds:
            self._carry_out_later(fault.seconds, scope, receive)
            return fault_response(fault, options)
        if fault.kind in _AFTER_WORK:
            response = await response_of(self._app, scope, receive)
            return damaged_response(fault, options, response, self._service.sleep)
        if fault.kind is Kind.LISTING:
            return await contradictory_page(fault, self._app, scope)
        if fault.kind is Kind.REPEATED:
            for _ in range(fault.repeats if scope["method"] in _REPEATED_METHODS else 0):
                await response_of(self._app, scope, receive)
            return await response_of(self._app, scope, receive)
        return fault_response(fault, options)

    def _carry_out_later(self, seconds: float, scope: Scope, receive: Receive) -> None:
        async def carry_out() -> None:
            await self._service.sleep(seconds)
            await response_of(self._app, scope, receive)

        task = asyncio.get_running_loop().create_task(carry_out())
        self._service.delayed.add(task)
        task.add_done_callback(self._service.delayed.discard)

    def _drop(self, scope: Scope) -> None:
        if self._service.drop is None:
            raise ConnectionResetError("the connection was dropped")
        self._service.drop(scope)


async def _read(receive: Receive) -> Receive:
    """Read a request to its end, and return a `receive` that repeats it any number of times."""
    body = bytearray()
    is_complete = False
    while not is_complete:
        message = await receive()
        body += message.get("body", b"")
        is_complete = not message.get("more_body")

    async def repeat() -> Message:
        return {"type": "http.request", "body": bytes(body)}

    return repeat


def _insert_host(world: World) -> None:
    """Insert a new host at the top of the list."""
    package, number = PACKAGES[0], world.added
    world.add(
        SimHost(
            id=f"shift{number:05}",
            name=f"shift-{number}",
            owner=ACCOUNT,
            package=package,
            image=next(image for image in IMAGES if image.type == package.type),
            rented=False,
            created=world.clock(),
        )
    )
