"""What is remembered while the fleet is watched: events, samples and the last snapshot, shown and written down.

Nothing waits for the disk, and a disk that fails is told of once, when it begins to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xds_tui.domain import host_list, snapshot_diff
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, EventKind, Order, Sample
from xds_tui.i18n import N_
from xds_tui.store.database import StoreError

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal
    from xds_tui.store.order_rows import UnreadableOrder

REMEMBERED: Final = 200
"""Events that are shown without asking the journal for more."""

UNREADABLE: Final = N_(
    "The record of an order cannot be read, so its outcome is not followed. Look for its host in the vendor's console"
)

SAVE_EVERY: Final = timedelta(minutes=1)
"""Between two writings of the snapshot, which is megabytes for a large fleet."""


class Recorder:
    """The journal as the monitor uses it, with the latest events at hand.

    Attributes:
        journal: where everything is written.
        events: the latest, newest first.

    """

    def __init__(self, journal: Journal, clock: Callable[[], datetime], show: Callable[[], None]) -> None:
        """Begin with nothing remembered; `show` is called whenever `events` has changed."""
        self.journal = journal
        self.events: tuple[Event, ...] = ()
        self._clock = clock
        self._show = show
        self._tasks: set[asyncio.Task[None]] = set()
        self._saved: Snapshot | None = None
        self._is_failing = False
        self._noted: StoreError | None = None
        self._said: set[str] = set()

    async def recall(self) -> Snapshot | None:
        """Show the events of earlier runs, and return the snapshot that was kept last."""
        try:
            snapshot = await self.journal.last_snapshot()
            self.note_storage()
            events = await self.journal.events(REMEMBERED)
        except StoreError as error:
            self._fail(error)
            return None
        # What happened while the disk was read may have been written in time to be read, or not.
        now = set(self.events)
        self.events = (*self.events, *(event for event in events if event not in now))[:REMEMBERED]
        self._show()
        return snapshot

    def note_storage(self) -> None:
        """Show that the history file cannot be used, or what was lost with it; of each problem once."""
        notice = self.journal.notice
        if notice is not None and notice is not self._noted:
            self._noted = notice
            self._report(notice)
        if self.journal.problem is not None:
            self._fail(self.journal.problem, alert=False)  # it stands in a notice of its own
            self._saved = None  # what was saved is not in the file that comes next

    async def report_unreadable_orders(self) -> None:
        """Show the orders that cannot be read, each once, also over restarts."""
        try:
            unreadable = {f"unreadable order {order.id}": order for order in await self.journal.unreadable_orders()}
            new = [key for key in unreadable if key not in self._said]
            before = await self.journal.said(new, self._clock()) if new else frozenset()
        except StoreError as error:
            self._fail(error)
            return
        self._said.update(new)
        self.record([self._about_unreadable(unreadable[key]) for key in new if key not in before])

    def _about_unreadable(self, order: UnreadableOrder) -> Event:
        now = self._clock()
        return Event(at=now, kind=EventKind.TROUBLE, summary=UNREADABLE, message=order.id, host_id=order.host_id)

    async def bind_account(self, base_url: str, account_id: str) -> bool:
        """Remember from now on what is of this account; whether what is shown is of somebody else."""
        try:
            is_other = await self.journal.bind_account(base_url, account_id)
        except StoreError as error:
            self._fail(error)
            return False
        if is_other:
            self.events, self._saved = (), None
            self._said.clear()
        return is_other

    async def past_events(self, limit: int, before: datetime | None = None) -> tuple[Event, ...]:
        """Return events as `Journal.events` does; none where the disk fails, which is told."""
        try:
            return await self.journal.events(limit, before)
        except StoreError as error:
            self._fail(error)
            return ()

    async def past_orders(self, limit: int) -> tuple[Order, ...]:
        """Return orders as `Journal.orders` does; none where the disk fails, which is told."""
        try:
            return await self.journal.orders(limit)
        except StoreError as error:
            self._fail(error)
            return ()

    async def samples(self, length: timedelta, most: int) -> tuple[Sample, ...]:
        """Return at most about `most` samples of the last `length`, oldest first; none where the disk fails."""
        now = self._clock()
        try:
            return await self.journal.samples(now - length, most, now)
        except StoreError as error:
            self._fail(error)
            return ()

    def record(self, events: Sequence[Event]) -> None:
        """Show events, newest last, and write them down."""
        if events:
            flagged = snapshot_diff.flagged(events)
            self._begin(self._write(self.journal.add_events(flagged)))
            self._add(flagged)

    async def tell_of_expiring(self, snapshot: Snapshot) -> None:
        """Tell of the rents that end soon, of each once, whatever was restarted meanwhile."""
        soon = snapshot_diff.expiring(snapshot, self._clock())
        new = [key for key in soon if key not in self._said]
        if not new:
            return
        self._said.update(new)
        before: frozenset[str] = frozenset()
        try:
            before = await self.journal.said(new, self._clock())
        except StoreError as error:
            self._fail(error)
        self.record([soon[key] for key in new if key not in before])

    def keep(self, snapshot: Snapshot, costs: Costs, catalog: Catalog | None) -> None:
        """Write down what a sweep saw: a sample always, the snapshot if it is news and the last is old enough."""
        self._begin(self._write(self.journal.add_sample(_sample(snapshot, costs, catalog, self._clock()))))
        saved = self._saved
        if saved is None or (snapshot.hosts != saved.hosts and abs(snapshot.at - saved.at) > SAVE_EVERY):
            self._save(snapshot)

    async def close(self, last: Snapshot | None, patience: float) -> None:
        """Keep the last snapshot, and wait for what is being written, at most `patience` seconds."""
        if last is not None and self._saved is not None and last is not self._saved:
            self._save(last)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)

    def _save(self, snapshot: Snapshot) -> None:
        self._saved = snapshot
        self._begin(self._write(self.journal.save_snapshot(snapshot)))

    async def _write(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except StoreError as error:
            self._fail(error)
        else:
            self._is_failing = False

    def _fail(self, error: StoreError, *, alert: bool = True) -> None:
        """Tell that the disk fails, on the screen alone: writing it down would fail too."""
        if not self._is_failing:
            self._is_failing = True
            self._report(error, alert=alert)

    def _report(self, error: StoreError, *, alert: bool = True) -> None:
        self._add(
            [Event(at=self._clock(), kind=EventKind.TROUBLE, summary=error.summary, message=error.detail, alert=alert)]
        )

    def _add(self, events: Iterable[Event]) -> None:
        self.events = (*reversed(tuple(events)), *self.events)[:REMEMBERED]
        self._show()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _sample(snapshot: Snapshot, costs: Costs, catalog: Catalog | None, now: datetime) -> Sample:
    counts = host_list.counts(snapshot, now)
    billed, prepaid = costs.fleet.on_demand, costs.fleet.prepaid
    is_priced = catalog is not None
    return Sample(
        at=snapshot.at,
        total=counts.total,
        on=counts.on,
        changing=counts.changing,
        unpriced=costs.fleet.unpriced,
        billed_low=billed.low if is_priced else None,
        billed_high=billed.high if is_priced else None,
        prepaid_low=prepaid.low if is_priced else None,
        prepaid_high=prepaid.high if is_priced else None,
    )
