from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_quote, a_snapshot, an_order

from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Billing, Period, PeriodUnit, Status
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Event, EventKind, OrderAction, OrderState
from xds_tui.text import export

MONTH = a_quote(billing=Billing.RENT, period=Period(PeriodUnit.MONTH, 1), hours=720, estimate=Decimal("792.00"))


def as_dicts(table: export.ExportTable) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(export.to_json(table))
    return rows


def test_an_order_is_exported_with_quote_and_real_duration() -> None:
    host = a_host(id="h1", billing=Billing.RENT, created=NOON, expires=NOON + timedelta(hours=744))
    order = an_order(action=OrderAction.CREATE, state=OrderState.CONFIRMED, quote=MONTH, host_id="h1", sent_at=NOON)
    (row,) = as_dicts(export.orders_table([order], {"h1": host}))
    assert row["created_at"] == "2026-11-23T12:00:00Z"
    assert row["ended_at"] is None
    assert (row["unit_price"], row["discount"], row["estimate"]) == ("1.10", "1", "792.00")
    assert (row["period_number"], row["period_unit"]) == (1, "month")
    assert (row["estimated_hours"], row["real_hours"]) == (720, 744.0)
    assert (row["action"], row["state"]) == ("create", "confirmed")


def test_an_order_on_a_host_has_no_promise_and_a_vanished_host_no_length() -> None:
    plain, gone = as_dicts(export.orders_table([an_order(), an_order(quote=MONTH, host_id="gone")], {}))
    assert plain["estimate"] is None
    assert gone["real_hours"] is None


def test_money_is_a_plain_decimal_or_nothing() -> None:
    package = a_package(amount=Decimal("1E+2"), discount=None)
    quote = a_quote(estimate=Decimal("1E+2"))
    (row,) = as_dicts(export.orders_table([an_order(quote=replace(quote, package=package))], {}))
    assert (row["unit_price"], row["discount"], row["estimate"]) == ("100.00", None, "100.00")


def test_an_event_is_exported_in_values_and_not_in_words() -> None:
    event = Event(at=NOON, kind=EventKind.STATUS, host_id="h1", old=Status.ON, new=Status.OFF, own=True)
    (row,) = as_dicts(export.events_table([event]))
    assert (row["kind"], row["old_status"], row["new_status"], row["own"]) == ("status", "on", "off", True)


def test_nothing_exported_is_still_a_file_that_can_be_read() -> None:
    table = export.events_table([])
    assert json.loads(export.to_json(table)) == []
    assert export.to_csv(table).startswith("at,kind,host_id")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"])
def test_a_name_is_no_formula(name: str) -> None:
    event = Event(at=NOON, kind=EventKind.APPEARED, host_id="h1", host_name=name)
    (row,) = csv.DictReader(io.StringIO(export.to_csv(export.events_table([event]))))
    assert row["host_name"] == f"'{name}"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=1))
def test_every_text_is_read_back_from_both_formats(names: list[str]) -> None:
    events = [Event(at=NOON, kind=EventKind.APPEARED, host_name=name) for name in names]
    table = export.events_table(events)
    assert [row["host_name"] for row in as_dicts(table)] == names
    read = list(csv.DictReader(io.StringIO(export.to_csv(table), newline="")))
    for row, name in zip(read, names, strict=True):
        assert row["host_name"] in (name, f"'{name}")


def test_no_field_is_a_secret() -> None:
    host = a_host(password=Secret("hunter2"), billing=Billing.RENT, expires=NOON)
    text = export.to_json(export.orders_table([an_order(quote=MONTH)], {"h1": host}))
    assert "hunter2" not in text


@pytest.mark.parametrize("is_complete", [True, False])
def test_every_host_tells_whether_the_list_was_complete(is_complete: bool) -> None:
    snapshot = replace(a_snapshot(a_host(id="a"), a_host(id="b")), is_complete=is_complete)
    assert [row["complete"] for row in as_dicts(export.hosts_table(snapshot, Costs()))] == [is_complete] * 2
