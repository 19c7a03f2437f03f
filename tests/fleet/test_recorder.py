from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.factories import NOON, a_host, a_snapshot, catalog_of
from support.sql import execute

from xds_tui.domain import pricing
from xds_tui.domain.model import Billing, Snapshot
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet.recorder import UNREADABLE_EVENTS, Recorder
from xds_tui.fleet.updates import NoticeRaised, UpdateQueue
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal import Journal

RENT = a_host(billing=Billing.RENT, expires=NOON + timedelta(minutes=90))


class RecorderHarness:
    """A recorder with a clock set by the test, and the events it returned or raised as notices, newest first."""

    def __init__(self, journal: Journal) -> None:
        self.now = NOON
        self.updates = UpdateQueue()
        self.recorder = Recorder(journal, lambda: self.now, self.updates)
        self.announced: list[Event] = []

    async def announce_expiries(self, snapshot: Snapshot) -> None:
        self.announced[:0] = reversed(await self.recorder.new_expiries(snapshot))

    @property
    def notices(self) -> list[Event]:
        """The notices raised since this was last read."""
        return [update.event for update in self.updates.take() if isinstance(update, NoticeRaised)]


@pytest.fixture
def harness(journal: Journal) -> RecorderHarness:
    return RecorderHarness(journal)


async def test_an_expiry_is_announced_a_day_and_an_hour_ahead(harness: RecorderHarness) -> None:
    for minutes in (0, 1, 29, 31, 32, 80):
        harness.now = NOON + timedelta(minutes=minutes)
        await harness.announce_expiries(a_snapshot(RENT))
    assert [(event.within, event.at - NOON) for event in harness.announced] == [
        (1, timedelta(minutes=31)),
        (24, timedelta(0)),
    ]


async def test_an_expiry_is_not_announced_again_after_a_restart(harness: RecorderHarness, journal: Journal) -> None:
    await harness.announce_expiries(a_snapshot(RENT))
    restarted = RecorderHarness(journal)
    await restarted.announce_expiries(a_snapshot(RENT))
    assert (len(harness.announced), restarted.announced) == (1, [])


async def test_a_refresh_records_a_sample_of_counts_and_rates(harness: RecorderHarness, journal: Journal) -> None:
    snapshot, catalog = a_snapshot(a_host(), RENT), catalog_of()
    costs = pricing.costs(snapshot.hosts, catalog, {"h1": Decimal("1.10")}, NOON)
    harness.recorder.record_sample(snapshot, costs, catalog)
    harness.recorder.record_sample(a_snapshot(at=NOON + timedelta(seconds=15)), pricing.Costs(), None)
    await harness.recorder.close(None, 5)
    first, second = await journal.samples(NOON, 100, NOON + timedelta(minutes=1))
    assert (first.total, first.on, first.billed_low, first.prepaid_high) == (2, 2, Decimal("1.10"), Decimal("1.10"))
    assert (second.total, second.billed_low) == (0, None)


async def test_the_snapshot_is_stored_once_a_minute_and_at_the_end(harness: RecorderHarness, journal: Journal) -> None:
    for seconds in (0, 15, 30, 75):
        snapshot = a_snapshot(a_host(id=str(seconds)), at=NOON + timedelta(seconds=seconds))
        harness.recorder.record_sample(snapshot, pricing.Costs(), None)
    await harness.recorder.close(None, 5)
    stored = await journal.last_snapshot()
    assert stored is not None
    assert stored.hosts[0].id == "75"
    last = a_snapshot(a_host(id="last"), at=NOON + timedelta(seconds=80))
    await harness.recorder.close(last, 5)
    stored = await journal.last_snapshot()
    assert stored is not None
    assert stored.hosts[0].id == "last"


async def test_a_failing_disk_is_reported_once_until_it_works_again(
    harness: RecorderHarness, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise StoreError("The history file could not be read or written", "database or disk is full")

    async def refresh() -> None:
        harness.recorder.record_sample(a_snapshot(), pricing.Costs(), None)
        await harness.recorder.close(None, 5)

    with monkeypatch.context() as broken:
        broken.setattr(journal, "add_sample", fail)
        broken.setattr(journal, "save_snapshot", fail)
        await refresh()
        await refresh()
    (notice,) = harness.notices
    assert (notice.kind, notice.alert) == (EventKind.ERROR, True)
    await refresh()
    monkeypatch.setattr(journal, "add_sample", fail)
    await refresh()
    assert [event.kind for event in harness.notices] == [EventKind.ERROR]


async def test_a_damaged_file_is_set_aside_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is no database" * 100)
    database = Database(path)
    harness = RecorderHarness(Journal(database, "test"))
    assert await harness.recorder.restore() == (None, ())
    assert "set aside" in harness.notices[0].summary
    await database.close()


async def test_events_that_cannot_be_read_are_reported_once(harness: RecorderHarness, journal: Journal) -> None:
    await journal.add_events([Event(at=NOON, kind=EventKind.APPEARED, host_id="old")])
    assert len(await harness.recorder.past_events(10)) == 1
    assert harness.notices == []
    await journal._database.write(execute("UPDATE events SET body = '{}'"))
    assert await harness.recorder.restore() == (None, ())
    assert [notice.summary for notice in harness.notices] == [UNREADABLE_EVENTS]
    assert await harness.recorder.past_events(10) == ()
    assert harness.notices == []


async def test_recorded_events_are_restored_newest_first(harness: RecorderHarness, journal: Journal) -> None:
    await journal.add_events([Event(at=NOON, kind=EventKind.APPEARED, host_id="old")])
    harness.recorder.record([Event(at=NOON + timedelta(seconds=1), kind=EventKind.APPEARED, host_id="new")])
    await harness.recorder.close(None, 5)
    _snapshot, events = await RecorderHarness(journal).recorder.restore()
    assert [event.host_id for event in events] == ["new", "old"]
