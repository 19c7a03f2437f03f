"""Read from the journal what the cost report and the caps on spending are computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.cost_report import FORECAST_DAYS, BilledHost, CostReport, billed_hosts, cost_report
from xds_tui.domain.model import Host
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import Event, Order
from xds_tui.domain.usage import Observations

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal

EVENT_PAGE_SIZE: Final = 1_000


async def read_events(journal: Journal, since: datetime) -> list[Event]:
    """Return the events from `since` on, and a few before, newest first; raises `StoreError`."""
    events: list[Event] = []
    before: datetime | None = None
    while page := await journal.events(EVENT_PAGE_SIZE, before):
        events += page
        before = page[-1].at
        if before < since:
            break
    return events


async def read_billed_hosts(
    journal: Journal,
    hosts: Iterable[Host],
    rates: Mapping[str, Rate],
    creates: Iterable[Order],
    span: tuple[datetime, datetime],
) -> tuple[tuple[BilledHost, ...], datetime]:
    """Return what the cost report is made of, and the first observation; raises `StoreError`.

    Args:
        journal: the records.
        hosts: those that exist.
        rates: their hourly costs by ID.
        creates: the orders that bought hosts.
        span: the beginning and the end of the time that is of interest.

    """
    since, until = span
    events = await read_events(journal, since)
    observed = Observations(await journal.observation_times(since, until), events, until)
    return billed_hosts(hosts, rates, creates, events, observed), observed.begin


PARTS: Final = ("host", "tag", "owner")
"""What a row of a report can be of."""


async def read_report(
    journal: Journal,
    hosts: Iterable[Host],
    rates: Mapping[str, Rate],
    month: tuple[datetime, datetime],
    now: datetime,
    annotation: Callable[[str], Annotation],
    part: str,
) -> tuple[CostReport, datetime]:
    """Return the cost report of a month, and the first observation; raises `StoreError`.

    Args:
        journal: the records.
        hosts: those that exist.
        rates: their hourly costs by ID.
        month: its beginning and its end.
        now: the time.
        annotation: returns the annotation of a host by its ID.
        part: one of `PARTS`.

    """
    start, end = month
    span = start - FORECAST_DAYS * timedelta(days=1), min(now, end)
    found, begin = await read_billed_hosts(journal, hosts, rates, await journal.creates(), span)
    named = tuple(replace(host, name=annotation(host.id).alias or host.name) for host in found)
    return cost_report(named, month, now, begin, _groups(part, annotation)), begin


def _groups(part: str, annotation: Callable[[str], Annotation]) -> Callable[[str], Iterable[str]] | None:
    """Return the function that returns the tags or the owner of a host by its ID; None for a row per host."""
    if part == "tag":
        return lambda host_id: annotation(host_id).tags
    if part == "owner":
        return lambda host_id: filter(None, (annotation(host_id).owner,))
    return None


def month_of(month: tuple[int, int] | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a month in local time; of the current one for None."""
    local = now.astimezone()
    year, number = month or (local.year, local.month)
    following = (year, number + 1) if number < 12 else (year + 1, 1)
    # The offset of each is its own: the clocks may change between them.
    first, last = (datetime(*part, 1).astimezone() for part in ((year, number), following))
    return first, last


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning and the end of the day in local time."""
    local = now.astimezone()
    first = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - local time
    return first.astimezone(), (first + timedelta(days=1)).astimezone()
