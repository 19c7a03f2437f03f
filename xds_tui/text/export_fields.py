"""The fields of every kind of exported row, in the order of CSV, with units and meanings.

The tables of fields in the manual are generated from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

SCHEMA: Final = 1
"""Version of the fields, in every JSON object. It increases if a field is removed, renamed or changes its meaning."""

UNITS: Final = (
    *("text", "word", "true/false", "number", "hours", "GB", "ms", "decimal", "CNY", "CNY/h", "time", "object", "list"),
)
"""`word` is one of a few fixed words, `time` is ISO 8601 in UTC; `decimal`, `CNY` and `CNY/h` are decimal text."""


class ExportField(NamedTuple):
    """The unit of a field, and its meaning in English."""

    unit: str
    meaning: str


_READ_AT: Final = ExportField("time", "when the service returned the row")
_BILLING: Final = ExportField("word", "`on_demand`: by the hour; `rent`: prepaid for a period")
_AREA: Final = ExportField("word", "region: `south`, `west` or `international`")
_PURPOSE: Final = ExportField("word", "`office`, `image` (graphics) or `compute`")
_CPU: Final = ExportField("number", "CPU cores")
_MEMORY: Final = ExportField("GB", "memory")
_DISK: Final = ExportField("GB", "system disk")
_GPU: Final = ExportField("text", "model of the GPU")
_GPU_COUNT: Final = ExportField("number", "number of GPUs")
_IMAGE_TYPE: Final = ExportField("text", "type of machine; an image runs on packages of the same type only")
_UNIT_PRICE: Final = ExportField("CNY/h", "price of one host before the discount")
_DISCOUNT: Final = ExportField("decimal", "factor of the price: 0.8 is 20 % off")
_HOST_ID: Final = ExportField("text", "ID of the host; `null` while it is not known")
_HOST_NAME: Final = ExportField("text", "name of the host")
_ALIAS: Final = ExportField("text", "your name of the host")
_PACKAGE_ID: Final = ExportField("text", "ID of the package")
_PACKAGE: Final = ExportField("text", "name of the package")
_IMAGE_ID: Final = ExportField("text", "ID of the image")
_IMAGE: Final = ExportField("text", "name and version of the image")
_PERIOD_NUMBER: Final = ExportField("number", "length of the prepaid period, in `period_unit`")
_PERIOD_UNIT: Final = ExportField("word", "`hour`, `day`, `week`, `month`, `quarter` or `year`")
_ACTION: Final = ExportField("word", "`create`, `power on`, `power off`, `reboot` or `delete`")
_DOUBT: Final = ExportField("word", "why the host may belong to something else; see `xds-tui manual orders`")
_CODE: Final = ExportField("number", "code of the service's response")
_SUMMARY: Final = ExportField("text", "what went wrong, or why a host was left out")
_MESSAGE: Final = ExportField("text", "message of the service")
_RULE: Final = ExportField("text", "name of the rule that acted; `null` if it was you")
_TRACE_ID: Final = ExportField("text", "traceId of the response, for Xuandashi's support")

_GOODS: Final[Mapping[str, ExportField]] = {
    "package_id": _PACKAGE_ID,
    "package": _PACKAGE,
    "image_id": _IMAGE_ID,
    "image": _IMAGE,
    "billing": _BILLING,
    "period_number": _PERIOD_NUMBER,
    "period_unit": _PERIOD_UNIT,
    "unit_price": _UNIT_PRICE,
    "discount": _DISCOUNT,
}
"""What is bought and at which price, the same in orders and estimates."""

HOST_FIELDS: Final[Mapping[str, ExportField]] = {
    "seen_at": _READ_AT,
    "id": ExportField("text", "ID of the host"),
    "name": _HOST_NAME,
    "status": ExportField(
        "word", "`off`, `starting`, `on`, `billed` (on, and billed by the hour), `stopping`, `expired` or `unknown`"
    ),
    "status_sent": ExportField("text", "what the service sent, if the status is `unknown`"),
    "billing": _BILLING,
    "os": ExportField("text", "operating system"),
    "cpu": _CPU,
    "memory_gb": _MEMORY,
    "disk_gb": _DISK,
    "gpu": _GPU,
    "gpu_count": _GPU_COUNT,
    "area": _AREA,
    "purpose": _PURPOSE,
    "address": ExportField("text", "name or address to connect to"),
    "port": ExportField("number", "port to connect to"),
    "account": ExportField("text", "name to log in with"),
    "mac": ExportField("text", "MAC address"),
    "ipv4": ExportField("text", "address inside the provider's network"),
    "created_at": ExportField("time", "when the host was created"),
    "expires_at": ExportField("time", "when the period of a prepaid host ends"),
    "cost_low": ExportField("CNY/h", "hourly cost while on, at least"),
    "cost_high": ExportField("CNY/h", "hourly cost while on, at most"),
    "cost_known": ExportField("true/false", "whether the cost is from its order, and not from similar packages"),
    "listed": ExportField(
        "true/false", "whether the last refresh returned the host; if not, the row is from an earlier one"
    ),
    "power": ExportField("word", "`on`, `off` or `changing`"),
    "alias": _ALIAS,
    "tags": ExportField("list", "your tags; in CSV separated by spaces"),
    "owner": ExportField("text", "the owner that you entered"),
    "note": ExportField("text", "your note"),
    "protected": ExportField("true/false", "whether stopping, rebooting and deleting it is prevented"),
    "complete": ExportField("true/false", "whether the list was consistent; if not, hosts may be missing from it"),
}

PACKAGE_FIELDS: Final[Mapping[str, ExportField]] = {
    "seen_at": _READ_AT,
    "id": _PACKAGE_ID,
    "name": _PACKAGE,
    "type": _IMAGE_TYPE,
    "billing": _BILLING,
    "cpu": _CPU,
    "memory_gb": _MEMORY,
    "disk_gb": _DISK,
    "bandwidth": ExportField("number", "bandwidth, as the service sends it"),
    "gpu": _GPU,
    "gpu_count": _GPU_COUNT,
    "area": _AREA,
    "purpose": _PURPOSE,
    "unit_price": _UNIT_PRICE,
    "discount": _DISCOUNT,
    "hourly_price": ExportField("CNY/h", "price of one host after the discount, not rounded"),
}

IMAGE_FIELDS: Final[Mapping[str, ExportField]] = {
    "seen_at": _READ_AT,
    "id": _IMAGE_ID,
    "type": _IMAGE_TYPE,
    "name": ExportField("text", "name of the image"),
    "version": ExportField("text", "version of the image"),
}

EVENT_FIELDS: Final[Mapping[str, ExportField]] = {
    "at": ExportField("time", "when it was noticed"),
    "kind": ExportField(
        "word",
        "`appeared`, `gone`, `status`, `order`, `candidate`, `error`, `recovered`, `expiring`, "
        "`cap`, `signed out`, `signed in` or `rule`",
    ),
    "host_id": ExportField("text", "ID of the host concerned"),
    "host_name": _HOST_NAME,
    "own": ExportField("true/false", "whether it is the result of an order of this program"),
    "alert": ExportField("true/false", "whether the user was notified"),
    "old_status": ExportField("word", "`status`: the status before"),
    "new_status": ExportField("word", "`status`: the status since"),
    "expires": ExportField("time", "`expiring`: when the period ends"),
    "within_hours": ExportField("hours", "`expiring`: the limit that was reached"),
    "order_id": ExportField("text", "ID of the order concerned"),
    "action": _ACTION,
    "state": ExportField("word", "the new state of the order, as in its own `state`"),
    "doubt": _DOUBT,
    "code": _CODE,
    "summary": _SUMMARY,
    "message": _MESSAGE,
    "trace_id": _TRACE_ID,
    "alias": _ALIAS,
    "rule": _RULE,
    "due": ExportField("time", "`rule`: when the rule acts"),
    "step": ExportField("word", "`rule`: `upcoming`, `due` (it only notifies) or `missed`"),
}

ORDER_FIELDS: Final[Mapping[str, ExportField]] = {
    "id": ExportField("text", "ID of the order; `null` for a host that was left out"),
    "batch": ExportField("text", "ID shared by the orders of one confirmation or command"),
    "action": _ACTION,
    "state": ExportField(
        "word",
        "`pending`, `sent`, `accepted`, `confirmed`, `unconfirmed`, `rejected`, `not sent`, `unknown`, `may be yours`; "
        "or `skipped` for a host that a command left out",
    ),
    "created_at": ExportField("time", "when it was confirmed"),
    "sent_at": ExportField("time", "when its request was sent"),
    "ended_at": ExportField("time", "when its outcome was known"),
    "host_id": _HOST_ID,
    "host_name": _HOST_NAME,
    "candidate_id": ExportField("text", "`may be yours`: ID of a host that may be the result"),
    "candidate_name": ExportField("text", "`may be yours`: name of that host"),
    "doubt": _DOUBT,
    **_GOODS,
    "estimate": ExportField("CNY", "price of the host for `estimated_hours`, rounded to 0.01"),
    "estimated_hours": ExportField("hours", "length of the period as estimated; 1 for on-demand"),
    "real_hours": ExportField("hours", "length of the period as the service shows it: from creation to expiry"),
    "code": _CODE,
    "summary": _SUMMARY,
    "message": _MESSAGE,
    "trace_id": _TRACE_ID,
    "request_id": ExportField("text", "name of the request, given or made"),
    "alias": _ALIAS,
    "rule": _RULE,
}

ESTIMATE_FIELDS: Final[Mapping[str, ExportField]] = {
    **_GOODS,
    "hours": ExportField("hours", "length of the period as estimated; 1 for on-demand"),
    "count": ExportField("number", "number of hosts"),
    "total": ExportField("CNY", "`unit_price` × `discount` × `hours` × `count`, rounded to 0.01"),
}

DRY_RUN_FIELDS: Final[Mapping[str, ExportField]] = {
    "requests": ExportField("list", "requests that would be sent: `method`, `url`, and `body` or `null`"),
    "left_out": ExportField("list", "hosts without a request: `id`, `name` and `reason`"),
    "estimate": ExportField("object", "`create` only: the fields of an estimate"),
}

_HOURLY: Final = "`on_demand_low`, `on_demand_high`, `prepaid_low`, `prepaid_high` in CNY/h, and `unpriced` hosts"

PLAN_FIELDS: Final[Mapping[str, ExportField]] = {
    "fleet": ExportField("text", "name of the fleet"),
    "is_empty": ExportField("true/false", "whether there is nothing to do"),
    "groups": ExportField(
        "list",
        "for each group: `group`, wanted `count` and `running`, its `hosts` and `open_orders` by ID,"
        " how many to `create`, which to `start` and `stop`, `request_id` and `estimate` of the purchase",
    ),
    "hourly_before": ExportField("object", f"cost of all hosts of the account: {_HOURLY}"),
    "hourly_after": ExportField("object", "the same once the plan is carried out"),
    "untouched": ExportField("number", "hosts of the account that are neither started nor stopped"),
    "missing": ExportField("list", "IDs of hosts that were bought before, if the service lists no host at all"),
    "requests": ExportField("list", "requests that would be sent: `method`, `url`, and `body` or `null`"),
}

REPORT_FIELDS: Final[Mapping[str, ExportField]] = {
    "month": ExportField("text", "year and month, in local time"),
    "part": ExportField(
        "word",
        "`host`, `tag` or `owner`; in JSON also `total`, with each host once, and `forecast` of the whole month",
    ),
    "key": ExportField("text", "ID of the host, the tag or the owner; empty for hosts without one"),
    "name": _HOST_NAME,
    "billing": _BILLING,
    "hosts": ExportField("number", "number of hosts"),
    "unpriced": ExportField("number", "hosts with an unknown price, which are in none of the sums"),
    "hours_on": ExportField("hours", "time on, as the last refresh before each moment showed it"),
    "hours_on_least": ExportField("hours", "time on that is certain"),
    "hours_on_most": ExportField("hours", "time on that is possible"),
    "on_demand": ExportField("CNY", "cost by the hour"),
    "prepaid": ExportField("CNY", "part of the prepaid periods that falls on the time"),
    "cost": ExportField("CNY", "both together"),
    "cost_low": ExportField("CNY", "the least that it may have been, by price and time"),
    "cost_high": ExportField("CNY", "the most that it may have been"),
    "since": ExportField("time", "beginning of the time that is counted: of the month, or the first refresh in it"),
    "until": ExportField("time", "end of that time"),
}

RULE_FIELDS: Final[Mapping[str, ExportField]] = {
    "at": ExportField("time", "when the rule acts, or was to act"),
    "action": ExportField("word", "`power on` or `power off`"),
    "host_id": _HOST_ID,
    "host_name": _HOST_NAME,
    "rule": ExportField("text", "name of the rule"),
    "due": ExportField("true/false", "whether it is time"),
    "obstacle": ExportField(
        "word", "why nothing is to be done although it is time: `protected`, or `missed` longer ago than `catch_up`"
    ),
    "acts": ExportField("true/false", "whether the guard does it; otherwise the rule only notifies"),
}

CAP_FIELDS: Final[Mapping[str, ExportField]] = {
    "cap": ExportField("text", "name of the cap"),
    "period": ExportField("word", "`per_hour`, `per_day` or `per_month`"),
    "limit": ExportField("CNY", "limit in config.toml"),
    "spent": ExportField("CNY", "what counts: the cost per hour now, of today, or of this month"),
    "spent_low": ExportField("CNY", "the least that it may be, by price and time"),
    "spent_high": ExportField("CNY", "the most that it may be"),
    "level": ExportField("word", "`ok`, `warned` from 80 % on, or `reached`"),
    "unpriced": ExportField("number", "hosts with an unknown price, because of which nothing is bought or started"),
}

WAITLIST_FIELDS: Final[Mapping[str, ExportField]] = {
    "entry": ExportField("text", "name of the entry"),
    "state": ExportField("word", "`waiting`, `bought`, `expired`, `outside hours`, or `unsettled`"),
    "package": ExportField("text", "ID or name of the package"),
    "image": ExportField("text", "ID or name of the image"),
    "count": ExportField("number", "hosts to buy in total"),
    "bought": ExportField("number", "hosts that are bought"),
    "attempts": ExportField("number", "attempts that were made"),
    "max_price": ExportField("CNY/h", "highest price of one host"),
    "until": ExportField("time", "when the entry expires"),
    "next_at": ExportField("time", "earliest time of the next attempt, if it is `waiting`"),
    "open_orders": ExportField("list", "IDs of the attempts of unknown outcome"),
}

CHECK_FIELDS: Final[Mapping[str, ExportField]] = {
    "check": ExportField("text", "what was checked"),
    "status": ExportField("word", "`ok`, `warn` (works with limitations) or `bad`"),
    "message": ExportField("text", "the result, in the language of the screen"),
    "advice": ExportField("list", "what to do, one sentence or command each"),
    "milliseconds": ExportField("ms", "duration of the check, if it says something"),
}

ROW_FIELDS: Final[Mapping[str, Mapping[str, ExportField]]] = {
    "hosts": HOST_FIELDS,
    "packages": PACKAGE_FIELDS,
    "images": IMAGE_FIELDS,
    "events": EVENT_FIELDS,
    "orders": ORDER_FIELDS,
    "estimate": ESTIMATE_FIELDS,
    "dry-run": DRY_RUN_FIELDS,
    "plan": PLAN_FIELDS,
    "checks": CHECK_FIELDS,
    "report": REPORT_FIELDS,
    "rules": RULE_FIELDS,
    "caps": CAP_FIELDS,
    "waitlist": WAITLIST_FIELDS,
}
"""The fields of each kind of row."""
