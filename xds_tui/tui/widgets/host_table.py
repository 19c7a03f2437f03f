"""The table of hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from xds_tui.config.schema import COLUMNS
from xds_tui.domain.annotations import Annotation, Annotations
from xds_tui.domain.host_list import Group
from xds_tui.domain.model import Absence, Area, Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Order
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import formats, messages, tags, terms
from xds_tui.text.host_card import STATUS_STYLES
from xds_tui.text.labels import HEADERS
from xds_tui.text.overview import urgency
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Cell, Column, Heading, Row, Table

MIN_NAME_WIDTH: Final = 12
MAX_NAME_WIDTH: Final = 24
"""The longest name that has precedence over other columns, in cells: at 80 columns, the last five still fit."""

_COLUMNS: Final = {
    "name": Column("name", HEADERS["name"], MIN_NAME_WIDTH, grow=3),
    "status": Column("status", HEADERS["status"], 12),
    "os": Column("os", HEADERS["os"], 14, drop=5, grow=1),
    "cpu": Column("cpu", HEADERS["cpu"], 3, align="right", drop=7),
    "mem": Column("mem", HEADERS["memory"], 4, align="right", drop=6),
    "disk": Column("disk", HEADERS["disk"], 7, align="right", drop=9),
    "gpu": Column("gpu", HEADERS["gpu"], 10, drop=1, grow=1),
    "cost": Column("cost", HEADERS["hourly_price"], 9, align="right", drop=2),
    "billing": Column("billing", HEADERS["billing"], 9, drop=3),
    "expires": Column("expires", HEADERS["expires"], formats.EXPIRES_WIDTH, align="right"),
    "area": Column("area", HEADERS["area"], 13, drop=8),
    "address": Column("address", HEADERS["address"], 32, drop=10),
    "id": Column("id", HEADERS["id"], 12, drop=11),
    "tags": Column("tags", HEADERS["tags"], 12, drop=4, grow=1),
    "owner": Column("owner", HEADERS["owner"], 8, drop=12, grow=1),
    "note": Column("note", HEADERS["note"], 14, drop=13, grow=1),
}
"""Every column that can be chosen, and the order that they leave in where they do not fit: the highest `drop` first."""


class HostTable(Table):
    """A table with one host per row; a host with an open operation shows its intended status."""

    MARKS = True

    _name_width = MIN_NAME_WIDTH

    def make_room_for(self, hosts: Iterable[Host]) -> None:
        """Give the names of `hosts` enough width, rather than less important columns.

        All hosts count, not only those on screen, and the column never becomes narrower again: neither scrolling and
        filtering nor a refresh moves the columns.
        """
        for host in hosts:
            if self._name_width == MAX_NAME_WIDTH:
                break
            name = glyphs.marked_name(self.app, host)
            # Two cells take three bytes or more. Measuring every one of 10,000 Chinese names would take 100 ms.
            if len(name) + (len(name.encode()) - len(name)) // 2 > self._name_width:
                self._name_width = max(self._name_width, min(MAX_NAME_WIDTH, formats.cells(name)))

    def show_hosts(
        self,
        hosts: Mapping[str, Host],
        ids: Sequence[str],
        intents: Mapping[str, Order],
        rates: Mapping[str, Rate],
        now: datetime,
        *,
        unlisted: Mapping[str, Absence] = MappingProxyType({}),
        columns: Sequence[str] = COLUMNS,
        headings: Mapping[str, Heading] | None = None,
    ) -> None:
        """Show the hosts with these IDs in this order.

        Args:
            hosts: every host by its ID.
            ids: those that are shown, and the keys of headings among them.
            intents: the order under way for a host, by the host's ID.
            rates: the hourly cost of each host, by ID.
            now: the time from which remaining times are counted.
            unlisted: the hosts that the service's list does not show, by ID.
            columns: the columns to show, some of `schema.COLUMNS` in any order.
            headings: the texts above groups, by the key of the heading.

        """
        cells = [_CELLS[column] for column in columns]

        def row(host_id: str) -> Row:
            host = hosts[host_id]
            name = glyphs.marked_name(self.app, host)
            seen = _Seen(host, intents.get(host_id), rates.get(host_id), now, unlisted.get(host_id), name)
            return Row(tuple(cell(seen) for cell in cells), dim=_is_resting(host))

        layout = _COLUMNS | {"name": replace(_COLUMNS["name"], width=self._name_width)}
        self.show(translated(layout[column] for column in columns), ids, row, headings)


_OF_THE_USER: Final[Mapping[str, Callable[[Annotation], object]]] = {
    "tags": attrgetter("tags"),
    "owner": attrgetter("owner"),
    "note": attrgetter("note"),
}
"""The columns that only the user fills, and what fills them."""


def filled_columns(columns: Sequence[str], annotations: Annotations) -> Sequence[str]:
    """Return `columns`, without those that only the user fills and that are empty for all hosts."""
    empty = {column for column, value in _OF_THE_USER.items() if not any(map(value, annotations.values()))}
    return [column for column in columns if column not in empty] if empty else columns


def has_left() -> list[str]:
    """Return the columns that may be dropped on narrow terminals, the first to go first."""
    may_leave = [column for column in _COLUMNS.values() if column.drop]
    return [column.key for column in sorted(may_leave, key=lambda column: column.drop, reverse=True)]


@dataclass(frozen=True, slots=True)
class _Seen:
    """The data of one row."""

    host: Host
    order: Order | None
    rate: Rate | None
    now: datetime
    absence: Absence | None
    name: str = ""
    """The name that is shown; empty for the host's own."""


