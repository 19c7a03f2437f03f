"""The stored data of the account that is signed in: restored at the start, replaced when another account signs in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from xds_tui.auth.account import Account
from xds_tui.domain.records import Event
from xds_tui.fleet import reducer
from xds_tui.fleet.host_lookup import HostLookup
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.publisher import StatePublisher
from xds_tui.fleet.purchase_annotator import PurchaseAnnotator
from xds_tui.fleet.recorder import Recorder
from xds_tui.store.database import StoreError


class AccountData:
    """Loads what the journal holds of an account into the state and the order service.

    Attributes:
        may_be_other_account: whether the hosts shown may be of another account than the one signed in. A bare token
            does not name its account, so only the next listing can tell.

    """

    def __init__(
        self,
        account: Account,
        recorder: Recorder,
        orders: OrderService,
        lookup: HostLookup,
        publisher: StatePublisher,
        clock: Callable[[], datetime],
    ) -> None:
        """Load data of `account` from the journal of `recorder`."""
        self.may_be_other_account = False
        self._account = account
        self._recorder = recorder
        self._orders = orders
        self._lookup = lookup
        self._publisher = publisher
        self._clock = clock
        self._annotator = PurchaseAnnotator(recorder.journal, orders.annotations, clock)
        self._identity: tuple[str, str] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def restore(self) -> None:
        """Show what an earlier run stored, until the service has answered."""
        if self._identity is None and self._account.has_given_credentials:
            # The account is known before anything is shown, so the data of no other are.
            await self._recorder.bind_account(*self._account.identity)
        snapshot, events = await self._recorder.restore()
        state = reducer.after_restore(self._publisher.state, snapshot, events, self._clock())
        self._publisher.commit(reducer.after_storage_change(state, self._recorder.journal.problem))
        if state.snapshot is not None:
            self._orders.book.update_hosts(state.snapshot)

    async def load(self) -> None:
        """Show the stored data of the account that is signed in, and resume its orders."""
        publisher = self._publisher
        self._identity = self._account.identity
        if await self._recorder.bind_account(*self._identity):
            if publisher.state.is_restored:
                self._reset()
            publisher.commit(reducer.without_events(publisher.state))
            await self.restore()
        try:
            self._annotator.resume(await self._orders.resume())
        except StoreError as error:
            publisher.stage(*reducer.after_journal_error(publisher.state, error, self._clock()))
        unreadable = await self._recorder.new_unreadable_orders()
        publisher.stage(*reducer.with_events(publisher.state, unreadable))
        publisher.commit(*reducer.after_orders(publisher.state, self._orders.context(), (), self._clock()))

    async def annotate_purchases(self) -> None:
        """Give the hosts that were ordered what the user entered for them."""
        if self._identity is not None:
            await self._annotator.annotate(self._orders.all)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a method of this class in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, max_wait: float) -> None:
        """Wait at most `max_wait` seconds for what was started."""
        self.start(self.annotate_purchases())
        await asyncio.wait(self._tasks, timeout=max_wait)

    async def sync(self, report: Callable[[tuple[Event, ...]], None]) -> None:
        """Show what other programs wrote to the journal about orders, and pass it to `report` as events."""
        if self._identity is None:
            return
        publisher, identity = self._publisher, self._identity
        try:
            events = await self._orders.sync()
        except StoreError:
            return  # reported when something is to be written
        if identity != self._identity:
            return
        # Their programs record them, too.
        state, _not_recorded = reducer.after_orders(publisher.state, self._orders.context(), events, self._clock())
        publisher.commit(state)
        report(events)

    async def sync_after_end_of_program(self, report: Callable[[tuple[Event, ...]], None]) -> None:
        """Follow the open orders of other programs that have ended since; no other program does."""
        if self._orders.book.has_open_elsewhere:
            await self.sync(report)

    async def reload(self) -> None:
        """Load the data from a history file that has become usable, if an account is signed in."""
        if self._identity is not None:
            await self.load()
        self._recorder.report_storage()
        problem = self._recorder.journal.problem
        self._publisher.commit(reducer.after_storage_change(self._publisher.state, problem))

    def handle_sign_in(self) -> None:
        """Show the account that has signed in; remove what is known of another one."""
        identity = self._account.identity
        self.may_be_other_account = not self._account.account_id
        if self._identity not in (None, identity):
            self._reset()
        self._publisher.commit(reducer.after_sign_in(self._publisher.state, *identity))

    def _reset(self) -> None:
        self._lookup.reset()
        self._orders.reset()
        self._publisher.stage(reducer.without_account_data(self._publisher.state))
