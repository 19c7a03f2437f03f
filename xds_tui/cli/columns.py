"""What the tables show of exported rows, in the chosen language and in local time; JSON and CSV have all of a row."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from xds_tui.cli.output import Column, Row
from xds_tui.domain.ranges import local_time
from xds_tui.i18n import N_, _
from xds_tui.text import labels
from xds_tui.text.export import Value
from xds_tui.text.labels import NOTHING, word
from xds_tui.text.messages import with_detail

_DECIMALS: Final = Decimal("0.0001")


def _plain(value: Value) -> str:
    return NOTHING if value is None or value == "" else str(value)


def _moment(value: Value) -> str:
    """Local date and time, to the second."""
    return local_time(datetime.fromisoformat(str(value))).strftime("%Y-%m-%d %H:%M:%S") if value else NOTHING


def _price(value: Value) -> str:
    """CNY with at least 2 and at most 4 decimals."""
    if value is None:
        return "?"
    whole, _dot, decimals = f"{Decimal(str(value)).quantize(_DECIMALS, ROUND_HALF_UP):f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _status(row: Row) -> str:
    sent = row["status_sent"]
    if sent:
        return f"? {sent}"
    status = word(labels.STATUS, row["status"])
    return status if row["listed"] else f"? {status}"


def _gpu(row: Row) -> str:
    return f"{row['gpu'] or 'GPU'}×{row['gpu_count']}" if row["gpu_count"] else NOTHING


def _cost(row: Row) -> str:
    """What a host costs an hour: a sum, with ~ if it is not from an order, a range, or nothing."""
    low, high = row["cost_low"], row["cost_high"]
    if low is None:
        return NOTHING
    if low != high:
        return f"{_price(low)}-{_price(high)}"
    return _price(low) if row["cost_known"] else f"~{_price(low)}"


def _address(row: Row) -> str:
    return f"{row['address']}:{row['port']}" if row["address"] and row["port"] else _plain(row["address"])


def _discount(row: Row) -> str:
    discount = row["discount"]
    if discount is None or Decimal(str(discount)) == 1:
        return NOTHING
    return f"{((1 - Decimal(str(discount))) * 100).normalize():f}%"


def _what_happened(row: Row) -> str:
    told = [_outline(row)]
    if row["summary"]:
        told.append(with_detail(str(row["summary"]), str(row["message"] or "")))
    if row["code"] is not None:
        told.append(_("code {code}").format(code=row["code"]))
    if row["trace_id"]:
        told.append(f"traceId {row['trace_id']}")
    return ", ".join(part for part in told if part) or NOTHING


def _outline(row: Row) -> str:
    match row["kind"]:
        case "status":
            return f"{word(labels.STATUS, row['old_status'])} → {word(labels.STATUS, row['new_status'])}"
        case "appeared":
            return word(labels.STATUS, row["new_status"])
        case "candidate":
            return word(labels.DOUBT, row["doubt"])
        case "order":
            return f"{word(labels.ACTION, row['action'])}: {word(labels.STATE, row['state'])}"
        case "expiring":
            return _moment(row["expires"])
    return ""


def _why(row: Row) -> str:
    if row["candidate_id"]:
        return f"{row['candidate_name'] or row['candidate_id']}: {word(labels.DOUBT, row['doubt'])}"
    return _what_happened({**row, "kind": None})


HOSTS: Final = (
    Column(N_("NAME"), lambda row: _plain(row["name"] or row["id"])),
    Column(N_("STATUS"), _status),
    Column(N_("OS"), lambda row: _plain(row["os"])),
    Column(N_("CPU"), lambda row: _plain(row["cpu"]), is_number=True),
    Column(N_("GB"), lambda row: _plain(row["memory_gb"]), is_number=True),
    Column(N_("GPU"), _gpu),
    Column(N_("¥/HOUR"), _cost, is_number=True),
    Column(N_("BILLING"), lambda row: word(labels.BILLING, row["billing"])),
    Column(N_("EXPIRES"), lambda row: _moment(row["expires_at"])),
    Column(N_("ADDRESS"), _address),
    Column(N_("ID"), lambda row: _plain(row["id"])),
)
PACKAGES: Final = (
    Column(N_("PACKAGE"), lambda row: _plain(row["name"])),
    Column(N_("TYPE"), lambda row: _plain(row["type"])),
    Column(N_("BILLING"), lambda row: word(labels.BILLING, row["billing"])),
    Column(N_("CPU"), lambda row: _plain(row["cpu"]), is_number=True),
    Column(N_("GB"), lambda row: _plain(row["memory_gb"]), is_number=True),
    Column(N_("DISK GB"), lambda row: _plain(row["disk_gb"]), is_number=True),
    Column(N_("GPU"), _gpu),
    Column(N_("¥/HOUR"), lambda row: _price(row["hourly_price"]), is_number=True),
    Column(N_("OFF"), _discount, is_number=True),
    Column(N_("AREA"), lambda row: word(labels.AREA, row["area"])),
    Column(N_("ID"), lambda row: _plain(row["id"])),
)
IMAGES: Final = (
    Column(N_("IMAGE"), lambda row: _plain(row["name"])),
    Column(N_("VERSION"), lambda row: _plain(row["version"])),
    Column(N_("TYPE"), lambda row: _plain(row["type"])),
    Column(N_("ID"), lambda row: _plain(row["id"])),
)
EVENTS: Final = (
    Column(N_("TIME"), lambda row: _moment(row["at"])),
    Column(N_("EVENT"), lambda row: word(labels.KIND, row["kind"])),
    Column(N_("HOST"), lambda row: _plain(row["host_name"] or row["host_id"])),
    Column(N_("WHAT HAPPENED"), _what_happened),
)
ORDERS: Final = (
    Column(N_("TIME"), lambda row: _moment(row["created_at"])),
    Column(N_("ORDER"), lambda row: word(labels.ACTION, row["action"])),
    Column(N_("HOST"), lambda row: _plain(row["host_name"] or row["host_id"] or row["package"])),
    Column(N_("STATE"), lambda row: word(labels.STATE, row["state"])),
    Column(N_("ESTIMATE"), lambda row: _plain(row["estimate"]), is_number=True),
    Column(N_("HOURS"), lambda row: _plain(row["estimated_hours"]), is_number=True),
    Column(N_("WHY"), _why),
)
