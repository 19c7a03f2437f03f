"""`python -m tests.bench.bytes`: the bytes written for a key, and for a refresh with few and many changes.

A second client starts and stops hosts, and the simulator's clock is advanced until that is complete, so that a refresh
finds an exact number of changed hosts. The baseline is the first paint of the whole screen.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import XDS, Screen, environ
from tests.bench.service import LIVE, Service, serving
from tests.bench.table import Line, run

HOSTS: Final = 100
RUNS: Final = 3
DOWN, PAGE_DOWN, HOME, ESCAPE = "\x1b[B", "\x1b[6~", "\x1b[H", "\x1b"
PAUSE: Final = 0.3
OFTEN, NEVER = "5", "3600"
"""Seconds between two refreshes: the shortest and the longest interval."""
REFRESH_PAUSE: Final = 1.0
VISIBLE: Final = 26
"""Rows of the host table in a terminal of 120x40."""


def length(size: float) -> str:
    """Format a number of bytes."""
    return f"{size:,.0f} B"


def weighed(what: str, sizes: Sequence[int], whole: float) -> Line:
    """Compare an output with that of the whole screen."""
    middle = statistics.median(sizes)
    spread = f"{min(sizes):,}–{max(sizes):,}"
    return Line(what, length(middle), length(whole), f"{middle / whole:.3f}", spread)


def written(screen: Screen, keys: str, runs: int, *, back: str = "", pause: float = PAUSE) -> list[int]:
    """Press each key and its opposite repeatedly, and return the bytes written for each press."""
    sizes = []
    for _ in range(runs):
        sizes.append(len(screen.burst(keys, pause=pause).data))
        if back:
            screen.burst(back, pause=pause)
    return sizes


def refreshes(screen: Screen, service: Service, changed: int, runs: int) -> tuple[list[int], list[int]]:
    """Change a number of hosts and wait for two refreshes, repeatedly; return the bytes of both."""
    top = list(service.hosts())[:changed]
    first, second = [], []
    for _ in range(runs):
        service.toggle(top)
        first.append(len(screen.next_writing(REFRESH_PAUSE)))
        second.append(len(screen.next_writing(REFRESH_PAUSE)))
    return first, second


def of_bare_table(runs: int) -> tuple[list[int], list[int]]:
    """Return the bytes that a bare DataTable writes for a cursor key and a page down."""
    bare = str(Path(__file__).parent / "bare_table.py")
    with TemporaryDirectory() as home, Screen([sys.executable, bare, str(HOSTS)], environ(Path(home))) as screen:
        screen.wait_for("host-7")
        screen.be_quiet(1)
        return written(screen, DOWN, runs), written(screen, PAGE_DOWN, 2)


def of_keys(service: Service, home: Path, runs: int) -> list[Line]:
    """Measure the bytes written for keys while nothing is refreshed."""
    bare_down, bare_page = of_bare_table(runs)
    with Screen([XDS, "--interval", NEVER], service.environ(home)) as screen:
        screen.wait_for(LIVE)
        screen.be_quiet(2)
        whole = sum(len(chunk.data) for chunk in screen.chunks())
        down = written(screen, DOWN, runs)
        page = written(screen, PAGE_DOWN, 2, back=HOME)
        wizard = written(screen, "n", runs, back=ESCAPE, pause=REFRESH_PAUSE)
    return [
        Line("bytes from the start to the first refresh", length(whole)),
        weighed("bytes of a cursor key, to a bare DataTable's", down, statistics.median(bare_down)),
        weighed("bytes of a page down, to a bare DataTable's", page, statistics.median(bare_page)),
        weighed("bytes of opening the wizard, to the start", wizard, whole),
    ]


def of_refreshes(service: Service, home: Path, runs: int) -> list[Line]:
    """Measure the bytes written for refreshes, compared with one in which every visible host has changed."""
    with Screen([XDS, "--interval", OFTEN], service.environ(home)) as screen:
        screen.wait_for(LIVE)
        screen.be_quiet(REFRESH_PAUSE)
        screen.next_writing(REFRESH_PAUSE)
        sizes = {changed: refreshes(screen, service, changed, runs) for changed in (VISIBLE, 10, 1, 0)}
    whole = statistics.median(sizes[VISIBLE][0])
    lines = []
    for changed, (first, second) in sorted(sizes.items()):
        what = f"{changed} of {VISIBLE} visible hosts changed, to all of them"
        lines.append(weighed(f"bytes of a refresh, {what}", first, whole))
        if changed:
            lines.append(weighed(f"bytes of the refresh after it, {what}", second, whole))
    return lines


def measure(quick: bool) -> list[Line]:
    """Press keys, and wait for refreshes."""
    runs = 1 if quick else RUNS
    with TemporaryDirectory() as folder, serving(HOSTS) as service:
        home = Path(folder)
        service.remove_expired()
        service.remember(home)
        return of_keys(service, home, runs) + of_refreshes(service, home, runs)


if __name__ == "__main__":
    run(measure)
