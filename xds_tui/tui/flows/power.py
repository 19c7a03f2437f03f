"""From a key press to an operation on hosts: confirm, check what was confirmed against the present, send, report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.screen import Screen, ScreenResultType

from xds_tui.domain.model import Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.domain.records import OrderAction
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState
from xds_tui.text import formats, messages
from xds_tui.tui.screens import confirm
from xds_tui.tui.screens.confirm import ask_confirmation
from xds_tui.tui.widgets.notice import Notice


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The hosts that an operation was not sent for, by reason."""

    gone: Sequence[Host] = ()
    deleted: Sequence[Host] = ()
    """Being deleted."""
    changed: Sequence[str] = ()
    """Different from what the user confirmed: each host with what changed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Hosts and prices as the user saw them when choosing an operation."""

    hosts: Sequence[Host]
    rates: Mapping[str, Rate]
    """Hourly prices by host ID, where known."""

    def changes(self, action: OrderAction, host: Host, present: FleetState) -> str:
        """Return in what the present host differs from the selected one, as far as it matters to `action`.

        Empty if nothing does. Statuses count as equal if one leads to the other without intervention
        (starting and on, stopping and off). A price counts where the operation incurs it, the end of the prepaid
        period where the operation forfeits it.
        """
        seen = next(selected for selected in self.hosts if selected.id == host.id)
        pairs = [
            (seen.name, host.name),
            (formats.moment(seen.created), formats.moment(host.created)),
            (seen.os, host.os),
            (formats.billing(seen.billing), formats.billing(host.billing)),
        ]
        if _heads_for(seen.status) is not _heads_for(host.status):
            pairs.append((formats.status_word(seen.status), formats.status_word(host.status)))
        if action is OrderAction.DELETE:
            pairs.append((formats.moment(seen.expires), formats.moment(host.expires)))
        if action is OrderAction.POWER_ON:
            old, new = self.rates.get(host.id), present.costs.hosts.get(host.id)
            if old is not None and new is not None:
                pairs.append((f"{formats.rate(old)}/h", f"{formats.rate(new)}/h"))
        return ", ".join(f"{old} → {new}" for old, new in pairs if old != new)


def select(hosts: Sequence[Host], fleet: FleetState) -> Selection:
    """Return the hosts together with their prices in `fleet`."""
    rates = {host.id: rate for host in hosts if (rate := fleet.costs.hosts.get(host.id)) is not None}
    return Selection(hosts, rates)


def _heads_for(status: Status) -> Status:
    """Return the status that a host reaches without intervention."""
    if status in (Status.STARTING, Status.BILLED):
        return Status.ON
    return Status.OFF if status is Status.STOPPING else status


def place_orders(monitor: Monitor, action: OrderAction, selection: Selection) -> LeftOut:
    """Send the operation for those of the selected hosts that are as they were selected; return the others.

    Time may have passed since the selection: hosts are compared by ID with the newest snapshot, and nothing is sent
    for one that is gone, being deleted, or different from what was confirmed.
    """
    state = monitor.state
    present = {host.id: host for host in state.snapshot.hosts} if state.snapshot else {}
    gone, deleted, changed, hosts = [], [], [], []
    for selected in selection.hosts:
        host = present.get(selected.id)
        if host is None:
            gone.append(selected)
        elif monitor.orders.book.is_hindered(action, host):
            deleted.append(host)
        elif changes := selection.changes(action, host, state):
            changed.append(f"{selected.name or selected.id} ({changes})")
        else:
            hosts.append(host)
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
    return LeftOut(gone, deleted, changed)


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
    question = confirm.confirmation_for(action, selection.hosts, hidden, now, is_moved=is_moved)
    if not selection.hosts or not await ask_confirmation(screen.app, question):
        return False
    notice = screen.query_one(Notice)
    notice.dismiss()
    left_out = place_orders(monitor, action, selection)
    if lines := messages.left_out(left_out.gone, left_out.deleted, left_out.changed):
        notice.tell(lines)
    return True
