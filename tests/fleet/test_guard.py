"""Rules are carried out once, by one program, on a listing that it has just made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.guarded_fleet import Clock, Fleet, Program, stops

from xds_tui.domain.caps import Cap, CapPeriod
from xds_tui.domain.guard import GuardRecord, Postponement
from xds_tui.domain.records import EventKind, Order, OrderState, RuleStep
from xds_tui.domain.rule_planner import Lease, Rule
from xds_tui.store.guard_history import LAPSED

HOUR = timedelta(hours=1)
LEASE = Rule("lease", "tag:gpu", lease=Lease(stop_after=6 * HOUR), acts=True)

Start = Callable[..., Program]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fleet(clock: Clock) -> Fleet:
    fleet = Fleet(clock)
    fleet.add("h1", "gpu")
    return fleet


@pytest.fixture
async def start(tmp_path: Path, fleet: Fleet) -> AsyncIterator[Start]:
    programs: list[Program] = []

    def started(*rules: Rule, name: str = "watch", hosts_file: Path | None = None, caps: Sequence[Cap] = ()) -> Program:
        program = Program(tmp_path / "journal.db", fleet, rules or (LEASE,), name, hosts_file, caps)
        programs.append(program)
        return program

    yield started
    for program in programs:
        await program.close()


async def orders(program: Program) -> list[Order]:
    return list(await program.journal.orders(100))


async def watch(program: Program, clock: Clock, *, until: timedelta, step: timedelta = timedelta(minutes=20)) -> None:
    """Refresh periodically."""
    end = clock() + until
    while clock() < end:
        clock.advance(seconds=step.total_seconds())
        await program.refresh()


async def test_a_lease_is_announced_and_ended_by_one_order_that_names_the_rule(
    start: Start, clock: Clock, fleet: Fleet
) -> None:
    program = start()
    await program.refresh()
    await watch(program, clock, until=5 * HOUR, step=HOUR)
    await watch(program, clock, until=2 * HOUR, step=timedelta(minutes=5))
    assert [event.step for event in program.events if event.kind is EventKind.RULE] == [RuleStep.UPCOMING] * 2
    assert len(fleet.requests) == 1
    assert fleet.requests[0][0] <= clock() - HOUR
    (order,) = await orders(program)
    assert (order.state, order.rule, order.host_id) == (OrderState.CONFIRMED, "lease", "h1")
    assert {event.rule for event in program.events if event.kind is EventKind.ORDER} == {"lease"}


async def test_a_rule_that_does_not_act_notifies_once_and_sends_nothing(
    start: Start, clock: Clock, fleet: Fleet
) -> None:
    program = start(Rule("lease", "tag:gpu", lease=LEASE.lease))
    await program.refresh()
    await watch(program, clock, until=9 * HOUR)
    assert fleet.requests == []
    assert [(event.step, event.alert) for event in program.events] == [(RuleStep.DUE, True)]


@pytest.mark.parametrize("is_marked", [True, False])
async def test_only_selected_hosts_without_protection_are_stopped(
    start: Start, clock: Clock, fleet: Fleet, is_marked: bool
) -> None:
    fleet.hosts.clear()
    fleet.add("h1", "gpu" if is_marked else "cpu", is_marked=is_marked)
    program = start()
    await program.refresh()
    await watch(program, clock, until=9 * HOUR)
    assert (fleet.requests, program.events) == ([], [])


async def test_a_protection_that_is_younger_than_the_listing_overrides_the_rule(
    start: Start, clock: Clock, fleet: Fleet, tmp_path: Path
) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text("[hosts.h1]\nprotected = true\n")
    program = start(hosts_file=path)
    await program.refresh()
    await watch(program, clock, until=6.5 * HOUR)
    assert fleet.requests == []
    assert {order.state for order in await orders(program)} == {OrderState.NOT_SENT}


# What becomes of an order


async def test_an_unconfirmed_stop_is_looked_at_and_never_sent_again(start: Start, clock: Clock, fleet: Fleet) -> None:
    fleet.faults = ["ignored"]
    program = start()
    await program.refresh()
    await watch(program, clock, until=60 * HOUR, step=HOUR)
    assert list(stops(fleet)) == ["h1"]
    assert [event.state for event in program.alerts if event.kind is EventKind.ORDER] == [OrderState.UNCONFIRMED]


async def test_a_stop_without_a_response_counts_when_the_status_confirms_it(
    start: Start, clock: Clock, fleet: Fleet
) -> None:
    fleet.faults = ["lost"]
    program = start()
    await program.refresh()
    await watch(program, clock, until=8 * HOUR)
    assert list(stops(fleet)) == ["h1"]
    assert [order.state for order in await orders(program)] == [OrderState.CONFIRMED]


@pytest.mark.parametrize("fault", ["rejected", "not sent"])
async def test_an_order_that_did_nothing_is_placed_again(start: Start, clock: Clock, fleet: Fleet, fault: str) -> None:
    fleet.faults = [fault] * 2
    program = start()
    await program.refresh()
    await watch(program, clock, until=7 * HOUR)
    assert not fleet.is_on("h1")
    states = [order.state for order in await orders(program)][::-1]
    assert states[-1:] == [OrderState.CONFIRMED]
    assert len(states) == 3


async def test_a_host_that_is_started_again_has_a_new_lease(start: Start, clock: Clock, fleet: Fleet) -> None:
    program = start()
    await program.refresh()
    await watch(program, clock, until=7 * HOUR)
    fleet.set("h1", is_on=True)
    await program.refresh()
    await watch(program, clock, until=5.5 * HOUR)
    assert len(list(stops(fleet))) == 1
    await watch(program, clock, until=HOUR)
    assert len(list(stops(fleet))) == 2


# Several programs


async def test_one_program_guards_and_another_takes_over_when_it_ends(start: Start, clock: Clock, fleet: Fleet) -> None:
    first, second = start(), start(name="app")
    await first.refresh()
    clock.advance(seconds=10)
    await second.refresh()
    assert first.record is not None
    assert second.record == first.record
    await first.kill()
    await second.refresh()
    assert second.record is not None
    assert (second.record.program, second.record.since) == ("app", clock())


async def test_a_program_that_is_closed_lets_the_other_guard(start: Start) -> None:
    first, second = start(), start(name="app")
    await first.refresh()
    await first.guard.close(5)
    assert await second.journal.guard() is None
    await second.refresh()
    assert second.record is not None
    assert second.record.program == "app"


async def test_a_suspended_guard_is_replaced_and_does_not_act_late(
    start: Start, clock: Clock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is suspended after it has decided, with its order in the journal, and wakes up after an hour."""
    first, second = start(), start(name="app")
    await first.refresh()
    clock.advance(hours=6, minutes=1)
    await first.list_hosts()
    waiting, go_on = asyncio.Event(), asyncio.Event()
    send = first.orders._send_to_host

    async def suspended(*arguments: Any) -> None:
        waiting.set()
        await go_on.wait()
        await send(*arguments)

    monkeypatch.setattr(first.orders, "_send_to_host", suspended)
    first.guard.check(first.state)
    await waiting.wait()
    clock.advance(minutes=3)
    await second.refresh()
    assert list(stops(fleet)) == ["h1"]
    fleet.set("h1", is_on=True)  # by the user, after the stop
    clock.advance(minutes=57)
    go_on.set()
    await first.settle()
    assert list(stops(fleet)) == ["h1"]
    await first.refresh()
    assert first.record is not None
    assert list(stops(fleet)) == ["h1"]


