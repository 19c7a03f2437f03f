"""The fleet as a table: a snapshot in, one line a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from xds_tui.i18n import _
from xds_tui.model import Host, Status
from xds_tui.pricing import Rate
from xds_tui.record import Order
from xds_tui.tui import telling, wording
from xds_tui.tui.widgets.line_table import Cell, Column, LineTable, Row

_COLUMNS: Final = (
    Column("name", _("NAME"), 14, grow=3),
    Column("status", _("STATUS"), 12),
    Column("os", _("OS"), 14, drop=3, grow=1),
    Column("cpu", _("CPU"), 3, align="right"),
    Column("mem", _("GB"), 4, align="right"),
    Column("disk", _("DISK GB"), 7, align="right", drop=6),
    Column("gpu", _("GPU"), 10, drop=1, grow=1),
    Column("cost", _("¥/HOUR"), 9, align="right", drop=2),
    Column("billing", _("BILLING"), 9, drop=4),
    Column("expires", _("EXPIRES"), 9, align="right"),
    Column("area", _("AREA"), 13, drop=5),
    Column("address", _("ADDRESS"), 32, drop=7),
    Column("id", _("ID"), 12, drop=8),
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
        self,
        hosts: Mapping[str, Host],
        ids: Sequence[str],
        intents: Mapping[str, Order],
        rates: Mapping[str, Rate],
        now: datetime,
    ) -> None:
        """Show the hosts with these IDs in this order.

        Args:
            hosts: every host by its ID.
            ids: those that are shown.
            intents: the order under way for a host, by the host's ID.
            rates: what each costs, by its ID.
            now: what remaining times are counted from.

        """

        def row(host_id: str) -> Row:
            host = hosts[host_id]
            seen = _Seen(host, intents.get(host_id), rates.get(host_id), now)
            return Row(tuple(cell(seen) for cell in _CELLS), dim=_is_resting(host))

        self.show(_COLUMNS, ids, row)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a row is made from."""

    host: Host
    order: Order | None
    rate: Rate | None
    now: datetime


def _is_resting(host: Host) -> bool:
    return host.status in (Status.OFF, Status.EXPIRED)


def _status(seen: _Seen) -> Cell:
    if seen.order is not None:
        return Cell(telling.intent(seen.order), "accent")
    return Cell(wording.status(seen.host), _STYLES[seen.host.status])


def _expires(seen: _Seen) -> Cell:
    text = wording.expires(seen.host, seen.now)
    if seen.host.expires is None:
        return Cell(text, "muted")
    return Cell(text, "warn" if seen.host.expires - seen.now < timedelta(days=1) else "", quiet=True)


def _number(key: str, value: Callable[[Host], int | None]) -> Callable[[_Seen], Cell]:
    return lambda seen: Cell(wording.number(value(seen.host), seen.host.raw.get(key)))


_CELLS: Final[tuple[Callable[[_Seen], Cell], ...]] = (
    lambda seen: Cell(seen.host.name or seen.host.id),
    _status,
    lambda seen: Cell(seen.host.os or wording.NOTHING),
    _number("cpu", lambda host: host.cpu),
    _number("memory", lambda host: host.memory),
    _number("rigidDisk", lambda host: host.disk),
    lambda seen: Cell(wording.gpu(seen.host.gpu_name, seen.host.gpu_count)),
    lambda seen: Cell(wording.rate_cell(seen.rate), "" if seen.rate else "muted", quiet=True),
    lambda seen: Cell(wording.billing(seen.host.billing)),
    _expires,
    lambda seen: Cell(wording.area(seen.host.area)),
    lambda seen: Cell(wording.address(seen.host)),
    lambda seen: Cell(seen.host.id),
)
"""One for each of `_COLUMNS`."""
