"""A simulated host, and its rows in responses."""

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
    """When it appears in the list."""
    gone_from: float | None = None
    """When it disappears after its deletion."""
    password: str = ""
    port: int = 0
    version: int = 0
    """Number of changes of `status`, to recognize superseded transitions."""
    billed_until: float = 0.0
    """Until when it is paid, while it is billed."""

    def is_listed(self, now: float) -> bool:
        """Return whether it is in the list."""
        return self.listed_from <= now and (self.gone_from is None or self.gone_from > now)

    def row(self, options: Options, *, page: bool) -> dict[str, Any]:
        """Return the row of a response; in a page the dialect `document` leaves out `mac` and `ipv4`."""
        dialect = options.dialect
        is_windows = self.image.name.startswith("Windows")
        is_reachable = bool(self.port)
        row: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "gpuConfiguration": self.package.gpu_name or "-",
            "gpuNumber": self.package.gpu or None,
            "memory": self.package.memory,
            "cpu": self.package.cpu,
            "rigidDisk": self.package.disk,
            "operatingSystem": self.image.name,
            "hostAccount": ("administrator" if is_windows else "root") if is_reachable else None,
            "hostPw": self.password if is_reachable else None,
            "useType": "1" if self.rented else "0",
            "status": str(self.status),
            "address": _ADDRESS if is_reachable else ("" if self.rented else None),
            "port": self.port if is_reachable else (0 if self.rented else None),
            "pveMachineType": str(self.package.purpose),
            "createTime": _sent_time(self.created, options),
            "expirationTime": _sent_time(self.expires, options) if self.expires is not None else None,
        }
        if dialect != DOCUMENT:
            row["area"] = str(self.package.area)
        if dialect != DOCUMENT or not page:
            digits = sum(map(ord, self.id)) % 256
            row["mac"] = f"52:54:00:1a:{digits:02x}:{self.port % 256:02x}" if is_reachable else None
            row["ipv4"] = f"{_ADDRESS}:{self.port}" if is_reachable and is_windows else None
        return row


def _sent_time(seconds: float, options: Options) -> int:
    """Return milliseconds since the epoch by the clock of the service, in its resolution."""
    return int((seconds + options.clock_offset) * 1000) // options.time_resolution * options.time_resolution
