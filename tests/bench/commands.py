"""`python -m tests.bench.commands`: the CPU time of commands, compared with a short httpx script of the same calls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import XDS
from tests.bench.service import OFF, Service, serving
from tests.bench.start import in_turn
from tests.bench.table import Line, compared, run

HOSTS: Final = 40
RUNS: Final = 15
AIM: Final = 1.2
BARE: Final = (sys.executable, str(Path(__file__).with_name("bare_commands.py")))


def cpu_time(command: Sequence[str], environ: Mapping[str, str], prepare: Callable[[], None]) -> Callable[[], float]:
    """Return a function that calls `prepare`, runs the command, and returns its CPU time in seconds."""

    def seconds() -> float:
        prepare()
        with subprocess.Popen(
            command, env=dict(environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{command} ended with {process.returncode}")
        return usage.ru_utime + usage.ru_stime

    return seconds


def measure(quick: bool) -> list[Line]:
    """Measure `hosts` and `stop`."""
    with TemporaryDirectory() as folder, serving(HOSTS) as service:
        environ = service.environ(Path(folder))
        host = next(iter(service.hosts()))
        start = starter(service, host)
        ways = {
            "hosts": cpu_time([XDS, "hosts", "--json"], environ, lambda: None),
            "bare hosts": cpu_time(BARE, environ, lambda: None),
            "stop": cpu_time([XDS, "stop", host, "--yes", "--no-wait"], environ, start),
            "bare stop": cpu_time([*BARE, host], environ, start),
        }
        times = in_turn(3 if quick else RUNS, ways)
    return [
        compared(f"CPU of {name}, to a script with httpx", times[name], times[f"bare {name}"], aim=AIM)
        for name in ("hosts", "stop")
    ]


def starter(service: Service, host: str) -> Callable[[], None]:
    """Return a function that starts the host if it is off."""

    def start() -> None:
        signed_in = Service(service.url)  # a token of its own, because `settle` advances the clock by minutes
        signed_in.settle()
        if signed_in.hosts()[host] == OFF:
            signed_in.toggle([host])

    return start


if __name__ == "__main__":
    run(measure)
