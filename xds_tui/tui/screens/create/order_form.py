"""The fields of an order besides its package and image: billing mode, period, number and annotation of the hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from xds_tui.domain import pricing, purchase
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation, AnnotationChange, AnnotationError, parse_tags
from xds_tui.domain.model import Billing, Catalog, Package, Period, PeriodUnit
from xds_tui.domain.purchase import MAX_HOSTS, MAX_PERIODS, PERIOD_UNITS, Draft
from xds_tui.i18n import N_, _
from xds_tui.text import formats, labels, messages, terms
from xds_tui.text.labels import HEADERS
from xds_tui.text.overview import shortened
from xds_tui.tui.commands import bindings, by_place, keys_of
from xds_tui.tui.runtime.terminal_app import TerminalApp
from xds_tui.tui.widgets.field import Field
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table

_LIMITS: Final[Mapping[str, tuple[str, int]]] = {
    "number": (N_("Periods"), MAX_PERIODS),
    "count": (terms.HOSTS, MAX_HOSTS),
}
"""The label and the highest value of each number field, by its ID."""


_TEXTS: Final[Mapping[str, str]] = {
    "alias": labels.COLUMNS["name"],
    "tags": labels.COLUMNS["tags"],
    "owner": labels.COLUMNS["owner"],
}
"""The labels of the fields for what is added to the hosts, by their IDs."""


class BillingField(Widget, can_focus=True):
    """The billing modes side by side, one of them selected."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("billing-field")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"billing-field--selected"}
    DEFAULT_CSS = """
    BillingField {
        height: 1;
        width: 1fr;
        .billing-field--selected { text-style: bold; color: $text-primary; }
        &:focus { background: $primary-muted; }
        &:focus:nocolor { text-style: reverse; }
    }
    """

    billing: reactive[Billing] = reactive(Billing.ON_DEMAND)
    """The selected mode."""

    @dataclass
    class Selected(Message):
        """A mode was selected, perhaps the one that was selected before."""

        billing: Billing

    def render(self) -> Content:
        """Render every mode."""
        return Content("   ").join([self._option(mode) for mode in Billing])

    def _option(self, mode: Billing) -> Content:
        is_selected = mode is self.billing
        option = Content(f"{'●' if is_selected else '○'} {formats.billing(mode)}")
        return option.stylize(".billing-field--selected") if is_selected else option

    def action_other(self) -> None:
        """Select the other mode."""
        self.post_message(self.Selected(other_mode(self.billing)))

    def on_click(self, event: events.Click) -> None:
        """Select the mode under the mouse."""
        offset, end = event.get_content_offset(self), 0
        for mode in Billing:
            end += self._option(mode).cell_length + 3
            if offset is not None and offset.x < end:
                self.post_message(self.Selected(mode))
                return


def other_mode(billing: Billing) -> Billing:
    """Return the billing mode that is not `billing`."""
    return Billing.RENT if billing is Billing.ON_DEMAND else Billing.ON_DEMAND


