"""`python -m tests.bench.loop`: how long a refresh of 10,000 hosts blocks the event loop.

The program runs with its callbacks measured (`measured_app`), loads a stored snapshot, and refreshes several times.
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
"""Maximum duration of a callback in seconds."""


def watched(service: Service, home: Path) -> Any:
    """Return the report of a program after some refreshes."""
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
    """Measure the callbacks of the event loop."""
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