def _is_resting(host: Host) -> bool:
    return host.status in (Status.OFF, Status.EXPIRED)


def _status(seen: _Seen) -> Cell:
    if seen.order is not None:
        return Cell(messages.intent(seen.order), "accent")
    if seen.absence is not None:
        return Cell(formats.unlisted_status(seen.host, seen.absence), "warn")
    return Cell(formats.status(seen.host), STATUS_STYLES[seen.host.status])


def _expires(seen: _Seen) -> Cell:
    text = formats.expires(seen.host, seen.now)
    if seen.host.expires is None:
        return Cell(text, "muted")
    return Cell(text, urgency(seen.host.expires - seen.now), quiet=True)


def _tags(found: Sequence[str]) -> Cell:
    """Return tags in their colors, with a space between two."""
    runs = [run for tag in found for run in ((len(tag), tags.style_of(tag)), (1, ""))]
    return Cell(" ".join(found), runs=tuple(runs))


def _number(key: str, value: Callable[[Host], int | None]) -> Callable[[_Seen], Cell]:
    return lambda seen: Cell(formats.number(value(seen.host), seen.host.raw.get(key)))


_CELLS: Final[Mapping[str, Callable[[_Seen], Cell]]] = {
    "name": lambda seen: Cell(seen.name or seen.host.display_name),
    "status": _status,
    "os": lambda seen: Cell(seen.host.os or formats.NOTHING),
    "cpu": _number("cpu", lambda host: host.cpu),
    "mem": _number("memory", lambda host: host.memory),
    "disk": _number("rigidDisk", lambda host: host.disk),
    "gpu": lambda seen: Cell(formats.gpu(seen.host.gpu_name, seen.host.gpu_count)),
    "cost": lambda seen: Cell(formats.rate_cell(seen.rate), "" if seen.rate else "muted", quiet=True),
    "billing": lambda seen: Cell(formats.billing(seen.host.billing)),
    "expires": _expires,
    "area": lambda seen: Cell(formats.area(seen.host.area)),
    "address": lambda seen: Cell(formats.address(seen.host)),
    "id": lambda seen: Cell(seen.host.id),
    "tags": lambda seen: _tags(seen.host.annotation.tags),
    "owner": lambda seen: Cell(seen.host.annotation.owner),
    "note": lambda seen: Cell(seen.host.annotation.note, "muted"),
}
"""What stands in each of `_COLUMNS`."""


def group_rows(groups: Sequence[Group], by: str) -> tuple[list[str], dict[str, Heading]]:
    """Return the row keys of a table of `groups`, each a heading followed by its host IDs, and the headings by key.

    Args:
        groups: the hosts that belong together.
        by: what they have in common, one of `schema.GROUPS`.

    """
    keys: list[str] = []
    headings: dict[str, Heading] = {}
    for group in groups:
        # A host ID contains no control character, because IDs are sanitized when they are read.
        key = f"\0{group.value!r}"
        headings[key] = Heading(_group_label(group.value, by), _group_note(group))
        keys += (key, *group.hosts)
    return keys, headings


def _group_label(value: Status | Area | str | None, by: str) -> str:
    match value:
        case Status():
            return f"{formats.STATUS_GLYPHS[value]} {formats.status_word(value)}"
        case Area():
            return formats.area(value)
        case None:
            return {"tag": _(terms.NO_TAG), "owner": _(terms.NO_OWNER)}.get(by) or _("not provided")
        case _:
            return value


def _group_note(group: Group) -> str:
    hosts = formats.count_hosts(len(group.hosts))
    return f"{hosts} · {formats.per_hour(formats.rate(group.billed))}" if group.billed.high else hosts
