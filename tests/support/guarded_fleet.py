"""A fleet in memory and programs that guard it, with a clock that the test controls and faults that it chooses.

A program does what the monitor does with each refresh, without HTTP: it lists, records the changes, follows the orders
and carries out the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from xds_tui.api.client import Client
from xds_tui.api.errors import NotSent, OutcomeUnknown, Rejected
from xds_tui.config.hosts_file import HostsFile
from xds_tui.config.rule_file import RulesRead
from xds_tui.domain import snapshot_diff
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.caps import Cap
from xds_tui.domain.guard import GuardRecord
from xds_tui.domain.model import Absence, Host, Snapshot, Status
from xds_tui.domain.pricing import Costs, Rate
from xds_tui.domain.records import Event, Sample
from xds_tui.domain.rule_planner import Rule
from xds_tui.fleet import reducer
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.guard import Guard, RuleSource
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.fleet.state import FleetState
from xds_tui.fleet.updates import RulesChecked, UpdateQueue
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

from .factories import NOON, a_host
from .wait import until

PRICE = Decimal(4)
"""CNY per hour of each host."""
URL, ACCOUNT = "https://example.com", "li"


@dataclass
class Clock:
    """A clock that only moves when it is advanced."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class Fleet:
    """The hosts of an account, and every power request that may have been carried out."""

    clock: Clock
    hosts: dict[str, Host] = field(default_factory=dict)
    requests: list[tuple[datetime, str, bool]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What happens to the next requests, oldest first: `rejected`, `not sent`, `lost` (done, without a response) or
    `ignored` (accepted, and not done); nothing when it is empty."""
    unlisted: set[str] = field(default_factory=set)
    """Hosts that are missing from the list, so that what is known of them may be wrong."""
    declined: int = 0
    """Requests that did nothing, as the client knows; they are not in `requests`."""

    def add(self, host_id: str, *tags: str, is_on: bool = True, is_marked: bool = False) -> None:
        status = Status.BILLED if is_on else Status.OFF
        annotation = Annotation(tags=tags, is_marked=is_marked)
        self.hosts[host_id] = a_host(
            id=host_id, name=host_id, status=status, annotation=annotation, created=self.clock()
        )

    def set(self, host_id: str, *, is_on: bool) -> None:
        self.hosts[host_id] = replace(self.hosts[host_id], status=Status.BILLED if is_on else Status.OFF)

    def is_on(self, host_id: str) -> bool:
        return self.hosts[host_id].status.is_on

    def snapshot(self) -> Snapshot:
        unlisted = {host_id: Absence(self.clock(), is_confirmed=False) for host_id in self.unlisted}
        return Snapshot(tuple(self.hosts.values()), self.clock(), unlisted=unlisted)

    async def power(self, host_id: str, on: bool) -> None:
        """Receive a request of a client."""
        await asyncio.sleep(0)
        fault = self.faults.pop(0) if self.faults else ""
        if fault in ("not sent", "rejected"):
            self.declined += 1
            raise NotSent("No connection") if fault == "not sent" else Rejected(1037, "Not now")
        self.requests.append((self.clock(), host_id, on))
        if fault != "ignored":
            self.set(host_id, is_on=on)
        if fault == "lost":
            raise OutcomeUnknown("No response")


class Program:
    """A program that watches the fleet."""

    def __init__(
        self,
        path: Path | None,
        fleet: Fleet,
        rules: Sequence[Rule],
        name: str = "watch",
        hosts_file: Path | None = None,
        caps: Sequence[Cap] = (),
    ) -> None:
        self.fleet = fleet
        self.rules = tuple(rules)
        self.events: list[Event] = []
        self.record: GuardRecord | None = None
        self.interval = 15.0
        self.database = Database(path)
        self.journal = Journal(self.database, "test")
        self.updates = UpdateQueue()
        book = AnnotationBook(HostsFile(hosts_file))
        client = cast("Client", fleet)
        spending = SpendingGuard(caps, self.journal, book, fleet.clock, lambda: self.state)
        self.orders = OrderService(lambda: client, self.journal, fleet.clock, self._report, book, spending)
        self.guard = Guard(self.journal, self.orders, self.updates, fleet.clock, spending)
        self.guard.carry_out(RuleSource(self._read, name))
        self._before: Snapshot | None = None
        self._is_bound = False

    async def _read(self) -> RulesRead:
        return RulesRead(self.rules)

    def _report(self, events: Sequence[Event]) -> None:
        self._record(tuple(events))

    def _record(self, events: tuple[Event, ...]) -> None:
        _state, flagged = reducer.with_events(FleetState(), events)
        self.events += flagged

    @property
    def alerts(self) -> list[Event]:
        return [event for event in self.events if event.alert]

    async def refresh(self) -> None:
        """List the hosts, and carry out the rules."""
        await self.list_hosts()
        self.guard.check(self.state)
        await self.settle()

    @property
    def state(self) -> FleetState:
        """The hosts as they were listed last."""
        rates = dict.fromkeys(self.fleet.hosts, Rate(PRICE, PRICE, is_known=True))
        return FleetState(snapshot=self._before, interval=self.interval, costs=Costs(rates))

    async def list_hosts(self) -> None:
        if not self._is_bound:
            self._is_bound = True
            await self.journal.bind_account(URL, ACCOUNT)
            self._before = await self.journal.last_snapshot()
            await self.orders.resume()
        await self.orders.sync()
        answered, snapshot = self.orders.book.answered_ids(), self.fleet.snapshot()
        changes = snapshot_diff.changes(self._before, snapshot)
        self._before = snapshot
        await self.journal.add_events(changes)
        self._record(await self.orders.reconcile(snapshot, answered))
        await self.journal.save_snapshot(snapshot)
        await self.journal.add_sample(Sample(at=snapshot.at, total=len(snapshot.hosts), on=0, changing=0))

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await until(lambda: not self.guard.is_checking and not self.orders.is_sending)
        for update in self.updates.take():
            if isinstance(update, RulesChecked):
                self.record = update.guard
                self._record(update.events)

    async def close(self) -> None:
        await self.guard.close(5)
        await self.orders.close(5)
        await self.database.close()

    async def kill(self) -> None:
        """End like a killed process: nothing that is under way is finished, and the lock is released."""
        tasks = self.orders._tasks | ({self.guard._checking} if self.guard._checking is not None else set())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.database.close()


def stops(fleet: Fleet) -> Iterator[str]:
    """Yield the hosts that were requested to stop."""
    return (host_id for _at, host_id, on in fleet.requests if not on)
