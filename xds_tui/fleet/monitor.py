"""The loop that watches the fleet: real clock, real calls; `pace` says when and what, `list_hosts` how."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from xds_tui.api.errors import ApiError, BadResponse, NotSent, Rejected, SignedOut
from xds_tui.auth.account import Account
from xds_tui.domain import pricing
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.poll_schedule import MAX_SLEEP, PollSchedule, has_clock_jumped
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, EventKind, OrderState
from xds_tui.domain.snapshot_diff import changes
from xds_tui.fleet.catalog_reader import CatalogReader
from xds_tui.fleet.host_listing import ProgressReporter, list_hosts
from xds_tui.fleet.host_lookup import HostLookup
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.state import ConnectionState, FleetState, Progress
from xds_tui.fleet.storage_watch import StorageWatch
from xds_tui.store.database import StoreError

if TYPE_CHECKING:
    from xds_tui.auth.keyring_store import CredentialStoreError
    from xds_tui.store.journal import Journal


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


async def _soon() -> None:
    """Wait for nothing: there is no screen."""


class Monitor:
    """Keeps one `FleetState` true and publishes every change of it.

    Attributes:
        state: what is known now.
        orders: the one door for what changes anything.
        history: what is remembered.

    """

    def __init__(
        self,
        account: Account,
        journal: Journal,
        *,
        interval: float,
        clock: Callable[[], datetime] = utc_now,
        first: Snapshot | None = None,
        rng: Callable[[], float] = random.random,
    ) -> None:
        """Make a monitor that has not asked anything yet.

        Args:
            account: who asks.
            journal: what is remembered, and where events go.
            interval: seconds between two sweeps.
            clock: the time, UTC.
            first: a snapshot that is shown until the first sweep, marked as remembered.
            rng: draws from [0, 1), for the jitter of the back-off.

        """
        self._account = account
        self._clock = clock
        self._publish: Callable[[FleetState], None] = lambda state: None
        self._pace = PollSchedule(interval=interval, sweep_at=0, look_at=0)
        self._woken = asyncio.Event()
        self._identity: tuple[str, str] | None = None
        self._is_anew = False
        self._keyring_trouble: CredentialStoreError | None = None
        self._costs_basis: tuple[object, ...] = ()
        self._reckoned = Costs()
        self._rng = rng
        self._changing_hands: asyncio.Task[None] | None = None
        self._prices = CatalogReader(account.client, clock, self._show_catalog)
        self.recorder = Recorder(journal, clock, self._show_events)
        self._storage = StorageWatch(journal, self._show_storage)
        self.orders = OrderService(account.client, journal, clock, self._tell_of_orders)
        self._looks = HostLookup(account.client, self.orders.book, clock)
        base_url = account.base_url if account.is_address_known else ""
        self.state = FleetState(interval=interval, base_url=base_url, snapshot=first, is_restored=first is not None)

    # What the screens ask for

    def refresh(self) -> None:
        """Ask for everything now: the fleet and the catalog."""
        self.refresh_catalog()
        self._wake(self._pace.at_once(self._now()))
        if self.state.connection is not ConnectionState.SIGNED_OUT:
            self._update(progress=Progress())

    def refresh_catalog(self) -> None:
        """Read images and prices again, now."""
        if self.state.connection is not ConnectionState.SIGNED_OUT:
            self._prices.read()

    def request_details(self, host_id: str) -> None:
        """Ask once, now, for everything about one host."""
        self._looks.describe(host_id)
        self._wake(replace(self._pace, look_at=self._now()))

    def handle_sign_in(self) -> None:
        """Begin anew for whoever signed in: what is known is of whoever was before, unless it is the same."""
        # A bare token does not say whose it is: the hosts that it shows will.
        self._is_anew = not self._account.account_id
        if self._identity not in (None, self._account.identity):
            self._forget()
        base_url, account = self._account.identity
        self._update(connection=ConnectionState.CONNECTING, base_url=base_url, account=account, error=None)
        self._changing_hands = asyncio.get_running_loop().create_task(self._belong())
        self._prices.restart()
        self._wake(self._pace.at_once(self._now()))

    def set_paused(self, paused: bool) -> None:
        """Stop sweeping, or begin again at once."""
        pace = replace(self._pace, paused=paused)
        self._wake(pace if paused else pace.at_once(self._now()))
        self._update(connection=ConnectionState.PAUSED if paused else ConnectionState.CONNECTING)

    def set_interval(self, interval: float) -> None:
        """Sweep every `interval` seconds from now on."""
        self._wake(self._pace.every(interval, self._now()))
        self._update(interval=interval)

    # The loop

    async def run(self, publish: Callable[[FleetState], None], shown: Callable[[], Awaitable[None]] = _soon) -> None:
        """Watch until cancelled, and hand every new state to `publish`.

        Args:
            publish: is handed each.
            shown: is waited for before the keyring and the network are, so that what is remembered is painted first.

        """
        self._publish = publish
        self._storage.begin(self._catch_up)
        if self._account.is_given:
            # Whose the hosts are is known at once, so nobody else's are shown before.
            await self.recorder.bind_account(*self._account.identity)
        await self._recall()
        await shown()
        await self._account.open()
        if self._account.has_credentials:
            await self._belong()
        base_url, account = self._account.identity
        self._update(base_url=base_url, account=account)
        while True:
            await self._wait()
            if self._pace.sweep_is_due(self._now()):
                await self._sweep()
            elif self.state.connection is not ConnectionState.SIGNED_OUT:
                await self._look()

    async def close(self, patience: float) -> bool:
        """Wait for the orders under way, at most `patience` seconds; whether all of them ended."""
        ended = await self.orders.close(patience)
        await self._prices.close()
        await self._storage.close(patience)
        await self._account.close()
        await self.recorder.close(None if self.state.is_restored else self.state.snapshot, patience)
        return ended

    async def _recall(self) -> None:
        """Show what an earlier run left, until the service has answered."""
        snapshot = await self.recorder.recall()
        self._update(storage_problem=self.recorder.journal.problem)
        if self.state.snapshot is None and snapshot is not None:
            self._update(snapshot=snapshot, is_restored=True)
        if self.state.snapshot is not None:
            self.orders.book.know(self.state.snapshot)

    async def _belong(self) -> None:
        """Have what is remembered be that of whoever is signed in, and take up the orders of that account."""
        self._identity = self._account.identity
        if await self.recorder.bind_account(*self._identity):
            if self.state.is_restored:
                self._forget()
            await self._recall()
        try:
            await self.orders.resume()
        except StoreError as error:
            self.recorder.record([self._event(EventKind.TROUBLE, summary=error.summary, message=error.detail)])
        await self.recorder.report_unreadable_orders()
        self._update(orders=self.orders.all)
        self._reckon()

    async def _catch_up(self) -> None:
        """Take up what the history file holds that has just become usable."""
        if self._identity is not None:
            await self._belong()

    def _show_storage(self, problem: StoreError | None) -> None:
        """Show why no order can be recorded, if so."""
        self.recorder.note_storage()
        self._update(storage_problem=problem)

    def _forget(self) -> None:
        """Let go of what is somebody else's."""
        self._looks.forget()
        self.orders.forget()
        self._update(snapshot=None, is_restored=False, catalog=None, costs=Costs(), events=(), orders=())

    async def _wait(self) -> None:
        """Sleep until something is due, until somebody wants it sooner, or until the machine has slept."""
        while not self._woken.is_set():
            wait = None
            if self.state.connection is not ConnectionState.SIGNED_OUT:
                wait = self._pace.wait(self._now(), looking=self._is_looking())
            if wait == 0:
                break
            began, wall = self._now(), self._clock()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait if wait is None else min(wait, MAX_SLEEP)):
                    await self._woken.wait()
            if has_clock_jumped(self._now() - began, (self._clock() - wall).total_seconds()):
                self._pace = self._pace.at_once(self._now())
        self._woken.clear()

    async def _sweep(self) -> None:
        whose, answered = self._account.identity, self.orders.book.answered_ids()
        try:
            source = ProgressReporter(self._account.client(), self._tell_how_far)
            deleted = self.orders.book.deleted_ids()
            before, is_anew = self.state.snapshot, self._is_anew
            swept = await list_hosts(source, before, self._clock, deleted=deleted, may_be_others=is_anew)
            snapshot = await self._looks.with_latecomers(swept.snapshot)
        except ApiError as error:
            if self._woken.is_set():
                # Asked for anew meanwhile, perhaps as somebody else: this failure is of what was before.
                self._pace = self._pace.at_once(self._now())
            else:
                self._fail(error)
            return
        self._pace = self._pace.swept(self._now())
        if self._woken.is_set():
            # What it is wanted for may have happened after this sweep had begun.
            self._pace = self._pace.at_once(self._now())
        if whose != self._account.identity:
            return
        self._recover()
        self._tell_of_keyring()
        link = ConnectionState.PAUSED if self._pace.paused else ConnectionState.LIVE
        reading = self.state.progress if self._woken.is_set() else None
        await self._show(snapshot, answered, unreadable=swept.unreadable, connection=link, progress=reading)
        self.recorder.keep(snapshot, self.state.costs, self.state.catalog)
        self._prices.read_if_old()

    async def _look(self) -> None:
        """Ask for the hosts that are on their way, one by one, and put them into the snapshot."""
        self._pace = self._pace.looked(self._now())
        before, answered = self.state.snapshot, self.orders.book.answered_ids()
        if before is None:
            return
        looked = await self._looks.looked(before)
        snapshot, trouble = looked.snapshot, looked.trouble
        if looked.is_sweep_due:
            self._pace = self._pace.at_once(self._now())
        if isinstance(trouble, BadResponse) or (isinstance(trouble, Rejected) and trouble.retry_after is None):
            # The list may still be readable, and the next sweep tells if not: look no more until then.
            self._pace = replace(self._pace, look_at=self._pace.sweep_at)
        elif trouble is not None:
            self._fail(trouble)
            return
        if self.state.snapshot is before:  # else somebody else signed in meanwhile
            await self._show(snapshot, answered)

    def _tell_how_far(self, reading: Progress) -> None:
        """Show it to those that wait; a sweep that comes by itself is nobody's business."""
        if self.state.progress is not None or self.state.connection is ConnectionState.CONNECTING:
            self._update(progress=reading)

    def _is_looking(self) -> bool:
        """Whether any host is worth a look of its own now."""
        snapshot = self.state.snapshot
        if snapshot is None or self.state.connection in (ConnectionState.SIGNED_OUT, ConnectionState.ERROR):
            return False
        return bool(self._looks.wanted(snapshot))

    # What is published

    async def _show(self, snapshot: Snapshot, answered: Collection[str], **also: Any) -> None:
        """Show what was seen, tell what changed, and settle the orders that it agrees with."""
        old = self.state.snapshot
        if self._is_anew:
            self._is_anew = False
            old = None if _are_strangers(old, snapshot) else old
        self.recorder.record(self.orders.book.attribute(changes(old, snapshot), snapshot, answered))
        self._update(snapshot=snapshot, is_restored=False, costs=self._costs(snapshot, self.state.catalog), **also)
        await self.recorder.tell_of_expiring(snapshot)
        await self.orders.observe(snapshot, answered)

    def _show_catalog(self, catalog: Catalog | None, trouble: ApiError | None) -> None:
        """Show what was read; prices that could not be read anew stay, with the time they are of."""
        self._update(catalog=catalog or self.state.catalog, catalog_error=trouble)
        self._reckon()

    def _show_events(self) -> None:
        self._update(events=self.recorder.events)

    def _reckon(self) -> None:
        """Show what the hosts cost by what is known now."""
        if self.state.snapshot is not None:
            self._update(costs=self._costs(self.state.snapshot, self.state.catalog))

    def _costs(self, snapshot: Snapshot, catalog: Catalog | None) -> Costs:
        """Return what the hosts cost; what was reckoned before where nothing that it depends on has changed."""
        basis = (snapshot.hosts, catalog, len(self.orders.book.bought))
        if basis != self._costs_basis:
            self._costs_basis = basis
            self._reckoned = pricing.costs(snapshot.hosts, catalog, self.orders.book.bought, self._clock())
        return self._reckoned

    def _fail(self, error: ApiError) -> None:
        """Keep the last data, say why they are not newer, and try again later; without credentials wait for some."""
        if not self._account.has_credentials:
            if self._account.unread is not None:
                self._tell_of_keyring()
            self._update(connection=ConnectionState.SIGNED_OUT, progress=None)
            return
        retry_after = error.retry_after if isinstance(error, Rejected | SignedOut) else None
        is_unreachable = isinstance(error, NotSent)
        self._pace = self._pace.failed(self._now(), self._rng(), is_unreachable=is_unreachable, retry_after=retry_after)
        if type(self.state.error) is not type(error):
            self.recorder.record([self._trouble(error)])
        if isinstance(error, SignedOut) and not error.is_passing:
            self._update(connection=ConnectionState.SIGNED_OUT, error=error, retry_at=None, progress=None)
        else:
            wait = self._pace.wait(self._now(), looking=False) or 0
            retry_at = self._clock() + timedelta(seconds=wait)
            self._update(connection=ConnectionState.ERROR, error=error, retry_at=retry_at, progress=None)

    def _trouble(self, error: ApiError) -> Event:
        return self._event(
            EventKind.SIGNED_OUT if isinstance(error, SignedOut) and not error.is_passing else EventKind.TROUBLE,
            summary=error.summary,
            message=error.detail,
            trace_id=error.trace_id,
            code=error.code if isinstance(error, Rejected | SignedOut) else None,
        )

    def _tell_of_keyring(self) -> None:
        """Tell of a keyring that has begun to fail: the next start may have to ask for a new token, or for more."""
        trouble = self._account.vault_trouble
        if trouble is not None and trouble is not self._keyring_trouble:
            self.recorder.record([self._event(EventKind.TROUBLE, summary=trouble.summary, message=trouble.detail)])
        self._keyring_trouble = trouble

    def _recover(self) -> None:
        if self.state.error is not None:
            self.recorder.record([self._event(EventKind.RECOVERED)])
            self._update(error=None, retry_at=None)

    def _tell_of_orders(self, events: Sequence[Event]) -> None:
        """Tell what became of orders, and look at once what the fleet says to it."""
        self.recorder.record(events)
        self._update(orders=self.orders.all)
        now = self._now()
        if any(event.state in (OrderState.ACCEPTED, OrderState.UNKNOWN) for event in events):
            is_named = all(event.host_id for event in events)
            self._wake(replace(self._pace, look_at=now) if is_named else self._pace.at_once(now))

    def _event(self, kind: EventKind, **about: Any) -> Event:
        return Event(at=self._clock(), kind=kind, **about)

    def _update(self, **changed: Any) -> None:
        self.state = replace(self.state, **changed)
        self._publish(self.state)

    def _wake(self, pace: PollSchedule) -> None:
        self._pace = pace
        self._woken.set()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _are_strangers(old: Snapshot | None, new: Snapshot) -> bool:
    """Whether two fleets have no host in common."""
    return old is not None and {host.id for host in old.hosts}.isdisjoint(host.id for host in new.hosts)
