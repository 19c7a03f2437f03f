"""The charts of the history: hosts and costs over time, in total and by GPU model, region, tag and owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final

from textual import work
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from xds_tui.domain import pricing
from xds_tui.domain.model import Billing, Status
from xds_tui.domain.records import Sample
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.text import charts, formats, labels, terms
from xds_tui.text.charts import ASCII, BRAILLE, Charset, Figures, Points
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.cost_tables import FIGURES_COLUMNS, GUTTER, CostTables, Line, line_width

SPANS: Final = (
    (timedelta(hours=1), N_("last hour")),
    (timedelta(days=1), N_("last day")),
    (timedelta(days=7), N_("last week")),
)
"""The lengths of time that can be shown, and their names."""

MAX_SAMPLES: Final = 400
"""Samples in a chart: two for each cell of a wide terminal."""

REDRAW_INTERVAL: Final = timedelta(minutes=1)
"""Minimum time between two updates of the charts while they are shown, if they cover an hour or more."""

SampleReader = Callable[[timedelta, int], Awaitable[Sequence[Sample]]]
"""Returns about as many samples of the last so much time, oldest first."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart."""

    label: str
    value: Callable[[Sample], Decimal | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """Two series in one chart."""

    title: str
    area: Series
    line: Series
    unit: Decimal
    """The smallest distance between two numbers beside the chart."""
    show_value: Callable[[Decimal], str]


def _middle(low: Decimal | None, high: Decimal | None, unpriced: int) -> Decimal | None:
    """Return the middle of a range, or None if it is unknown, such as a sum of nothing while prices are unknown."""
    return None if low is None or high is None or (unpriced and not high) else (low + high) / 2


def on_demand_cost(sample: Sample) -> Decimal | None:
    """Return what the on-demand hosts cost, CNY/hour."""
    return _middle(sample.billed_low, sample.billed_high, sample.unpriced)


def prepaid_cost(sample: Sample) -> Decimal | None:
    """Return what the prepaid hosts cost, CNY/hour."""
    return _middle(sample.prepaid_low, sample.prepaid_high, sample.unpriced)


def _charts() -> tuple[Chart, Chart]:
    """Return the charts, with their labels in the current language."""
    return (
        Chart(
            _(terms.HOSTS),
            Series(_(labels.STATUSES[Status.ON]), lambda sample: Decimal(sample.on)),
            Series(_("all"), lambda sample: Decimal(sample.total)),
            Decimal(1),
            str,
        ),
        Chart(
            _(terms.COST_PER_HOUR),
            Series(formats.billing(Billing.ON_DEMAND), on_demand_cost),
            Series(formats.billing(Billing.RENT), prepaid_cost),
            Decimal("0.01"),
            lambda value: formats.money(pricing.rounded(value)),
        ),
    )


class Charts(Widget):
    """Two charts over the same time, and the costs of the parts of the fleet below them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "charts--area",
        "charts--line",
        "charts--split",
        "charts--title",
        "charts--muted",
    }
    DEFAULT_CSS = """
    Charts {
        padding: 0 1;
        text-wrap: nowrap;
        .charts--area { color: $text-success; }
        .charts--line { color: $text-primary; }
        .charts--split { color: $text-accent; }
        .charts--title { text-style: bold; }
        .charts--muted { color: $text-muted; }
    }
    """

    span: reactive[int] = reactive(0, repaint=False)
    """The index of the length of time in `SPANS`."""

    def __init__(self, read_samples: SampleReader, clock: Callable[[], datetime], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._read_samples = read_samples
        self._clock = clock
        self._fleet = FleetState()
        self._samples: Sequence[Sample] | None = None
        self._now = clock()

    @property
    def span_name(self) -> str:
        """The name of the time span."""
        return _(SPANS[self.span][1])

    def update(self, fleet: FleetState, *, only_if_old: bool = False) -> None:
        """Read the samples again and show them, with the current costs of `fleet`.

        Args:
            fleet: the current state.
            only_if_old: do so only if the charts differ visibly by now.

        """
        if only_if_old and self._samples and abs(self._clock() - self._now) < self._redraw_interval():
            return
        self._fleet = fleet
        self._read()

    def watch_span(self) -> None:
        """Show another time span."""
        if self.is_mounted:
            self._read()

    def _redraw_interval(self) -> timedelta:
        first = self._samples[0].at if self._samples else self._now
        return min(REDRAW_INTERVAL, (self._now - first) / 60)

    @work(exclusive=True)
    async def _read(self) -> None:
        samples = await self._read_samples(SPANS[self.span][0], MAX_SAMPLES)
        self._samples, self._now = samples, self._clock()
        self.refresh()

    def render(self) -> Content:
        """Draw the charts."""
        if self._samples is None:
            return Content("")
        if not self._samples:
            text = _("No data for this period. Press s for a longer one.")
            return Content("\n" * (self.size.height // 2) + text.center(self.size.width))
        width, height = self.size
        since = self._now - SPANS[self.span][0]
        tables = CostTables(self._fleet, self._samples, (since, self._now), is_ascii=self._charset.is_ascii)
        table_lines = tables.lines(width, height)
        plot_height = max(2, (height - len(table_lines)) // 2 - 1)
        lines = _chart_lines(_charts(), self._samples, (since, self._now), (width, plot_height), self._charset)
        return Content("\n").join(map(_content, [*lines, *table_lines]))

    @property
    def _charset(self) -> Charset:
        return ASCII if glyphs.is_ascii(self.app) else BRAILLE


def _content(line: Line) -> Content:
    return Content.assemble(*((text, f".charts--{part}" if part else "") for text, part in line))


# Charts


def _chart_lines(
    shown: Sequence[Chart],
    samples: Sequence[Sample],
    period: tuple[datetime, datetime],
    size: tuple[int, int],
    charset: Charset,
) -> list[Line]:
    """Return the lines of all charts, each with as many rows as `size` says and its times below."""
    since, now = period
    width, height = size
    start, end = charts.visible_range([(sample.at, None) for sample in samples], since, now)
    series = [(_points(samples, chart.area), _points(samples, chart.line)) for chart in shown]
    beside = _figure_tables(shown, series, charset)
    scales = [_scale(chart, *points, height) for chart, points in zip(shown, series, strict=True)]
    label_width = max(len(_number(level)) for scale in scales for level in scale)
    beside_width = line_width(beside[0][0]) if width >= FIGURES_COLUMNS else -GUTTER
    plot_width = max(1, width - label_width - 1 - GUTTER - beside_width)
    count = plot_width * charset.columns
    lines: list[Line] = []
    for (area, line), scale, figures in zip(series, scales, beside, strict=True):
        drawing = charts.draw(
            charts.resample(area, start, end, now, count),
            charts.resample(line, start, end, now, count),
            scale[-1],
            height,
            charset,
        )
        axis = {charts.row_of(level, scale[-1], height, charset): level for level in scale}
        for row, (cells, marks) in enumerate(zip(drawing.rows, drawing.marks, strict=True)):
            label = _number(axis[row]) if row in axis else ""
            edge = ("┤" if row in axis else "│", "muted")
            right: Line = [(" " * GUTTER, ""), *figures[row]] if row < len(figures) and beside_width > 0 else []
            lines.append([(label.rjust(label_width), "muted"), edge, *_runs(cells, marks), *right])
        lines.append([(" " * (label_width + 1) + charts.time_axis(start, end, plot_width), "muted")])
    return lines


def _points(samples: Sequence[Sample], series: Series) -> Points:
    return [(sample.at, series.value(sample)) for sample in samples]


def _scale(chart: Chart, area: Points, line: Points, height: int) -> list[Decimal]:
    highest = max((value for _at, value in (*area, *line) if value is not None), default=Decimal(0))
    return charts.scale(highest, chart.unit, 4 if height >= 9 else 2 if height >= 4 else 1)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


_PARTS: Final = {charts.AREA: "area", charts.LINE: "line", charts.EMPTY: ""}


def _runs(cells: str, marks: str) -> Line:
    """Return a row of a drawing, with consecutive cells of the same mark together."""
    runs: Line = []
    for cell, mark in zip(cells, marks, strict=True):
        part = _PARTS[mark]
        if runs and runs[-1][1] == part:
            runs[-1] = (runs[-1][0] + cell, part)
        else:
            runs.append((cell, part))
    return runs


def _figure_tables(
    shown: Sequence[Chart], series: Sequence[tuple[Points, Points]], charset: Charset
) -> list[list[Line]]:
    """Return for each chart its title and its legend, with the last, smallest and largest value of each series."""
    area_sign, line_sign = ("#", "-") if charset.is_ascii else ("⣿", "⠒")
    tables = [
        [
            [chart.title, _("last"), _("min"), _("max")],
            [f"{area_sign} {chart.area.label}", *_figure_texts(chart, charts.figures(area))],
            [f"{line_sign} {chart.line.label}", *_figure_texts(chart, charts.figures(line))],
        ]
        for chart, (area, line) in zip(shown, series, strict=True)
    ]
    widths = [
        max(map(formats.cells, column)) for column in zip(*(row for table in tables for row in table), strict=True)
    ]
    parts = (("title", "muted"), ("area", ""), ("line", ""))
    return [[_table_line(row, widths, *part) for row, part in zip(table, parts, strict=True)] for table in tables]


def _figure_texts(chart: Chart, figures: Figures | None) -> list[str]:
    if figures is None:
        return [formats.NOTHING] * 3
    return [chart.show_value(value) for value in (figures.last, figures.minimum, figures.maximum)]


def _table_line(texts: Sequence[str], widths: Sequence[int], first: str, other: str) -> Line:
    line: Line = [(formats.padded(texts[0], widths[0]), first)]
    line += [
        (formats.flush_right(text, width + GUTTER), other) for text, width in zip(texts[1:], widths[1:], strict=True)
    ]
    return line
