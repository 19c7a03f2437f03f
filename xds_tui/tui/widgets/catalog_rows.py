"""Images and packages as rows of a table, and a package in words: shared by the catalog and the wizard."""

from __future__ import annotations

from typing import Final

from xds_tui.api.errors import SignedOut
from xds_tui.domain import pricing
from xds_tui.domain.model import Image, Package
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.text import formats, messages, terms
from xds_tui.text.labels import HEADERS
from xds_tui.tui.widgets.table.table import Cell, Column, Row

IMAGE_COLUMNS: Final = (Column("name", HEADERS["image"], 14, grow=1), Column("type", HEADERS["type"], 5))
PACKAGE_COLUMNS: Final = (
    Column("name", HEADERS["package"], 13, grow=3),
    Column("gpu", HEADERS["gpu"], 10, drop=2, grow=1),
    Column("cpu", HEADERS["cpu"], 3, align="right", drop=5),
    Column("mem", HEADERS["memory"], 4, align="right", drop=4),
    Column("disk", HEADERS["disk"], 7, align="right", drop=7),
    Column("price", HEADERS["hourly_price"], 7, align="right"),
    Column("off", HEADERS["discount"], 5, align="right", drop=1),
    Column("type", HEADERS["type"], 4, drop=3),
    Column("area", HEADERS["area"], 13, drop=6),
)


def image_row(image: Image, chosen: Image | None) -> Row:
    """Return the row of an image, with a tick if it is chosen."""
    name = f"✓ {image.label}" if image == chosen else image.label
    return Row((Cell(name, "accent" if image == chosen else ""), Cell(image.type, "muted")))


def package_row(package: Package, chosen: Package | None) -> Row:
    """Return the row of a package at its price after the discount, with a tick if it is chosen."""
    is_chosen = package == chosen
    return Row(
        (
            Cell(f"✓ {package.name}" if is_chosen else package.name, "accent" if is_chosen else ""),
            Cell(formats.gpu(package.gpu_name, package.gpu_count)),
            Cell(formats.number(package.cpu, package.raw.get("cpuNumber"))),
            Cell(formats.number(package.memory, package.raw.get("memoryNumber"))),
            Cell(formats.number(package.disk, package.raw.get("rigidDiskNumber"))),
            Cell(formats.price(pricing.hourly(package)), "" if pricing.hourly(package) is not None else "bad"),
            Cell(formats.discount(package), "good"),
            Cell(package.type, "muted"),
            Cell(formats.area(package.area), "muted"),
        )
    )


def offer_lines(package: Package) -> list[str]:
    """Return a package in words: the machine, and its price before and after the discount."""
    machine = _("{cpu} cores · {memory} GB memory · {disk} GB disk").format(
        cpu=formats.number(package.cpu), memory=formats.number(package.memory), disk=formats.number(package.disk)
    )
    if package.gpu_count:
        machine += f" · {formats.gpu(package.gpu_name, package.gpu_count)}"
    lines = [machine, f"{formats.area(package.area)} · {formats.purpose(package.purpose)}"]
    price = pricing.hourly(package)
    if price is None or package.amount is None:
        lines.append(_("The price could not be parsed, so it cannot be bought."))
    elif price == package.amount:
        lines.append(_("¥{price}/h, no discount").format(price=formats.price(price)))
    else:
        lines.append(
            _("¥{price}/h, {off} off the list price ¥{list}").format(
                price=formats.price(price), off=formats.percent_off(package), list=formats.price(package.amount)
            )
        )
    return lines


def why_no_catalog(fleet: FleetState) -> str:
    """Return why there is no catalog yet."""
    if fleet.connection is ConnectionState.SIGNED_OUT:
        return _(terms.NOT_SIGNED_IN)
    if fleet.catalog_error is None or isinstance(fleet.catalog_error, SignedOut):
        return _("Loading catalog…")  # an earlier reading may have failed before the user signed in
    return messages.error_message(fleet.catalog_error)
