"""Write what the monitor observes to the journal, and read back what earlier runs observed.

Writing happens in the background, so a slow disk delays nothing. A disk that fails is reported once, when it begins to
fail, and again only after it worked in between.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xds_tui.domain import host_list, snapshot_diff
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.pricing import Costs, cost_split
from xds_tui.domain.records import Event, EventKind, Order, Quote, Sample
from xds_tui.fleet.updates import JournalChanged, NoticeRaised, StorageFailed, StorageRestored, UpdateQueue
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError
from xds_tui.system import debug_log
from xds_tui.system.debug_log import Word

if TYPE_CHECKING:
    from xds_tui.fleet.notifications import Notifications
    from xds_tui.store.journal import Journal
    from xds_tui.store.journal_rows import UnreadableOrder

MAX_RESTORED_EVENTS: Final = 200
"""Events of earlier runs that are read at the start."""

UNREADABLE: Final = N_(
    "The record of an order cannot be read, so its outcome is not tracked; look for its host in the Xuandashi console"
)

UNREADABLE_EVENTS: Final = N_("Some events in the history cannot be read and are skipped; `xds-tui doctor` counts them")

SNAPSHOT_INTERVAL: Final = timedelta(minutes=1)
"""Least time between two stored snapshots, each of which is megabytes for a large fleet."""


class Recorder:
    """Reads and writes the journal for the monitor.

    Attributes:
        journal: where everything is written.
        on_record: called with all events that are recorded, oldest first.

    """

    def __init__(
        self, journal: Journal, clock: Callable[[], datetime], updates: UpdateQueue, *, samples: bool = True
    ) -> None:
        """Use `journal`; failures are posted to `updates` as `NoticeRaised`. Without `samples`, none are written."""
        self._records_samples = samples
        self.journal = journal
        self._clock = clock
        self._updates = updates
        self._tasks: set[asyncio.Task[None]] = set()
        self._saved_snapshot: Snapshot | None = None
        self._saved_catalog: Catalog | None = None
        self._is_failing = False
        self._reported_notice: StoreError | None = None
        self._announced: set[str] = set()
        self._has_reported_unreadable_events = False
        self._notifications: Notifications | None = None
        self.on_record: Callable[[Sequence[Event]], None] = lambda _events: None

    def notify_through(self, notifications: Notifications) -> None:
        """Send what is recorded from here on to the user's channels, too; channels that fail raise a notice."""
        self._notifications = notifications
        notifications.on_failure = lambda event: self._updates.post(NoticeRaised(event))

    # Reading

    async def restore(self) -> tuple[Snapshot | None, tuple[Event, ...]]:
        """Return the snapshot that was stored last, and the latest events, newest first."""
        try:
            snapshot = await self.journal.last_snapshot()
            self.report_storage()
            events = await self.journal.events(MAX_RESTORED_EVENTS)
            self._report_unreadable_events()
        except StoreError as error:
            self._report_failure(error)
            return None, ()
        return snapshot, events

    async def bind_account(self, base_url: str, account_id: str) -> bool:
        """Use the part of the journal that belongs to this account.

        Returns whether what was restored before belongs to another one.
        """
        try:
            is_other = await self.journal.bind_account(base_url, account_id)
        except StoreError as error:
            self._report_failure(error)
            return False
        if is_other:
            self._saved_snapshot = None
            self._announced.clear()
        return is_other

    async def past_events(self, limit: int, before: datetime | None = None) -> tuple[Event, ...]:
        """Return events as `Journal.events` does; none, and a notice, if the disk fails."""
        try:
            events = await self.journal.events(limit, before)
        except StoreError as error:
            self._report_failure(error)
            return ()
        self._report_unreadable_events()
        return events

    def _report_unreadable_events(self) -> None:
        """Report once that events were left out of a reading."""
        if self.journal.unreadable_events and not self._has_reported_unreadable_events:
            self._has_reported_unreadable_events = True
            self._raise_notice(StoreError(UNREADABLE_EVENTS), alert=False)

    async def past_orders(self, limit: int) -> tuple[Order, ...]:
        """Return orders as `Journal.orders` does; none, and a notice, if the disk fails."""
        try:
            return await self.journal.orders(limit)
        except StoreError as error:
            self._report_failure(error)
            return ()

    async def bought(self) -> dict[str, Quote]:
        """Return the quotes of hosts as `Journal.bought` does; none, and a notice, if the disk fails."""
        try:
            return await self.journal.bought()
        except StoreError as error:
            self._report_failure(error)
            return {}

    async def samples(self, length: timedelta, max_count: int) -> tuple[Sample, ...]:
        """Return about `max_count` samples at most of the last `length`, oldest first; none if the disk fails."""
        now = self._clock()
        try:
            return await self.journal.samples(now - length, max_count, now)
        except StoreError as error:
            self._report_failure(error)
            return ()

    # Announcements that are made once, also across restarts

    async def new_expiries(self, snapshot: Snapshot) -> tuple[Event, ...]:
        """Return an event for each prepaid host that expires soon and was not announced before."""
        expiring = snapshot_diff.expiring(snapshot, self._clock())
        new = [key for key in expiring if key not in self._announced]
        if not new:
            return ()
        self._announced.update(new)
        earlier: frozenset[str] = frozenset()
        try:
            earlier = await self.journal.mark_reported(new, self._clock())
        except StoreError as error:
            self._report_failure(error)
        return tuple(expiring[key] for key in new if key not in earlier)

    async def new_unreadable_orders(self) -> tuple[Event, ...]:
        """Return an event for each order that cannot be read and was not announced before."""
        try:
            unreadable = {f"unreadable order {order.id}": order for order in await self.journal.unreadable_orders()}
            new = [key for key in unreadable if key not in self._announced]
            earlier = await self.journal.mark_reported(new, self._clock()) if new else frozenset()
        except StoreError as error:
            self._report_failure(error)
            return ()
        self._announced.update(new)
        return tuple(self._unreadable_event(unreadable[key]) for key in new if key not in earlier)

    def _unreadable_event(self, order: UnreadableOrder) -> Event:
        now = self._clock()
        return Event(at=now, kind=EventKind.ERROR, summary=UNREADABLE, message=order.id, host_id=order.host_id)

    # Writing

    def record(self, events: Sequence[Event]) -> None:
        """Begin to write events, oldest first."""
        for event in events:
            debug_log.write(
                "event",
                kind=event.kind,
                host=Word(event.host_id or ""),
                action=event.action,
                state=event.state,
                code=event.code,
                summary=Word(event.summary),
            )
        if events:
            self.on_record(events)
            self._start(self._write(self.journal.add_events(events)))
            if self._notifications is not None:
                self._notifications.add(events)

    def record_sample(self, snapshot: Snapshot, costs: Costs, catalog: Catalog | None) -> None:
        """Begin to write a sample of the fleet, and what else has changed.

        That is what is on sale, and the snapshot if the stored one is old enough.
        """
        if self._records_samples:
            self._start(self._write(self.journal.add_sample(_sample(snapshot, costs, catalog, self._clock()))))
        if catalog is not None and catalog is not self._saved_catalog:
            self._saved_catalog = catalog
            self._start(self._write(self.journal.save_offers(catalog)))
        saved = self._saved_snapshot
        if saved is None or (snapshot.hosts != saved.hosts and abs(snapshot.at - saved.at) > SNAPSHOT_INTERVAL):
            self._save(snapshot)

    async def close(self, last: Snapshot | None, max_wait: float) -> None:
        """Write the last snapshot, and wait for what is being written and sent, for each at most `max_wait` seconds."""
        if last is not None and self._saved_snapshot is not None and last is not self._saved_snapshot:
            self._save(last)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max_wait)
        if self._notifications is not None:
            await self._notifications.flush(max_wait)

    def _save(self, snapshot: Snapshot) -> None:
        self._saved_snapshot = snapshot
        self._start(self._write(self.journal.save_snapshot(snapshot)))

    async def _write(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except StoreError as error:
            self._report_failure(error)
        else:
            self._is_failing = False

    # Failures

    def report_storage(self) -> None:
        """Report once that the history file cannot be used, or what was lost when it was opened."""
        notice = self.journal.notice
        if notice is not None and notice is not self._reported_notice:
            self._reported_notice = notice
            self._raise_notice(notice)
        if self.journal.problem is not None:
            self._report_failure(self.journal.problem, alert=False)  # a banner of its own shows it
            self._saved_snapshot = self._saved_catalog = None  # the next file does not contain what was saved

    def _report_failure(self, error: StoreError, *, alert: bool = True) -> None:
        """Report on the screen alone that the disk fails: writing the event would fail too."""
        if not self._is_failing:
            self._is_failing = True
            self._raise_notice(error, alert=alert)

    def _raise_notice(self, error: StoreError, *, alert: bool = True) -> None:
        now = self._clock()
        event = Event(at=now, kind=EventKind.ERROR, summary=error.summary, message=error.detail, alert=alert)
        self._updates.post(NoticeRaised(event))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


POLL_INTERVAL: Final = 1.0
"""Seconds after which an order of another program is seen."""


class StorageWatch:
    """Follows whether the journal can record orders, and whether other programs write to it.

    When the journal can record orders again, those held in memory are written.
    """

    def __init__(self, journal: Journal, updates: UpdateQueue) -> None:
        """Post `StorageFailed`, `StorageRestored` and `JournalChanged` to `updates`."""
        self._journal = journal
        self._updates = updates
        self._restoring: asyncio.Task[None] | None = None
        self._polling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow the journal."""
        self._journal.watch(self._handle_change)
        self._polling = asyncio.get_running_loop().create_task(self._poll())

    async def close(self, max_wait: float) -> None:
        """Wait at most `max_wait` seconds until the orders held in memory have been written."""
        if self._polling is not None:
            self._polling.cancel()
        if self._restoring is not None:
            await asyncio.wait({self._restoring}, timeout=max_wait)

    def _handle_change(self) -> None:
        if self._journal.problem is not None:
            self._updates.post(StorageFailed(self._journal.problem))
        elif self._restoring is None or self._restoring.done():
            self._restoring = asyncio.get_running_loop().create_task(self._restore())

    async def _poll(self) -> None:
        """Post an update whenever another program has written to the journal."""
        known: int | None = None
        while True:
            with contextlib.suppress(StoreError):  # `_handle_change` is called
                version = await self._journal.version()
                if known not in (None, version):
                    self._updates.post(JournalChanged())
                known = version
            await asyncio.sleep(POLL_INTERVAL)

    async def _restore(self) -> None:
        generation = None
        while generation != self._journal.generation:
            generation = self._journal.generation
            with contextlib.suppress(StoreError):  # `_handle_change` is called with the new problem
                await self._journal.restore_orders()
        self._updates.post(StorageRestored())


def _sample(snapshot: Snapshot, costs: Costs, catalog: Catalog | None, now: datetime) -> Sample:
    counts = host_list.counts(snapshot.hosts, now)
    on_demand, prepaid = costs.fleet.on_demand, costs.fleet.prepaid
    is_priced = catalog is not None
    return Sample(
        at=snapshot.at,
        total=counts.total,
        on=counts.on,
        changing=counts.changing,
        unpriced=costs.fleet.unpriced,
        billed_low=on_demand.low if is_priced else None,
        billed_high=on_demand.high if is_priced else None,
        prepaid_low=prepaid.low if is_priced else None,
        prepaid_high=prepaid.high if is_priced else None,
        split=cost_split(snapshot.hosts, costs, now) if is_priced else None,
    )
