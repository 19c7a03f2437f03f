from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from support.cli_runner import runner
from support.factories import NOON

from xds_tui.cli import demo, demo_history
from xds_tui.config.settings import Settings
from xds_tui.domain import pricing
from xds_tui.domain.model import Host, Status
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, EventKind
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import Options, World
from xds_tui.store.journal import History


def fleet(seed: int = 7, count: int = 40) -> Sequence[Host]:
    world = World(Options(seed=seed), NOON.timestamp)
    populate(world, count)
    return demo._decoded_hosts(world)


def costs_of(hosts: Sequence[Host]) -> Costs:
    return pricing.costs(hosts, demo._catalog(Options().dialect, NOON), {}, NOON)


def history_of(hosts: Sequence[Host], seed: int = 7) -> History:
    return demo_history.generate(hosts, costs_of(hosts).hosts, NOON, seed)


def status_changes(events: Sequence[Event]) -> dict[str, list[Event]]:
    """The events that show the status of a host, by its ID."""
    changes = defaultdict(list)
    for event in events:
        if event.kind in (EventKind.APPEARED, EventKind.STATUS) and event.host_id:
            changes[event.host_id].append(event)
    return changes


def test_the_same_seed_gives_the_same_history_and_another_one_another() -> None:
    assert history_of(fleet()) == history_of(fleet())
    assert history_of(fleet()) != history_of(fleet(), seed=8)


@pytest.mark.parametrize("seed", range(5))
def test_the_history_ends_in_the_current_state_of_the_fleet(seed: int) -> None:
    hosts = fleet(seed)
    history, changes = history_of(hosts, seed), status_changes(history_of(hosts, seed).events)
    for host in hosts:
        assert all(earlier.new is later.old for earlier, later in pairwise(changes[host.id]))
        last_status = changes[host.id][-1].new if changes[host.id] else host.status
        assert last_status is not None
        assert (last_status.is_on, last_status.is_changing) == (host.status.is_on, host.status.is_changing)
    changing = [host for host in hosts if host.status.is_changing]
    last = history.samples[-1]
    assert last.split is not None
    for parts in (last.split.gpu, last.split.region):
        high, low = (last.billed_high or 0) + (last.prepaid_high or 0), (last.billed_low or 0) + (last.prepaid_low or 0)
        assert sum(parts.values()) == Decimal(high + low) / 2
    assert last.total == len(hosts)
    assert last.on == sum(host.status.is_on for host in hosts) + sum(
        host.status is Status.STOPPING for host in changing
    )
    fleet_rate = costs_of([host for host in hosts if host not in changing]).fleet
    assert last.prepaid_high == fleet_rate.prepaid.high
    stopping = [costs_of(hosts).hosts[host.id].high for host in changing if host.status is Status.STOPPING]
    assert last.billed_high == fleet_rate.on_demand.high + sum(stopping)


@pytest.mark.parametrize("seed", range(3))
def test_samples_agree_with_events(seed: int) -> None:
    hosts = fleet(seed)
    history = history_of(hosts, seed)
    changes = status_changes(history.events)
    for sample in history.samples[:: len(history.samples) // 40]:
        total = on = 0
        for host in hosts:
            past = [event for event in changes[host.id] if event.at <= sample.at]
            if past:
                status = past[-1].new
            elif changes[host.id]:
                status = changes[host.id][0].old
            else:
                status = host.status
            exists = host.created is not None and host.created <= sample.at
            assert exists or status is None
            total += exists
            # A host counts as running as soon as its start begins, and until its stop does.
            on += status in (Status.ON, Status.BILLED, Status.STARTING)
        if not any(abs(event.at - sample.at) < timedelta(minutes=1) for event in history.events):
            assert (sample.total, sample.on) == (total, on)


def test_the_history_covers_a_week_without_unexplained_gaps_and_stays_in_it() -> None:
    history = history_of(fleet())
    times = [sample.at for sample in history.samples]
    assert times[0] == NOON - demo_history.LENGTH
    assert times[-1] == NOON - timedelta(minutes=1)
    gaps = [(earlier, later) for earlier, later in pairwise(times) if later - earlier > timedelta(minutes=30)]
    ((lost, found),) = gaps
    assert [event.kind for event in history.events if lost < event.at <= found and not event.host_id] == [
        EventKind.ERROR,
        EventKind.RECOVERED,
    ]
    recent = [at for at in times if at > NOON - timedelta(days=1)]
    assert all(later - earlier <= timedelta(minutes=10) for earlier, later in pairwise(recent))
    assert all(NOON - demo_history.LENGTH <= event.at <= NOON for event in history.events)
    assert [event.at for event in history.events] == sorted(event.at for event in history.events)


def test_orders_explain_the_starts_and_stops_of_their_hosts() -> None:
    history = history_of(fleet())
    assert len({order.id for order in history.orders}) == len(history.orders) > 10
    for order in history.orders:
        assert any(
            event.kind is EventKind.STATUS and event.host_id == order.host_id and event.at == order.ended_at
            for event in history.events
        )


def test_a_large_fleet_has_no_more_events_than_a_person_can_cause() -> None:
    history = history_of(fleet(count=400))
    assert history.samples[-1].total == 400
    assert len({event.host_id for event in history.events if event.kind is EventKind.STATUS}) < 200


def test_costs_are_never_negative_and_unpriced_hosts_are_counted() -> None:
    hosts = fleet()
    history = demo_history.generate(hosts, {}, NOON, 7)
    assert all(sample.billed_high == sample.prepaid_high == 0 for sample in history.samples)
    assert all(0 < sample.unpriced <= sample.total for sample in history.samples)
    assert all((sample.billed_low or 0) >= 0 for sample in history_of(hosts).samples)
    assert {sample.unpriced for sample in history_of(hosts).samples} == {0}


async def test_the_journal_of_the_demo_has_the_history_before_anything_is_read(tmp_path: Path) -> None:
    services = demo.profile_services(Settings(config_path=tmp_path), argparse.Namespace(demo_seed=7, demo_hosts=40))
    journal = services.monitor.recorder.journal
    await journal.bind_account(*services.account.identity)
    assert services.monitor.state.snapshot is not None
    now = services.monitor.state.snapshot.at
    samples = await journal.samples(now - timedelta(days=8), 10_000, now)
    assert len(samples) > 400
    assert samples[-1].billed_high is not None
    assert samples[-1].billed_high > Decimal(0)
    assert len(await journal.events(10_000)) > 100
    await services.close()


def test_only_the_demo_has_the_history(bare: dict[str, str]) -> None:
    for command in ("events", "orders"):
        assert len(runner(bare)("--demo", command, "--json").stdout) > 1000
        assert len(runner(bare)(command, "--json").stdout) < 10
