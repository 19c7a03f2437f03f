"""One simulated host: what it is, and how it looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from xds_tui.simulator.catalog_data import ImageSpec, PackageSpec
from xds_tui.simulator.options import DOCUMENT, Options

OFF, STARTING, ON, BILLED, STOPPING, EXPIRED = range(6)

RUNNING: Final = (ON, BILLED)

_ADDRESS: Final = "gx-xds-rdp.songmao-idc.com"


@dataclass(slots=True, kw_only=True)
class SimHost:
    """A host with its state; times are seconds since the epoch."""

    id: str
    name: str
    owner: str
    package: PackageSpec
    image: ImageSpec
    rented: bool
    created: float
    status: int = OFF
    expires: float | None = None
    listed_from: float = 0.0
    """When it enters the list."""
    gone_from: float | None = None
    """When a deleted one leaves it."""
    password: str = ""
    port: int = 0
    version: int = 0
    """Counts the changes of `status`, so that a transition that was overtaken is recognised."""
    billed_until: float = 0.0
    """Until when it has been paid for, while it is billed."""

    def is_listed(self, now: float) -> bool:
        """Whether its owner sees it."""
        return self.listed_from <= now and (self.gone_from is None or self.gone_from > now)

    def row(self, options: Options, *, page: bool) -> dict[str, Any]:
        """As the service sends it; in a page the document's dialect leaves `mac` and `ipv4` out."""
        dialect = options.dialect
        windows = self.image.name.startswith("Windows")
        reached = bool(self.port)
        row: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "gpuConfiguration": self.package.gpu_name or "-",
            "gpuNumber": self.package.gpu or None,
            "memory": self.package.memory,
            "cpu": self.package.cpu,
            "rigidDisk": self.package.disk,
            "operatingSystem": self.image.name,
            "hostAccount": ("administrator" if windows else "root") if reached else None,
            "hostPw": self.password if reached else None,
            "useType": "1" if self.rented else "0",
            "status": str(self.status),
            "address": _ADDRESS if reached else ("" if self.rented else None),
            "port": self.port if reached else (0 if self.rented else None),
            "pveMachineType": str(self.package.purpose),
            "createTime": _sent_time(self.created, options),
            "expirationTime": _sent_time(self.expires, options) if self.expires is not None else None,
        }
        if dialect != DOCUMENT:
            row["area"] = str(self.package.area)
        if dialect != DOCUMENT or not page:
            digits = sum(map(ord, self.id)) % 256
            row["mac"] = f"52:54:00:1a:{digits:02x}:{self.port % 256:02x}" if reached else None
            row["ipv4"] = f"{_ADDRESS}:{self.port}" if reached and windows else None
        return row


def _sent_time(seconds: float, options: Options) -> int:
    """Milliseconds since the epoch by the service's clock, cut off to what it stores."""
    return int((seconds + options.clock_offset) * 1000) // options.time_resolution * options.time_resolution
