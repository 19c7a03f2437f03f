from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xds_tui.tui.widgets.table.viewport import Viewport

TEN = tuple("abcdefghij")
key_lists = st.lists(st.sampled_from(TEN), unique=True).map(tuple)


def test_the_cursor_keeps_its_row_and_line_when_rows_are_inserted_above() -> None:
    place = Viewport(TEN, cursor=4, top=2, page=4).with_rows(("x", "y", *TEN))
    assert (place.key, place.cursor - place.top) == ("e", 2)


def test_the_cursor_moves_to_the_row_in_place_of_a_removed_one() -> None:
    assert Viewport(TEN, cursor=4, top=2, page=4).with_rows(tuple("abcdfghij")).key == "f"


def test_the_cursor_moves_to_the_last_row_if_the_end_was_removed() -> None:
    assert Viewport(TEN, cursor=9, top=6, page=4).with_rows(TEN[:3]) == Viewport(TEN[:3], cursor=2, top=0, page=4)


def test_the_first_row_is_the_anchor_if_the_cursor_is_not_visible() -> None:
    place = Viewport(TEN, cursor=0, top=5, page=3).with_rows(("x", *TEN))
    assert (place.key, place.keys[place.top]) == ("a", "f")


def test_moving_the_cursor_scrolls_minimally() -> None:
    place = Viewport(TEN, cursor=0, top=0, page=4)
    assert [place.at(index).top for index in (3, 4, 9, 99)] == [0, 1, 6, 6]
    assert Viewport(TEN, cursor=9, top=6, page=4).at(5).top == 5


def test_an_empty_list_has_no_key() -> None:
    empty = Viewport(TEN, cursor=4, top=2, page=4).with_rows(())
    assert empty.key is None
    assert empty.at(3).key is None
    assert empty.with_rows(TEN).key == "a"


@given(key_lists, key_lists, st.integers(0, 9), st.integers(0, 9), st.integers(1, 12))
def test_cursor_and_scroll_position_are_valid_after_any_change(
    old: tuple[str, ...], new: tuple[str, ...], cursor: int, top: int, page: int
) -> None:
    top = max(0, min(top, len(old) - page))
    before = Viewport(old, max(0, min(cursor, len(old) - 1)), top, page)
    after = before.with_rows(new)
    assert 0 <= after.cursor <= max(0, len(new) - 1)
    assert 0 <= after.top <= max(0, len(new) - page)
    assert after.is_cursor_visible or not before.is_cursor_visible
    if before.key in new:
        assert after.key == before.key


@given(key_lists, st.integers(0, 9), st.integers(0, 9), st.integers(1, 12))
def test_equal_rows_keep_the_viewport(keys: tuple[str, ...], cursor: int, top: int, page: int) -> None:
    top = max(0, min(top, len(keys) - page))
    place = Viewport(keys, max(0, min(cursor, len(keys) - 1)), top, page)
    assert place.with_rows(keys) == place


GROUPED = ("A", "a", "b", "C", "c", "D", "d")
"""Keys in capital letters are headings."""
HEADINGS = frozenset("ACD")


def test_the_cursor_skips_headings_in_its_direction() -> None:
    place = Viewport(GROUPED, cursor=2, top=0, page=9, headings=HEADINGS)
    assert [place.at(index).key for index in (3, 5, 9, 1, 0, -4)] == ["c", "d", "d", "a", "a", "a"]
    assert Viewport(GROUPED, cursor=4, top=0, page=9, headings=HEADINGS).at(3).key == "b"


def test_the_heading_above_the_first_row_of_a_group_is_shown() -> None:
    place = Viewport(GROUPED, cursor=6, top=4, page=3, headings=HEADINGS)
    assert place.at(1).top == 0
    assert place.at(4).top == 3
    assert Viewport(GROUPED, cursor=2, top=0, page=1, headings=HEADINGS).at(4).top == 4


def test_a_heading_inserted_above_the_cursor_is_shown() -> None:
    place = Viewport(("b", "a"), cursor=0, top=0, page=3).with_rows(GROUPED, HEADINGS)
    assert (place.key, place.top) == ("b", 2)
    place = Viewport(("c", "a"), cursor=0, top=0, page=3).with_rows(GROUPED, HEADINGS)
    assert (place.key, place.top) == ("c", 3)


def test_a_heading_that_was_scrolled_out_of_view_stays_hidden() -> None:
    place = Viewport(GROUPED, cursor=4, top=4, page=3, headings=HEADINGS)
    assert place.with_rows(("x", *GROUPED), HEADINGS).top == 5


def test_the_cursor_moves_below_a_heading_in_place_of_a_removed_row() -> None:
    place = Viewport(GROUPED, cursor=2, top=0, page=9, headings=HEADINGS)
    assert place.with_rows(("A", "a", "C", "c"), frozenset("AC")).key == "c"
    assert place.with_rows(("A", "a"), frozenset("A")).key == "a"


def test_headings_without_rows_have_no_cursor_key() -> None:
    assert Viewport(("A", "C"), cursor=0, top=0, page=3, headings=HEADINGS).at(1).key is None


@given(key_lists, key_lists, st.frozensets(st.sampled_from(TEN)), st.integers(0, 9), st.integers(1, 12))
def test_the_cursor_is_on_a_row_if_there_is_one(
    old: tuple[str, ...], new: tuple[str, ...], headings: frozenset[str], cursor: int, page: int
) -> None:
    after = Viewport(old, 0, 0, page, headings).at(cursor).with_rows(new, headings)
    assert (after.key is None) == headings.issuperset(new)
    assert 0 <= after.top <= max(0, len(new) - 1)
    assert after.is_cursor_visible or not new
