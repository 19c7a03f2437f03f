"""The events and orders of the history, collected page by page and filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from xds_tui.domain import filtering
from xds_tui.domain.filter_query import Query, QueryError
from xds_tui.domain.filtering import RowContext
from xds_tui.domain.model import Host
from xds_tui.domain.records import Event, Order
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import export, messages


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """The filter of the history, parsed for events and for orders, which have different fields."""

    events: Query = ()
    orders: Query = ()
    errors: tuple[QueryError | None, QueryError | None] = (None, None)
    """The errors in the typed text as a filter for events and for orders."""

    def parse(self, text: str) -> HistoryFilter:
        """Return the filter for a text that is being typed; invalid parts remain as they are in `self`."""
        events, events_error = filtering.parse_while_typing(filtering.EVENTS, text, self.events)
        orders, orders_error = filtering.parse_while_typing(filtering.ORDERS, text, self.orders)
        return HistoryFilter(events, orders, (events_error, orders_error))


class HistoryLog:
    """The events and orders of one account that have been read so far, newest first.

    Attributes:
        is_whole: whether there are no older events.
        has_orders: whether the orders of earlier sessions have been read.
        orders: the orders.

    """

    def __init__(self) -> None:
        self.is_whole = self.has_orders = False
        self.orders: Sequence[Order] = ()
        self._events: list[tuple[Event, str]] = []
        self._known: set[Event] = set()

    @property
    def oldest(self) -> datetime | None:
        """The time of the oldest event that has been read, or None."""
        return self._events[-1][0].at if self._events else None

    @property
    def count(self) -> int:
        """The number of events that have been read."""
        return len(self._events)

    def add_older(self, events: Sequence[Event]) -> None:
        """Append a page of events, newest first; an empty page is the end."""
        self.is_whole = not events
        self._events += self._new(events)

    def add_newer(self, events: Iterable[Event]) -> None:
        """Prepend new events, newest first, except those that are known."""
        self._events[:0] = self._new(events)

    def add_orders(self, orders: Iterable[Order]) -> None:
        """Replace known orders by `orders`, newest first, and prepend the new ones."""
        newer = {order.id: order for order in orders}
        known = {order.id for order in self.orders}
        fresh = (order for order in newer.values() if order.id not in known)
        self.orders = (*fresh, *(newer.get(order.id, order) for order in self.orders))

    def matching_events(self, query: Query, context: RowContext) -> list[Event]:
        """Return the events that match `query` in `context`."""
        events = [event for event, _text in self._events]
        texts = (text for _event, text in self._events)
        return filtering.select(filtering.EVENTS, events, query, context, lambda: texts)

    def matching_orders(self, query: Query, context: RowContext) -> list[Order]:
        """Return the orders that match `query` in `context`."""
        texts = map(messages.order_search_text, self.orders)
        return filtering.select(filtering.ORDERS, self.orders, query, context, lambda: texts)

    def _new(self, events: Iterable[Event]) -> list[tuple[Event, str]]:
        new = [event for event in dict.fromkeys(events) if event not in self._known]
        self._known.update(new)
        # The texts are kept because up to 50,000 events are searched at every key press.
        return [(event, messages.event_search_text(event)) for event in new]


def rental_hours(order: Order, hosts: Mapping[str, Host]) -> tuple[str, ...]:
    """Return the estimated hours of a rental as a sentence, with the actual ones if its host shows them."""
    quote = order.quote
    if quote is None or quote.period is None:
        return ()
    actual = export.real_hours(hosts.get(order.host_id or ""))
    if actual is None:
        return (_("estimated for {hours} h").format(hours=quote.hours),)
    return (_("estimated for {hours} h, actually {actual} h").format(hours=quote.hours, actual=f"{actual:g}"),)
