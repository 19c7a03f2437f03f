"""Runs xds-tui and measures the callbacks of its event loop: `measured_app.py REPORT [argv of xds-tui]`.

The report is JSON, rewritten at the start of each refresh, and covers the time since the first one. `longest` has the
longest callbacks, each with its seconds and name; `late` is the maximum delay of a timer in seconds, which is what a
key would have waited.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio import events
from heapq import nlargest
from pathlib import Path
from typing import Final

EVERY: Final = 0.005
"""Seconds between two checks of the clock."""
KEPT: Final = 12
WORTH: Final = 0.01
"""Seconds from which on a callback is recorded."""


class Watch:
    """The measurements of the loop since the first check."""

    def __init__(self) -> None:
        self.callbacks: list[tuple[float, str]] = []
        self.late = 0.0
        self._run = events.Handle._run

    def begin(self) -> None:
        """Measure every callback of every loop from now on."""
        watch, run = self, self._run

        def timed(handle: asyncio.Handle) -> None:
            began = time.perf_counter()
            run(handle)
            took = time.perf_counter() - began
            if took > WORTH:
                watch.callbacks.append((took, _name(handle)))

        events.Handle._run = timed  # type: ignore[assignment,method-assign]

    async def look_at_the_clock(self) -> None:
        """Measure continuously how late a timer is called."""
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            self.late = max(self.late, time.perf_counter() - due)

    def report(self) -> str:
        """Return the measurements."""
        return json.dumps({"longest": nlargest(KEPT, self.callbacks), "late": self.late})


def _name(handle: asyncio.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return f"{task.get_coro()!r:.80}"
    return f"{callback!r:.80}"


def main() -> None:
    """Run the program, and measure from the first refresh on."""
    from xds_tui.cli.main import main as run_program
    from xds_tui.fleet.monitor import Monitor

    report, sys.argv[1:] = Path(sys.argv[1]), sys.argv[2:]
    watch = Watch()
    refresh = Monitor._refresh
    tasks: list[asyncio.Task[None]] = []

    async def measured_refresh(monitor: Monitor) -> None:
        if tasks:
            report.write_text(watch.report())  # noqa: ASYNC240 - before the refresh, and short
        else:
            watch.begin()
            tasks.append(asyncio.create_task(watch.look_at_the_clock()))
        await refresh(monitor)

    Monitor._refresh = measured_refresh  # type: ignore[assignment,method-assign]
    run_program()


if __name__ == "__main__":
    main()
