"""From a key to an order: ask where it is worth asking, give the order, and say what could not be given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.screen import Screen, ScreenResultType

from xds_tui.fleet.monitor import Monitor
from xds_tui.model import Host
from xds_tui.record import OrderAction
from xds_tui.tui import questions, telling
from xds_tui.tui.giving import place_orders
from xds_tui.tui.screens.confirm import ask_confirmation
from xds_tui.tui.widgets.notice import Notice


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
    question = questions.confirmation_for(action, hosts, hidden, now, is_moved=is_moved)
    if not hosts or not await ask_confirmation(screen.app, question):
        return False
    notice = screen.query_one(Notice)
    notice.dismiss()
    left_out = place_orders(monitor, action, hosts)
    if lines := telling.left_out(left_out.gone, left_out.deleted):
        notice.tell(lines)
    return True
