from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from support.factories import NOON, a_package, an_order

from xds_tui.domain import filter_query, row_filter
from xds_tui.domain.filter_query import QueryError
from xds_tui.domain.model import Billing
from xds_tui.domain.records import OrderAction, OrderState
from xds_tui.text import export

PACKAGES = export.packages_table(
    [
        (Billing.ON_DEMAND, a_package(id="p1", name="office")),
        (Billing.RENT, a_package(id="p2", gpu_count=2, gpu_name="RTX 4090", amount=Decimal(3), memory=64)),
        (Billing.RENT, a_package(id="p3", gpu_count=1, gpu_name=None, amount=None)),
    ],
    NOON,
)
ORDERS = export.orders_table(
    [
        an_order(id="o0", state=OrderState.UNCONFIRMED, created_at=NOON - timedelta(days=2), host_id="h0"),
        an_order(id="o1", state=OrderState.NOT_SENT, created_at=NOON - timedelta(days=2)),
        an_order(id="o2", state=OrderState.CONFIRMED, created_at=NOON, action=OrderAction.DELETE, host_name="渲染-07"),
    ],
    {},
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ["p1", "p2", "p3"]),
        ("gpu:4090", ["p2"]),
        ("gpu:×1", ["p3"]),
        ("gpu>0", ["p2", "p3"]),
        ("gpu=0", ["p1"]),
        ("billing:demand", ["p1"]),
        ("-billing:rent", ["p1"]),
        ("mem>=64", ["p2"]),
        ("cost<2", ["p1"]),
        ("-cost<2", ["p2", "p3"]),
        ("id=p", []),
        ("id:p", ["p1", "p2", "p3"]),
        ("RTX", ["p2"]),
    ],
)
def test_packages_are_chosen(words: str, expected: list[str]) -> None:
    kept = row_filter.kept(PACKAGES, filter_query.parse(words), row_filter.PACKAGES, NOON)
    assert [row[kept.fields.index("id")] for row in kept.rows] == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('status:"not sent"', ["o1"]),
        ("status:sent", []),
        ("status:confirmed", ["o2"]),
        ("-status:confirmed", ["o0", "o1"]),
        ("status:confirm", ["o0", "o2"]),
        ("age<1d", ["o2"]),
        ("name:渲染", ["o2"]),
        ("delete", ["o2"]),
        ("id:h1", ["o1", "o2"]),
    ],
)
def test_orders_are_chosen(words: str, expected: list[str]) -> None:
    kept = row_filter.kept(ORDERS, filter_query.parse(words), row_filter.ORDERS, NOON)
    assert [row[0] for row in kept.rows] == expected


def test_a_field_that_means_nothing_here_is_refused() -> None:
    with pytest.raises(QueryError):
        row_filter.check(filter_query.parse("expires<24h"), row_filter.ORDERS)
    row_filter.check(filter_query.parse("age<24h words -id:x"), row_filter.ORDERS)


@pytest.mark.parametrize("word", ["intended", "done", "settled", '"not seen"', "refused"])
@pytest.mark.parametrize("sign", [":", "="])
def test_a_former_order_state_is_reported(word: str, sign: str) -> None:
    query = filter_query.parse(f"status{sign}{word}")
    with pytest.raises(QueryError) as caught:
        row_filter.check(query, row_filter.ORDERS)
    assert caught.value.detail == word.strip('"')
    row_filter.check(query, row_filter.EVENTS)
