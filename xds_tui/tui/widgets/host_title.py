"""What the title of the host table says, as far as there is room for it."""

from __future__ import annotations

from dataclasses import dataclass

from xds_tui.fleet.view import Counts
from xds_tui.i18n import _, ngettext
from xds_tui.tui import wording


@dataclass(frozen=True, slots=True)
class Listed:
    """What there is to say."""

    of: Counts
    shown: int | None
    """How many hosts the filter leaves; None: there is no filter."""
    unreadable: int
    marked: int
    hidden_columns: int
    """How many columns are left out because they do not fit."""
    unlisted: int = 0
    """How many of the hosts the service's list does not show."""
    is_complete: bool = True
    """Whether the service's list agrees with itself."""


def title(listed: Listed, width: int) -> str:
    """Return the title in at most `width` cells if that can be: what is on and what changes, rows tell too."""
    of = listed.of
    count = f"{of.total}" if listed.shown is None else f"{listed.shown}/{of.total}"
    parts = [_("Hosts {count}").format(count=count)]
    parts += [_("{count} on").format(count=of.on)]
    parts += [_("{count} changing").format(count=of.changing)] * bool(of.changing)
    can_leave = len(parts) - 1
    for number, words in (
        (of.expiring, _("{count} expires < 24 h")),
        (listed.unreadable, _("{count} unreadable")),
        (listed.unlisted, _("{count} not listed")),
        (not listed.is_complete, _("list incomplete")),
        (listed.marked, _("{count} marked")),
        (listed.hidden_columns, ngettext("+{count} column", "+{count} columns", listed.hidden_columns)),
    ):
        if number:
            parts.append(words.format(count=number))
    while can_leave and wording.cells(" · ".join(parts)) > width:
        del parts[1]
        can_leave -= 1
    return " · ".join(parts)
