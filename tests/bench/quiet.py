"""`python -m tests.bench.quiet`: the output while 200 hosts do not change, refreshed every 15 s.

Counted from the second minute on. Output within a second belongs together. Output that changes the time at the top is
that of a refresh; the rest has other causes, such as the tick of a minute. The output is printed below the table, with
the line and the column of each text.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.screen import XDS, Chunk, Emulation, Screen
from tests.bench.service import LIVE, serving
from tests.bench.table import Line, printed

HOSTS: Final = 200
SECONDS: Final = 120.0
FIRST_MINUTE: Final = 60.0
TOGETHER: Final = 1.0

MOST: Final = 120
"""Bytes of a refresh without changes: a clock of eight digits, its colours and position, and the ends of the frame."""

_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}")
_PLACE: Final = re.compile(rb"\x1b\[([0-9]+)(;[0-9]+)?H")
_ESCAPE: Final = re.compile(rb"\x1b\[[?<>=]?[0-9;]*[ -/]*[@-~]|\x1b[=>]")


@dataclass(frozen=True, slots=True)
class Quiet:
    """The output of some minutes: one entry per refresh, and one for each other output."""

    refreshes: tuple[bytes, ...]
    between: tuple[bytes, ...]


def writings(chunks: Sequence[Chunk]) -> list[bytes]:
    """Join output that was written together."""
    joined: list[bytes] = []
    last = float("-inf")
    for chunk in chunks:
        if chunk.at - last > TOGETHER:
            joined.append(b"")
        joined[-1] += chunk.data
        last = chunk.at
    return joined


def texts(data: bytes) -> list[str]:
    """Return the texts in an output, each as `line;column text`."""
    parts = _PLACE.split(data)
    placed = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    found = ((line, column, _ESCAPE.sub(b"", text).decode(errors="replace").strip()) for line, column, text in placed)
    return [f"{line.decode()}{(column or b';1').decode()} {text}" for line, column, text in found if text]


def watch(seconds: float, settling: float) -> Quiet:
    """Run the program without input, and return its output after the first `settling` seconds."""
    with TemporaryDirectory() as home, serving(HOSTS) as service:
        service.remember(Path(home))
        with Screen([XDS], service.environ(Path(home))) as screen:
            screen.wait_for(LIVE)
            time.sleep(settling)
            screen.be_quiet(TOGETHER)
            since = screen.count
            time.sleep(seconds)
            screen.be_quiet(TOGETHER)
            return sorted_by_cause(screen.chunks(), since)


def sorted_by_cause(chunks: Sequence[Chunk], since: int) -> Quiet:
    """Sort the output after the first `since` chunks: a refresh changes the time at the top of the screen."""
    emulation = Emulation()
    for chunk in chunks[:since]:
        emulation.receive(chunk.data)
    refreshes: list[bytes] = []
    between: list[bytes] = []
    for data in writings(chunks[since:]):
        before = _CLOCK.findall(emulation.text)
        emulation.receive(data)
        (between if _CLOCK.findall(emulation.text) == before else refreshes).append(data)
    return Quiet(tuple(refreshes), tuple(between))


def lines_of(quiet: Quiet) -> list[Line]:
    """Return the output as lines of the table."""
    sizes = [len(data) for data in quiet.refreshes]
    between = [len(data) for data in quiet.between]
    middle = statistics.median(sizes) if sizes else 0
    return [
        Line(
            f"bytes of a refresh without changes, {HOSTS} hosts ({len(sizes)} of them)",
            f"{middle:,.0f} B",
            spread=f"{min(sizes, default=0):,}–{max(sizes, default=0):,}",
            aim=f"≤ {MOST} B",
            is_met=bool(sizes) and middle <= MOST,
        ),
        Line(
            f"bytes between refreshes ({len(between)} writings)",
            f"{sum(between):,} B",
            spread=", ".join(f"{size:,}" for size in between),
            aim="0 B",
            is_met=not between,
        ),
    ]


def explained(quiet: Quiet) -> str:
    """Return the texts of the output with the number of their occurrences."""
    told = []
    for title, writings_ in (("refreshes", quiet.refreshes), ("between them", quiet.between)):
        counted = Counter(text for data in writings_ for text in texts(data))
        told.append(f"{title}: " + ("nothing" if not counted else ""))
        told += [f"  {times:3} × {text}" for text, times in counted.items()]
    return "\n".join(told)


def measure(quick: bool) -> list[Line]:
    """Run the program without input for some minutes."""
    return lines_of(watch(35.0 if quick else SECONDS, 5.0 if quick else FIRST_MINUTE))


def main() -> None:
    """Print the table, and the output."""
    quick = "--quick" in sys.argv[1:]
    quiet = watch(35.0 if quick else SECONDS, 5.0 if quick else FIRST_MINUTE)
    printed(lines_of(quiet))
    print(explained(quiet))


if __name__ == "__main__":
    main()
