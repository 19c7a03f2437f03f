"""Runs the program as a subprocess, and searches its output for secrets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from .wait import TIMEOUT

SECRET = "sec-planted-b81f44"
TOKEN = "tkn-planted-5d0e9c"
PASSWORD = "pwd-planted-27ac63"

COMMAND = (sys.executable, "-m", "xds_tui")


class Run(Protocol):
    def __call__(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]: ...


def runner(environ: Mapping[str, str]) -> Run:
    """Return a function that runs the program, and fails if its output contains a planted secret."""

    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        options: dict[str, Any] = {
            "capture_output": True,
            "encoding": "utf-8",
            "timeout": TIMEOUT,
            "stdin": subprocess.DEVNULL,
        }
        ended = subprocess.run([*COMMAND, *args], env={**environ, **more}, check=False, **options)
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
