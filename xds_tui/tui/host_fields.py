"""The details of a host as pairs of label and text."""

from __future__ import annotations

from datetime import datetime

from xds_tui.domain import pricing
from xds_tui.domain.model import Billing, Host
from xds_tui.domain.pricing import Rate
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.text import formats


def host_fields(host: Host, fleet: FleetState, now: datetime, password: str) -> list[tuple[str, str]]:
    """Return label and text of each field of `host` in display order, followed by the fields that were not understood.

    Args:
        host: the host to describe.
        fleet: provides its prices, and whether it is listed.
        now: the time from which remaining times are counted.
        password: the text to show as the password: a mask, or the password.

    """
    raw = host.raw
    rate = fleet.costs.hosts.get(host.id)
    return [
        (_("ID"), host.id),
        (_("Status"), formats.status(host)),
        *_absence(host, fleet),
        (_("System"), host.os or formats.NOTHING),
        (_("Processor"), _("{count} cores").format(count=formats.number(host.cpu, raw.get("cpu")))),
        (_("Memory"), f"{formats.number(host.memory, raw.get('memory'))} GB"),
        (_("Disk"), f"{formats.number(host.disk, raw.get('rigidDisk'))} GB"),
        (_("GPU"), formats.gpu(host.gpu_name, host.gpu_count)),
        (_("Area"), formats.area(host.area)),
        (_("Use"), formats.purpose(host.purpose)),
        (_("Billing"), formats.billing(host.billing)),
        (_("Price"), f"{formats.rate(rate)}/h" if rate else formats.NOTHING),
        (_("Cost so far"), _accrued_cost(host, rate, now)),
        (_("Created"), formats.moment(host.created)),
        (_("Expires"), _expiry(host, now)),
        (_("Address"), formats.address(host)),
        (_("IPv4"), host.ipv4 or formats.NOTHING),
        (_("MAC"), host.mac or formats.NOTHING),
        (_("Account"), host.account or formats.NOTHING),
        (_("Password"), password),
        *((_("Not understood: {field}").format(field=field), text) for field, text in raw.items()),
    ]


def _absence(host: Host, fleet: FleetState) -> list[tuple[str, str]]:
    absence = fleet.snapshot.unlisted.get(host.id) if fleet.snapshot else None
    if absence is None:
        return []
    text = (
        _("not listed since {time}, but the service still has it")
        if absence.is_confirmed
        else _("not listed since {time}, shown as last seen")
    )
    return [(_("Listing"), text.format(time=formats.moment(absence.since)))]


def _accrued_cost(host: Host, rate: Rate | None, now: datetime) -> str:
    """Return the cost of the host: the whole period if prepaid, otherwise at most every hour since its creation."""
    total = pricing.accrued(host, rate, now) if rate else None
    if total is None:
        return formats.NOTHING
    text = _("{sum} prepaid") if host.billing is Billing.RENT else _("at most {sum}")
    return text.format(sum=formats.money(total))


def _expiry(host: Host, now: datetime) -> str:
    if host.expires is None:
        return formats.expires(host, now)
    return f"{formats.moment(host.expires)} ({formats.expires(host, now)})"
