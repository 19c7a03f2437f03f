from __future__ import annotations

import pytest

from xds_tui.domain.model import Period, PeriodUnit
from xds_tui.domain.purchase_template import PurchaseTemplate, parse_period, parse_template


def test_a_template_is_read() -> None:
    goods = {"package": "bzoff4", "image": "5001"}
    assert parse_template(goods) == PurchaseTemplate("bzoff4", "5001")
    assert parse_template({**goods, "billing": "on-demand", "tags": ["a"]}).tags == ("a",)
    assert parse_template({**goods, "billing": "rent", "period": "3 months"}).period == Period(PeriodUnit.MONTH, 3)
    assert parse_template({**goods, "period": "1 week"}).period == Period(PeriodUnit.WEEK, 1)


@pytest.mark.parametrize(
    "value",
    [
        5,
        {},
        {"package": "a"},
        {"package": "", "image": "b"},
        {"package": "a", "image": "b", "billing": "rent"},
        {"package": "a", "image": "b", "billing": "free"},
        {"package": "a", "image": "b", "billing": "on-demand", "period": "1 week"},
        {"package": "a", "image": "b", "period": "soon"},
        {"package": "a", "image": "b", "tags": "x"},
        {"package": "a", "image": "b", "tags": ["a b"]},
        {"package": "a", "image": "b", "count": 3},
    ],
)
def test_what_is_no_template_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="template"):
        parse_template(value)


@pytest.mark.parametrize("text", ["", "0 days", "3", "months", "3 decades", "-1 day", "1.5 days"])
def test_what_is_no_period_is_refused(text: str) -> None:
    assert parse_period(text) is None
