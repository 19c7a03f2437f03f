"""The simulated service with faults, on a port of the loopback interface."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType
from typing import Final, Self

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from xds_tui.simulator.http_server import SimulatorServer

from .middleware import Service, build

_LOOP_CYCLES_TO_ACCEPT: Final = 3
"""Cycles of the event loop from accepting a connection until it is in the list of connections."""


class RunningSimulator(SimulatorServer):
    """Serves a `Service`: in a thread as a context manager, or in the main thread with `serve`.

    Attributes:
        service: the service; hold `service.lock` while reading its world.

    """

    def __init__(self, service: Service, *, port: int = 0, control: bool = False) -> None:
        super().__init__(build(service, control=control), port=port)
        self.service = service
        service.drop = self._drop
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve_until_ended()), daemon=True)
        self._ended = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                self._socket.close()
                raise RuntimeError("the simulator did not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._socket.close()
        self.service.drop = None

    async def _serve_until_ended(self) -> None:
        """Serve until `__exit__`, then abort every connection: a shutdown by uvicorn takes 0.2 s or more."""
        self._loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._server.serve([self._socket]))
        serving.add_done_callback(lambda _: self._ended.set())
        await self._ended.wait()
        # asyncio leaks a connection that is half accepted when its server closes: stop accepting, then close.
        self._loop.remove_reader(self._socket)
        for _ in range(_LOOP_CYCLES_TO_ACCEPT):
            await asyncio.sleep(0)
        for server in self._server.servers:
            server.close()
        for connection in self._connections():
            connection.transport.abort()
        serving.cancel()

    def _drop(self, scope: Scope) -> None:
        for connection in self._connections():
            if connection.client == scope["client"]:
                connection.transport.abort()

    def _connections(self) -> list[H11Protocol]:
        return [each for each in self._server.server_state.connections if isinstance(each, H11Protocol)]
