"""The verdict: what the user asked for, what the journal says and what the service sold, held against each other."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from xds_tui.record import Order, OrderState
from xds_tui.simulator.goods import IMAGES
from xds_tui.simulator.world import Sale

from .asked import Asked, Kind

LATEST: Final = timedelta(seconds=30)
"""A sale longer after the sending is not the order's: no fault holds a request up so long."""

_SYSTEMS: Final = {image.id: image.name for image in IMAGES}
"""What a host shows of its image, by the image's ID."""

EARLIEST: Final = timedelta(milliseconds=5)
"""Both sides read one clock, but round it."""


@dataclass
class Verdict:
    """Counts of hosts and orders; the problems in words are of those that must be 0."""

    asked: int = 0
    sold: int = 0
    settled: int = 0
    swapped: int = 0
    """Of the settled: name a host that was provably sold for another order, and looks like theirs."""
    awaited: int = 0
    """Accepted by the service and not seen yet."""
    refused: int = 0
    not_sent: int = 0
    not_begun: int = 0
    """Killed before anything of them was written: not in the journal."""
    unknown: int = 0
    unknown_sold: int = 0
    """Of the unknown: those that a sale is found for."""
    left: int = 0
    """Orders that were written as sent."""
    received: int = 0
    """Create requests that came to the line."""
    doubled: int = 0
    """Sales that no order accounts for, and requests that were sent again."""
    lost: int = 0
    """Orders that claim a purchase that was not made, or that is another's."""
    unfinished: int = 0
    """Orders left as intended or as sent."""
    unasked: int = 0
    """Orders that nobody asked for."""
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was doubled, lost, left open or made up, and every host asked for is accounted for."""
        accounted = self.settled + self.awaited + self.refused + self.not_sent + self.not_begun + self.unknown
        wrong = self.doubled + self.lost + self.unfinished + self.unasked
        return wrong == 0 and self.asked == accounted

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def judge(asked: Iterable[Asked], orders: Sequence[Order], ledger: Sequence[Sale], received: int) -> Verdict:
    """Hold them against each other."""
    states = Counter(order.state for order in orders)
    begun = {order.id for order in orders}
    wanted = _wanted(asked)
    named = {id_ for one in wanted for id_ in one.orders or ()}
    verdict = Verdict(
        asked=sum(one.count for one in wanted),
        sold=len(ledger),
        settled=states[OrderState.SETTLED],
        awaited=states[OrderState.DONE],
        refused=states[OrderState.REFUSED],
        not_sent=states[OrderState.NOT_SENT],
        not_begun=sum(one.count - len(begun.intersection(one.orders or ())) for one in wanted),
        unknown=states[OrderState.UNKNOWN],
        left=sum(order.sent_at is not None for order in orders),
        received=received,
        unfinished=states[OrderState.INTENDED] + states[OrderState.SENT],
        unasked=len(begun - named),
    )
    _match(verdict, orders, ledger)
    if verdict.received > verdict.left:
        verdict.doubled += verdict.received - verdict.left
        verdict.problems.append(f"{verdict.received} requests of {verdict.left} orders")
    return verdict


def _wanted(asked: Iterable[Asked]) -> list[Asked]:
    """One entry a purchase: the last line of it, which names its orders if the program took it."""
    return list({one.number: one for one in asked}.values())


def _match(verdict: Verdict, orders: Sequence[Order], ledger: Sequence[Sale]) -> None:
    """Find who can have bought what: each sale has one order, and each order that claims a purchase has a sale.

    Who names which host is checked apart from that: hosts that look alike in the fleet, which tells neither the
    image's version nor the order, may be taken for each other.
    """
    sales = {sale.host_id: sale for sale in ledger}
    claims = [order for order in orders if order.state in (OrderState.SETTLED, OrderState.DONE)]
    claims.sort(key=lambda order: not _is_of(sales.get(order.host_id or ""), order))
    unknown = [order for order in orders if order.state is OrderState.UNKNOWN]
    names = Counter(order.host_id for order in claims if order.host_id is not None)
    found = _assigned([*claims, *unknown], ledger)
    for order in claims:
        sale = sales.get(order.host_id or "")
        if order.id not in found:
            verdict.lost += 1
            verdict.problems.append(f"{_told(order)} claims a purchase, and there is no sale that can be its")
        elif order.host_id is not None and (sale is None or names[order.host_id] > 1):
            verdict.lost += 1
            verdict.problems.append(f"{_told(order)} names a host that was not sold, or is another order's too")
        elif sale is not None and not _is_of(sale, order):
            verdict.swapped += 1
    verdict.unknown_sold = sum(order.id in found for order in unknown)
    for sale in ledger:
        if sale.host_id not in found.values():
            verdict.doubled += 1
            verdict.problems.append(f"{sale.host_id} ({sale.package_id}, {sale.at:.3f}) was sold for no order")


def _assigned(orders: Sequence[Order], sales: Sequence[Sale]) -> dict[str, str]:
    """As many orders as can have a sale each, order ID to host ID; an order that comes earlier goes before."""
    of_sale: dict[str, Order] = {}
    alike: dict[Kind, list[Sale]] = {}
    for sale in sales:
        alike.setdefault(_sold(sale), []).append(sale)

    def near(order: Order) -> list[Sale]:
        return [sale for sale in alike.get(_ordered(order), ()) if _may_be(sale, order)]

    def find(order: Order, tried: set[str]) -> bool:
        for sale in near(order):
            if sale.host_id in tried:
                continue
            tried.add(sale.host_id)
            if sale.host_id not in of_sale or find(of_sale[sale.host_id], tried):
                of_sale[sale.host_id] = order
                return True
        return False

    for order in orders:
        find(order, set())
    return {order.id: host_id for host_id, order in of_sale.items()}


def _may_be(sale: Sale, order: Order) -> bool:
    """Whether the sale can have come of the order: what the fleet shows as the same goods, after it was sent."""
    assert order.sent_at is not None
    after = sale.at - order.sent_at.timestamp()
    return _sold(sale) == _ordered(order) and -EARLIEST.total_seconds() <= after <= LATEST.total_seconds()


def _is_of(sale: Sale | None, order: Order) -> bool:
    """Whether the sale can have come of the order by what only the service knows: the very image too."""
    assert order.promise is not None
    return sale is not None and _may_be(sale, order) and sale.image_id == order.promise.image.id


def _sold(sale: Sale) -> Kind:
    return Kind(sale.package_id, _SYSTEMS[sale.image_id], sale.period)


def _ordered(order: Order) -> Kind:
    assert order.promise is not None
    period = order.promise.period
    lasting = (period.number, period.unit.value) if period is not None else None
    return Kind(order.promise.package.id, _SYSTEMS[order.promise.image.id], lasting)


def _told(order: Order) -> str:
    return f"order {order.id[:8]} ({order.state.value}, host {order.host_id}, sent {order.sent_at})"


def written_orders(database: Path) -> list[Order]:
    """Every order in a journal's file, whosever it is, oldest first: the judge does not ask the program."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT body FROM orders ORDER BY created_at, rowid").fetchall()
    return [msgspec.json.decode(body, type=Order) for (body,) in rows]


def asked_in(log: Path) -> list[Asked]:
    """The lines of a buyer's log; the last may be cut off by a kill, and nothing was given to the program then."""
    lines = log.read_bytes().split(b"\n")
    return [msgspec.json.decode(line, type=Asked) for line in lines[:-1]]
