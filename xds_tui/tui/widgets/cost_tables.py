"""Costs of GPU models, regions, tags and owners: a sparkline over the time of the charts, and the present costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from xds_tui.domain import gpus, pricing
from xds_tui.domain.model import Area, Billing, Host
from xds_tui.domain.pricing import Costs, CostShare, Rate
from xds_tui.domain.records import CostSplit, Sample
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.text import charts, formats, terms
from xds_tui.text.charts import Points

FIGURES_COLUMNS: Final = 76
"""Width from which the figures of a chart are beside it, and two tables of costs side by side."""

GUTTER: Final = 2
"""Cells between two columns of text."""

MIN_SPARKLINE: Final = 4
"""Cells below which a sparkline is left out."""

_MIN_NAME: Final = 8

_MIN_TABLE: Final = (FIGURES_COLUMNS - GUTTER * 2) // 2
"""Width from which a table of costs is beside others."""

_MIN_ROWS: Final = 3
"""Lines of a table, with its title, below which tables are left out rather than placed below others."""

_MORE: Final = "\n"
"""The key of the parts that are added up, each host once; no part of a fleet has it."""

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
    """The costs of a fleet by GPU model and by region, and by tag and by owner if any host has one."""

    def __init__(
        self, fleet: FleetState, samples: Sequence[Sample], period: tuple[datetime, datetime], *, is_ascii: bool
    ) -> None:
        """Use the present costs of `fleet`, and those that samples recorded in a period, oldest first."""
        self._fleet = fleet
        self._samples = samples
        self._since, self._now = period
        self._is_ascii = is_ascii

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the tables after an empty line, side by side as far as there is room, and the others below those.

        Nothing if there are no costs or `height`, which is that of the charts with the tables, is small.
        """
        if self._fleet.snapshot is None or self._fleet.catalog is None or height < 14:
            return []
        kinds = self._kinds(self._fleet.snapshot.hosts)
        most = max(1, (width + GUTTER * 2) // (_MIN_TABLE + GUTTER * 2))
        rows = max(5, height * 2 // 7) - 1
        bands = [kinds] if len(kinds) <= most else [kinds[:2][:most], kinds[2:][:most]]
        if len(bands) > 1:
            rows_of_each = height * 3 // 7 // 2 - 1
            if len(kinds) == 2 or rows_of_each < _MIN_ROWS:
                bands = bands[:1]
            else:
                rows = rows_of_each
        parts = {kind: self._parts(kind, rows - 1) for band in bands for kind in band}
        if not all(parts.values()):
            return []
        column = (width + GUTTER * 2) // len(bands[0]) - GUTTER * 2
        return [line for band in bands for line in self._band(band, parts, column)]

    @staticmethod
    def _kinds(hosts: Iterable[Host]) -> list[_Kind]:
        """Return what the costs are divided by."""
        kinds = [_BY_GPU, _BY_REGION]
        annotations = {id(host.annotation): host.annotation for host in hosts}.values()
        if any(annotation.tags for annotation in annotations):
            kinds.append(_BY_TAG)
        if any(annotation.owner for annotation in annotations):
            kinds.append(_BY_OWNER)
        return kinds

    def _band(self, kinds: Sequence[_Kind], parts: Mapping[_Kind, Sequence[_Part]], column: int) -> list[Line]:
        """Return tables of `column` cells each side by side, after an empty line."""
        tables = [self._table(_(kind.title), parts[kind], column) for kind in kinds]
        lines: list[Line] = [[]]
        for row in range(max(map(len, tables))):
            line: Line = []
            for number, table in enumerate(tables):
                if row < len(table):
                    line = [*line, (" " * ((column + GUTTER * 2) * number - line_width(line)), ""), *table[row]]
            lines.append(line)
        return lines

    def _parts(self, kind: _Kind, count: int) -> list[_Part]:
        """Return the most expensive parts of a kind, the others added up in the last of `count` rows."""
        snapshot = self._fleet.snapshot
        hosts = snapshot.hosts if snapshot else ()
        costs = self._fleet.costs
        shares = kind.shares(hosts, costs, self._now)
        left_out = {share.key for share in shares[count - 1 :]} if len(shares) > count else set()
        if left_out:
            rest = [host for host in hosts if not left_out.isdisjoint(kind.keys(host))]
            shares = [*shares[: count - 1], *pricing.cost_shares(rest, costs, self._now, lambda _host: _MORE)]
        shown = {share.key for share in shares}
        splits = [(sample.at, kind.costs(sample.split)) for sample in self._samples if sample.split is not None]
        return [
            _Part(
                _("{count} more").format(count=len(left_out)) if share.key == _MORE else kind.name(share.key),
                share,
                [] if share.key == _MORE and kind is _BY_TAG else _history(splits, share.key, shown),
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


def _region_name(key: str) -> str:
    return formats.area(next((area for area in Area if str(area.value) == key), None))


@dataclass(frozen=True, slots=True)
class _Kind:
    """A division of the costs of a fleet."""

    title: str
    keys: Callable[[Host], Sequence[str]]
    """The parts that a host belongs to."""
    shares: Callable[[Iterable[Host], Costs, datetime], list[CostShare[str]]]
    costs: Callable[[CostSplit], Mapping[str, Decimal]]
    """What each part cost at the time of a sample."""
    name: Callable[[str], str]
    """What a part is called on the screen."""


_BY_GPU: Final = _Kind(
    N_("Now by GPU"),
    lambda host: (gpus.model_of(host),),
    lambda hosts, costs, now: pricing.cost_shares(hosts, costs, now, gpus.model_of),
    lambda split: split.gpu,
    lambda key: key or _(terms.NO_GPU),
)
_BY_REGION: Final = _Kind(
    N_("Now by region"),
    lambda host: (pricing.region_key(host),),
    lambda hosts, costs, now: pricing.cost_shares(hosts, costs, now, pricing.region_key),
    lambda split: split.region,
    _region_name,
)
_BY_TAG: Final = _Kind(
    N_("Now by tag"),
    lambda host: host.annotation.tags or ("",),
    pricing.cost_shares_by_tag,
    lambda split: split.tag,
    lambda key: key or _(terms.NO_TAG),
)
"""A host with several tags is in several parts, so that only now, and not from samples, parts can be added up."""
_BY_OWNER: Final = _Kind(
    N_("Now by owner"),
    lambda host: (host.annotation.owner,),
    pricing.cost_shares_by_owner,
    lambda split: split.owner,
    lambda key: key or _(terms.NO_OWNER),
)


def _history(splits: Sequence[tuple[datetime, Mapping[str, Decimal]]], key: str, shown: set[str]) -> Points:
    """Return what a part cost at the time of each sample, or what everything cost that is not in `shown`."""
    if key != _MORE:
        return [(at, costs.get(key, Decimal(0))) for at, costs in splits]
    return [(at, sum((cost for name, cost in costs.items() if name not in shown), Decimal(0))) for at, costs in splits]


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
