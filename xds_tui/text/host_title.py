"""The title of the host table: counts and sums of the hosts that it shows, and the filter."""

from __future__ import annotations

from xds_tui.domain.host_list import Counts
from xds_tui.domain.pricing import FleetRate
from xds_tui.i18n import _, ngettext
from xds_tui.structs import dataclass
from xds_tui.text import formats
from xds_tui.text.overview import shortened

_MAX_QUERY: int = 40


@dataclass(frozen=True, slots=True)
class Listed:
    """The contents of the host table in numbers."""

    of: Counts
    """The hosts that are shown."""
    all: int | None = None
    """How many hosts there are; None if there is no filter."""
    rate: FleetRate | None = None
    """What the hosts that are shown cost; None if no prices are known."""
    query: str = ""
    """The filter in force."""
    unreadable: int = 0
    marked: int = 0
    hidden_columns: int = 0
    """How many columns do not fit."""
    unlisted: int = 0
    """How many hosts are missing from the service's list."""
    is_complete: bool = True
    """Whether the service's list is consistent."""


def title(listed: Listed, width: int) -> str:
    """Return the title in at most `width` cells if possible; what the rows show too is left out first."""
    of = listed.of
    count = f"{of.total}" if listed.all is None else f"{of.total}/{listed.all}"
    cost = formats.rate(listed.rate.on_demand) if listed.rate is not None and listed.rate.on_demand.high else ""
    parts = [
        (0, True, _("¹Hosts {count}").format(count=count)),
        (3, True, formats.count_on(of.on)),
        (4, of.changing, formats.count_changing(of.changing)),
        (2, cost, formats.per_hour(cost)),
        (1, of.expiring, _("{count} expiring soon").format(count=of.expiring)),
        (0, listed.unreadable, _("{count} not parsed").format(count=listed.unreadable)),
        (0, listed.unlisted, _("{count} not listed").format(count=listed.unlisted)),
        (0, not listed.is_complete, _("list incomplete")),
        (0, listed.marked, _("{count} marked").format(count=listed.marked)),
        (0, listed.query, f"/ {shortened(listed.query, _MAX_QUERY)}"),
        (0, listed.query, formats.escape_clears()),
        (5, listed.hidden_columns, _hidden(listed.hidden_columns)),
    ]
    for limit in range(5, -1, -1):
        text = " · ".join(part for rank, is_shown, part in parts if is_shown and rank <= limit)
        if formats.cells(text) <= width:
            return text
    return text


def _hidden(columns: int) -> str:
    return ngettext("+{count} column", "+{count} columns", columns).format(count=columns)
