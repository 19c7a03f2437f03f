"""The plan of `xds-tui apply`: what to buy, start and stop so that groups of hosts are as a file describes them.

A group consists of the hosts that its own orders bought, which carry its name in their request IDs, and of those that
the file names or that have its tag. An order whose host is not known yet counts as a host, so that nothing is bought
twice: not after a lost response, and not by a second run that continues one that was killed. Nothing is ever deleted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from xds_tui.domain.model import Host, Period, Snapshot, Status
from xds_tui.domain.order_states import FINAL
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.structs import dataclass

MAX_COUNT: Final = 50
"""Hosts of a group at most, as in one command `create`."""

_REQUEST: Final = re.compile(r"apply:([^:]+):([^:]+):(\d+)")
_BOUGHT_NOTHING: Final = (OrderState.NOT_SENT, OrderState.REJECTED, OrderState.UNCONFIRMED)
"""The states of a create that is no host: it was not sent, was rejected, or is forgotten by the user."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostGroup:
    """Hosts of one kind, as they shall be."""

    name: str
    package: str
    """ID or name."""
    image: str
    """ID or name."""
    period: Period | None
    """None: on-demand."""
    count: int
    """How many hosts there shall be at least."""
    running: int
    """How many of them shall be on."""
    adopted: tuple[str, ...] = ()
    """The IDs of hosts that belong to the group although no order of it bought them."""
    tag: str = ""
    """The tag of hosts that belong to the group, which those that are bought for it get; empty for none."""


