"""`python -m tests.bench.memory`: the memory per host, from the difference between 10,000 hosts and 100.

Each program refreshes twice, so that a snapshot has been replaced by another; then the private memory of the processes
is compared. A bare Textual app is the baseline of the rest.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import ROWS, XDS, Screen, environ
from tests.bench.service import LIVE, Service, serving
from tests.bench.table import Line, bounded, run

FEW: Final = 100
MANY: Final = 10_000
SWEEPS: Final = 2
RUNS: Final = 3
AIM: Final = 2048
"""Maximum bytes per host."""


def settled(services: Sequence[Service], homes: Sequence[Path]) -> list[int]:
    """Return the private bytes of a program with each service after some refreshes; they run at the same time."""
    with ExitStack() as stack:
        screens = [
            stack.enter_context(Screen([XDS, "--interval", "5"], service.environ(home)))
            for service, home in zip(services, homes, strict=True)
        ]
        sizes = []
        for screen in screens:
            screen.wait_for(LIVE)
            for _ in range(SWEEPS - 1):
                screen.be_quiet(1)
                screen.next_writing(1)
            sizes.append(screen.memory())
        return sizes


def bare() -> int:
    """Return the private bytes of a bare Textual app."""
    command = [sys.executable, str(Path(__file__).parent / "bare_lines.py"), str(ROWS)]
    with TemporaryDirectory() as home, Screen(command, environ(Path(home))) as screen:
        screen.wait_for("host-7")
        time.sleep(1)
        return screen.memory()


def megabytes(size: float) -> str:
    """Format bytes as megabytes."""
    return f"{size / 1e6:.1f} MB"


def kilobytes(size: float) -> str:
    """Format bytes as kilobytes."""
    return f"{size / 1024:.2f} KB"


def middle(what: str, sizes: Sequence[int], reference: Sequence[int]) -> Line:
    """Compare the medians of two lists of sizes."""
    ours, other = statistics.median(sizes), statistics.median(reference)
    spread = f"{megabytes(min(sizes))}–{megabytes(max(sizes))}"
    return Line(what, megabytes(ours), megabytes(other), f"{ours / other:.2f}", spread)


def measure(quick: bool) -> list[Line]:
    """Measure the memory."""
    runs = 1 if quick else RUNS
    with ExitStack() as stack:
        services = [stack.enter_context(serving(hosts)) for hosts in (FEW, MANY)]
        homes = [Path(stack.enter_context(TemporaryDirectory())) for _ in services]
        for service, home in zip(services, homes, strict=True):
            service.remember(home)
        pairs = [settled(services, homes) for _ in range(runs)]
    base, full = [few for few, _ in pairs], [many for _, many in pairs]
    bares = [bare() for _ in range(runs)]
    a_host = [(many - few) / (MANY - FEW) for few, many in pairs]
    return [
        bounded(f"memory of a host, {MANY:,} above {FEW}", a_host, AIM, kilobytes),
        middle(f"memory with {FEW} hosts, to a bare Textual app", base, bares),
        middle(f"memory with {MANY:,} hosts, to a bare Textual app", full, bares),
    ]


if __name__ == "__main__":
    run(measure)
