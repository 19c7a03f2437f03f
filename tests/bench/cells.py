"""`python -m tests.bench.cells`: output in cells that differ, compared with Textual's and with the least possible.

Two programs, one with `cell_diff = false`, receive the same keys in turn. The CPU time is that of both whole processes
for all keys of a round; the bytes are compared with those that a perfect terminal library would write.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.bytes import length
from tests.bench.screen import XDS, Emulation, Screen
from tests.bench.service import LIVE, serving
from tests.bench.table import Line, compared, run
from tests.support.ideal_output import cells_of, ideal_length

HOSTS: Final = 100
ROUNDS: Final = 7
PAUSE: Final = 0.5
"""Seconds for the effect of a key; both programs are measured for as long."""
AIM: Final = 2.0
CPU_AIM: Final = 1.05
MAX_START: Final = 30_000
"""Bytes from the start to the first refresh."""

KEYS: Final[Mapping[str, str]] = {
    "cursor key": "\x1b[B",
    "page down": "\x1b[6~",
    "home": "\x1b[H",
    "open the filter": "/",
    "type a letter": "g",
    "clear the filter": "\x1b",
    "open help": "?",
    "close help": "\x1b",
    "open a dialog": "D",
    "close a dialog": "\x1b",
    "open the wizard": "n",
    "close the wizard": "\x1b",
}


class Watched:
    """A program and the screen that it has drawn."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._emulation = Emulation()
        self._count = 0
        self.catch_up()

    def catch_up(self) -> tuple[int, int]:
        """Show what was written; return its bytes, and those that would have been enough."""
        before = cells_of(self._emulation.screen)
        chunks = self.screen.chunks(self._count)
        self._count += len(chunks)
        for chunk in chunks:
            self._emulation.receive(chunk.data)
        written = sum(len(chunk.data) for chunk in chunks)
        return written, ideal_length(before, cells_of(self._emulation.screen))


def press_all(program: Watched, sizes: dict[str, list[tuple[int, int]]]) -> float:
    """Press all keys, add the bytes of each to `sizes`, and return the CPU time of the program."""
    seconds = 0.0
    for name, key in KEYS.items():
        before = program.screen.cpu_seconds()
        program.screen.press(key)
        time.sleep(PAUSE)
        seconds += program.screen.cpu_seconds() - before
        sizes.setdefault(name, []).append(program.catch_up())
    return seconds


def measure(quick: bool) -> list[Line]:
    """Press keys in both programs."""
    rounds = 1 if quick else ROUNDS
    with ExitStack() as stack:
        service = stack.enter_context(serving(HOSTS))
        screens = []
        for setting in ("true", "false"):
            home = Path(stack.enter_context(TemporaryDirectory()))
            config = home / ".config/xds-tui/config.toml"
            config.parent.mkdir(parents=True)
            config.write_text(f"cell_diff = {setting}\n")
            screens.append(stack.enter_context(Screen([XDS, "--interval", "3600"], service.environ(home))))
        for screen in screens:
            screen.wait_for(LIVE)
            screen.be_quiet(2)
        start = sum(len(chunk.data) for chunk in screens[0].chunks())
        ours, textual = (Watched(screen) for screen in screens)
        sizes: dict[str, list[tuple[int, int]]] = {}
        seconds: list[list[float]] = [[], []]
        for number in range(rounds):
            order = [(0, ours, sizes), (1, textual, {})]
            for index, program, kept in order if number % 2 else reversed(order):
                seconds[index].append(press_all(program, kept))
    return [
        Line(
            "bytes from the start to the first refresh",
            length(start),
            aim=f"≤ {MAX_START:,} B",
            is_met=start <= MAX_START,
        ),
        compared(f"CPU of {len(KEYS)} keys, to output by Textual", *seconds, aim=CPU_AIM),
        *(_compared_bytes(name, kept) for name, kept in sizes.items()),
    ]


def _compared_bytes(name: str, kept: list[tuple[int, int]]) -> Line:
    written, needed = (statistics.median(sizes) for sizes in zip(*kept, strict=True))
    ratios = [one / max(other, 1) for one, other in kept]
    ratio = statistics.median(ratios)
    return Line(
        f"bytes to {name}, to the least possible",
        length(written),
        length(needed),
        f"{ratio:.2f}",
        f"{min(ratios):.2f}–{max(ratios):.2f}",
        f"≤ {AIM:g}",
        ratio <= AIM,
    )


if __name__ == "__main__":
    run(measure)
