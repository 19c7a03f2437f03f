"""Hosts on and CNY an hour over time, drawn by plotext; imported when the plots are opened, for it takes a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil
from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual_plotext import PlotextPlot

from xds_tui.i18n import _
from xds_tui.record import Sample

TICKS: Final = 6
"""Times under a plot."""

GAP: Final = 3
"""A stretch without samples this many times as long as usual is left empty: nobody knows what was in it."""

LEVELS: Final = 4
"""Numbers beside a plot, above nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is plotted, and how: told apart by its marks, and not by its colour alone."""

    value: Callable[[Sample], float | None]
    marker: str
    colour: str


ALL: Final = ("dot", "cyan+")
PART: Final = ("hd", "green+")


class _Plot(PlotextPlot):
    """A plot that is forgotten once it is closed."""

    def on_unmount(self) -> None:
        """Hear of no more themes: what is told of them holds the plot, which would never end."""
        self.app.theme_changed_signal.unsubscribe(self)


class Plots(Vertical):
    """Two plots, one above the other, over the same time."""

    DEFAULT_CSS = """
    Plots {
        PlotextPlot { height: 1fr; }
    }
    """

    def compose(self) -> ComposeResult:
        """The counts above, the money below."""
        yield _Plot(id="plot-hosts")
        yield _Plot(id="plot-money")

    def draw(self, samples: Sequence[Sample], since: datetime, until: datetime) -> None:
        """Plot `samples` between two moments."""
        hosts = (Line(lambda sample: sample.total, *ALL), Line(lambda sample: sample.on, *PART))
        money = (
            Line(lambda sample: _middle(sample.prepaid_low, sample.prepaid_high), *ALL),
            Line(lambda sample: _middle(sample.billed_low, sample.billed_high), *PART),
        )
        for name, title, lines in (
            ("#plot-hosts", _("hosts: ▞ on  • all"), hosts),
            ("#plot-money", _("¥/hour: ▞ billed  • prepaid"), money),
        ):
            plot = self.query_one(name, PlotextPlot)
            plot.plt.clear_data()
            plot.plt.title(title)
            _draw(plot, lines, samples, since, until)
            plot.refresh()


def runs(samples: Sequence[Sample], since: datetime, until: datetime) -> list[list[Sample]]:
    """Return `samples` in stretches without a gap, oldest first."""
    if not samples:
        return []
    steps = sorted(later.at - earlier.at for earlier, later in pairwise(samples))
    usual = steps[len(steps) // 2] if steps else until - since
    found = [[samples[0]]]
    for earlier, later in pairwise(samples):
        if later.at - earlier.at > max(usual * GAP, timedelta(minutes=1)):
            found.append([])
        found[-1].append(later)
    return found


def _draw(
    plot: PlotextPlot, lines: Sequence[Line], samples: Sequence[Sample], since: datetime, until: datetime
) -> None:
    plt = plot.plt
    highest = 0.0
    for line in lines:
        for run in runs(samples, since, until):
            points = [(sample.at.timestamp(), known) for sample in run if (known := line.value(sample)) is not None]
            if not points:
                continue
            highest = max(highest, *(known for _at, known in points))
            draw = plt.plot if len(points) > 1 else plt.scatter
            draw(*map(list, zip(*points, strict=True)), marker=line.marker, color=line.colour)
    top = max(LEVELS, ceil(highest / LEVELS) * LEVELS)
    plt.xlim(since.timestamp(), until.timestamp())
    plt.ylim(0, top)
    levels = [float(top * level // LEVELS) for level in range(LEVELS + 1)]
    plt.yticks(levels, [f"{level:g}" for level in levels])
    at = [since + (until - since) * step / (TICKS - 1) for step in range(TICKS)]
    days = "%m-%d %H:%M" if until - since > timedelta(days=2) else "%H:%M"
    plt.xticks([moment.timestamp() for moment in at], [moment.astimezone().strftime(days) for moment in at])


def _middle(low: Decimal | None, high: Decimal | None) -> float | None:
    return None if low is None or high is None else float(low + high) / 2
