"""Plans when hosts are to be started and stopped by the user's rules: leases and working hours. Nothing is done here.

A rule acts at the end of a lease, or when working hours begin or end. If a host is started or stopped by hand after
that, the rule does not act again before its next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Final

from xds_tui.domain.annotations import selects
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Event, EventKind, OrderAction
from xds_tui.domain.work_hours import WorkHours
from xds_tui.structs import dataclass

CATCH_UP: Final = timedelta(hours=1)
"""How long after working hours began or ended a rule still acts, by default."""


class Obstacle(Enum):
    """Why a rule does not act although it is time."""

    PROTECTED = "protected"
    MISSED = "missed"
    """The time is longer ago than the rule catches up with."""


@dataclass(frozen=True, slots=True)
class Lease:
    """When a host that runs is to be stopped; the earliest time counts."""

    stop_after: timedelta | None = None
    """Time since it was started."""
    stop_at: time | None = None
    """Time of the day, in `zone`."""
    zone: tzinfo = UTC
    budget: Decimal | None = None
    """CNY that an on-demand host may cost since it was started."""

    def ends_at(self, since: datetime, rate: Rate | None) -> datetime | None:
        """Return when the lease of a host that was started at `since` ends; None if it never does."""
        times = []
        if self.stop_after is not None:
            times.append(since + self.stop_after)
        if self.stop_at is not None:
            local = since.astimezone(self.zone)
            day = local.date() if local.time() < self.stop_at else local.date() + timedelta(days=1)
            times.append(datetime.combine(day, self.stop_at, self.zone).astimezone(UTC))
        if self.budget is not None and rate is not None and rate.high > 0:
            times.append(since + timedelta(hours=float(min(self.budget / rate.high, _MAX_HOURS))))
        return min(times, default=None)


_MAX_HOURS: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the user for the hosts with a tag or an owner."""

    name: str
    selector: str
    """`tag:NAME` or `owner:NAME`."""
    lease: Lease | None = None
    hours: WorkHours | None = None
    starts: bool = False
    """Whether hosts are started when the hours begin; they are always stopped when they end."""
    catch_up: timedelta = CATCH_UP
    acts: bool = False
    """Whether its orders are sent; otherwise it only notifies when it is time."""
    acts_from: datetime | None = None
    """When it begins to act; None if it does so already."""


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """A start or stop that a rule wants."""

    at: datetime
    """When it is or was to be done."""
    action: OrderAction
    """`POWER_ON` or `POWER_OFF`."""
    host: Host
    rule: str
    is_due: bool
    obstacle: Obstacle | None = None
    acts: bool = False
    """Whether the rule is to send the order."""
    latest: datetime | None = None
    """When it is too late; None if it never is."""
    begins: datetime | None = None
    """An order for the host that a rule placed from then on was for this action, and not for an earlier one."""

    @property
    def is_to_be_done(self) -> bool:
        """Whether it is time, and nothing is in the way."""
        return self.is_due and self.obstacle is None


PowerTimes = dict[str, tuple[bool, datetime]]
"""Whether hosts were on when they were last observed, and since when, by ID."""


def add_power_times(times: PowerTimes, events: Iterable[Event]) -> None:
    """Add what events, oldest first, show about hosts to `times`."""
    for event in events:
        if event.kind not in _CHANGES or event.new is None or not event.host_id:
            continue
        is_on, known = _runs(event.new), times.get(event.host_id)
        if known is None or known[0] is not is_on or event.kind is EventKind.APPEARED:
            times[event.host_id] = is_on, event.at


def unrecorded_change(host: Host, times: PowerTimes, now: datetime) -> Event | None:
    """Return the event for a host that is in another state than it was observed in last; None if it is in the same."""
    is_on, last = _runs(host.status), times.get(host.id)
    if last is None or last[0] is is_on or host.status is Status.UNKNOWN:
        return None
    old = Status.OFF if is_on else Status.ON
    return Event(at=now, kind=EventKind.STATUS, host_id=host.id, host_name=host.name, old=old, new=host.status)


