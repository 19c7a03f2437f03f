"""The price, asked for once more before money is spent: what the user was promised must still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xds_tui import catalog
from xds_tui.api.errors import ApiError, NotSent
from xds_tui.i18n import N_
from xds_tui.record import Quote

if TYPE_CHECKING:
    from xds_tui.api.client import Client

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
    if catalog.incompatibility(promise.image, now, promise.billing) is not None:
        return NotSent(GONE_FROM_CATALOG)
    return None
