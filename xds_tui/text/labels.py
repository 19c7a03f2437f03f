"""Words for the values of the domain: the only table of them, for screens and commands.

The words are marked for translation; callers translate them when they show them. `domain.filtering` accepts them in
filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from xds_tui.domain.filtering import MAY_BE_YOURS
from xds_tui.domain.model import Area, Billing, Purpose, Status
from xds_tui.domain.records import Doubt, EventKind, OrderAction, OrderState
from xds_tui.i18n import N_, _
from xds_tui.text import terms

STATUSES: Final = {
    Status.OFF: N_("off"),
    Status.STARTING: N_("starting"),
    Status.ON: N_("on"),
    Status.BILLED: N_("on ¥"),
    Status.STOPPING: N_("stopping"),
    Status.EXPIRED: N_("expired"),
    Status.UNKNOWN: N_("unknown"),
}
BILLING_MODES: Final = {Billing.ON_DEMAND: N_("on-demand"), Billing.RENT: N_("prepaid")}
AREAS: Final = {Area.SOUTH: N_("South China"), Area.WEST: N_("West China"), Area.INTERNATIONAL: N_("International")}
PURPOSES: Final = {Purpose.OFFICE: N_("office"), Purpose.IMAGE: N_("image processing"), Purpose.COMPUTE: N_("compute")}
ACTIONS: Final = {
    OrderAction.CREATE: N_("buy"),
    OrderAction.POWER_ON: N_("start"),
    OrderAction.POWER_OFF: N_("stop"),
    OrderAction.REBOOT: N_("reboot"),
    OrderAction.DELETE: N_("delete"),
}
ORDER_STATES: Final[Mapping[OrderState | str, str]] = {
    OrderState.PENDING: N_("pending"),
    OrderState.SENT: N_("sent"),
    OrderState.ACCEPTED: N_("accepted"),
    OrderState.CONFIRMED: N_("confirmed"),
    OrderState.UNCONFIRMED: N_("unconfirmed"),
    OrderState.REJECTED: N_("rejected"),
    OrderState.NOT_SENT: N_("not sent"),
    OrderState.UNKNOWN: N_("unknown"),
    MAY_BE_YOURS: N_("may be yours"),
}
DOUBTS: Final = {
    Doubt.EARLIER: N_("according to the service, it was created before the order was sent"),
    Doubt.LATER: N_("it was created too long after the order to be certain"),
    Doubt.OTHER_HOST: N_("another new host matches the order equally well"),
    Doubt.OTHER_ORDER: N_("it matches another order equally well"),
    Doubt.NO_TIME: N_("the service does not report when it was created"),
    Doubt.REJECTED: N_("it matches an order that was rejected, and nobody ordered it here"),
}
EVENT_KINDS: Final = {
    EventKind.APPEARED: N_("appeared"),
    EventKind.GONE: N_("gone"),
    EventKind.STATUS: N_("status"),
    EventKind.ORDER: N_("order"),
    EventKind.CANDIDATE: N_("may be yours"),
    EventKind.ERROR: N_("error"),
    EventKind.RECOVERED: N_("recovered"),
    EventKind.EXPIRING: N_("expiring"),
    EventKind.CAP: N_("cap"),
    EventKind.SIGNED_OUT: N_("signed out"),
    EventKind.SIGNED_IN: N_("signed in"),
    EventKind.RULE: N_("rule"),
}

_EXPORTED: Final[Mapping[str, Mapping[str, str]]] = {
    "status": {status.name.lower(): word for status, word in STATUSES.items()},
    "billing": {mode.name.lower(): word for mode, word in BILLING_MODES.items()},
    "area": {area.name.lower(): word for area, word in AREAS.items()},
    "action": {action.value: word for action, word in ACTIONS.items()},
    "state": {state.value if isinstance(state, Enum) else state: word for state, word in ORDER_STATES.items()},
    "doubt": {doubt.value: word for doubt, word in DOUBTS.items()},
    "kind": {kind.value: word for kind, word in EVENT_KINDS.items()},
    "period": {"per_hour": N_("per hour"), "per_day": N_("today"), "per_month": N_("this month")},
    "level": {"ok": N_("ok"), "warned": N_("nearly reached"), "reached": N_("reached")},
    "standing": {
        "waiting": N_("waiting"),
        "bought": N_("bought"),
        "expired": STATUSES[Status.EXPIRED],
        "outside hours": N_("outside its hours"),
        "unsettled": N_("outcome unknown"),
    },
    "attempt": {
        "bought": N_("bought"),
        "sold out": N_("sold out"),
        "rejected": ORDER_STATES[OrderState.REJECTED],
        "unknown": ORDER_STATES[OrderState.UNKNOWN],
        "not sent": ORDER_STATES[OrderState.NOT_SENT],
    },
    "obstacle": {"protected": terms.PROTECTED, "missed": N_("missed")},
}
"""The words of the fields of `text.export`, by exported value."""

NO_VALUE: Final = "-"
"""Stands for a missing value in the tables of the commands, in ASCII for terminals without Unicode."""


def exported_word(field: str, value: object) -> str:
    """Return the translated word for `value` of a field of `text.export`, or `value` itself if there is no word."""
    if value is None:
        return NO_VALUE
    word = _EXPORTED[field].get(str(value))
    return str(value) if word is None else _(word)


HEADERS: Final[Mapping[str, str]] = {
    "name": N_("NAME"),
    "status": N_("STATUS"),
    "os": N_("OS"),
    "cpu": N_("CPU"),
    "memory": N_("GB"),
    "gpu": terms.GPU,
    "hourly_price": N_("¥/H"),
    "billing": N_("BILLING"),
    "expires": N_("EXPIRES"),
    "address": N_("ADDRESS"),
    "id": terms.ID,
    "tags": N_("TAGS"),
    "owner": N_("OWNER"),
    "note": N_("NOTE"),
    "package": N_("PACKAGE"),
    "type": N_("TYPE"),
    "disk": N_("DISK GB"),
    "discount": N_("DISC."),
    "area": N_("REGION"),
    "image": N_("IMAGE"),
    "version": N_("VERSION"),
    "time": N_("TIME"),
    "event": N_("EVENT"),
    "host": N_("HOST"),
    "what_happened": N_("WHAT HAPPENED"),
    "order": N_("ORDER"),
    "state": N_("STATE"),
    "estimate": N_("ESTIMATE"),
    "hours": N_("HOURS"),
    "why": N_("WHY"),
    "estimate_cny": N_("ESTIMATE ¥"),
    "real_hours": N_("REAL h"),
    "period": N_("PERIOD"),
    "rent_cny": N_("PREPAID ¥"),
    "hosts": N_("HOSTS"),
    "tag": N_("TAG"),
    "rule": N_("RULE"),
    "cap": N_("CAP"),
    "spent_cny": N_("SPENT ¥"),
    "limit_cny": N_("LIMIT ¥"),
    "entry": N_("ENTRY"),
    "bought": N_("BOUGHT"),
    "attempts": N_("ATTEMPTS"),
    "max_price": N_("MAX ¥/H"),
    "until": N_("UNTIL"),
    "next_at": N_("NEXT"),
    "action": N_("ACTION"),
    "hours_on": N_("HOURS ON"),
    "on_demand_cny": N_("ON-DEMAND ¥"),
    "cost_cny": N_("COST ¥"),
    "at_least_cny": N_("AT LEAST ¥"),
    "at_most_cny": N_("AT MOST ¥"),
}
"""Column headers of all tables."""

COLUMNS: Final[Mapping[str, str]] = {
    "name": N_("Name"),
    "status": terms.STATUS,
    "os": N_("Operating system"),
    "cpu": N_("CPU cores"),
    "mem": N_("Memory"),
    "disk": N_("Disk"),
    "gpu": terms.GPU,
    "cost": terms.COST_PER_HOUR,
    "billing": N_("Billing mode"),
    "expires": N_("Time until expiry"),
    "area": terms.REGION,
    "address": terms.ADDRESS,
    "id": terms.ID,
    "tags": terms.TAGS,
    "owner": N_("Owner"),
    "note": N_("Note"),
}
"""Names of the columns of the host table, where there is more room than in its header."""

GROUPS: Final[Mapping[str, str]] = {
    "status": terms.STATUS,
    "area": terms.REGION,
    "os": COLUMNS["os"],
    "tag": N_("First tag"),
    "owner": COLUMNS["owner"],
}
"""Names of the groupings of the host table."""
