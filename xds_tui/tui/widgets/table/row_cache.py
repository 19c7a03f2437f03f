"""The rows that were on screen, each asked for once, and what is new in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.cache import LRUCache

from xds_tui.tui.widgets.table.columns import Column
from xds_tui.tui.widgets.table.render import Row

MAX_ROWS: Final = 512
"""Rows that are kept: a few screenfuls, however many there are."""

NOTHING: Final[frozenset[int]] = frozenset()


class RowCache:
    """Rows by key, each read from its source when it is first wanted, beside what was read before."""

    def __init__(self, columns: tuple[Column, ...], source: Callable[[str], Row]) -> None:
        self.columns = columns
        self._source = source
        self._read: LRUCache[str, Row] = LRUCache(MAX_ROWS)
        self._before: LRUCache[str, Row] = LRUCache(MAX_ROWS)

    def read_from(self, columns: tuple[Column, ...], source: Callable[[str], Row]) -> None:
        """Read all rows anew; with other columns nothing of what was read before can be compared."""
        self._before = self._read if columns == self.columns else LRUCache(MAX_ROWS)
        self._read = LRUCache(MAX_ROWS)
        self.columns = columns
        self._source = source

    def __getitem__(self, key: str) -> Row:
        """Return the row of `key`."""
        if (row := self._read.get(key)) is None:
            row = self._read[key] = self._source(key)
        return row

    def changed(self, key: str) -> frozenset[int]:
        """Return the columns in which the row of `key` shows something else than it did before."""
        before, row = self._before.get(key), self[key]
        if before is None or before.cells == row.cells:
            return NOTHING
        pairs = enumerate(zip(before.cells, row.cells, strict=True))
        return frozenset(index for index, (old, new) in pairs if old != new and not new.quiet)
