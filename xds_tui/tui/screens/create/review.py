"""The last page before buying: exactly what will be bought, or what is missing for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from xds_tui.domain.model import Billing, Image, Package
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order, OrderState
from xds_tui.i18n import _, ngettext
from xds_tui.text import formats, messages
from xds_tui.text.labels import HEADERS
from xds_tui.tui.widgets.catalog_rows import offer_lines
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table


class Review(VerticalScroll):
    """A draft in words."""

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static()

    def show(self, draft: Draft, moved: str, hindrance: str) -> None:
        """Show what will be bought.

        Args:
            draft: what is filled in.
            moved: how the price has changed meanwhile; empty if it has not.
            hindrance: why nothing can be bought now; empty if it can.

        """
        self.query_one(Static).update(Content("\n".join(_lines(draft, moved, hindrance))))


def _lines(draft: Draft, moved: str, hindrance: str) -> list[str]:
    if not draft.is_complete or draft.package is None or draft.image is None or draft.estimate is None:
        named = ((_("Package"), draft.package), (_("Image"), draft.image))
        missing = ", ".join(name for name, value in named if value is None)
        return [_("Not ready to buy: {missing}").format(missing=missing or _("the price is not known"))]
    count = ngettext("{count} host, {mode}", "{count} hosts, {mode}", draft.count)
    lines = [
        count.format(count=draft.count, mode=formats.billing(draft.billing)),
        "",
        *_goods(draft, draft.package, draft.image),
        "",
        formats.working(draft.estimate),
    ]
    if draft.billing is Billing.ON_DEMAND:
        lines.append(_("an hour while on, paid afterwards from the wallet"))
    if moved:
        lines += ["", moved]
    return [
        *lines,
        "",
        hindrance or _("Press B (shift+b) to buy. The price is read once more before anything is sent."),
    ]


def _goods(draft: Draft, package: Package, image: Image) -> list[str]:
    width = max(map(formats.cells, (_("Package"), _("Image"), _("Period")))) + 2
    lines = [
        f"{formats.padded(_('Package'), width)}{package.name} ({package.id}, {package.type})",
        *(f"{'':{width}}{line}" for line in offer_lines(package)[:2]),
        f"{formats.padded(_('Image'), width)}{image.label} ({image.id}, {image.type})",
    ]
    if draft.period:
        paid = _("{period} = {hours} h, paid in advance")
        paid = paid.format(period=formats.period(draft.period), hours=draft.hours)
        lines.append(formats.padded(_("Period"), width) + paid)
    return lines


_COLUMNS: Final = (
    Column("number", HEADERS["host"], 4, align="right"),
    Column("state", HEADERS["state"], 16),
    Column("id", HEADERS["id"], 12, drop=1),
    Column("why", HEADERS["why"], 20, grow=1),
)
_STYLES: Final = {
    OrderState.ACCEPTED: "good",
    OrderState.CONFIRMED: "good",
    OrderState.SENT: "busy",
    OrderState.UNKNOWN: "warn",
    OrderState.UNCONFIRMED: "warn",
    OrderState.REJECTED: "bad",
    OrderState.NOT_SENT: "bad",
}
_BOUGHT: Final = (OrderState.ACCEPTED, OrderState.CONFIRMED)
_NOTHING: Final = (OrderState.NOT_SENT, OrderState.REJECTED)
_UNCLEAR: Final = (OrderState.UNKNOWN, OrderState.UNCONFIRMED)
_UNDER_WAY: Final = (OrderState.PENDING, OrderState.SENT)


def not_bought(orders: Sequence[Order]) -> int:
    """How many of them can be tried again: those that certainly came to nothing, or else those nobody knows of."""
    states = [order.state for order in orders]
    return sum(state in _NOTHING for state in states) or sum(state in _UNCLEAR for state in states)


def is_under_way(orders: Sequence[Order]) -> bool:
    """Whether any of them is still to be sent or answered."""
    return any(order.state in _UNDER_WAY for order in orders)


class Purchase(Vertical):
    """Shows the orders of one purchase."""

    DEFAULT_CSS = """
    Purchase {
        #purchase-orders { height: 1fr; }
        #purchase-summary { height: auto; padding: 0 1; }
    }
    """

    def compose(self) -> ComposeResult:
        """The orders, and what they come to."""
        yield Table(id="purchase-orders")
        yield Static(id="purchase-summary")

    def show_orders(self, orders: Sequence[Order]) -> None:
        """Show `orders`, in the order they are sent."""
        numbered = {order.id: (number, order) for number, order in enumerate(orders, 1)}

        def row(key: str) -> Row:
            number, order = numbered[key]
            return Row(
                (
                    Cell(f"{number}"),
                    Cell(
                        messages.order_status(order), "warn" if order.candidate else _STYLES.get(order.state, "muted")
                    ),
                    Cell(order.host_id or formats.NOTHING),
                    Cell(messages.order_reason(order)),
                )
            )

        self.query_one(Table).show(translated(_COLUMNS), list(numbered), row)
        self.query_one("#purchase-summary", Static).update(Content("\n".join(_summary(orders))))


def _counts(orders: Sequence[Order]) -> str:
    """How many were bought; how each of them ended, as soon as the outcome of one is not known."""
    states = [order.state for order in orders]
    bought, unknown = sum(state in _BOUGHT for state in states), sum(state in _UNCLEAR for state in states)
    if not unknown:
        return _("{bought} of {asked} bought.").format(bought=bought, asked=len(orders))
    others = (
        (_("{count} unknown"), unknown),
        (_("{count} rejected"), states.count(OrderState.REJECTED)),
        (_("{count} not sent"), states.count(OrderState.NOT_SENT)),
        (_("{count} under way"), sum(state in _UNDER_WAY for state in states)),
    )
    told = [_("{count} bought").format(count=bought)]
    told += [text.format(count=count) for text, count in others if count]
    return " · ".join(told)


def _summary(orders: Sequence[Order]) -> list[str]:
    lines = [_counts(orders)]
    if is_under_way(orders):
        lines.append(_("Buying one after another; esc stops after the one under way."))
        return lines
    failed = next((order for order in orders if order.state not in _BOUGHT), None)
    if failed is not None:
        lines += messages.order_lines(failed)
    if any(order.state is OrderState.ACCEPTED for order in orders):
        lines.append(_("A new host may take minutes to enter the list; it is looked for and then selected."))
    if not_bought(orders):
        lines.append(_("a: try again · enter or esc: back to the hosts"))
    else:
        lines.append(_("enter or esc: back to the hosts"))
    return lines
