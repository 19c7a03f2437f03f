"""The overview: hosts by status, their cost, and the next expiries.

Three boxes side by side, or a single line on small terminals. Only lines that look different are painted again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from textual import work
from textual.reactive import reactive

from xds_tui.domain import host_list, pricing
from xds_tui.domain.annotations import NO_ANNOTATION
from xds_tui.domain.cost_history import LENGTH, CostHistory, Spending, bucket_start
from xds_tui.domain.gpus import gpu_use
from xds_tui.domain.model import Billing
from xds_tui.domain.records import Sample
from xds_tui.domain.sanitize import local_time
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.text import charts, formats, overview, terms
from xds_tui.text.overview import Line, Overview
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.lines import StyledLines

ReadSamples = Callable[[], Awaitable[Sequence[Sample]]]

_BOX_SHARES: Final = (5, 6, 5)
"""How the boxes divide the width."""

_EXPIRIES: Final = 3
_QUARTERS: Final = int(LENGTH.total_seconds()) // 900


class OverviewPane(StyledLines):
    """Shows an `Overview` of the fleet."""

    DEFAULT_CSS = "OverviewPane { height: 1; }"

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """What is shown."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        read_samples: ReadSamples,
        *,
        id: str,  # noqa: A002 - Textual's name
    ) -> None:
        """Create the pane.

        Args:
            clock: returns the time, UTC.
            read_samples: returns the samples of the last 24 hours, oldest first.
            id: Textual's.

        """
        super().__init__(id=id)
        self._clock = clock
        self._read_samples = read_samples
        self._history = CostHistory()
        self._is_history_read = False
        self._spent: tuple[object, Spending | None] = (None, None)

    def read_history(self) -> None:
        """Read the samples of earlier runs, of which there are none yet or those of another account."""
        self._history, self._is_history_read = CostHistory(), False
        self._load()

    @work(exclusive=True)
    async def _load(self) -> None:
        samples = await self._read_samples()
        self._history, self._is_history_read = CostHistory.of(samples), True
        self._add_sample(self.fleet)
        self.draw()

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show the new state."""
        if not self.is_mounted:
            return
        if old.account and (old.account, old.base_url) != (new.account, new.base_url):
            self.read_history()
        if old.snapshot is not new.snapshot or old.costs is not new.costs or old.catalog is not new.catalog:
            self._add_sample(new)
            self.draw()

    def _add_sample(self, fleet: FleetState) -> None:
        cost, unpriced = fleet.costs.fleet.on_demand.high, fleet.costs.fleet.unpriced
        is_known = fleet.catalog is not None and (cost or not unpriced)
        if fleet.snapshot is not None and is_known and not fleet.is_restored:
            self._history = self._history.add(fleet.snapshot.at, cost)

    def on_resize(self) -> None:
        """Fit the overview to the new size."""
        self.draw()

    def draw(self) -> None:
        """Draw the overview at the present time."""
        width, height = self.size
        if width and self.display:
            self.show(self._composed(width, height))

    def _composed(self, width: int, height: int) -> list[Line]:
        shown = self._overview()
        if height < 5:
            return [((" ", ""), *overview.summary_line(shown, width - 2))] if shown else []
        widths = [width * share // sum(_BOX_SHARES) for share in _BOX_SHARES]
        widths[1] += width - sum(widths)
        blocks = charts.ASCII_BLOCKS if glyphs.is_ascii(self.app) else charts.BLOCKS
        inner = [box_width - 4 for box_width in widths]
        boxes: list[tuple[str, Sequence[Line]]] = [(_("Fleet"), ()), (_(terms.COST), ()), (_("Expiring"), ())]
        if shown is not None:
            boxes = [
                (_("Fleet"), overview.fleet_lines(shown, inner[0])),
                (_(terms.COST), overview.cost_lines(shown, inner[1], blocks)),
                (_("Expiring"), overview.expiry_lines(shown, inner[2])),
            ]
        drawn = [_boxed(title, lines, box_width) for (title, lines), box_width in zip(boxes, widths, strict=True)]
        return [sum(parts, ()) for parts in zip(*drawn, strict=True)]

    def _overview(self) -> Overview | None:
        fleet, now = self.fleet, self._clock()
        if fleet.snapshot is None:
            return None
        hosts = fleet.snapshot.hosts
        counts = host_list.counts(hosts, now)
        return Overview(
            counts,
            gpu_use(hosts),
            fleet.costs.fleet,
            fleet.catalog is not None,
            sum(1 for host in hosts if host.billing is Billing.RENT and pricing.is_paid_for(host, now)),
            self._spent_today(now, counts) if self._is_history_read else None,
            self._history.highest(now, _QUARTERS),
            tuple(
                replace(host, name=glyphs.host_name(self.app, host), annotation=NO_ANNOTATION)
                for host in host_list.next_expiries(hosts, now, _EXPIRIES)
            ),
            now,
        )

    def _spent_today(self, now: datetime, counts: object) -> Spending | None:
        """Return what was spent since midnight, as of the latest quarter of an hour or change of the fleet."""
        key = (bucket_start(now), counts, self.fleet.costs.fleet, self._is_history_read)
        if self._spent[0] != key:
            midnight = local_time(now).replace(hour=0, minute=0, second=0, microsecond=0)
            self._spent = (key, self._history.spent(midnight, now))
        return self._spent[1]


def _boxed(title: str, lines: Sequence[Line], width: int) -> list[Line]:
    """Return the five lines of a box of `width` cells around three lines."""
    top = "─" * max(0, width - 5 - formats.cells(title))
    boxed: list[Line] = [(("╭─ ", "border"), (title, "title"), (f" {top}╮", "border"))]
    for line in (*lines, *[()] * (3 - len(lines))):
        blank = " " * max(0, width - 4 - sum(formats.cells(text) for text, _style in line))
        boxed.append((("│ ", "border"), *line, (f"{blank} │", "border")))
    boxed.append(((f"╰{'─' * (width - 2)}╯", "border"),))
    return boxed
