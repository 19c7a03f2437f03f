"""The poll loop: waits, reads the fleet, applies each result to the state, and publishes the state.

`poll_schedule` says when something is due, `host_listing` and `host_lookup` read it, `reducer` says what follows.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError, BadResponse, NotSent, Rejected, SignedOut
from xds_tui.auth.account import Account
from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain.model import Snapshot
from xds_tui.domain.poll_schedule import MAX_SLEEP, PollSchedule, has_clock_jumped
from xds_tui.domain.records import Event, OrderState
from xds_tui.fleet import reducer
from xds_tui.fleet.account_data import AccountData
from xds_tui.fleet.annotation_book import AnnotationBook, subscribed
from xds_tui.fleet.catalog_reader import CatalogReader
from xds_tui.fleet.guard import Guard
from xds_tui.fleet.host_listing import ProgressReporter, list_hosts
from xds_tui.fleet.host_lookup import HostLookup
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.publisher import StatePublisher
from xds_tui.fleet.recorder import Recorder, StorageWatch
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.fleet.updates import (
    AnnotationsChanged,
    CatalogRead,
    JournalChanged,
    ListingAdvanced,
    NoticeRaised,
    OrdersChanged,
    RulesChecked,
    StorageFailed,
    StorageRestored,
    Update,
    UpdateQueue,
)

if TYPE_CHECKING:
    from xds_tui.domain.caps import Cap
    from xds_tui.store.journal import Journal


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def _initial_state(account: Account, interval: float, snapshot: Snapshot | None) -> FleetState:
    base_url = account.base_url if account.is_address_known else ""
    return FleetState(interval=interval, base_url=base_url, snapshot=snapshot, is_restored=snapshot is not None)


def _order_service(
    account: Account,
    journal: Journal,
    clock: Callable[[], datetime],
    updates: UpdateQueue,
    annotations: AnnotationBook,
    guard: SpendingGuard,
) -> OrderService:
    def report(events: Sequence[Event]) -> None:
        updates.post(OrdersChanged(tuple(events)))

    return OrderService(account.client, journal, clock, report, annotations, guard)


async def _sleep(woken: asyncio.Event, delay: float | None, clock: Callable[[], datetime]) -> bool:
    """Wait for `woken`, at most `delay` seconds; return whether the machine was asleep or its clock was set."""
    started_at, wall_started_at = _now(), clock()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(delay if delay is None else min(delay, MAX_SLEEP)):
            await woken.wait()
    return has_clock_jumped(_now() - started_at, (clock() - wall_started_at).total_seconds())


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_same(snapshot: Snapshot | None, other: Snapshot) -> bool:
    """Return whether two snapshots are the same, apart from the annotations of their hosts."""
    if snapshot is None or snapshot is other:
        return snapshot is other
    return snapshot.at == other.at and snapshot.hosts == other.hosts


async def _return_at_once() -> None:
    """Wait for no screen."""


class Monitor:
    """Keeps one `FleetState` current and publishes every change.

    Attributes:
        annotations: what the user has added to the hosts; `edit` changes it.
        guard: enforces the caps on spending.
        rules: carries out the rules; by default there are none.
        orders: the service through which everything that changes hosts is ordered.
        recorder: reads and writes the journal.

    """

    def __init__(
        self,
        account: Account,
        journal: Journal,
        *,
        interval: float,
        clock: Callable[[], datetime] = utc_now,
        initial: Snapshot | None = None,
        rng: Callable[[], float] = random.random,
        is_for_orders: bool = False,
        annotations: AnnotationBook | None = None,
        caps: Iterable[Cap] = (),
    ) -> None:
        """Prepare to watch; nothing is requested yet.

        Args:
            account: provides the credentials and the client.
            journal: the record of earlier runs, to which events and orders are added.
            interval: seconds between two refreshes.
            clock: returns the time, UTC.
            initial: a snapshot to show until the first refresh.
            rng: returns a random number in [0, 1), for the jitter of the back-off.
            is_for_orders: whether to read the catalog on request only, and to record no samples, which lack prices.
            annotations: what the user has added to the hosts; None for an empty book in memory.
            caps: limits of the spending.

        """
        self._account, self._clock, self._rng = account, clock, rng
        self._schedule = PollSchedule(interval=interval, refresh_at=0, lookup_at=0)
        self._woken, self._updates = asyncio.Event(), (updates := UpdateQueue())
        self.annotations = subscribed(annotations or AnnotationBook(HostsFile(None)), updates, clock)
        self._catalog = CatalogReader(account.client, clock, updates, is_automatic=not is_for_orders)
        self._storage = StorageWatch(journal, updates)
        self.recorder = Recorder(journal, clock, updates, samples=not is_for_orders)
        self.guard = SpendingGuard(caps, journal, self.annotations, clock, lambda: self.state)
        self.orders = _order_service(account, journal, clock, updates, self.annotations, self.guard)
        self._lookup = HostLookup(account.client, self.orders.book, clock)
        self._publisher = StatePublisher(_initial_state(account, interval, initial), self.recorder)
        self.rules = Guard(journal, self.orders, updates, clock, self.guard)
        self._data = AccountData(account, self.recorder, self.orders, self._lookup, self._publisher, clock)

    @property
    def state(self) -> FleetState:
        """The current state."""
        return self._publisher.state

    def refresh(self, *, with_catalog: bool = True) -> None:
        """Read the fleet and the catalog as soon as the service allows it, and show when that is if it is not now."""
        if with_catalog:
            self.refresh_catalog()
        self._wake(self._schedule.refresh_now(_now()))
        delay = self._schedule.delay(_now(), has_lookups=False) or 0
        self._publisher.commit(reducer.after_refresh_request(self.state, self._clock(), timedelta(seconds=delay)))

    def refresh_catalog(self) -> None:
        """Read the images and packages on sale as soon as possible."""
        if self.state.connection is not ConnectionState.SIGNED_OUT:
            self._catalog.read()

    def request_details(self, host_id: str) -> None:
        """Read all details of one host once, as soon as possible."""
        self._lookup.request(host_id)
        self._wake(replace(self._schedule, lookup_at=_now()))

    def handle_sign_in(self) -> None:
        """Start again after the user signed in; for another account with nothing that is known of the one before."""
        self._apply(self._updates.take())  # results for the account before
        self._data.handle_sign_in()
        self._data.start(self._data.load())
        self._catalog.restart()
        self._wake(self._schedule.refresh_now(_now()))

    def set_paused(self, is_paused: bool) -> None:
        """Stop the periodic refreshes, or resume them with one at once."""
        self._wake(self._schedule.paused() if is_paused else self._schedule.resumed(_now()))
        self._publisher.commit(reducer.after_pause(self.state, is_paused))

    def set_interval(self, interval: float) -> None:
        """Refresh every `interval` seconds."""
        self._wake(self._schedule.with_interval(interval, _now()))
        self._publisher.commit(reducer.after_interval_change(self.state, interval))

    async def run(
        self,
        publish: Callable[[FleetState], None],
        after_first_paint: Callable[[], Awaitable[None]] = _return_at_once,
    ) -> None:
        """Watch until cancelled.

        Args:
            publish: receives every new state.
            after_first_paint: returns when the stored data are on the screen. Neither the keyring nor the network is
                used before.

        """
        self._publisher.subscribe(publish)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._apply_updates())
                await self._start(after_first_paint)
                while True:
                    await self._wait()
                    if self._schedule.is_refresh_due(_now()):
                        await self._refresh()
                    elif self.state.connection is not ConnectionState.SIGNED_OUT:
                        await self._look_up_hosts()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def close(self, max_wait: float) -> bool:
        """Wait at most `max_wait` seconds for requests under way, then for the journal; whether all requests ended."""
        await self.rules.close(max_wait)
        ended = await self.orders.close(max_wait)
        await self._catalog.close()
        await self._storage.close(max_wait)
        self._apply(self._updates.take())
        await self._data.close(max_wait)
        self._apply(self._updates.take())
        await self._account.close()
        await self.recorder.close(None if self.state.is_restored else self.state.snapshot, max_wait)
        return ended

    async def _start(self, after_first_paint: Callable[[], Awaitable[None]]) -> None:
        """Show what an earlier run stored, then sign in."""
        self._storage.start()
        # Both at once: the hosts are on the screen with the first paint only if they are read before it.
        await asyncio.gather(self.annotations.refresh(), self._data.restore())
        await after_first_paint()
        await self._account.open()
        if self._account.has_credentials:
            await self._data.load()
        self._publisher.commit(reducer.after_identification(self.state, *self._account.identity))

    async def _wait(self) -> None:
        """Sleep until something is due, a screen requests something, or the machine has woken from sleep."""
        while not self._woken.is_set():
            is_signed_out = self.state.connection is ConnectionState.SIGNED_OUT
            delay = None if is_signed_out else self._schedule.delay(_now(), has_lookups=self._has_due_hosts())
            if delay == 0:
                break
            if await _sleep(self._woken, delay, self._clock) and not self._schedule.is_paused:
                self._schedule = self._schedule.refresh_now(_now())
        self._woken.clear()

    async def _refresh(self) -> None:
        """Read the whole fleet, and publish the result once."""
        began, identity, answered = _now(), self._account.identity, self.orders.book.answered_ids()
        try:
            source = ProgressReporter(self._account.client(), lambda read: self._updates.post(ListingAdvanced(read)))
            deleted = self.orders.book.deleted_ids()
            listing = await list_hosts(
                source, self.state.snapshot, self._clock, deleted=deleted, may_be_others=self._data.may_be_other_account
            )
            listing = replace(listing, snapshot=await self._lookup.add_unlisted(listing.snapshot))
        except ApiError as error:
            self._handle_listing_error(error)
            return
        await self.annotations.refresh()
        self._apply(self._updates.take())
        decision = self.orders.book.seconds_until_decision(self._clock())
        self._schedule = self._schedule.after_refresh(_now(), decision, began=began)
        is_superseded = self._woken.is_set()
        if is_superseded:
            # The request may be about something that happened after this reading had started.
            self._schedule = self._schedule.refresh_now(_now())
        if identity != self._account.identity:
            return
        self._publisher.stage(*reducer.after_keyring_check(self.state, self._account.keyring_error, self._clock()))
        transition = reducer.after_listing(
            self.state,
            listing,
            self.orders.context(listing.snapshot, answered),
            self._clock(),
            is_paused=self._schedule.is_paused,
            is_superseded=is_superseded,
            may_be_other_account=self._data.may_be_other_account,
        )
        self._data.may_be_other_account = False
        self._publisher.stage(*transition)
        snapshot = self.state.snapshot or listing.snapshot
        await self._publish_hosts(snapshot, answered)
        self.recorder.record_sample(snapshot, self.state.costs, self.state.catalog)
        self._catalog.read_if_old()
        self.rules.check(self.state)

    async def _look_up_hosts(self) -> None:
        """Read the hosts that are in transition or awaited one by one, and publish the result once."""
        self._schedule = self._schedule.after_lookup(_now())
        before, answered = self.state.snapshot, self.orders.book.answered_ids()
        if before is None:
            return
        result = await self._lookup.update(before)
        if result.is_listing_due:
            self._schedule = self._schedule.refresh_now(_now())
        error = result.error
        if isinstance(error, BadResponse) or (isinstance(error, Rejected) and error.retry_after is None):
            # The list may still be readable. The next refresh will show, so read no single host before.
            self._schedule = replace(self._schedule, lookup_at=self._schedule.refresh_at)
        elif error is not None:
            self._handle_error(error)
            return
        if _is_same(self.state.snapshot, before):  # otherwise another account signed in
            orders = self.orders.context(result.snapshot, answered)
            self._publisher.stage(*reducer.after_lookup(self.state, result.snapshot, orders, self._clock()))
            await self._publish_hosts(self.state.snapshot or result.snapshot, answered)

    def _has_due_hosts(self) -> bool:
        is_off = self.state.connection in (ConnectionState.SIGNED_OUT, ConnectionState.ERROR)
        return self.state.snapshot is not None and not is_off and bool(self._lookup.due_hosts(self.state.snapshot))

    def _handle_listing_error(self, error: ApiError) -> None:
        if not self._woken.is_set():
            self._handle_error(error)
        else:  # another refresh was requested, perhaps by another account: this error is of the one before
            self._schedule = self._schedule.refresh_now(_now())

    def _handle_error(self, error: ApiError) -> None:
        """Show an error and schedule the next attempt; without credentials wait until the user signs in."""
        if not self._account.has_credentials:
            if self._account.keyring_read_error is not None:
                check = reducer.after_keyring_check(self.state, self._account.keyring_error, self._clock())
                self._publisher.stage(*check)
            self._publisher.commit(reducer.after_missing_credentials(self.state))
            return
        retry_after = error.retry_after if isinstance(error, Rejected | SignedOut) else None
        self._schedule = self._schedule.after_error(
            _now(), self._rng(), is_unreachable=isinstance(error, NotSent), retry_after=retry_after
        )
        now, delay = self._clock(), self._schedule.delay(_now(), has_lookups=False) or 0
        self._publisher.commit(*reducer.after_error(self.state, error, now, now + timedelta(seconds=delay)))

    async def _publish_hosts(self, snapshot: Snapshot, answered: frozenset[str]) -> None:
        """Add what follows from a staged snapshot: expiry warnings and the outcomes of orders. Then publish."""
        identity = self._account.identity
        expiries = await self.recorder.new_expiries(snapshot)
        self._publisher.stage(*reducer.with_events(self.state, expiries))
        outcomes = await self.orders.reconcile(snapshot, answered, self.state.reboots)
        await self._data.annotate_purchases()
        outcomes += await self.guard.new_events()
        if identity == self._account.identity:
            self._publisher.commit(*reducer.after_orders(self.state, self.orders.context(), outcomes, self._clock()))
        await self._data.sync_after_end_of_program(self._check_outcomes)

    async def _apply_updates(self) -> None:
        """Apply the results of background work as they arrive."""
        while True:
            first = await self._updates.wait()
            self._apply((first, *self._updates.take()))

    def _apply(self, updates: Iterable[Update]) -> None:
        for update in updates:
            self._apply_one(update)
        self._publisher.publish()

    def _apply_one(self, update: Update) -> None:
        now = self._clock()
        match update:
            case OrdersChanged(events):
                self._publisher.stage(*reducer.after_orders(self.state, self.orders.context(), events, now))
                self._check_outcomes(events)
            case AnnotationsChanged(annotations, problem):
                self._publisher.stage(reducer.after_annotations(self.state, annotations, problem))
            case CatalogRead(catalog, error):
                self._publisher.stage(reducer.after_catalog(self.state, catalog, error, now))
            case ListingAdvanced(progress):
                self._publisher.stage(reducer.after_progress(self.state, progress))
            case NoticeRaised(event):
                self._publisher.stage(reducer.with_events(self.state, (event,))[0])  # not recorded
            case StorageFailed(problem):
                self.recorder.report_storage()
                self._publisher.stage(reducer.after_storage_change(self.state, problem))
            case StorageRestored():
                self._data.start(self._data.reload())
            case RulesChecked(guard, events):
                self._publisher.stage(*reducer.after_rules(self.state, guard, events))
            case JournalChanged():
                self._data.start(self._data.sync(self._check_outcomes))

    def _check_outcomes(self, events: Sequence[Event]) -> None:
        """Read the hosts of orders that were accepted, or have an unknown outcome, at once."""
        if any(event.state in (OrderState.ACCEPTED, OrderState.UNKNOWN) for event in events):
            now = _now()
            is_named = all(event.host_id for event in events)
            self._wake(replace(self._schedule, lookup_at=now) if is_named else self._schedule.refresh_now(now))

    def _wake(self, schedule: PollSchedule) -> None:
        self._schedule = schedule
        self._woken.set()
