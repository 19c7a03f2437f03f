"""What the service sells, as the rest of the program sees it: frozen, plain, without its spelling.

Every name from the wire has been translated here: sizes are GB, times are aware UTC, money is
`Decimal` in CNY, texts hold nothing that a terminal could take for a command (`api/wire.py` makes all of these).
A field that the service left out is None. One whose value could not be interpreted is None too, and what was
sent stands in `raw` under the service's own name for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from xds_tui.domain.credentials import Secret

Raw = Mapping[str, str]


class FastEnum(Enum):
    """An enumeration with the hash of `object`, because Enum computes the hash of the name in Python at each lookup."""

    __hash__ = object.__hash__


class Status(FastEnum):
    """A host's status, by the service's number for it (reference: host)."""

    OFF = 0
    STARTING = 1
    ON = 2
    BILLED = 3
    """On, and being billed this moment."""
    STOPPING = 4
    EXPIRED = 5
    UNKNOWN = -1
    """None of the documented ones; `Host.raw["status"]` has what was sent."""

    @property
    def is_on(self) -> bool:
        """Whether the host runs: 2 and 3 are both on."""
        return self in (Status.ON, Status.BILLED)

    @property
    def is_changing(self) -> bool:
        """Whether the host is on its way to another status."""
        return self in (Status.STARTING, Status.STOPPING)


class Billing(FastEnum):
    """How a host is paid for: by the hour afterwards, or for a period in advance."""

    ON_DEMAND = 0
    RENT = 1


class SaleMode(FastEnum):
    """How a package can be bought (its `useType`)."""

    ON_DEMAND = 0
    RENT = 1
    BOTH = 2

    def allows(self, billing: Billing) -> bool:
        """Whether a package offered so can be bought as `billing`."""
        return self is SaleMode.BOTH or self.value == billing.value


class Purpose(FastEnum):
    """What a machine is meant for (`pveMachineType`)."""

    OFFICE = 0
    IMAGE = 1
    COMPUTE = 2


class Area(FastEnum):
    """Where a machine stands."""

    SOUTH = 0
    WEST = 1
    INTERNATIONAL = 2


class PeriodUnit(FastEnum):
    """The unit that a rent is counted in, by the service's number for it (`periodType`)."""

    HOUR = 0
    DAY = 1
    WEEK = 2
    MONTH = 3
    QUARTER = 4
    YEAR = 5


@dataclass(frozen=True, slots=True)
class Period:
    """How long a rent lasts: `number` times `unit`."""

    unit: PeriodUnit
    number: int

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("a period counts at least one unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An operating system that a host can be created with."""

    id: str
    type: str
    """Goes together only with a package of the same type (code 7005)."""
    name: str
    version: str

    @property
    def label(self) -> str:
        """Name and version as one text."""
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A machine configuration with its price."""

    id: str
    name: str
    type: str
    cpu: int | None
    memory: int | None
    """GB."""
    disk: int | None
    """GB."""
    bandwidth: int | None
    """As the service counts it: the document gives no unit."""
    gpu_count: int
    """0: no GPU."""
    gpu_name: str | None
    """None though `gpu_count` is 1 happens: a GPU of unknown name."""
    amount: Decimal | None
    """CNY for one hour before the discount; None: not understood, so it cannot be bought."""
    discount: Decimal | None
    """Multiplies the amount: 1 is none, 0.8 is 20 % off; None: not understood, so it cannot be bought."""
    purpose: Purpose | None
    area: Area | None
    offer: SaleMode | None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A rented host as the service last described it."""

    id: str
    name: str
    status: Status
    billing: Billing | None
    cpu: int | None
    memory: int | None
    """GB."""
    disk: int | None
    """GB."""
    gpu_count: int
    gpu_name: str | None
    os: str
    account: str | None
    password: Secret | None
    address: str | None
    port: int | None
    mac: str | None
    ipv4: str | None
    """Sometimes `name:port`."""
    purpose: Purpose | None
    area: Area | None
    created: datetime | None
    expires: datetime | None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absence:
    """That a host is missing from the list although nothing proves that it is gone."""

    since: datetime
    is_confirmed: bool
    """Whether `one/{id}` described the host when it was asked last, so that its fields are up to date."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The whole fleet at one moment; compared by identity, so that "nothing new" costs nothing."""

    hosts: tuple[Host, ...]
    at: datetime
    """When the sweep that saw it ended."""
    is_complete: bool = True
    """Whether the service's list agreed with itself; if not, hosts may be missing from it."""
    unlisted: Mapping[str, Absence] = field(default_factory=dict)
    """Hosts that the list did not show although nothing proves that they are gone, by ID. The one to ask for next
    comes first."""
    listed_at: datetime | None = None
    """Every host that the service had listed by then is shown; None: not known, take `at`."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """What can be bought: images, and the packages of each billing mode."""

    images: tuple[Image, ...]
    packages: Mapping[Billing, tuple[Package, ...]]
    at: datetime
    """When the prices were read."""
