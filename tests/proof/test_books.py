"""What the comparison of the books counts as a violation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.proof.books import Books, compare
from tests.support.factories import an_order
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.simulator.world import Sale


def a_create(order_id: str, host_id: str | None, batch: str = "b1") -> Order:
    state = OrderState.ACCEPTED if host_id is None else OrderState.CONFIRMED
    return an_order(id=order_id, action=OrderAction.CREATE, state=state, host_id=host_id, batch=batch)


def a_sale(host_id: str, order_id: str) -> Sale:
    return Sale(
        at=0.0,
        account="A1",
        package_id="p1",
        image_id="i1",
        rented=False,
        period=None,
        seconds=0,
        charged=Decimal(0),
        host_id=host_id,
        request_tag=order_id,
    )


SALES = (a_sale("h1", "o1"), a_sale("h2", "o2"))


@pytest.mark.parametrize(
    ("orders", "violations"),
    [
        ((a_create("o1", "h1"), a_create("o2", "h2")), 0),
        ((a_create("o1", "h2"), a_create("o2", "h1")), 0),
        ((a_create("o1", "h2"), a_create("o2", None)), 0),
        ((a_create("o1", "h2"), a_create("o2", None, batch="b2")), 1),
        ((a_create("o1", "h2"), a_create("o2", "h2")), 2),
        ((a_create("o1", "h3"), a_create("o2", "h2")), 2),
        ((a_create("o1", "h1"),), 1),
    ],
    ids=[
        "own",
        "exchanged",
        "exchanged, one deleted",
        "other batch",
        "doubled",
        "not sold",
        "no order",
    ],
)
def test_each_host_is_reported_for_an_order_of_its_batch(orders: Sequence[Order], violations: int) -> None:
    found = compare(Books(orders, (), SALES, {order.id: 1 for order in orders}))
    assert len(found.problems) == violations, found.problems


@pytest.mark.parametrize(("batch", "violations"), [("b1", 0), ("b2", 1)])
def test_the_orders_of_a_batch_may_exchange_their_hosts_in_turn(batch: str, violations: int) -> None:
    orders = (a_create("o1", "h2"), a_create("o2", "h3"), a_create("o3", None, batch=batch))
    sales = (*SALES, a_sale("h3", "o3"))
    found = compare(Books(orders, (), sales, {order.id: 1 for order in orders}))
    assert len(found.problems) == violations, found.problems
