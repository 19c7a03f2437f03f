from __future__ import annotations

from xds_tui.tui.widgets.table.viewport import Run, Viewport, all_or_none, extend

NONE: frozenset[str] = frozenset()


def at(cursor: int, keys: str = "abcdef", headings: str = "") -> Viewport:
    return Viewport(tuple(keys), cursor, top=0, page=9, headings=frozenset(headings))


def went(run: Run | None, start: Viewport, end: Viewport, marked: frozenset[str] | None = None) -> Run:
    before = run.marked if run else NONE
    after = extend(run, before if marked is None else marked, start, end)
    assert after is not None
    return after


def test_the_range_follows_the_cursor_in_both_directions() -> None:
    run = went(None, at(1), at(2))
    assert run.marked == set("bc")
    run = went(run, at(2), at(4))
    assert run.marked == set("bcde")
    run = went(run, at(4), at(0))
    assert run.marked == set("ab")


def test_earlier_marks_are_kept() -> None:
    run = went(None, at(1), at(2), marked=frozenset("f"))
    assert run.marked == set("bcf")
    assert went(run, at(2), at(1)).marked == set("bf")


def test_a_new_range_starts_after_the_cursor_or_the_marks_were_changed() -> None:
    run = went(None, at(0), at(1))
    assert went(run, at(3), at(4)).marked == set("abde")
    assert went(run, at(1), at(0), marked=frozenset("ab") | {"f"}).marked == set("abf")


def test_a_new_range_starts_at_the_cursor_if_the_anchor_is_gone() -> None:
    run = went(None, at(0), at(1))
    assert went(run, at(0, "bcdef"), at(1, "bcdef")).marked == set("abc")


def test_a_range_continues_after_its_rows_were_moved() -> None:
    run = went(None, at(1), at(2))
    assert went(run, at(3, "xabcdef"), at(4, "xabcdef")).marked == set("bcd")


def test_headings_are_not_marked() -> None:
    assert went(None, at(0, "aBc", "B"), at(2, "aBc", "B")).marked == set("ac")


def test_an_empty_list_has_no_range() -> None:
    assert extend(None, NONE, at(0, ""), at(0, "")) is None


def test_marking_all_toggles_the_shown_rows() -> None:
    shown = frozenset("ab")
    assert all_or_none(NONE, shown) == set("ab")
    assert all_or_none(frozenset("bz"), shown) == set("abz")
    assert all_or_none(frozenset("abz"), shown) == set("z")
    assert all_or_none(frozenset("z"), NONE) == set("z")
