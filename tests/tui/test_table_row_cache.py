from __future__ import annotations

from xds_tui.tui.widgets.table.columns import Column
from xds_tui.tui.widgets.table.render import Cell, Row, RowCache

COLUMNS = (Column("name", "NAME", 8), Column("status", "STATUS", 8))


def row(name: str, status: str) -> Row:
    return Row((Cell(name), Cell(status)))


def test_a_row_is_read_once() -> None:
    asked: list[str] = []

    def source(key: str) -> Row:
        asked.append(key)
        return row(key, "on")

    rows = RowCache(COLUMNS, source)
    assert rows["a"] is rows["a"]
    assert asked == ["a"]


def test_changed_cells_are_reported_until_the_next_reset() -> None:
    rows = RowCache(COLUMNS, lambda key: row(key, "on"))
    assert rows["a"].cells
    rows.reset(COLUMNS, lambda key: row(key, "off"))
    assert rows.changed("a") == {1}
    assert rows.changed("never read before") == frozenset()
    rows.reset(COLUMNS, lambda key: row(key, "off"))
    assert rows.changed("a") == frozenset()


def test_a_change_of_columns_reports_no_changed_cells() -> None:
    rows = RowCache(COLUMNS, lambda key: row(key, "on"))
    assert rows["a"].cells
    rows.reset(COLUMNS[:1], lambda key: Row((Cell("other"),)))
    assert rows.changed("a") == frozenset()


def test_quiet_cells_are_not_reported() -> None:
    rows = RowCache(COLUMNS, lambda key: Row((Cell(key), Cell("5 min", quiet=True))))
    assert rows["a"].cells
    rows.reset(COLUMNS, lambda key: Row((Cell(key), Cell("4 min", quiet=True))))
    assert rows.changed("a") == frozenset()
