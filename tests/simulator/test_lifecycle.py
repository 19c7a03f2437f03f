from __future__ import annotations

from decimal import Decimal

import pytest
from support.simulator_client import BILLED, DAY, EXPIRED, HOUR, OFF, ON, PAIR, STARTING, STOPPING, Simulated

from xds_tui.simulator.world import ACCOUNT


async def seen(simulated: Simulated, host_id: str, seconds: int) -> list[int]:
    """The statuses that the host goes through in this time, looked at every second."""
    statuses = [await simulated.status(host_id)]
    for _ in range(seconds):
        simulated.let_pass(1)
        status = simulated.world.hosts[host_id].status if simulated.world.catch_up() else -1
        if status != statuses[-1]:
            statuses.append(status)
    return statuses


async def test_an_on_demand_host_starts_runs_is_billed_and_stops() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    assert await seen(simulated, host_id, 60) == [OFF]
    await simulated.power(host_id, on=True)
    assert await seen(simulated, host_id, 60) == [STARTING, ON, BILLED]
    await simulated.power(host_id, on=False)
    assert await seen(simulated, host_id, 60) == [STOPPING, OFF]


async def test_a_rent_starts_runs_stops_and_expires() -> None:
    simulated = Simulated()
    host_id = await simulated.rent(1, 0)
    await simulated.power(host_id, on=True)
    assert await seen(simulated, host_id, 60) == [STARTING, ON]
    await simulated.power(host_id, on=False)
    assert await seen(simulated, host_id, 60) == [STOPPING, OFF]
    simulated.let_pass(HOUR - 120 - 0.001)
    assert await simulated.status(host_id) == OFF
    simulated.let_pass(0.001)
    assert await simulated.status(host_id) == EXPIRED


async def test_all_transitions_happen_in_one_step_as_well() -> None:
    simulated = Simulated()
    on_demand, rented = await simulated.buy(), await simulated.rent()
    for host_id in (on_demand, rented):
        await simulated.power(host_id, on=True)
    simulated.let_pass(2 * DAY)
    assert await simulated.status(on_demand) == BILLED
    assert await simulated.status(rented) == EXPIRED


@pytest.mark.parametrize(("unit", "seconds"), enumerate((HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY)))
async def test_a_rent_expires_after_its_periods(unit: int, seconds: float) -> None:
    simulated = Simulated()
    host_id = await simulated.rent(2, unit)
    row = await simulated.data("GET", f"one/{host_id}")
    assert row["expirationTime"] - row["createTime"] == 2 * seconds * 1000
    simulated.let_pass(2 * seconds - 1)
    assert await simulated.status(host_id) == OFF
    simulated.let_pass(1)
    assert await simulated.status(host_id) == EXPIRED


@pytest.mark.parametrize("on", [True, False], ids=["starting", "stopping"])
async def test_a_host_that_expires_while_changing_stays_expired(on: bool) -> None:
    simulated = Simulated()
    host_id = await simulated.rent(1, 0)
    if not on:
        await simulated.started(host_id)
    expires = simulated.world.hosts[host_id].expires
    assert expires is not None
    simulated.let_pass(expires - simulated.clock.now - 1)
    assert await simulated.power(host_id, on=on) == 0
    assert await seen(simulated, host_id, 60) == [STARTING if on else STOPPING, EXPIRED]


async def test_a_reboot_shows_as_a_start() -> None:
    simulated = Simulated()
    host_id = await simulated.started(await simulated.buy())
    await simulated.data("GET", f"reboot/{host_id}")
    assert await seen(simulated, host_id, 60) == [STARTING, ON, BILLED]


async def test_a_stop_right_after_the_start_is_not_overtaken_by_the_billing() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    await simulated.power(host_id, on=True)
    while await simulated.status(host_id) != ON:
        simulated.let_pass(0.5)
    await simulated.power(host_id, on=False)
    assert await seen(simulated, host_id, 60) == [STOPPING, OFF]
    assert simulated.account.wallet == 100_000


async def test_a_host_in_the_requested_state_is_unchanged() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    assert await simulated.power(host_id, on=False) == 0
    assert await seen(simulated, host_id, 30) == [OFF]
    await simulated.started(host_id)
    assert await simulated.power(host_id, on=True) == 0
    assert await seen(simulated, host_id, 30) == [BILLED]


