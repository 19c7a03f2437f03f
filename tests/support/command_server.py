"""A process that has imported the program and forks for each command: most of the time of a command are its imports.

A command is a process of its own with the environment, the working directory and the standard streams of its client.
`command_server.py FD` accepts connections on a socket until its standard input ends.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from .command_client import STREAMS

ROOT: Final = Path(__file__).parents[2]

_LIBRARIES: Final = ("anyio._backends._asyncio", "httpx", "keyring.backends.fail", "starlette.applications")

_PACKAGES: Final = ("api", "auth", "cli", "config", "domain", "fleet", "simulator", "store", "system", "text")
"""Packages of the program that commands import; Textual is not among their imports."""

_READ_BY_PYTHON: Final = ("LC_", "LANGUAGE", "PYTHON")
"""Beginnings of the variables that an interpreter reads when it starts, and a fork ignores."""


def can_run(environ: Mapping[str, str]) -> bool:
    """Return whether a fork of the server does the same as a new interpreter with these variables."""
    read = {name for name in environ if name.startswith(_READ_BY_PYTHON)} - {"PYTHON_KEYRING_BACKEND"}
    return not read and environ.get("LANG") == "C.UTF-8"


@cache
def address() -> str:
    """Start the server of this process, and return the path of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="xds-")
    path = f"{folder.name}/socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(100)
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.command_server", str(listener.fileno())],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    return path


def script() -> str:
    """Return a shell script that does what `xds-tui` does, with the variables of a command that `can_run`."""
    client = Path(__file__).with_name("command_client.py")
    return f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", "-S", str(client), address()])} "$@"\n'


def _serve(listener: socket.socket) -> None:
    """Fork for each connection; return in a fork that is to become the program."""
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _address = listener.accept()
        with connection:
            if os.fork() == 0:
                listener.close()
                _attend(connection)
                return
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    sys.exit()


def _attend(connection: socket.socket) -> None:
    """Return in a fork that is to become the program; in this process wait for it, and report its exit code."""
    _first, files, _flags, _address = socket.recv_fds(connection, 1, STREAMS + 1)
    with connection.makefile("rb") as request:
        argv, environ = json.load(request)
    if process := os.fork():
        for fd in (*range(STREAMS), *files):
            os.close(fd)
        connection.sendall(f"{process}\n".encode())
        _process, status = os.waitpid(process, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    connection.close()
    *streams, folder = files
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    os.chdir(folder)
    for fd in files:
        os.close(fd)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    sys.argv = ["xds-tui", *argv]


def _import_program() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    for package in _PACKAGES:
        root = importlib.import_module(f"xds_tui.{package}")
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            importlib.import_module(module.name)


if __name__ == "__main__":
    _import_program()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("xds_tui", run_name="__main__", alter_sys=True)
