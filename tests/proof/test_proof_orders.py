from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from made import a_promise, an_order
from proof.asked import Asked, Kind
from proof.judge import Verdict, judge

from xds_tui.record import Action, Order, OrderState
from xds_tui.simulator.world import Sale

ROOT = Path(__file__).parents[2]
SENT_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KIND = Kind("p1", "4005")


def test_a_short_run_of_the_proof_holds_with_a_real_kill() -> None:
    command = [sys.executable, "-m", "tests.proof.orders", "--creates", "12", "--kills", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    counts = {name.strip(): int(count) for name, count in re.findall(r"^(.{44}) +(\d+)", ended.stdout, re.MULTILINE)}
    assert counts["kills (SIGKILL)"] == 1
    assert counts["create requests on the line"] >= 12
    assert counts["sold, by the ledgers"] > 0


def order(number: int, state: OrderState, host_id: str | None = None) -> Order:
    sent_at = SENT_AT + timedelta(seconds=number)
    return an_order(
        id=f"o{number}",
        action=Action.CREATE,
        state=state,
        created_at=sent_at,
        sent_at=sent_at,
        host_id=host_id,
        promise=a_promise(),
    )


def sale(number: int, host_id: str, **fields: Any) -> Sale:
    """A sale that came of the order of this number."""
    at = SENT_AT.timestamp() + number + 0.1
    sold = Sale(
        at=at,
        account="A",
        package_id="p1",
        image_id="4005",
        rented=False,
        period=None,
        seconds=0,
        charged=Decimal(0),
        host_id=host_id,
    )
    return replace(sold, **fields)


def verdict(orders: list[Order], ledger: list[Sale], *, received: int | None = None) -> Verdict:
    asked = Asked(1, len(orders), KIND, [order.id for order in orders])
    return judge([asked], orders, ledger, len(orders) if received is None else received)


def test_what_agrees_holds() -> None:
    came = verdict(
        [
            order(0, OrderState.SETTLED, "a"),
            order(1, OrderState.REFUSED),
            order(2, OrderState.UNKNOWN),
            order(3, OrderState.UNKNOWN),
        ],
        [sale(0, "a"), sale(3, "b")],
    )
    assert came.holds
    assert (came.asked, came.sold, came.unknown, came.unknown_sold) == (4, 2, 2, 1)


def test_hosts_that_look_alike_may_be_taken_for_each_other() -> None:
    came = verdict(
        [order(0, OrderState.SETTLED, "b"), order(1, OrderState.UNKNOWN)],
        [sale(0, "a"), sale(1, "b")],
    )
    assert came.holds


def test_an_image_of_another_version_is_not_told_apart() -> None:
    came = verdict([order(0, OrderState.SETTLED, "a"), order(1, OrderState.UNKNOWN)], [sale(1, "a", image_id="4006")])
    assert (came.holds, came.swapped) == (True, 1)


@pytest.mark.parametrize("state", [OrderState.REFUSED, OrderState.NOT_SENT])
def test_a_sale_of_an_order_that_says_it_bought_nothing_is_doubled(state: OrderState) -> None:
    came = verdict([order(0, state)], [sale(0, "a")])
    assert (came.doubled, came.holds) == (1, False)


def test_two_sales_of_one_order_are_doubled() -> None:
    came = verdict([order(0, OrderState.SETTLED, "a")], [sale(0, "a"), sale(0, "b")])
    assert (came.doubled, came.holds) == (1, False)


def test_a_request_that_was_sent_again_is_doubled_though_nothing_was_sold() -> None:
    assert verdict([order(0, OrderState.UNKNOWN)], [], received=2).doubled == 1


@pytest.mark.parametrize(
    ("orders", "ledger"),
    [
        ([order(0, OrderState.SETTLED, "a")], []),
        ([order(0, OrderState.DONE)], []),
        ([order(0, OrderState.SETTLED, "foreign")], [sale(0, "a")]),
        ([order(0, OrderState.SETTLED, "a"), order(1, OrderState.UNKNOWN)], [sale(1, "a", image_id="4011")]),
    ],
)
def test_a_purchase_that_is_claimed_and_was_not_made_is_lost(orders: list[Order], ledger: list[Sale]) -> None:
    came = verdict(orders, ledger)
    assert came.lost == 1
    assert not came.holds


def test_a_host_that_two_orders_name_is_lost_to_both() -> None:
    orders = [order(0, OrderState.SETTLED, "a"), order(1, OrderState.SETTLED, "a")]
    assert verdict(orders, [sale(0, "a"), sale(1, "b")]).lost == 2


def test_an_order_left_under_way_or_asked_for_by_nobody_does_not_hold() -> None:
    assert verdict([order(0, OrderState.SENT)], []).unfinished == 1
    assert judge([], [order(0, OrderState.REFUSED)], [], 1).unasked == 1
