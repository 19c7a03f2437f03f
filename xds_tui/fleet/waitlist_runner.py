"""Make the attempts of the waiting list: one order at a time, each at a price that was read just before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from xds_tui.api.errors import ApiError, Rejected
from xds_tui.domain import pricing, purchase, waitlist
from xds_tui.domain.model import Catalog, Image, Package
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order, OrderAction, OrderState, Quote
from xds_tui.domain.waitlist import MIN_INTERVAL, WaitlistEntry
from xds_tui.fleet.order_requests import new_request
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.api.client import Client
    from xds_tui.fleet.order_service import OrderService
    from xds_tui.fleet.spending_guard import SpendingGuard
    from xds_tui.store.journal import Journal

T = TypeVar("T", Package, Image)

NOT_SOLD: Final = N_("The package or the image is not offered now")
TOO_EXPENSIVE: Final = N_("The price is above the highest price of the entry")
IN_DOUBT: Final = N_("An earlier order may have bought the same; settle it, or remove it with xds-tui orders forget")

RESPONSE_POLL: Final = 0.1
"""Seconds between two looks at whether the response to an attempt has arrived."""


class Result(Enum):
    """The result of an attempt."""

    BOUGHT = "bought"
    SOLD_OUT = "sold out"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """It may have bought a host; the entry rests until that is settled."""
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt, or the reason why none was made."""

    entry: WaitlistEntry
    result: Result
    order: Order | None = None
    """None if nothing was ordered."""
    summary: str = ""
    """The reason, in English and marked for translation."""
    detail: str = ""


class WaitlistRunner:
    """Attempts the purchases of the waiting list when they are due."""

    def __init__(
        self,
        orders: OrderService,
        guard: SpendingGuard,
        journal: Journal,
        client: Callable[[], Client],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare to run.

        Args:
            orders: sends the orders.
            guard: the caps on spending, which apply to attempts as well.
            journal: the record of attempts, by this and other programs.
            client: returns the client of the account that is signed in.
            clock: returns the time, UTC.

        """
        self._orders = orders
        self._guard = guard
        self._journal = journal
        self._client = client
        self._clock = clock
        self._not_before: dict[str, datetime] = {}

    async def attempt(self, entries: Iterable[WaitlistEntry]) -> Attempt | None:
        """Make at most one attempt, and return it; None if none is due. Call it again and again.

        Raises:
            StoreError: if the journal cannot be read or written; nothing was sent then.

        """
        now = self._clock()
        made = await self._journal.creates()
        if old := waitlist.to_prune(made, now):
            await self._journal.delete_attempts(old)
        ready = [entry for entry in entries if self._not_before.get(entry.prefix, now) <= now]
        found = waitlist.next_attempt(ready, made, now)
        if found is None:
            return None
        self._not_before[found.entry.prefix] = now + MIN_INTERVAL
        try:
            quote = await self._quote(found.entry)
        except ApiError as error:
            wait = error.retry_after if isinstance(error, Rejected) else None
            self._not_before[found.entry.prefix] = now + max(MIN_INTERVAL, timedelta(seconds=wait or 0))
            return Attempt(found.entry, Result.NOT_SENT, summary=error.summary, detail=error.detail)
        if isinstance(quote, Attempt):
            return quote
        # Another program may have settled an attempt of this one, which does not know it.
        settled = [order.id for order in made if order.is_forgotten or order.state is OrderState.CONFIRMED]
        return await self._buy(found, quote, settled)

    async def _quote(self, entry: WaitlistEntry) -> Quote | Attempt:
        """Return the current offer, or why there is none; raises `ApiError`."""
        client = self._client()
        packages = await client.packages(entry.billing, is_urgent=True)
        images = await client.images()
        catalog = Catalog(images, {entry.billing: packages}, self._clock())
        sold = purchase.matching_packages(catalog, entry.billing)
        named = _find(sold, entry.package, lambda package: package.name)
        offers = purchase.offers(sold, entry.billing, named.id) if named is not None else ()
        image = _find(images, entry.image, lambda image: image.label)
        if len(offers) != 1 or image is None:
            return Attempt(entry, Result.NOT_SENT, summary=NOT_SOLD)
        package, price = offers[0], pricing.hourly(offers[0])
        if price is None or purchase.incompatibility(image, package, entry.billing) is not None:
            return Attempt(entry, Result.NOT_SENT, summary=NOT_SOLD)
        if price > entry.max_price:
            detail = f"{pricing.figure(price)} > {pricing.figure(entry.max_price)} CNY/h"
            return Attempt(entry, Result.NOT_SENT, summary=TOO_EXPENSIVE, detail=detail)
        draft = Draft(entry.billing, package, image)
        if entry.period is not None:
            draft = Draft(entry.billing, package, image, unit=entry.period.unit, number=entry.period.number)
        return draft.quote()

    async def _buy(self, found: waitlist.EntryProgress, quote: Quote, settled: Collection[str]) -> Attempt | None:
        """Order one host as quoted, and wait for the response; None if another program makes this attempt.

        Args:
            found: the entry.
            quote: the current offer.
            settled: IDs of the orders that are known to have bought nothing, or something that is known.

        """
        entry = found.entry
        wanted = new_request(
            found.next_request_id, OrderAction.CREATE, self._clock(), quote=quote, annotation=entry.annotation
        )
        if (obstacle := await self._guard.first_obstacle(wanted)) is not None:
            return Attempt(entry, Result.NOT_SENT, summary=obstacle.summary, detail=obstacle.detail)
        if any(order.id not in settled for order in await self._orders.possible_purchases(quote)):
            return Attempt(entry, Result.NOT_SENT, summary=IN_DOUBT)
        (order,) = await self._orders.submit(wanted, confirmed=settled)
        if order.id not in self._orders.book:
            return None
        while order.id in self._orders.book:
            order = self._orders.book[order.id]
            if order.state not in (OrderState.PENDING, OrderState.SENT):
                return Attempt(entry, _result(order), order, order.summary, order.message)
            await asyncio.sleep(RESPONSE_POLL)
        return None  # another account has signed in


def _find(offers: Sequence[T], word: str, name: Callable[[T], str]) -> T | None:
    """Return the offer with the ID `word`, or else the only one with that name."""
    found = [offer for offer in offers if offer.id == word] or [offer for offer in offers if name(offer) == word]
    return found[0] if len({offer.id for offer in found}) == 1 else None


def _result(order: Order) -> Result:
    match order.state:
        case OrderState.ACCEPTED | OrderState.CONFIRMED:
            return Result.BOUGHT
        case OrderState.NOT_SENT:
            return Result.NOT_SENT
        case OrderState.REJECTED:
            return Result.SOLD_OUT if waitlist.is_sold_out(order) else Result.REJECTED
    return Result.UNKNOWN
