"""The exit code of a command, by the outcome of its orders."""

from __future__ import annotations

import pytest
from support.factories import a_host, an_order

from xds_tui.cli.order_report import Skipped, exit_code
from xds_tui.domain.records import OrderState
from xds_tui.fleet.catalog_reader import GONE_FROM_CATALOG, PRICE_MOVED
from xds_tui.fleet.order_service import MAY_BE_BOUGHT, STOPPED
from xds_tui.system.exit_codes import ExitCode

ON_ALREADY = Skipped(a_host(), "already on", ExitCode.OK)
OFF = Skipped(a_host(), "off")


@pytest.mark.parametrize(
    ("state", "code", "code_without_waiting"),
    [
        (OrderState.CONFIRMED, 0, 0),
        (OrderState.ACCEPTED, 3, 0),
        (OrderState.UNCONFIRMED, 3, 3),
        (OrderState.UNKNOWN, 3, 3),
        (OrderState.SENT, 3, 3),
        (OrderState.PENDING, 3, 3),
        (OrderState.REJECTED, 4, 4),
        (OrderState.NOT_SENT, 1, 1),
    ],
)
def test_every_state_has_an_exit_code(state: OrderState, code: int, code_without_waiting: int) -> None:
    order = an_order(state=state)
    assert exit_code([order]) == code
    assert exit_code([order], is_final=False) == code_without_waiting


@pytest.mark.parametrize(
    ("summary", "message", "code"),
    [
        (PRICE_MOVED, "1.10 → 1.20", 5),
        (MAY_BE_BOUGHT, "", 5),
        (STOPPED, PRICE_MOVED, 5),  # a later order of the same purchase
        (GONE_FROM_CATALOG, "", 1),
        (STOPPED, "", 1),
    ],
)
def test_a_safeguard_has_its_own_exit_code(summary: str, message: str, code: int) -> None:
    assert exit_code([an_order(state=OrderState.NOT_SENT, summary=summary, message=message)]) == code


def test_the_most_severe_code_of_several_hosts_is_used() -> None:
    states = (OrderState.CONFIRMED, OrderState.REJECTED, OrderState.NOT_SENT, OrderState.UNKNOWN)
    orders = [an_order(state=state) for state in states]
    held_back = an_order(state=OrderState.NOT_SENT, summary=PRICE_MOVED)
    assert exit_code(orders) == 3
    assert exit_code(orders[:3]) == 1
    assert exit_code([*orders[:2], held_back]) == 4
    assert exit_code([orders[0], held_back]) == 5
    assert exit_code(orders[:1]) == 0


def test_a_host_in_the_desired_state_is_not_a_failure() -> None:
    assert exit_code([], [ON_ALREADY]) == 0
    assert exit_code([], [ON_ALREADY, OFF]) == 1
    assert exit_code([]) == 0
