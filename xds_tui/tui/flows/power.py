"""From a key to an order: ask where it is worth asking, give the order, and say what could not be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.screen import Screen, ScreenResultType

from xds_tui.domain.model import Host
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.text import messages
from xds_tui.tui.screens import confirm
from xds_tui.tui.screens.confirm import ask_confirmation
from xds_tui.tui.widgets.notice import Notice


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The hosts that an order was not given for."""

    gone: Sequence[Host]
    deleted: Sequence[Host]
    """Those that are being deleted."""


def place_orders(monitor: Monitor, action: OrderAction, picked: Sequence[Host]) -> LeftOut:
    """Give the order for those of the picked hosts that are still there, by ID, and return those that are left out.

    Time has passed since they were picked: nothing is sent for a host that is gone, or being deleted.
    """
    snapshot = monitor.state.snapshot
    there = {host.id: host for host in snapshot.hosts} if snapshot else {}
    found = [there[host.id] for host in picked if host.id in there]
    deleted = [host for host in found if monitor.orders.book.is_hindered(action, host)]
    hosts = [host for host in found if host not in deleted]
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
            raise ValueError("a host that is not there yet is bought with Orders.buy")
    return LeftOut([host for host in picked if host.id not in there], deleted)


async def confirm_and_order(
    screen: Screen[ScreenResultType],
    monitor: Monitor,
    action: OrderAction,
    hosts: Sequence[Host],
    hidden: int,
    now: datetime,
    *,
    is_moved: bool = False,
) -> bool:
    """Have `action` confirmed and ordered for `hosts`; whether it was. To be awaited in a worker.

    Args:
        screen: what asks; its notice says what was left out.
        monitor: whose orders are given.
        action: what is to be done.
        hosts: what it is to be done to.
        hidden: how many of them the filter hides.
        now: what remaining times are counted from.
        is_moved: whether the list moved under the cursor: then everything is asked.

    """
    question = confirm.confirmation_for(action, hosts, hidden, now, is_moved=is_moved)
    if not hosts or not await ask_confirmation(screen.app, question):
        return False
    notice = screen.query_one(Notice)
    notice.dismiss()
    left_out = place_orders(monitor, action, hosts)
    if lines := messages.left_out(left_out.gone, left_out.deleted):
        notice.tell(lines)
    return True
