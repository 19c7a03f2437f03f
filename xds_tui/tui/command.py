"""A command of the app: its keys, its texts, and the condition under which it is available.

A condition returns the reason why the command is disabled, or an empty string if it is enabled. It disables only what
is certain to have no effect: not if the command makes sense for one of several hosts, and not if the data are stale or
an operation is in progress. In those cases the service decides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import IntEnum
from typing import Final

from textual.binding import Binding

from xds_tui.domain import order_states
from xds_tui.domain.model import Host, Status
from xds_tui.domain.records import Order, OrderAction
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.store.problems import StoreError
from xds_tui.structs import dataclass
from xds_tui.text import formats, messages

INTERVALS: Final = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""The poll intervals in seconds that `+` and `-` step through; the documents of the service advise 15."""


@dataclass(frozen=True, slots=True)
class Context:
    """The state that the rules depend on."""

    link: ConnectionState = ConnectionState.LIVE
    is_read_only: bool = False
    picked: tuple[Host, ...] = ()
    """The marked hosts, or else the one under the cursor."""
    marked: int = 0
    """The number of marked hosts."""
    ordered: frozenset[str] = frozenset()
    """The IDs of hosts with an operation in progress; their status is about to change."""
    at: datetime | None = None
    """The time of the listing that is shown."""
    interval: float = 15.0
    """Seconds between two polls."""
    is_wide: bool = True
    """Whether panes are shown side by side."""
    is_unseen: bool = False
    """Whether another pane covers the host list, so that the user cannot see which hosts an action would change."""
    storage_problem: StoreError | None = None
    """Why orders cannot be recorded; None if they can."""
    unstartable: frozenset[str] = frozenset()
    """The IDs of hosts that cannot be started or rebooted because of an open delete."""
    unstoppable: frozenset[str] = frozenset()
    """The IDs of hosts that cannot be stopped because of an open delete."""

    @classmethod
    def from_state(
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
        """Combine the state of the fleet with that of a screen."""
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
            unstartable=_hindered_hosts(fleet.orders, OrderAction.POWER_ON),
            unstoppable=_hindered_hosts(fleet.orders, OrderAction.POWER_OFF),
        )


Condition = Callable[[Context], str]
"""Returns why an action is disabled; empty if it is enabled."""


def always(_context: Context) -> str:
    """Enable always."""
    return ""


def online(context: Context) -> str:
    """Enable while signed in."""
    return _("Session expired. Press i to sign in.") if context.link is ConnectionState.SIGNED_OUT else ""


def picked(context: Context) -> str:
    """Enable if a host is selected and visible."""
    if context.is_unseen:
        return _("The hosts are not on this screen. Press 1 to show them.")
    return "" if context.picked else _("No host is selected")


def changes(context: Context) -> str:
    """Enable if calls that change something are permitted."""
    if context.is_read_only:
        return _("Changes are disabled in read-only mode")
    if context.storage_problem is not None:
        return messages.no_record(context.storage_problem)
    return online(context)


def orders(context: Context) -> str:
    """Enable if calls that change something are permitted and a host is selected."""
    return changes(context) or picked(context)


def start(context: Context) -> str:
    """Enable unless all selected hosts are on or being deleted."""
    if why := orders(context) or _deleted(context, context.unstartable):
        return why
    if _all_are(context, lambda host: host.status.is_on or host.status is Status.STARTING):
        return _settled(context, _already(context), _("All of them are already on or starting"))
    return ""


def stop(context: Context) -> str:
    """Enable unless all selected hosts are off, protected or being deleted."""
    if why := orders(context) or _deleted(context, context.unstoppable) or _protected(context):
        return why
    if _all_are(context, lambda host: host.status in (Status.OFF, Status.STOPPING)):
        return _settled(context, _already(context), _("All of them are already off or stopping"))
    return ""


def reboot(context: Context) -> str:
    """Enable unless all selected hosts are off, protected or being deleted."""
    if why := orders(context) or _deleted(context, context.unstartable) or _protected(context):
        return why
    if _all_are(context, lambda host: host.status is Status.OFF):
        return _settled(
            context, _("{host} is off. Press s to start it."), _("All of them are off. Press s to start them.")
        )
    return ""


def delete(context: Context) -> str:
    """Enable unless all selected hosts are protected."""
    return orders(context) or _protected(context)


def rent_again(context: Context) -> str:
    """Enable while signed in and if a host is selected and visible."""
    return online(context) or picked(context)


def connect(context: Context) -> str:
    """Enable for a single host that is not off and has an address."""
    if why := picked(context):
        return why
    if len(context.picked) > 1:
        return _("Connect works on one host at a time. Press esc to clear the marks.")
    if _all_are(context, lambda host: host.status is Status.OFF):
        return _settled(context, _("{host} is off. Press s to start it."), "")
    from xds_tui.remote import target as connecting

    try:
        connecting.target(context.picked[0])
    except connecting.UnreachableError as error:
        return messages.error_message(error)
    return ""


