"""From a confirmed question to an order."""

from __future__ import annotations

from collections.abc import Sequence

from xds_tui.fleet.monitor import Monitor
from xds_tui.record import Action


def give(monitor: Monitor, action: Action, host_ids: Sequence[str]) -> None:
    """Give the order for the hosts with these IDs that are still there: time has passed since they were picked."""
    snapshot = monitor.state.snapshot
    hosts = [host for host in snapshot.hosts if host.id in host_ids] if snapshot else []
    match action:
        case Action.POWER_ON:
            monitor.orders.power(hosts, on=True)
        case Action.POWER_OFF:
            monitor.orders.power(hosts, on=False)
        case Action.REBOOT:
            monitor.orders.reboot(hosts)
        case Action.DELETE:
            monitor.orders.delete(hosts)
        case Action.CREATE:
            raise ValueError("a host that is not there yet is bought with Orders.buy")
