"""A request ID names the same orders however often a command runs, and each is claimed by one program at a time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.factories import NOON, a_host, a_package, a_quote

from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.fleet.order_requests import new_request, renewed
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal import Journal, RequestMismatchError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


class Program:
    """One of several programs that share the file."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.journal = Journal(self.database, "default")

    async def end(self) -> None:
        await self.database.close()


@pytest.fixture
async def one(path: Path) -> AsyncIterator[Program]:
    program = Program(path)
    yield program
    await program.end()


@pytest.fixture
async def other(path: Path) -> AsyncIterator[Program]:
    program = Program(path)
    yield program
    await program.end()


def purchase(request_id: str = "nightly", count: int = 1) -> tuple[Order, ...]:
    return new_request(request_id, OrderAction.CREATE, NOON, quote=a_quote(), count=count)


async def test_a_new_request_is_claimed_as_a_whole(one: Program) -> None:
    orders = purchase(count=3)
    claim = await one.journal.claim_request(orders)
    assert claim.claimed == {order.id for order in orders}
    assert [order.state for order in claim.orders] == [OrderState.PENDING] * 3
    assert await one.journal.request("nightly") == claim.orders


async def test_a_request_of_a_running_program_is_not_claimed(one: Program, other: Program) -> None:
    first = await one.journal.claim_request(purchase())
    second = await other.journal.claim_request(purchase())
    assert second.claimed == frozenset()
    assert [order.id for order in second.orders] == [order.id for order in first.orders]


async def test_one_of_many_programs_claims_a_request(path: Path) -> None:
    programs = [Program(path) for _ in range(8)]
    claims = await asyncio.gather(*(program.journal.claim_request(purchase()) for program in programs))
    assert sorted(len(claim.claimed) for claim in claims) == [0] * 7 + [1]
    assert len({claim.orders[0].id for claim in claims}) == 1
    for program in programs:
        await program.end()


async def test_a_program_does_not_claim_what_it_is_sending_itself(one: Program) -> None:
    await one.journal.claim_request(purchase())
    assert (await one.journal.claim_request(purchase())).claimed == frozenset()


async def test_what_a_program_left_unsent_is_claimed_with_the_new_quote(one: Program, other: Program) -> None:
    first = (await one.journal.claim_request(purchase())).orders[0]
    await one.end()
    dearer = a_quote(package=a_package(amount=a_quote().estimate * 2))
    again = replace(renewed(first, NOON.replace(hour=13)), quote=dearer)
    claim = await other.journal.claim_request([again])
    assert claim.claimed == {first.id}
    assert (claim.orders[0].created_at.hour, claim.orders[0].quote) == (13, dearer)


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.PENDING])
async def test_only_what_was_provably_not_sent_is_claimed_again(
    one: Program, other: Program, state: OrderState
) -> None:
    (order,) = (await one.journal.claim_request(purchase())).orders
    await one.journal.write_orders([replace(order, state=state, sent_at=NOON)])
    await one.end()
    claim = await other.journal.claim_request(purchase())
    assert bool(claim.claimed) is (state is OrderState.NOT_SENT)
    assert claim.orders[0].id == order.id


async def test_a_program_that_lost_an_order_can_neither_send_nor_overwrite_it(one: Program, other: Program) -> None:
    (order,) = (await one.journal.claim_request(purchase())).orders
    one.database.instance.close()  # as if the file that shows it to be running had been deleted
    assert (await other.journal.claim_request(purchase())).claimed
    with pytest.raises(StoreError):
        await one.journal.write_orders([replace(order, state=OrderState.SENT, sent_at=NOON)])
    assert [order.state for order in await other.journal.request("nightly")] == [OrderState.PENDING]


async def test_a_request_id_is_not_used_for_something_else(one: Program) -> None:
    (order,) = (await one.journal.claim_request(purchase())).orders
    await one.journal.write_orders([replace(order, state=OrderState.NOT_SENT)])
    for different in (
        purchase(count=2),
        new_request("nightly", OrderAction.DELETE, NOON, hosts=[a_host()]),
        new_request("nightly", OrderAction.CREATE, NOON, quote=a_quote(package=a_package(id="p2"))),
    ):
        with pytest.raises(RequestMismatchError):
            await one.journal.claim_request(different)


async def test_accounts_have_request_ids_of_their_own(one: Program) -> None:
    await one.journal.bind_account("https://api.example.com", "a")
    await one.journal.claim_request(purchase())
    await one.journal.bind_account("https://api.example.com", "b")
    assert await one.journal.request("nightly") == ()
    assert (await one.journal.claim_request(purchase())).claimed


async def test_the_file_holds_a_request_once(one: Program, path: Path) -> None:
    await one.journal.claim_request(purchase())
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO orders (id, scope, created_at, state, body, request_id, request_index)"
            " SELECT 'copy', scope, created_at, state, body, request_id, request_index FROM orders"
        )


async def test_a_request_with_an_unreadable_order_is_not_repeated(one: Program, path: Path) -> None:
    await one.journal.claim_request(purchase())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE orders SET body = ?", (json.dumps({"of": "a later version"}),))
        connection.commit()
    with pytest.raises(StoreError):
        await one.journal.claim_request(purchase())


async def test_another_programs_writing_changes_the_version(one: Program, other: Program) -> None:
    await other.journal.version()  # after what it writes when it opens the file
    before = await one.journal.version()
    await one.journal.claim_request(purchase("own"))
    assert await one.journal.version() == before
    await other.journal.claim_request(purchase("foreign"))
    assert await one.journal.version() != before
