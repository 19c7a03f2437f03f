"""`python -m tests.bench.start`: the CPU time until the host table is painted, compared with bare Textual apps.

All run in a pseudo-terminal, in turn, so that the load of the machine affects all alike. The CPU time is that of the
process when the terminal shows a host's name. The program loads a snapshot of an earlier run, like every start except
the first.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import ROWS, XDS, Screen, environ
from tests.bench.service import serving
from tests.bench.table import Line, compared, run

HOSTS: Final = (100, 1_000, 10_000)
RUNS: Final = 15
HERE: Final = Path(__file__).parent

AIM: Final = 1.15
AIM_OF_WORDS: Final = 3.0
"""Measure an interpreter that does nothing."""


def first_paint(command: Sequence[str], env: Mapping[str, str], painted: str) -> Callable[[], float]:
    """Return a function that starts the command, and returns the seconds of CPU time until its first paint."""

    def seconds() -> float:
        with Screen(command, env) as screen:
            return screen.wait_for(painted).cpu

    return seconds


def whole_run(*command: str) -> Callable[[], float]:
    """Return a function that runs a command to its end, and returns the seconds that it took."""

    def seconds() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return seconds


def in_turn(runs: int, ways: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measure each command in turn a number of times, after an uncounted run that compiles and fills caches."""
    for seconds in ways.values():
        seconds()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, seconds in ways.items():
            taken[name].append(seconds())
    return taken


def measure(quick: bool) -> list[Line]:
    """Compare the start times."""
    runs = 3 if quick else RUNS
    sizes = HOSTS[:1] if quick else HOSTS
    with ExitStack() as stack:
        no_account = environ(Path(stack.enter_context(TemporaryDirectory())))
        ways = {
            "lines": first_paint([sys.executable, str(HERE / "bare_lines.py"), str(ROWS)], no_account, "host-7"),
            "DataTable": first_paint([sys.executable, str(HERE / "bare_table.py"), str(ROWS)], no_account, "host-7"),
            "demo": first_paint([XDS, "--demo"], no_account, "office-5"),
        }
        for hosts in sizes:
            home = Path(stack.enter_context(TemporaryDirectory()))
            with serving(hosts) as service:
                service.remember(home)
                newest = service.newest()
            # The service is not running: the first paint does not wait for the network.
            ways[f"{hosts}"] = first_paint([XDS], service.environ(home), newest)
        times = in_turn(runs, ways)
    words = in_turn(
        runs,
        {
            "pass": whole_run(sys.executable, "-c", "pass"),
            "--version": whole_run(XDS, "--version"),
            "--help": whole_run(XDS, "--help"),
        },
    )
    painted = [(f"{hosts:,} hosts remembered", f"{hosts}") for hosts in sizes] + [("--demo", "demo")]
    return [
        *(
            compared(f"CPU until the first paint, {what}, to bare {bare}", times[key], times[bare], aim=AIM)
            for bare in ("lines", "DataTable")
            for what, key in painted
        ),
        *(
            compared(f"{option}, to python -c pass", words[option], words["pass"], aim=AIM_OF_WORDS)
            for option in ("--version", "--help")
        ),
    ]


if __name__ == "__main__":
    run(measure)
