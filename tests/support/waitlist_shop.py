"""A shop whose stock is open now and then, and programs that run a waiting list on one journal."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, Self, cast

from xds_tui.api.client import Client
from xds_tui.api.errors import ApiError, NotSent, OutcomeUnknown, Rejected
from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain import waitlist
from xds_tui.domain.model import Billing, Image, Package
from xds_tui.domain.records import Event, OrderState
from xds_tui.domain.waitlist import WaitlistEntry
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.fleet.state import FleetState
from xds_tui.fleet.waitlist_runner import Attempt, WaitlistRunner
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

from .factories import NOON, a_package, a_waitlist_entry, an_image
from .wait import until

ENTRY: Final = a_waitlist_entry(package="office", image="4005", until=NOON + timedelta(days=300))


class Killed(Exception):
    """The end of a program in the middle of a request."""


class Shop:
    """A service whose stock is open now and then."""

    def __init__(self) -> None:
        self.now = NOON
        self.price = Decimal(2)
        self.is_open = False
        self.sold: list[Decimal] = []
        self.asked: list[datetime] = []
        self.faults: list[Exception | None] = []
        """What the next creates answer instead, after they were carried out if the stock is open; None: the truth."""
        self.reading: ApiError | None = None

    async def packages(self, _billing: Billing, *, is_urgent: bool = False) -> tuple[Package, ...]:
        if self.reading is not None:
            raise self.reading
        return (a_package(amount=self.price),)

    async def images(self) -> tuple[Image, ...]:
        return (an_image(),)

    async def create_on_demand(self, *, package_id: str, image_id: str) -> str | None:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, NotSent):
            raise fault
        self.asked.append(self.now)
        if self.is_open:
            self.sold.append(self.price)
        if isinstance(fault, Killed):
            raise asyncio.CancelledError
        if not self.is_open:
            raise fault or Rejected(waitlist.SOLD_OUT, "sold out")
        if fault is not None:
            raise fault
        return f"host{len(self.sold)}"


class Program:
    """A program that runs the waiting list on a journal."""

    def __init__(self, database: Database, shop: Shop) -> None:
        self.database = database
        self.journal = Journal(database, "test")
        self.events: list[Event] = []
        client, book = (lambda: cast("Client", shop)), AnnotationBook(HostsFile(None))
        guard = SpendingGuard((), self.journal, book, lambda: shop.now, FleetState)
        self.orders = OrderService(client, self.journal, lambda: shop.now, self._report, book, guard)
        self.runner = WaitlistRunner(self.orders, guard, self.journal, client, lambda: shop.now)

    @classmethod
    async def started(cls, path: Path, shop: Shop) -> Self:
        program = cls(await Database.open(path), shop)
        await program.orders.resume()
        return program

    def _report(self, events: Sequence[Event]) -> None:
        self.events += events

    async def attempt(self, *entries: WaitlistEntry) -> Attempt | None:
        return await self.runner.attempt(entries or (ENTRY,))


@dataclass(frozen=True)
class Outcome:
    """What came of a simulation."""

    openings: int
    kills: int
    prices: Sequence[Decimal]
    """Of the hosts that were sold."""
    gaps: Sequence[timedelta]
    """Between requests to buy."""


async def simulate(path: Path, seed: int, openings: int, count: int) -> Outcome:
    """Open the stock so many times for a moment, with lost responses, and kills in the middle of purchases.

    Three programs run an entry for `count` hosts on the journal at `path`.
    """
    rng, shop, kills, opened = random.Random(seed), Shop(), 0, 0
    programs = [await Program.started(path, shop) for _number in range(3)]
    entry, kinds = replace(ENTRY, count=count), (None, None, None, OutcomeUnknown("lost"), NotSent("-"), Killed())
    shop.faults = [Killed(), *(rng.choice(kinds) for _number in range(20 * openings))]
    while opened < openings:
        shop.is_open = not opened or rng.random() < 0.4
        shop.price = rng.choice([Decimal(2), Decimal(3), Decimal("3.5")]) if opened else Decimal(2)
        opened += shop.is_open
        tasks = [asyncio.create_task(program.attempt(entry)) for program in programs]
        await until(partial(is_over, tasks, programs))
        for number, (program, task) in enumerate(zip(programs, tasks, strict=True)):
            if is_killed(program):
                kills += 1
                task.cancel()
                await asyncio.wait([task])
                await program.database.close()
                programs[number] = await Program.started(path, shop)
        await asyncio.wait(tasks)
        shop.now += timedelta(seconds=rng.randrange(20, 100))
        if rng.random() < 0.4:
            await settle(programs[0], was_bought=len(shop.sold))
    for program in programs:
        await program.database.close()
    return Outcome(opened, kills, shop.sold, [after - before for before, after in pairwise(shop.asked)])


def is_over(tasks: Sequence[asyncio.Task[Attempt | None]], programs: Sequence[Program]) -> bool:
    """Return whether all attempts have ended, or a program has been killed during one."""
    return all(task.done() for task in tasks) or any(map(is_killed, programs))


def is_killed(program: Program) -> bool:
    """Return whether a task ended in the middle of a request, as at the end of a program."""
    return not program.orders.is_sending and any(order.state is OrderState.SENT for order in program.orders.book)


async def settle(program: Program, was_bought: int) -> None:
    """Decide what became of the unknown attempts, as the user or a listing does."""
    orders = await program.journal.creates()
    done = sum(order.state in (OrderState.ACCEPTED, OrderState.CONFIRMED) for order in orders)
    for order in orders:
        if order.state is OrderState.UNKNOWN and not order.is_forgotten:
            is_bought = done < was_bought
            done += is_bought
            decided = replace(order, state=OrderState.CONFIRMED, host_id=order.id) if is_bought else order
            await program.journal.replace_order(order, replace(decided, is_forgotten=not is_bought))
