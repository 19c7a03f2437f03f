"""Every documented code is reached through the state of the world, or, for the service's own failures, by a fault."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.simulator_client import DAY, HOUR, OFF, PAIR, STARTING, STOPPING, Simulated

from tests.simulator_faults.faults import Fault, Kind
from xds_tui.simulator.error_codes import MESSAGES, Code, ServiceError
from xds_tui.simulator.world import FROZEN, POOR, UNVERIFIED

DAYS = {"periodNumber": 1, "periodType": 1}
CREATES = [("createquantity", PAIR), ("createRent", PAIR | DAYS)]


async def code_of_create(simulated: Simulated, path: str, body: object) -> int:
    """The code that the create is refused with; nothing may have been bought."""
    wallets = {uuid: account.wallet for uuid, account in simulated.world.accounts.items()}
    stock, sold = dict(simulated.world.stock), list(simulated.world.ledger)
    code = await simulated.code("POST", path, body)
    assert code != 0
    assert {uuid: account.wallet for uuid, account in simulated.world.accounts.items()} == wallets
    assert (simulated.world.stock, simulated.world.ledger) == (stock, sold)
    return code


def test_every_code_has_its_message() -> None:
    assert set(MESSAGES) == set(Code)
    assert ServiceError(Code.TYPES_DIFFER).message == "主机模板类型与镜像类型不一致"


@pytest.mark.parametrize(("path", "body"), CREATES)
@pytest.mark.parametrize("missing", ["packageId", "imageId"])
async def test_1007_without_a_package_or_an_image(path: str, body: dict[str, object], missing: str) -> None:
    assert await code_of_create(Simulated(), path, {**body, missing: None}) == 1007
    assert await code_of_create(Simulated(), path, {k: v for k, v in body.items() if k != missing}) == 1007


@pytest.mark.parametrize("missing", DAYS)
async def test_1007_without_a_period(missing: str) -> None:
    assert await code_of_create(Simulated(), "createRent", {**PAIR, **DAYS, missing: None}) == 1007


@pytest.mark.parametrize("number", [0, -1, 1.5, "1", True, [1], {}])
async def test_1001_for_a_number_of_periods_that_is_none(number: object) -> None:
    assert await code_of_create(Simulated(), "createRent", PAIR | {"periodNumber": number, "periodType": 1}) == 1001


@pytest.mark.parametrize("unit", [-1, 6, 1.0, "1", True, [1], {}])
async def test_1001_for_a_period_that_is_none(unit: object) -> None:
    assert await code_of_create(Simulated(), "createRent", PAIR | {"periodNumber": 1, "periodType": unit}) == 1001


@pytest.mark.parametrize(("path", "body"), CREATES)
@pytest.mark.parametrize("chosen", [{"packageId": "none"}, {"imageId": "none"}, {"packageId": [1]}, {"imageId": 5001}])
async def test_1001_for_goods_that_are_not_sold(path: str, body: dict[str, object], chosen: dict[str, object]) -> None:
    assert await code_of_create(Simulated(), path, body | chosen) == 1001


async def test_1001_for_a_package_that_is_not_sold_this_way() -> None:
    assert await code_of_create(Simulated(), "createquantity", PAIR | {"packageId": "bzrent4"}) == 1001
    assert await code_of_create(Simulated(), "createRent", PAIR | DAYS | {"packageId": "blweb2"}) == 1001


@pytest.mark.parametrize(("path", "body"), CREATES)
async def test_7005_for_a_pair_that_does_not_match(path: str, body: dict[str, object]) -> None:
    assert await code_of_create(Simulated(), path, body | {"imageId": "4005"}) == 7005


@pytest.mark.parametrize(("path", "body"), CREATES)
@pytest.mark.parametrize(("uuid", "code"), [(UNVERIFIED, 1037), (FROZEN, 9000), (POOR, 9001)])
async def test_1037_9000_and_9001_by_who_buys(path: str, body: object, uuid: str, code: int) -> None:
    assert await code_of_create(Simulated(uuid=uuid), path, body) == code


async def test_9001_for_a_rent_longer_than_the_wallet() -> None:
    simulated = Simulated()
    for number in (20, 2**63 - 1, 2**64 - 1):
        rent = PAIR | {"periodNumber": number, "periodType": 5}
        assert await code_of_create(simulated, "createRent", rent) == 9001
    simulated.account.wallet = Decimal("23.75")
    assert await code_of_create(simulated, "createRent", PAIR | DAYS) == 9001
    simulated.account.wallet = Decimal("23.76")
    await simulated.rent()
    assert simulated.account.wallet == 0


async def test_6002_for_a_package_without_stock() -> None:
    body = {"packageId": "bla100x8", "imageId": "4005", "periodNumber": 1, "periodType": 0}
    assert await code_of_create(Simulated(), "createRent", body) == 6002


async def test_6002_when_the_last_one_is_sold() -> None:
    simulated = Simulated()
    simulated.world.stock["bzoff4"] = 1
    await simulated.buy()
    assert await code_of_create(simulated, "createRent", PAIR | DAYS) == 6002


async def test_6002_without_resources_to_start_a_host() -> None:
    simulated = Simulated()
    simulated.world.stock["bzoff4"] = 1
    host_id = await simulated.buy()
    simulated.world.stock["bzoff4"] = -1
    assert await simulated.power(host_id, on=True) == 6002
    assert await simulated.status(host_id) == OFF
    simulated.world.stock["bzoff4"] = 0
    await simulated.started(host_id)
    simulated.world.stock["bzoff4"] = -1
    assert await simulated.power(host_id, on=True) == 0
    assert await simulated.power(host_id, on=False) == 0


@pytest.mark.parametrize(("path", "body"), CREATES)
async def test_6005_while_the_queue_is_full(path: str, body: object) -> None:
    assert await code_of_create(Simulated(queue_full=True), path, body) == 6005


async def test_1005_while_the_same_pair_is_being_created() -> None:
    simulated = Simulated(processing=10.0)
    await simulated.buy()
    assert await code_of_create(simulated, "createquantity", PAIR) == 1005
    assert await code_of_create(simulated, "createRent", PAIR | DAYS) == 1005
    await simulated.buy(imageId="5002")
    simulated.clock.advance(10)
    await simulated.buy()
    assert len(simulated.world.ledger) == 3


async def test_6000_while_a_host_starts_and_6001_while_it_stops() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    await simulated.power(host_id, on=True)
    assert await simulated.status(host_id) == STARTING
    assert {await simulated.power(host_id, on=on) for on in (True, False)} == {6000}
    simulated.clock.advance(20)
    await simulated.power(host_id, on=False)
    assert await simulated.status(host_id) == STOPPING
    assert {await simulated.power(host_id, on=on) for on in (True, False)} == {6001}


async def test_6003_when_the_wallet_cannot_pay_for_an_hour() -> None:
    simulated = Simulated()
    on_demand, rented = await simulated.buy(), await simulated.rent()
    simulated.account.wallet = Decimal("0.98")
    assert await simulated.power(on_demand, on=True) == 6003
    assert await simulated.power(rented, on=True) == 0
    simulated.account.wallet = Decimal("0.99")
    assert await simulated.power(on_demand, on=True) == 0


async def test_7002_7003_and_7004_for_hosts_that_cannot_reboot() -> None:
    simulated = Simulated()
    host_id = await simulated.rent()
    reboot = ("GET", f"reboot/{host_id}")
    assert await simulated.code(*reboot) == 7002
    await simulated.power(host_id, on=True)
    assert await simulated.code(*reboot) == 7004
    simulated.clock.advance(20)
    await simulated.power(host_id, on=False)
    assert await simulated.code(*reboot) == 7004
    simulated.let_pass(DAY)
    assert await simulated.code(*reboot) == 7003


async def test_1003_for_an_expired_host_that_is_to_start() -> None:
    simulated = Simulated()
    host_id = await simulated.rent(1, 0)
    simulated.let_pass(HOUR)
    answer = (await simulated.ask("GET", f"operate/{host_id}", type=1)).json()
    assert (answer["code"], answer["msg"]) == (1003, "主机已过期")
    assert await simulated.power(host_id, on=False) == 0


@pytest.mark.parametrize("code", [500, 503, 1003])
async def test_the_services_own_failures_are_faults(code: int) -> None:
    simulated = Simulated()
    simulated.service.faults.set(Fault(kind=Kind.CODE, code=code))
    answer = (await simulated.ask("GET", "image")).json()
    assert (answer["code"], answer["msg"]) == (code, MESSAGES[code])
