"""Runs a command in a fork of the command server; `command_client.py SOCKET [ARGUMENT...]` replaces `xds-tui`.

It imports little, because a script of the tests starts it for each command.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence

STREAMS = 3


def send(
    address: str, argv: Sequence[str], environ: Mapping[str, str], streams: Sequence[int], timeout: float | None = None
) -> int:
    """Run the program with three open files as its standard streams, and return its exit code.

    Raises:
        TimeoutError: if it did not end within `timeout` seconds; it has been killed then.

    """
    folder = os.open(".", os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(timeout)
            server.connect(address)
            socket.send_fds(server, [b"\n"], [*streams, folder])
            server.sendall(json.dumps([list(argv), dict(environ)]).encode())
            server.shutdown(socket.SHUT_WR)
            return _wait(server)
    finally:
        os.close(folder)


def _wait(server: socket.socket) -> int:
    with server.makefile("r") as answers:
        process = int(answers.readline())
        try:
            return int(answers.readline())
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise


if __name__ == "__main__":
    sys.exit(send(sys.argv[1], sys.argv[2:], os.environ, range(STREAMS)))
