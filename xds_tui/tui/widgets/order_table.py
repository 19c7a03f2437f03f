"""Orders, one a line: what was promised, what became of it, and how long a rent really lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from xds_tui.domain.model import Host
from xds_tui.domain.ranges import local_time
from xds_tui.domain.records import Order, OrderState
from xds_tui.text import export, formats, messages
from xds_tui.text.labels import HEADERS
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Row, Table

_COLUMNS: Final = (
    Column("time", HEADERS["time"], 11),
    Column("what", HEADERS["order"], 7),
    Column("host", HEADERS["host"], 8, grow=2),
    Column("state", HEADERS["state"], 15),
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
"""The part of the estimated hours by which the real ones may differ unmarked."""


class OrderTable(Table):
    """Orders by ID."""

    def show_orders(self, orders: Sequence[Order], hosts: Mapping[str, Host]) -> None:
        """Show `orders` in the order they come; `hosts` by ID tell how long their rents last."""
        self._orders = {order.id: order for order in orders}

        def row(key: str) -> Row:
            order = self._orders[key]
            return _row(order, hosts.get(order.host_id or ""))

        self.show(translated(_COLUMNS), list(self._orders), row)

    def order_of(self, key: str) -> Order | None:
        """The order that a row shows; None: the row has left since the key was pressed."""
        return self._orders.get(key)


def _row(order: Order, host: Host | None) -> Row:
    promise = order.promise
    name = order.host_name or order.host_id or (promise.package.name if promise else "")
    real = export.real_hours(host) if promise and promise.period else None
    differs = real is not None and promise is not None and abs(real - promise.hours) > promise.hours * TOLERANCE
    return Row(
        (
            Cell(local_time(order.created_at).strftime("%m-%d %H:%M"), "muted"),
            Cell(messages.action(order.action)),
            Cell(name or formats.NOTHING),
            Cell(messages.order_status(order), "warn" if order.candidate else _STYLES.get(order.state, "")),
            Cell(formats.money(promise.estimate).removeprefix("¥") if promise else formats.NOTHING),
            Cell(str(promise.hours) if promise and promise.period else formats.NOTHING),
            Cell(
                formats.NOTHING if real is None else f"{round(real, 1):g}{' !' if differs else ''}",
                "warn" if differs else "",
            ),
            Cell(messages.order_reason(order), "muted"),
        )
    )
