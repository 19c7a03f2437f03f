"""A service that sells hosts, seen by one buyer: who bought what is known here, and only what a listing shows is told.

Times are seconds after `NOON` by the buyer's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from xds_tui.domain.model import Host, Snapshot
from xds_tui.domain.reconcile import match_orders
from xds_tui.domain.records import Candidate, HostSource, Order, OrderAction, OrderState

from .factories import NOON, a_host, a_package, a_quote, an_order


@dataclass
class Shop:
    """The service: its clock, how exact its creation times are, and what it sold."""

    offset: float = 0.0
    """How far the service's clock is ahead, in seconds."""
    resolution: float = 1.0
    """What creation times are rounded down to, in seconds."""
    hosts: list[tuple[float, Host]] = field(default_factory=list)
    """When each host enters the list, and the host, oldest first."""
    owner: dict[str, str] = field(default_factory=dict)
    """The order that each host came of, by host ID; "" for somebody else's."""

    def sell(self, at: float, order_id: str = "", *, listed: float = 0.0, cpu: int = 4) -> str:
        """Create a host that enters the list `listed` seconds later, and return its ID."""
        host_id = f"h{len(self.hosts)}"
        created = (at + self.offset) // self.resolution * self.resolution
        host = a_host(id=host_id, os="Ubuntu", cpu=cpu, created=NOON + timedelta(seconds=created))
        self.hosts.append((at + listed, host))
        self.owner[host_id] = order_id
        return host_id

    def listing(self, at: float) -> Snapshot:
        """What the list shows, newest first."""
        shown = [host for listed, host in self.hosts if listed <= at]
        return Snapshot(tuple(reversed(shown)), NOON + timedelta(seconds=at))


@dataclass
class Buyer:
    """One machine with a journal of its own."""

    shop: Shop
    orders: dict[str, Order] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    name: str = "o"

    def buy(
        self,
        at: float,
        *,
        took: float = 0.3,
        works_after: float | None = 0.1,
        accepted: bool = True,
        names_host: bool = False,
        listed: float = 0.0,
        price: str = "1.10",
        cpu: int = 4,
    ) -> str:
        """Order a host.

        Args:
            at: when the request is sent.
            took: when its response came or was given up, in seconds after that.
            works_after: when the service creates the host; None: never.
            accepted: whether the response says yes; otherwise nothing is known.
            names_host: whether the response names the host.
            listed: when the host enters the list, in seconds after it was created.
            price: what tells packages apart that are alike otherwise.
            cpu: what tells hosts apart.

        """
        order_id = f"{self.name}{len(self.orders)}"
        host_id = None
        if works_after is not None:
            host_id = self.shop.sell(at + works_after, order_id, listed=listed, cpu=cpu)
        package = a_package(id=f"p{price}-{cpu}", amount=Decimal(price), cpu=cpu)
        order = an_order(
            id=order_id,
            action=OrderAction.CREATE,
            state=OrderState.ACCEPTED if accepted else OrderState.UNKNOWN,
            created_at=NOON + timedelta(seconds=at),
            sent_at=NOON + timedelta(seconds=at),
            answered_at=NOON + timedelta(seconds=at + took),
            host_id=host_id if names_host else None,
            host_source=HostSource.RESPONSE if names_host else None,
            quote=a_quote(package=package, known_hosts=self.known),
        )
        self.orders[order_id] = order
        return order_id

    def look(self, at: float) -> None:
        """Read the list, and take what it says about the orders for true."""
        snapshot = self.shop.listing(at)
        self.known |= {host.id for host in snapshot.hosts}
        result = match_orders(tuple(self.orders.values()), snapshot, self.orders.keys())
        for order_id, host_id in result.confirmed.items():
            order = self.orders[order_id]
            source = order.host_source or HostSource.MATCH
            self.orders[order_id] = replace(order, state=OrderState.CONFIRMED, host_id=host_id, host_source=source)
        self.candidates = dict(result.candidates)

    @property
    def confirmed(self) -> dict[str, str]:
        """The hosts that orders were confirmed by, order ID to host ID."""
        return {
            order.id: order.host_id
            for order in self.orders.values()
            if order.host_id and order.state is OrderState.CONFIRMED
        }

    @property
    def right(self) -> int:
        """How many orders were confirmed by the host that came of them."""
        return sum(self.shop.owner[host_id] == order_id for order_id, host_id in self.confirmed.items())

    @property
    def wrong(self) -> dict[str, str]:
        """The orders that were confirmed by a host that came of no order of the kind at that time, and that host."""
        return {
            order_id: host_id for order_id, host_id in self.confirmed.items() if not self._is_alike(order_id, host_id)
        }

    def _is_alike(self, order_id: str, host_id: str) -> bool:
        """Whether the host came of the order, or of one of its kind at a time that the list shows as the same."""
        owner = self.shop.owner[host_id]
        if owner == order_id:
            return True
        own = [host for _, host in self.shop.hosts if self.shop.owner[host.id] == order_id]
        return (
            owner in self.orders
            and self._price(owner) == self._price(order_id)
            and any(host.created == self._created(host_id) for host in own)
        )

    def _price(self, order_id: str) -> Decimal | None:
        quote = self.orders[order_id].quote
        return quote.package.amount if quote else None

    def _created(self, host_id: str) -> object:
        return next(host.created for _, host in self.shop.hosts if host.id == host_id)
