"""The fleet, the catalog and the orders at one moment, as the screens show them, in one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xds_tui.domain.annotations import NO_ANNOTATIONS, Annotations
from xds_tui.domain.attribution import RebootProgress
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, Order
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.api.errors import ApiError
    from xds_tui.auth.keyring_errors import CredentialStoreError
    from xds_tui.config.toml_file import SettingsError
    from xds_tui.domain.guard import GuardRecord
    from xds_tui.store.problems import StoreError

NO_PRICES: Final[Mapping[str, Decimal]] = MappingProxyType({})


class ConnectionState(Enum):
    """Whether the service answers, and if not, why no requests are sent."""

    CONNECTING = "connecting"
    LIVE = "live"
    ERROR = "error"
    """The last refresh failed; the data are those of the refresh before."""
    SIGNED_OUT = "signed out"
    """No request can be sent before the user signs in."""
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the host list has been read."""

    done: int = 0
    """Hosts that have been read."""
    total: int | None = None
    """Hosts in the list; None while that is not known."""


@dataclass(frozen=True, slots=True)
class OrderContext:
    """The orders at one moment, as far as they affect what is shown."""

    orders: tuple[Order, ...] = ()
    """Those that are open and those that ended recently, newest first."""
    confirmed: Mapping[str, str] = field(default_factory=dict)
    """The creates that a snapshot assigns to a host, order ID to host ID."""
    prices: Mapping[str, Decimal] = field(default_factory=lambda: NO_PRICES)
    """CNY per hour of each host bought here, by host ID."""


@dataclass(frozen=True, slots=True, eq=False)
class FleetState:
    """Everything known at one moment; compared by identity."""

    connection: ConnectionState = ConnectionState.CONNECTING
    interval: float = 15.0
    """Seconds between two refreshes."""
    base_url: str = ""
    """The service's address; empty while only the keyring knows it."""
    account: str = ""
    """The account ID, or empty with a bare token."""
    snapshot: Snapshot | None = None
    """The hosts of the last refresh or lookup; None before the first."""
    annotations: Annotations = field(default_factory=lambda: NO_ANNOTATIONS)
    """What the user has added to hosts, by host ID, also to those that are gone; the hosts of `snapshot` have theirs in
    `Host.annotation`."""
    annotations_problem: SettingsError | None = None
    """Why the file with the annotations, or a part of it, is not used; the last valid annotations stay."""
    is_restored: bool = False
    """Whether `snapshot` was stored by an earlier run."""
    unreadable: int = 0
    """Rows of the host list that could not be identified as hosts."""
    error: ApiError | None = None
    """Why `connection` is not live."""
    retry_at: datetime | None = None
    """When the next attempt is due after an error."""
    progress: Progress | None = None
    """Progress of the first refresh, or of one that the user requested; None for periodic ones."""
    catalog: Catalog | None = None
    catalog_error: ApiError | None = None
    costs: Costs = field(default_factory=Costs)
    """What the hosts of `snapshot` cost according to `catalog` and `prices`."""
    prices: Mapping[str, Decimal] = field(default_factory=lambda: NO_PRICES)
    """CNY per hour of each host bought here, at the time of purchase, by host ID."""
    events: tuple[Event, ...] = ()
    """The latest events, newest first."""
    storage_problem: StoreError | None = None
    """Why no order can be recorded, and hence none is sent; None if they can."""
    keyring_error: CredentialStoreError | None = None
    """The failure of the keyring that was reported last; None after it worked."""
    orders: tuple[Order, ...] = ()
    """The orders that are open and those that ended recently, newest first."""
    guard: GuardRecord | None = None
    """The program that carries out the rules; None if that is not known, or if there are no rules."""
    reboots: RebootProgress = field(default_factory=RebootProgress)
    """Reboots that have taken their host down, or brought it up again."""
