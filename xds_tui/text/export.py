"""Hosts, the catalog, events and orders as rows for other programs, with the stable fields of `export_fields`.

Times are ISO 8601 in UTC, money is a decimal text in CNY (costs and prices: CNY/hour), hours are numbers, and unknown
values are empty (JSON: null). Sentences are in English in every language. No field contains a secret.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from xds_tui.domain import pricing
from xds_tui.domain.annotations import NO_ANNOTATION, NO_ANNOTATIONS, Annotations
from xds_tui.domain.filtering import MAY_BE_YOURS
from xds_tui.domain.model import Billing, Host, Image, Package, Snapshot, Status
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, Order
from xds_tui.structs import dataclass
from xds_tui.text.export_fields import (
    CAP_FIELDS,
    EVENT_FIELDS,
    HOST_FIELDS,
    IMAGE_FIELDS,
    ORDER_FIELDS,
    PACKAGE_FIELDS,
    RULE_FIELDS,
    SCHEMA,
    WAITLIST_FIELDS,
)

if TYPE_CHECKING:
    from xds_tui.domain.caps import CapUse
    from xds_tui.domain.rule_planner import PlannedAction
    from xds_tui.domain.waitlist import EntryProgress

Value = str | int | float | bool | tuple[str, ...] | None


_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters with which a formula of a spreadsheet may begin, including full-width ones. Host names are untrusted."""


@dataclass(frozen=True, slots=True)
class ExportTable:
    """Rows with the names of their fields."""

    fields: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def only(self, names: Sequence[str]) -> ExportTable:
        """Return the table with the fields `names`, in that order."""
        indices = [self.fields.index(name) for name in names]
        return ExportTable(tuple(names), tuple(tuple(row[index] for index in indices) for row in self.rows))


def host_fields() -> tuple[str, ...]:
    """Return the names of the fields of a host."""
    return tuple(HOST_FIELDS)


def hosts_table(snapshot: Snapshot, costs: Costs) -> ExportTable:
    """Return one row per host in the given order, with its hourly cost if it is known."""
    return table_of(HOST_FIELDS, (_host(host, snapshot, costs) for host in snapshot.hosts))


def packages_table(listed: Iterable[tuple[Billing, Package]], at: datetime) -> ExportTable:
    """Return one row per package and billing mode in the given order; `at` is when they were read."""
    return table_of(PACKAGE_FIELDS, (_package(package, billing, at) for billing, package in listed))


def images_table(images: Iterable[Image], at: datetime) -> ExportTable:
    """Return one row per image in the given order; `at` is when they were read."""
    return table_of(IMAGE_FIELDS, (_image(image, at) for image in images))


def events_table(events: Iterable[Event], annotations: Annotations = NO_ANNOTATIONS) -> ExportTable:
    """Return one row per event in the given order, with the alias of its host."""
    return table_of(EVENT_FIELDS, (_event(event) | _alias(event.host_id, annotations) for event in events))


def orders_table(
    orders: Iterable[Order], hosts: Mapping[str, Host], annotations: Annotations = NO_ANNOTATIONS
) -> ExportTable:
    """Return one row per order in the given order.

    Args:
        orders: the orders.
        hosts: by ID; they determine the real duration of a rental period.
        annotations: the aliases, by the ID of the host or of the one that may be the result.

    """
    rows = (
        _order(order, hosts.get(order.host_id or ""))
        | _alias(order.candidate.host_id if order.candidate else order.host_id, annotations)
        for order in orders
    )
    return table_of(ORDER_FIELDS, rows)


def _alias(host_id: str | None, annotations: Annotations) -> dict[str, Value]:
    return {"alias": annotations.get(host_id or "", NO_ANNOTATION).alias or None}


def rules_table(planned: Iterable[PlannedAction]) -> ExportTable:
    """Return one row per action in the given order."""
    return table_of(RULE_FIELDS, (_planned(action) for action in planned))


def caps_table(uses: Iterable[CapUse]) -> ExportTable:
    """Return one row per limit in the given order."""
    return table_of(CAP_FIELDS, (_use(use) for use in uses))


