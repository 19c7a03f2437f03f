"""From a key press to an operation on hosts: confirm, check what was confirmed against the present, send, report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.screen import Screen, ScreenResultType

from xds_tui.domain.model import Host
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState
from xds_tui.text import messages, prompts
from xds_tui.text.selection import LeftOut, Selection
from xds_tui.tui.screens.confirm import ask_confirmation
from xds_tui.tui.widgets.notice import Notice


def select(hosts: Sequence[Host], fleet: FleetState) -> Selection:
    """Return the hosts together with their prices in `fleet`."""
    rates = {host.id: rate for host in hosts if (rate := fleet.costs.hosts.get(host.id)) is not None}
    return Selection(hosts, rates)


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
    hidden: int,
    now: datetime,
    *,
    is_moved: bool = False,
) -> bool:
    """Ask for confirmation and send `action`; return whether the user confirmed. Call it in a worker.

    Args:
        screen: the screen to ask on; its notice lists the hosts that were left out.
        monitor: sends the operation.
        action: what to do.
        selection: the hosts, as the user sees them.
        hidden: how many of them the filter hides.
        now: the time from which remaining times are counted.
        is_moved: whether the list moved under the cursor; then even a start is confirmed.

    """
    question = prompts.confirmation_for(action, selection.hosts, hidden, now, is_moved=is_moved)
    if not selection.hosts or not await ask_confirmation(screen.app, question):
        return False
    notice = screen.query_one(Notice)
    notice.dismiss()
    left_out = place_orders(monitor, action, selection)
    if lines := messages.left_out(left_out.gone, left_out.deleted, left_out.changed):
        notice.show(lines)
    return True
