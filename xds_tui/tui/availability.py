"""When an action applies, and why not: pure rules over what the user looks at.

A rule answers with a sentence, or with nothing where the action applies. It refuses only what is sure to come to
nothing: of several hosts each answers for itself, and what is old or on its way is the service's to refuse.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from xds_tui.domain import order_states
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import Order, OrderAction
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.store.problems import StoreError
from xds_tui.text import formats, messages

INTERVALS: Final = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds between sweeps that `+` and `-` go through; the vendor advises 15."""


@dataclass(frozen=True, slots=True)
class Context:
    """What decides whether an action applies."""

    link: ConnectionState = ConnectionState.LIVE
    is_read_only: bool = False
    picked: tuple[Host, ...] = ()
    """The marked hosts, or else the one under the cursor."""
    marked: int = 0
    """How many are marked."""
    ordered: frozenset[str] = frozenset()
    """The IDs of hosts with an order under way: what they are is not what they are meant to be."""
    at: datetime | None = None
    """When the hosts were seen as they are shown."""
    interval: float = 15.0
    """Seconds between two sweeps."""
    is_wide: bool = True
    """Whether panes stand side by side."""
    is_unseen: bool = False
    """Whether the list that they were picked in is covered: what is done to them would be done unseen."""
    storage_problem: StoreError | None = None
    """Why no order can be recorded, if so."""
    unstartable: frozenset[str] = frozenset()
    """The IDs of hosts that an open delete keeps from being started and rebooted."""
    unstoppable: frozenset[str] = frozenset()
    """The same for stopping."""

    @classmethod
    def of(
        cls,
        fleet: FleetState,
        picked: Iterable[Host],
        ordered: frozenset[str],
        *,
        is_read_only: bool,
        marked: int = 0,
        is_wide: bool = True,
        is_unseen: bool = False,
    ) -> Context:
        """Put together what is known of the fleet and what a screen knows of itself."""
        at = fleet.snapshot.at if fleet.snapshot else None
        return cls(
            fleet.connection,
            is_read_only,
            tuple(picked),
            marked,
            ordered,
            at,
            fleet.interval,
            is_wide,
            is_unseen,
            storage_problem=fleet.storage_problem,
            unstartable=_hosts_hindered(fleet.orders, OrderAction.POWER_ON),
            unstoppable=_hosts_hindered(fleet.orders, OrderAction.POWER_OFF),
        )


Condition = Callable[[Context], str]
"""Why an action does not apply; empty where it does."""


def always(_context: Context) -> str:
    """Apply wherever the key is heard."""
    return ""


def online(context: Context) -> str:
    """Apply while there are credentials."""
    return _("Signed out: i signs in") if context.link is ConnectionState.SIGNED_OUT else ""


def picked(context: Context) -> str:
    """Apply to any host."""
    if context.is_unseen:
        return _("The hosts cannot be seen here: 1 shows them")
    return "" if context.picked else _("There is no host to do that to")


def changes(context: Context) -> str:
    """Apply where something may be changed in the service."""
    if context.is_read_only:
        return _("Read-only: nothing is changed")
    if context.storage_problem is not None:
        return messages.no_record(context.storage_problem)
    return online(context)


def orders(context: Context) -> str:
    """Apply where hosts may be changed, and there are any."""
    return changes(context) or picked(context)


def start(context: Context) -> str:
    """Apply unless every host is seen to run, or is being deleted."""
    if why := orders(context) or _deleted(context, context.unstartable):
        return why
    if _all_are(context, lambda host: host.status.is_on):
        return _settled(context, _("{host} is on already"), _("All of them are on already"))
    return ""


def stop(context: Context) -> str:
    """Apply unless every host is seen to be off, or is being deleted."""
    if why := orders(context) or _deleted(context, context.unstoppable):
        return why
    if _all_are(context, lambda host: host.status is Status.OFF):
        return _settled(context, _("{host} is off already"), _("All of them are off already"))
    return ""


def reboot(context: Context) -> str:
    """Apply unless every host is seen to be off, or is being deleted."""
    if why := orders(context) or _deleted(context, context.unstartable):
        return why
    if _all_are(context, lambda host: host.status is Status.OFF):
        return _settled(context, _("{host} is off: s starts it"), _("All of them are off: s starts them"))
    return ""


def connect(context: Context) -> str:
    """Apply to one host that is not seen to be off, and of which is known how it is reached."""
    if why := picked(context):
        return why
    if len(context.picked) > 1:
        return _("To one host at a time: esc takes the marks away")
    if _all_are(context, lambda host: host.status is Status.OFF):
        return _settled(context, _("{host} is off: s starts it"), "")
    from xds_tui.remote import target as connecting

    try:
        connecting.target(context.picked[0])
    except connecting.UnreachableError as error:
        return messages.error_message(error)
    return ""


def slower(context: Context) -> str:
    """Apply unless it is as slow as can be."""
    return "" if context.interval < INTERVALS[-1] else _interval(context)


def faster(context: Context) -> str:
    """Apply unless it is as quick as can be."""
    return "" if context.interval > INTERVALS[0] else _interval(context)


def zoom(context: Context) -> str:
    """Apply where panes stand side by side."""
    return "" if context.is_wide else _("This pane has the whole screen already")


def interval_after(interval: float, steps: int) -> float:
    """Return the seconds between sweeps so many steps slower, or quicker."""
    place = bisect_left(INTERVALS, interval) + steps
    return INTERVALS[max(0, min(place, len(INTERVALS) - 1))]


def hosts_ordered(orders: Iterable[Order], now: datetime) -> frozenset[str]:
    """Return the IDs of the hosts that something is meant to happen to."""
    return frozenset(order.host_id for order in orders if order.host_id and order_states.is_intent(order, now))


def _hosts_hindered(orders: Iterable[Order], action: OrderAction) -> frozenset[str]:
    return frozenset(order.host_id for order in orders if order.host_id and order_states.hinders(order, action))


def _deleted(context: Context, hindered: frozenset[str]) -> str:
    """Why nothing is done to hosts of which each is being deleted, as far as is known."""
    if not all(host.id in hindered for host in context.picked):
        return ""
    host, *others = context.picked
    if others:
        return _("All of them are being deleted")
    return _("{host} is being deleted").format(host=host.name or host.id)


def _all_are(context: Context, settled: Callable[[Host], bool]) -> bool:
    """Whether every host is seen to be so, now, and nothing else is meant to happen to it."""
    return context.link is ConnectionState.LIVE and all(
        settled(host) and host.id not in context.ordered for host in context.picked
    )


def _settled(context: Context, one: str, several: str) -> str:
    host, *others = context.picked
    message = several if others else one.format(host=host.name or host.id)
    seen = _("seen at {time}, r looks again").format(time=formats.clock(context.at)) if context.at else ""
    return " · ".join(part for part in (message, seen) if part)


def _interval(context: Context) -> str:
    return _("It is every {seconds:g} s already").format(seconds=context.interval)
