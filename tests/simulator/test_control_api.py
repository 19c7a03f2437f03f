from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.simulator_client import HOUR, OFF, STARTING, Simulated

from tests.simulator_faults.clocks import SkewedClock
from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service, build
from xds_tui.simulator.world import ACCOUNT, World


async def state(simulated: Simulated) -> Any:
    return (await simulated.send("GET", "/_sim/state")).json()


async def test_the_state_contains_ledger_hosts_and_requests() -> None:
    simulated = Simulated()
    host_id = await simulated.rent()
    assert await state(simulated) == {
        "ledger": [
            {
                "at": simulated.clock.now,
                "account": ACCOUNT,
                "host": host_id,
                "package": "bzoff4",
                "image": "5001",
                "period": [1, 1],
                "charged": "23.76",
                "tag": "",
            }
        ],
        "hosts": {host_id: OFF},
        "wallets": {uuid: str(account.wallet) for uuid, account in simulated.world.accounts.items()},
        "requests": ["POST /v1/pve/open/createRent"],
    }
    assert (await state(simulated))["wallets"][ACCOUNT] == "99976.24"


async def test_the_clock_can_be_advanced() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    await simulated.power(host_id, on=True)
    assert (await state(simulated))["hosts"][host_id] == STARTING
    assert (await simulated.send("POST", "/_sim/advance", json={"seconds": HOUR})).json() == {}
    assert (await state(simulated))["hosts"][host_id] == 3
    assert await simulated.code("GET", "image") == 401


async def test_a_fixed_clock_cannot_be_advanced() -> None:
    simulated = Simulated()
    simulated.world.clock = lambda: 0.0
    assert (await simulated.send("POST", "/_sim/advance", json={"seconds": 1})).status_code == 409


def test_a_skewed_clock_is_ahead_by_the_sum_of_advances() -> None:
    clock = SkewedClock(lambda: 5.0)
    clock.advance(2.5)
    clock.advance(1)
    assert clock() == 8.5


async def test_faults_can_be_set() -> None:
    simulated = Simulated()
    rows = [{"kind": "code", "code": 503, "skip": 1}, {"kind": "drop after", "endpoint": "pve/open/one"}]
    assert (await simulated.send("POST", "/_sim/faults", json=rows)).status_code == 200
    assert simulated.service.faults.pending == [
        Fault(kind=Kind.CODE, code=503, skip=1),
        Fault(kind=Kind.DROP_AFTER, endpoint="pve/open/one"),
    ]
    assert [await simulated.code("GET", "image") for _ in range(3)] == [0, 503, 0]


async def test_tokens_can_be_expired() -> None:
    simulated = Simulated()
    assert (await simulated.send("POST", "/_sim/expire")).status_code == 200
    assert await simulated.code("GET", "image") == 401


@pytest.mark.parametrize("path", ["advance", "faults"])
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"7", b'[{"kind": "no such"}]', b'[{"kind": "html", "skip": "x"}]', b"\xff", b"[" * 99_999]
)
async def test_an_invalid_body_is_rejected(path: str, body: bytes) -> None:
    simulated = Simulated()
    assert (await simulated.send("POST", f"/_sim/{path}", content=body)).status_code == 400
    assert simulated.service.faults.pending == []


async def test_faults_do_not_strike_control_routes() -> None:
    simulated = Simulated()
    simulated.service.faults.set(Fault(kind=Kind.DROP_BEFORE, times=9))
    assert (await state(simulated))["hosts"] == {}


async def test_control_routes_exist_only_on_request() -> None:
    transport = httpx.ASGITransport(build(Service(World())))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulated") as http:
        for method, path in (("GET", "state"), ("POST", "advance"), ("POST", "faults"), ("POST", "expire")):
            assert (await http.request(method, f"/_sim/{path}")).status_code == 404


async def test_faults_can_be_removed_over_http() -> None:
    simulated = Simulated()
    simulated.service.faults.set(Fault(kind=Kind.HTML))
    assert (await simulated.send("POST", "/_sim/clear")).json() == {}
    assert simulated.service.faults.pending == []


async def test_another_user_buys_immediately() -> None:
    simulated = Simulated()
    answer = await simulated.send("POST", "/_sim/other-user", json={"purchases": [["bl3060a1", "4005", [1, 2]]]})
    [sale] = simulated.world.ledger
    assert answer.json() == {"host": sale.host_id}
    assert (sale.package_id, sale.period, sale.request_tag) == ("bl3060a1", (1, 2), "other user")


async def test_another_user_acts_from_time_to_time() -> None:
    simulated = Simulated()
    assert (await simulated.send("POST", "/_sim/other-user", json={"every": 1})).json() == {}
    simulated.let_pass(60)
    await simulated.ask("GET", "image")
    simulated.world.catch_up()
    assert simulated.world.ledger


async def test_an_impossible_purchase_of_another_user_is_rejected() -> None:
    simulated = Simulated()
    answer = await simulated.send("POST", "/_sim/other-user", json={"purchases": [["none", "5001", None]]})
    assert answer.status_code == 400


async def test_every_field_of_a_fault_can_be_set_over_http() -> None:
    simulated = Simulated()
    fault = {"kind": "code after", "status": 504, "code": 404, "form": "gateway", "message": "504 GATEWAY_TIMEOUT"}
    altered = {"kind": "altered", "fields": {"success": False, "data": None}, "without": ["traceId"]}
    listing = {"kind": "listing", "endpoint": "pve/open/mypage", "hidden": 6, "total": 60, "nameless": 1}
    assert (await simulated.send("POST", "/_sim/faults", json=[fault, altered, listing])).json() == {}
    assert [each.kind for each in simulated.service.faults.pending] == [Kind.CODE_AFTER, Kind.ALTERED, Kind.LISTING]
