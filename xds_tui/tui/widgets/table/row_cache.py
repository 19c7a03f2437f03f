"""A cache of the rows of a table, which also compares them with those before the last update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.cache import LRUCache

from xds_tui.tui.widgets.table.columns import Column
from xds_tui.tui.widgets.table.render import Row

MAX_ROWS: Final = 512
"""The number of rows in the cache: a few screens full."""

_NONE: Final[frozenset[int]] = frozenset()


class RowCache:
    """Rows by key, each read from the source at the first access, and the rows before the last `reset`."""

    def __init__(self, columns: tuple[Column, ...], source: Callable[[str], Row]) -> None:
        self.columns = columns
        self._source = source
        self._rows: LRUCache[str, Row] = LRUCache(MAX_ROWS)
        self._previous: LRUCache[str, Row] = LRUCache(MAX_ROWS)

    def reset(self, columns: tuple[Column, ...], source: Callable[[str], Row]) -> None:
        """Replace the source. After a change of the columns, no row is compared with the one before."""
        self._previous = self._rows if columns == self.columns else LRUCache(MAX_ROWS)
        self._rows = LRUCache(MAX_ROWS)
        self.columns = columns
        self._source = source

    def __getitem__(self, key: str) -> Row:
        """Return the row of `key`."""
        if (row := self._rows.get(key)) is None:
            row = self._rows[key] = self._source(key)
        return row

    def changed(self, key: str) -> frozenset[int]:
        """Return the indexes of the cells that differ from those before the last `reset`, apart from quiet ones."""
        before, row = self._previous.get(key), self[key]
        if before is None or before.cells == row.cells:
            return _NONE
        pairs = enumerate(zip(before.cells, row.cells, strict=True))
        return frozenset(index for index, (old, new) in pairs if old != new and not new.quiet)