def on_or_off_since(now: datetime, hosts: Iterable[Host], times: PowerTimes) -> dict[str, datetime]:
    """Return since when hosts have been on, or not been on, by ID, as far as that was observed.

    A host that is in another state than it was observed in counts as changed now: its change could not be recorded.
    """
    found = ((host, times.get(host.id)) for host in hosts)
    return {host.id: last[1] if last[0] is _runs(host.status) else now for host, last in found if last is not None}


_CHANGES: Final = (EventKind.STATUS, EventKind.APPEARED)


def _runs(status: Status) -> bool:
    return status.is_on or status is Status.STARTING


def plan(
    now: datetime,
    rules: Iterable[Rule],
    hosts: Iterable[Host],
    since: Mapping[str, datetime],
    rates: Mapping[str, Rate],
) -> tuple[PlannedAction, ...]:
    """Return what the rules want now and next, the earliest first.

    Args:
        now: the time.
        rules: the rules; those that do not select a host do not concern it.
        hosts: the hosts with their annotations.
        since: since when each host has been on, or not been on, by ID, as far as is known; those missing have no plan.
        rates: hourly costs by host ID.

    """
    rules = tuple(rules)
    actions = [
        planned
        for host in hosts
        if host.id in since and host.status is not Status.UNKNOWN
        for rule in rules
        if selects(rule.selector, host.annotation)
        for planned in _plan_host(now, rule, host, since[host.id], rates.get(host.id))
    ]
    return tuple(sorted(actions, key=lambda planned: (planned.at, planned.host.id, planned.rule)))


def _plan_host(now: datetime, rule: Rule, host: Host, since: datetime, rate: Rate | None) -> Iterator[PlannedAction]:
    is_on = _runs(host.status)
    if rule.lease is not None and is_on:
        ends_at = rule.lease.ends_at(since, rate if host.billing is Billing.ON_DEMAND else None)
        if ends_at is not None:
            # Another program may have observed the start some minutes earlier or later, so that neither time is exact.
            begins = since + (ends_at - since) / 2
            yield _planned(now, rule, host, OrderAction.POWER_OFF, ends_at, begins=begins)
    if rule.hours is not None:
        yield from _plan_hours(now, rule, rule.hours, host, since, is_on=is_on)


def _plan_hours(
    now: datetime, rule: Rule, hours: WorkHours, host: Host, since: datetime, *, is_on: bool
) -> Iterator[PlannedAction]:
    is_open, began, ends = hours.is_open(now), hours.last_change(now), hours.next_change(now)
    may_act = is_on or (rule.starts and host.status is not Status.EXPIRED)
    if not may_act:
        return
    if is_on is not is_open and began is not None and since <= began:
        action = OrderAction.POWER_OFF if is_on else OrderAction.POWER_ON
        yield _planned(now, rule, host, action, began, latest=began + rule.catch_up)
    if is_on is is_open and ends is not None:
        action = OrderAction.POWER_OFF if is_on else OrderAction.POWER_ON
        yield _planned(now, rule, host, action, ends, latest=ends + rule.catch_up)


def _planned(
    now: datetime,
    rule: Rule,
    host: Host,
    action: OrderAction,
    at: datetime,
    *,
    latest: datetime | None = None,
    begins: datetime | None = None,
) -> PlannedAction:
    obstacle = None
    if action is OrderAction.POWER_OFF and host.annotation.is_protected:
        obstacle = Obstacle.PROTECTED
    elif latest is not None and now > latest:
        obstacle = Obstacle.MISSED
    return PlannedAction(
        at,
        action,
        host,
        rule.name,
        is_due=at <= now,
        obstacle=obstacle,
        acts=rule.acts and (rule.acts_from is None or rule.acts_from <= now),
        latest=latest,
        begins=begins or at,
    )