@dataclass(frozen=True, slots=True)
class DesiredFleet:
    """The groups of a file."""

    name: str
    groups: tuple[HostGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlan:
    """The changes that one group needs."""

    group: HostGroup
    members: tuple[Host, ...]
    """Its hosts, in the order in which they are started; they are stopped in reverse."""
    open_creates: tuple[Order, ...]
    """Orders of earlier runs whose host is not known yet; each counts as a host."""
    create: int
    """How many hosts to buy."""
    create_running: int
    """How many of those shall be on."""
    start: tuple[Host, ...]
    stop: tuple[Host, ...]
    request_id: str
    """The request ID of the next purchase for the group."""

    @property
    def is_empty(self) -> bool:
        """Whether the group is as it shall be, as far as is known."""
        return not (self.create or self.start or self.stop)

    @property
    def surplus(self) -> int:
        """How many hosts there are beyond the wanted number; they are left alone, except that they may be stopped."""
        return max(0, len(self.members) + len(self.open_creates) - self.group.count)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """The changes that a fleet needs."""

    groups: tuple[GroupPlan, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return all(group.is_empty for group in self.groups)

    @property
    def touched(self) -> frozenset[str]:
        """The IDs of the hosts that are started or stopped."""
        return frozenset(host.id for group in self.groups for host in (*group.start, *group.stop))

    @property
    def steps(self) -> tuple[object, ...]:
        """The changes as values, to compare the plans of two moments."""
        return tuple(
            (group.request_id, group.create, group.create_running, _ids(group.start), _ids(group.stop))
            for group in self.groups
        )


class SharedHostError(ValueError):
    """A host belongs to two groups; the argument is its ID."""


def plan(fleet: DesiredFleet, hosts: Sequence[Host], orders: Iterable[Order]) -> FleetPlan:
    """Return what is to be done so that `hosts` become `fleet`.

    Args:
        fleet: what the file describes.
        hosts: all hosts, from a complete listing: a host that is missing is taken for deleted.
        orders: every create of the account, and the open orders of other kinds.

    Raises:
        SharedHostError: if a host belongs to two groups.

    """
    orders = tuple(orders)
    existing, intents = {host.id: host for host in hosts}, _intents(orders)
    deleted = {order.host_id for order in orders if order.action is OrderAction.DELETE and order.state not in FINAL}
    taken: set[str] = set()
    groups = []
    for group in fleet.groups:
        creates = tuple(order for order in orders if _is_of(order, fleet.name, group.name))
        bought = {order.host_id for order in creates if order.host_id is not None}
        ids = (bought | set(group.adopted)) & existing.keys() - deleted
        if shared := ids & taken:
            raise SharedHostError(min(shared))
        taken |= ids
        members = sorted((existing[host_id] for host_id in ids), key=lambda host: (host.created or _LONG_AGO, host.id))
        missing = tuple(order for order in creates if _may_bring_host(order, existing))
        groups.append(_plan_group(group, members, missing, intents, _next_request(fleet.name, group.name, creates)))
    return FleetPlan(tuple(groups))


def _plan_group(
    group: HostGroup,
    members: Sequence[Host],
    open_creates: tuple[Order, ...],
    intents: Mapping[str, bool],
    request_id: str,
) -> GroupPlan:
    create = max(0, group.count - len(members) - len(open_creates))
    on = [host for host in members if _will_be_on(host, intents)]
    off = [host for host in members if host.status is Status.OFF and host.id not in intents]
    lacking = group.running - len(on)
    start = tuple(off[: max(0, lacking)])
    stoppable = [host for host in on if host.status.is_on and host.id not in intents]
    return GroupPlan(
        group=group,
        members=tuple(members),
        open_creates=open_creates,
        create=create,
        create_running=min(create, max(0, lacking - len(start))),
        start=start,
        stop=tuple(stoppable[len(stoppable) - min(len(stoppable), max(0, -lacking)) :]),
        request_id=request_id,
    )


def missing_hosts(fleet: DesiredFleet, snapshot: Snapshot, orders: Iterable[Order]) -> tuple[str, ...]:
    """Return the IDs of the hosts of `fleet` that are missing for no known reason, if the service lists no host at all.

    A service with a fault may respond like one without hosts. Hosts that were deleted here, or whose rental period has
    ended, are expected to be missing.

    Args:
        fleet: what the file describes.
        snapshot: all hosts, from a complete listing.
        orders: every create and delete of the account.

    """
    if any(host.id not in snapshot.unlisted for host in snapshot.hosts):
        return ()
    orders = tuple(orders)
    deleted = {
        order.host_id
        for order in orders
        if order.action is OrderAction.DELETE and order.state not in (OrderState.NOT_SENT, OrderState.REJECTED)
    }
    bought = {
        order.host_id: None
        for group in fleet.groups
        for order in orders
        if _is_of(order, fleet.name, group.name) and order.host_id is not None and not _has_ended(order, snapshot.at)
    }
    return tuple(host_id for host_id in bought if host_id not in deleted)


def _has_ended(order: Order, now: datetime) -> bool:
    """Whether the period of a prepaid host is over."""
    if order.quote is None or order.quote.period is None:
        return False
    return order.created_at + timedelta(hours=order.quote.hours) <= now


def to_start(group: GroupPlan, bought: Collection[str], hosts: Iterable[Host]) -> tuple[Host, ...]:
    """Return those of the hosts that were just bought for `group` that are to be started.

    Args:
        group: the plan by which they were bought.
        bought: their IDs.
        hosts: all hosts as they are now.

    """
    new = [host for host in hosts if host.id in bought]
    lacking = group.create_running - sum(host.status.is_on or host.status is Status.STARTING for host in new)
    return tuple([host for host in new if host.status is Status.OFF][: max(0, lacking)])


def _is_of(order: Order, fleet: str, group: str) -> bool:
    """Whether `order` was placed to buy a host of this group."""
    match = _REQUEST.fullmatch(order.request_id)
    return order.action is OrderAction.CREATE and match is not None and match.group(1, 2) == (fleet, group)


def _may_bring_host(order: Order, existing: Collection[str]) -> bool:
    """Whether a create may have bought, or may yet buy, a host that is not known."""
    if order.state in _BOUGHT_NOTHING or order.host_id in existing:
        return False
    return order.state is not OrderState.CONFIRMED  # whose host was listed, and was deleted since


def _next_request(fleet: str, group: str, creates: Iterable[Order]) -> str:
    matches = (_REQUEST.fullmatch(order.request_id) for order in creates)
    used = max((int(match[3]) for match in matches if match), default=0)
    return f"apply:{fleet}:{group}:{used + 1}"


def _intents(orders: Iterable[Order]) -> dict[str, bool]:
    """Return, by ID, whether the hosts with an open order to start or stop them are going to be on."""
    wanted = {OrderAction.POWER_ON: True, OrderAction.POWER_OFF: False}
    by_time = sorted(orders, key=lambda order: order.created_at)
    return {
        order.host_id: wanted[order.action]
        for order in by_time
        if order.host_id is not None and order.action in wanted and order.state not in FINAL
    }


def _will_be_on(host: Host, intents: Mapping[str, bool]) -> bool:
    return intents.get(host.id, host.status.is_on or host.status is Status.STARTING)


def _ids(hosts: Iterable[Host]) -> tuple[str, ...]:
    return tuple(host.id for host in hosts)
