"""Runs the program as a subprocess, and searches its output for secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from . import command_server
from .command_client import send
from .wait import TIMEOUT

SECRET = "sec-planted-b81f44"
TOKEN = "tkn-planted-5d0e9c"
PASSWORD = "pwd-planted-27ac63"

COMMAND = (sys.executable, "-m", "xds_tui")


class Run(Protocol):
    def __call__(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]: ...


def run_started(args: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program in a new interpreter."""
    return subprocess.run(
        [*COMMAND, *args],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=TIMEOUT,
    )


def run_forked(args: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program in a fork of an interpreter that has imported it."""
    (output, stdout), (errors, stderr) = os.pipe(), os.pipe()
    with ThreadPoolExecutor(2) as readers, Path(os.devnull).open() as nothing:
        texts = [readers.submit(read_all, fd) for fd in (output, errors)]
        try:
            code = send(command_server.address(), args, environ, [nothing.fileno(), stdout, stderr], TIMEOUT)
        finally:
            os.close(stdout)
            os.close(stderr)
    return subprocess.CompletedProcess([*COMMAND, *args], code, *(text.result() for text in texts))


def read_all(fd: int) -> str:
    with open(fd, encoding="utf-8") as pipe:
        return pipe.read()


def runner(environ: Mapping[str, str]) -> Run:
    """Return a function that runs the program, and fails if its output contains a planted secret."""

    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        together = {**environ, **more}
        ended = (run_forked if command_server.can_run(together) else run_started)(args, together)
        for secret in (SECRET, TOKEN, PASSWORD):
            assert secret not in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended

    return run


@contextmanager
def watching(environ: Mapping[str, str], *args: str) -> Iterator[subprocess.Popen[str]]:
    """Run `hosts --watch`, and kill it at the end."""
    command = [*COMMAND, "hosts", "--watch", "--interval", "5", *args]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
