"""The line between the client and the simulated service, on which faults strike."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xds_tui.simulator.accounts import ACCOUNT
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES
from xds_tui.simulator.fault_answers import HTML, answer_of, instead_of_answer, spoiled_answer
from xds_tui.simulator.faults import Fault, Faults, Kind
from xds_tui.simulator.host import SimHost
from xds_tui.simulator.listing_fault import contradictory_page
from xds_tui.simulator.world import World

__all__ = ["HTML", "FaultMiddleware", "Service"]

_FIRST: Final = (Kind.LATENCY, Kind.EXPIRE_TOKENS, Kind.SHIFT)
"""Faults after which the request goes on as always."""

_AFTER: Final = (
    Kind.DROP_AFTER,
    Kind.HTML_AFTER,
    Kind.TRUNCATED,
    Kind.DRIP,
    Kind.WRONG_TYPE,
    Kind.CODE_AFTER,
    Kind.ANSWER_AFTER,
    Kind.ALTERED,
)
"""Faults that spoil the answer to what was done."""

_REPEATABLE: Final = ("GET", "DELETE")
"""Methods of requests that the vendor's gateway repeats."""

_KEPT_REQUESTS: Final = 100_000


@dataclass(slots=True)
class Service:
    """A world with its faults and a log of what was asked of it."""

    world: World
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    """`METHOD path?query` of the requests, in the order they came; after very many the oldest are forgotten."""
    carried_out: Counter[str] = field(default_factory=Counter)
    """How often a request with each tag was carried out, by its header `X-Request-Tag`."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held by whoever looks at the world while it is served by another thread."""
    drop: Callable[[Scope], None] | None = None
    """Breaks the connection of a request; None in-process, where an exception does."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Waits so many seconds of the time that faults are measured in."""
    later: set[asyncio.Task[None]] = field(default_factory=set)
    """What is still to be done for requests that were answered already."""

    def note(self, request: str) -> None:
        """Remember a request."""
        self.requests.append(request)
        if len(self.requests) > _KEPT_REQUESTS:
            del self.requests[: _KEPT_REQUESTS // 2]


class FaultMiddleware:
    """The app as seen through a line on which faults strike."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or let the fault that is due strike it."""
        if scope["type"] != "http" or scope["path"].startswith("/_sim/"):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode()
        target = f"{scope['path']}{'?' + query if query else ''}"
        self._service.note(f"{scope['method']} {target}")
        fault = self._service.faults.next(target.removeprefix("/v1/"))
        if fault is None or (fault.kind is Kind.LISTING and not scope["path"].endswith("/mypage")):
            await self._app(scope, receive, send)
            return
        # Read before anything else: after a wait the client may be gone, and its request with it.
        whole = await _read(receive)
        if fault.kind in _FIRST:
            await self._before(fault)
            await self._app(scope, whole, send)
        elif answer := await self._answer(fault, scope, whole):
            await answer(scope, receive, send)
        else:
            self._drop(scope)

    async def _before(self, fault: Fault) -> None:
        """Do what comes before a request that then goes on."""
        if fault.kind is Kind.LATENCY:
            await self._service.sleep(fault.seconds)
            return
        with self._service.lock:
            if fault.kind is Kind.EXPIRE_TOKENS:
                self._service.world.expire_tokens()
            else:
                _shift(self._service.world)

    async def _answer(self, fault: Fault, scope: Scope, receive: Receive) -> Response | None:
        """Do what was asked as far as the fault lets it be done, and return the answer; None for none."""
        options = self._service.world.options
        if fault.kind is Kind.CODE_AFTER and fault.seconds:
            self._do_later(fault.seconds, scope, receive)
            return instead_of_answer(fault, options)
        if fault.kind in _AFTER:
            answer = await answer_of(self._app, scope, receive)
            return spoiled_answer(fault, options, answer, self._service.sleep)
        if fault.kind is Kind.LISTING:
            return await contradictory_page(fault, self._app, scope)
        if fault.kind is Kind.REPEATED:
            for _ in range(fault.repeats if scope["method"] in _REPEATABLE else 0):
                await answer_of(self._app, scope, receive)
            return await answer_of(self._app, scope, receive)
        return instead_of_answer(fault, options)

    def _do_later(self, seconds: float, scope: Scope, receive: Receive) -> None:
        async def do() -> None:
            await self._service.sleep(seconds)
            await answer_of(self._app, scope, receive)

        task = asyncio.get_running_loop().create_task(do())
        self._service.later.add(task)
        task.add_done_callback(self._service.later.discard)

    def _drop(self, scope: Scope) -> None:
        if self._service.drop is None:
            raise ConnectionResetError("the connection was dropped")
        self._service.drop(scope)


async def _read(receive: Receive) -> Receive:
    """Read a request to its end, and return what gives it again, as often as it is read."""
    body = bytearray()
    is_complete = False
    while not is_complete:
        message = await receive()
        body += message.get("body", b"")
        is_complete = not message.get("more_body")

    async def again() -> Message:
        return {"type": "http.request", "body": bytes(body)}

    return again


def _shift(world: World) -> None:
    """Put a new host on top of the list."""
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
