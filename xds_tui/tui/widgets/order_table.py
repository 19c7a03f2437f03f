"""A table of orders: quote, state, and the actual duration of a prepaid period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from xds_tui.domain.annotations import Annotations
from xds_tui.domain.model import Host
from xds_tui.domain.records import Order, OrderState
from xds_tui.domain.sanitize import local_time
from xds_tui.text import export, formats, messages
from xds_tui.text.labels import HEADERS
from xds_tui.text.record_names import with_candidate_alias
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table

_COLUMNS: Final = (
    Column("time", HEADERS["time"], 11),
    Column("what", HEADERS["order"], 7),
    Column("host", HEADERS["host"], 11, grow=2),
    Column("state", HEADERS["state"], 12),
    Column("estimate", HEADERS["estimate_cny"], 10, align="right"),
    Column("hours", HEADERS["hours"], 5, align="right", drop=1),
    Column("real", HEADERS["real_hours"], 7, align="right", drop=2),
    Column("why", HEADERS["why"], 20, grow=3, drop=3),
)
_STYLES: Final = {
    OrderState.CONFIRMED: "good",
    OrderState.ACCEPTED: "good",
    OrderState.UNKNOWN: "warn",
    OrderState.UNCONFIRMED: "warn",
    OrderState.REJECTED: "bad",
    OrderState.NOT_SENT: "bad",
}

TOLERANCE: Final = 0.01
"""The relative deviation of the actual from the estimated hours above which it is marked."""


class OrderTable(Table):
    """A table with one order per row."""

    def show_orders(self, orders: Sequence[Order], hosts: Mapping[str, Host], annotations: Annotations) -> None:
        """Show `orders` in the given order, with the actual hours and aliases of hosts by ID."""
        self._orders = {order.id: order for order in orders}

        def row(key: str) -> Row:
            order = with_candidate_alias(self._orders[key], annotations)
            order = glyphs.with_shown_name(self.app, order, annotations)
            return _row(order, hosts.get(order.host_id or ""))

        self.show(translated(_COLUMNS), list(self._orders), row)

    def order_of(self, key: str) -> Order | None:
        """Return the order of a row; None if the row has been removed since the key was pressed."""
        return self._orders.get(key)


def _row(order: Order, host: Host | None) -> Row:
    quote = order.quote
    name = order.host_name or order.host_id or (quote.package.name if quote else "")
    real = export.real_hours(host) if quote and quote.period else None
    differs = real is not None and quote is not None and abs(real - quote.hours) > quote.hours * TOLERANCE
    return Row(
        (
            Cell(local_time(order.created_at).strftime("%m-%d %H:%M"), "muted"),
            Cell(messages.action(order.action)),
            Cell(name or formats.NOTHING),
            Cell(messages.order_status(order), "warn" if order.candidate else _STYLES.get(order.state, "")),
            Cell(formats.money(quote.estimate).removeprefix("¥") if quote else formats.NOTHING),
            Cell(str(quote.hours) if quote and quote.period else formats.NOTHING),
            Cell(
                formats.NOTHING if real is None else f"{round(real, 1):g}{' !' if differs else ''}",
                "warn" if differs else "",
            ),
            Cell(messages.order_reason(order), "muted"),
        )
    )
