from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.assignment import assign

COSTS = st.lists(st.dictionaries(st.integers(0, 4), st.integers(0, 30), max_size=5), max_size=5)


def cost_of(choice: Sequence[int | None], costs: Sequence[Mapping[int, int]], unassigned: Sequence[int]) -> int:
    return sum(unassigned[row] if column is None else costs[row][column] for row, column in enumerate(choice))


def cheapest(costs: Sequence[Mapping[int, int]], unassigned: Sequence[int]) -> int:
    """The least cost of all assignments, by trying every one."""
    choices = itertools.product(*[[None, *row] for row in costs])
    return min(
        cost_of(choice, costs, unassigned)
        for choice in choices
        if len(used := [column for column in choice if column is not None]) == len(set(used))
    )


@given(COSTS, st.data())
def test_no_other_assignment_is_cheaper(costs: list[dict[int, int]], data: st.DataObject) -> None:
    size = len(costs)
    unassigned = data.draw(st.lists(st.integers(0, 40), min_size=size, max_size=size))
    chosen = assign(costs, unassigned)
    used = [column for column in chosen if column is not None]
    assert len(used) == len(set(used))
    assert cost_of(chosen, costs, unassigned) == cheapest(costs, unassigned)


def test_a_row_moves_on_for_another_that_has_no_choice() -> None:
    assert assign([{0: 1, 1: 2}, {0: 1}], [100, 100]) == [1, 0]


def test_a_row_without_columns_stays_without() -> None:
    assert assign([{}, {3: 5}], [1, 1]) == [None, None]
