"""The comparison of what commands reported, what their journal contains, and what the service has done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.proof.command_process import Ended
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.simulator.world import Sale

DID_NOTHING: Final = (OrderState.PENDING, OrderState.NOT_SENT, OrderState.REJECTED)
_OUTCOMES: Final = {0: ("confirmed", "skipped", "accepted"), 4: ("confirmed", "skipped", "accepted", "rejected")}
"""The states that a command may report with an exit code."""


@dataclass(frozen=True, slots=True)
class Books:
    """The evidence."""

    orders: Sequence[Order]
    """The journal."""
    ended: Sequence[Ended]
    """The commands."""
    ledger: Sequence[Sale]
    """What was sold, with the IDs of orders as tags."""
    carried_out: Mapping[str, int]
    """How many requests the service carried out, by the ID of their order."""


@dataclass
class Comparison:
    """The result."""

    reported: int = 0
    unknown_sold: int = 0
    problems: list[str] = field(default_factory=list)


def compare(books: Books) -> Comparison:
    """Compare the books, and return every violation."""
    found = Comparison()
    orders = {order.id: order for order in books.orders}
    hosts = Counter(order.host_id for order in books.orders if order.action is OrderAction.CREATE and order.host_id)
    sold: dict[str | None, Sale] = {sale.host_id: sale for sale in books.ledger}
    found.reported = len(hosts)
    for host_id, times in hosts.items():
        if times > 1:
            found.problems.append(f"host {host_id} is reported for {times} orders")
        if host_id not in sold:
            found.problems.append(f"host {host_id} is reported and was not sold")
    for sale in books.ledger:
        order = orders.get(sale.request_tag)
        if order is None:
            found.problems.append(f"host {sale.host_id} was sold for no order")
        elif order.host_id is None and order.state in (OrderState.UNKNOWN, OrderState.ACCEPTED):
            found.unknown_sold += 1
        elif sale.host_id not in hosts:
            found.problems += _judge_exchange(sale, _exchanges(order, sold, orders))
    for order in books.orders:
        found.problems += _judge(order, books.carried_out.get(order.id, 0))
    for ended in books.ended:
        found.problems += _judge_report(ended, orders)
    found.problems += _judge_requests(books)
    return found


def _exchanges(order: Order, sold: Mapping[str | None, Sale], orders: Mapping[str, Order]) -> list[Order]:
    """Return `order`, the order that its host was sold for, the one that the host of that was sold for, and so on.

    The hosts of one batch cannot be distinguished if they were bought in the same second. If one of them is deleted
    before it was assigned, an order of the batch is left without a host, the last of this list.
    """
    chain = [order]
    while (sale := sold.get(chain[-1].host_id)) is not None and (other := orders.get(sale.request_tag)) is not None:
        if other in chain:
            break
        chain.append(other)
    return chain


def _judge_exchange(sale: Sale, chain: Sequence[Order]) -> list[str]:
    """Return what is wrong with `_exchanges`, of which no order has the host of `sale`."""
    if chain[-1].host_id is None and len({order.batch for order in chain}) == 1:
        return []
    return [f"host {sale.host_id} was sold and is not reported: {', '.join(map(_description, chain))}"]


def _judge(order: Order, times: int) -> list[str]:
    """Return what is wrong with an order that was carried out `times` times."""
    problems = []
    if times > 1:
        problems.append(f"carried out {times} times: {_description(order)}")
    if times and order.state in DID_NOTHING:
        problems.append(f"carried out, and reported as not: {_description(order)}")
    if order.state is OrderState.ACCEPTED and not times:
        problems.append(f"accepted, and not carried out: {_description(order)}")
    if order.state in (OrderState.PENDING, OrderState.SENT):
        problems.append(f"left open: {_description(order)}")
    return problems


def _judge_report(ended: Ended, orders: Mapping[str, Order]) -> list[str]:
    """Return what is wrong with the report of a command."""
    changes = [row for row in ended.rows if "request_id" in row and "state" in row and _is_change(ended)]
    problems = []
    if ended.code not in (0, 1, 2, 3, 4, 5, 130, -9):
        problems.append(f"exit code {ended.code}: {ended.arguments}: {ended.errors[-500:]}")
    if "Traceback" in ended.errors or "mistake of its own" in ended.errors:
        problems.append(f"{ended.arguments}: {ended.errors[-500:]}")
    allowed = _OUTCOMES.get(ended.code)
    for row in changes:
        if allowed is not None and row["state"] not in allowed:
            problems.append(f"exit code {ended.code} with {row}")
        if row["id"] is not None:
            problems += _judge_row(row, orders.get(row["id"]))
    return problems


def _is_change(ended: Ended) -> bool:
    return "--yes" in ended.arguments


def _judge_row(row: Mapping[str, Any], order: Order | None) -> list[str]:
    """Return what is wrong with the report of an order that is `order` in the journal now."""
    if order is None:
        return [f"not in the journal: {row}"]
    if row["state"] == "confirmed" and (order.state is not OrderState.CONFIRMED or order.host_id != row["host_id"]):
        return [f"reported as confirmed with {row['host_id']}: {_description(order)}"]
    return []


def _judge_requests(books: Books) -> list[str]:
    """Return the requests for which the commands reported different orders."""
    problems = []
    by_request: dict[str, set[frozenset[str]]] = {}
    for ended in books.ended:
        if "--request-id" in ended.arguments and (ids := [row.get("id") for row in ended.rows]):
            by_request.setdefault(ended.arguments[-1], set()).add(frozenset(filter(None, ids)))
    for request, reports in by_request.items():
        if len(reports - {frozenset()}) > 1:
            problems.append(f"request {request} is reported with different orders: {reports}")
    return problems


def _description(order: Order) -> str:
    reason = f"code {order.code}" if order.code is not None else order.summary
    what = f"{order.action.value} {order.id[:8]} of {order.request_id}"
    return f"{what} ({order.state.value}, host {order.host_id}, {reason})"
