from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_snapshot

from xds_tui.api.decode import HostPage
from xds_tui.api.errors import BadResponse
from xds_tui.api.page_numbers import PageNumbers
from xds_tui.domain.model import Host
from xds_tui.fleet.host_listing import MAX_CONCURRENT_PAGES, PAGE_SIZE, list_hosts


class HostList:
    """A host list that a test can change before any request."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)
        self.asked: list[int | str] = []
        self.under_way = self.most_under_way = 0
        self.before_each: Callable[[], None] = lambda: None
        self.total: Callable[[], int | None] = lambda: len(self.ids)
        self.page_numbers = PageNumbers(is_known=True)

    async def hosts(self, page: int) -> HostPage:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.before_each()
        self.asked.append(page)
        ids = self.ids[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        answer = HostPage(tuple(a_host(id=id_) for id_ in ids), self.total(), 0)
        await _turn()
        self.under_way -= 1
        return answer

    async def host(self, host_id: str) -> Host | None:
        self.asked.append(host_id)
        return a_host(id=host_id) if host_id in self.ids else None


async def _turn() -> None:
    await asyncio.sleep(0)


async def seen(source: HostList, *before: str) -> list[str]:
    known = a_snapshot(*(a_host(id=id_) for id_ in before)) if before else None
    swept = await list_hosts(source, known, lambda: NOON)
    return [host.id for host in swept.snapshot.hosts]


async def test_a_snapshot_says_when_the_list_was_begun_that_it_rests_on() -> None:
    now = iter(NOON + timedelta(seconds=second) for second in range(1000))
    source = HostList(*many(3))
    consistent = (await list_hosts(source, None, lambda: next(now))).snapshot
    assert consistent.listed_at == NOON
    source.total = lambda: 99
    contradictory = (await list_hosts(source, consistent, lambda: next(now))).snapshot
    assert contradictory.listed_at == NOON
    first = (await list_hosts(source, None, lambda: next(now))).snapshot
    assert first.listed_at is not None
    assert first.listed_at < NOON


def many(count: int) -> list[str]:
    return [f"h{number}" for number in range(count)]


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (25, 1), (26, 2), (60, 3), (250, 10)])
async def test_a_stable_list_takes_one_request_per_page(count: int, requests: int) -> None:
    source = HostList(*many(count))
    assert await seen(source, *many(count)) == many(count)
    assert len(source.asked) == requests
    assert source.most_under_way <= MAX_CONCURRENT_PAGES


async def test_a_host_created_during_the_reading_is_not_shown_twice() -> None:
    source = HostList(*many(60))
    created = iter(["new"])

    def create_once() -> None:
        if source.asked and (name := next(created, None)):
            source.ids.insert(0, name)

    source.before_each = create_once
    assert await seen(source) == ["new", *many(60)]


async def test_a_host_that_moved_to_a_page_already_read_is_not_gone() -> None:
    source = HostList(*many(60))
    deleted = iter(["h3"])

    def delete_once() -> None:
        if source.asked and (name := next(deleted, None)):
            source.ids.remove(name)

    source.before_each = delete_once
    assert await seen(source, *many(60)) == [id_ for id_ in many(60) if id_ != "h3"]


@given(st.integers(0, 2**32), st.integers(20, 120))
async def test_a_list_that_shifts_on_every_page_neither_loses_nor_adds_hosts(seed: int, count: int) -> None:
    lot = random.Random(seed)
    source = HostList(*many(count))
    lasting = set(many(count))
    deleted: set[str] = set()

    def shift() -> None:
        if lot.random() < 0.5 and source.ids:
            gone = source.ids.pop(lot.randrange(len(source.ids)))
            lasting.discard(gone)
            deleted.add(gone)
        else:
            source.ids.insert(0, f"new{len(source.asked)}")

    source.before_each = shift
    ids = await seen(source, *many(count))
    assert len(ids) == len(set(ids))
    assert lasting <= set(ids)


async def test_a_wrong_total_is_detected() -> None:
    source = HostList(*many(30))
    source.total = lambda: 31
    assert await seen(source) == many(30)
    assert source.asked == [1, 2, 1, 2]


async def test_a_total_that_is_too_small_hides_no_host() -> None:
    source = HostList(*many(60))
    source.total = lambda: 50
    assert await seen(source) == many(60)
    source.total = lambda: 0
    assert await seen(source) == many(60)


async def test_a_total_that_is_far_too_large_takes_few_requests() -> None:
    source = HostList(*many(60))
    source.total = lambda: 90_000
    assert await seen(source) == many(60)
    assert len(source.asked) < 30


@pytest.mark.parametrize("size", [1, 7, 10, 24])
async def test_all_pages_are_read_if_the_service_shortens_them(size: int) -> None:
    class Short(HostList):
        async def hosts(self, page: int) -> HostPage:
            self.asked.append(page)
            ids = self.ids[(page - 1) * size : page * size]
            return HostPage(tuple(a_host(id=id_) for id_ in ids), len(self.ids), 0)

    source = Short(*many(30))
    swept = await list_hosts(source, None, lambda: NOON)
    assert [host.id for host in swept.snapshot.hosts] == many(30)
    assert swept.snapshot.is_complete


async def test_without_a_total_pages_are_read_until_one_is_short() -> None:
    source = HostList(*many(60))
    source.total = lambda: None
    assert await seen(source) == many(60)
    assert source.asked == [1, 2, 3]


class Clamping(HostList):
    """A service that returns its last page for every later one, as PageHelper does with `reasonable`."""

    async def hosts(self, page: int) -> HostPage:
        return await super().hosts(min(page, max(1, -(-len(self.ids) // PAGE_SIZE))))


@pytest.mark.parametrize("count", [PAGE_SIZE, 2 * PAGE_SIZE])
async def test_a_last_page_that_is_returned_again_ends_the_list(count: int) -> None:
    source = Clamping(*many(count))
    swept = await list_hosts(source, None, lambda: NOON)
    assert [host.id for host in swept.snapshot.hosts] == many(count)
    assert swept.snapshot.is_complete
    assert len(source.asked) == count // PAGE_SIZE + 1


async def test_without_a_total_a_page_that_is_returned_again_leaves_doubt() -> None:
    source = Clamping(*many(PAGE_SIZE))
    source.total = lambda: None
    before = a_snapshot(*(a_host(id=id_) for id_ in many(2 * PAGE_SIZE)))
    swept = await list_hosts(source, before, lambda: NOON)
    assert not swept.snapshot.is_complete
    assert len(source.asked) < 10 + PAGE_SIZE


async def test_pages_that_repeat_each_other_take_few_requests() -> None:
    source = Clamping(*many(PAGE_SIZE))
    source.total = lambda: 90_000
    assert await seen(source) == many(PAGE_SIZE)
    assert len(source.asked) < 30


async def test_a_list_on_one_page_takes_one_request() -> None:
    class Generous(HostList):
        async def hosts(self, page: int) -> HostPage:
            self.asked.append(page)
            return HostPage(tuple(a_host(id=id_) for id_ in self.ids), len(self.ids), 0)

    source = Generous(*many(40))
    assert await seen(source) == many(40)
    assert source.asked == [1]


async def test_unreadable_rows_are_counted() -> None:
    class Odd(HostList):
        async def hosts(self, page: int) -> HostPage:
            return HostPage((a_host(id="a"),), 2, 1)

    swept = await list_hosts(Odd(), None, lambda: NOON)
    assert swept.unreadable == 1


async def test_a_page_that_fails_cancels_the_other_requests() -> None:
    class Failing(HostList):
        async def hosts(self, page: int) -> HostPage:
            if page == 3:
                raise BadResponse("no")
            return await super().hosts(page)

    source = Failing(*many(500))
    with pytest.raises(BadResponse):
        await list_hosts(source, None, lambda: NOON)
    assert source.most_under_way <= MAX_CONCURRENT_PAGES


class FromZero(HostList):
    """A service that counts its pages from 0, behind a client that translates page numbers."""

    def __init__(self, *ids: str, size: int = PAGE_SIZE) -> None:
        super().__init__(*ids)
        self.size = size
        self.page_numbers = PageNumbers()

    async def hosts(self, page: int) -> HostPage:
        number = page - 1 + self.page_numbers.first
        self.asked.append(number)
        ids = self.ids[number * self.size : (number + 1) * self.size]
        return HostPage(tuple(a_host(id=id_) for id_ in ids), self.total(), 0)


@pytest.mark.parametrize("size", [10, PAGE_SIZE, 100])
@pytest.mark.parametrize("count", [1, 25, 26, 60, 250])
async def test_a_list_that_begins_with_page_zero_is_read_completely(count: int, size: int) -> None:
    source = FromZero(*many(count), size=size)
    listing = await list_hosts(source, None, lambda: NOON)
    assert [host.id for host in listing.snapshot.hosts] == many(count)
    assert listing.snapshot.is_complete
    source.asked.clear()
    listing = await list_hosts(source, listing.snapshot, lambda: NOON)
    assert [host.id for host in listing.snapshot.hosts] == many(count)
    assert source.asked[0] == 0
    assert len(source.asked) <= -(-count // min(size, PAGE_SIZE))


async def test_a_wrong_conclusion_about_page_zero_is_corrected() -> None:
    class FromOne(FromZero):
        async def hosts(self, page: int) -> HostPage:
            number = max(1, page - 1 + self.page_numbers.first)  # returns page 1 for page 0
            return await HostList.hosts(self, number)

    source = FromOne(*many(60))
    source.page_numbers.set_first(0)
    contradictory = await list_hosts(source, None, lambda: NOON)
    assert not contradictory.snapshot.is_complete
    listing = await list_hosts(source, None, lambda: NOON)
    assert [host.id for host in listing.snapshot.hosts] == many(60)
    assert listing.snapshot.is_complete


class PageZero(HostList):
    """A list that lacks a host, with a page 0."""

    def __init__(self, zero: Callable[[], tuple[str, ...]]) -> None:
        super().__init__(*many(30))
        self.total = lambda: 31
        self.zero = zero
        self.page_numbers = PageNumbers()

    async def hosts(self, page: int) -> HostPage:
        if page > 0:
            return await super().hosts(page)
        self.asked.append(page)
        return HostPage(tuple(a_host(id=id_) for id_ in self.zero()), 31, 0)


def refuse_page_zero() -> tuple[str, ...]:
    raise BadResponse("no")


@pytest.mark.parametrize("zero", [lambda: (), lambda: tuple(many(25)), refuse_page_zero])
async def test_a_page_zero_without_further_hosts_is_requested_once(zero: Callable[[], tuple[str, ...]]) -> None:
    source = PageZero(zero)
    for _ in range(3):
        listing = await list_hosts(source, None, lambda: NOON)
        assert [host.id for host in listing.snapshot.hosts] == many(30)
        assert not listing.snapshot.is_complete
    assert source.asked.count(0) == 1


async def test_a_page_zero_with_some_further_hosts_proves_nothing() -> None:
    source = PageZero(lambda: ("new", "h0"))
    await list_hosts(source, None, lambda: NOON)
    assert (source.page_numbers.first, source.page_numbers.is_known) == (1, False)


@pytest.mark.parametrize("size", [10, PAGE_SIZE, 100])
async def test_without_a_total_pages_of_any_size_are_read_to_the_end(size: int) -> None:
    class Sized(HostList):
        async def hosts(self, page: int) -> HostPage:
            ids = self.ids[(page - 1) * size : page * size]
            return HostPage(tuple(a_host(id=id_) for id_ in ids), None, 0)

    assert await seen(Sized(*many(230))) == many(230)


@pytest.mark.parametrize("count", [3, 40])
async def test_a_list_without_total_and_pages_is_complete(count: int) -> None:
    class Unpaged(HostList):
        async def hosts(self, page: int) -> HostPage:
            return HostPage(tuple(a_host(id=id_) for id_ in self.ids), None, 0)

    listing = await list_hosts(Unpaged(*many(count)), None, lambda: NOON)
    assert [host.id for host in listing.snapshot.hosts] == many(count)
    assert listing.snapshot.is_complete
