"""`python -m tests.bench.idle`: the CPU time of an idle minute, compared with a bare Textual app.

The program refreshes 1,000 hosts every 15 s, without the CPU time of the simulator. A second measurement with
refreshing paused shows the part that is not caused by refreshes.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import ROWS, XDS, Screen, environ
from tests.bench.service import LIVE, serving
from tests.bench.table import Line, compared, run

HOSTS: Final = 1_000
SECONDS: Final = 150.0
SLICES: Final = 5
"""Number of intervals to compare for the spread, each a whole number of refreshes long."""
AIM: Final = 1.2


def percent(share: float) -> str:
    """Format a share of one CPU."""
    return f"{share * 100:.2f} %"


def measure(quick: bool) -> list[Line]:
    """Measure all programs at the same time without input."""
    slices = 1 if quick else SLICES
    length = SECONDS / SLICES
    with ExitStack() as stack:
        service = stack.enter_context(serving(HOSTS))
        homes = [Path(stack.enter_context(TemporaryDirectory())) for _ in range(3)]
        bare_command = [sys.executable, str(Path(__file__).parent / "bare_lines.py"), str(ROWS)]
        ours = stack.enter_context(Screen([XDS], service.environ(homes[0])))
        paused = stack.enter_context(Screen([XDS], service.environ(homes[1])))
        bare = stack.enter_context(Screen(bare_command, environ(homes[2])))
        for screen in (ours, paused):
            screen.wait_for(LIVE)
            screen.be_quiet(1)
        paused.press("p")
        time.sleep(5)
        screens = (ours, paused, bare)
        shares: list[list[float]] = [[] for _ in screens]
        for _ in range(slices):
            before = [screen.cpu_seconds() for screen in screens]
            time.sleep(length)
            for screen, seconds, kept in zip(screens, before, shares, strict=True):
                kept.append((screen.cpu_seconds() - seconds) / length)
    return [
        compared(
            f"idle CPU, {HOSTS:,} hosts every 15 s, to a bare Textual app", shares[0], shares[2], aim=AIM, shown=percent
        ),
        compared("idle CPU, the same with refreshes paused", shares[1], shares[2], shown=percent),
    ]


if __name__ == "__main__":
    run(measure)
