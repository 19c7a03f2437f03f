"""The fields of one host in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xds_tui.domain.model import Host
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import formats, host_card, labels, terms


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that belong together."""

    title: str
    fields: Sequence[tuple[str, str | Sequence[str]]]
    """Names and values in display order; a value is a text, or the tags of the host."""


def host_field_groups(host: Host, fleet: FleetState, now: datetime, password: str) -> tuple[FieldGroup, ...]:
    """Return the fields of `host` in groups; fields that could not be parsed are a group of their own.

    Args:
        host: the host.
        fleet: provides its price, and whether it is listed.
        now: the time from which durations are counted.
        password: the text in place of the password.

    """
    groups = [
        FieldGroup(_("Machine"), _machine(host, fleet)),
        FieldGroup(_("Access"), _access(host, password)),
        FieldGroup(_(terms.COST), _cost(host, fleet, now)),
        FieldGroup(_("Notes and tags"), _annotation(host)),
    ]
    if host.raw:
        groups.append(FieldGroup(_("Not parsed"), list(host.raw.items())))
    return tuple(groups)


def _machine(host: Host, fleet: FleetState) -> list[tuple[str, str]]:
    raw = host.raw
    return [
        (_(terms.ID), host.id),
        (_(labels.COLUMNS["status"]), formats.status(host)),
        *_absence(host, fleet),
        (_(labels.HEADERS["os"]), host.os or formats.NOTHING),
        (_(labels.HEADERS["cpu"]), _("{count} cores").format(count=formats.number(host.cpu, raw.get("cpu")))),
        (_(labels.COLUMNS["mem"]), f"{formats.number(host.memory, raw.get('memory'))} GB"),
        (_(labels.COLUMNS["disk"]), f"{formats.number(host.disk, raw.get('rigidDisk'))} GB"),
        (_(terms.GPU), formats.gpu(host.gpu_name, host.gpu_count)),
        (_(labels.COLUMNS["area"]), formats.area(host.area)),
        (_(terms.USE), formats.purpose(host.purpose)),
    ]


def _access(host: Host, password: str) -> list[tuple[str, str]]:
    return [
        (_(labels.COLUMNS["address"]), formats.address(host)),
        (_("IPv4"), host.ipv4 or formats.NOTHING),
        (_("MAC"), host.mac or formats.NOTHING),
        (_("User name"), host.account or formats.NOTHING),
        (_(terms.PASSWORD), password),
    ]


def _cost(host: Host, fleet: FleetState, now: datetime) -> list[tuple[str, str]]:
    rate = fleet.costs.hosts.get(host.id)
    return [
        (_(terms.BILLING), formats.billing(host.billing)),
        (_("Price"), formats.per_hour(formats.rate(rate)) if rate else formats.NOTHING),
        (_("Cost so far"), host_card.accrued_value(host, rate, now)),
        (_("Created"), formats.moment(host.created)),
        (_("Expires"), _with_span(host, now)),
    ]


def _annotation(host: Host) -> list[tuple[str, str | Sequence[str]]]:
    annotation = host.annotation
    protection = formats.NOTHING
    if annotation.is_marked:
        protection = _("from stop, reboot and delete")
    elif annotation.rule:
        protection = _("by {rule} in config.toml").format(rule=annotation.rule)
    return [
        *([(_("Service's name"), host.name)] if annotation.alias else []),
        (_(labels.COLUMNS["tags"]), annotation.tags or formats.NOTHING),
        (_(labels.COLUMNS["owner"]), annotation.owner or formats.NOTHING),
        (_(labels.COLUMNS["note"]), annotation.note or formats.NOTHING),
        (_("Protected"), protection),
    ]


def _absence(host: Host, fleet: FleetState) -> list[tuple[str, str]]:
    absence = fleet.snapshot.unlisted.get(host.id) if fleet.snapshot else None
    if absence is None:
        return []
    template = (
        _("not listed since {time}, but still known to the service")
        if absence.is_confirmed
        else _("not listed since {time}, shown as last seen")
    )
    return [(_("Listing"), template.format(time=formats.moment(absence.since)))]


def _with_span(host: Host, now: datetime) -> str:
    if host.expires is None:
        return formats.expires(host, now)
    return f"{formats.moment(host.expires)} ({formats.expires(host, now)})"
