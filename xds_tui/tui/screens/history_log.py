"""The events and orders of the history, collected page by page and filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xds_tui.domain import filtering
from xds_tui.domain.filter_query import Query, QueryError
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order
from xds_tui.i18n import _
from xds_tui.text import export, messages


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """The filter of the history, parsed for events and for orders, which have different fields."""

    events: Query = ()
    orders: Query = ()
    errors: tuple[QueryError | None, QueryError | None] = (None, None)
    """What is wrong with the typed text as a filter for events and for orders."""

    def parse(self, text: str) -> HistoryFilter:
        """Return the filter for the text that is being typed; parts that are wrong remain as they are in `self`."""
        events, events_error = filtering.parse_while_typing(filtering.EVENTS, text, self.events)
        orders, orders_error = filtering.parse_while_typing(filtering.ORDERS, text, self.orders)
        return HistoryFilter(events, orders, (events_error, orders_error))


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

    def matching_events(self, query: Query, now: datetime) -> list[Event]:
        """Return the events that match `query` at the time `now`."""
        events = [event for event, _text in self._events]
        texts = (text for _event, text in self._events)
        return filtering.select(filtering.EVENTS, events, query, filtering.RowContext(now), lambda: texts)

    def matching_orders(self, query: Query, now: datetime) -> list[Order]:
        """Return the orders that match `query` at the time `now`."""
        texts = map(messages.order_search_text, self.orders)
        return filtering.select(filtering.ORDERS, self.orders, query, filtering.RowContext(now), lambda: texts)

    def _new(self, events: Iterable[Event]) -> list[tuple[Event, str]]:
        new = [event for event in dict.fromkeys(events) if event not in self._known]
        self._known.update(new)
        # The texts are kept because up to 50,000 events are searched at every key press.
        return [(event, messages.event_search_text(event)) for event in new]


def rent_lengths(order: Order, hosts: Mapping[str, Host]) -> tuple[str, ...]:
    """The hours that a rent was estimated for, beside those that the service made of it."""
    promise = order.promise
    if promise is None or promise.period is None:
        return ()
    real = export.real_hours(hosts.get(order.host_id or ""))
    if real is None:
        return (_("estimated for {hours} h").format(hours=promise.hours),)
    return (_("estimated for {hours} h, really {real} h").format(hours=promise.hours, real=f"{real:g}"),)
