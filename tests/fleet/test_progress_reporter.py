from __future__ import annotations

from dataclasses import dataclass

from support.factories import a_host

from xds_tui.api.page_numbers import PageNumbers
from xds_tui.domain.model import Host
from xds_tui.fleet.host_listing import ProgressReporter
from xds_tui.fleet.state import Progress


@dataclass(frozen=True)
class Page:
    hosts: tuple[Host, ...]
    total: int | None
    unreadable: int = 0


class Listed:
    """A host list with two hosts per page."""

    page_numbers = PageNumbers()

    def __init__(self, total: int | None) -> None:
        self._total = total

    async def hosts(self, page: int) -> Page:
        return Page((a_host(id=f"{page}a"), a_host(id=f"{page}b")), self._total)

    async def host(self, host_id: str) -> Host | None:
        return a_host(id=host_id)


async def counted(total: int | None, pages: tuple[int, ...]) -> list[Progress]:
    reported: list[Progress] = []
    source = ProgressReporter(Listed(total), reported.append)  # type: ignore[arg-type]
    for page in pages:
        await source.hosts(page)
    return reported


async def test_each_page_reports_progress() -> None:
    assert await counted(5, (1, 3, 2)) == [Progress(2, 5), Progress(4, 5)]


async def test_a_second_reading_restarts_the_count() -> None:
    assert await counted(5, (1, 2, 1)) == [Progress(2, 5), Progress(4, 5), Progress(2, 5)]


async def test_a_list_without_a_total_reports_the_hosts_read() -> None:
    assert await counted(None, (1, 2)) == [Progress(2, None), Progress(4, None)]


async def test_a_list_on_one_page_reports_nothing() -> None:
    assert await counted(2, (1,)) == []
