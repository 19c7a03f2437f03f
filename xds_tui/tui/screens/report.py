"""The report on the costs of the month: by host, tag or owner, with a forecast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.reactive import reactive
from textual.widgets import Static

from xds_tui.domain.cost_report import CostReport
from xds_tui.fleet.cost_records import PARTS, month_of, read_report
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.store.database import StoreError
from xds_tui.text import messages, terms
from xds_tui.text.messages import Situation
from xds_tui.text.report import report_lines
from xds_tui.tui.commands import COMMANDS, bindings
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.lines import StyledLines
from xds_tui.tui.widgets.notice import Notice
from xds_tui.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from xds_tui.fleet.monitor import Monitor

REFRESH_INTERVAL: Final = timedelta(minutes=1)
"""Time after which the report is computed again with the next refresh of the hosts."""

_STORAGE: Final = "storage"
"""The subject of the notice that the records cannot be read."""


class ReportScreen(LiveScreen[None]):
    """Shows what the hosts cost this month."""

    manual_topic = "pricing"
    BINDINGS: ClassVar[list[BindingType]] = bindings("report")
    AUTO_FOCUS = "#report"
    DEFAULT_CSS = """
    ReportScreen {
        #parts { height: 1; padding: 0 1; background: $panel; text-style: bold; }
        #report { height: 1fr; padding: 0 1; scrollbar-gutter: stable; }
        #report StyledLines { height: auto; }
    }
    """

    part: reactive[str] = reactive(PARTS[0], repaint=False)
    """What a row is of, one of `PARTS`."""

    def __init__(self, monitor: Monitor, clock: Callable[[], datetime]) -> None:
        """Show the costs of the account that `monitor` watches; `clock` returns the time, UTC."""
        super().__init__(monitor.state)
        self._monitor = monitor
        self._clock = clock
        self._report: tuple[CostReport, datetime] | None = None
        self._read_at: datetime | None = None

    def compose(self) -> ComposeResult:
        """Compose the status line, the parts, the report and the keys."""
        yield self.status_line(_(terms.COST_REPORT))
        yield Static(id="parts", markup=False)
        with VerticalScroll(id="report"):
            yield StyledLines()
        yield Notice()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the records."""
        self.query_one(StatusBar).fleet = self.fleet
        self._draw()
        self._read()

    def watch_fleet(self, _old: FleetState, new: FleetState) -> None:
        """Compute the report again if it has become old."""
        if not self.is_mounted:
            return
        self.query_one(StatusBar).fleet = new
        if self._read_at is None or self._clock() - self._read_at >= REFRESH_INTERVAL:
            self._read()

    def watch_part(self) -> None:
        """Show other rows."""
        if self.is_mounted:
            self._draw()
            self._read()

    def on_resize(self, _event: Resize) -> None:
        """Fit the columns to the width."""
        self._draw()

    @work(exclusive=True)
    async def _read(self) -> None:
        """Compute the report from the records and the present prices."""
        fleet, part, now = self.fleet, self.part, self._clock()
        hosts = fleet.snapshot.hosts if fleet.snapshot is not None else ()
        journal, annotation = self._monitor.recorder.journal, self._monitor.annotations.find
        try:
            found = await read_report(journal, hosts, fleet.costs.hosts, month_of(None, now), now, annotation, part)
        except StoreError as error:
            self.show_notice(messages.error_lines(error, Situation.WATCHING), subject=_STORAGE)
            return
        self.show_notice((), subject=_STORAGE)
        if part == self.part:
            self._report, self._read_at = found, now
            self._draw()

    def _draw(self) -> None:
        names = [(part, _(COMMANDS[f"report.{part}"].label)) for part in PARTS]
        marks = [f"{'▸' if part == self.part else ' '}{number} {name}" for number, (part, name) in enumerate(names, 1)]
        self.query_one("#parts", Static).update("  ".join(marks))
        lines = self.query_one(StyledLines)
        if self._report is None:
            return
        width = self.query_one("#report").content_size.width or self.size.width
        lines.show(report_lines(*self._report, self.part, width))

    def action_part(self, part: str) -> None:
        """Show a row per host, tag or owner."""
        self.part = part

    def action_next(self) -> None:
        """Show the next kind of rows."""
        self.part = PARTS[(PARTS.index(self.part) + 1) % len(PARTS)]

    def action_leave(self) -> None:
        """Close the notice, else the screen."""
        if not self.query_one(Notice).dismiss():
            self.dismiss()
