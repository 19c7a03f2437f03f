"""Since when hosts have been on or off, according to the events in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.domain.model import Host
from xds_tui.domain.rule_planner import PowerTimes, add_power_times, on_or_off_since, unrecorded_change

if TYPE_CHECKING:
    from xds_tui.store.journal import Journal

HISTORY: Final = timedelta(days=60)
"""How far back the start of a host is searched for; an older one counts as this long ago."""


class PowerHistory:
    """Reads the journal, each time only what is new."""

    def __init__(self, journal: Journal) -> None:
        """Read the events of the account that `journal` is bound to."""
        self._journal = journal
        self.reset()

    def reset(self) -> None:
        """Begin again: the journal is bound to another account, or its file has been replaced."""
        self._mark = 0
        self._generation: int | None = None
        self._times: PowerTimes = {}
        self._begin: datetime | None = None

    async def since(self, hosts: Sequence[Host], now: datetime) -> Mapping[str, datetime]:
        """Return since when each of `hosts` has been on, or not been on, by ID.

        A host without a recorded change has been as it is since the first observation of the account, or since it was
        created.

        Raises:
            StoreError: if the journal cannot be read.

        """
        if self._generation != self._journal.generation:
            self.reset()
            self._generation = self._journal.generation
        self._mark, events = await self._journal.events_after(self._mark)
        add_power_times(self._times, events)
        if self._begin is None:
            times = await self._journal.observation_times(now - HISTORY, now)
            self._begin = min((*times[:1], *(event.at for event in events[:1])), default=now)
        await self._add_missing(hosts, now)
        begin = max(self._begin, now - HISTORY)
        since = on_or_off_since(now, hosts, self._times)
        return {host.id: max(since.get(host.id, begin), host.created or begin) for host in hosts}

    async def _add_missing(self, hosts: Sequence[Host], now: datetime) -> None:
        """Record the changes that no program has recorded, because each knew the host in its new state before.

        Otherwise the time since such a change would never be known.
        """
        missing = [change for host in hosts if (change := unrecorded_change(host, self._times, now)) is not None]
        if missing:
            await self._journal.add_events(missing)
            add_power_times(self._times, missing)
