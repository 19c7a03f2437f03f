from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from support.simulator_client import BILLED, DAY, EXPIRED, HOUR, OFF, ON, STARTING, STOPPING, Simulated

from xds_tui.simulator.catalog_data import IMAGES, PACKAGES

COUNTS = [0, 1, 3, 7, 8, 40, 1000]


def statuses(simulated: Simulated) -> dict[str, int]:
    return {host.id: host.status for host in simulated.world.listed()}


@pytest.mark.parametrize("count", COUNTS)
def test_a_fleet_has_as_many_hosts_as_asked_for(count: int) -> None:
    simulated = Simulated(count)
    assert len(statuses(simulated)) == count


@pytest.mark.parametrize("seed", range(5))
def test_forty_hosts_cover_every_case(seed: int) -> None:
    simulated = Simulated(40, seed=seed)
    hosts, now = simulated.world.listed(), simulated.clock.now
    assert {host.status for host in hosts} == {OFF, STARTING, ON, BILLED, STOPPING, EXPIRED}
    assert any(host.status == ON and host.expires and 0 < host.expires - now < 600 for host in hosts)
    assert any(host.status == OFF and host.expires and HOUR < host.expires - now < DAY for host in hosts)
    names = [host.name for host in hosts]
    assert len(set(names)) == 40
    assert {name.isascii() for name in names} == {True, False}
    assert {host.rented for host in hosts} == {True, False}


@pytest.mark.parametrize("count", [*COUNTS, 12_000])
def test_every_host_is_consistent(count: int) -> None:
    simulated = Simulated(count)
    now = simulated.clock.now
    for host in simulated.world.hosts.values():
        assert host.created <= now
        assert host.rented == (host.expires is not None)
        assert host.expires is None or host.expires > host.created
        assert (host.status == EXPIRED) == (host.expires is not None and host.expires <= now)
        assert host.status != BILLED or not host.rented
        assert host.package.is_sold(rented=host.rented)
        assert host.package.type == host.image.type
    created = [host.created for host in simulated.world.listed()]
    assert created == sorted(created, reverse=True)


def test_the_seed_determines_the_fleet() -> None:
    rows = [Simulated(40, seed=seed).world.host_rows() for seed in (7, 7, 8)]
    assert rows[0] == rows[1]
    assert not {row["id"] for row in rows[0]} & {row["id"] for row in rows[2]}


async def test_the_seed_determines_the_responses() -> None:
    async def story() -> list[object]:
        simulated = Simulated(40)
        simulated.world.liven()
        host_id = await simulated.started(await simulated.buy())
        simulated.let_pass(HOUR)
        return [simulated.token, host_id, simulated.world.host_rows(), simulated.account.wallet]

    assert await story() == await story()


async def test_a_new_host_never_has_the_id_of_an_existing_one() -> None:
    simulated = Simulated(100)
    bought = [await simulated.buy() for _ in range(100)]
    assert len(simulated.world.hosts) == 200
    assert len(set(bought)) == 100


@pytest.mark.parametrize("count", [40, 10_000])
def test_the_wallet_pays_for_the_fleet_for_weeks(count: int) -> None:
    simulated = Simulated(count)
    billed = sum(status == BILLED for status in statuses(simulated).values())
    simulated.let_pass(20 * HOUR)
    assert sum(status == BILLED for status in statuses(simulated).values()) >= billed
    assert simulated.account.wallet > 0


async def test_ten_thousand_hosts_are_paged_through_with_each_seen_once() -> None:
    simulated = Simulated(10_000)
    pages = [await simulated.data("GET", "mypage", page=page, pageSize=25) for page in range(1, 402)]
    assert {page["totalCounts"] for page in pages} == {10_000}
    assert [len(page["data"]) for page in pages] == [25] * 400 + [0]
    assert len({host["id"] for page in pages for host in page["data"]}) == 10_000


def test_every_package_but_the_sold_out_one_and_every_fitting_image_occurs_in_a_large_fleet() -> None:
    hosts = Simulated(1000).world.listed()
    assert {host.package.id for host in hosts} == {package.id for package in PACKAGES if package.stock}
    assert {host.image.id for host in hosts} == {image.id for image in IMAGES if image.type != "lab"}


def test_a_live_fleet_changes_at_a_moderate_rate() -> None:
    simulated = Simulated(200)
    simulated.let_pass(60)
    simulated.world.catch_up()
    simulated.world.liven()
    per_minute: list[int] = []
    for _ in range(60):
        before = {host.id: host.version for host in simulated.world.listed()}
        simulated.let_pass(60)
        per_minute.append(sum(host.version > before[host.id] for host in simulated.world.listed()))
    assert min(per_minute) >= 1
    assert max(per_minute) <= 8
    arrived = Counter(statuses(simulated).values())
    assert arrived[ON]
    assert arrived[BILLED]
    assert arrived[OFF]


def test_a_fleet_that_is_not_live_does_not_change() -> None:
    simulated = Simulated(40)
    simulated.let_pass(5 * 60)
    before = statuses(simulated)
    simulated.let_pass(30 * 60)
    assert statuses(simulated) == before


def test_after_a_night_of_sleep_only_a_few_hosts_have_changed() -> None:
    simulated = Simulated(1000)
    simulated.let_pass(60)
    before = statuses(simulated)
    simulated.world.liven()
    simulated.let_pass(8 * HOUR)
    due = {host.id for host in simulated.world.listed() if host.expires and host.expires <= simulated.clock.now}
    changed = {id_ for id_, status in statuses(simulated).items() if status != before[id_]} - due
    assert 1 <= len(changed) <= 6


def test_an_empty_fleet_can_be_live() -> None:
    simulated = Simulated(0)
    simulated.world.liven()
    simulated.let_pass(HOUR)
    assert statuses(simulated) == {}


def test_the_world_needs_no_third_party_library() -> None:
    program = """
import sys
import xds_tui.simulator.world, xds_tui.simulator.demo_fleet
print([name for name in ("starlette", "httpx", "uvicorn", "msgspec", "asyncio") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