class NumberField(Field):
    """A field for a whole number.

    Everything typed goes into the field, so that `1e9` is reported and not taken for 19, except for letters that are
    commands of the wizard: they never belong to a number.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("number-field")

    _command_keys: frozenset[str] = frozenset()

    def on_mount(self) -> None:
        """Look up the keys of the wizard's commands."""
        keymap = self.app.user_keymap if isinstance(self.app, TerminalApp) else {}
        keys = (key for command in by_place(["create"]) for key in keys_of(command, keymap))
        self._command_keys = frozenset(key for key in keys if len(key) == 1 and key.isalpha())

    def on_key(self, event: events.Key) -> None:
        """Pass the wizard's commands on."""
        if event.key in self._command_keys:
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether the field handles a key itself."""
        return super().check_consume_key(key, character) and key not in self._command_keys

    def action_add(self, number: int) -> None:
        """Add to the number, within its limits."""
        most = _LIMITS[self.id or ""][1]
        current = whole_number(self.value, most)
        if current is not None:
            self.value = str(max(1, min(current + number, most)))
            self.action_select_all()


_COLUMNS: Final = (
    Column("unit", HEADERS["period"], 11, grow=1),
    Column("hours", HEADERS["hours"], 5, align="right"),
    Column("prepaid", HEADERS["rent_cny"], 10, align="right"),
    Column("on-demand", HEADERS["on_demand_cny"], 11, align="right"),
)


class OrderForm(Vertical):
    """Billing mode, for prepaid hosts the period, and the number of hosts."""

    DEFAULT_CSS = """
    OrderForm {
        height: auto;
        padding: 0 1;
        #units { height: 7; }
        #unit-note { height: auto; color: $text-muted; }
        #form-problem { height: auto; color: $text-error; }
    }
    """

    @dataclass
    class Changed(Message):
        """The user changed the period or the number of hosts."""

        unit: PeriodUnit
        number: int
        count: int
        annotation: Annotation
        """What is added to the hosts."""
        is_invalid: bool
        """Whether a number or a tag cannot be read; the values are those of before."""

    class Done(Message):
        """Enter was pressed in the last field."""

    def __init__(self, draft: Draft, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._draft = draft

    def compose(self) -> ComposeResult:
        """Create the fields."""
        with Horizontal(classes="field"):
            yield Static(Content(_(terms.BILLING)), classes="field-name")
            yield BillingField(id="billing")
        yield Table(id="units")
        yield Static(Content(_("1 hour is not in the newer API document.")), id="unit-note")
        with Vertical(classes="field-group"):
            for field, (label, _most) in _LIMITS.items():
                with Horizontal(classes="field", id=f"{field}-row"):
                    yield Static(Content(_(label)), classes="field-name")
                    yield NumberField(str(getattr(self._draft, field)), id=field)
        with Vertical(classes="field-group", id="texts"):
            for field, label in _TEXTS.items():
                with Horizontal(classes="field"):
                    yield Static(Content(_(label)), classes="field-name")
                    yield Field(_text_of(self._draft.annotation, field), _("optional"), id=field)
        yield Static(id="form-problem")

    def on_mount(self) -> None:
        """Put the cursor on the period of the draft."""
        self.show(self._draft, None)
        self.query_one("#units", Table).move_to(self._draft.unit.name)

    def show(self, draft: Draft, catalog: Catalog | None) -> None:
        """Show `draft`, and what one host costs for each period; number fields keep what was typed."""
        self._draft = draft
        self.query_one(BillingField).billing = draft.billing
        units = {unit.name: unit for unit in PERIOD_UNITS}
        table = self.query_one("#units", Table)
        table.show(translated(_COLUMNS), list(units), lambda key: _unit_row(units[key], draft, catalog))
        is_prepaid = draft.billing is Billing.RENT
        for row in ("#units", "#unit-note", "#number-row"):
            self.query_one(row).display = is_prepaid
        problem = self.query_one("#form-problem", Static)
        problem.update(Content(self.problem))
        problem.display = bool(self.problem)
        if bool(self.problem) != draft.has_invalid_number:  # the other billing mode has another number of fields
            self._report(draft.unit)

    @property
    def fields(self) -> list[Widget]:
        """All fields from top to bottom."""
        is_prepaid = self._draft.billing is Billing.RENT
        numbers = ("units", "number", "count") if is_prepaid else ("count",)
        return [self.query_one(f"#{field}") for field in ("billing", *numbers, *_TEXTS)]

    @property
    def first_field(self) -> Widget:
        """The field that is most likely to be changed."""
        return self.query_one("#number" if self._draft.billing is Billing.RENT else "#count")

    @property
    def problem(self) -> str:
        """The first number that cannot be read, as a sentence; empty if there is none."""
        for field in ("number", "count") if self._draft.billing is Billing.RENT else ("count",):
            label, most = _LIMITS[field]
            text = self._text(field)
            if whole_number(text, most) is None:
                problem = _("{field}: {text} is not a whole number from 1 to {most}")
                missing = _("{field}: enter a whole number from 1 to {most}")
                return (problem if text else missing).format(field=_(label), text=shortened(text, 12), most=most)
        try:
            self._annotation()
        except AnnotationError as error:
            return messages.error_message(error)
        return ""

    def _annotation(self) -> Annotation:
        """Return what is typed in the text fields; raises `AnnotationError` if it cannot be stored."""
        typed = AnnotationChange(
            alias=self._text("alias"), owner=self._text("owner"), added_tags=parse_tags(self._text("tags"))
        )
        return typed.validated().apply(NO_ANNOTATION)

    def add_hosts(self, number: int) -> None:
        """Add to the number of hosts."""
        self.query_one("#count", NumberField).action_add(number)

    def fill(self, draft: Draft) -> None:
        """Fill in period, number of hosts and annotation of another draft."""
        self._draft = draft
        for field in _LIMITS:
            self.query_one(f"#{field}", Input).value = str(getattr(draft, field))
        for field in _TEXTS:
            self.query_one(f"#{field}", Input).value = _text_of(draft.annotation, field)

    def set_count(self, count: int) -> None:
        """Fill in the number of hosts."""
        self.query_one("#count", NumberField).value = str(count)

    def _text(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    @on(Table.RowSelected, "#units")
    def _select_unit(self, event: Table.RowSelected) -> None:
        event.stop()
        self._report(PeriodUnit[event.key])
        self.query_one("#number").focus()

    @on(Input.Submitted)
    def _leave_field(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "number":
            self.query_one("#count").focus()
        else:
            self.post_message(self.Done())

    @on(Input.Changed)
    def _read_numbers(self, event: Input.Changed) -> None:
        event.stop()
        self._report(self._draft.unit)

    def _report(self, unit: PeriodUnit) -> None:
        number = whole_number(self._text("number"), MAX_PERIODS) or self._draft.number
        count = whole_number(self._text("count"), MAX_HOSTS) or self._draft.count
        is_invalid = bool(self.problem)
        annotation = self._draft.annotation if is_invalid else self._annotation()
        self.post_message(self.Changed(unit, number, count, annotation, is_invalid))


def _text_of(annotation: Annotation, field: str) -> str:
    return {"alias": annotation.alias, "tags": " ".join(annotation.tags), "owner": annotation.owner}[field]


def _unit_row(unit: PeriodUnit, draft: Draft, catalog: Catalog | None) -> Row:
    is_chosen = unit is draft.unit
    name = f"{'●' if is_chosen else '○'} 1 {formats.unit(unit)}"
    hours = pricing.hours(Period(unit, 1))
    prepaid, on_demand = period_prices(draft.package, draft.billing, unit, catalog)
    return Row(
        (
            Cell(name, "accent" if is_chosen else ""),
            Cell(f"{hours}", "muted"),
            Cell(prepaid.removeprefix("¥")),
            Cell(on_demand.removeprefix("¥"), "muted"),
        )
    )


def period_prices(
    package: Package | None, billing: Billing, unit: PeriodUnit, catalog: Catalog | None
) -> tuple[str, str]:
    """Return the price of one host for one `unit`, prepaid and on-demand, because the modes may differ in price.

    Args:
        package: the package; None gives no prices.
        billing: the mode that `package` was listed in. The other one is looked up in the catalog.
        unit: the period.
        catalog: the catalog, if it has been read.

    """
    prices = []
    for mode in (Billing.RENT, Billing.ON_DEMAND):
        sold = package
        if package is not None and mode is not billing:
            sold = purchase.package_by_id(catalog, mode, package.id) if catalog else None
        estimate = pricing.estimate(sold, pricing.hours(Period(unit, 1))) if sold else None
        prices.append(formats.money(estimate.total) if estimate else formats.NOTHING)
    return prices[0], prices[1]


def whole_number(text: str, most: int) -> int | None:
    """Return the number from 1 to `most` that `text` is, or None; spaces around it and full-width digits count."""
    digits = text.strip()
    number = int(digits) if re.fullmatch("[0-9０-９]{1,9}", digits) else 0
    return number if 1 <= number <= most else None
