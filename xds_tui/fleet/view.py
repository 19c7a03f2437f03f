"""Which hosts are shown, in which order and with which columns: a snapshot in, host IDs out.

Nothing here draws or chooses words: `tui/` does. Sorting is stable, and what a host does not tell comes last
in either direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Final

from xds_tui.fleet.query import COMPARISONS, NUMBER_FIELDS, TIME_FIELDS, Query, Term
from xds_tui.model import Area, Billing, Host, Purpose, Snapshot, Status
from xds_tui.pricing import Costs

EXPIRES_SOON: Final = timedelta(hours=24)

NO_COSTS: Final = Costs()

_STATUS_WORDS: Final = {
    Status.OFF: "off",
    Status.STARTING: "starting changing",
    Status.ON: "on",
    Status.BILLED: "on billed",
    Status.STOPPING: "stopping changing",
    Status.EXPIRED: "expired",
    Status.UNKNOWN: "unknown",
}
_BILLING_WORDS: Final = {Billing.ON_DEMAND: "demand", Billing.RENT: "rent"}
_AREA_WORDS: Final = {Area.SOUTH: "south", Area.WEST: "west", Area.INTERNATIONAL: "international"}
_PURPOSE_WORDS: Final = {Purpose.OFFICE: "office", Purpose.IMAGE: "image", Purpose.COMPUTE: "compute"}

_STATUS_ORDER: Final = (
    Status.STARTING,
    Status.STOPPING,
    Status.BILLED,
    Status.ON,
    Status.UNKNOWN,
    Status.OFF,
    Status.EXPIRED,
)
"""What changes first, then what runs, then what rests."""


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of hosts; None keeps the service's own."""

    column: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many hosts there are of what matters at a glance."""

    total: int
    on: int
    changing: int
    expiring: int
    """Rents that end within 24 hours."""


def rows(snapshot: Snapshot, query: Query, sort: Sort, now: datetime, costs: Costs = NO_COSTS) -> tuple[str, ...]:
    """Return the IDs of the hosts that `query` holds for, in the order of `sort`.

    Where what a host costs is not known to the cent, its highest price is what is compared.
    """
    hosts: Sequence[Host] = snapshot.hosts
    if words := [term for term in query if term.field is None]:
        found = list(zip(hosts, _haystacks(snapshot), strict=True))
        for word in words:
            found = [pair for pair in found if (word.text in pair[1]) is not word.negated]
        hosts = [host for host, _text in found]
    if fields := [term for term in query if term.field is not None]:
        hosts = [host for host in hosts if all(_holds(term, host, now, costs) for term in fields)]
    if sort.column is not None:
        hosts = _sorted(hosts, sort, costs)
    return tuple(host.id for host in hosts)


def counts(snapshot: Snapshot, now: datetime) -> Counts:
    """Count what the title of the host table names."""
    statuses = Counter(map(attrgetter("status"), snapshot.hosts))
    soon = now + EXPIRES_SOON
    return Counts(
        total=len(snapshot.hosts),
        on=sum(count for status, count in statuses.items() if status.is_on),
        changing=sum(count for status, count in statuses.items() if status.is_changing),
        expiring=sum(1 for host in snapshot.hosts if host.expires is not None and now < host.expires < soon),
    )


def seconds_left(host: Host, now: datetime) -> float | None:
    """Return the seconds until `host` expires, negative once it has, or None if it does not."""
    return None if host.expires is None else (host.expires - now).total_seconds()


def _sorted(hosts: Sequence[Host], sort: Sort, costs: Costs) -> list[Host]:
    def cost(host: Host) -> float | str | None:
        return _cost(host, costs)

    key = cost if sort.column == "cost" else _SORT_KEYS[sort.column or "name"]
    told = [host for host in hosts if key(host) is not None]
    told.sort(key=lambda host: key(host) or 0, reverse=sort.descending)
    return told + [host for host in hosts if key(host) is None]


_SORT_KEYS: Final[dict[str, Callable[[Host], float | str | None]]] = {
    "name": lambda host: host.name.casefold() or None,
    "status": lambda host: float(_STATUS_ORDER.index(host.status)),
    "os": lambda host: host.os.casefold() or None,
    "cpu": lambda host: host.cpu,
    "mem": lambda host: host.memory,
    "disk": lambda host: host.disk,
    "gpu": lambda host: f"{host.gpu_name or ''} {host.gpu_count:04}" if host.gpu_count else None,
    "billing": lambda host: _BILLING_WORDS[host.billing] if host.billing else None,
    "expires": lambda host: host.expires.timestamp() if host.expires else None,
    "area": lambda host: _AREA_WORDS[host.area] if host.area else None,
    "address": lambda host: host.address,
    "id": lambda host: host.id,
}


@lru_cache(maxsize=1)
def _haystacks(snapshot: Snapshot) -> tuple[str, ...]:
    """Every text of each host, in lower case: made once for a snapshot, and looked through at every keystroke."""
    return tuple("\n".join([text(host) for text in _TEXTS.values()]).casefold() for host in snapshot.hosts)


def _cost(host: Host, costs: Costs) -> float | None:
    rate = costs.hosts.get(host.id)
    return float(rate.high) if rate is not None else None


def _holds(term: Term, host: Host, now: datetime, costs: Costs) -> bool:
    return _matches(term, host, now, costs) is not term.negated


def _matches(term: Term, host: Host, now: datetime, costs: Costs) -> bool:
    field = term.field or ""
    if field in NUMBER_FIELDS or field in TIME_FIELDS:
        value = _cost(host, costs) if field == "cost" else _number(host, field, now)
        return value is not None and COMPARISONS[term.sign](value, term.number)
    return _text_matches(term, _text(host, field))


def _text_matches(term: Term, text: str) -> bool:
    if term.field == "status":
        return term.text in text.split()
    return term.text == text if term.sign == "=" else term.text in text


def _text(host: Host, field: str) -> str:
    return _TEXTS[field](host).casefold()


_TEXTS: Final[dict[str, Callable[[Host], str]]] = {
    "name": lambda host: host.name,
    "id": lambda host: host.id,
    "status": lambda host: _STATUS_WORDS[host.status],
    "os": lambda host: host.os,
    "gpu": lambda host: f"{host.gpu_name or ''}×{host.gpu_count}" if host.gpu_count else "",
    "area": lambda host: _AREA_WORDS[host.area] if host.area else "",
    "use": lambda host: _PURPOSE_WORDS[host.purpose] if host.purpose else "",
    "billing": lambda host: _BILLING_WORDS[host.billing] if host.billing else "",
    "address": lambda host: host.address or "",
}


def _number(host: Host, field: str, now: datetime) -> float | None:
    match field:
        case "cpu":
            return host.cpu
        case "mem":
            return host.memory
        case "disk":
            return host.disk
        case "expires":
            return seconds_left(host, now)
        case _:
            return None if host.created is None else (now - host.created).total_seconds()
