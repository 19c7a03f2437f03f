"""How long and how many: the periods side by side with what each costs, and two counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from xds_tui import pricing
from xds_tui.i18n import N_, _
from xds_tui.model import Billing, Catalog, Period, PeriodUnit
from xds_tui.tui import wording
from xds_tui.tui.draft import MOST_HOSTS, MOST_PERIODS, Draft
from xds_tui.tui.widgets.cost_card import sums
from xds_tui.tui.widgets.line_layout import translated
from xds_tui.tui.widgets.line_table import Cell, Column, LineTable, Row

_COLUMNS: Final = (
    Column("unit", N_("PERIOD"), 10),
    Column("hours", N_("HOURS"), 6, align="right"),
    Column("rent", N_("RENT ¥"), 13, align="right"),
    Column("by the hour", N_("BY THE HOUR ¥"), 14, align="right"),
)


class HowMuch(Vertical):
    """Asks for the unit and number of periods, for a rent, and for the number of hosts."""

    DEFAULT_CSS = """
    HowMuch {
        padding: 0 1;
        #units { height: 1fr; min-height: 7; max-height: 8; }
        #period-problem { color: $text-error; }
    }
    """

    @dataclass
    class Changed(Message):
        """Something else is wanted; only what can be read is told."""

        unit: PeriodUnit
        number: int
        count: int

    class Done(Message):
        """Enter was pressed in the last field."""

    def __init__(self, draft: Draft, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._draft = draft

    def compose(self) -> ComposeResult:
        """The periods above, the counts below."""
        yield LineTable(id="units")
        with Horizontal(classes="field", id="number-field"):
            yield Static(Content(_("How many periods")), classes="field-name")
            yield Input(str(self._draft.number), id="number", type="integer", max_length=3, compact=True)
        with Horizontal(classes="field"):
            yield Static(Content(_("How many hosts")), classes="field-name")
            yield Input(str(self._draft.count), id="count", type="integer", max_length=2, compact=True)
        yield Static(id="period-problem")

    def on_mount(self) -> None:
        """Draw still: a cursor that blinks writes to the terminal twice a second."""
        for field in self.query(Input):
            field.cursor_blink = False

    def show(self, draft: Draft, there: Catalog | None) -> None:
        """Show the periods of `draft` with their prices; the fields keep what was typed."""
        self._draft = draft
        is_rent = draft.billing is Billing.RENT
        units = {unit.name: unit for unit in PeriodUnit}

        def row(key: str) -> Row:
            rent, by_the_hour = sums(draft.package, draft.billing, units[key], there) if draft.package else ("", "")
            hours = pricing.hours(Period(units[key], 1))
            return Row(
                (
                    Cell(f"1 {wording.unit(units[key])}"),
                    Cell(f"{hours}", "muted"),
                    Cell(rent.removeprefix("¥")),
                    Cell(by_the_hour.removeprefix("¥"), "muted"),
                )
            )

        table = self.query_one("#units", LineTable)
        table.show(translated(_COLUMNS), list(units), row)
        table.move_to(draft.unit.name)
        table.display = self.query_one("#number-field").display = is_rent

    def focus_first(self) -> None:
        """Put the focus on what is most likely to be changed."""
        self.query_one("#number" if self._draft.billing is Billing.RENT else "#count").focus()

    @property
    def is_readable(self) -> bool:
        """Whether both counts are numbers within their bounds."""
        return self._typed("number", MOST_PERIODS) is not None and self._typed("count", MOST_HOSTS) is not None

    def _typed(self, field: str, most: int) -> int | None:
        text = self.query_one(f"#{field}", Input).value.strip()
        return int(text) if text.isdecimal() and 1 <= int(text) <= most else None

    @on(LineTable.RowHighlighted, "#units")
    def _choose_unit(self, event: LineTable.RowHighlighted) -> None:
        event.stop()
        if event.key:
            self._tell(PeriodUnit[event.key])

    @on(LineTable.RowSelected, "#units")
    def _leave_units(self, event: LineTable.RowSelected) -> None:
        event.stop()
        self.query_one("#number").focus()

    @on(Input.Submitted)
    def _leave_field(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "number":
            self.query_one("#count").focus()
        else:
            self.post_message(self.Done())

    @on(Input.Changed)
    def _count(self, event: Input.Changed) -> None:
        event.stop()
        bounds = _("Periods: 1 to {periods}; hosts: 1 to {hosts}.").format(periods=MOST_PERIODS, hosts=MOST_HOSTS)
        self.query_one("#period-problem", Static).update(Content("" if self.is_readable else bounds))
        self._tell(self._draft.unit)

    def _tell(self, unit: PeriodUnit) -> None:
        number, count = self._typed("number", MOST_PERIODS), self._typed("count", MOST_HOSTS)
        self.post_message(self.Changed(unit, number or self._draft.number, count or self._draft.count))
