"""The connection between a buyer and the simulator, where creates can be interrupted at any stage.

A relay on the loopback interface. It forwards all bytes unchanged, except those of the create for the pending `Strike`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

from .request import Stage

LOOPBACK: Final = "127.0.0.1"

_CREATE: Final = b"POST /v1/pve/open/create"
_PRICE: Final = b"GET /v1/pve/open/packAge"
_CHUNK: Final = 65_536
_PORT_TIMEOUT: Final = 60.0
"""Seconds to wait for a port that another process uses."""

STAGES: Final = (
    Stage.PRICE,
    Stage.CONNECTED,
    Stage.SENDING,
    Stage.ARRIVED,
    Stage.PROCESSED,
    Stage.ANSWERING,
)
"""The stages that the wire can detect."""


@dataclass(frozen=True, slots=True)
class Strike:
    """The action on the next request that reaches `stage`."""

    stage: Stage
    act: Callable[[], None]
    """The action, such as killing the buyer; the connection is broken afterwards in any case."""


@dataclass(slots=True)
class _Ends:
    """The two connections of a request."""

    near: asyncio.StreamReader
    near_out: asyncio.StreamWriter
    far: asyncio.StreamReader
    far_out: asyncio.StreamWriter

    def abort(self) -> None:
        """Break both connections; a reader of either gets a reset."""
        self.near_out.transport.abort()
        self.far_out.transport.abort()


class Wire:
    """The relay.

    Attributes:
        strike: the interruption for the next request that reaches its stage; None after it has been applied.
        creates: the number of create requests received, complete or partial.
        processing: the number of complete creates that were forwarded and have no response yet.

    """

    def __init__(self, port: int) -> None:
        self._far_port = port
        self._port = 0
        self._server: asyncio.Server | None = None
        self._opening = asyncio.Lock()
        self._relaying: dict[asyncio.Task[None], _Ends] = {}
        self.strike: Strike | None = None
        self.creates = 0
        self.processing = 0

    @property
    def url(self) -> str:
        """The address of the service for the buyer."""
        return f"http://{LOOPBACK}:{self._port}"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.shut()
        for ends in self._relaying.values():
            ends.abort()
        await asyncio.gather(*self._relaying)

    async def open(self) -> None:
        """Accept connections.

        Raises:
            TimeoutError: if another process uses the port.

        """
        async with self._opening, asyncio.timeout(_PORT_TIMEOUT):
            while self._server is None:
                try:
                    self._server = await asyncio.start_server(self._accept, LOOPBACK, self._port)
                except OSError:
                    # A connection of another process may have used the port while it was free.
                    await asyncio.sleep(0.1)
                else:
                    self._port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Refuse new connections; existing ones continue."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _accept(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            far, far_out = await asyncio.open_connection(LOOPBACK, self._far_port)
        except ConnectionError:
            near_out.transport.abort()
            return
        self._relaying[task] = ends = _Ends(near, near_out, far, far_out)
        try:
            await self._relay(ends)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            ends.abort()
            del self._relaying[task]

    async def _relay(self, ends: _Ends) -> None:
        chunk = await ends.near.read(_CHUNK)
        if chunk.startswith(_CREATE):
            await self._create(ends, chunk)
            return
        async with _answering(ends):
            while chunk:
                if chunk.startswith(_PRICE) and self._strikes(Stage.PRICE):
                    return
                ends.far_out.write(chunk)
                await ends.far_out.drain()
                chunk = await ends.near.read(_CHUNK)

    async def _create(self, ends: _Ends, first: bytes) -> None:
        self.creates += 1
        if self._strikes(Stage.CONNECTED):
            return
        request = await _whole(ends.near, first)
        if self.strike is not None and self.strike.stage is Stage.SENDING:
            ends.far_out.write(request[: len(request) // 2])
            await ends.far_out.drain()
            self._strikes(Stage.SENDING)
            return
        self.processing += 1
        try:
            ends.far_out.write(request)
            await ends.far_out.drain()
            is_struck = self._strikes(Stage.ARRIVED)
            # Read to the end even if the buyer is gone, because the response shows when the service has finished.
            answer = await ends.far.read(_CHUNK)
        finally:
            self.processing -= 1
        if is_struck or self._strikes(Stage.PROCESSED):
            return
        if self.strike is not None and self.strike.stage is Stage.ANSWERING:
            ends.near_out.write(answer[: len(answer) // 2])
            await ends.near_out.drain()
            self._strikes(Stage.ANSWERING)
            return
        ends.near_out.write(answer)
        async with _answering(ends):
            await ends.near.read()

    def _strikes(self, stage: Stage) -> bool:
        """Run the action if the request has reached its stage."""
        strike = self.strike
        if strike is None or strike.stage is not stage:
            return False
        self.strike = None
        strike.act()
        return True


@asynccontextmanager
async def _answering(ends: _Ends) -> AsyncIterator[None]:
    """Forward the responses of the service."""
    answering = asyncio.create_task(_pass(ends.far, ends.near_out))
    try:
        yield
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()
    sink.close()


async def _whole(near: asyncio.StreamReader, first: bytes) -> bytes:
    """Return a complete request."""
    request = first
    while b"\r\n\r\n" not in request:
        request += await _more(near)
    head, body = request.split(b"\r\n\r\n", 1)
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    while len(body) < length:
        chunk = await _more(near)
        request, body = request + chunk, body + chunk
    return request


async def _more(near: asyncio.StreamReader) -> bytes:
    chunk = await near.read(_CHUNK)
    if not chunk:
        raise asyncio.IncompleteReadError(b"", None)
    return chunk
