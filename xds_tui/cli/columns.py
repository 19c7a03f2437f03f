"""Columns of the tables of the commands, in the chosen language and in local time; JSON and CSV have all fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from xds_tui.cli.output import Row, TextColumn
from xds_tui.domain.sanitize import local_time
from xds_tui.i18n import _
from xds_tui.text import terms
from xds_tui.text.export import Value
from xds_tui.text.labels import HEADERS, NO_VALUE, exported_word
from xds_tui.text.messages import code_line, with_detail

_DECIMALS: Final = Decimal("0.0001")


def _plain(value: Value) -> str:
    return NO_VALUE if value is None or value == "" else str(value)


def _moment(value: Value) -> str:
    """Format local date and time to the second."""
    return local_time(datetime.fromisoformat(str(value))).strftime("%Y-%m-%d %H:%M:%S") if value else NO_VALUE


def _price(value: Value) -> str:
    """Format a price in CNY with 2 to 4 decimals."""
    if value is None:
        return "?"
    whole, _dot, decimals = f"{Decimal(str(value)).quantize(_DECIMALS, ROUND_HALF_UP):f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _status(row: Row) -> str:
    sent = row["status_sent"]
    if sent:
        return f"? {sent}"
    status = exported_word("status", row["status"])
    return status if row["listed"] else f"? {status}"


def _gpu(row: Row) -> str:
    return f"{row['gpu'] or 'GPU'}×{row['gpu_count']}" if row["gpu_count"] else NO_VALUE


def _cost(row: Row) -> str:
    """Format the hourly cost of a host: a sum, with ~ if it is not from an order, or a range."""
    low, high = row["cost_low"], row["cost_high"]
    if low is None:
        return NO_VALUE
    if low != high:
        return f"{_price(low)}-{_price(high)}"
    return _price(low) if row["cost_known"] else f"~{_price(low)}"


def _address(row: Row) -> str:
    return f"{row['address']}:{row['port']}" if row["address"] and row["port"] else _plain(row["address"])


def _tags(row: Row) -> str:
    tags = row["tags"]
    return _plain(" ".join(tags) if isinstance(tags, tuple) else tags)


def _discount(row: Row) -> str:
    discount = row["discount"]
    if discount is None or Decimal(str(discount)) == 1:
        return NO_VALUE
    return f"{((1 - Decimal(str(discount))) * 100).normalize():f}%"


def _event_text(row: Row) -> str:
    parts = [_outline(row)]
    if row["summary"]:
        parts.append(with_detail(str(row["summary"]), str(row["message"] or "")))
    if row["code"] is not None:
        parts.append(code_line(row["code"]))
    if row["trace_id"]:
        parts.append(f"traceId {row['trace_id']}")
    return ", ".join(part for part in parts if part) or NO_VALUE


def _outline(row: Row) -> str:
    match row["kind"]:
        case "status":
            return f"{exported_word('status', row['old_status'])} → {exported_word('status', row['new_status'])}"
        case "appeared":
            return exported_word("status", row["new_status"])
        case "candidate":
            return exported_word("doubt", row["doubt"])
        case "order":
            return f"{exported_word('action', row['action'])}: {exported_word('state', row['state'])}"
        case "expiring":
            return _moment(row["expires"])
    return ""


def _order_subject(row: Row) -> str:
    name = None if row["candidate_id"] else row["alias"]
    return _plain(name or row["host_name"] or row["host_id"] or row["package"])


def _reason(row: Row) -> str:
    if row["candidate_id"]:
        name = row["alias"] or row["candidate_name"] or row["candidate_id"]
        return f"{name}: {exported_word('doubt', row['doubt'])}"
    return _event_text({**row, "kind": None})


def _rule_state(row: Row) -> str:
    if row["obstacle"] is not None:
        return exported_word("obstacle", row["obstacle"])
    return _("now") if row["due"] else NO_VALUE


def _cap_state(row: Row) -> str:
    """Return the level, or why it is not known."""
    return _("price unknown") if row["unpriced"] else exported_word("level", row["level"])


def _report_key(row: Row) -> str:
    return _(terms.TOTAL) if row["part"] == "total" else _plain(row["name"] or row["key"])


def _report_cost(row: Row) -> str:
    """Format a cost, with a question mark if nothing of it is known."""
    return "?" if row["unpriced"] == row["hosts"] else _plain(row["cost"])


HOSTS: Final = (
    TextColumn(HEADERS["name"], lambda row: _plain(row["alias"] or row["name"] or row["id"]), name="name"),
    TextColumn(HEADERS["status"], _status, name="status"),
    TextColumn(HEADERS["os"], lambda row: _plain(row["os"]), name="os", drop=6),
    TextColumn(HEADERS["cpu"], lambda row: _plain(row["cpu"]), is_number=True, name="cpu", drop=7),
    TextColumn(HEADERS["memory"], lambda row: _plain(row["memory_gb"]), is_number=True, name="mem", drop=8),
    TextColumn(HEADERS["gpu"], _gpu, name="gpu"),
    TextColumn(HEADERS["hourly_price"], _cost, is_number=True, name="cost"),
    TextColumn(HEADERS["billing"], lambda row: exported_word("billing", row["billing"]), name="billing", drop=9),
    TextColumn(HEADERS["expires"], lambda row: _moment(row["expires_at"]), name="expires"),
    TextColumn(HEADERS["address"], _address, name="address", drop=5),
    TextColumn(HEADERS["id"], lambda row: _plain(row["id"]), name="id", drop=4),
    TextColumn(HEADERS["tags"], _tags, name="tags", drop=3, is_optional=True),
    TextColumn(HEADERS["owner"], lambda row: _plain(row["owner"]), name="owner", drop=12, is_optional=True),
    TextColumn(HEADERS["note"], lambda row: _plain(row["note"]), name="note", drop=13, is_optional=True),
)
HOST_DETAILS: Final = (
    *HOSTS,
    TextColumn(HEADERS["disk"], lambda row: _plain(row["disk_gb"]), is_number=True, name="disk", drop=10),
    TextColumn(HEADERS["area"], lambda row: exported_word("area", row["area"]), name="area", drop=11),
)
PACKAGES: Final = (
    TextColumn(HEADERS["package"], lambda row: _plain(row["name"])),
    TextColumn(HEADERS["type"], lambda row: _plain(row["type"]), drop=9),
    TextColumn(HEADERS["billing"], lambda row: exported_word("billing", row["billing"])),
    TextColumn(HEADERS["cpu"], lambda row: _plain(row["cpu"]), is_number=True, drop=5),
    TextColumn(HEADERS["memory"], lambda row: _plain(row["memory_gb"]), is_number=True, drop=6),
    TextColumn(HEADERS["disk"], lambda row: _plain(row["disk_gb"]), is_number=True, drop=7),
    TextColumn(HEADERS["gpu"], _gpu),
    TextColumn(HEADERS["hourly_price"], lambda row: _price(row["hourly_price"]), is_number=True),
    TextColumn(HEADERS["discount"], _discount, is_number=True, drop=8),
    TextColumn(HEADERS["area"], lambda row: exported_word("area", row["area"]), drop=4),
    TextColumn(HEADERS["id"], lambda row: _plain(row["id"])),
)
IMAGES: Final = (
    TextColumn(HEADERS["image"], lambda row: _plain(row["name"])),
    TextColumn(HEADERS["version"], lambda row: _plain(row["version"])),
    TextColumn(HEADERS["type"], lambda row: _plain(row["type"])),
    TextColumn(HEADERS["id"], lambda row: _plain(row["id"])),
)
EVENTS: Final = (
    TextColumn(HEADERS["time"], lambda row: _moment(row["at"])),
    TextColumn(HEADERS["event"], lambda row: exported_word("kind", row["kind"])),
    TextColumn(HEADERS["host"], lambda row: _plain(row["alias"] or row["host_name"] or row["host_id"])),
    TextColumn(HEADERS["what_happened"], _event_text),
)
ORDERS: Final = (
    TextColumn(HEADERS["time"], lambda row: _moment(row["created_at"])),
    TextColumn(HEADERS["order"], lambda row: exported_word("action", row["action"])),
    TextColumn(HEADERS["host"], _order_subject),
    TextColumn(HEADERS["state"], lambda row: exported_word("state", row["state"])),
    TextColumn(HEADERS["estimate"], lambda row: _plain(row["estimate"]), is_number=True),
    TextColumn(HEADERS["hours"], lambda row: _plain(row["estimated_hours"]), is_number=True),
    TextColumn(HEADERS["why"], _reason),
)
_REPORT_SUMS: Final = (
    TextColumn(HEADERS["hours_on"], lambda row: f"{row['hours_on']:.1f}", is_number=True),
    TextColumn(HEADERS["on_demand_cny"], lambda row: _plain(row["on_demand"]), is_number=True, drop=2),
    TextColumn(HEADERS["rent_cny"], lambda row: _plain(row["prepaid"]), is_number=True, drop=1),
    TextColumn(HEADERS["cost_cny"], _report_cost, is_number=True),
    TextColumn(HEADERS["at_least_cny"], lambda row: _plain(row["cost_low"]), is_number=True, drop=6),
    TextColumn(HEADERS["at_most_cny"], lambda row: _plain(row["cost_high"]), is_number=True, drop=5),
)
_REPORT_HOSTS: Final = TextColumn(HEADERS["hosts"], lambda row: _plain(row["hosts"]), is_number=True, drop=4)
REPORTS: Final[Mapping[str, Sequence[TextColumn]]] = {
    "host": (
        TextColumn(HEADERS["host"], _report_key),
        TextColumn(HEADERS["id"], lambda row: _plain(row["key"]), drop=4),
        TextColumn(HEADERS["billing"], lambda row: exported_word("billing", row["billing"]), drop=3),
        *_REPORT_SUMS,
    ),
    "tag": (TextColumn(HEADERS["tag"], _report_key), _REPORT_HOSTS, *_REPORT_SUMS),
    "owner": (TextColumn(HEADERS["owner"], _report_key), _REPORT_HOSTS, *_REPORT_SUMS),
}
"""The columns of a report, by what its rows are of."""
RULES: Final = (
    TextColumn(HEADERS["time"], lambda row: _moment(row["at"])),
    TextColumn(HEADERS["action"], lambda row: exported_word("action", row["action"])),
    TextColumn(HEADERS["host"], lambda row: _plain(row["host_name"] or row["host_id"])),
    TextColumn(HEADERS["id"], lambda row: _plain(row["host_id"]), drop=2),
    TextColumn(HEADERS["rule"], lambda row: _plain(row["rule"]), drop=1),
    TextColumn(HEADERS["state"], _rule_state),
)
CAPS: Final = (
    TextColumn(HEADERS["cap"], lambda row: _plain(row["cap"])),
    TextColumn(HEADERS["period"], lambda row: exported_word("period", row["period"])),
    TextColumn(HEADERS["spent_cny"], lambda row: _plain(row["spent"]), is_number=True),
    TextColumn(HEADERS["limit_cny"], lambda row: _plain(row["limit"]), is_number=True),
    TextColumn(HEADERS["at_least_cny"], lambda row: _plain(row["spent_low"]), is_number=True, drop=2),
    TextColumn(HEADERS["at_most_cny"], lambda row: _plain(row["spent_high"]), is_number=True, drop=1),
    TextColumn(HEADERS["state"], _cap_state),
)
WAITLIST: Final = (
    TextColumn(HEADERS["entry"], lambda row: _plain(row["entry"])),
    TextColumn(HEADERS["state"], lambda row: exported_word("standing", row["state"])),
    TextColumn(HEADERS["package"], lambda row: _plain(row["package"])),
    TextColumn(HEADERS["bought"], lambda row: f"{row['bought']}/{row['count']}", is_number=True),
    TextColumn(HEADERS["attempts"], lambda row: _plain(row["attempts"]), is_number=True, drop=1),
    TextColumn(HEADERS["max_price"], lambda row: _plain(row["max_price"]), is_number=True),
    TextColumn(HEADERS["until"], lambda row: _moment(row["until"]), drop=3),
    TextColumn(HEADERS["next_at"], lambda row: _moment(row["next_at"]), drop=2),
)
