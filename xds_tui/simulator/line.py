"""The line between the client and the simulated service, on which faults strike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xds_tui.simulator.accounts import ACCOUNT
from xds_tui.simulator.envelope import envelope
from xds_tui.simulator.faults import Fault, Faults, Kind
from xds_tui.simulator.goods import IMAGES, PACKAGES
from xds_tui.simulator.machine import Machine
from xds_tui.simulator.refusal import MESSAGES, Code
from xds_tui.simulator.world import World

HTML: Final = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"

_FIRST: Final = (Kind.LATENCY, Kind.EXPIRE_TOKENS, Kind.SHIFT)
"""Faults after which the request goes on as always."""

_AFTER: Final = (Kind.DROP_AFTER, Kind.HTML_AFTER, Kind.TRUNCATED, Kind.DRIP, Kind.WRONG_TYPE)
"""Faults that spoil the answer to what was done."""

_KEPT_REQUESTS: Final = 100_000


@dataclass(slots=True)
class Service:
    """A world with its faults and a log of what was asked of it."""

    world: World
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    """`METHOD path?query` of the requests, in the order they came; after very many the oldest are forgotten."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held by whoever looks at the world while it is served by another thread."""
    drop: Callable[[Scope], None] | None = None
    """Breaks the connection of a request; None in-process, where an exception does."""

    def note(self, request: str) -> None:
        """Remember a request."""
        self.requests.append(request)
        if len(self.requests) > _KEPT_REQUESTS:
            del self.requests[: _KEPT_REQUESTS // 2]


class BadLine:
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
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in _FIRST:
            # Read before: after a wait the client may be gone, and its request with it.
            whole = await _read(receive)
            await self._before(fault)
            await self._app(scope, whole, send)
        else:
            answer = await self._spoiled(fault, scope, receive) if fault.kind in _AFTER else self._instead(fault)
            if answer is None:
                self._drop(scope)
            else:
                await answer(scope, receive, send)

    async def _before(self, fault: Fault) -> None:
        """Do what comes before a request that then goes on."""
        if fault.kind is Kind.LATENCY:
            await asyncio.sleep(fault.seconds)
            return
        with self._service.lock:
            if fault.kind is Kind.EXPIRE_TOKENS:
                self._service.world.expire_tokens()
            else:
                _shift(self._service.world)

    def _instead(self, fault: Fault) -> Response | None:
        """The answer to a request that nothing was done about; None for none."""
        match fault.kind:
            case Kind.DROP_BEFORE:
                return None
            case Kind.HTML:
                return _html(fault)
            case Kind.CODE:
                message = fault.message or MESSAGES.get(fault.code, "")
                return envelope(self._service.world.options, fault.code, message)
            case Kind.BUSY:
                return Response("slow down", 429, {"retry-after": f"{fault.seconds:.0f}"}, "text/plain")
            case Kind.REDIRECT:
                return Response(b"", 302, {"location": fault.location})
            case Kind.HUGE:
                return _json(b'{"code":0,"data":"' + b"x" * fault.size + b'"}')
            case _:
                return _json(b'["not", "an", "envelope"]')

    async def _spoiled(self, fault: Fault, scope: Scope, receive: Receive) -> Response | None:
        """Do what was asked, and return what is left of the answer; None for nothing."""
        body = bytearray()

        async def collect(message: Message) -> None:
            body.extend(message.get("body", b""))

        await self._app(scope, receive, collect)
        match fault.kind:
            case Kind.DROP_AFTER:
                return None
            case Kind.HTML_AFTER:
                return _html(fault)
            case Kind.TRUNCATED:
                return _json(bytes(body[: len(body) // 2]))
            case Kind.WRONG_TYPE:
                return envelope(self._service.world.options, Code.OK, MESSAGES[Code.OK], [[42]])
            case _:
                length = {"content-length": str(len(body))}
                return StreamingResponse(_drops(body, fault.seconds), 200, length, "application/json")

    def _drop(self, scope: Scope) -> None:
        if self._service.drop is None:
            raise ConnectionResetError("the connection was dropped")
        self._service.drop(scope)


async def _read(receive: Receive) -> Receive:
    """Read a request to its end, and return what gives it once more."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again


def _html(fault: Fault) -> Response:
    return Response(HTML, fault.status, media_type="text/html")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


async def _drops(body: bytearray, seconds: float) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes((byte,))
        await asyncio.sleep(seconds)


def _shift(world: World) -> None:
    """Put a new host on top of the list."""
    package, number = PACKAGES[0], len(world.machines)
    world.add(
        Machine(
            id=f"shift{number:05}",
            name=f"shift-{number}",
            owner=ACCOUNT,
            package=package,
            image=next(image for image in IMAGES if image.type == package.type),
            rented=False,
            created=world.clock(),
        )
    )
