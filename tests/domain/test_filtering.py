from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_quote, an_image, an_order

from xds_tui.domain import filter_query, filtering
from xds_tui.domain.filter_query import CHOICE_FIELDS, COMPARISONS, FIELD_ALIASES, FIELDS, QueryError
from xds_tui.domain.filtering import CHOICE_WORDS, RowContext, RowType
from xds_tui.domain.model import Area, Billing, Status
from xds_tui.domain.pricing import Costs, Rate
from xds_tui.domain.records import Candidate, Doubt, Event, EventKind, OrderAction, OrderState
from xds_tui.domain.sanitize import fold
from xds_tui.text import messages

COSTS = Costs({"a": Rate(Decimal(1), Decimal("2.5"))})
HOSTS = (
    a_host(id="a", name="cafe\u0301", status=Status.BILLED, gpu_count=2, gpu_name="RTX 4090", memory=64, os="Ubuntu"),
    a_host(id="b", name="ＡＢＣ１２３", status=Status.STARTING, area=Area.WEST, memory=None, created=None),
    a_host(id="c", status=Status.OFF, billing=Billing.RENT, expires=NOON + timedelta(hours=5), address=None),
)
PACKAGES = (
    (Billing.ON_DEMAND, a_package(id="p1", name="office")),
    (Billing.RENT, a_package(id="p2", gpu_count=2, gpu_name="RTX 4090", amount=Decimal(3), memory=64, area=Area.WEST)),
    (Billing.RENT, a_package(id="p3", gpu_count=1, gpu_name=None, amount=None)),
)
IMAGES = (an_image(id="i1"), an_image(id="i2", name="Windows", version="10"))
EVENTS = (
    Event(at=NOON, kind=EventKind.STATUS, host_id="h1", host_name="render", old=Status.ON, new=Status.OFF),
    Event(at=NOON, kind=EventKind.ORDER, order_id="o1", action=OrderAction.CREATE, state=OrderState.REJECTED),
    Event(at=NOON - timedelta(days=2), kind=EventKind.ORDER, order_id="o2", state=OrderState.NOT_SENT),
)
CANDIDATE = Candidate("h9", "new", Doubt.LATER)
ORDERS = (
    an_order(id="o1", state=OrderState.NOT_SENT, created_at=NOON - timedelta(days=2)),
    an_order(id="o2", state=OrderState.CONFIRMED, host_name="渲染-07"),
    an_order(id="o3", state=OrderState.SENT, quote=a_quote(billing=Billing.RENT)),
    an_order(id="o4", state=OrderState.UNCONFIRMED, host_id=None),
    an_order(id="o5", state=OrderState.REJECTED, candidate=CANDIDATE),
)
ROWS: dict[str, tuple[RowType[Any], Sequence[Any]]] = {
    "hosts": (filtering.HOSTS, HOSTS),
    "packages": (filtering.PACKAGES, PACKAGES),
    "images": (filtering.IMAGES, IMAGES),
    "events": (filtering.EVENTS, EVENTS),
    "orders": (filtering.ORDERS, ORDERS),
}


