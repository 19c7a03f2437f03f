"""From a confirmed question to an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xds_tui.fleet.monitor import Monitor
from xds_tui.model import Host
from xds_tui.record import OrderAction


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