def waitlist_table(entries: Iterable[EntryProgress]) -> ExportTable:
    """Return one row per entry in the given order."""
    return table_of(WAITLIST_FIELDS, (_entry(entry) for entry in entries))


def real_hours(host: Host | None) -> float | None:
    """Return the hours from creation to expiry of a host, or None if it is missing or lacks a time."""
    if host is None or host.created is None or host.expires is None:
        return None
    return round((host.expires - host.created).total_seconds() / 3600, 2)


def to_json(table: ExportTable) -> str:
    """Return a JSON list of objects, one per line."""
    lines = _json_objects(table)
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def to_json_lines(table: ExportTable) -> str:
    """Return JSON lines, to which more can be appended."""
    return "".join(f"{line}\n" for line in _json_objects(table))


def to_json_object(fields: Mapping[str, object]) -> str:
    """Return one JSON object, with the version of its fields."""
    return json.dumps({**fields, "schema": SCHEMA}, ensure_ascii=False)


def to_csv(table: ExportTable, *, header: bool = True) -> str:
    """Return CSV (RFC 4180). Values that a spreadsheet could interpret as a formula get a leading apostrophe."""
    import csv

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(table.fields)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return out.getvalue()


def _json_objects(table: ExportTable) -> list[str]:
    return [to_json_object(dict(zip(table.fields, row, strict=True))) for row in table.rows]


def _cell(value: Value) -> Value:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def table_of(fields: Iterable[str], rows: Iterable[Mapping[str, Value]]) -> ExportTable:
    """Return `rows` with `fields` in their order."""
    return ExportTable(tuple(fields), tuple(tuple(row[field] for field in fields) for row in rows))


def _host(host: Host, snapshot: Snapshot, costs: Costs) -> dict[str, Value]:
    """Return all fields of a host except its password, which must not appear in a file or a log."""
    rate = costs.hosts.get(host.id)
    return {
        "seen_at": exported_time(snapshot.at),
        "id": host.id,
        "name": host.name,
        "status": _name(host.status),
        "status_sent": host.raw.get("status") if host.status is Status.UNKNOWN else None,
        "billing": _name(host.billing),
        "os": host.os,
        "cpu": host.cpu,
        "memory_gb": host.memory,
        "disk_gb": host.disk,
        "gpu": host.gpu_name,
        "gpu_count": host.gpu_count,
        "area": _name(host.area),
        "purpose": _name(host.purpose),
        "address": host.address,
        "port": host.port,
        "account": host.account,
        "mac": host.mac,
        "ipv4": host.ipv4,
        "created_at": exported_time(host.created),
        "expires_at": exported_time(host.expires),
        "cost_low": _money(rate.low) if rate else None,
        "cost_high": _money(rate.high) if rate else None,
        "cost_known": rate.is_known if rate else None,
        "listed": host.id not in snapshot.unlisted,
        "power": _power(host.status),
        "complete": snapshot.is_complete,
        "alias": host.annotation.alias or None,
        "tags": host.annotation.tags,
        "owner": host.annotation.owner or None,
        "note": host.annotation.note or None,
        "protected": host.annotation.is_protected,
    }


def _package(package: Package, billing: Billing, at: datetime) -> dict[str, Value]:
    return {
        "seen_at": exported_time(at),
        "id": package.id,
        "name": package.name,
        "type": package.type,
        "billing": _name(billing),
        "cpu": package.cpu,
        "memory_gb": package.memory,
        "disk_gb": package.disk,
        "bandwidth": package.bandwidth,
        "gpu": package.gpu_name,
        "gpu_count": package.gpu_count,
        "area": _name(package.area),
        "purpose": _name(package.purpose),
        "unit_price": _money(package.amount),
        "discount": _number(package.discount),
        "hourly_price": _money(pricing.hourly(package)),
    }


def _image(image: Image, at: datetime) -> dict[str, Value]:
    return {
        "seen_at": exported_time(at),
        "id": image.id,
        "type": image.type,
        "name": image.name,
        "version": image.version,
    }


