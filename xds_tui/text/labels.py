"""The words of the commands: what went wrong, on standard error, and the names of what is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from xds_tui.domain.host_list import Group
from xds_tui.domain.model import Area, Status
from xds_tui.i18n import N_, _, ngettext
from xds_tui.text import formats
from xds_tui.text.messages import error_message
from xds_tui.tui.widgets.table.table import Heading

if TYPE_CHECKING:
    from xds_tui.auth.keyring_store import CredentialStoreError

NOTHING: Final = "-"
"""Stands where there is no value; no letter of a terminal without Unicode is needed for it."""

STATUS: Final = {
    "off": N_("off"),
    "starting": N_("starting"),
    "on": N_("on"),
    "billed": N_("on, billed"),
    "stopping": N_("stopping"),
    "expired": N_("expired"),
    "unknown": N_("unknown"),
}
BILLING: Final = {"on_demand": N_("on-demand"), "rent": N_("rent")}
AREA: Final = {"south": N_("South China"), "west": N_("West China"), "international": N_("International")}
ACTION: Final = {
    "create": N_("buy"),
    "power on": N_("start"),
    "power off": N_("stop"),
    "reboot": N_("reboot"),
    "delete": N_("delete"),
}
STATE: Final = {
    "pending": N_("pending"),
    "sent": N_("sent"),
    "accepted": N_("accepted"),
    "confirmed": N_("confirmed"),
    "unconfirmed": N_("unconfirmed"),
    "rejected": N_("rejected"),
    "not sent": N_("not sent"),
    "unknown": N_("unknown"),
    "may be yours": N_("may be yours"),
}
DOUBT: Final = {
    "earlier": N_("the service says that it was created before the order was sent"),
    "later": N_("it was created too long after the order to be sure"),
    "other host": N_("another new host fits the order just as well"),
    "other order": N_("it fits another order just as well"),
    "no time": N_("the service does not say when it was created"),
    "rejected": N_("nobody ordered it here, and it fits an order that was rejected"),
}
KIND: Final = {
    "appeared": N_("appeared"),
    "gone": N_("gone"),
    "status": N_("status"),
    "order": N_("order"),
    "candidate": N_("may be yours"),
    "trouble": N_("trouble"),
    "recovered": N_("recovered"),
    "expiring": N_("expiring"),
    "signed out": N_("signed out"),
    "signed in": N_("signed in"),
}


def word(words: Mapping[str, str], value: object) -> str:
    """Return the chosen language's word for an exported value, or the value where there is none for it."""
    return NOTHING if value is None else _(words[str(value)]) if value in words else str(value)


def unread_keyring(error: CredentialStoreError) -> tuple[str, ...]:
    """Return why it is not known whether the keyring holds credentials, and what to do."""
    return (
        _("The credentials could not be read from the keyring."),
        error_message(error),
        _("Try again, or set XDS_UUID and XDS_SECRET; xds-tui doctor looks for the cause."),
    )


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
            return f"{formats.STATUS[value][0]} {formats.status_word(value)}"
        case Area():
            return formats.area(value)
        case None:
            return _("not told")
        case _:
            return value


def _note(group: Group) -> str:
    hosts = ngettext("{count} host", "{count} hosts", len(group.hosts)).format(count=len(group.hosts))
    return f"{hosts} · {formats.rate(group.billed)}/h" if group.billed.high else hosts
