"""The cursor, the scroll position and the marks of a list of keyed rows, and how they follow changes of the list.

Pure functions on frozen values.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from xds_tui.structs import dataclass


@dataclass(frozen=True, slots=True)
class Viewport:
    """A cursor in a list, and the part of the list that is on screen."""

    keys: tuple[str, ...]
    """The unique keys of the rows."""
    cursor: int
    """The index of the row with the cursor; 0 if there are no rows."""
    top: int
    """The index of the first row on screen."""
    page: int
    """The number of rows that fit on the screen, at least 1."""
    headings: Collection[str] = frozenset()
    """The keys of rows that are headings of groups, which the cursor skips."""

    @property
    def key(self) -> str | None:
        """The key of the row with the cursor, or None if there are no rows."""
        key = self.keys[self.cursor] if self.keys else None
        return None if key in self.headings else key

    @property
    def is_cursor_visible(self) -> bool:
        """Whether the cursor is on screen."""
        return self.top <= self.cursor < self.top + self.page

    @property
    def is_cut_from_heading(self) -> bool:
        """Whether the cursor is on the first row of the screen, and the row above it is a heading."""
        above = self.cursor - 1
        return self.top == self.cursor and above >= 0 and self.page > 1 and self.keys[above] in self.headings

    def index(self, key: str) -> int | None:
        """Return the index of the row with `key`, or None."""
        try:
            return self.keys.index(key)
        except ValueError:
            return None

    def at(self, index: int) -> Viewport:
        """Return the viewport with the cursor on row `index`, or the nearest that exists, scrolled as far as needed.

        The cursor skips a heading in its direction of movement. The heading above the first row of a group is shown
        too.
        """
        cursor = _skip_headings(self, index, 1 if index >= self.cursor else -1)
        moved = replace(self, cursor=cursor, top=_scrolled_to(self, cursor))
        return replace(moved, top=moved.top - 1) if moved.is_cut_from_heading else moved

    def with_rows(self, keys: tuple[str, ...], headings: Collection[str] = frozenset()) -> Viewport:
        """Return the viewport on other rows, where the anchor keeps its line on the screen.

        The anchor is the row with the cursor, or the first row on screen if the cursor is scrolled out of view. If it
        has been removed, the row at its index takes its place. A heading that was inserted above the cursor is shown.
        """
        new = replace(self, keys=keys, headings=headings)
        anchor = self.cursor if self.is_cursor_visible else self.top
        top = self.top + self._index_in(new, anchor) - anchor
        new = replace(new, top=max(0, min(top, len(keys) - self.page)))
        new = replace(new, cursor=_skip_headings(new, self._index_in(new, self.cursor), 1))
        if not self.is_cursor_visible:
            return new
        new = replace(new, top=_scrolled_to(new, new.cursor))
        return replace(new, top=new.top - 1) if new.is_cut_from_heading and not self.is_cut_from_heading else new

    def _index_in(self, new: Viewport, index: int) -> int:
        """Return the index in `new` of the row that has `index` in this viewport."""
        moved = new.index(self.keys[index]) if index < len(self.keys) else None
        return max(0, min(index, len(new.keys) - 1)) if moved is None else moved


def _skip_headings(viewport: Viewport, index: int, step: int) -> int:
    """Return the row nearest to `index` that is not a heading, first in the direction of `step`, then in the other."""
    index = max(0, min(index, len(viewport.keys) - 1))
    for direction in (step, -step):
        row = index
        while 0 <= row < len(viewport.keys) and viewport.keys[row] in viewport.headings:
            row += direction
        if 0 <= row < len(viewport.keys):
            return row
    return index


def _scrolled_to(viewport: Viewport, cursor: int) -> int:
    """Return the first row on screen after scrolling as little as possible to show the row `cursor`."""
    return max(min(viewport.top, cursor), cursor - viewport.page + 1)


Keys = frozenset[str]


@dataclass(frozen=True, slots=True)
class Run:
    """A range of marks between a fixed row and the cursor, as Shift with the arrow keys makes it."""

    anchor: str
    """The key of the fixed row."""
    before: Keys
    """The marks before the range was started."""
    cursor: str | None
    """The key of the row that the range extends to."""
    marked: Keys
    """All marks, including those of the range."""


def extend(run: Run | None, marked: Keys, start: Viewport, end: Viewport) -> Run | None:
    """Return the range after the cursor has moved from `start` to `end`, or None if there is no row at `start`.

    It continues `run` if neither the marks nor the cursor have been changed otherwise; if not, it is a new one.
    """
    if run is None or run.cursor != start.key or run.marked != marked or start.index(run.anchor) is None:
        if start.key is None:
            return None
        run = Run(start.key, marked, start.key, marked)
    first, last = sorted((end.index(run.anchor) or 0, end.cursor))
    passed = (key for key in end.keys[first : last + 1] if key not in end.headings)
    return Run(run.anchor, run.before, end.key, run.before.union(passed))


def all_or_none(marked: Keys, shown: Keys) -> Keys:
    """Return the marks with all shown rows added, or removed if all are marked; rows that are not shown keep theirs."""
    return marked - shown if shown <= marked else marked | shown
