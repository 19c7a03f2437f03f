"""The input of commands that order: their common options, the hosts that they name, and the answer to a question."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final, Self

from xds_tui.cli.output import CommandError, print_error
from xds_tui.domain import host_list
from xds_tui.domain.annotations import NO_ANNOTATION, Annotations
from xds_tui.domain.filter_query import Query
from xds_tui.domain.model import Host
from xds_tui.domain.records import Order
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.structs import dataclass
from xds_tui.system import standard_streams
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text.prompts import Confirmation, Risk


@dataclass(frozen=True, slots=True)
class OrderOptions:
    """How a command orders, and how it reports."""

    request_id: str
    is_repeatable: bool
    """Whether the user named the request, so that it may exist already."""
    is_confirmed: bool = False
    """Whether nothing is to be asked (`--yes`)."""
    is_dry_run: bool = False
    waits: bool = True
    """Whether to wait until the hosts show the result."""
    max_wait: float = 600.0
    """Seconds to wait for the outcome."""
    as_json: bool = False

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Return the options of a parsed command line."""
        return cls(
            request_id=options.request_id or os.urandom(8).hex(),
            is_repeatable=options.request_id is not None,
            is_confirmed=options.yes,
            is_dry_run=options.dry_run,
            waits=not options.no_wait,
            max_wait=options.timeout,
            as_json=options.json,
        )


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

    def may_mean(self, orders: Sequence[Order], annotations: Annotations) -> bool:
        """Return whether the hosts of `orders` can be those that are meant; some of them may not exist any more."""
        if self.query is not None:
            return True
        return len(self.words) == len(orders) and all(
            word in (order.host_id, order.host_name, annotations.get(order.host_id or "", NO_ANNOTATION).alias)
            for word, order in zip(self.words, orders, strict=True)
        )


AMBIGUOUS_NAME: Final = N_("Several hosts have this name; give an ID")


def find_host(hosts: Sequence[Host], word: str) -> Host:
    """Return the host with the ID `word`, or else with that name, the user's or the service's.

    Raises:
        CommandError: if there is none, or several have the name.

    """
    named = [host for host in hosts if host.id == word] or [
        host for host in hosts if word in (host.annotation.alias, host.name)
    ]
    if not named:
        raise CommandError(N_("There is no such host"), word, ExitCode.FAILURE)
    if len(named) > 1:
        ids = ", ".join(host.id for host in named)
        raise CommandError(AMBIGUOUS_NAME, f"{word}: {ids}", ExitCode.USAGE)
    return named[0]


def require_confirmation(question: Confirmation) -> None:
    """Ask on the terminal.

    Raises:
        CommandError: if the answer is not yes, or if there is no terminal to ask on.

    """
    if not can_ask():
        raise CommandError(
            N_("There is no terminal to confirm at, so nothing was done; to confirm, add --yes"), code=ExitCode.USAGE
        )
    lines = [question.title, *(f"  {target}" for target in question.targets), question.note]
    print_error(lines)
    if question.tier is Risk.FINAL:
        is_confirmed = question.accepts(_answer(_("Type {word} to confirm: ").format(word=question.wanted)))
    else:
        is_confirmed = _answer(_("Continue? [y/N] ")).strip().lower() in ("y", "yes")
    if not is_confirmed:
        raise CommandError(N_("Not confirmed, so nothing was done"))


def can_ask() -> bool:
    """Return whether standard input and standard error are a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _answer(prompt: str) -> str:
    standard_streams.complain(clean(prompt) + " ")
    return sys.stdin.readline()