async def test_on_demand_is_billed_afterwards_by_the_hour_and_finally_by_the_time_used() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    await simulated.power(host_id, on=True)
    while await simulated.status(host_id) != BILLED:
        simulated.let_pass(0.5)
    began = simulated.world.hosts[host_id].billed_until
    simulated.let_pass(began + HOUR - 1 - simulated.clock.now)
    assert await simulated.status(host_id) == BILLED
    assert simulated.account.wallet == 100_000
    simulated.let_pass(1)
    assert await simulated.status(host_id) == BILLED
    assert simulated.account.wallet == 100_000 - Decimal("0.99")
    simulated.let_pass(23 * HOUR)
    assert await simulated.status(host_id) == BILLED
    assert simulated.account.wallet == 100_000 - 24 * Decimal("0.99")
    simulated.let_pass(HOUR / 3)
    await simulated.power(host_id, on=False)
    assert simulated.account.wallet == 100_000 - 24 * Decimal("0.99") - Decimal("0.33")
    simulated.let_pass(DAY)
    assert await simulated.status(host_id) == OFF
    assert simulated.account.wallet == 100_000 - 24 * Decimal("0.99") - Decimal("0.33")


async def test_a_reboot_does_not_charge_an_hour_twice() -> None:
    simulated = Simulated()
    host_id = await simulated.started(await simulated.buy())
    for _ in range(6):
        simulated.let_pass(10 * 60)
        await simulated.data("GET", f"reboot/{host_id}")
    assert 100_000 - simulated.account.wallet <= Decimal("0.99")


async def test_a_running_prepaid_host_costs_nothing_more() -> None:
    simulated = Simulated()
    await simulated.started(await simulated.rent())
    wallet = simulated.account.wallet
    simulated.let_pass(12 * HOUR)
    simulated.world.catch_up()
    assert simulated.account.wallet == wallet


async def test_a_wallet_too_low_for_another_hour_stops_the_host() -> None:
    simulated = Simulated()
    simulated.account.wallet = Decimal("2.97")
    host_id, rented = (
        await simulated.started(await simulated.buy()),
        await simulated.started(await simulated.rent(1, 0)),
    )
    simulated.let_pass(119 * 60)
    assert await simulated.status(host_id) == BILLED
    assert await simulated.status(rented) == EXPIRED
    simulated.let_pass(2 * 60)
    assert await simulated.status(host_id) == OFF
    assert simulated.account.wallet == 0
    assert await simulated.power(host_id, on=True) == 6003


async def test_a_new_host_starts_automatically_if_configured() -> None:
    simulated = Simulated(starts_created=True)
    host_id = await simulated.rent()
    assert await seen(simulated, host_id, 60) == [STARTING, ON]


async def test_deleted_hosts_are_not_billed_and_do_not_reappear() -> None:
    simulated = Simulated(leaves_list_after=60.0)
    host_id, rented = await simulated.buy(), await simulated.rent(1, 0)
    wallet = simulated.account.wallet
    assert await simulated.data("DELETE", f"delete/{host_id}") is True
    assert await simulated.data("DELETE", f"delete/{rented}") is True
    assert await simulated.status(host_id) == OFF
    for ask in (("GET", f"operate/{host_id}?type=1"), ("GET", f"reboot/{host_id}"), ("DELETE", f"delete/{host_id}")):
        assert await simulated.code(*ask) == 1021
    simulated.let_pass(60)
    assert await simulated.code("GET", f"one/{host_id}") == 1021
    simulated.let_pass(DAY)
    assert simulated.world.host_rows() == []
    assert simulated.account.wallet == wallet


async def test_the_list_can_show_creations_and_deletions_late() -> None:
    simulated = Simulated(enters_list_after=90.0, leaves_list_after=30.0)
    host_id = await simulated.buy()
    assert await simulated.code("GET", f"one/{host_id}") == 1021
    simulated.let_pass(89)
    assert simulated.world.host_rows() == []
    simulated.let_pass(1)
    assert [row["id"] for row in simulated.world.host_rows()] == [host_id]
    await simulated.data("DELETE", f"delete/{host_id}")
    simulated.let_pass(29)
    assert len(simulated.world.host_rows()) == 1
    simulated.let_pass(1)
    assert simulated.world.host_rows() == []


async def test_a_started_hour_of_a_host_that_was_there_before_is_charged_when_it_is_full() -> None:
    simulated = Simulated(40)
    billed = [host for host in simulated.world.listed() if host.status == BILLED]
    hourly = sum(host.package.hourly for host in billed)
    simulated.let_pass(HOUR)
    simulated.world.catch_up()
    spent = 100_000 - simulated.world.accounts[ACCOUNT].wallet
    assert abs(spent - hourly) <= Decimal("0.005") * len(billed)


async def test_the_pair_used_here_costs_what_these_tests_say() -> None:
    package = next(row for row in await Simulated().data("GET", "packAge/0") if row["packageId"] == PAIR["packageId"])
    assert Decimal(str(package["amount"])) * Decimal(str(package["discount"])) == Decimal("0.99")
