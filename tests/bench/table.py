"""The table of the measurements."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_TITLES: Final = ("what", "ours", "reference", "ratio", "spread", "aim", "met")


@dataclass(frozen=True, slots=True)
class Line:
    """A measurement and its baseline, as texts."""

    what: str
    ours: str
    reference: str = ""
    ratio: str = ""
    spread: str = ""
    aim: str = ""
    is_met: bool | None = None
    """The target; None if there is none."""


def milliseconds(seconds: float) -> str:
    """Format seconds as milliseconds."""
    return f"{seconds * 1000:.{1 if seconds < 0.1 else 0}f} ms"


def compared(
    what: str,
    ours: Sequence[float],
    reference: Sequence[float],
    *,
    aim: float | None = None,
    shown: Callable[[float], str] = milliseconds,
) -> Line:
    """Compare runs that were made in turn: medians, and the median and the spread of the ratios of the pairs."""
    ratios = [one / other for one, other in zip(ours, reference, strict=True)]
    ratio = statistics.median(ratios)
    return Line(
        what,
        shown(statistics.median(ours)),
        shown(statistics.median(reference)),
        f"{ratio:.2f}",
        f"{min(ratios):.2f}–{max(ratios):.2f}",
        "" if aim is None else f"≤ {aim:g}",
        None if aim is None else ratio <= aim,
    )


def bounded(what: str, ours: Sequence[float], most: float, shown: Callable[[float], str]) -> Line:
    """Compare the median of some runs with a limit."""
    middle = statistics.median(ours)
    spread = f"{shown(min(ours))}–{shown(max(ours))}"
    return Line(what, shown(middle), spread=spread, aim=f"≤ {shown(most)}", is_met=middle <= most)


def percentile(values: Sequence[float], of_hundred: int) -> float:
    """Return a percentile of the values."""
    return statistics.quantiles(values, n=100, method="inclusive")[of_hundred - 1]


def printed(lines: Sequence[Line]) -> None:
    """Print the lines as a table in Markdown."""
    met = {None: "", True: "yes", False: "**no**"}
    rows = [
        _TITLES,
        *(
            (line.what, line.ours, line.reference, line.ratio, line.spread, line.aim, met[line.is_met])
            for line in lines
        ),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    for number, row in enumerate(rows):
        print("|", " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)), "|")
        if number == 0:
            print("|", " | ".join("-" * width for width in widths), "|")


def _texts(line: Line) -> tuple[str, ...]:
    return line.what, line.ours, line.reference, line.ratio, line.spread, line.aim


def run(measure: Callable[[bool], list[Line]]) -> None:
    """Run one benchmark as a command; `--quick` makes few runs, to try it out."""
    printed(measure("--quick" in sys.argv[1:]))
