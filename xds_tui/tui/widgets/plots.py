"""Hosts on and CNY an hour over time, drawn by plotext; imported when the plots are opened, for it takes a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from math import ceil, floor, log10
from typing import ClassVar, Final

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content, Span
from textual.widgets import Static
from textual_plotext import PlotextPlot

from xds_tui.domain.records import Sample
from xds_tui.i18n import _

_TICKS: Final = (
    (timedelta(hours=2), timedelta(minutes=10), "%H:%M"),
    (timedelta(days=2), timedelta(hours=4), "%H:%M"),
    (timedelta.max, timedelta(days=1), "%m-%d"),
)
"""Up to which length of time, how far apart the times under a plot are, and how they are told."""

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
_PARTS: Final[dict[int | None, str]] = {14: ".plot--all", 10: ".plot--part"}
"""What their colours are in the palette that plotext writes in, and the component classes that they become."""


def _middle(low: Decimal | None, high: Decimal | None, unpriced: int) -> float | None:
    """The middle of a range; None: it is not known, as a sum of nothing while there are hosts without a price."""
    return None if low is None or high is None or (unpriced and not high) else float(low + high) / 2


HOSTS: Final = (Line(lambda sample: sample.total, *ALL), Line(lambda sample: sample.on, *PART))
"""The lines of the upper chart: all hosts, and those that are on."""

COSTS: Final = (
    Line(lambda sample: _middle(sample.prepaid_low, sample.prepaid_high, sample.unpriced), *ALL),
    Line(lambda sample: _middle(sample.billed_low, sample.billed_high, sample.unpriced), *PART),
)
"""The lines of the lower chart, CNY/hour: prepaid, and billed by the hour."""


class _Plot(PlotextPlot):
    """A plot in the colours of the theme, that is forgotten once it is closed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plot--all", "plot--part", "plot--axes"}
    DEFAULT_CSS = """
    _Plot {
        text-wrap: nowrap;
        .plot--all { color: $text-primary; }
        .plot--part { color: $text-success; }
        .plot--axes { color: $text-muted; }
    }
    """

    def render(self) -> Content:
        """Draw the plot; plotext's own colours only tell which part of it is which."""
        drawn = Text.from_ansi(self._built())
        spans = [Span(span.start, span.end, _part(span.style)) for span in drawn.spans]
        return Content(drawn.plain, spans=spans)

    def _built(self) -> str:
        # Without the theme that it makes of Textual's, which knows true colours alone.
        self.plt.plotsize(self.size.width, self.size.height)
        self.plt._set_size(self.size.width, self.size.height)  # noqa: SLF001 - as PlotextPlot does
        return str(self.plt.build())

    def on_unmount(self) -> None:
        """Hear of no more themes: what is told of them holds the plot, which would never end."""
        self.app.theme_changed_signal.unsubscribe(self)


def _part(style: str | Style) -> str:
    """Return the component class of what is drawn in one of plotext's colours."""
    number = style.color.number if isinstance(style, Style) and style.color else None
    return _PARTS.get(number, ".plot--axes")


class Charts(Vertical):
    """Two plots, one above the other, over the same time."""

    DEFAULT_CSS = """
    Charts {
        PlotextPlot { height: 1fr; }
        #plot-nothing { display: none; height: 1fr; content-align: center middle; color: $text-muted; }
        &.-empty #plot-nothing { display: block; }
        .plot-title { width: 1fr; text-align: center; }
        &.-empty PlotextPlot, &.-empty .plot-title { display: none; }
    }
    """

    def compose(self) -> ComposeResult:
        """The counts above, the money below; where nothing was counted, a word about it."""
        yield Static(
            _("Nothing was counted in this time: every sweep adds a point. s shows a longer one"), id="plot-nothing"
        )
        # Their titles are lines of their own: plotext takes a Chinese letter for one cell.
        yield Static(Content(_("hosts: ▞ on  • all")), classes="plot-title")
        yield _Plot(id="plot-hosts")
        yield Static(Content(_("¥/hour: ▞ billed  • prepaid")), classes="plot-title")
        yield _Plot(id="plot-money")

    def draw(self, samples: Sequence[Sample], since: datetime, until: datetime) -> None:
        """Plot `samples` between two moments."""
        self.set_class(not samples, "-empty")
        for name, lines, unit in (("#plot-hosts", HOSTS, 1), ("#plot-money", COSTS, 0.01)):
            plot = self.query_one(name, PlotextPlot)
            plot.plt.clear_data()
            _draw(plot, lines, unit, samples, since, until)
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
    plot: PlotextPlot, lines: Sequence[Line], unit: float, samples: Sequence[Sample], since: datetime, until: datetime
) -> None:
    plt = plot.plt
    highest = 0.0
    for line in lines:
        for points in (points for run in runs(samples, since, until) for points in known(line, run)):
            highest = max(highest, *(value for _at, value in points))
            draw = plt.plot if len(points) > 1 else plt.scatter
            draw(*map(list, zip(*points, strict=True)), marker=line.marker, color=line.colour)
    levels = scale(highest, unit)
    plt.xlim(since.timestamp(), until.timestamp())
    plt.ylim(0, levels[-1])
    plt.yticks(levels, [f"{level:g}" for level in levels])
    at, told = ticks(since, until)
    plt.xticks([moment.timestamp() for moment in at], told)


def known(line: Line, run: Sequence[Sample]) -> list[list[tuple[float, float]]]:
    """Return what is plotted of a stretch: moments and values, apart where a value is not known in between."""
    values = [(sample.at.timestamp(), line.value(sample)) for sample in run]
    parts = groupby(values, lambda point: point[1] is not None)
    return [[(at, value) for at, value in part if value is not None] for is_known, part in parts if is_known]


def scale(highest: float, unit: float) -> list[float]:
    """Return the numbers beside a plot, from 0 to at least `highest`: as far apart as people count, in whole units."""
    least = max(highest / LEVELS, unit) * (1 - 1e-9)
    power = 10.0 ** floor(log10(least))
    steps = (round(part * power, 6) for part in (1, 2, 2.5, 5, 10, 20))
    step = next(step for step in steps if step >= least and round(step / unit, 6).is_integer())
    return [round(step * level, 6) for level in range(LEVELS + 1)]


def ticks(since: datetime, until: datetime) -> tuple[list[datetime], list[str]]:
    """Return the times under a plot and how they are told: full hours, or days, where the user is."""
    _length, step, form = next(tick for tick in _TICKS if until - since <= tick[0])
    begin = since.astimezone()
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + step * ceil((begin - midnight) / step)
    at = [first + step * number for number in range((until - first) // step + 1)]
    return at, [moment.strftime(form) for moment in at]
