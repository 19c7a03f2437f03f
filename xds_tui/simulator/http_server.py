"""The simulated service on a port of this machine, and of no other."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from types import FrameType, TracebackType
from typing import Final, Self

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from xds_tui.simulator.accounts import ACCOUNT, SECRET
from xds_tui.simulator.fault_middleware import Service
from xds_tui.simulator.http_app import build

LOOPBACK: Final = "127.0.0.1"

_TURNS_TO_ACCEPT: Final = 3
"""Turns of the event loop from accepting a connection until it counts as one."""


class RunningSimulator:
    """Serves a `Service`: as a context manager in a thread, or with `serve` until a signal.

    Attributes:
        service: what is served; hold `service.lock` while looking at its world.
        url: such as `http://127.0.0.1:40123`.

    Raises:
        OSError: the port is taken.

    """

    def __init__(self, service: Service, *, port: int = 0, control: bool = False) -> None:
        self.service = service
        service.drop = self._drop
        self._socket = socket.create_server((LOOPBACK, port))
        # asyncio does so only for sockets made with IPPROTO_TCP; else each answer waits 40 ms for an acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            build(service, control=control),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)
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

    def serve(self) -> None:
        """Serve in the main thread, until SIGTERM or, with KeyboardInterrupt, SIGINT ends it."""
        # uvicorn raises the signal again after it has ended: without this SIGTERM would kill the process then.
        before = signal.signal(signal.SIGTERM, self._end)
        try:
            self._server.run([self._socket])
        finally:
            signal.signal(signal.SIGTERM, before)
            self._socket.close()

    async def _serve_until_ended(self) -> None:
        """Serve until `__exit__`, and then break every connection: uvicorn's own way to end takes 0.2 s and more."""
        self._loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._server.serve([self._socket]))
        serving.add_done_callback(lambda _: self._ended.set())
        await self._ended.wait()
        # A connection that is half accepted when its server closes is leaked by asyncio: accept no more, then close.
        self._loop.remove_reader(self._socket)
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        for server in self._server.servers:
            server.close()
        for connection in self._connections():
            connection.transport.abort()
        serving.cancel()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True

    def _drop(self, scope: Scope) -> None:
        for connection in self._connections():
            if connection.client == scope["client"]:
                connection.transport.abort()

    def _connections(self) -> list[H11Protocol]:
        return [each for each in self._server.server_state.connections if isinstance(each, H11Protocol)]


def greeting(url: str) -> str:
    """What a person needs to know who wants to poke at it."""
    return "\n".join(
        (
            f"xds-tui simulator on {url}",
            f"account {ACCOUNT}  secret {SECRET}",
            f"XDS_BASE_URL={url} XDS_UUID={ACCOUNT} XDS_SECRET={SECRET} xds-tui",
            f"curl -s {url}/v1/auth/getToken -d '" + f'{{"uuid":"{ACCOUNT}","secret":"{SECRET}"}}' + "'",
        )
    )
