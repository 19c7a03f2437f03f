"""Hosts as they are named on a command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xds_tui.cli.output import CommandError
from xds_tui.domain import host_list
from xds_tui.domain.filter_query import Query
from xds_tui.domain.model import Host
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_
from xds_tui.system.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class HostWords:
    """IDs and names, or a filter."""

    words: Sequence[str] = ()
    query: Query | None = None
    """A parsed filter, in place of words."""

    def select(self, state: FleetState) -> tuple[Host, ...]:
        """Return the hosts that are meant, each once.

        Raises:
            CommandError: if a word names no host, or several.

        """
        if state.snapshot is None:
            return ()
        if self.query is not None:
            now = state.snapshot.at
            matching = set(host_list.rows(state.snapshot, self.query, host_list.Sort(), now, state.costs))
            return tuple(host for host in state.snapshot.hosts if host.id in matching)
        found = [find_host(state.snapshot.hosts, word) for word in self.words]
        return tuple({host.id: host for host in found}.values())

    def may_mean(self, host_ids: Sequence[str | None], names: Sequence[str]) -> bool:
        """Return whether these can be the hosts that are meant, some of which may not exist any more."""
        if self.query is not None:
            return True
        return len(self.words) == len(host_ids) and all(
            word in pair for word, pair in zip(self.words, zip(host_ids, names, strict=True), strict=True)
        )


def find_host(hosts: Sequence[Host], word: str) -> Host:
    """Return the host with the ID `word`, or else with that name.

    Raises:
        CommandError: if there is none, or several have the name.

    """
    named = [host for host in hosts if host.id == word] or [host for host in hosts if host.name == word]
    if not named:
        raise CommandError(N_("There is no such host"), word, ExitCode.FAILURE)
    if len(named) > 1:
        ids = ", ".join(host.id for host in named)
        raise CommandError(N_("Several hosts have this name; give an ID"), f"{word}: {ids}", ExitCode.USAGE)
    return named[0]
