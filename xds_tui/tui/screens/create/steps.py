"""How long and how many: the periods side by side with what each costs, and two counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from xds_tui.domain import pricing, purchase
from xds_tui.domain.model import Billing, Catalog, Period, PeriodUnit
from xds_tui.domain.purchase import MAX_HOSTS, MAX_PERIODS, Draft
from xds_tui.i18n import N_, _
from xds_tui.text import formats
from xds_tui.text.labels import HEADERS
from xds_tui.tui.screens.create.cost_card import sums
from xds_tui.tui.widgets.catalog_rows import IMAGE_COLUMNS, PACKAGE_COLUMNS, image_row, package_row
from xds_tui.tui.widgets.field import Field
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table

_COLUMNS: Final = (
    Column("unit", HEADERS["period"], 10),
    Column("hours", HEADERS["hours"], 6, align="right"),
    Column("rent", HEADERS["rent_cny"], 13, align="right"),
    Column("by the hour", N_("BY THE HOUR ¥"), 14, align="right"),
)


class TermForm(Vertical):
    """Asks for the unit and number of periods, for a rent, and for the number of hosts."""

    DEFAULT_CSS = """
    TermForm {
        padding: 0 1;
        #units { height: 1fr; min-height: 7; max-height: 8; }
        #period-problem { color: $text-error; }
    }
    """

    @dataclass
    class Changed(Message):
        """Something else is wanted."""

        unit: PeriodUnit
        number: int
        count: int
        problem: str
        """What is wrong with what is typed; the numbers are those of before."""

    class Done(Message):
        """Enter was pressed in the last field."""

    def __init__(self, draft: Draft, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._draft = draft

    def compose(self) -> ComposeResult:
        """The periods above, the counts below."""
        yield Table(id="units")
        with Horizontal(classes="field", id="number-field"):
            yield Static(Content(_("How many periods")), classes="field-name")
            yield Field(str(self._draft.number), id="number")
        with Horizontal(classes="field"):
            yield Static(Content(_("How many hosts")), classes="field-name")
            yield Field(str(self._draft.count), id="count")
        yield Static(id="period-problem")

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
                    Cell(f"1 {formats.unit(units[key])}"),
                    Cell(f"{hours}", "muted"),
                    Cell(rent.removeprefix("¥")),
                    Cell(by_the_hour.removeprefix("¥"), "muted"),
                )
            )

        table = self.query_one("#units", Table)
        table.show(translated(_COLUMNS), list(units), row)
        table.move_to(draft.unit.name)
        table.display = self.query_one("#number-field").display = is_rent
        self.query_one("#period-problem", Static).update(Content(self.problem))
        if self.problem != draft.problem:  # the other mode has another number of fields
            self._tell(draft.unit)

    def focus_first(self) -> None:
        """Put the focus on what is most likely to be changed."""
        self.query_one("#number" if self._draft.billing is Billing.RENT else "#count").focus()

    @property
    def problem(self) -> str:
        """What is wrong with what is typed; empty where nothing is."""
        fields = [("count", _("How many hosts"), MAX_HOSTS)]
        if self._draft.billing is Billing.RENT:
            fields.insert(0, ("number", _("How many periods"), MAX_PERIODS))
        for field, label, most in fields:
            text = self._text(field)
            if whole_number(text, most) is None:
                problem = _("{field}: {text} is not a whole number from 1 to {most}")
                missing = _("{field}: type a whole number from 1 to {most}")
                return (problem if text else missing).format(field=label, text=text, most=most)
        return ""

    def _text(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    @on(Table.RowHighlighted, "#units")
    def _choose_unit(self, event: Table.RowHighlighted) -> None:
        event.stop()
        if event.key:
            self._tell(PeriodUnit[event.key])

    @on(Table.RowSelected, "#units")
    def _leave_units(self, event: Table.RowSelected) -> None:
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
        self._tell(self._draft.unit)

    def _tell(self, unit: PeriodUnit) -> None:
        number = whole_number(self._text("number"), MAX_PERIODS) or self._draft.number
        count = whole_number(self._text("count"), MAX_HOSTS) or self._draft.count
        self.post_message(self.Changed(unit, number, count, self.problem))


def whole_number(text: str, most: int) -> int | None:
    """Return the number from 1 to `most` that `text` is, with space around it or in full width; None: it is not one."""
    digits = text.strip()
    number = int(digits) if re.fullmatch("[0-9０-９]{1,9}", digits) else 0
    return number if 1 <= number <= most else None


_MODES: Final = {
    Billing.ON_DEMAND: N_("by the hour, paid afterwards"),
    Billing.RENT: N_("paid in advance for a period"),
}


class ModeTable(Table):
    """The ways to pay, by the name of `Billing`."""

    def offer(self, draft: Draft) -> None:
        """Show them."""
        columns = (Column("name", _("BILLING"), 12), Column("what", "", 20, grow=1))
        modes = {mode.name: mode for mode in Billing}

        def row(key: str) -> Row:
            chosen = modes[key] is draft.billing
            name = formats.billing(modes[key])
            return Row((Cell(f"✓ {name}" if chosen else name, "accent" if chosen else ""), Cell(_(_MODES[modes[key]]))))

        self.show(columns, list(modes), row)


class PackageTable(Table):
    """The packages that go with what is chosen, by ID."""

    def offer(self, draft: Draft, there: Catalog) -> None:
        """Show them."""
        self.placeholder = _("No package goes with this image: backspace lets go of it")
        packages = {package.id: package for package in purchase.matching_packages(there, draft.billing, draft.image)}
        columns = translated(PACKAGE_COLUMNS)
        self.show(columns, list(packages), lambda key: package_row(packages[key], draft.package))


class ImageTable(Table):
    """The images that go with what is chosen, by ID."""

    def offer(self, draft: Draft, there: Catalog) -> None:
        """Show them."""
        self.placeholder = _("No image goes with this package: backspace lets go of it")
        images = {image.id: image for image in purchase.matching_images(there, draft.billing, draft.package)}
        self.show(translated(IMAGE_COLUMNS), list(images), lambda key: image_row(images[key], draft.image))
