"""A host is gone only if a consistent listing and `one/{id}` agree."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.api.decode import HostPage
from xds_tui.api.errors import BadResponse, Rejected
from xds_tui.api.page_numbers import PageNumbers
from xds_tui.domain.model import Host, Snapshot, Status
from xds_tui.fleet.host_listing import MAX_CHECKS, PAGE_SIZE, HostListing, list_hosts


def always(total: int | None) -> Callable[[int], int | None]:
    return lambda _page: total


class Service:
    """A host list set by the test, and the hosts that really exist."""

    def __init__(self, *there: str) -> None:
        self.there = list(there)
        self.listed: Sequence[str] | None = None
        self.total: Callable[[int], int | None] = lambda page: len(self.shown)
        self.nameless = 0
        self.is_total_unreadable = False
        self.status = Status.ON
        self.asked: list[str] = []
        self.page_numbers = PageNumbers(is_known=True)
        self.under_way = self.most_under_way = 0
        self.error: Exception | None = None

    @property
    def shown(self) -> Sequence[str]:
        return self.there if self.listed is None else self.listed

    async def hosts(self, page: int) -> HostPage:
        ids = self.shown[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        rows = tuple(a_host(id=id_) for id_ in ids)
        nameless = self.nameless if page == 1 else 0
        return HostPage(rows[nameless:], self.total(page), nameless, self.is_total_unreadable)

    async def host(self, host_id: str) -> Host | None:
        self.asked.append(host_id)
        if self.error is not None:
            raise self.error
        return a_host(id=host_id, status=self.status) if host_id in self.there else None

    async def sweep(self, before: Snapshot, **more: object) -> HostListing:
        return await list_hosts(self, before, lambda: NOON, **more)  # type: ignore[arg-type]


def many(count: int) -> list[str]:
    return [f"h{number}" for number in range(count)]


def snapshot_of(ids: Sequence[str]) -> Snapshot:
    return a_snapshot(*(a_host(id=id_) for id_ in ids))


def ids_in(snapshot: Snapshot) -> list[str]:
    return [host.id for host in snapshot.hosts]


def lie(service: Service, listed: Sequence[str] | None = None, total: int | None = None, nameless: int = 0) -> None:
    service.listed = listed
    service.nameless = nameless
    if total is not None:
        service.total = lambda page: total


CONTRADICTIONS: Mapping[str, Callable[[Service], None]] = {
    "54 rows of 60": lambda service: lie(service, many(54), 60),
    "60 rows of 50": lambda service: lie(service, many(60), 50),
    "25 rows of 0": lambda service: lie(service, many(25), 0),
    "no row of 60": lambda service: lie(service, [], 60),
    "rows without an ID": lambda service: lie(service, None, None, 3),
    "an ID twice": lambda service: lie(service, [*many(59), "h3"]),
    "another total on each page": lambda service: setattr(service, "total", lambda page: 59 + page),
    "a total that is none": lambda service: setattr(service, "is_total_unreadable", True),
}


@pytest.mark.parametrize("contradict", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
async def test_an_inconsistent_list_reports_no_host_gone(contradict: Callable[[Service], None]) -> None:
    service = Service(*many(60))
    contradict(service)
    snapshot = snapshot_of(many(60))
    for _ in range(6):
        snapshot = (await service.sweep(snapshot)).snapshot
        assert sorted(ids_in(snapshot)) == sorted(many(60))
        assert not snapshot.is_complete
    service.there = service.there[:-6]  # an inconsistent list and `one/{id}` together prove nothing
    for _ in range(6):
        snapshot = (await service.sweep(snapshot)).snapshot
    assert sorted(ids_in(snapshot)) == sorted(many(60))


async def test_an_existing_host_missing_from_a_consistent_list_is_kept_as_unlisted() -> None:
    service = Service(*many(60))
    service.listed = many(60)[:20] + many(60)[26:]
    snapshot = (await service.sweep(snapshot_of(many(60)))).snapshot
    assert ids_in(snapshot) == many(60)
    assert snapshot.is_complete
    assert list(snapshot.unlisted) == many(60)[20:26]
    assert all(absence.is_confirmed and absence.since == NOON for absence in snapshot.unlisted.values())
    service.listed = None
    snapshot = (await service.sweep(snapshot)).snapshot
    assert not snapshot.unlisted


async def test_a_host_missing_from_the_list_and_not_found_is_gone_at_once() -> None:
    service = Service(*many(60))
    service.there.remove("h7")
    snapshot = (await service.sweep(snapshot_of(many(60)))).snapshot
    assert ids_in(snapshot) == service.there
    assert service.asked == ["h7"]


async def test_an_unlisted_host_is_still_refreshed() -> None:
    service = Service(*many(30))
    lie(service, many(28), 30)
    service.status = Status.OFF
    snapshot = (await service.sweep(snapshot_of(many(30)))).snapshot
    assert {host.id for host in snapshot.hosts if host.status is Status.OFF} == {"h28", "h29"}


async def test_a_missing_fleet_is_looked_up_a_few_hosts_at_a_time() -> None:
    service = Service(*many(100))
    snapshot = snapshot_of(many(100))
    lie(service, [])
    service.total = lambda page: 0
    for sweeps in range(1, 6):
        before = len(service.asked)
        snapshot = (await service.sweep(snapshot)).snapshot
        assert len(service.asked) - before == MAX_CHECKS
        assert ids_in(snapshot) == many(100)
        assert len(snapshot.unlisted) == 100
        assert sum(absence.is_confirmed for absence in snapshot.unlisted.values()) == MAX_CHECKS * sweeps
    assert sorted(service.asked) == sorted(many(100)), "each is asked for before any is asked for again"
    service.there = []
    for _ in range(5):
        snapshot = (await service.sweep(snapshot)).snapshot
    assert snapshot.hosts == ()


@pytest.mark.parametrize("error", [BadResponse("late"), Rejected(429, "", retry_after=60.0), Rejected(500, "")])
async def test_a_host_that_cannot_be_looked_up_stays_and_the_list_is_shown(error: Exception) -> None:
    service = Service(*many(40))
    service.listed = many(30)
    service.error = error
    service.status = Status.OFF
    snapshot = (await service.sweep(snapshot_of(many(40)))).snapshot
    assert ids_in(snapshot) == many(40)
    assert not any(absence.is_confirmed for absence in snapshot.unlisted.values())
    assert len(service.asked) <= 4


async def test_a_deleted_host_is_gone_once_it_is_not_found_even_if_the_total_counts_it() -> None:
    service = Service(*many(10))
    service.there.remove("h3")
    service.total = lambda page: 10
    snapshot = (await service.sweep(snapshot_of(many(10)), deleted={"h3"})).snapshot
    assert ids_in(snapshot) == service.there
    service.there.append("h3")
    snapshot = (await service.sweep(snapshot, deleted={"h3"})).snapshot
    assert "h3" in ids_in(snapshot), "a list that shows it is believed"


async def test_the_time_since_a_host_is_missing_is_kept() -> None:
    service = Service(*many(5))
    service.listed = many(4)
    snapshot = (await service.sweep(snapshot_of(many(5)))).snapshot
    later = await list_hosts(service, snapshot, lambda: NOON + timedelta(hours=1))
    assert later.snapshot.unlisted["h4"].since == NOON


async def test_hosts_of_another_account_are_not_kept() -> None:
    service = Service("theirs")
    snapshot = (await service.sweep(snapshot_of(many(30)), may_be_others=True)).snapshot
    assert ids_in(snapshot) == ["theirs"]
    assert service.asked == []
    service = Service(*many(29))
    snapshot = (await service.sweep(snapshot_of(many(30)), may_be_others=True)).snapshot
    assert service.asked == ["h29"]


@given(st.integers(0, 2**32))
async def test_no_wrong_list_reports_an_existing_host_gone(seed: int) -> None:
    lot = random.Random(seed)
    service = Service(*many(lot.randrange(1, 70)))
    snapshot = snapshot_of(service.there)
    for _ in range(6):
        there = service.there
        service.listed = lot.choice([None, lot.sample(there, lot.randint(0, len(there))), [*there, *there[:1]]])
        total = lot.choice([None, 0, 1, len(there), len(there) + lot.randint(-3, 3), 99_999])
        service.total = always(total)
        service.nameless = lot.choice([0, 0, 2])
        snapshot = (await service.sweep(snapshot)).snapshot
        ids = ids_in(snapshot)
        assert set(there) <= set(ids)
        assert len(ids) == len(set(ids))
        assert snapshot.unlisted.keys() <= set(ids)
