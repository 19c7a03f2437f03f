"""Candidates for the host of a create: offered, accepted, declined and recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from support.factories import NOON, a_host, a_quote, a_snapshot, an_order

from xds_tui.api.client import Client
from xds_tui.domain.model import Snapshot
from xds_tui.domain.records import Doubt, Event, EventKind, HostSource, Order, OrderAction, OrderState
from xds_tui.fleet.order_service import OrderService
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal import Journal, SettleResult

LATER = NOON + timedelta(minutes=10)


def a_lost_create(id_: str = "o", **fields: Any) -> Order:
    order = an_order(
        id=id_,
        action=OrderAction.CREATE,
        state=OrderState.UNKNOWN,
        host_id=None,
        sent_at=NOON,
        answered_at=NOON,
        quote=a_quote(),
    )
    return replace(order, **fields)


def a_new_host(id_: str = "new", minutes: float = 3.0) -> Any:
    return a_host(id=id_, name=f"name-{id_}", os="Ubuntu", created=NOON + timedelta(minutes=minutes))


class Program:
    """A running program that uses a journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.reported: list[Event] = []
        self.orders = OrderService(lambda: cast("Client", None), journal, lambda: LATER, self._report)

    def _report(self, events: Sequence[Event]) -> None:
        self.reported += events

    async def give(self, *orders: Order) -> None:
        """Record these orders and open them in this program."""
        await self.journal.write_orders(orders)
        for order in orders:
            self.orders.book.write(order)

    async def see(self, snapshot: Snapshot) -> None:
        self.reported += await self.orders.reconcile(snapshot, self.orders.book.answered_ids())

    async def written(self) -> dict[str, Order]:
        return {order.id: order for order in await self.journal.orders(9)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def programs(path: Path) -> AsyncIterator[list[Program]]:
    """Two programs that use the same journal."""
    databases = [await Database.open(path) for _ in range(2)]
    yield [Program(Journal(database, "default")) for database in databases]
    for database in databases:
        await database.close()


@pytest.fixture
def program(programs: list[Program]) -> Program:
    return programs[0]


async def test_a_candidate_is_reported_once_and_recorded(program: Program) -> None:
    await program.give(a_lost_create())
    for _ in range(3):
        await program.see(a_snapshot(a_new_host(), at=LATER))
    [event] = program.reported
    assert (event.kind, event.host_id, event.doubt, event.alert) == (EventKind.CANDIDATE, "new", Doubt.LATER, True)
    order = (await program.written())["o"]
    assert order.candidate is not None
    assert (order.state, order.candidate.host_id, order.host_id) == (OrderState.UNKNOWN, "new", None)


async def test_a_renamed_candidate_is_not_reported_again(program: Program) -> None:
    await program.give(a_lost_create())
    await program.see(a_snapshot(a_new_host(), at=LATER))
    await program.see(a_snapshot(replace(a_new_host(), name="renamed"), at=LATER))
    assert len(program.reported) == 1
    candidate = (await program.written())["o"].candidate
    assert candidate is not None
    assert candidate.host_name == "renamed"


async def test_a_candidate_that_is_gone_is_withdrawn(program: Program) -> None:
    await program.give(a_lost_create())
    await program.see(a_snapshot(a_new_host(), at=LATER))
    await program.see(a_snapshot(at=LATER))
    assert (await program.written())["o"].candidate is None
    assert program.orders.book["o"].candidate is None


async def test_an_accepted_candidate_confirms_the_order(program: Program) -> None:
    await program.give(a_lost_create())
    await program.see(a_snapshot(a_new_host(), at=LATER))
    assert await program.orders.claims.accept_candidate("o") is SettleResult.WRITTEN
    order = (await program.written())["o"]
    assert (order.state, order.host_id, order.host_name) == (OrderState.CONFIRMED, "new", "name-new")
    assert (order.host_source, order.candidate) == (HostSource.USER, None)
    assert program.orders.book["o"] == order
    assert program.reported[-1].state is OrderState.CONFIRMED


async def test_a_declined_candidate_is_not_offered_again_even_after_a_restart(program: Program, path: Path) -> None:
    await program.give(a_lost_create())
    await program.see(a_snapshot(a_new_host(), at=LATER))
    await program.orders.claims.decline_candidate("o")
    await program.see(a_snapshot(a_new_host(), at=LATER))
    assert program.orders.book["o"].candidate is None
    await program.journal._database.close()
    database = await Database.open(path)
    restarted = Program(Journal(database, "default"))
    await restarted.orders.resume()
    await restarted.see(a_snapshot(a_new_host(), a_new_host("other", 4), at=LATER))
    candidate = restarted.orders.book["o"].candidate
    assert candidate is not None
    assert candidate.host_id == "other"
    await database.close()


@pytest.mark.parametrize("is_mine", [True, False])
async def test_a_decision_that_cannot_be_recorded_changes_nothing(
    program: Program, is_mine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await program.give(a_lost_create())
    await program.see(a_snapshot(a_new_host(), at=LATER))
    before = program.orders.book["o"]

    async def fail(*_: object) -> None:
        raise StoreError("The disk is full")

    monkeypatch.setattr(program.journal, "write_orders", fail)
    monkeypatch.setattr(program.journal, "settle_order", fail)
    claims = program.orders.claims
    with pytest.raises(StoreError):
        await (claims.accept_candidate("o") if is_mine else claims.decline_candidate("o"))
    assert program.orders.book["o"] == before


async def test_an_order_without_a_candidate_cannot_be_decided(program: Program) -> None:
    await program.give(a_lost_create())
    with pytest.raises(KeyError):
        await program.orders.claims.accept_candidate("o")
    with pytest.raises(KeyError):
        await program.orders.claims.decline_candidate("unknown")


async def test_a_match_that_cannot_be_written_down_stays_open_until_it_can(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    await program.give(a_lost_create(state=OrderState.ACCEPTED))
    snapshot = a_snapshot(a_new_host(minutes=0), at=LATER)

    async def fail(*_: object) -> None:
        raise StoreError("The disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(program.journal, "settle_order", fail)
        for _ in range(3):
            await program.see(snapshot)
    order = program.orders.book["o"]
    assert (order.state, order.host_id) == (OrderState.ACCEPTED, None)
    assert [event.summary for event in program.reported] == ["The disk is full"]
    await program.see(snapshot)
    assert (await program.written())["o"].host_id == "new"
    assert program.orders.book["o"].state is OrderState.CONFIRMED


# Two programs on one journal


async def test_two_programs_reach_the_same_assignment(programs: list[Program]) -> None:
    sent = [NOON, NOON + timedelta(seconds=20)]
    for number, program in enumerate(programs):
        order = a_lost_create(f"o{number}", state=OrderState.ACCEPTED, sent_at=sent[number], answered_at=sent[number])
        await program.give(order)
    snapshot = a_snapshot(*(a_new_host(f"h{number}", number / 3) for number in range(2)), at=LATER)
    for program in reversed(programs):
        await program.see(snapshot)
    written = await programs[0].written()
    assert {order.id: order.host_id for order in written.values()} == {"o0": "h0", "o1": "h1"}


async def test_a_host_explained_by_an_order_of_another_program_is_not_claimed(programs: list[Program]) -> None:
    first, second = programs
    await first.give(a_lost_create("o0"))
    await second.give(a_lost_create("o1", sent_at=NOON + timedelta(seconds=1), answered_at=NOON))
    await first.see(a_snapshot(a_new_host(minutes=0), at=LATER))
    assert (await first.written())["o0"].host_id is None


async def test_a_host_claimed_by_another_program_is_not_offered(programs: list[Program]) -> None:
    first, second = programs
    await first.give(a_lost_create("o0"))
    await second.give(a_lost_create("o1", state=OrderState.CONFIRMED, host_id="new"))
    await first.see(a_snapshot(a_new_host(), at=LATER))
    assert first.orders.book["o0"].candidate is None


async def test_only_one_of_two_programs_can_accept_a_host(programs: list[Program]) -> None:
    for number, program in enumerate(programs):
        await program.give(a_lost_create(f"o{number}"))
    first, second = programs
    await first.see(a_snapshot(a_new_host(), at=LATER))
    offered = replace(second.orders.book["o1"], candidate=first.orders.book["o0"].candidate)
    await second.give(offered)
    claims = [await program.orders.claims.accept_candidate(f"o{number}") for number, program in enumerate(programs)]
    assert sorted(claim.value for claim in claims) == [SettleResult.TAKEN.value, SettleResult.WRITTEN.value]
    hosts = [order.host_id for order in (await first.written()).values()]
    assert hosts.count("new") == 1
