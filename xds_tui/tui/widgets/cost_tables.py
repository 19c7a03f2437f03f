"""Costs of GPU models and regions: a sparkline over the time of the charts, and the present costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from xds_tui.domain import gpus, pricing
from xds_tui.domain.model import Area, Billing
from xds_tui.domain.pricing import CostShare, Rate
from xds_tui.domain.records import CostSplit, Sample
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import charts, formats, terms
from xds_tui.text.charts import Points

FIGURES_COLUMNS: Final = 76
"""Width from which the figures of a chart are beside it, and the two tables of costs side by side."""

GUTTER: Final = 2
"""Cells between two columns of text."""

MIN_SPARKLINE: Final = 4
"""Cells below which a sparkline is left out."""

_MIN_NAME: Final = 8

_MORE: Final = "\n"
"""The key of the parts that are added up; no part of a fleet has it."""

Line = list[tuple[str, str]]
"""Parts of a line: a text, and the component class without its prefix, or an empty string."""


def line_width(line: Line) -> int:
    """Return the cells of a line."""
    return sum(formats.cells(text) for text, _part in line)


@dataclass(frozen=True, slots=True)
class _Part:
    """A row: one part of the fleet, or several that are added up."""

    name: str
    share: CostShare[str]
    points: Points
    """What it cost over time."""


class CostTables:
    """The costs of a fleet by GPU model and by region."""

    def __init__(
        self, fleet: FleetState, samples: Sequence[Sample], period: tuple[datetime, datetime], *, is_ascii: bool
    ) -> None:
        """Use the present costs of `fleet`, and those that samples recorded in a period, oldest first."""
        self._fleet = fleet
        self._samples = samples
        self._since, self._now = period
        self._is_ascii = is_ascii

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the tables, side by side if there is room, after an empty line.

        Nothing if there are no costs or `height`, which is that of the charts with the tables, is small.
        """
        rows = 0 if height < 14 else max(5, height * 2 // 7) - 1
        if self._fleet.snapshot is None or self._fleet.catalog is None or rows < 2:
            return []
        by_gpu = self._parts("gpu", rows - 1)
        if not by_gpu:
            return []
        if width < FIGURES_COLUMNS:
            return [[], *self._table(_("Now by GPU"), by_gpu, width)]
        column = (width - GUTTER * 2) // 2
        left = self._table(_("Now by GPU"), by_gpu, column)
        right = self._table(_("Now by region"), self._parts("region", rows - 1), column)
        lines: list[Line] = [[]]
        for row in range(max(len(left), len(right))):
            before = left[row] if row < len(left) else []
            after = right[row] if row < len(right) else []
            lines.append([*before, (" " * (column - line_width(before) + GUTTER * 2), ""), *after])
        return lines

    def _parts(self, kind: str, count: int) -> list[_Part]:
        """Return the most expensive parts of a kind, the others added up in the last of `count` rows."""
        snapshot = self._fleet.snapshot
        hosts = snapshot.hosts if snapshot else ()
        key = gpus.model_of if kind == "gpu" else pricing.region_key
        shares = pricing.cost_shares(hosts, self._fleet.costs, self._now, key)
        left_out = len(shares) - count + 1 if len(shares) > count else 0
        if left_out:
            shares = [*shares[: count - 1], _added_up(shares[count - 1 :])]
        shown = {share.key for share in shares}
        splits = [(sample.at, sample.split) for sample in self._samples if sample.split is not None]
        name = _gpu_name if kind == "gpu" else _region_name
        return [
            _Part(
                _("{count} more").format(count=left_out) if share.key == _MORE else name(share.key),
                share,
                [(at, _cost(split, kind, share.key, shown)) for at, split in splits],
            )
            for share in shares
        ]

    def _table(self, title: str, parts: Sequence[_Part], width: int) -> list[Line]:
        amounts = [[_amount(part.share.on_demand, part.share.unpriced), _amount(part.share.prepaid)] for part in parts]
        head = [formats.billing(Billing.ON_DEMAND), formats.billing(Billing.RENT)]
        widths = [max(map(formats.cells, column)) for column in zip(head, *amounts, strict=True)]
        room = width - sum(widths) - GUTTER * len(widths)
        name_width = min(max(formats.cells(name) for name in (title, *(part.name for part in parts))), room)
        spark_width = room - name_width - GUTTER
        if spark_width < MIN_SPARKLINE:
            spark_width, name_width = -GUTTER, max(_MIN_NAME, room)
        sparklines = self._sparklines(parts, spark_width)
        lines = [_row(title, " " * spark_width, head, name_width, widths, ("title", "", "muted"))]
        lines += [
            _row(part.name, sparkline, texts, name_width, widths, ("", "split", ""))
            for part, sparkline, texts in zip(parts, sparklines, amounts, strict=True)
        ]
        return lines

    def _sparklines(self, parts: Sequence[_Part], width: int) -> list[str]:
        """Return the sparkline of each part, all at the same scale."""
        if width <= 0:
            return [""] * len(parts)
        start, end = charts.visible_range([(sample.at, None) for sample in self._samples], self._since, self._now)
        values = [charts.resample(part.points, start, end, self._now, width) for part in parts]
        top = max((value for row in values for value in row if value is not None), default=Decimal(0))
        if self._is_ascii:  # the substitute of the dot would look like a value
            lines = [charts.sparkline(row, top, charts.ASCII_BLOCKS) for row in values]
            return [line.replace(charts.NO_VALUE, " ") for line in lines]
        return [charts.sparkline(row, top) for row in values]


def _gpu_name(key: str) -> str:
    return key or _(terms.NO_GPU)


def _region_name(key: str) -> str:
    return formats.area(next((area for area in Area if str(area.value) == key), None))


def _cost(split: CostSplit, kind: str, key: str, shown: set[str]) -> Decimal:
    """Return what a part cost, or what everything cost that is not in `shown`."""
    costs: Mapping[str, Decimal] = split.gpu if kind == "gpu" else split.region
    if key == _MORE:
        return sum((cost for name, cost in costs.items() if name not in shown), Decimal(0))
    return costs.get(key, Decimal(0))


def _added_up(shares: Sequence[CostShare[str]]) -> CostShare[str]:
    return CostShare(
        _MORE,
        pricing.together(share.on_demand for share in shares),
        pricing.together(share.prepaid for share in shares),
        sum(share.hosts for share in shares),
        sum(share.unpriced for share in shares),
    )


def _amount(rate: Rate, unpriced: int = 0) -> str:
    if unpriced and not rate.high:  # a sum of nothing would look like a price
        return f"{unpriced} ?"
    text = formats.rate(rate) if rate.high else formats.NOTHING
    return f"{text} + {unpriced} ?" if unpriced else text


def _row(
    name: str,
    sparkline: str,
    amounts: Sequence[str],
    name_width: int,
    widths: Sequence[int],
    parts: tuple[str, str, str],
) -> Line:
    line: Line = [(formats.padded(name, name_width), parts[0])]
    if sparkline:
        line.append((" " * GUTTER + sparkline, parts[1]))
    line += [(formats.flush_right(text, width + GUTTER), parts[2]) for text, width in zip(amounts, widths, strict=True)]
    return line