async def test_a_lone_guard_that_was_suspended_lists_the_hosts_again_first(
    start: Start, clock: Clock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = start()
    await program.refresh()
    clock.advance(hours=6, minutes=1)
    await program.list_hosts()
    write = program.journal.write_orders

    async def suspended(written: Iterable[Order]) -> None:
        clock.advance(hours=1)
        await write(written)

    with monkeypatch.context() as patch:
        patch.setattr(program.journal, "write_orders", suspended)
        program.guard.check(program.state)
        await program.settle()
        assert fleet.requests == []
        assert {(order.state, order.summary) for order in await orders(program)} == {(OrderState.NOT_SENT, LAPSED)}
    await program.refresh()
    assert list(stops(fleet)) == ["h1"]


async def test_nothing_is_decided_on_an_old_listing(start: Start, clock: Clock, fleet: Fleet) -> None:
    program = start()
    await program.refresh()
    clock.advance(hours=6, minutes=1)
    await program.list_hosts()
    state = program.state
    clock.advance(hours=1)
    program.guard.check(state)
    await program.settle()
    assert await orders(program) == []


async def test_a_program_that_is_no_longer_the_guard_places_no_order(
    start: Start, clock: Clock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one takes over between its heartbeat and its decision."""
    first, second = start(), start(Rule("other", "tag:none", lease=LEASE.lease, acts=True))
    await first.refresh()
    clock.advance(hours=6, minutes=1)
    lead = first.journal.lead

    async def lead_for_a_moment(*arguments: Any) -> GuardRecord:
        record = await lead(*arguments)
        clock.advance(seconds=31)
        await second.refresh()
        clock.advance(seconds=-31)
        return record

    monkeypatch.setattr(first.journal, "lead", lead_for_a_moment)
    await first.refresh()
    assert second.record is not None
    assert first.journal.is_own(second.record) is False
    assert await orders(first) == []


async def test_a_host_that_was_not_listed_is_left_alone(start: Start, clock: Clock, fleet: Fleet) -> None:
    program = start()
    await program.refresh()
    fleet.unlisted.add("h1")
    await watch(program, clock, until=7 * HOUR, step=HOUR)
    assert fleet.requests == []
    fleet.unlisted.clear()
    await program.refresh()
    assert list(stops(fleet)) == ["h1"]


async def test_many_programs_that_check_at_once_send_each_stop_once(start: Start, clock: Clock, fleet: Fleet) -> None:
    for number in range(2, 30):
        fleet.add(f"h{number}", "gpu")
    programs = [start() for _ in range(4)]
    for program in programs:
        await program.refresh()
    clock.advance(hours=6, minutes=1)
    await asyncio.gather(*(program.refresh() for program in programs))
    assert sorted(stops(fleet)) == sorted(fleet.hosts)


# Putting off


async def test_a_delay_of_another_program_is_heeded_even_after_the_decision(
    start: Start, clock: Clock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, command = start(), start()
    await program.refresh()
    await command.list_hosts()
    end = clock() + 6 * HOUR
    clock.advance(hours=6, minutes=1)
    await program.list_hosts()
    read = program.journal.postponements

    async def read_before_the_user_decides() -> tuple[Postponement, ...]:
        known = await read()
        await command.journal.postpone([Postponement("lease", "h1", end, end + 2 * HOUR)], clock())
        return known

    with monkeypatch.context() as patch:
        patch.setattr(program.journal, "postponements", read_before_the_user_decides)
        program.guard.check(program.state)
        await program.settle()
        assert fleet.requests == []
    await watch(program, clock, until=HOUR)
    assert fleet.requests == []
    await watch(program, clock, until=HOUR)
    assert list(stops(fleet)) == ["h1"]


CAP = Cap("all", "", {CapPeriod.HOUR: Decimal(7)})


async def test_an_exceeded_cap_stops_each_host_with_a_lease_once(start: Start, clock: Clock, fleet: Fleet) -> None:
    fleet.add("h2", "cpu")
    program = start(caps=[CAP])
    await program.refresh()
    await watch(program, clock, until=HOUR, step=timedelta(minutes=5))
    assert list(stops(fleet)) == ["h1"]
    (order,) = await orders(program)
    assert (order.state, order.rule) == (OrderState.CONFIRMED, "caps.all.per_hour")
    fleet.set("h1", is_on=True)
    await watch(program, clock, until=HOUR, step=timedelta(minutes=5))
    assert list(stops(fleet)) == ["h1", "h1"]


async def test_an_unconfirmed_stop_because_of_a_cap_is_not_sent_again(start: Start, clock: Clock, fleet: Fleet) -> None:
    fleet.add("h2", "cpu")
    fleet.faults = ["ignored"]
    program = start(caps=[CAP])
    await program.refresh()
    await watch(program, clock, until=3 * HOUR, step=timedelta(minutes=5))
    assert list(stops(fleet)) == ["h1"]


async def test_a_lease_that_only_notifies_is_not_stopped_by_a_cap(start: Start, clock: Clock, fleet: Fleet) -> None:
    fleet.add("h2", "cpu")
    program = start(Rule("lease", "tag:gpu", lease=LEASE.lease), caps=[CAP])
    await program.refresh()
    await watch(program, clock, until=timedelta(minutes=40), step=timedelta(minutes=5))
    assert fleet.requests == []
    assert [(event.step, event.rule) for event in program.alerts] == [(RuleStep.DUE, "caps.all.per_hour")]


async def test_a_start_that_no_program_saw_as_a_change_begins_a_lease(start: Start, clock: Clock, fleet: Fleet) -> None:
    """One program saw the host on all the time, another one saw it off for a moment and ended."""
    program, other = start(), start()
    await program.refresh()
    await other.list_hosts()
    clock.advance(hours=5)
    fleet.set("h1", is_on=False)
    await other.list_hosts()
    await other.kill()
    clock.advance(hours=1)
    fleet.set("h1", is_on=True)
    await watch(program, clock, until=5.5 * HOUR)
    assert fleet.requests == []
    await watch(program, clock, until=HOUR)
    assert list(stops(fleet)) == ["h1"]
