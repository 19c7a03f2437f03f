"""`python -m tests.bench.loop`: how long a sweep of 10,000 hosts keeps the event loop from anything else.

The program runs with a watch on its loop (`watched`), finds a remembered snapshot, and makes several sweeps.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.bench.screen import Screen
from tests.bench.service import LIVE, Service, serving
from tests.bench.table import Line, bounded, milliseconds, run

HOSTS: Final = 10_000
SWEEPS: Final = 2
RUNS: Final = 3
AIM: Final = 0.05
"""Seconds in one go."""


def watched(service: Service, home: Path) -> Any:
    """Return the report of a program that made some sweeps."""
    report = home / "report.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, str(Path(__file__).parent / "measured_app.py"), str(report), "--interval", "5"]
    with Screen(command, service.environ(home)) as screen:
        screen.wait_for(LIVE)
        for _ in range(SWEEPS - 1):
            screen.be_quiet(1)
            screen.next_writing(1)
        written = report.stat().st_mtime_ns
        while report.stat().st_mtime_ns == written:  # until the next sweep begins
            time.sleep(0.1)
        time.sleep(0.1)
        return json.loads(report.read_text())


def measure(quick: bool) -> list[Line]:
    """Watch the loop."""
    with TemporaryDirectory() as home, serving(HOSTS) as service:
        service.remember(Path(home))
        reports = [watched(service, Path(home)) for _ in range(1 if quick else RUNS)]
    longest = [max((seconds for seconds, _ in report["longest"]), default=0.0) for report in reports]
    late = [float(report["late"]) for report in reports]
    for seconds, what in reports[-1]["longest"]:
        print(f"{milliseconds(seconds):>9}  {what}", file=sys.stderr)
    return [
        bounded(f"longest callback while {HOSTS:,} hosts are swept", longest, AIM, milliseconds),
        bounded(f"longest wait of a timer while {HOSTS:,} hosts are swept", late, AIM, milliseconds),
    ]


if __name__ == "__main__":
    run(measure)
