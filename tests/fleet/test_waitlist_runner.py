"""The waiting list under faults and kills: never more hosts than wanted, and never above the highest price."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from support.factories import NOON, a_package, an_image
from support.wait import until

from xds_tui.api.client import Client
from xds_tui.api.errors import ApiError, NotSent, OutcomeUnknown, Rejected
from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain import waitlist
from xds_tui.domain.model import Billing, Image, Package
from xds_tui.domain.records import Event, OrderState
from xds_tui.domain.waitlist import WaitlistEntry
from xds_tui.fleet import waitlist_runner
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.fleet.state import FleetState
from xds_tui.fleet.waitlist_runner import Attempt, Result, WaitlistRunner
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

ENTRY = WaitlistEntry(
    name="gpu",
    key="k1",
    package="office",
    image="4005",
    max_price=Decimal(3),
    until=NOON + timedelta(days=300),
    count=2,
)


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
    async def started(cls, path: Path, shop: Shop) -> Program:
        program = cls(await Database.open(path), shop)
        await program.orders.resume()
        return program

    def _report(self, events: Sequence[Event]) -> None:
        self.events += events

    async def attempt(self, *entries: WaitlistEntry) -> Attempt | None:
        return await self.runner.attempt(entries or (ENTRY,))


@pytest.fixture(autouse=True)
def quick_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitlist_runner, "RESPONSE_POLL", 0.001)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def program(journal: Journal, shop: Shop) -> Program:
    return Program(journal._database, shop)


async def results(program: Program, shop: Shop, count: int) -> list[Result | None]:
    found: list[Result | None] = []
    for _number in range(count):
        attempt = await program.attempt()
        found.append(attempt.result if attempt else None)
        shop.now += timedelta(seconds=80)
    return found


async def test_hosts_are_bought_when_stock_returns_and_not_more(program: Program, shop: Shop) -> None:
    assert await results(program, shop, 3) == [Result.SOLD_OUT] * 3
    assert program.events == []
    shop.is_open = True
    assert await results(program, shop, 4) == [Result.BOUGHT, Result.BOUGHT, None, None]
    assert len(shop.sold) == 2
    gaps = [after - before for before, after in zip(shop.asked, shop.asked[1:], strict=False)]
    assert min(gaps) >= waitlist.MIN_INTERVAL


async def test_nothing_is_bought_above_the_highest_price(program: Program, shop: Shop) -> None:
    shop.is_open, shop.price = True, Decimal("3.01")
    attempt = await program.attempt()
    assert attempt is not None
    assert (attempt.result, attempt.summary) == (Result.NOT_SENT, waitlist_runner.TOO_EXPENSIVE)
    assert attempt.detail == "3.01 > 3.00 CNY/h"
    assert (await program.attempt(), shop.asked) == (None, [])
    shop.price, shop.now = Decimal(3), shop.now + timedelta(minutes=2)
    assert await results(program, shop, 1) == [Result.BOUGHT]


async def test_an_unknown_attempt_ends_the_attempts(program: Program, shop: Shop) -> None:
    shop.is_open, shop.faults = True, [OutcomeUnknown("no answer")]
    assert await results(program, shop, 10) == [Result.UNKNOWN, *[None] * 9]
    assert len(shop.asked) == 1


async def test_a_delay_that_the_service_asks_for_is_respected(program: Program, shop: Shop) -> None:
    shop.reading = Rejected(429, "slow down", retry_after=900)
    assert await results(program, shop, 1) == [Result.NOT_SENT]
    shop.reading = None
    assert await results(program, shop, 10) == [None] * 10
    shop.now = NOON + timedelta(seconds=900)
    assert await results(program, shop, 1) == [Result.SOLD_OUT]


async def test_an_entry_for_something_that_is_not_sold_waits(program: Program, shop: Shop) -> None:
    for entry in (replace(ENTRY, package="none"), replace(ENTRY, image="none"), replace(ENTRY, name="x", image="")):
        shop.now += timedelta(minutes=2)
        attempt = await program.attempt(entry)
        assert attempt is not None
        assert attempt.summary == waitlist_runner.NOT_SOLD
    assert shop.asked == []


async def test_attempts_that_bought_nothing_do_not_fill_the_journal(program: Program, shop: Shop) -> None:
    await results(program, shop, 120)
    assert len(shop.asked) == 120
    assert len(await program.journal.orders(1000)) < 60


@pytest.mark.sweep(2)
@pytest.mark.parametrize("seed", range(20))
async def test_faults_kills_and_several_programs(tmp_path: Path, shop: Shop, seed: int) -> None:
    """Stock opens for seconds; a program is killed in the middle of a purchase, and another one follows."""
    rng = random.Random(seed)
    path = tmp_path / "journal.db"
    programs, kills = [await Program.started(path, shop) for _number in range(2)], 0
    entry, kinds = replace(ENTRY, count=6), (None, None, OutcomeUnknown("lost"), NotSent("no line"), Killed())
    shop.faults = [Killed(), *(rng.choice(kinds) for _number in range(80))]
    for opening in range(80):
        shop.is_open = not opening or rng.random() < 0.5
        shop.price = rng.choice([Decimal(2), Decimal("3.5")]) if opening else Decimal(2)
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
        if rng.random() < 0.5:
            await settle(programs[opening % 2], was_bought=len(shop.sold))
        assert len(shop.sold) <= entry.count
        assert all(price <= ENTRY.max_price for price in shop.sold)
    gaps = [after - before for before, after in zip(shop.asked, shop.asked[1:], strict=False)]
    assert min(gaps) >= waitlist.MIN_INTERVAL
    assert kills
    assert shop.sold
    for program in programs:
        await program.database.close()


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


async def test_an_attempt_that_another_program_settled_does_not_stop_the_entry(program: Program, shop: Shop) -> None:
    shop.is_open, shop.faults = True, [OutcomeUnknown("no answer"), OutcomeUnknown("no answer")]
    assert await results(program, shop, 2) == [Result.UNKNOWN, None]
    await settle(program, was_bought=0)  # in the journal alone, as by xds-tui orders forget
    shop.now += waitlist.RETRY_DELAY
    assert await results(program, shop, 1) == [Result.UNKNOWN]
    await settle(program, was_bought=1)
    shop.now += waitlist.RETRY_DELAY
    assert await results(program, shop, 2) == [Result.BOUGHT, None]
