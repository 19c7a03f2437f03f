"""Read the images and packages on sale: at the start, on request, when they have become old, and before a purchase."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError, NotSent, Rejected
from xds_tui.domain import purchase
from xds_tui.domain.model import Billing, Catalog
from xds_tui.domain.records import Quote
from xds_tui.fleet.updates import CatalogRead, UpdateQueue
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from xds_tui.api.client import Client

MAX_AGE: Final = 600.0
"""Seconds after which the catalog is read again. Prices change rarely, and a purchase reads them once more anyway."""

RETRY_DELAY: Final = 60.0
"""Seconds until the next attempt after a failure, unless the service asks for more."""


class CatalogReader:
    """Reads images and packages, one reading at a time, and posts each result as `CatalogRead`."""

    def __init__(
        self,
        client: Callable[[], Client],
        clock: Callable[[], datetime],
        updates: UpdateQueue,
        *,
        is_automatic: bool = True,
    ) -> None:
        """Prepare to read; nothing has been read yet.

        Args:
            client: returns the client of the account that is signed in.
            clock: returns the time, UTC.
            updates: receives the results.
            is_automatic: whether `read_if_old` reads.

        """
        self._is_automatic = is_automatic
        self._client = client
        self._clock = clock
        self._updates = updates
        self._due_at = 0.0
        self._reading: asyncio.Task[None] | None = None

    def read(self) -> None:
        """Start a reading, unless one is under way."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read())

    def read_if_old(self) -> None:
        """Start a reading if the last one is older than `MAX_AGE`, or failed more than `RETRY_DELAY` ago."""
        if self._is_automatic and asyncio.get_running_loop().time() >= self._due_at:
            self.read()

    def restart(self) -> None:
        """Cancel a reading under way, which is for the account before, and start another."""
        if self._reading is not None:
            self._reading.cancel()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def close(self) -> None:
        """Cancel a reading under way, and wait until its connection is released."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            client = self._client()
            images = await client.images()
            packages = {billing: await client.packages(billing) for billing in Billing}
        except ApiError as error:
            retry_after = error.retry_after if isinstance(error, Rejected) else None
            self._due_at = loop.time() + max(RETRY_DELAY, retry_after or 0)
            self._updates.post(CatalogRead(None, error))
            return
        self._due_at = loop.time() + MAX_AGE
        self._updates.post(CatalogRead(Catalog(images, packages, self._clock())))


PRICE_MOVED: Final = N_("The price has changed, so nothing was bought")
GONE_FROM_CATALOG: Final = N_("The package is no longer sold, so nothing was bought")
STALE_QUOTE_REASONS: Final = (PRICE_MOVED, GONE_FROM_CATALOG)
"""Why a quote does not hold any more; the user needs another one, from the current catalog."""


async def verify_quote(quote: Quote, client: Client) -> ApiError | None:
    """Return why `quote` does not hold any more, or None if the package is sold as it was shown."""
    try:
        packages = await client.packages(quote.billing, is_urgent=True)
    except ApiError as error:
        return error
    shown = quote.package
    offers = purchase.offers(packages, quote.billing, shown.id)
    if not offers:
        return NotSent(GONE_FROM_CATALOG)
    if len(offers) > 1:
        return NotSent(purchase.CONTRADICTORY_PRICES, shown.id)
    current = offers[0]
    if (current.amount, current.discount) != (shown.amount, shown.discount):
        change = f"{shown.amount} × {shown.discount} → {current.amount} × {current.discount} CNY/h"
        return NotSent(PRICE_MOVED, change)
    if purchase.incompatibility(quote.image, current, quote.billing) is not None:
        return NotSent(GONE_FROM_CATALOG)
    return None
