"""What the screens are shown: the fleet, the catalog and the orders as they stand, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from xds_tui.api.errors import ApiError
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, Order
from xds_tui.store.problems import StoreError


class ConnectionState(Enum):
    """How we stand with the service."""

    CONNECTING = "connecting"
    LIVE = "live"
    ERROR = "error"
    """The last sweep failed; the data are those of the sweep before."""
    SIGNED_OUT = "signed out"
    """Nothing can be asked before the user signs in."""
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the host list has been read."""

    done: int = 0
    """The hosts that have come."""
    total: int | None = None
    """How many there are; None as long as that is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class FleetState:
    """Everything that is known at one moment; compared by identity."""

    connection: ConnectionState = ConnectionState.CONNECTING
    interval: float = 15.0
    """Seconds between two sweeps."""
    base_url: str = ""
    """The service's address; empty as long as the keyring alone knows it."""
    account: str = ""
    """The account ID, or empty with a bare token."""
    snapshot: Snapshot | None = None
    """The last consistent one; None until there is any."""
    is_restored: bool = False
    """Whether `snapshot` is the one kept from an earlier run."""
    unreadable: int = 0
    """Rows of the service's list that could not be told apart as hosts."""
    error: ApiError | None = None
    """Why `link` is what it is, where it is not live."""
    retry_at: datetime | None = None
    """When the next try is due, while in trouble."""
    progress: Progress | None = None
    """The reading that somebody waits for: the first of all, or one that was asked for; None where nobody does."""
    catalog: Catalog | None = None
    catalog_error: ApiError | None = None
    costs: Costs = field(default_factory=Costs)
    """What the hosts of `snapshot` cost, by `catalog` and by what they were bought for."""
    events: tuple[Event, ...] = ()
    """The latest, newest first."""
    storage_problem: StoreError | None = None
    """Why no order can be recorded, so that none is sent; None while it can."""
    orders: tuple[Order, ...] = ()
    """Those that are open and those that ended lately, newest first."""
