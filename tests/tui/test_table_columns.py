from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from xds_tui.tui.widgets.table.columns import Column, fit

columns = st.lists(
    st.builds(
        Column,
        key=st.just("k"),
        title=st.just("K"),
        width=st.integers(1, 20),
        grow=st.integers(0, 3),
        drop=st.integers(0, 3),
    ),
    max_size=8,
)


def kept(given_columns: list[Column], width: int) -> list[str]:
    return [slot.column.key for slot in fit(given_columns, width, margin=3, gap=2).slots]


def test_columns_are_separated_by_a_gap() -> None:
    layout = fit([Column("a", "A", 5), Column("b", "B", 4)], 40, margin=3, gap=2)
    assert [(slot.x, slot.width) for slot in layout.slots] == [(3, 5), (10, 4)]


def test_columns_are_hidden_in_the_order_of_drop() -> None:
    named = [Column("name", "", 10), Column("os", "", 5, drop=2), Column("id", "", 5, drop=3), Column("mem", "", 5)]
    assert kept(named, 34) == ["name", "os", "id", "mem"]
    assert kept(named, 33) == ["name", "os", "mem"]
    assert kept(named, 26) == ["name", "mem"]
    assert kept(named, 5) == ["name", "mem"]


def test_of_equal_columns_the_rightmost_is_hidden_first() -> None:
    assert kept([Column("a", "", 5, drop=1), Column("b", "", 5, drop=1)], 14) == ["a"]


def test_the_remaining_width_is_distributed_by_grow() -> None:
    grown = [Column("a", "", 5, grow=2), Column("b", "", 5), Column("c", "", 5, grow=1)]
    assert [slot.width for slot in fit(grown, 15 + 2 + 10, gap=1).slots] == [11, 5, 9]


@given(columns, st.integers(0, 120))
def test_columns_do_not_overlap_and_only_fixed_ones_exceed_the_line(drawn: list[Column], width: int) -> None:
    slots = fit(drawn, width, margin=3, gap=2).slots
    assert all(right.x == left.x + left.width + 2 for left, right in pairwise(slots))
    assert all(slot.width >= slot.column.width for slot in slots)
    end = slots[-1].x + slots[-1].width if slots else 0
    assert end <= width or len(slots) == 1 or all(slot.column.drop == 0 for slot in slots)
    assert slots or not drawn
    if slots and end <= width and any(slot.column.grow for slot in slots):
        assert end == width


def test_a_position_in_the_line_has_a_slot() -> None:
    layout = fit([Column("a", "A", 5), Column("b", "B", 4)], 40, margin=3, gap=2)
    found = [layout.slot_at(x) for x in (2, 3, 7, 8, 10, 13, 14)]
    assert [slot.column.key if slot else None for slot in found] == [None, "a", "a", None, "b", "b", None]


def test_a_column_that_does_not_fit_displaces_none_that_does() -> None:
    columns = [Column("name", "NAME", 10), Column("billing", "BILLING", 8, drop=4), Column("tags", "TAGS", 12, drop=3)]
    assert [slot.column.key for slot in fit(columns, 20).slots] == ["name", "billing"]
    assert [slot.column.key for slot in fit(columns, 24).slots] == ["name", "tags"]
    assert [slot.column.key for slot in fit(columns, 40).slots] == ["name", "billing", "tags"]
