"""From a key press to an operation on hosts: confirm, check what was confirmed against the present, send, report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from weakref import WeakSet

from textual.screen import Screen, ScreenResultType

from xds_tui.domain.model import Host, Status
from xds_tui.domain.protection import split_protected
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.text import messages, prompts
from xds_tui.text.prompts import Confirmation, CursorMove, LeftOut, OperationTarget, Selection
from xds_tui.tui.command import hosts_ordered
from xds_tui.tui.screens.confirm import ask_confirmation
from xds_tui.tui.widgets.notice import Notice

_CAVEAT_SEEN: Final[WeakSet[Monitor]] = WeakSet()
"""The monitors of the profiles for which it was shown that stopped hosts may be billed."""


def select(hosts: Sequence[Host], fleet: FleetState) -> Selection:
    """Return the hosts together with their prices in `fleet`."""
    rates = {host.id: rate for host in hosts if (rate := fleet.costs.hosts.get(host.id)) is not None}
    return Selection(hosts, rates)


def without_settled(
    action: OrderAction, selection: Selection, fleet: FleetState, ordered: Collection[str]
) -> Selection:
    """Leave out the hosts that are already as `action` would make them.

    Args:
        action: what to do.
        selection: the hosts that the user selected.
        fleet: the present state; while it is not current, a selection that would become empty stays as it is.
        ordered: the IDs of hosts that another operation may change.

    """
    hosts = [host for host in selection.hosts if host.id in ordered or not _is_settled(action, host.status)]
    is_current = fleet.connection is ConnectionState.LIVE
    return replace(selection, hosts=hosts) if hosts or is_current else selection


def _is_settled(action: OrderAction, status: Status) -> bool:
    match action:
        case OrderAction.POWER_ON:
            return status.is_on or status is Status.STARTING
        case OrderAction.POWER_OFF:
            return status in (Status.OFF, Status.STOPPING)
        case OrderAction.REBOOT:
            return status is Status.OFF
        case _:
            return False


def place_orders(monitor: Monitor, action: OrderAction, selection: Selection) -> LeftOut:
    """Send the operation for those of the selected hosts that are as they were selected; return the others.

    Time may have passed since the selection: hosts are compared by ID with the newest snapshot, and nothing is sent
    for one that is gone, being deleted, or different from what was confirmed.
    """
    state = monitor.state
    present = state.snapshot.hosts if state.snapshot else ()
    hosts, left_out = selection.unchanged(action, present, state.costs.hosts, monitor.orders.book.is_hindered)
    match action:
        case OrderAction.POWER_ON:
            monitor.orders.power(hosts, on=True)
        case OrderAction.POWER_OFF:
            monitor.orders.power(hosts, on=False)
        case OrderAction.REBOOT:
            monitor.orders.reboot(hosts)
        case OrderAction.DELETE:
            monitor.orders.delete(hosts)
        case OrderAction.CREATE:
            raise ValueError("hosts are created by OrderService.buy")
    return left_out


async def confirm_and_order(
    screen: Screen[ScreenResultType],
    monitor: Monitor,
    action: OrderAction,
    selection: Selection,
    hidden: Collection[str],
    now: datetime,
    *,
    moved: CursorMove | None = None,
) -> bool:
    """Ask for confirmation and send `action`; return whether the user confirmed. Call it in a worker.

    Args:
        screen: the screen to ask on; its notice lists the hosts that were left out.
        monitor: sends the operation.
        action: what to do.
        selection: the hosts, as the user sees them.
        hidden: the IDs of those that the filter hides.
        now: the time from which remaining times are counted.
        moved: how the cursor came to the host, if the user did not move it; then every operation is confirmed.

    """
    state = monitor.state
    selection = without_settled(action, selection, state, hosts_ordered(state.orders, now))
    allowed, protected = split_protected(action, selection.hosts)
    selection = replace(selection, hosts=allowed)
    if not selection.hosts:
        if protected:
            screen.query_one(Notice).show(messages.left_out((), (), (), protected))
        return False
    hidden_count = sum(host.id in hidden for host in selection.hosts)
    target = _target(selection, state, now, hidden_count, moved=moved, has_seen_caveat=monitor in _CAVEAT_SEEN)
    if not await _ask(screen, monitor, prompts.confirmation_for(action, replace(target, protected=protected))):
        return False
    notice = screen.query_one(Notice)
    notice.dismiss()
    left_out = place_orders(monitor, action, selection)
    if lines := messages.left_out(left_out.gone, left_out.deleted, left_out.changed, (*protected, *left_out.protected)):
        notice.show(lines)
    return True


async def _ask(screen: Screen[ScreenResultType], monitor: Monitor, question: Confirmation) -> bool:
    if question.hint:
        _CAVEAT_SEEN.add(monitor)
    return await ask_confirmation(screen.app, question)


def _target(
    selection: Selection,
    state: FleetState,
    now: datetime,
    hidden: int,
    *,
    moved: CursorMove | None,
    has_seen_caveat: bool,
) -> OperationTarget:
    fleet = state.snapshot.hosts if state.snapshot else ()
    return OperationTarget(selection.hosts, now, hidden, moved, fleet, selection.rates, has_seen_caveat)
