from __future__ import annotations

import pytest
from support.factories import NOON, a_host, an_order

from xds_tui.domain.model import Status
from xds_tui.domain.records import OrderState
from xds_tui.fleet.state import ConnectionState
from xds_tui.tui import command
from xds_tui.tui.command import Condition, Context

ON, OFF = a_host(id="h1", name="one", status=Status.ON), a_host(id="h2", name="two", status=Status.OFF)
BILLED = a_host(id="h3", name="three", status=Status.BILLED)


@pytest.mark.parametrize(
    ("rule", "context", "expected"),
    [
        (command.start, Context(picked=(OFF,)), ""),
        (command.start, Context(picked=(ON,)), "one is already on"),
        (command.start, Context(picked=(ON, BILLED), marked=2), "All of them are already on or starting"),
        (command.start, Context(picked=(ON,), at=NOON), "press r to refresh"),
        (command.stop, Context(picked=(OFF,)), "two is already off"),
        (command.stop, Context(picked=(BILLED,)), ""),
        (command.reboot, Context(picked=(OFF,)), "Press s to start it"),
        (command.reboot, Context(picked=(ON,)), ""),
        (command.orders, Context(), "No host is selected"),
        (command.orders, Context(picked=(ON,), is_read_only=True), "read-only mode"),
        (command.start, Context(picked=(OFF,), link=ConnectionState.SIGNED_OUT), "Session expired"),
        (command.online, Context(link=ConnectionState.SIGNED_OUT), "Session expired"),
        (command.slower, Context(interval=300), "Already refreshing every 300 s"),
        (command.faster, Context(interval=5), "Already refreshing every 5 s"),
        (command.slower, Context(interval=299), ""),
        (command.start, Context(picked=(OFF,), is_unseen=True), "Press 1 to show them"),
        (command.orders, Context(picked=(ON,), marked=1, is_unseen=True), "Press 1 to show them"),
        (command.online, Context(is_unseen=True), ""),
        (command.zoom, Context(is_wide=False), "already full-screen"),
        (command.start, Context(picked=(OFF,), unstartable=frozenset({"h2"})), "two is being deleted"),
        (command.reboot, Context(picked=(OFF, ON), unstartable=frozenset({"h1", "h2"})), "All of them are being"),
        (command.stop, Context(picked=(ON,), unstartable=frozenset({"h1"})), ""),
        (command.stop, Context(picked=(ON,), unstoppable=frozenset({"h1"})), "one is being deleted"),
        (command.start, Context(picked=(OFF, ON), unstartable=frozenset({"h1"})), ""),
    ],
)
def test_a_rule_returns_the_reason(rule: Condition, context: Context, expected: str) -> None:
    assert expected in rule(context)
    assert bool(expected) == bool(rule(context))


@pytest.mark.parametrize("rule", [command.start, command.stop, command.reboot])
def test_an_action_is_enabled_if_it_applies_to_one_of_several_hosts(rule: Condition) -> None:
    assert rule(Context(picked=(ON, OFF), marked=2)) == ""


@pytest.mark.parametrize("link", [ConnectionState.PAUSED, ConnectionState.ERROR, ConnectionState.CONNECTING])
def test_stale_data_disable_no_action(link: ConnectionState) -> None:
    assert command.start(Context(picked=(ON,), link=link)) == ""


def test_a_pending_operation_does_not_disable_the_opposite_one() -> None:
    orders = [an_order(host_id="h1", state=OrderState.SENT, sent_at=NOON)]
    ordered = command.hosts_ordered(orders, NOON)
    assert ordered == {"h1"}
    assert command.start(Context(picked=(ON,), ordered=ordered)) == ""
    assert command.hosts_ordered([an_order(host_id="h1", state=OrderState.CONFIRMED)], NOON) == frozenset()


@pytest.mark.parametrize(
    ("interval", "steps", "after"), [(15, 1, 30), (15, -1, 10), (5, -1, 5), (300, 1, 300), (45, 1, 120), (45, -1, 30)]
)
def test_the_interval_changes_by_steps_within_its_limits(interval: float, steps: int, after: float) -> None:
    assert command.interval_after(interval, steps) == after
