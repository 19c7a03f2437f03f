"""Images and packages of the simulated service, with the irregularities that the documents show."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from xds_tui.simulator.options import DOCUMENT


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """An operating system."""

    id: str
    type: str
    name: str
    version: str

    def row(self) -> dict[str, Any]:
        """Return the row of a response."""
        return {
            "imageId": self.id,
            "type": self.type,
            "systemImageName": self.name,
            "systemImageVersion": self.version,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSpec:
    """A machine configuration; `stock` is how many can be created."""

    id: str
    name: str
    type: str
    cpu: int
    memory: int
    disk: int
    amount: str
    discount: str = "1.00"
    gpu: int = 0
    gpu_name: str | None = None
    purpose: int = 0
    area: int = 0
    use: int = 2
    bandwidth: int = 30
    stock: int = 1000
    as_text: bool = False
    """Whether the prices are sent as strings: the document says strings and shows numbers."""

    @property
    def hourly(self) -> Decimal:
        """The hourly price after the discount."""
        return Decimal(self.amount) * Decimal(self.discount)

    def is_sold(self, *, rented: bool) -> bool:
        """Return whether it is sold as prepaid or on-demand."""
        return self.use in (2, int(rented))

    def row(self, dialect: str) -> dict[str, Any]:
        """Return the row of a response."""
        price: Any = (self.amount, self.discount) if self.as_text else (Decimal(self.amount), Decimal(self.discount))
        return {
            "packageId": self.id,
            "name": self.name,
            "gpuNumber": self.gpu or (None if self.as_text else 0),
            "gpuName": self.gpu_name,
            "memoryNumber": self.memory,
            "rigidDiskNumber": self.disk,
            "amount": price[0],
            "cpuNumber": self.cpu,
            ("bandWidth" if dialect == DOCUMENT or self.as_text else "band_width"): self.bandwidth,
            "type": self.type,
            "pveMachineType": str(self.purpose),
            "area": str(self.area),
            "useType": str(self.use),
            "discount": price[1],
        }


IMAGES: Final = (
    ImageSpec("4005", "BL", "Ubuntu Server", "20.04 x64"),
    ImageSpec("4006", "BL", "Ubuntu Server", "22.04 x64"),
    ImageSpec("4011", "BL", "Debian", "12 x64"),
    ImageSpec("4020", "BL", "Windows Server", "2022 数据中心版"),
    ImageSpec("5001", "BZ", "Windows", "10 专业版"),
    ImageSpec("5002", "BZ", "Windows", "11 专业版"),
    ImageSpec("5010", "BZ", "Windows Server", "2019"),
    ImageSpec("507", "ceph", "Ubuntu Server", "22.04 CUDA 12"),
    ImageSpec("508", "ceph", "Windows", "10 渲染版"),
    ImageSpec("900", "lab", "Debian", "13 testing"),
)
"""The last one has no compatible package."""

PACKAGES: Final = (
    PackageSpec(
        id="bl4090a1",
        name="4090×1 16核64G",
        type="BL",
        cpu=16,
        memory=64,
        disk=200,
        amount="2.88",
        discount="0.80",
        gpu=1,
        gpu_name="RTX 4090",
        purpose=2,
    ),
    PackageSpec(
        id="bl4090a2",
        name="4090×2 32核128G",
        type="BL",
        cpu=32,
        memory=128,
        disk=400,
        amount="5.60",
        discount="0.85",
        gpu=2,
        gpu_name="RTX 4090",
        purpose=2,
        area=1,
    ),
    PackageSpec(
        id="bl3060a1",
        name="3060×1 8核32G",
        type="BL",
        cpu=8,
        memory=32,
        disk=128,
        amount="1.10",
        discount="0.8",
        gpu=1,
        gpu_name="RTX 3060",
        purpose=1,
        as_text=True,
    ),
    PackageSpec(
        id="bla100x1",
        name="A100×1 24核96G",
        type="BL",
        cpu=24,
        memory=96,
        disk=500,
        amount="9.90",
        discount="0.95",
        gpu=1,
        gpu_name="A100",
        purpose=2,
        area=2,
    ),
    PackageSpec(
        id="bla100x8",
        name="A100×8 96核768G",
        type="BL",
        cpu=96,
        memory=768,
        disk=2000,
        amount="79.20",
        gpu=8,
        gpu_name="A100",
        purpose=2,
        area=2,
        use=1,
        stock=0,
    ),
    PackageSpec(
        id="blcpu16",
        name="计算 16核32G",
        type="BL",
        cpu=16,
        memory=32,
        disk=100,
        amount="1.36",
        discount="0.90",
        purpose=2,
        area=1,
    ),
    PackageSpec(id="blweb2", name="web 2C 4G", type="BL", cpu=2, memory=4, disk=40, amount="0.18", as_text=True, use=0),
    PackageSpec(id="bzoff4", name="办公 4核16G", type="BZ", cpu=4, memory=16, disk=128, amount="0.99"),
    PackageSpec(id="bzoff2", name="办公 2核8G", type="BZ", cpu=2, memory=8, disk=80, amount="0.55", discount="0.9"),
    PackageSpec(
        id="bzdes8",
        name="设计 8核32G",
        type="BZ",
        cpu=8,
        memory=32,
        disk=256,
        amount="1.80",
        discount="0.88",
        gpu=1,
        gpu_name="RTX 3060",
        purpose=1,
        as_text=True,
    ),
    PackageSpec(
        id="bzrent4", name="包月办公 4核8G", type="BZ", cpu=4, memory=8, disk=100, amount="0.07", discount="0.85", use=1
    ),
    PackageSpec(id="bzintl", name="International 8C 16G", type="BZ", cpu=8, memory=16, disk=160, amount="1.25", area=2),
    PackageSpec(
        id="Wy1KiMqtPO", name="T使用---显卡*1", type="ceph", cpu=4, memory=4, disk=128, amount="1.10", gpu=1, purpose=1
    ),
    PackageSpec(
        id="cerend4",
        name="渲染 4090×4",
        type="ceph",
        cpu=64,
        memory=256,
        disk=1000,
        amount="10.40",
        discount="0.75",
        gpu=4,
        gpu_name="RTX 4090",
        purpose=1,
        area=1,
    ),
    PackageSpec(
        id="ceproof",
        name="试用 0.1234567890123456789",
        type="ceph",
        cpu=1,
        memory=1,
        disk=20,
        amount="0.1234567890123456789",
        purpose=2,
        area=1,
        use=0,
    ),
)
"""One has a GPU without a name, one is out of stock, one has a price of nineteen digits."""
