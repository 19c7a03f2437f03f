"""An image, a package and a host, read from one row of the wire (reference: image, package, host)."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Final

from xds_tui.api.fields import JsonObject
from xds_tui.model import Area, Billing, Host, Image, Package, Purpose, Raw, SaleMode, Status
from xds_tui.ranges import MAX_COUNT, MAX_GIGABYTES, MAX_PORT, MAX_PRICE

NOTHING_RAW: Final[Raw] = {}
"""Of the many rows in which everything was understood; never written to."""

NO_GPU: Final = "-"
"""What `gpuConfiguration` says where there is none."""


def image_in(row: JsonObject | None) -> Image | None:
    """Return the image; None: not an object, or without an ID that could be used."""
    image_id = None if row is None else row.identity("imageId")
    if row is None or image_id is None:
        return None
    return Image(
        id=image_id,
        type=row.text("type") or "",
        name=row.text("systemImageName") or "",
        version=row.text("systemImageVersion") or "",
    )


def package_in(row: JsonObject | None) -> Package | None:
    """Return the package; None: not an object, or without an ID that could be used."""
    package_id = None if row is None else row.identity("packageId")
    if row is None or package_id is None:
        return None
    gpu_count, gpu_name = _gpu(row, "gpuName")
    return Package(
        id=package_id,
        name=row.text("name") or "",
        type=row.text("type") or "",
        cpu=row.integer("cpuNumber", MAX_COUNT),
        memory=row.integer("memoryNumber", MAX_GIGABYTES),
        disk=row.integer("rigidDiskNumber", MAX_GIGABYTES),
        bandwidth=row.integer("bandWidth" if "bandWidth" in row else "band_width", MAX_COUNT),
        gpu_count=gpu_count,
        gpu_name=gpu_name,
        amount=row.number("amount", MAX_PRICE),
        discount=_discount(row),
        purpose=row.choice("pveMachineType", Purpose),
        area=row.choice("area", Area),
        offer=row.choice("useType", SaleMode),
        raw=row.raw or NOTHING_RAW,
    )


def host_in(row: JsonObject | None) -> Host | None:
    """Return the host; None: not an object, or without an ID that could be used."""
    host_id = None if row is None else row.identity("id")
    if row is None or host_id is None:
        return None
    gpu_count, gpu_name = _gpu(row, "gpuConfiguration")
    return Host(
        id=host_id,
        name=row.text("name") or "",
        status=row.choice("status", Status) or Status.UNKNOWN,
        billing=row.choice("useType", Billing),
        cpu=row.integer("cpu", MAX_COUNT),
        memory=row.integer("memory", MAX_GIGABYTES),
        disk=row.integer("rigidDisk", MAX_GIGABYTES),
        gpu_count=gpu_count,
        gpu_name=gpu_name,
        os=_shared(row.text("operatingSystem")) or "",
        account=_shared(row.text("hostAccount")),
        password=row.secret("hostPw"),
        address=_shared(row.text("address")),
        port=row.integer("port", most=MAX_PORT) or None,
        mac=row.text("mac"),
        ipv4=row.text("ipv4"),
        purpose=row.choice("pveMachineType", Purpose),
        area=row.choice("area", Area),
        created=row.moment("createTime"),
        expires=row.moment("expirationTime"),
        raw=row.raw or NOTHING_RAW,
    )


def _gpu(row: JsonObject, name_field: str) -> tuple[int, str | None]:
    """Return number and name; a name without a number is one GPU."""
    name = _shared(row.text(name_field))
    name = None if name == NO_GPU else name
    count = row.integer("gpuNumber", MAX_COUNT)
    return (1 if name else 0) if count is None else count, name


def _shared(text: str | None) -> str | None:
    """Return `text` as the one object of its kind: thousands of hosts say the same few words."""
    return sys.intern(text) if text is not None else None


def _discount(row: JsonObject) -> Decimal | None:
    """Return the factor: 1 where none was sent; above 1 or 0 is not a factor that anybody documented."""
    if "discount" not in row:
        return Decimal(1)
    factor = row.number("discount")
    if factor is not None and 0 < factor <= 1:
        return factor
    row.note("discount")
    return None
