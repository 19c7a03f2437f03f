"""Factories of model objects with default values; tests set only the fields that matter to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from xds_tui.domain import pricing
from xds_tui.domain.model import Area, Billing, Catalog, Host, Image, Package, Purpose, SaleMode, Snapshot, Status
from xds_tui.domain.records import Order, OrderAction, OrderState, Quote
from xds_tui.domain.waitlist import WaitlistEntry

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

_HOST = Host(
    id="h1",
    name="office-1",
    status=Status.ON,
    billing=Billing.ON_DEMAND,
    cpu=4,
    memory=16,
    disk=128,
    gpu_count=0,
    gpu_name=None,
    os="Windows",
    account="root",
    password=None,
    address="gx-xds-rdp.songmao-idc.com",
    port=54220,
    mac=None,
    ipv4=None,
    purpose=Purpose.OFFICE,
    area=Area.SOUTH,
    created=NOON,
    expires=None,
)
_PACKAGE = Package(
    id="p1",
    name="office",
    type="BL",
    cpu=4,
    memory=16,
    disk=128,
    bandwidth=30,
    gpu_count=0,
    gpu_name=None,
    amount=Decimal("1.10"),
    discount=Decimal(1),
    purpose=Purpose.OFFICE,
    area=Area.SOUTH,
    offer=SaleMode.BOTH,
)
_IMAGE = Image(id="4005", type="BL", name="Ubuntu Server", version="20.04 x64")


def a_host(**fields: Any) -> Host:
    return replace(_HOST, **fields)


def a_package(**fields: Any) -> Package:
    return replace(_PACKAGE, **fields)


def an_image(**fields: Any) -> Image:
    return replace(_IMAGE, **fields)


def catalog_of(*packages: Package, images: tuple[Image, ...] = (_IMAGE,)) -> Catalog:
    return Catalog(images, dict.fromkeys(Billing, packages), NOON)


def a_snapshot(*hosts: Host, at: datetime = NOON) -> Snapshot:
    return Snapshot(hosts, at)


def a_quote(**fields: Any) -> Quote:
    package = fields.get("package", _PACKAGE)
    estimate = pricing.estimate(package, 1)
    assert estimate is not None
    quote = Quote(
        package=package, image=_IMAGE, billing=Billing.ON_DEMAND, period=None, hours=1, estimate=estimate.total
    )
    return replace(quote, **fields)


def an_order(**fields: Any) -> Order:
    order = Order(id="o", action=OrderAction.POWER_ON, state=OrderState.PENDING, created_at=NOON, host_id="h1")
    return replace(order, **fields)


def a_waitlist_entry(*, package: str, image: str, until: datetime) -> WaitlistEntry:
    """Return an entry that waits for two hosts at CNY 3/hour at most."""
    return WaitlistEntry(name="gpu", key="k1", package=package, image=image, max_price=Decimal(3), until=until, count=2)
