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
from xds_tui.simulator.line import Service
from xds_tui.simulator.server import build

LOOPBACK: Final = "127.0.0.1"


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
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        service.drop = self._drop
        self._socket = socket.create_server((LOOPBACK, port))
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            build(service, control=control),
            http=self._protocol(),
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
        for server in self._server.servers:
            server.close()
        for transport in list(self._transports.values()):
            transport.abort()
        serving.cancel()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True

    def _protocol(self) -> type[H11Protocol]:
        transports = self._transports

        class Recorded(H11Protocol):
            """Remembers its transport by the client's address, so that a fault can break the line."""

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection has no other
                super().connection_made(transport)
                transports[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                if self.client is not None:
                    transports.pop(self.client, None)

        return Recorded

    def _drop(self, scope: Scope) -> None:
        transport = self._transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()


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
