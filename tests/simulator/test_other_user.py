from __future__ import annotations

from support.simulator_client import PAIR, Simulated

from tests.simulator_faults.other_user import TAG, OtherUser

PURCHASES = [("bzoff4", "5001", None), ("bzoff4", "5001", (1, 1))]


async def test_another_user_acts_on_its_own_hosts_only() -> None:
    simulated = Simulated(3)
    own = await simulated.buy()
    before = {host.id: host.status for host in simulated.world.listed()}
    user = OtherUser(simulated.world, PURCHASES, seed=1)
    for _ in range(100):
        user.act()
        simulated.let_pass(20)
    assert set(user.done) == {"bought", "started", "stopped", "deleted"}
    bought = {sale.host_id for sale in simulated.world.ledger if sale.request_tag == TAG}
    assert len(bought) == user.done["bought"]
    assert own not in bought
    for host_id, status in before.items():
        assert simulated.world.hosts[host_id].gone_from is None
        assert host_id == own or simulated.world.hosts[host_id].status == status or status in (1, 2, 4)


async def test_another_user_acts_while_the_world_is_used() -> None:
    simulated = Simulated()
    user = OtherUser(simulated.world, PURCHASES, seed=1)
    user.act_every(10)
    assert user.done.total() == 0
    for _ in range(100):
        simulated.let_pass(5)
        await simulated.ask("GET", "mypage", page=1, pageSize=25)
    assert 25 <= user.done.total() <= 100


async def test_the_seed_determines_the_actions() -> None:
    first, second = Simulated(), Simulated()
    users = [OtherUser(simulated.world, PURCHASES, seed=3) for simulated in (first, second)]
    assert [users[0].act() for _ in range(20)] == [users[1].act() for _ in range(20)]


async def test_a_user_without_funds_is_rejected() -> None:
    simulated = Simulated()
    simulated.account.wallet *= 0
    assert OtherUser(simulated.world, PURCHASES, seed=1).act() == "refused"


async def test_the_ledger_contains_the_tag_of_a_request() -> None:
    simulated = Simulated()
    headers = {"Finovy-Access-Token": simulated.token, "X-Request-Tag": "order-1"}
    await simulated.send("POST", "/v1/pve/open/createquantity", json=PAIR, headers=headers)
    rent = PAIR | {"periodNumber": 1, "periodType": 1}
    await simulated.send("POST", "/v1/pve/open/createRent", json=rent, headers=headers | {"X-Request-Tag": "order-2"})
    await simulated.buy()
    power = f"/v1/pve/open/operate/{simulated.world.ledger[0].host_id}"
    for _ in range(2):
        await simulated.send("GET", power, params={"type": 1}, headers=headers | {"X-Request-Tag": "order-3"})
    assert simulated.service.carried_out == {"order-1": 1, "order-2": 1, "order-3": 1}
    assert [sale.request_tag for sale in simulated.world.ledger] == ["order-1", "order-2", ""]


async def test_a_purchase_of_another_user_does_not_delay_ours() -> None:
    simulated = Simulated()
    user = OtherUser(simulated.world, PURCHASES[:1], seed=1)

    def buy_meanwhile() -> None:
        simulated.clock.advance(0.001)
        user.buy()

    simulated.world.schedule(0, buy_meanwhile)
    assert await simulated.code("POST", "createquantity", PAIR) == 0
    assert len(simulated.world.ledger) == 2