def _event(event: Event) -> dict[str, Value]:
    return {
        "at": exported_time(event.at),
        "kind": event.kind.value,
        "host_id": event.host_id,
        "host_name": event.host_name,
        "own": event.own,
        "alert": event.alert,
        "old_status": _name(event.old),
        "new_status": _name(event.new),
        "expires": exported_time(event.expires),
        "within_hours": event.within,
        "order_id": event.order_id,
        "action": event.action.value if event.action else None,
        "state": event.state.value if event.state else None,
        "doubt": event.doubt.value if event.doubt else None,
        "code": event.code,
        "summary": event.summary,
        "message": event.message,
        "trace_id": event.trace_id,
        "rule": event.rule or None,
        "due": exported_time(event.due),
        "step": event.step.value if event.step else None,
    }


def _order(order: Order, host: Host | None) -> dict[str, Value]:
    quote = order.quote
    period = quote.period if quote else None
    return {
        "id": order.id,
        "batch": order.batch,
        "action": order.action.value,
        "state": MAY_BE_YOURS if order.candidate else order.state.value,
        "created_at": exported_time(order.created_at),
        "sent_at": exported_time(order.sent_at),
        "ended_at": exported_time(order.ended_at),
        "host_id": order.host_id,
        "host_name": order.host_name,
        "candidate_id": order.candidate.host_id if order.candidate else None,
        "candidate_name": order.candidate.host_name if order.candidate else None,
        "doubt": order.candidate.doubt.value if order.candidate else None,
        "package_id": quote.package.id if quote else None,
        "package": quote.package.name if quote else None,
        "image_id": quote.image.id if quote else None,
        "image": quote.image.label if quote else None,
        "billing": _name(quote.billing) if quote else None,
        "period_number": period.number if period else None,
        "period_unit": _name(period.unit) if period else None,
        "unit_price": _money(quote.package.amount) if quote else None,
        "discount": _number(quote.package.discount) if quote else None,
        "estimate": _money(quote.estimate) if quote else None,
        "estimated_hours": quote.hours if quote else None,
        "real_hours": real_hours(host) if period else None,
        "code": order.code,
        "summary": order.summary,
        "message": order.message,
        "trace_id": order.trace_id,
        "request_id": order.request_id or None,
        "rule": order.rule or None,
    }


def _planned(action: PlannedAction) -> dict[str, Value]:
    return {
        "at": exported_time(action.at),
        "action": action.action.value,
        "host_id": action.host.id,
        "host_name": action.host.display_name,
        "rule": action.rule,
        "due": action.is_due,
        "obstacle": action.obstacle.value if action.obstacle else None,
        "acts": action.acts,
    }


def _use(use: CapUse) -> dict[str, Value]:
    return {
        "cap": use.cap.name,
        "period": use.period.value,
        "limit": pricing.figure(use.limit),
        "spent": f"{pricing.rounded(use.spent.value)}",
        "spent_low": f"{pricing.rounded(use.spent.low)}",
        "spent_high": f"{pricing.rounded(use.spent.high)}",
        "level": use.level.value,
        "unpriced": len(use.unpriced),
    }


def _entry(progress: EntryProgress) -> dict[str, Value]:
    entry = progress.entry
    return {
        "entry": entry.name,
        "state": progress.standing.value,
        "package": entry.package,
        "image": entry.image,
        "count": entry.count,
        "bought": progress.bought,
        "attempts": progress.attempts,
        "max_price": pricing.figure(entry.max_price),
        "until": exported_time(entry.until),
        "next_at": exported_time(progress.not_before) if progress.standing.value == "waiting" else None,
        "open_orders": tuple(order.id for order in progress.unsettled),
    }


def exported_time(at: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _money(amount: Decimal | None) -> str | None:
    """Return an amount with all its digits, and at least two decimals."""
    if amount is None:
        return None
    whole, _point, decimals = f"{amount:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _power(status: Status) -> str | None:
    """Return whether a host runs: `on`, `off` or `changing`; None if that is not known."""
    if status is Status.UNKNOWN:
        return None
    if status.is_changing:
        return "changing"
    return "on" if status.is_on else "off"


def _name(member: Enum | None) -> str | None:
    return member.name.lower() if member else None
