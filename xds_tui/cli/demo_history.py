"""A generated week of history for the demo: when its hosts ran, what they cost, and who started and stopped them.

The same fleet, seed and time give the same history, which ends in the current state of the fleet. It exists in the
demo's database only, which is in memory.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from xds_tui.api.errors import UNAVAILABLE
from xds_tui.domain import snapshot_diff
from xds_tui.domain.gpus import model_of
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Rate, region_key
from xds_tui.domain.records import CostSplit, Event, EventKind, Order, OrderAction, OrderState, Sample
from xds_tui.store.journal import History
from xds_tui.structs import dataclass

LENGTH: Final = timedelta(days=7)
MAX_ACTIVE_HOSTS: Final = 60
"""Hosts that are started and stopped; those beyond them stay as they are, however large the fleet is."""

OWN_SHARE: Final = 0.4
"""The part of the active hosts that is started and stopped with this program, which leaves orders."""

_LATEST: Final = timedelta(minutes=3)
"""Time before now in which nothing changes, except for hosts that are starting or stopping now."""
_TRANSITION: Final = timedelta(seconds=42)
"""How long a start or a stop takes."""
_OUTAGE: Final = (timedelta(days=3, hours=7), timedelta(days=3, hours=5))
"""How long ago the service became unavailable, and available again."""
_STEPS: Final = (
    (timedelta(days=1), timedelta(minutes=30)),
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(minutes=1), timedelta(minutes=1)),
)
"""Until how long ago there is a sample at this distance."""
_OFFICE_OFFSET: Final = timedelta(hours=8)
"""Offset of China's time from UTC: hosts that are used in office hours run from 9 to 19 o'clock."""


@dataclass(frozen=True, slots=True)
class _Switch:
    """A host is started or stopped."""

    at: datetime
    is_on: bool


@dataclass(frozen=True, slots=True)
class _Life:
    """The week of one host: when it existed and when it was on."""

    host: Host
    begin: datetime | None
    """When it was created, if that was in the week."""
    end: datetime | None
    """When its rent ended, if it has."""
    was_on: bool
    """Whether it ran at the beginning."""
    switches: Sequence[_Switch] = ()
    is_own: bool = False
    """Whether it was started and stopped with this program."""

    def is_on(self, at: datetime) -> bool:
        """Return whether it ran at a time, in which it existed and had not expired."""
        index = bisect_right(self.switches, at, key=lambda switch: switch.at)
        return self.switches[index - 1].is_on if index else self.was_on


def generate(hosts: Sequence[Host], rates: Mapping[str, Rate], now: datetime, seed: int) -> History:
    """Return the history of `hosts`.

    Args:
        hosts: the current state of the fleet.
        rates: what they cost, by host ID.
        now: the end of the history.
        seed: the seed of the demo.

    """
    lives = [_active_life(host, now, seed) for host in hosts[:MAX_ACTIVE_HOSTS]]
    lives += [_life(host, now) for host in hosts[MAX_ACTIVE_HOSTS:]]
    orders = [order for life in lives for order in _orders(life)]
    events = [event for life in lives for event in _events(life, now)]
    events += [event for order in orders for event in _order_events(order)]
    events += _outage_events(now)
    events.sort(key=lambda event: event.at)
    orders.sort(key=lambda order: order.created_at)
    return History(list(_samples(lives, rates, now)), snapshot_diff.flagged(events), orders)


# Hosts


def _life(host: Host, now: datetime) -> _Life:
    """Return a week in which the host stayed as it is."""
    begin = host.created if host.created is not None and host.created > now - LENGTH else None
    is_expired = host.status is Status.EXPIRED
    was_on = is_expired or host.status.is_on or host.status is Status.STOPPING
    return _Life(host, begin, host.expires if is_expired else None, was_on)


def _active_life(host: Host, now: datetime, seed: int) -> _Life:
    rng = random.Random(f"history {seed} {host.id}")  # noqa: S311 - repeatable on purpose
    life = _life(host, now)
    latest = (life.end or now) - _LATEST
    switches = _switches(life.begin or now - LENGTH, latest, rng)
    if life.end is None and switches and switches[-1].is_on != life.was_on:
        switches.pop()  # so that the week ends in the current status
    was_on = not switches[0].is_on if switches else life.was_on
    return replace(life, was_on=was_on, switches=switches, is_own=rng.random() < OWN_SHARE)


def _switches(start: datetime, end: datetime, rng: random.Random) -> list[_Switch]:
    """Return when a host is started and stopped, in turn."""
    if rng.random() < 0.45:
        wanted = _office_hours(start, rng)
    else:
        times = sorted(start + LENGTH * rng.random() for _ in range(rng.choice((0, 0, 1, 2))))
        first = rng.random() < 0.5
        wanted = [_Switch(at, first ^ bool(number % 2)) for number, at in enumerate(times)]
    switches: list[_Switch] = []
    for switch in wanted:
        is_change = not switches or switches[-1].is_on != switch.is_on
        if is_change and start + _LATEST < switch.at < end:
            switches.append(switch)
    return switches


def _office_hours(start: datetime, rng: random.Random) -> list[_Switch]:
    """Return the starts and stops of a host that runs while people work, and sometimes at night and on weekends."""
    local = (start.astimezone(UTC) + _OFFICE_OFFSET).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = local - _OFFICE_OFFSET
    switches = []
    for day in range(LENGTH.days + 2):
        morning = midnight + timedelta(days=day)
        chance = 0.9 if (local + timedelta(days=day)).weekday() < 5 else 0.3
        if rng.random() < chance:
            switches.append(_Switch(morning + timedelta(minutes=rng.gauss(9 * 60, 35)), is_on=True))
        if rng.random() < 0.85:
            switches.append(_Switch(morning + timedelta(minutes=rng.gauss(19 * 60, 80)), is_on=False))
    return sorted(switches, key=lambda switch: switch.at)


# Samples


def _samples(lives: Iterable[_Life], rates: Mapping[str, Rate], now: datetime) -> Iterator[Sample]:
    """Yield the samples, from the beginning of the week to a minute ago."""
    changes = sorted((change for life in lives for change in _changes(life, rates, now)), key=lambda change: change.at)
    counts = [0, 0, 0]
    sums = [Decimal(0)] * 4
    gpu: defaultdict[str, Decimal] = defaultdict(Decimal)
    region: defaultdict[str, Decimal] = defaultdict(Decimal)
    position = 0
    for at in _sample_times(now):
        while position < len(changes) and changes[position].at <= at:
            change = changes[position]
            counts = [count + delta for count, delta in zip(counts, change.counts, strict=True)]
            sums = [total + cost for total, cost in zip(sums, change.costs, strict=True)]
            gpu[model_of(change.host)] += sum(change.costs, Decimal(0)) / 2
            region[region_key(change.host)] += sum(change.costs, Decimal(0)) / 2
            position += 1
        total, on, unpriced = counts
        yield Sample(
            at=at,
            total=total,
            on=on,
            changing=0,
            unpriced=unpriced,
            billed_low=sums[0],
            billed_high=sums[1],
            prepaid_low=sums[2],
            prepaid_high=sums[3],
            split=CostSplit(dict(gpu), dict(region)),
        )


def _sample_times(now: datetime) -> Iterator[datetime]:
    at = now - LENGTH
    for until, step in _STEPS:
        while at <= now - until:
            if not _OUTAGE[1] < now - at <= _OUTAGE[0]:
                yield at
            at += step


class _Change(NamedTuple):
    """Share of a host in the samples from a time on."""

    at: datetime
    host: Host
    counts: tuple[int, int, int]
    """Of all hosts, of those that are on, and of those without a price."""
    costs: tuple[Decimal, Decimal, Decimal, Decimal]
    """The bounds of the on-demand and of the prepaid cost."""


_NO_COST: Final = (Decimal(0), Decimal(0))


def _changes(life: _Life, rates: Mapping[str, Rate], now: datetime) -> Iterator[_Change]:
    begin = life.begin or now - LENGTH
    rate = rates.get(life.host.id)
    is_rent = life.host.billing is Billing.RENT
    price = (rate.low, rate.high) if rate is not None else _NO_COST
    negative = (-price[0], -price[1])
    unpriced = int(rate is None)
    has_ended = life.end is not None and life.end <= begin
    is_on = life.was_on and not has_ended
    is_paid = is_on or (is_rent and not has_ended)
    costs = (*_NO_COST, *price) if is_rent and is_paid else (*price, *_NO_COST) if is_on else (*_NO_COST, *_NO_COST)
    yield _Change(begin, life.host, (1, int(is_on), unpriced * is_paid), costs)
    for switch in life.switches:
        sign = 1 if switch.is_on else -1
        billed = _NO_COST if is_rent else price if switch.is_on else negative
        counts = (0, sign, 0 if is_rent else sign * unpriced)
        yield _Change(switch.at, life.host, counts, (*billed, *_NO_COST))
    if life.end is not None and not has_ended:
        counts = (0, -int(life.is_on(life.end)), -unpriced)
        yield _Change(life.end, life.host, counts, (*_NO_COST, *negative))


# Events and orders


def _events(life: _Life, now: datetime) -> Iterator[Event]:
    host = life.host
    if life.begin is not None:
        new = _running(host) if life.was_on else Status.OFF
        yield _event(life, life.begin, EventKind.APPEARED, None, new)
    for switch in life.switches:
        before, passing, after = (
            (Status.OFF, Status.STARTING, _running(host))
            if switch.is_on
            else (_running(host), Status.STOPPING, Status.OFF)
        )
        yield _event(life, switch.at, EventKind.STATUS, before, passing)
        yield _event(life, switch.at + _TRANSITION, EventKind.STATUS, passing, after)
    if life.end is not None and now - LENGTH < life.end:
        old = _running(host) if life.is_on(life.end) else Status.OFF
        yield _event(life, life.end, EventKind.STATUS, old, Status.EXPIRED)
    if host.status.is_changing:
        old = Status.OFF if host.status is Status.STARTING else _running(host)
        yield _event(life, now - timedelta(seconds=20), EventKind.STATUS, old, host.status)


def _running(host: Host) -> Status:
    return Status.ON if host.billing is Billing.RENT else Status.BILLED


def _event(life: _Life, at: datetime, kind: EventKind, old: Status | None, new: Status) -> Event:
    is_own = new is not Status.EXPIRED  # an alert would report a change that was made on purpose
    return Event(at=at, kind=kind, host_id=life.host.id, host_name=life.host.name, own=is_own, old=old, new=new)


def _orders(life: _Life) -> Iterator[Order]:
    """Yield the orders of the starts and stops that were made with this program."""
    if not life.is_own:
        return
    for number, switch in enumerate(life.switches):
        at = switch.at - timedelta(seconds=1)
        yield Order(
            id=f"{life.host.id}{number:02}".encode().hex().rjust(32, "0")[-32:],
            action=OrderAction.POWER_ON if switch.is_on else OrderAction.POWER_OFF,
            state=OrderState.CONFIRMED,
            created_at=at,
            host_id=life.host.id,
            host_name=life.host.name,
            sent_at=at,
            ended_at=switch.at + _TRANSITION,
        )


def _order_events(order: Order) -> Iterator[Event]:
    for state, at in ((OrderState.ACCEPTED, order.sent_at), (OrderState.CONFIRMED, order.ended_at)):
        yield Event(
            at=at or order.created_at,
            kind=EventKind.ORDER,
            host_id=order.host_id,
            host_name=order.host_name,
            own=True,
            order_id=order.id,
            action=order.action,
            state=state,
        )


def _outage_events(now: datetime) -> list[Event]:
    began, ended = (now - ago for ago in _OUTAGE)
    return [
        Event(at=began, kind=EventKind.ERROR, summary=UNAVAILABLE),
        Event(at=ended, kind=EventKind.RECOVERED),
    ]
