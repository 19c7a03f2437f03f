"""The simulated service on a port of the loopback interface."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from xds_tui.simulator.accounts import ACCOUNT, SECRET

LOOPBACK: Final = "127.0.0.1"


class SimulatorServer:
    """Serves an app of the simulator over HTTP.

    Attributes:
        url: base URL, such as `http://127.0.0.1:40123`.

    Raises:
        OSError: the port is in use.
        OverflowError: the port is out of range.

    """

    def __init__(self, app: ASGIApp, *, port: int = 0) -> None:
        self._socket = socket.create_server((LOOPBACK, port))
        # asyncio sets it for sockets of IPPROTO_TCP only. Without it each response waits 40 ms for an acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)

    def serve(self) -> None:
        """Serve in the main thread until SIGTERM, or until SIGINT, which raises KeyboardInterrupt."""
        # uvicorn raises the signal again after it has ended; without a handler SIGTERM would kill the process then.
        previous_handler = signal.signal(signal.SIGTERM, self._end)
        try:
            self._server.run([self._socket])
        finally:
            signal.signal(signal.SIGTERM, previous_handler)
            self._socket.close()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._server.should_exit = True


def greeting(url: str) -> str:
    """Describe how to reach the simulator at `url`: credentials, environment variables, and a call with curl."""
    return "\n".join(
        (
            f"xds-tui simulator on {url}",
            f"account {ACCOUNT}  secret {SECRET}",
            f"XDS_BASE_URL={url} XDS_UUID={ACCOUNT} XDS_SECRET={SECRET} xds-tui",
            f"curl -s {url}/v1/auth/getToken -d '" + f'{{"uuid":"{ACCOUNT}","secret":"{SECRET}"}}' + "'",
        )
    )
