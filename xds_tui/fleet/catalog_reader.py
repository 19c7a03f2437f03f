"""Keeps the catalog that is shown: read at the start, on request, and when it has become old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError, NotSent, Rejected
from xds_tui.domain import purchase
from xds_tui.domain.model import Billing, Catalog
from xds_tui.domain.records import Quote
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from xds_tui.api.client import Client

MAX_AGE: Final = 600.0
"""Seconds after which it is read again: prices move rarely, and buying reads them once more anyway."""

RETRY: Final = 60.0
"""Seconds until it is tried again by itself after a failure, if the service does not ask for more."""


class CatalogReader:
    """Reads images and packages, one reading at a time."""

    def __init__(
        self,
        client: Callable[[], Client],
        clock: Callable[[], datetime],
        tell: Callable[[Catalog | None, ApiError | None], None],
    ) -> None:
        """Make a list that has not been read.

        Args:
            client: gives the client of whoever is signed in.
            clock: the time, UTC.
            tell: is handed what was read, or why nothing was.
        """
        self._client = client
        self._clock = clock
        self._tell = tell
        self._due_at = 0.0
        self._reading: asyncio.Task[None] | None = None

    def read(self) -> None:
        """Begin to read it, unless that is under way."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read())

    def read_if_old(self) -> None:
        """Begin to read it if it never was, or long ago."""
        if asyncio.get_running_loop().time() >= self._due_at:
            self.read()

    def restart(self) -> None:
        """Give up a reading under way, which is for whoever was signed in before, and begin another."""
        if self._reading is not None:
            self._reading.cancel()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def close(self) -> None:
        """Give up a reading under way, and wait until it has let go of its connection."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self) -> None:
        try:
            client = self._client()
            images = await client.images()
            packages = {billing: await client.packages(billing) for billing in Billing}
        except ApiError as error:
            retry_after = error.retry_after if isinstance(error, Rejected) else None
            self._due_at = asyncio.get_running_loop().time() + max(RETRY, retry_after or 0)
            self._tell(None, error)
            return
        self._due_at = asyncio.get_running_loop().time() + MAX_AGE
        self._tell(Catalog(images, packages, self._clock()), None)


PRICE_MOVED: Final = N_("The price moved, so nothing was bought")
GONE_FROM_CATALOG: Final = N_("The package is no longer sold, so nothing was bought")
BROKEN: Final = (PRICE_MOVED, GONE_FROM_CATALOG)
"""Why a promise cannot be kept: it has to be made anew, from what is sold now."""


async def verify_quote(promise: Quote, client: Client) -> ApiError | None:
    """Return why `promise` cannot be kept any more, or None: price and offer are as they were shown."""
    try:
        offered = await client.packages(promise.billing)
    except ApiError as error:
        return error
    shown = promise.package
    now = next((package for package in offered if package.id == shown.id), None)
    if now is None:
        return NotSent(GONE_FROM_CATALOG)
    if (now.amount, now.discount) != (shown.amount, shown.discount):
        return NotSent(PRICE_MOVED, f"{shown.amount} × {shown.discount} → {now.amount} × {now.discount} CNY/h")
    if purchase.incompatibility(promise.image, now, promise.billing) is not None:
        return NotSent(GONE_FROM_CATALOG)
    return None