def slower(context: Context) -> str:
    """Enable unless the interval is the longest."""
    return "" if context.interval < INTERVALS[-1] else _interval(context)


def faster(context: Context) -> str:
    """Enable unless the interval is the shortest."""
    return "" if context.interval > INTERVALS[0] else _interval(context)


def zoom(context: Context) -> str:
    """Enable if panes are shown side by side."""
    return "" if context.is_wide else _("This pane is already full-screen")


def interval_after(interval: float, steps: int) -> float:
    """Return the poll interval in seconds that is `steps` steps longer, or shorter if negative."""
    place = bisect_left(INTERVALS, interval) + steps
    return INTERVALS[max(0, min(place, len(INTERVALS) - 1))]


def hosts_ordered(orders: Iterable[Order], now: datetime) -> frozenset[str]:
    """Return the IDs of the hosts with an operation in progress."""
    return frozenset(order.host_id for order in orders if order.host_id and order_states.is_intent(order, now))


def _hindered_hosts(orders: Iterable[Order], action: OrderAction) -> frozenset[str]:
    return frozenset(order.host_id for order in orders if order.host_id and order_states.hinders(order, action))


def _deleted(context: Context, hindered: frozenset[str]) -> str:
    """Return the reason for hosts that are all being deleted; empty if one of them is not."""
    if not all(host.id in hindered for host in context.picked):
        return ""
    host, *others = context.picked
    if others:
        return _("All of them are being deleted")
    return _("{host} is being deleted").format(host=host.display_name)


def _protected(context: Context) -> str:
    """Return the reason for hosts that are all protected, and how to end that; empty if one of them is not."""
    if not all(host.annotation.is_protected for host in context.picked):
        return ""
    host, *others = context.picked
    if others:
        return _("All of them are protected. Press W to end that.")
    if rule := host.annotation.rule:
        text = _("{host} is protected by {rule} in config.toml. Change its tags or owner to end that.")
        return text.format(host=host.display_name, rule=rule)
    return _("{host} is protected. Press W to end that.").format(host=host.display_name)


def _all_are(context: Context, predicate: Callable[[Host], bool]) -> bool:
    """Return whether `predicate` holds for all hosts, according to live data and with no operation in progress."""
    return context.link is ConnectionState.LIVE and all(
        predicate(host) and host.id not in context.ordered for host in context.picked
    )


def _already(context: Context) -> str:
    status = formats.status_word(context.picked[0].status)
    return _("{host} is already {status}").format(host="{host}", status=status)


def _settled(context: Context, one: str, several: str) -> str:
    host, *others = context.picked
    message = several if others else one.format(host=host.display_name)
    seen = _("as of {time}; press r to refresh").format(time=formats.clock(context.at)) if context.at else ""
    return " · ".join(part for part in (message, seen) if part)


def _interval(context: Context) -> str:
    return _("Already refreshing every {seconds:g} s").format(seconds=context.interval)


class KeyGroup(IntEnum):
    """Groups of keys in the key bar, from left to right."""

    ACT = 0
    VIEW = 1
    GO = 2
    APP = 3


@dataclass(frozen=True, slots=True)
class Command:
    """An action with its keys and texts."""

    id: str
    """Its name in `[keys]`: the screen or widget that handles it, a dot, a name."""
    keys: str
    """Default keys, separated by commas."""
    run: str
    """Textual's action, of the screen or widget that handles it."""
    label: str
    """Its label in the key bar, marked for translation."""
    sentence: str
    """Its description in the help, marked for translation."""
    why_not: Condition = always
    """The rule that returns the reason why it is disabled."""
    in_footer: bool = False
    group: KeyGroup = KeyGroup.ACT
    """Its group in the key bar."""
    rank: int = 0
    """On narrow terminals, the keys with the highest rank are left out of the key bar first."""
    counts: bool = False
    """Whether it applies to all marked hosts; its label then has their number."""
    priority: bool = False
    """Whether its keys are handled before the focused widget gets them."""

    @property
    def place(self) -> str:
        """The screen or widget that handles it."""
        return self.id.partition(".")[0]

    def binding(self) -> Binding:
        """Return the binding; if there is a rule, the screen checks it first."""
        run = self.run if self.why_not is always else f"screen.do('{self.id}')"
        return Binding(self.keys, run, self.label, self.in_footer, priority=self.priority, id=self.id)

    def words(self, context: Context | None) -> str:
        """Return its label, with the number of marked hosts that it applies to."""
        label = _(self.label)
        return f"{label} {context.marked}" if self.counts and context and context.marked else label
