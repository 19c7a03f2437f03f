"""The loop that watches the fleet: real clock, real calls; `pace` says when and what, `sweep` how."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xds_tui.api.errors import BadAnswer, Refused, SignedOut, XdsError
from xds_tui.fleet.account import Account
from xds_tui.fleet.changes import changes
from xds_tui.fleet.orders import Orders
from xds_tui.fleet.pace import MAX_LOOKS, Pace
from xds_tui.fleet.price_list import PriceList
from xds_tui.fleet.state import FleetState, Link
from xds_tui.fleet.sweep import sweep
from xds_tui.model import Catalog, Host, Snapshot
from xds_tui.record import Event, EventKind, OrderState
from xds_tui.store.db import StoreError

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal

REMEMBERED: Final = 200
"""Events that are shown without asking the journal for more."""

SAVE_EVERY: Final = timedelta(minutes=1)
"""Between two writings of the snapshot, which is megabytes for a large fleet."""


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Monitor:
    """Keeps one `FleetState` true and publishes every change of it."""

    def __init__(
        self,
        account: Account,
        journal: Journal,
        *,
        interval: float,
        clock: Callable[[], datetime] = utc_now,
        first: Snapshot | None = None,
        lot: Callable[[], float] = random.random,
    ) -> None:
        """Make a monitor that has not asked anything yet.

        Args:
            account: who asks.
            journal: what is remembered, and where events go.
            interval: seconds between two sweeps.
            clock: the time, UTC.
            first: a snapshot that is shown until the first sweep, marked as remembered.
            lot: draws from [0, 1), for the jitter of the back-off.

        """
        self._account = account
        self._journal = journal
        self._clock = clock
        self._publish: Callable[[FleetState], None] = lambda state: None
        self._pace = Pace(interval=interval, sweep_at=0, look_at=0)
        self._woken = asyncio.Event()
        self._late: set[str] = set()
        self._identity = ("", "")
        self._lot = lot
        self._saved: Snapshot | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._prices = PriceList(account.client, clock, self._show_catalog)
        self.orders = Orders(account.client, journal, clock, self._tell_of_orders)
        self.state = FleetState(interval=interval, snapshot=first, is_remembered=first is not None)

    # What the screens ask for

    def refresh(self) -> None:
        """Ask for everything now: the fleet and the catalog."""
        self.refresh_catalog()
        self._wake(self._pace.at_once(self._now()))

    def refresh_catalog(self) -> None:
        """Read images and prices again, now."""
        if self.state.link is not Link.SIGNED_OUT:
            self._prices.read()

    def signed_in(self) -> None:
        """Begin anew for whoever signed in: what is known is of whoever was before, unless it is the same."""
        identity = (self._account.base_url, self._account.account_id)
        if identity != self._identity:
            self._identity = identity
            self._late.clear()
            self._update(snapshot=None, is_remembered=False, catalog=None)
        self._update(link=Link.CONNECTING, account=self._account.account_id)
        self.refresh()

    def pause(self, paused: bool) -> None:
        """Stop sweeping, or begin again at once."""
        pace = replace(self._pace, paused=paused)
        self._wake(pace if paused else pace.at_once(self._now()))
        self._update(link=Link.PAUSED if paused else Link.CONNECTING)

    def every(self, interval: float) -> None:
        """Sweep every `interval` seconds from now on."""
        self._wake(self._pace.every(interval, self._now()))
        self._update(interval=interval)

    # The loop

    async def run(self, publish: Callable[[FleetState], None]) -> None:
        """Watch until cancelled, and hand every new state to `publish`."""
        self._publish = publish
        await self._remember()
        await self._account.open()
        self._identity = (self._account.base_url, self._account.account_id)
        await self._take_up_orders()
        self._update(account=self._account.account_id)
        while True:
            await self._wait()
            if self._pace.sweep_is_due(self._now()):
                await self._sweep()
            elif self.state.link is not Link.SIGNED_OUT:
                await self._look()

    async def close(self, patience: float) -> bool:
        """Wait for the orders under way, at most `patience` seconds; whether all of them ended."""
        ended = await self.orders.close(patience)
        self._prices.close()
        if self.state.snapshot is not None and self.state.snapshot is not self._saved and self._saved is not None:
            await self._save(self.state.snapshot)
        await self._account.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        return ended

    async def _take_up_orders(self) -> None:
        try:
            await self.orders.take_up()
        except StoreError as error:
            self._tell([self._event(EventKind.TROUBLE, summary=error.summary, message=error.detail)])

    async def _remember(self) -> None:
        """Show what an earlier run left, until the service has answered."""
        try:
            snapshot = self.state.snapshot or await self._journal.last_snapshot()
            events = await self._journal.events(REMEMBERED)
        except StoreError as error:
            self._tell([self._event(EventKind.TROUBLE, summary=error.summary, message=error.detail)])
            return
        self._update(snapshot=snapshot, is_remembered=snapshot is not None, events=tuple(events))

    async def _wait(self) -> None:
        """Sleep until something is due, or until somebody wants it sooner."""
        wait = None
        if self.state.link is not Link.SIGNED_OUT:
            wait = self._pace.wait(self._now(), looking=bool(self._on_their_way()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._woken.wait()
        self._woken.clear()

    async def _sweep(self) -> None:
        try:
            swept = await sweep(self._account.client(), self.state.snapshot, self._clock)
        except XdsError as error:
            if self._woken.is_set():
                # Asked for anew meanwhile, perhaps as somebody else: this failure is of what was before.
                self._pace = self._pace.at_once(self._now())
            else:
                self._fail(error)
            return
        snapshot = await self._with_latecomers(swept.snapshot)
        self._pace = self._pace.swept(self._now())
        if self._woken.is_set():
            # What it is wanted for may have happened after this sweep had begun.
            self._pace = self._pace.at_once(self._now())
        self._recover()
        await self._show(snapshot, unreadable=swept.unreadable, link=Link.PAUSED if self._pace.paused else Link.LIVE)
        self._prices.read_if_old()

    async def _look(self) -> None:
        """Ask for the hosts that are on their way, one by one, and put them into the snapshot."""
        self._pace = self._pace.looked(self._now())
        if self.state.snapshot is None:
            return
        seen: dict[str, Host | None] = {}
        try:
            for host_id in self._on_their_way():
                seen[host_id] = await self._account.client().host(host_id)
        except (Refused, BadAnswer):
            # The list may still be readable, and the next sweep tells if not: look no more until then.
            self._pace = replace(self._pace, look_at=self._pace.sweep_at)
        except XdsError as error:
            self._fail(error)
            return
        listed = {host.id for host in self.state.snapshot.hosts}
        self._late |= {host_id for host_id, host in seen.items() if host is not None and host_id not in listed}
        await self._show(_merged(self.state.snapshot, seen, self._clock()))

    async def _with_latecomers(self, snapshot: Snapshot) -> Snapshot:
        """Add the hosts that we bought and that are there, though they have not entered the list yet."""
        listed = {host.id for host in snapshot.hosts}
        self._late = (self._late | set(self.orders.awaited_ids())) - listed
        seen: dict[str, Host | None] = {}
        for host_id in list(self._late)[:MAX_LOOKS]:
            try:
                seen[host_id] = await self._account.client().host(host_id)
            except XdsError:
                # The list was read, so the service is there; this host is asked for again with the next sweep.
                break
        return _merged(snapshot, seen, snapshot.at)

    def _on_their_way(self) -> tuple[str, ...]:
        """The hosts worth a look of their own: what an order waits for, and what is starting or stopping."""
        if self.state.snapshot is None or self.state.link in (Link.SIGNED_OUT, Link.TROUBLE):
            return ()
        changing = [host.id for host in self.state.snapshot.hosts if host.status.is_changing]
        wanted = dict.fromkeys((*self.orders.awaited_ids(), *self.orders.touched_ids(), *changing))
        return tuple(wanted)[:MAX_LOOKS]

    # What is published

    def _show_catalog(self, catalog: Catalog | None, trouble: XdsError | None) -> None:
        """Show what was read; prices that could not be read anew stay, with the time they are of."""
        self._update(catalog=catalog or self.state.catalog, catalog_trouble=trouble)

    async def _show(self, snapshot: Snapshot, **also: Any) -> None:
        own = {order.host_id for order in self.orders.all if order.host_id}
        self._tell(changes(self.state.snapshot, snapshot, own))
        self._update(snapshot=snapshot, is_remembered=False, **also)
        await self.orders.observe(snapshot)
        if self._saved is None or (snapshot.hosts != self._saved.hosts and snapshot.at - self._saved.at > SAVE_EVERY):
            await self._save(snapshot)

    async def _save(self, snapshot: Snapshot) -> None:
        """Keep the snapshot for the next start; a disk that is full is said once, not every time."""
        self._saved = snapshot
        try:
            await self._journal.save_snapshot(snapshot)
        except StoreError as error:
            self._tell([self._event(EventKind.TROUBLE, summary=error.summary, message=error.detail)])

    def _fail(self, error: XdsError) -> None:
        """Keep the last data, say why they are not newer, and try again later; without credentials wait for some."""
        if not self._account.has_credentials:
            self._update(link=Link.SIGNED_OUT)
            return
        retry_after = error.retry_after if isinstance(error, Refused) else None
        self._pace = self._pace.failed(self._now(), self._lot(), retry_after)
        if type(self.state.trouble) is not type(error):
            self._tell([self._trouble(error)])
        if isinstance(error, SignedOut):
            self._update(link=Link.SIGNED_OUT, trouble=error, retry_at=None)
        else:
            wait = self._pace.wait(self._now(), looking=False) or 0
            self._update(link=Link.TROUBLE, trouble=error, retry_at=self._clock() + timedelta(seconds=wait))

    def _trouble(self, error: XdsError) -> Event:
        return self._event(
            EventKind.SIGNED_OUT if isinstance(error, SignedOut) else EventKind.TROUBLE,
            summary=error.summary,
            message=error.detail,
            trace_id=error.trace_id,
            code=error.code if isinstance(error, Refused | SignedOut) else None,
        )

    def _recover(self) -> None:
        if self.state.trouble is not None:
            self._tell([self._event(EventKind.RECOVERED)])
            self._update(trouble=None, retry_at=None)

    def _tell_of_orders(self, events: Sequence[Event]) -> None:
        """Tell what became of orders, and look at once what the fleet says to it."""
        self._tell(events)
        now = self._now()
        if any(event.state in (OrderState.DONE, OrderState.UNKNOWN) for event in events):
            is_named = all(event.host_id for event in events)
            self._wake(replace(self._pace, look_at=now) if is_named else self._pace.at_once(now))

    def _tell(self, events: Sequence[Event]) -> None:
        """Show events and write them down."""
        if events:
            self._begin(self._write(events))
        latest = (*reversed(events), *self.state.events)[:REMEMBERED]
        self._update(events=latest, orders=self.orders.all)

    async def _write(self, events: Sequence[Event]) -> None:
        try:
            await self._journal.add_events(events)
        except StoreError as error:
            # Told on the screen alone: telling it through `_tell` would try to write it again.
            told = self._event(EventKind.TROUBLE, summary=error.summary, message=error.detail)
            self._update(events=(told, *self.state.events)[:REMEMBERED])

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _event(self, kind: EventKind, **about: Any) -> Event:
        return Event(at=self._clock(), kind=kind, **about)

    def _update(self, **changed: Any) -> None:
        self.state = replace(self.state, **changed)
        self._publish(self.state)

    def _wake(self, pace: Pace) -> None:
        self._pace = pace
        self._woken.set()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _merged(snapshot: Snapshot, seen: Mapping[str, Host | None], at: datetime) -> Snapshot:
    """Put hosts that were asked for singly into a snapshot: the new ones on top, the vanished ones out."""
    if not seen:
        return snapshot
    there = {host.id for host in snapshot.hosts}
    new = [host for host_id, host in seen.items() if host is not None and host_id not in there]
    kept = [seen.get(host.id, host) for host in snapshot.hosts]
    return Snapshot((*new, *(host for host in kept if host is not None)), at)
