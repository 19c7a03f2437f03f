from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.factories import NOON, a_host, a_snapshot, catalog_of

from xds_tui.domain import pricing
from xds_tui.domain.model import Billing
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet.recorder import Recorder
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal import Journal

RENT = a_host(billing=Billing.RENT, expires=NOON + timedelta(minutes=90))


class Keeping:
    """A chronicle with time in the test's hand."""

    def __init__(self, journal: Journal) -> None:
        self.now = NOON
        self.shown = 0
        self.chronicle = Recorder(journal, lambda: self.now, self._show)

    def _show(self) -> None:
        self.shown += 1

    @property
    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.chronicle.events]


@pytest.fixture
def keeping(journal: Journal) -> Keeping:
    return Keeping(journal)


async def test_a_rent_that_ends_soon_is_told_of_once_and_once_more_in_its_last_hour(keeping: Keeping) -> None:
    for minutes in (0, 1, 29, 31, 32, 80):
        keeping.now = NOON + timedelta(minutes=minutes)
        await keeping.chronicle.tell_of_expiring(a_snapshot(RENT))
    assert [(event.within, event.at - NOON) for event in keeping.chronicle.events] == [
        (1, timedelta(minutes=31)),
        (24, timedelta(0)),
    ]


async def test_a_restart_does_not_tell_of_it_again(keeping: Keeping, journal: Journal) -> None:
    await keeping.chronicle.tell_of_expiring(a_snapshot(RENT))
    again = Keeping(journal)
    await again.chronicle.tell_of_expiring(a_snapshot(RENT))
    assert again.chronicle.events == ()


async def test_a_sweep_leaves_a_sample_of_counts_and_rates(keeping: Keeping, journal: Journal) -> None:
    snapshot, catalog = a_snapshot(a_host(), RENT), catalog_of()
    costs = pricing.costs(snapshot.hosts, catalog, {"h1": Decimal("1.10")}, NOON)
    keeping.chronicle.keep(snapshot, costs, catalog)
    keeping.chronicle.keep(a_snapshot(at=NOON + timedelta(seconds=15)), pricing.Costs(), None)
    await keeping.chronicle.close(None, 5)
    first, second = await journal.samples(NOON, 100, NOON + timedelta(minutes=1))
    assert (first.total, first.on, first.billed_low, first.prepaid_high) == (2, 2, Decimal("1.10"), Decimal("1.10"))
    assert (second.total, second.billed_low) == (0, None)


async def test_the_last_snapshot_is_kept_at_the_end_and_in_between_once_a_minute(
    keeping: Keeping, journal: Journal
) -> None:
    for seconds in (0, 15, 30, 75):
        snapshot = a_snapshot(a_host(id=str(seconds)), at=NOON + timedelta(seconds=seconds))
        keeping.chronicle.keep(snapshot, pricing.Costs(), None)
    await keeping.chronicle.close(None, 5)
    kept = await journal.last_snapshot()
    assert kept is not None
    assert kept.hosts[0].id == "75"
    last = a_snapshot(a_host(id="last"), at=NOON + timedelta(seconds=80))
    await keeping.chronicle.close(last, 5)
    kept = await journal.last_snapshot()
    assert kept is not None
    assert kept.hosts[0].id == "last"


async def test_a_disk_that_fails_is_told_of_once_until_it_works_again(
    keeping: Keeping, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise StoreError("The history could not be read or written", "database or disk is full")

    async def sweep() -> None:
        keeping.chronicle.keep(a_snapshot(), pricing.Costs(), None)
        await keeping.chronicle.close(None, 5)

    with monkeypatch.context() as broken:
        broken.setattr(journal, "add_sample", full)
        broken.setattr(journal, "save_snapshot", full)
        await sweep()
        await sweep()
    assert keeping.kinds == [EventKind.TROUBLE]
    assert keeping.chronicle.events[0].alert
    await sweep()
    monkeypatch.setattr(journal, "add_sample", full)
    await sweep()
    assert keeping.kinds == [EventKind.TROUBLE] * 2


async def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is no database" * 100)
    database = Database(path)
    keeping = Keeping(Journal(database, "test"))
    assert await keeping.chronicle.recall() is None
    assert "set aside" in keeping.chronicle.events[0].summary
    await database.close()


async def test_what_happened_before_is_shown_under_what_happens_now(keeping: Keeping, journal: Journal) -> None:
    await journal.add_events([Event(at=NOON, kind=EventKind.APPEARED, host_id="old")])
    keeping.chronicle.tell([Event(at=NOON + timedelta(seconds=1), kind=EventKind.APPEARED, host_id="new")])
    await keeping.chronicle.recall()
    assert [event.host_id for event in keeping.chronicle.events][:2] == ["new", "old"]
