"""`python -m tests.bench.disk`: the bytes that a day of observation writes to the disk, and how often it is synced.

A simulated hour is written without waiting: a refresh every 15 s, and six changed hosts a minute, each with an event.
The bytes are those of all write calls (/proc/self/io); the syncs are those of the checkpoints.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.fleet import START, hosts
from tests.bench.table import Line, run
from xds_tui.domain import pricing
from xds_tui.domain.model import Host, Snapshot, Status
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.updates import UpdateQueue
from xds_tui.store.database import Database
from xds_tui.store.database_file import PAGE_SIZE
from xds_tui.store.journal import Journal

SIZES: Final = {1_000: 20_000_000, 10_000: 60_000_000}
"""The bytes that a day may write, by number of hosts."""
MAX_SYNCS: Final = 12
"""Number of times that an hour may sync the disk."""

REFRESH: Final = timedelta(seconds=15)
REFRESHES: Final = 240
CHANGES: Final = (1, 2, 1, 2)
"""Changed hosts by refresh, in turn: six a minute."""

_CHECKPOINT: Final = 1000 * (PAGE_SIZE + 24)
"""Bytes of the write-ahead log after which SQLite copies it to the file: 1,000 pages with their headers."""
_SYNCS: Final = 3
"""Syncs of a checkpoint: the log before it, the file after it, and the log when it begins again."""


def written() -> int:
    """Return the bytes that this process has written."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["wchar"])


def changes(fleet: list[Host]) -> Iterator[tuple[Snapshot, list[Event]]]:
    """Yield what each refresh finds."""
    place = 0
    for number in range(REFRESHES):
        now = START + number * REFRESH
        events = []
        for _ in range(CHANGES[number % len(CHANGES)]):
            place = (place + 7919) % len(fleet)
            host = fleet[place]
            status = Status.OFF if host.status is Status.ON else Status.ON
            fleet[place] = replace(host, status=status)
            events.append(
                Event(at=now, kind=EventKind.STATUS, host_id=host.id, host_name=host.name, old=host.status, new=status)
            )
        yield Snapshot(tuple(fleet), now), events


async def observe(path: Path, count: int) -> int:
    """Observe a fleet for an hour, and return the bytes written after the first refresh."""
    database = await Database.open(path)
    now = START
    recorder = Recorder(Journal(database, "default"), lambda: now, UpdateQueue())
    before = 0
    for number, (snapshot, events) in enumerate(changes(list(hosts(count)))):
        now = snapshot.at
        recorder.record(events)
        recorder.record_sample(snapshot, pricing.costs(snapshot.hosts, None, {}, now), None)
        if recorder._tasks:
            await asyncio.wait(recorder._tasks)
        if number == 0:
            before = written()
    total = written() - before
    await recorder.close(None, 0)
    await database.close()
    return total


def measure(_quick: bool) -> list[Line]:
    """Observe fleets of several sizes."""
    lines = []
    for count, most in SIZES.items():
        with TemporaryDirectory() as folder:
            hour = asyncio.run(observe(Path(folder) / "history.db", count))
        day, syncs = 24 * hour, _SYNCS * hour / _CHECKPOINT
        lines.append(
            Line(
                f"bytes to the disk in a day, {count:,} hosts, six changes a minute",
                f"{day / 1e6:,.0f} MB",
                aim=f"≤ {most / 1e6:,.0f} MB",
                is_met=day <= most,
            )
        )
        lines.append(
            Line(
                f"syncs of the disk in an hour, {count:,} hosts, besides orders",
                f"{syncs:.0f}",
                aim=f"≤ {MAX_SYNCS}",
                is_met=syncs <= MAX_SYNCS,
            )
        )
    return lines


if __name__ == "__main__":
    run(measure)
