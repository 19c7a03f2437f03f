"""The words of the commands: what went wrong, on standard error, and the names of what is listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from xds_tui import standard_streams
from xds_tui.api.text import clean
from xds_tui.i18n import N_, _
from xds_tui.text.messages import with_detail

if TYPE_CHECKING:
    from xds_tui.fleet.query import QueryError
    from xds_tui.store.db import StoreError
    from xds_tui.vault import CredentialStoreError

FAILURE: Final = 1
USAGE: Final = 2

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
    "intended": N_("waiting"),
    "sent": N_("sent"),
    "not sent": N_("not sent"),
    "refused": N_("refused"),
    "unknown": N_("outcome unknown"),
    "done": N_("accepted"),
    "settled": N_("done"),
    "not seen": N_("not seen to happen"),
    "may be yours": N_("may be yours"),
}
DOUBT: Final = {
    "earlier": N_("the service says that it was created before the order was sent"),
    "later": N_("it was created too long after the order to be sure"),
    "other host": N_("another new host fits the order just as well"),
    "other order": N_("it fits another order just as well"),
    "no time": N_("the service does not say when it was created"),
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


def print_error(lines: Iterable[str]) -> None:
    """Write what went wrong to standard error, one fact a line, and nothing that a terminal would obey."""
    said = [clean(line) for line in lines if line]
    standard_streams.complain("xds-tui: " + "\n  ".join(said) + "\n")


def query_error(error: QueryError) -> str:
    """Return what cannot be understood in a filter."""
    return f"--filter: {_(error.reason).format(word=error.word)}"


def storage_error(error: StoreError | CredentialStoreError) -> str:
    """Return why the disk or the keyring will not do, in one line."""
    return with_detail(error.summary, error.detail)


def unread_keyring(error: CredentialStoreError) -> tuple[str, ...]:
    """Return why it is not known whether the keyring holds credentials, and what to do."""
    return (
        _("The credentials could not be read from the keyring."),
        storage_error(error),
        _("Try again, or set XDS_UUID and XDS_SECRET; xds-tui doctor looks for the cause."),
    )
