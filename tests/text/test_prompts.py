"""Questions before an operation fit on a small screen, whatever they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from support.factories import a_host

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.model import Billing, Host
from xds_tui.domain.records import OrderAction
from xds_tui.text import formats
from xds_tui.text.prompts import Confirmation, OperationTarget, confirmation_for

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def deletion(hosts: Sequence[Host]) -> Confirmation:
    return confirmation_for(OrderAction.DELETE, OperationTarget(hosts, NOON, fleet=hosts))


def prepaid(number: int, name: str = "") -> Host:
    expires = NOON + timedelta(days=number + 1)
    return a_host(id=f"h{number}", name=name or f"node-{number}", billing=Billing.RENT, expires=expires)


def test_the_losses_of_two_hosts_are_named_and_those_of_forty_counted() -> None:
    assert deletion([prepaid(0), prepaid(1)]).note.count("forfeited") == 2
    many = deletion([prepaid(number) for number in range(40)])
    assert "40 of them are prepaid" in many.note
    assert many.note.count("forfeited") == 1


def test_a_question_names_the_protected_hosts_that_are_left_out() -> None:
    protected = [a_host(id="p", annotation=Annotation(alias="keep-me")), a_host(id="q", name="q" * 300)]
    target = OperationTarget([a_host()], NOON, protected=protected)
    note = confirmation_for(OrderAction.POWER_OFF, target).note
    assert "left out: keep-me, qqq" in note
    assert formats.cells(note) < 100
    assert "left out" not in confirmation_for(OrderAction.POWER_OFF, OperationTarget([a_host()], NOON)).note


def test_each_host_that_is_deleted_shows_its_prepaid_time() -> None:
    question = deletion([prepaid(number) for number in range(9)])
    assert all(line.endswith(f"{number + 1}d 0h left") for number, line in enumerate(question.targets))
    assert "left" not in deletion([a_host(expires=None)]).targets[0]


@pytest.mark.parametrize("name", ["n" * 300, "渲" * 300])
def test_a_long_name_is_shortened_in_the_warning_and_need_not_be_typed(name: str) -> None:
    question = deletion([prepaid(0, name)])
    assert question.wanted == "h0"
    assert formats.cells(question.note) < 160
