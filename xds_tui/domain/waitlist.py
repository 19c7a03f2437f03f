"""The waiting list: purchases that are attempted again and again until the package is in stock.

Every attempt is an order of its own. Its request ID contains the entry and the number of the attempt. The journal
lets one program only claim a request ID, so that several programs never make the same attempt. What an entry has
bought is not stored anywhere else: it follows from its orders.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.model import Billing, Period
from xds_tui.domain.notification import QuietHours
from xds_tui.domain.records import Order, OrderState
from xds_tui.domain.repeats import is_proven
from xds_tui.structs import dataclass

PREFIX: Final = "waitlist/"
"""The beginning of the request IDs of attempts."""

SOLD_OUT: Final = 6002
"""The code of the service for a package without resources (document, section 4)."""

MIN_INTERVAL: Final = timedelta(seconds=60)
"""The least time between two attempts, of all entries of an account."""

MAX_JITTER: Final = 15
"""Seconds that are added to it at most."""

RETRY_DELAY: Final = timedelta(minutes=10)
"""The time until the next attempt of an entry after a rejection that waiting rarely cures, such as a low balance."""

KEPT_FOR: Final = timedelta(hours=1)
"""How long attempts that bought nothing are kept in the journal; the latest ones of an entry are kept longer."""

KEPT_ATTEMPTS: Final = 3

DEFAULT_PROFILE: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistEntry:
    """A purchase that waits for stock."""

    name: str
    key: str
    """Distinguishes its orders from those of an earlier entry with the same name."""
    profile: str = DEFAULT_PROFILE
    """The profile of the account that buys."""
    package: str
    """ID or name."""
    image: str
    """ID or name."""
    max_price: Decimal
    """CNY for one hour of one host."""
    until: datetime
    """No attempt is made from this time on."""
    period: Period | None = None
    """None: on-demand."""
    count: int = 1
    """Number of hosts to buy in total."""
    hours: QuietHours | None = None
    """The hours of the day in which attempts are made; None for all."""
    annotation: Annotation = NO_ANNOTATION
    """What the new hosts are to have."""

    @property
    def billing(self) -> Billing:
        """The billing mode."""
        return Billing.ON_DEMAND if self.period is None else Billing.RENT

    @property
    def prefix(self) -> str:
        """The beginning of the request IDs of its attempts."""
        return f"{PREFIX}{self.name}/{self.key}/"


class Standing(Enum):
    """Whether attempts are made for an entry."""

    WAITING = "waiting"
    BOUGHT = "bought"
    """All hosts are bought."""
    EXPIRED = "expired"
    """`WaitlistEntry.until` has passed."""
    OUTSIDE_HOURS = "outside hours"
    UNSETTLED = "unsettled"
    """An attempt may have bought a host. No other one is made until its outcome is known."""


@dataclass(frozen=True, slots=True)
class EntryProgress:
    """An entry, and what its attempts have come to."""

    entry: WaitlistEntry
    standing: Standing
    bought: int
    attempts: int
    not_before: datetime
    """The earliest time of the next attempt, if it is waiting."""
    unsettled: tuple[Order, ...] = ()
    """The attempts of unknown outcome."""

    @property
    def next_request_id(self) -> str:
        """The request ID of the next attempt."""
        return f"{self.entry.prefix}{self.attempts + 1}"


def is_attempt(order: Order) -> bool:
    """Return whether an order was made by the waiting list."""
    return order.request_id.startswith(PREFIX)


def is_unremarkable(order: Order) -> bool:
    """Return whether an order is an attempt that is under way, or that bought nothing because of the stock.

    There may be one every minute, so it is not reported as an event.
    """
    if not is_attempt(order):
        return False
    return order.state in (OrderState.PENDING, OrderState.SENT, OrderState.NOT_SENT) or is_sold_out(order)


def is_sold_out(order: Order) -> bool:
    """Return whether the service rejected an order because the package is sold out."""
    return order.state is OrderState.REJECTED and order.code == SOLD_OUT and order.candidate is None


def progress(entry: WaitlistEntry, orders: Iterable[Order], now: datetime) -> EntryProgress:
    """Return how far an entry is.

    Args:
        entry: the entry.
        orders: all orders of the account.
        now: the time.

    """
    attempts = [order for order in orders if is_attempt(order)]
    own = [order for order in attempts if order.request_id.startswith(entry.prefix)]
    bought = sum(order.state in _BOUGHT for order in own)
    unsettled = tuple(order for order in own if _is_unsettled(order))
    times = [order.created_at + MIN_INTERVAL + _jitter(order) for order in attempts]
    times += [(order.ended_at or order.created_at) + _delay_after(order) for order in own]
    return EntryProgress(
        entry,
        _standing(entry, bought, is_unsettled=bool(unsettled), now=now),
        bought,
        max(map(_number, own), default=0),
        max([now, *times]),
        unsettled,
    )


_BOUGHT: Final = (OrderState.ACCEPTED, OrderState.CONFIRMED, OrderState.UNCONFIRMED)
_OPEN: Final = (OrderState.PENDING, OrderState.SENT, OrderState.UNKNOWN)


def _is_unsettled(order: Order) -> bool:
    """Return whether an attempt is under way, or may have bought a host without that being certain."""
    if order.is_forgotten:
        return False
    return order.state in _OPEN or (order.state is OrderState.REJECTED and not is_proven(order))


def _standing(entry: WaitlistEntry, bought: int, *, is_unsettled: bool, now: datetime) -> Standing:
    if is_unsettled:
        return Standing.UNSETTLED
    if bought >= entry.count:
        return Standing.BOUGHT
    if now >= entry.until:
        return Standing.EXPIRED
    if entry.hours is not None and not entry.hours.contains(now.astimezone().time()):
        return Standing.OUTSIDE_HOURS
    return Standing.WAITING


def _number(order: Order) -> int:
    number = order.request_id.rpartition("/")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _jitter(order: Order) -> timedelta:
    """Return a random-looking delay that all programs compute alike."""
    return timedelta(seconds=zlib.crc32(order.id.encode()) % (MAX_JITTER + 1))


def _delay_after(order: Order) -> timedelta:
    """Return the time between the end of an attempt and the next one of its entry."""
    is_about_stock = is_sold_out(order) or order.state in _BOUGHT
    is_not_sent = order.state is OrderState.NOT_SENT and order.code is None
    return MIN_INTERVAL if is_about_stock or is_not_sent else RETRY_DELAY


def next_attempt(entries: Iterable[WaitlistEntry], orders: Sequence[Order], now: datetime) -> EntryProgress | None:
    """Return the entry that an attempt is to be made for now; None if there is none.

    Of several, the one comes first that has waited longest. No attempt is made while another one is under way.
    """
    if any(is_attempt(order) and order.state in (OrderState.PENDING, OrderState.SENT) for order in orders):
        return None
    waiting = [
        found
        for found in (progress(entry, orders, now) for entry in entries)
        if found.standing is Standing.WAITING and found.not_before <= now
    ]
    last = {order.request_id.rpartition("/")[0]: order.created_at for order in orders if is_attempt(order)}
    return min(
        waiting,
        key=lambda found: (last.get(found.entry.prefix.removesuffix("/"), _NEVER), found.entry.name),
        default=None,
    )


_NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def is_finished(entries: Iterable[WaitlistEntry], orders: Sequence[Order], now: datetime) -> bool:
    """Return whether no entry is ever attempted again without a decision of the user."""
    ends = (Standing.BOUGHT, Standing.EXPIRED)
    return all(progress(entry, orders, now).standing in ends for entry in entries)


def to_prune(orders: Iterable[Order], now: datetime) -> tuple[Order, ...]:
    """Return the attempts that provably bought nothing and need not be kept."""
    by_entry: dict[str, list[Order]] = {}
    for order in orders:
        if is_attempt(order):
            by_entry.setdefault(order.request_id.rpartition("/")[0], []).append(order)
    old: list[Order] = []
    for attempts in by_entry.values():
        attempts.sort(key=_number)
        old += [
            order
            for order in attempts[:-KEPT_ATTEMPTS]
            if order.state is OrderState.NOT_SENT or (is_sold_out(order) and is_proven(order))
        ]
    return tuple(order for order in old if now - (order.ended_at or order.created_at) > KEPT_FOR)
