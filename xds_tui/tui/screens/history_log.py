"""What is remembered, as it is looked through: pages of events and orders put together, and searched by words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from xds_tui.domain.halfwidth import fold
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order
from xds_tui.i18n import _
from xds_tui.text import export, formats, messages


class HistoryLog:
    """The events and orders of one account that have been read so far, newest first.

    Attributes:
        is_whole: whether there are no older events than these.
        orders: the orders.

    """

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.is_whole = False
        self.orders: Sequence[Order] = ()
        self._events: list[tuple[Event, str]] = []
        self._known: set[Event] = set()

    @property
    def oldest(self) -> datetime | None:
        """When the earliest event was that has been read; None before any has."""
        return self._events[-1][0].at if self._events else None

    @property
    def count(self) -> int:
        """The events that have been read."""
        return len(self._events)

    def add_older(self, events: Sequence[Event]) -> None:
        """Add the next page, newest first; an empty one is the end."""
        self.is_whole = not events
        self._events += self._new(events)

    def add_newer(self, events: Iterable[Event]) -> None:
        """Add what happened since, newest first, but for what has been read already."""
        self._events[:0] = self._new(events)

    def add_orders(self, orders: Iterable[Order]) -> None:
        """Put `orders`, newest first, in place of what was known of them, and before the others."""
        newer = {order.id: order for order in orders}
        known = {order.id for order in self.orders}
        fresh = (order for order in newer.values() if order.id not in known)
        self.orders = (*fresh, *(newer.get(order.id, order) for order in self.orders))

    def events_with(self, words: str) -> list[Event]:
        """Return the events that `words` are found in, as `matches` has it."""
        return [event for event, text in self._events if matches(words, text)]

    def orders_with(self, words: str) -> list[Order]:
        """Return the orders that `words` are found in, as `matches` has it."""
        return [order for order in self.orders if matches(words, fold("\n".join(order_words(order))))]

    def _new(self, events: Iterable[Event]) -> list[tuple[Event, str]]:
        # Told once: 50,000 events are searched at every key.
        new = [event for event in dict.fromkeys(events) if event not in self._known]
        self._known.update(new)
        return [(event, fold("\n".join(messages.event_lines(event)))) for event in new]


def order_words(order: Order) -> tuple[str, ...]:
    """All of an order, one fact a text: what it can be found by, and is told as."""
    promise = order.promise
    bought = (promise.package.name, promise.image.label, formats.money(promise.estimate)) if promise else ()
    host = (_("host {id}").format(id=order.host_id),) if order.host_id else ()
    what = (messages.action(order.action), order.host_name, messages.order_status(order), *bought, *host)
    return tuple(part for part in (*what, *messages.order_lines(order)) if part)


def matches(words: str, text: str) -> bool:
    """Whether every word is somewhere in `text`, which is folded, and none that follows a minus is."""
    return all(
        (word[1:] not in text) if word.startswith("-") and len(word) > 1 else word in text
        for word in fold(words).split()
    )


def rent_lengths(order: Order, hosts: Mapping[str, Host]) -> tuple[str, ...]:
    """The hours that a rent was estimated for, beside those that the service made of it."""
    promise = order.promise
    if promise is None or promise.period is None:
        return ()
    real = export.real_hours(hosts.get(order.host_id or ""))
    if real is None:
        return (_("estimated for {hours} h").format(hours=promise.hours),)
    return (_("estimated for {hours} h, really {real} h").format(hours=promise.hours, real=f"{real:g}"),)
