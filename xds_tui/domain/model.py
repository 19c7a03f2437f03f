"""Hosts, packages and images as the rest of the program uses them, independent of the service's field names.

`api/decode.py` creates all of these. Sizes are in GB, times are aware UTC, money is `Decimal` in CNY, and texts contain
no control sequences. A field that the service left out is None. An invalid value is None too; what was sent is in `raw`
under the service's name of the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.credentials import Secret
from xds_tui.structs import dataclass

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
    """On, and being billed."""
    STOPPING = 4
    EXPIRED = 5
    UNKNOWN = -1
    """An undocumented status; `Host.raw["status"]` has what was sent."""

    @property
    def is_on(self) -> bool:
        """Whether the host runs: 2 and 3 both mean on."""
        return self in (Status.ON, Status.BILLED)

    @property
    def is_changing(self) -> bool:
        """Whether the host is starting or stopping."""
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
        """Return whether a package with this sale mode can be bought as `billing`."""
        return self is SaleMode.BOTH or self.value == billing.value


class Purpose(FastEnum):
    """The purpose of a machine (`pveMachineType`)."""

    OFFICE = 0
    IMAGE = 1
    COMPUTE = 2


class Area(FastEnum):
    """The region of a machine."""

    SOUTH = 0
    WEST = 1
    INTERNATIONAL = 2


class PeriodUnit(FastEnum):
    """The unit of the period of a prepaid host, by the service's number (`periodType`)."""

    HOUR = 0
    DAY = 1
    WEEK = 2
    MONTH = 3
    QUARTER = 4
    YEAR = 5


@dataclass(frozen=True, slots=True)
class Period:
    """The duration of a prepaid host: `number` times `unit`."""

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
    """Compatible only with packages of the same type (code 7005)."""
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
    """In an undocumented unit."""
    gpu_count: int
    """0: no GPU."""
    gpu_name: str | None
    """May be None although `gpu_count` is not 0: a GPU with an unknown name."""
    amount: Decimal | None
    """Price in CNY/hour before the discount; None if it was invalid, so that the package cannot be bought."""
    discount: Decimal | None
    """Factor of the amount: 1 is no discount, 0.8 is 20 % off; None if it was invalid: the package cannot be bought."""
    purpose: Purpose | None
    area: Area | None
    offer: SaleMode | None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A rented host as the service last described it, with the annotation of the user.

    Two hosts are equal if the service describes them alike: what the user adds is no change of the host.
    """

    id: str
    name: str
    """The service's name; show `display_name`."""
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
    annotation: Annotation = field(default=NO_ANNOTATION, compare=False)
    """What the user has added; `fleet.reducer.annotate` sets it, and it is not stored in the database."""

    @property
    def display_name(self) -> str:
        """The name to show: the user's, else the service's, else the ID."""
        return self.annotation.alias or self.name or self.id


@dataclass(frozen=True, slots=True)
class Absence:
    """The state of a host that is missing from the list although nothing proves that it is gone."""

    since: datetime
    is_confirmed: bool
    """Whether the last `one/{id}` returned the host, so that its fields are up to date."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The whole fleet at one moment; compared by identity, so that an unchanged snapshot is recognized at no cost."""

    hosts: tuple[Host, ...]
    at: datetime
    """When the listing ended."""
    is_complete: bool = True
    """Whether the list was consistent; if not, hosts may be missing from it."""
    unlisted: Mapping[str, Absence] = field(default_factory=dict)
    """Hosts that are missing from the list although nothing proves that they are gone, by ID. The next to be requested
    comes first."""
    listed_at: datetime | None = None
    """The snapshot contains every host that the service had listed by this time; None if unknown, then use `at`."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """The images and the packages of each billing mode that can be bought."""

    images: tuple[Image, ...]
    packages: Mapping[Billing, tuple[Package, ...]]
    at: datetime
    """When the prices were read."""