def positions(kind: str, text: str) -> list[int]:
    """Return the 1-based positions of the rows that a filter selects."""
    row_type, rows = ROWS[kind]
    selected = filtering.select(row_type, rows, filtering.parse_for(row_type, text), RowContext(NOON, COSTS))
    return [number for number, row in enumerate(rows, 1) if row in selected]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("hosts", "", [1, 2, 3]),
        ("hosts", "caf\u00e9", [1]),
        ("hosts", "name=CAF\u00c9", [1]),
        ("hosts", "abc123", [2]),
        ("hosts", "ｎａｍｅ：ａｂｃ１２３", [2]),
        ("hosts", "status:on", [1]),
        ("hosts", "状态:已开机", [1]),
        ("hosts", "状态:开机", [1]),
        ("hosts", "status:changing", [2]),
        ("hosts", "-status:off", [1, 2]),
        ("hosts", "region:west", [2]),
        ("hosts", "area:华西", [2]),
        ("hosts", "billing:prepaid", [3]),
        ("hosts", "计费:包时段", [3]),
        ("hosts", "gpu:4090", [1]),
        ("hosts", 'gpu="rtx 4090"', [1]),
        ("hosts", "gpu>1", [1]),
        ("hosts", "显卡=2", [1]),
        ("hosts", "mem>=64", [1]),
        ("hosts", "-mem>=64", [2, 3]),
        ("hosts", "cost>2", [1]),
        ("hosts", "expires<6h", [3]),
        ("hosts", "到期<6小时", [3]),
        ("hosts", "age=0s", [1, 3]),
        ("packages", "gpu:4090", [2]),
        ("packages", "gpu:×1", [3]),
        ("packages", "gpu>0", [2, 3]),
        ("packages", "gpu=0", [1]),
        ("packages", "billing:demand", [1]),
        ("packages", "-billing:rent", [1]),
        ("packages", "计费:按量", [1]),
        ("packages", "内存>=64", [2]),
        ("packages", "cost<2", [1]),
        ("packages", "-cost<2", [2, 3]),
        ("packages", "id=p", []),
        ("packages", "id:p", [1, 2, 3]),
        ("packages", "RTX", [2]),
        ("packages", "区域:华西", [2]),
        ("images", "os:windows", [2]),
        ("images", 'name="windows 10"', [2]),
        ("images", "20.04", [1]),
        ("events", "status:off", [1]),
        ("events", "status:rejected", [2]),
        ("events", "状态:被拒绝", [2]),
        ("events", "status:sent", []),
        ("events", "age>1d", [3]),
        ("events", "id:o", [2, 3]),
        ("orders", 'status:"not sent"', [1]),
        ("orders", "status:not_sent", [1]),
        ("orders", "status=sent", [3]),
        ("orders", "status:sent", [3]),
        ("orders", "status:confirmed", [2]),
        ("orders", "status:unconfirmed", [4]),
        ("orders", "status:rejected", [5]),
        ("orders", 'status:"may be yours"', [5]),
        ("orders", "状态:已确认", [2]),
        ("orders", "age<1d", [2, 3, 4, 5]),
        ("orders", "name:渲染", [2]),
        ("orders", "id:h1", [1, 2, 3, 5]),
        ("orders", "billing:rent", [3]),
        ("orders", "cost>1", [3]),
    ],
)
def test_a_filter_selects_rows(kind: str, text: str, expected: list[int]) -> None:
    assert positions(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        ("orders", "expires<24h", "expires"),
        ("images", "status:on", "status"),
        ("packages", "age<1d", "age"),
        ("hosts", "status:rejected", "rejected"),
        ("orders", "status:off", "off"),
        ("orders", "status:done", "done"),
        ("orders", 'status="not seen"', "not seen"),
        ("hosts", "status:on,off", "on,off"),
    ],
)
def test_a_field_or_value_that_the_rows_do_not_have_is_reported(kind: str, text: str, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        positions(kind, text)
    assert caught.value.detail == word


@pytest.mark.parametrize("kind", ROWS)
def test_every_word_of_every_value_selects_exactly_the_rows_with_that_value(kind: str) -> None:
    row_type, rows = ROWS[kind]
    for field, read in row_type.choices.items():
        for value in row_type.values[field]:
            for word in CHOICE_WORDS[value]:
                same_word = {other for other in row_type.values[field] if word in CHOICE_WORDS[other]}
                expected = [number for number, row in enumerate(rows, 1) if same_word.intersection(read(row))]
                for name in (field, *(alias for alias, of in FIELD_ALIASES.items() if of == field)):
                    assert positions(kind, f'{name}:"{word}"') == positions(kind, f'{name}="{word}"') == expected


def test_every_value_of_a_field_has_folded_words() -> None:
    for row_type, _rows in ROWS.values():
        assert set(row_type.values) == set(row_type.choices) <= set(CHOICE_FIELDS)
        assert {*row_type.choices, *row_type.texts, *row_type.numbers} <= set(FIELDS)
        for values in row_type.values.values():
            assert all(word and fold(word) == word for value in values for word in CHOICE_WORDS[value])


PARTS = st.sampled_from(
    [
        *FIELDS,
        *FIELD_ALIASES,
        *COMPARISONS,
        *'-!" ',
        "64",
        "24h",
        "2.5",
        *(w for ws in CHOICE_WORDS.values() for w in ws),
    ]
)


@given(st.sampled_from(sorted(ROWS)), st.text() | st.lists(PARTS, max_size=8).map("".join))
def test_any_text_selects_rows_or_is_reported(kind: str, text: str) -> None:
    try:
        assert set(positions(kind, text)) <= {1, 2, 3, 4, 5}
    except QueryError as error:
        assert messages.error_message(error)


@given(
    st.sampled_from(sorted(ROWS)), st.sampled_from(FIELDS), st.sampled_from(sorted(COMPARISONS)), st.text(max_size=3)
)
def test_a_negated_term_selects_the_other_rows(kind: str, field: str, sign: str, value: str) -> None:
    text = f'{field}{sign}"{value}"'
    try:
        selected = positions(kind, text)
    except QueryError:
        return
    everything = range(1, len(ROWS[kind][1]) + 1)
    assert positions(kind, f"-{text}") == positions(kind, f"！{text}") == [n for n in everything if n not in selected]


@given(st.text(alphabet="ab渲é\u0301 ", max_size=3), st.text(alphabet="ab渲é\u0301 ", min_size=1, max_size=2))
def test_a_text_is_found_in_a_name_whatever_its_form(name: str, text: str) -> None:
    host = a_host(name=name, id="", os="", address=None)
    query = filter_query.parse(f'name:"{text}"')
    assert bool(filtering.select(filtering.HOSTS, [host], query, RowContext(NOON))) is (fold(text) in fold(name))


def test_typing_keeps_the_last_filter_that_could_be_applied() -> None:
    applied = filtering.parse_for(filtering.HOSTS, "status:on")
    assert filtering.parse_while_typing(filtering.HOSTS, "status:on mem>=", ())[0] == applied
    query, error = filtering.parse_while_typing(filtering.HOSTS, "os!=windows", applied)
    assert query == applied
    assert error is not None
    assert filtering.parse_while_typing(filtering.HOSTS, "", applied) == ((), None)
