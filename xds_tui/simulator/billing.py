"""Purchases and charges of the simulated service: rules, wallets, stock and ledger.

Prepaid hosts are paid in advance, on-demand hosts afterwards by the hour, the last one by the time used. Only status 3
is billed. Every charge is rounded half up to 0.01 CNY.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from xds_tui.simulator.accounts import Account, opening_accounts
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES, ImageSpec, PackageSpec
from xds_tui.simulator.error_codes import Code, ServiceError
from xds_tui.simulator.host import SimHost
from xds_tui.simulator.options import Options

PERIOD_SECONDS: Final = (3600, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000)
"""Lengths of an hour, a day, a week, a month, a quarter and a year in the simulated service."""

HOUR: Final = 3600
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A create that was carried out."""

    at: float
    account: str
    package_id: str
    image_id: str
    rented: bool
    period: tuple[int, int] | None
    """`periodNumber` and `periodType` of the request; None for on-demand."""
    seconds: int
    """Paid in advance; 0 for on-demand."""
    charged: Decimal
    """What was paid in advance, in CNY; 0 for on-demand."""
    host_id: str
    request_tag: str = ""
    """The `X-Request-Tag` of the request, which only tests send; the real service has no such header."""


class Billing:
    """Accounts with their wallets, the stock, and every sale."""

    def __init__(self, options: Options) -> None:
        self.accounts = opening_accounts()
        self.stock = {package.id: package.stock for package in (*PACKAGES, *options.extra_packages)}
        self.ledger: list[Sale] = []
        self._options = options
        self._last_sale: dict[tuple[str, str, str], float] = {}

    def purchase(self, account: Account, package: PackageSpec, image: ImageSpec, seconds: int, now: float) -> Decimal:
        """Charge the wallet and reduce the stock, and return the charge in advance; `seconds` is 0 for on-demand.

        Raises:
            ServiceError: 7005, 1037, 9000, 9001, 6002, 6005 or 1005, checked in this order; nothing has changed then.

        """
        price = _price(package, seconds)
        pair = (account.uuid, package.id, image.id)
        is_processed = now - self._last_sale.get(pair, -float("inf")) >= self._options.processing
        checks = (
            (package.type == image.type, Code.TYPES_DIFFER),
            (account.verified, Code.NOT_VERIFIED),
            (not account.frozen, Code.WALLET_ERROR),
            (account.wallet >= (price if seconds else package.hourly), Code.WALLET_TOO_LOW),
            (self.stock[package.id] > 0, Code.NO_RESOURCES),
            (not self._options.queue_full, Code.QUEUED),
            (is_processed or not self._options.processing, Code.PROCESSING),
        )
        for passes, code in checks:
            if not passes:
                raise ServiceError(code)
        self._last_sale[pair] = now
        self.stock[package.id] -= 1
        account.wallet -= price
        return price

    def bill(self, host: SimHost, now: float) -> None:
        """Charge an on-demand host for the time since the last bill."""
        self.accounts[host.owner].wallet -= _price(host.package, now - host.billed_until)
        host.billed_until = now

    def can_pay_an_hour(self, host: SimHost) -> bool:
        """Return whether the wallet of the owner covers an hour of this host."""
        return self.accounts[host.owner].wallet >= host.package.hourly


def find_pair(options: Options, package_id: object, image_id: object, *, rented: bool) -> tuple[PackageSpec, ImageSpec]:
    """Return the package and the image with these IDs.

    Raises:
        ServiceError: 1007 if one is missing, 1001 if one does not exist or the package is not sold in this mode.

    """
    if not package_id or not image_id:
        raise ServiceError(Code.PARAMETER_MISSING)
    packages = (*PACKAGES, *options.extra_packages)
    package = next((package for package in packages if package.id == package_id), None)
    image = next((image for image in IMAGES if image.id == image_id), None)
    if package is None or image is None or not package.is_sold(rented=rented):
        raise ServiceError(Code.NO_PERMISSION)
    return package, image


def _price(package: PackageSpec, seconds: float) -> Decimal:
    return (package.hourly * Decimal(seconds) / HOUR).quantize(_CENT, ROUND_HALF_UP)
