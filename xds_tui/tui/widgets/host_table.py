"""The fleet as a table: a snapshot in, one line a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from xds_tui.i18n import _
from xds_tui.model import Host, Status
from xds_tui.record import Order
from xds_tui.tui import telling, wording
from xds_tui.tui.widgets.line_table import Cell, Column, LineTable, Row

_COLUMNS: Final = (
    Column("name", _("NAME"), 16, grow=3),
    Column("status", _("STATUS"), 12),
    Column("os", _("OS"), 14, drop=2, grow=1),
    Column("cpu", _("CPU"), 3, align="right"),
    Column("mem", _("GB"), 4, align="right"),
    Column("disk", _("DISK GB"), 7, align="right", drop=5),
    Column("gpu", _("GPU"), 10, drop=1, grow=1),
    Column("billing", _("BILLING"), 9, drop=3),
    Column("expires", _("EXPIRES"), 9, align="right"),
    Column("area", _("AREA"), 13, drop=4),
    Column("address", _("ADDRESS"), 32, drop=6),
    Column("id", _("ID"), 12, drop=7),
)

_STYLES: Final = {
    Status.OFF: "muted",
    Status.STARTING: "busy",
    Status.ON: "good",
    Status.BILLED: "good",
    Status.STOPPING: "busy",
    Status.EXPIRED: "bad",
    Status.UNKNOWN: "warn",
}


class HostTable(LineTable):
    """Hosts by ID, with what is meant to happen to them."""

    def show_hosts(
        self, hosts: Mapping[str, Host], ids: Sequence[str], intents: Mapping[str, Order], now: datetime
    ) -> None:
        """Show the hosts with these IDs in this order.

        Args:
            hosts: every host by its ID.
            ids: those that are shown.
            intents: the order under way for a host, by the host's ID.
            now: what remaining times are counted from.

        """

        def row(host_id: str) -> Row:
            host = hosts[host_id]
            return Row(tuple(_cell(host, intents.get(host_id), now) for _cell in _CELLS), dim=_is_resting(host))

        self.show(_COLUMNS, ids, row)


def _is_resting(host: Host) -> bool:
    return host.status in (Status.OFF, Status.EXPIRED)


def _status(host: Host, order: Order | None, _now: datetime) -> Cell:
    if order is not None:
        return Cell(telling.intent(order), "accent")
    return Cell(wording.status(host), _STYLES[host.status])


def _expires(host: Host, _order: Order | None, now: datetime) -> Cell:
    text = wording.expires(host, now)
    if host.expires is None:
        return Cell(text, "muted")
    return Cell(text, "warn" if host.expires - now < timedelta(days=1) else "")


def _number(key: str, value: Callable[[Host], int | None]) -> Callable[[Host, Order | None, datetime], Cell]:
    return lambda host, _order, _now: Cell(wording.number(value(host), host.raw.get(key)))


_CELLS: Final[tuple[Callable[[Host, Order | None, datetime], Cell], ...]] = (
    lambda host, _order, _now: Cell(host.name or host.id),
    _status,
    lambda host, _order, _now: Cell(host.os or wording.NOTHING),
    _number("cpu", lambda host: host.cpu),
    _number("memory", lambda host: host.memory),
    _number("rigidDisk", lambda host: host.disk),
    lambda host, _order, _now: Cell(wording.gpu(host.gpu_name, host.gpu_count)),
    lambda host, _order, _now: Cell(wording.billing(host.billing)),
    _expires,
    lambda host, _order, _now: Cell(wording.area(host.area)),
    lambda host, _order, _now: Cell(wording.address(host)),
    lambda host, _order, _now: Cell(host.id),
)
"""One for each of `_COLUMNS`."""
