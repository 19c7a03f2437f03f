"""Runs xds-tui with a watch on its event loop: `measured_app.py REPORT [argv of xds-tui]`.

The report is JSON, written anew whenever a sweep begins, about everything from the first sweep to then. `longest` has
the callbacks that kept the loop longest, each with its seconds and what it was; `late` is the seconds that a timer of
the loop came late at worst, which is what a key would have waited.
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
"""Seconds between two looks at the clock."""
KEPT: Final = 12
WORTH: Final = 0.01
"""Seconds from which on a callback is remembered."""


class Watch:
    """What was seen of the loop since the first look."""

    def __init__(self) -> None:
        self.callbacks: list[tuple[float, str]] = []
        self.late = 0.0
        self._run = events.Handle._run

    def begin(self) -> None:
        """Watch every callback of every loop from now on."""
        watch, run = self, self._run

        def timed(handle: asyncio.Handle) -> None:
            began = time.perf_counter()
            run(handle)
            took = time.perf_counter() - began
            if took > WORTH:
                watch.callbacks.append((took, _name(handle)))

        events.Handle._run = timed  # type: ignore[assignment,method-assign]

    async def look_at_the_clock(self) -> None:
        """Notice for ever how late a timer comes."""
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            self.late = max(self.late, time.perf_counter() - due)

    def report(self) -> str:
        """Tell what was seen."""
        return json.dumps({"longest": nlargest(KEPT, self.callbacks), "late": self.late})


def _name(handle: asyncio.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return f"{task.get_coro()!r:.80}"
    return f"{callback!r:.80}"


def main() -> None:
    """Run the program, and watch it from the first sweep on."""
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
