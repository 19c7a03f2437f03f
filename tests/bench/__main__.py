"""`python -m tests.bench`: all benchmarks in turn, and one table; `--quick` makes few runs, to try it out.

Those that mostly wait, `quiet`, `idle` and `bytes`, run at the same time; the others run alone. Seconds differ between
machines, so the ratios are the result.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.bench import annotations as annotated_hosts
from tests.bench import bytes as weights
from tests.bench import calls, cells, commands, disk, idle, keys, loop, memory, quiet, refresh, start
from tests.bench.table import Line, printed

_ALONE: Final[tuple[Callable[[bool], list[Line]], ...]] = (
    calls.measure,
    start.measure,
    commands.measure,
    keys.measure,
    memory.measure,
    annotated_hosts.measure,
    loop.measure,
    refresh.measure,
    cells.measure,
    disk.measure,
)
_TOGETHER: Final[tuple[Callable[[bool], list[Line]], ...]] = (quiet.measure, idle.measure, weights.measure)


def main() -> None:
    """Run all benchmarks."""
    quick = "--quick" in sys.argv[1:]
    began = time.monotonic()
    lines: list[Line] = []
    for measure in _ALONE:
        print(f"{time.monotonic() - began:4.0f} s  {measure.__module__}", file=sys.stderr)
        lines += measure(quick)
    print(f"{time.monotonic() - began:4.0f} s  those that wait", file=sys.stderr)
    with ThreadPoolExecutor() as threads:
        for waiting in [threads.submit(measure, quick) for measure in _TOGETHER]:
            lines += waiting.result()
    printed(lines)
    print(f"\n{time.strftime('%Y-%m-%d')}, `python -m tests.bench`, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
