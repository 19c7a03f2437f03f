from __future__ import annotations

from decimal import Decimal

from support.simulator_client import PAIR, Simulated

from xds_tui.simulator.world import ACCOUNT


async def test_the_ledger_contains_every_completed_create() -> None:
    simulated = Simulated(5)
    on_demand, rented = await simulated.buy(), await simulated.rent(4, 3, packageId="bzrent4", imageId="5002")
    assert await simulated.code("POST", "createquantity", PAIR | {"imageId": "4005"}) == 7005
    first, second = simulated.world.ledger
    assert (first.host_id, first.rented, first.seconds, first.charged) == (on_demand, False, 0, Decimal(0))
    assert (first.package_id, first.image_id, first.account) == ("bzoff4", "5001", ACCOUNT)
    assert (first.period, second.period) == (None, (4, 3))
    assert (second.host_id, second.rented, second.seconds) == (rented, True, 4 * 2_592_000)
    assert (second.package_id, second.image_id, second.at) == ("bzrent4", "5002", simulated.clock.now)


async def test_a_prepaid_host_is_paid_in_advance_and_rounded_half_up() -> None:
    simulated = Simulated()
    await simulated.rent(1, 1, packageId="bzrent4")  # 0.07 × 0.85 × 24 = 1.428
    await simulated.rent(10, 0, packageId="bzrent4")  # 0.07 × 0.85 × 10 = 0.595
    assert [sale.charged for sale in simulated.world.ledger] == [Decimal("1.43"), Decimal("0.60")]
    assert simulated.account.wallet == 100_000 - Decimal("2.03")


async def test_every_create_reduces_the_stock() -> None:
    simulated = Simulated(40)
    before = dict(simulated.world.stock)
    await simulated.buy()
    await simulated.rent()
    await simulated.code("POST", "createquantity", PAIR | {"imageId": "none"})
    assert before["bzoff4"] - simulated.world.stock["bzoff4"] == 2
    assert {**simulated.world.stock, "bzoff4": before["bzoff4"]} == before


async def test_the_host_matches_the_purchase() -> None:
    simulated = Simulated()
    host_id = await simulated.buy(packageId="cerend4", imageId="508")
    row = await simulated.data("GET", f"one/{host_id}")
    assert (row["gpuConfiguration"], row["gpuNumber"], row["cpu"], row["memory"]) == ("RTX 4090", 4, 64, 256)
    assert (row["operatingSystem"], row["hostAccount"], row["area"]) == ("Windows", "administrator", "1")
    assert (row["useType"], row["expirationTime"], row["pveMachineType"]) == ("0", None, "1")
