"""The line between the client and the simulated service, on which faults strike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xds_tui.simulator.faults import Fault, Faults, Kind
from xds_tui.simulator.machine import OFF, Machine
from xds_tui.simulator.world import ACCOUNT, World

HTML: Final = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"

_BEFORE: Final = (Kind.DROP_BEFORE, Kind.HTML, Kind.CODE, Kind.BUSY, Kind.REDIRECT, Kind.HUGE, Kind.NONSENSE)
"""Faults that leave the world as it is."""


@dataclass(slots=True)
class Service:
    """A world with its faults and a log of what was asked of it."""

    world: World
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    """`METHOD path?query` of every request, in the order they came."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held by whoever looks at the world from another thread."""
    drop: Callable[[Scope], None] | None = None
    """Breaks the connection of a request; None in-process, where an exception does."""


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
        self._service.requests.append(f"{scope['method']} {scope['path']}{'?' + query if query else ''}")
        fault = self._service.faults.next(scope["path"].removeprefix("/v1/"))
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in _BEFORE:
            await self._instead(fault, scope, send)
        else:
            await self._spoiled(fault, scope, receive, send)

    async def _instead(self, fault: Fault, scope: Scope, send: Send) -> None:
        """Answer without having done anything."""
        match fault.kind:
            case Kind.DROP_BEFORE:
                self._drop(scope)
            case Kind.HTML:
                await _send(send, fault.status, HTML, b"text/html")
            case Kind.CODE:
                body = msgspec.json.encode(
                    {"code": fault.code, "data": None, "msg": fault.message, "traceId": "t-fault"}
                )
                await _send(send, 200, body)
            case Kind.BUSY:
                await _send(send, 429, b"slow down", b"text/plain", (b"retry-after", b"%d" % fault.seconds))
            case Kind.REDIRECT:
                await _send(send, 302, b"", b"text/plain", (b"location", fault.location.encode()))
            case Kind.HUGE:
                await _send(send, 200, b'{"code":0,"data":"' + b"x" * fault.size + b'"}')
            case _:
                await _send(send, 200, b'["not", "an", "envelope"]')

    async def _spoiled(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it, and spoil the answer."""
        world = self._service.world
        if fault.kind is Kind.LATENCY:
            await asyncio.sleep(fault.seconds)
        elif fault.kind is Kind.EXPIRE_TOKENS:
            world.expire_tokens()
        elif fault.kind is Kind.SHIFT:
            with self._service.lock:
                world.add(_sibling(world))
        if fault.kind in (Kind.LATENCY, Kind.EXPIRE_TOKENS, Kind.SHIFT):
            await self._app(scope, receive, send)
            return
        body = bytearray()

        async def collect(message: Message) -> None:
            body.extend(message.get("body", b""))

        await self._app(scope, receive, collect)
        if fault.kind is Kind.DROP_AFTER:
            self._drop(scope)
        elif fault.kind is Kind.HTML_AFTER:
            await _send(send, fault.status, HTML, b"text/html")
        elif fault.kind is Kind.TRUNCATED:
            await _send(send, 200, bytes(body[: len(body) // 2]))
        else:
            await _drip(send, bytes(body), fault.seconds)

    def _drop(self, scope: Scope) -> None:
        if self._service.drop is None:
            raise ConnectionResetError("the connection was dropped")
        self._service.drop(scope)


async def _send(
    send: Send, status: int, body: bytes, kind: bytes = b"application/json", *headers: tuple[bytes, bytes]
) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), length, *headers]}
    )
    await send({"type": "http.response.body", "body": body})


async def _drip(send: Send, body: bytes, seconds: float) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for at in range(len(body)):
        await send({"type": "http.response.body", "body": body[at : at + 1], "more_body": at + 1 < len(body)})
        await asyncio.sleep(seconds)


def _sibling(world: World) -> Machine:
    """A new host like the newest one."""
    like = world.listed()[0]
    number = len(world.machines)
    return Machine(
        id=f"shift{number:05}",
        name=f"shift-{number}",
        owner=ACCOUNT,
        package=like.package,
        image=like.image,
        rented=False,
        created=world.clock(),
        status=OFF,
    )
