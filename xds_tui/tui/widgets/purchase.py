"""A purchase under way: its orders one a line, and how it stands in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from xds_tui.i18n import N_, _
from xds_tui.record import Order, OrderState
from xds_tui.tui import telling, wording
from xds_tui.tui.widgets.line_layout import translated
from xds_tui.tui.widgets.line_table import Cell, Column, Row, Table

_COLUMNS: Final = (
    Column("number", N_("HOST"), 4, align="right"),
    Column("state", N_("STATE"), 16),
    Column("id", N_("ID"), 12, drop=1),
    Column("why", N_("WHY"), 20, grow=1),
)
_STYLES: Final = {
    OrderState.DONE: "good",
    OrderState.SETTLED: "good",
    OrderState.SENT: "busy",
    OrderState.UNKNOWN: "warn",
    OrderState.NOT_SEEN: "warn",
    OrderState.REFUSED: "bad",
    OrderState.NOT_SENT: "bad",
}
_BOUGHT: Final = (OrderState.DONE, OrderState.SETTLED)
_NOTHING: Final = (OrderState.NOT_SENT, OrderState.REFUSED)
_UNCLEAR: Final = (OrderState.UNKNOWN, OrderState.NOT_SEEN)
_UNDER_WAY: Final = (OrderState.INTENDED, OrderState.SENT)


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
                    Cell(telling.order_status(order), "warn" if order.candidate else _STYLES.get(order.state, "muted")),
                    Cell(order.host_id or wording.NOTHING),
                    Cell(telling.order_reason(order)),
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
        (_("{count} refused"), states.count(OrderState.REFUSED)),
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
        lines += telling.order_lines(failed)
    if any(order.state is OrderState.DONE for order in orders):
        lines.append(_("A new host may take minutes to enter the list; it is looked for and then selected."))
    if not_bought(orders):
        lines.append(_("a: try again · enter or esc: back to the hosts"))
    else:
        lines.append(_("enter or esc: back to the hosts"))
    return lines
