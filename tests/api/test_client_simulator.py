"""The client and the session over real HTTP, against a service that keeps books."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import BadResponse, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.domain.model import Billing, Period, PeriodUnit, Status
from xds_tui.simulator.world import ACCOUNT, SECRET

Simulate = Callable[..., RunningSimulator]

DAY = Period(PeriodUnit.DAY, 1)
KEY = AccountKey(ACCOUNT, Secret(SECRET))

CREATES = ["pve/open/createquantity", "pve/open/createRent"]
DONE_ALL_THE_SAME = [Kind.DROP_AFTER, Kind.HTML_AFTER, Kind.TRUNCATED]
NOT_DONE = [Kind.DROP_BEFORE, Kind.HTML, Kind.CODE, Kind.REDIRECT, Kind.HUGE, Kind.NONSENSE]


def asked(simulator: RunningSimulator, path: str) -> int:
    return sum(path in request for request in simulator.service.requests)


async def buy(client: Client, endpoint: str) -> str | None:
    billing = Billing.RENT if endpoint.endswith("Rent") else Billing.ON_DEMAND
    types = {image.type: image.id for image in await client.images()}
    package = next(package for package in await client.packages(billing) if package.type in types)
    image_id = types[package.type]
    if billing is Billing.RENT:
        return await client.create_rent(package_id=package.id, image_id=image_id, period=DAY)
    return await client.create_on_demand(package_id=package.id, image_id=image_id)


@pytest.mark.parametrize("dialect", ["document", "later"])
async def test_a_host_from_the_catalog_to_its_end(simulate: Simulate, dialect: str) -> None:
    simulator = simulate(dialect=dialect, totals_as_text=dialect == "document", hosts=40)
    async with Client(simulator.url, KEY) as client:
        first, second = await client.hosts(1), await client.hosts(2)
        assert (len(first.hosts), len(second.hosts), first.total, first.unreadable) == (25, 15, 40, 0)
        assert not [host.raw for host in (*first.hosts, *second.hosts) if host.raw]
        packages = [*await client.packages(Billing.RENT), *await client.packages(Billing.ON_DEMAND)]
        assert all(isinstance(package.amount, Decimal) and package.discount for package in packages)
        host_id = await buy(client, "pve/open/createRent")
        assert host_id is not None
        host = await client.host(host_id)
        assert host is not None
        assert (host.id, host.billing, host.status) == (host_id, Billing.RENT, Status.OFF)
        await client.power(host_id, on=True)
        assert (await client.host(host_id)).status is Status.STARTING  # type: ignore[union-attr]
        with pytest.raises(OutcomeUnknown, match="not running"):
            await client.reboot(host_id)
        off = next(host for host in (*first.hosts, *second.hosts) if host.status is Status.OFF)
        await client.delete(off.id)
        assert await client.host(off.id) is None
        on = next(host for host in (*first.hosts, *second.hosts) if host.status.is_on)
        with pytest.raises(OutcomeUnknown, match="did not do it"):
            await client.delete(on.id)


@pytest.mark.parametrize("endpoint", CREATES)
@pytest.mark.parametrize("kind", [*DONE_ALL_THE_SAME, *NOT_DONE])
async def test_a_purchase_with_a_lost_response_is_unknown_and_made_at_most_once(
    simulate: Simulate, endpoint: str, kind: Kind
) -> None:
    simulator = simulate()
    simulator.service.faults.set(
        Fault(kind=kind, endpoint=endpoint, location="http://127.0.0.1:1/", size=8 * 1024 * 1024)
    )
    async with Client(simulator.url, KEY) as client:
        with pytest.raises(OutcomeUnknown):
            await buy(client, endpoint)
    assert asked(simulator, endpoint) == 1
    assert len(simulator.service.world.ledger) == (kind in DONE_ALL_THE_SAME)


@pytest.mark.parametrize("endpoint", CREATES)
@pytest.mark.parametrize("kind", [Kind.LATENCY, Kind.DRIP])
async def test_a_purchase_with_a_late_response_is_unknown_and_made_at_most_once(
    simulate: Simulate, endpoint: str, kind: Kind
) -> None:
    simulator = simulate()
    simulator.service.faults.set(Fault(kind=kind, endpoint=endpoint, seconds=1.0))
    async with Client(simulator.url, KEY, deadlines=Deadlines(changing=0.5)) as client:
        with pytest.raises(OutcomeUnknown, match="in time"):
            await buy(client, endpoint)
    assert asked(simulator, endpoint) == 1
    assert len(simulator.service.world.ledger) <= 1


@pytest.mark.parametrize("kind", [*DONE_ALL_THE_SAME, *NOT_DONE])
async def test_a_read_with_a_lost_response_is_sent_once_and_can_be_repeated(simulate: Simulate, kind: Kind) -> None:
    simulator = simulate()
    simulator.service.faults.set(Fault(kind=kind, endpoint="pve/open/mypage", size=8 * 1024 * 1024))
    async with Client(simulator.url, KEY) as client:
        with pytest.raises(Rejected if kind is Kind.CODE else BadResponse):
            await client.hosts(1)
        assert asked(simulator, "mypage") == 1
        assert (await client.hosts(1)).total == 40


async def test_a_busy_service_rejects_with_retry_after(simulate: Simulate) -> None:
    simulator = simulate()
    simulator.service.faults.set(Fault(kind=Kind.BUSY, endpoint="pve/open/mypage", seconds=7))
    async with Client(simulator.url, KEY) as client:
        with pytest.raises(Rejected) as caught:
            await client.hosts(1)
    assert (caught.value.code, caught.value.retry_after) == (429, 7.0)


@pytest.mark.parametrize("auth_status", [200, 401])
async def test_tokens_that_ended_are_renewed_for_a_read_but_a_purchase_is_not_repeated(
    simulate: Simulate, auth_status: int
) -> None:
    simulator = simulate(auth_status=auth_status)
    async with Client(simulator.url, KEY) as client:
        await client.hosts(1)
        simulator.service.world.expire_tokens()
        assert (await client.hosts(1)).total == 40
        assert asked(simulator, "getToken") == 2
        simulator.service.faults.set(Fault(kind=Kind.EXPIRE_TOKENS, endpoint="pve/open/createRent"))
        with pytest.raises(SignedOut):
            await buy(client, "pve/open/createRent")
        assert (asked(simulator, "createRent"), len(simulator.service.world.ledger)) == (1, 0)
        assert await buy(client, "pve/open/createRent") is not None
        assert asked(simulator, "getToken") == 3


async def test_a_wrong_secret_is_sent_once(simulate: Simulate) -> None:
    simulator = simulate()
    async with Client(simulator.url, AccountKey(ACCOUNT, Secret("wrong"))) as client:
        for _ in range(3):
            with pytest.raises(SignedOut):
                await client.hosts(1)
        assert simulator.service.requests == ["POST /v1/auth/getToken"]
        client.session.replace(KEY)
        assert (await client.hosts(1)).total == 40


class Searches:
    """A finder that finds nothing and notes what it is asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        self.names.append(name)


async def test_a_request_searches_the_path_for_no_module(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = simulate()
    searches = Searches()
    async with Client(simulator.url, KEY) as client:
        await client.hosts(1)
        monkeypatch.setattr(sys, "meta_path", [searches, *sys.meta_path])
        await client.hosts(1)
    assert searches.names == []
