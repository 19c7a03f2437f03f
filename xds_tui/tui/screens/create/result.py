"""The orders of one purchase: how each of them ended, and what can be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from xds_tui.domain.purchase import BatchCounts, count_outcomes
from xds_tui.domain.records import Order, OrderState
from xds_tui.i18n import _, ngettext
from xds_tui.text import formats, messages
from xds_tui.text.labels import HEADERS
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table

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


class ResultPage(Vertical):
    """The orders of one purchase, over the full width."""

    DEFAULT_CSS = """
    ResultPage {
        #result-orders { height: 1fr; }
        #result-summary { height: auto; padding: 0 1; }
    }
    """

    def compose(self) -> ComposeResult:
        """Create the table and the summary below it."""
        yield Table(id="result-orders")
        yield Static(id="result-summary")

    def show_orders(self, orders: Sequence[Order]) -> None:
        """Show `orders`, in the order in which they are sent."""
        numbered = {order.id: (number, order) for number, order in enumerate(orders, 1)}
        self.query_one(Table).show(translated(_COLUMNS), list(numbered), lambda key: _row(*numbered[key]))
        self.query_one("#result-summary", Static).update(Content("\n".join(summary_lines(orders))))


def _row(number: int, order: Order) -> Row:
    style = "warn" if order.candidate else _STYLES.get(order.state, "muted")
    return Row(
        (
            Cell(f"{number}"),
            Cell(messages.order_status(order), style),
            Cell(order.host_id or formats.NOTHING),
            Cell(messages.order_reason(order)),
        )
    )


def summary_lines(orders: Sequence[Order]) -> list[str]:
    """Return the outcomes of `orders`, why the first one failed, and what each key does now."""
    counts = count_outcomes(orders)
    lines = [_outcomes(counts)]
    if counts.under_way:
        return [*lines, _("Hosts are bought one at a time. Press esc to stop after the current one.")]
    states = (OrderState.ACCEPTED, OrderState.CONFIRMED)
    failed = next((order for order in orders if order.state not in states), None)
    if failed is not None:
        lines += messages.order_lines(failed)
    if any(order.state is OrderState.ACCEPTED for order in orders):
        lines.append(_("A new host can take a few minutes to appear. It will be selected as soon as it does."))
    return [*lines, *_retries(counts), _("enter: close")]


def _outcomes(counts: BatchCounts) -> str:
    others = (
        (_("{count} unknown"), counts.unknown),
        (_("{count} rejected"), counts.rejected),
        (_("{count} not sent"), counts.not_sent),
        (_("{count} in progress"), counts.under_way),
    )
    parts = [_("{count} bought").format(count=counts.bought)]
    parts += [text.format(count=count) for text, count in others if count]
    return " · ".join(parts)


def _retries(counts: BatchCounts) -> list[str]:
    lines = []
    if counts.failed:
        text = ngettext(
            "a  orders again the {count} host that was certainly not bought",
            "a  orders again the {count} hosts that were certainly not bought",
            counts.failed,
        )
        lines.append(text.format(count=counts.failed))
    if counts.unknown:
        text = ngettext(
            "u  orders again the {count} host whose outcome is unknown. It may be bought twice.",
            "u  orders again the {count} hosts whose outcome is unknown. They may be bought twice.",
            counts.unknown,
        )
        lines.append(text.format(count=counts.unknown))
    return lines
