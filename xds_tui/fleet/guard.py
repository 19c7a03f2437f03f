"""Carries out the rules of an account after each refresh, if this program is the guard of the account."""

from __future__ import annotations

import asyncio
import contextlib
import platform
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xds_tui.domain.caps import planned_stops
from xds_tui.domain.guard import Postponement, RuleNotice, decide
from xds_tui.domain.records import Event, EventKind, OrderAction
from xds_tui.domain.rule_planner import PlannedAction, Rule, plan
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.order_requests import new_request
from xds_tui.fleet.order_service import OrderService
from xds_tui.fleet.power_history import PowerHistory
from xds_tui.fleet.spending_guard import SpendingGuard
from xds_tui.fleet.state import FleetState
from xds_tui.fleet.updates import NoticeRaised, RulesChecked, UpdateQueue
from xds_tui.store.database import StoreError
from xds_tui.store.guard_history import ListingProof, WantedOrder
from xds_tui.structs import dataclass
from xds_tui.system import debug_log
from xds_tui.system.debug_log import Word

if TYPE_CHECKING:
    from xds_tui.config.rule_file import RulesRead
    from xds_tui.config.toml_file import SettingsError
    from xds_tui.domain.model import Host, Snapshot
    from xds_tui.store.journal import Journal

MAX_MACHINE: Final = 60
"""Characters of the name of this machine that are shown."""

ReadRules = Callable[[], Awaitable["RulesRead"]]
"""Returns the rules as they are in config.toml now."""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """The rules that a program carries out, and how the program is called."""

    read: ReadRules
    program: str
    """`watch` or `app`."""


class Guard:
    """Sends what rules want, and announces it.

    Every refresh is a heartbeat, with which this program stays or becomes the guard. Only the guard acts, and only on
    the refresh that it has just made: a program that was suspended acts on no older one.
    """

    def __init__(
        self,
        journal: Journal,
        orders: OrderService,
        updates: UpdateQueue,
        clock: Callable[[], datetime],
        spending: SpendingGuard,
    ) -> None:
        """Prepare to carry out rules through `orders`; events are posted to `updates`.

        Hosts with a lease are stopped as well when a cap of `spending` is exceeded.
        """
        self._source: RuleSource | None = None
        self._journal = journal
        self._orders = orders
        self._spending = spending
        self._updates = updates
        self._clock = clock
        self._history = PowerHistory(journal)
        self._scope = journal.scope
        self._announced: set[str] = set()
        self._problems: set[str] = set()
        self._checking: asyncio.Task[None] | None = None
        self._next: tuple[FleetState, str | None] | None = None

    def carry_out(self, source: RuleSource) -> None:
        """Carry out the rules of `source` from the next refresh on, while no other program does."""
        self._source = source

    @property
    def is_checking(self) -> bool:
        """Whether the rules are being carried out."""
        return self._checking is not None and not self._checking.done()

    def check(self, state: FleetState) -> None:
        """Begin to carry out the rules for the hosts of `state`, which have just been listed."""
        self._next = state, self._journal.scope
        if self._source is not None and not self.is_checking:
            self._checking = asyncio.get_running_loop().create_task(self._run(self._source))

    async def close(self, max_wait: float) -> None:
        """Wait at most `max_wait` seconds for a check under way, and let another program be the guard."""
        self._next = None
        if self._source is None:
            return
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(max_wait):
                if self._checking is not None:
                    await asyncio.wait({self._checking})
                await self._journal.retire()

    async def _run(self, source: RuleSource) -> None:
        while self._next is not None:
            (state, scope), self._next = self._next, None
            try:
                await self._check(source, state, scope)
            except StoreError as error:  # without the journal nothing is sent; the screen shows the problem
                debug_log.write("rules", summary=Word(error.summary))

    async def _check(self, source: RuleSource, state: FleetState, scope: str | None) -> None:
        found = await source.read()
        if state.snapshot is None or scope is None or scope != self._journal.scope:
            return
        if scope != self._scope:
            self._scope = scope
            self._history.reset()
        self._report_problems(found.problems)
        machine = clean(platform.node(), MAX_MACHINE)
        record = await self._journal.lead(source.program, machine, state.interval, self._clock)
        events: tuple[Event, ...] = ()
        if found.rules and self._journal.is_own(record):
            listing = ListingProof(scope, state.snapshot.at, record.max_silence)
            events = await self._carry_out(found.rules, state, state.snapshot, listing)
        if scope == self._journal.scope:
            self._updates.post(RulesChecked(record, events))

    def _report_problems(self, problems: Sequence[SettingsError]) -> None:
        """Report what is wrong with the file, once for each problem: a rule that is not valid does not act."""
        for problem in problems:
            text = problem.fill(problem.summary)
            if text not in self._problems:
                self._problems.add(text)
                event = Event(at=self._clock(), kind=EventKind.ERROR, summary=text, alert=True)
                self._updates.post(NoticeRaised(event))

    async def _carry_out(
        self, rules: Sequence[Rule], state: FleetState, snapshot: Snapshot, listing: ListingProof
    ) -> tuple[Event, ...]:
        """Send the orders that are due, and return the events to announce."""
        # A host that was not listed may be in another state than the one before.
        hosts = [host for host in snapshot.hosts if host.id not in snapshot.unlisted]
        now = self._clock()
        since = await self._history.since(hosts, now)
        postponements = await self._journal.postponements()
        stops = planned_stops(now, await self._spending.uses(), rules, hosts, since)
        planned = (*plan(now, rules, hosts, since, state.costs.hosts), *stops)
        decision = decide(now, planned, postponements)
        for action in OrderAction.POWER_OFF, OrderAction.POWER_ON:
            due = [each for each in decision.actions if each.action is action]
            possible = [each for each in due if not self._orders.book.is_hindered(action, each.host)]
            wanted = [_wanted(each, postponements, now) for each in possible]
            if wanted:
                await self._orders.send_for_rules(self._journal.claim_for_rules(wanted, listing, self._clock))
        return tuple([_event(notice, now) for notice in decision.notices if await self._is_new(notice, now)])

    async def _is_new(self, notice: RuleNotice, now: datetime) -> bool:
        """Return whether no program has announced this, and record that it is announced now."""
        if notice.keys[0] in self._announced:
            return False
        self._announced.update(notice.keys)
        try:
            return notice.keys[0] not in await self._journal.mark_reported(notice.keys, now)
        except StoreError:
            return True  # rather twice than not at all


def _wanted(planned: PlannedAction, postponements: Sequence[Postponement], now: datetime) -> WantedOrder:
    host: Host = planned.host
    (order,) = new_request("", planned.action, now, hosts=[host], rule=planned.rule)
    about = tuple(each for each in postponements if (each.rule, each.host_id) == (planned.rule, host.id))
    return WantedOrder(order, planned.begins or planned.at, about)


def _event(notice: RuleNotice, now: datetime) -> Event:
    planned = notice.planned
    return Event(
        at=now,
        kind=EventKind.RULE,
        host_id=planned.host.id,
        host_name=planned.host.name,
        alert=True,
        action=planned.action,
        rule=planned.rule,
        due=notice.due,
        step=notice.step,
    )
