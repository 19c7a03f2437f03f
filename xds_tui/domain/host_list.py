"""Filtering, sorting, grouping and counting of the hosts of a snapshot.

The results are host IDs. Sorting is stable; hosts without the value that is sorted by come last in both directions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import nsmallest
from operator import attrgetter
from typing import Any, Final

from xds_tui.domain import filtering, pricing
from xds_tui.domain.filter_query import Query
from xds_tui.domain.filtering import NO_COSTS
from xds_tui.domain.model import Area, Billing, Host, Snapshot, Status
from xds_tui.domain.pricing import Costs, Rate
from xds_tui.structs import dataclass

EXPIRES_SOON: Final = timedelta(hours=24)

_STATUS_ORDER: Final = (
    Status.STARTING,
    Status.STOPPING,
    Status.BILLED,
    Status.ON,
    Status.UNKNOWN,
    Status.OFF,
    Status.EXPIRED,
)
"""Changing hosts first, then running ones, then the others."""

_BILLING_ORDER: Final = {Billing.ON_DEMAND: 0, Billing.RENT: 1}
_AREA_ORDER: Final = {Area.INTERNATIONAL: 0, Area.SOUTH: 1, Area.WEST: 2}


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
    """Prepaid hosts that expire within 24 hours."""
    off: int = 0
    expired: int = 0

    @property
    def unknown(self) -> int:
        """Hosts with a status that is not documented."""
        return self.total - self.on - self.changing - self.off - self.expired


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that have something in common."""

    value: Status | Area | str | None
    """What that is: their status, area or system; None: they do not tell."""
    hosts: tuple[str, ...]
    """Their IDs, in the order that they were listed in."""
    billed: Rate
    """What those of them cost an hour that are billed by the hour now, as far as their prices are known."""


def rows(snapshot: Snapshot, query: Query, sort: Sort, now: datetime, costs: Costs = NO_COSTS) -> tuple[str, ...]:
    """Return the IDs of the hosts that match `query`, sorted by `sort`.

    Where the cost of a host is a range, its upper bound is compared.
    """
    context = filtering.RowContext(now, costs)
    hosts = filtering.select(filtering.HOSTS, snapshot.hosts, query, context, lambda: _search_texts(snapshot))
    if sort.column is not None:
        hosts = _sorted(hosts, sort, costs)
    return tuple(host.id for host in hosts)


def grouped(hosts: Mapping[str, Host], ids: Iterable[str], by: str, costs: Costs = NO_COSTS) -> list[Group]:
    """Put the hosts with these IDs into groups, each in the order they come; those that do not tell come last.

    Args:
        hosts: every host by its ID.
        ids: those that are shown, sorted.
        by: one of `preferences.GROUPS`.
        costs: what they cost.

    """
    value_of, order = _GROUPINGS[by]
    members: dict[Status | Area | str | None, list[str]] = {}
    for host_id in ids:
        members.setdefault(value_of(hosts[host_id]), []).append(host_id)
    values = [*sorted((value for value in members if value is not None), key=order), *([None] * (None in members))]
    return [Group(value, tuple(members[value]), _billed(hosts, members[value], costs)) for value in values]


def counts(hosts: Sequence[Host], now: datetime) -> Counts:
    """Count hosts by status, and those that expire soon."""
    statuses = Counter(map(attrgetter("status"), hosts))
    soon = now + EXPIRES_SOON
    return Counts(
        total=len(hosts),
        on=sum(count for status, count in statuses.items() if status.is_on),
        changing=sum(count for status, count in statuses.items() if status.is_changing),
        expiring=sum(1 for host in hosts if host.expires is not None and now < host.expires < soon),
        off=statuses[Status.OFF],
        expired=statuses[Status.EXPIRED],
    )


def next_expiries(hosts: Iterable[Host], now: datetime, count: int) -> tuple[Host, ...]:
    """Return the `count` hosts that expire next, the first one first."""
    expiring = (host for host in hosts if host.expires is not None and host.expires > now)
    return tuple(nsmallest(count, expiring, key=lambda host: host.expires or now))


_GROUPINGS: Final[Mapping[str, tuple[Callable[[Host], Status | Area | str | None], Callable[[Any], int | str]]]] = {
    "status": (attrgetter("status"), _STATUS_ORDER.index),
    "area": (attrgetter("area"), attrgetter("value")),
    "os": (lambda host: host.os or None, str.casefold),
    "tag": (lambda host: next(iter(host.annotation.tags), None), str.casefold),
    "owner": (lambda host: host.annotation.owner or None, str.casefold),
}
"""What hosts can have in common, and the order of what that may be. The first tag of a host determines its group."""


def _billed(hosts: Mapping[str, Host], ids: Iterable[str], costs: Costs) -> Rate:
    members = (hosts[host_id] for host_id in ids)
    billed = (host.id for host in members if host.billing is Billing.ON_DEMAND and host.status.is_on)
    return pricing.together(costs.hosts[host_id] for host_id in billed if host_id in costs.hosts)


def _sorted(hosts: Sequence[Host], sort: Sort, costs: Costs) -> list[Host]:
    def cost(host: Host) -> float | str | None:
        return filtering.cost_of(host, costs)

    key = cost if sort.column == "cost" else _SORT_KEYS[sort.column or "name"]
    hosts_with_value = [host for host in hosts if key(host) is not None]
    hosts_with_value.sort(key=lambda host: key(host) or 0, reverse=sort.descending)
    return hosts_with_value + [host for host in hosts if key(host) is None]


_SORT_KEYS: Final[dict[str, Callable[[Host], float | str | None]]] = {
    "name": lambda host: (host.annotation.alias or host.name).casefold() or None,
    "status": lambda host: float(_STATUS_ORDER.index(host.status)),
    "os": lambda host: host.os.casefold() or None,
    "cpu": lambda host: host.cpu,
    "mem": lambda host: host.memory,
    "disk": lambda host: host.disk,
    "gpu": lambda host: f"{host.gpu_name or ''} {host.gpu_count:04}" if host.gpu_count else None,
    "billing": lambda host: _BILLING_ORDER[host.billing] if host.billing else None,
    "expires": lambda host: host.expires.timestamp() if host.expires else None,
    "area": lambda host: _AREA_ORDER[host.area] if host.area else None,
    "address": lambda host: host.address,
    "id": lambda host: host.id,
    "tags": lambda host: "\n".join(host.annotation.tags).casefold() or None,
    "owner": lambda host: host.annotation.owner.casefold() or None,
    "note": lambda host: host.annotation.note.casefold() or None,
}


@lru_cache(maxsize=1)
def _search_texts(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the search text of each host, cached because a filter is evaluated at every key press."""
    return tuple(filtering.search_text(filtering.HOSTS, host) for host in snapshot.hosts)
