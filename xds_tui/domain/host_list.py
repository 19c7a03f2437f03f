"""Which hosts are shown, in which order and in which groups: a snapshot in, host IDs out.

Nothing here draws or chooses words: `tui/` does. Sorting is stable, and what a host does not tell comes last
in either direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from xds_tui.domain import pricing
from xds_tui.domain.filter_query import COMPARISONS, NUMBER_FIELDS, TIME_FIELDS, Query, Term
from xds_tui.domain.halfwidth import fold
from xds_tui.domain.model import Area, Billing, FastEnum, Host, Purpose, Snapshot, Status
from xds_tui.domain.pricing import Costs, Rate

EXPIRES_SOON: Final = timedelta(hours=24)

NO_COSTS: Final = Costs()

LocalizedNames = tuple[tuple[FastEnum, str], ...]
"""What statuses, areas, uses and billing modes are called on screen: words that a filter understands too."""

_WORDS: Final[Mapping[FastEnum, str]] = {
    Status.OFF: "off",
    Status.STARTING: "starting\nchanging",
    Status.ON: "on",
    Status.BILLED: "on\nbilled",
    Status.STOPPING: "stopping\nchanging",
    Status.EXPIRED: "expired",
    Status.UNKNOWN: "unknown",
    Billing.ON_DEMAND: "demand",
    Billing.RENT: "rent",
    Area.SOUTH: "south",
    Area.WEST: "west",
    Area.INTERNATIONAL: "international",
    Purpose.OFFICE: "office",
    Purpose.IMAGE: "image",
    Purpose.COMPUTE: "compute",
}
"""What a filter calls each of them in any language; several words stand on lines of their own."""

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


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that have something in common."""

    value: Status | Area | str | None
    """What that is: their status, area or system; None: they do not tell."""
    hosts: tuple[str, ...]
    """Their IDs, in the order that they were listed in."""
    billed: Rate
    """What those of them cost an hour that are billed by the hour now, as far as their prices are known."""


def rows(
    snapshot: Snapshot, query: Query, sort: Sort, now: datetime, costs: Costs = NO_COSTS, spoken: LocalizedNames = ()
) -> tuple[str, ...]:
    """Return the IDs of the hosts that `query` holds for, in the order of `sort`.

    Where what a host costs is not known to the cent, its highest price is what is compared.
    """
    hosts: Sequence[Host] = snapshot.hosts
    if words := [term for term in query if term.field is None]:
        found = list(zip(hosts, _haystacks(snapshot, spoken), strict=True))
        for word in words:
            found = [pair for pair in found if (word.text in pair[1]) is not word.negated]
        hosts = [host for host, _text in found]
    if fields := [term for term in query if term.field is not None]:
        words_of = _vocabulary(spoken)
        hosts = [host for host in hosts if all(_holds(term, host, now, costs, words_of) for term in fields)]
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


_GROUPINGS: Final[Mapping[str, tuple[Callable[[Host], Status | Area | str | None], Callable[[Any], int | str]]]] = {
    "status": (attrgetter("status"), _STATUS_ORDER.index),
    "area": (attrgetter("area"), attrgetter("value")),
    "os": (lambda host: host.os or None, str.casefold),
}
"""What hosts can have in common, and the order of what that may be."""


def _billed(hosts: Mapping[str, Host], ids: Iterable[str], costs: Costs) -> Rate:
    members = (hosts[host_id] for host_id in ids)
    billed = (host.id for host in members if host.billing is Billing.ON_DEMAND and host.status.is_on)
    return pricing.together(costs.hosts[host_id] for host_id in billed if host_id in costs.hosts)


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
    "billing": lambda host: _WORDS[host.billing] if host.billing else None,
    "expires": lambda host: host.expires.timestamp() if host.expires else None,
    "area": lambda host: _WORDS[host.area] if host.area else None,
    "address": lambda host: host.address,
    "id": lambda host: host.id,
}


@lru_cache(maxsize=2)
def _vocabulary(spoken: LocalizedNames) -> Mapping[FastEnum, str]:
    """Each word that something may be called by, case-folded, on a line of its own."""
    words = dict(_WORDS)
    for kind, word in spoken:
        words[kind] = f"{words[kind]}\n{fold(word)}"
    return words


@lru_cache(maxsize=1)
def _haystacks(snapshot: Snapshot, spoken: LocalizedNames) -> tuple[str, ...]:
    """Every text of each host, folded: made once for a snapshot, and looked through at every keystroke."""
    words_of = _vocabulary(spoken)
    return tuple(fold("\n".join([text(host, words_of) for text in _TEXTS.values()])) for host in snapshot.hosts)


def _cost(host: Host, costs: Costs) -> float | None:
    rate = costs.hosts.get(host.id)
    return float(rate.high) if rate is not None else None


def _holds(term: Term, host: Host, now: datetime, costs: Costs, words_of: Mapping[FastEnum, str]) -> bool:
    return _matches(term, host, now, costs, words_of) is not term.negated


def _matches(term: Term, host: Host, now: datetime, costs: Costs, words_of: Mapping[FastEnum, str]) -> bool:
    field = term.field or ""
    if field in NUMBER_FIELDS or field in TIME_FIELDS:
        value = _cost(host, costs) if field == "cost" else _number(host, field, now)
        return value is not None and COMPARISONS[term.sign](value, term.number)
    text = fold(_TEXTS[field](host, words_of))
    return term.text in text.split("\n") if term.sign == "=" else term.text in text


_TEXTS: Final[Mapping[str, Callable[[Host, Mapping[FastEnum, str]], str]]] = {
    "name": lambda host, _words_of: host.name,
    "id": lambda host, _words_of: host.id,
    "status": lambda host, words_of: words_of[host.status],
    "os": lambda host, _words_of: host.os,
    "gpu": lambda host, _words_of: f"{host.gpu_name or ''}×{host.gpu_count}" if host.gpu_count else "",
    "area": lambda host, words_of: words_of[host.area] if host.area else "",
    "use": lambda host, words_of: words_of[host.purpose] if host.purpose else "",
    "billing": lambda host, words_of: words_of[host.billing] if host.billing else "",
    "address": lambda host, _words_of: host.address or "",
}


def _number(host: Host, field: str, now: datetime) -> float | None:
    match field:
        case "cpu":
            return host.cpu
        case "mem":
            return host.memory
        case "disk":
            return host.disk
        case "gpus":
            return host.gpu_count
        case "expires":
            return seconds_left(host, now)
        case _:
            return None if host.created is None else (now - host.created).total_seconds()
