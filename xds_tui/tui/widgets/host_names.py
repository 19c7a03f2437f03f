"""What is said of hosts in a list: the names of columns and groups, and the words that a filter understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from xds_tui.fleet.view import Group, LocalizedNames
from xds_tui.i18n import N_, _, ngettext
from xds_tui.model import Area, Billing, Purpose, Status
from xds_tui.tui import wording
from xds_tui.tui.widgets.line_table import Heading

COLUMNS: Final[Mapping[str, str]] = {
    "name": N_("Name"),
    "status": N_("Status"),
    "os": N_("Operating system"),
    "cpu": N_("CPU cores"),
    "mem": N_("Memory"),
    "disk": N_("Disk"),
    "gpu": N_("GPU"),
    "cost": N_("Cost an hour"),
    "billing": N_("Billing mode"),
    "expires": N_("Time until it expires"),
    "area": N_("Area"),
    "address": N_("Address"),
    "id": N_("ID"),
}
"""What a column is called where it is chosen: its header has room for less."""

GROUPS: Final[Mapping[str, str]] = {"status": N_("Status"), "area": N_("Area"), "os": N_("Operating system")}
"""What hosts are grouped by."""


def spoken() -> LocalizedNames:
    """Return what a filter may call things beside its own English words: what they are called on screen."""
    return (
        *((status, wording.status_word(status)) for status in Status),
        # As in English: one that is billed is on.
        (Status.BILLED, wording.status_word(Status.ON)),
        *((mode, wording.billing(mode)) for mode in Billing),
        *((area, wording.area(area)) for area in Area),
        *((purpose, wording.purpose(purpose)) for purpose in Purpose),
    )


def in_groups(groups: Sequence[Group]) -> tuple[list[str], dict[str, Heading]]:
    """Return the rows of a table: a heading for each group, and under it its hosts; and what the headings tell."""
    keys: list[str] = []
    headings: dict[str, Heading] = {}
    for group in groups:
        # No host's ID has a control character in it: they are cleaned where they are read.
        key = f"\0{group.value!r}"
        headings[key] = Heading(_label(group.value), _note(group))
        keys += (key, *group.hosts)
    return keys, headings


def _label(value: Status | Area | str | None) -> str:
    match value:
        case Status():
            return f"{wording.STATUS[value][0]} {wording.status_word(value)}"
        case Area():
            return wording.area(value)
        case None:
            return _("not told")
        case _:
            return value


def _note(group: Group) -> str:
    hosts = ngettext("{count} host", "{count} hosts", len(group.hosts)).format(count=len(group.hosts))
    return f"{hosts} · {wording.rate(group.billed)}/h" if group.billed.high else hosts
