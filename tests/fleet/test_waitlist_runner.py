"""The waiting list under faults and kills: never more hosts than wanted, and never above the highest price."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.factories import NOON
from support.waitlist_shop import ENTRY, Program, Shop, settle, simulate

from xds_tui.api.errors import OutcomeUnknown, Rejected
from xds_tui.domain import waitlist
from xds_tui.fleet import waitlist_runner
from xds_tui.fleet.waitlist_runner import Result
from xds_tui.store.journal import Journal


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
async def test_faults_kills_and_several_programs(tmp_path: Path, seed: int) -> None:
    """Never more hosts than wanted, never above the highest price, and never two requests within a minute."""
    outcome = await simulate(tmp_path / "journal.db", seed, openings=20, count=3)
    assert outcome.kills
    assert 1 <= len(outcome.prices) <= 3
    assert max(outcome.prices) <= ENTRY.max_price
    assert min(outcome.gaps) >= waitlist.MIN_INTERVAL


async def test_an_attempt_that_another_program_settled_does_not_stop_the_entry(program: Program, shop: Shop) -> None:
    shop.is_open, shop.faults = True, [OutcomeUnknown("no answer"), OutcomeUnknown("no answer")]
    assert await results(program, shop, 2) == [Result.UNKNOWN, None]
    await settle(program, was_bought=0)  # in the journal alone, as by xds-tui orders forget
    shop.now += waitlist.RETRY_DELAY
    assert await results(program, shop, 1) == [Result.UNKNOWN]
    await settle(program, was_bought=1)
    shop.now += waitlist.RETRY_DELAY
    assert await results(program, shop, 2) == [Result.BOUGHT, None]
