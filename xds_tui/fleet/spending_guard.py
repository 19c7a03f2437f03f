"""Enforce the caps on spending: refuse orders before they are sent, and report when a cap is nearly used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import NotSent
from xds_tui.domain import caps
from xds_tui.domain.annotations import NO_ANNOTATIONS, Annotations
from xds_tui.domain.caps import CAPPED_ACTIONS, Cap, CapLevel, CapPeriod, CapUse, Ledger
from xds_tui.domain.cost_report import Amount, BilledHost
from xds_tui.domain.model import Host
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, Order, OrderAction
from xds_tui.domain.repeats import DOUBTFUL_FOR
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.cost_records import day_of, month_of, read_billed_hosts
from xds_tui.fleet.state import FleetState
from xds_tui.store.database import StoreError
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal

MIN_AGE: Final = timedelta(minutes=5)
"""Hosts that were read this long ago, or two refreshes ago, are too old to check a cap with."""

RECALCULATION_INTERVAL: Final = timedelta(minutes=1)
"""How long the time that hosts were on is extrapolated before the records are read again."""

SUM_AGE: Final = timedelta(seconds=5)
"""How long the sums of the day and the month are used, so that many orders at once are checked quickly."""

RECENT_ORDERS: Final = 200
"""Latest orders that are read in addition to those that are open and those that bought hosts."""

_BEFORE: Final = timedelta(days=1)
"""How far before the day or the month the records are read, so that the status at its beginning is known."""


class SpendingGuard:
    """Computes what the hosts of each cap cost, and decides which orders may be sent.

    Attributes:
        caps: the caps of the user.

    """

    def __init__(
        self,
        wanted: Iterable[Cap],
        journal: Journal,
        annotations: AnnotationBook,
        clock: Callable[[], datetime],
        state: Callable[[], FleetState],
    ) -> None:
        """Enforce `wanted`.

        Args:
            wanted: the caps of the user.
            journal: the records of hosts and orders, by this and other programs.
            annotations: the tags and owners of the hosts.
            clock: returns the time, UTC.
            state: returns the hosts and their prices.

        """
        self.caps = tuple(wanted)
        self._journal = journal
        self._annotations = annotations
        self._clock = clock
        self._state = state
        self._own_orders: Callable[[], Iterable[Order]] = tuple
        self.reset()

    def reset(self) -> None:
        """Remove everything that was read: another account has signed in."""
        self._orders: dict[str, Order] = {}
        self._version: tuple[int, int] | None = None
        self._billed: _BilledHosts | None = None
        self._sums = _Sums()
        self._levels: dict[str, CapLevel] = {}

    def follow(self, own_orders: Callable[[], Iterable[Order]]) -> None:
        """Count the orders of this program as `own_orders` returns them."""
        self._own_orders = own_orders

    async def obstacle(self, order: Order, *, others: Iterable[Order] = ()) -> NotSent | None:
        """Return why `order` must not be sent, because a cap refuses it or cannot be checked; None if it may be sent.

        Args:
            order: the order.
            others: orders that count as well, although they are not recorded.

        Raises:
            StoreError: if the records cannot be read; the order must not be sent then.

        """
        if not self.caps or order.action not in CAPPED_ACTIONS:
            return None
        await self._annotations.refresh()
        if any(cap.selector for cap in self.caps) and not self._annotations.is_known:
            problem = self._annotations.problem
            return NotSent(caps.UNKNOWN_TAGS, problem.detail if problem else "")
        state, now = self._state(), self._clock()
        if state.snapshot is None or state.is_restored or abs(now - state.snapshot.at) > _max_age(state):
            return NotSent(caps.UNKNOWN_HOSTS)
        for unreadable in await self._journal.unreadable_creates():
            at = unreadable.created_at
            if unreadable.may_be_purchase and (at is None or now - at < DOUBTFUL_FOR):
                return NotSent(caps.UNKNOWN_ORDER, unreadable.id)
        ledger = await self._ledger(state)
        counted = {each.id: each for each in (*others, *ledger.orders)}
        refused = caps.refusal(self.caps, replace(ledger, orders=tuple(counted.values())), order)
        return NotSent(refused.summary, refused.detail) if refused is not None else None

    async def first_obstacle(self, orders: Sequence[Order]) -> NotSent | None:
        """Return why the first of `orders`, which are not recorded yet, must not be sent; None if all may be.

        Raises:
            StoreError: if the records cannot be read.

        """
        for order in orders:
            if (obstacle := await self.obstacle(order, others=orders)) is not None:
                return obstacle
        return None

    async def uses(self) -> tuple[CapUse, ...]:
        """Return how much of each limit is used, as far as the hosts were read; raises `StoreError`."""
        return caps.cap_uses(self.caps, await self._ledger(self._state())) if self.caps else ()

    async def new_events(self) -> tuple[Event, ...]:
        """Return an alert for each limit that is nearly or completely used since the last call, once for all programs.

        There are none while the records cannot be read, which is reported elsewhere.
        """
        if not self.caps or self._state().snapshot is None or self._state().is_restored:
            return ()
        now = self._clock()
        try:
            uses = await self.uses()
            crossed = caps.crossings(uses, self._levels, now)
            known = await self._journal.mark_reported(crossed, now) if crossed else frozenset()
        except StoreError:
            return ()
        self._levels = {use.key: use.level for use in uses}
        return tuple(event for key, event in crossed.items() if key not in known)

    async def _ledger(self, state: FleetState) -> Ledger:
        now, windows = self._clock(), self._windows()
        hosts = state.snapshot.hosts if state.snapshot is not None else ()
        orders = await self._all_orders()
        billed = await self._billed_hosts(hosts, state.costs, orders, now) if windows else ()
        sums = self._sums
        if not (sums.billed is billed and sums.annotations is self._annotations.annotations and sums.is_recent(now)):
            sums = self._sums = _Sums(billed, self._annotations.annotations, now)
        return Ledger(
            now=now,
            hosts={host.id: host for host in hosts},
            rates=state.costs.hosts,
            orders=orders,
            billed=billed,
            windows=windows,
            annotation=self._annotations.find,
            known=sums.known,
        )

    def _windows(self) -> dict[CapPeriod, tuple[datetime, datetime]]:
        """Return the day and the month, if a cap has a limit for one of them."""
        limited = {period for cap in self.caps for period in cap.limits}
        if not limited - {CapPeriod.HOUR}:
            return {}
        now = self._clock()
        return {CapPeriod.DAY: day_of(now), CapPeriod.MONTH: month_of(None, now)}

    async def _all_orders(self) -> tuple[Order, ...]:
        """Return the orders that may count; those of other programs are read again when one of them has written."""
        journal, orders = self._journal, self._orders
        version = await journal.version(), journal.generation
        if version != self._version:
            stored = [
                *await journal.orders(RECENT_ORDERS),
                *await journal.creates(),
                *await journal.orders_under_way(),
            ]
            if orders is not self._orders:  # another account has signed in
                return tuple(stored)
            self._version, self._orders = version, {order.id: order for order in stored}
        self._orders.update((order.id, order) for order in self._own_orders())
        return tuple(self._orders.values())

    async def _billed_hosts(
        self, hosts: tuple[Host, ...], costs: Costs, orders: Iterable[Order], now: datetime
    ) -> tuple[BilledHost, ...]:
        """Return the hosts with the time they were on, which goes on as it is for `RECALCULATION_INTERVAL`."""
        creates = tuple(order for order in orders if order.action is OrderAction.CREATE)
        found = sum(order.host_id is not None for order in creates)
        known = self._billed
        if known is None or not known.is_for(hosts, costs, found) or not known.at <= now < known.until:
            until = now + RECALCULATION_INTERVAL
            span = month_of(None, now)[0] - _BEFORE, until
            billed, _begin = await read_billed_hosts(self._journal, hosts, costs.hosts, creates, span)
            known = self._billed = _BilledHosts(hosts, costs, found, now, until, billed)
        return known.billed


@dataclass(frozen=True, slots=True)
class _Sums:
    """What hosts cost in the day and the month, with what it was computed from."""

    billed: tuple[BilledHost, ...] = ()
    annotations: Annotations = NO_ANNOTATIONS
    at: datetime | None = None
    known: dict[tuple[str, CapPeriod], Amount] = field(default_factory=dict)

    def is_recent(self, now: datetime) -> bool:
        """Return whether what the hosts cost since then may be neglected."""
        return self.at is not None and abs(now - self.at) < SUM_AGE


@dataclass(frozen=True, slots=True)
class _BilledHosts:
    """The result of `read_billed_hosts`, with what it was computed from."""

    hosts: tuple[Host, ...]
    costs: Costs
    bought: int
    """Creates whose host is known."""
    at: datetime
    until: datetime
    billed: tuple[BilledHost, ...]

    def is_for(self, hosts: tuple[Host, ...], costs: Costs, bought: int) -> bool:
        """Return whether nothing of what it was computed from has changed."""
        return self.hosts is hosts and self.costs is costs and self.bought == bought


def _max_age(state: FleetState) -> timedelta:
    return max(MIN_AGE, timedelta(seconds=2 * state.interval))
