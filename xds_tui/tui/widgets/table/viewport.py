"""Where a reader is in a list of keyed rows, and where that is once the list has changed.

Pure: a place in, a place out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Viewport:
    """A cursor in a list, and the part of the list that is on screen."""

    keys: tuple[str, ...]
    """The key of each row, none of them twice."""
    cursor: int
    """The row with the cursor; 0 where there are none."""
    top: int
    """The first row on screen."""
    page: int
    """How many rows there is room for, at least 1."""
    headings: Collection[str] = frozenset()
    """The keys of rows that tell what the rows below them have in common: the cursor goes past them."""

    @property
    def key(self) -> str | None:
        """The key of the row with the cursor, or None where there are no rows."""
        key = self.keys[self.cursor] if self.keys else None
        return None if key in self.headings else key

    @property
    def is_seen(self) -> bool:
        """Whether the cursor is on screen."""
        return self.top <= self.cursor < self.top + self.page

    @property
    def is_cut_from_heading(self) -> bool:
        """Whether the cursor is on the top row of the screen, and what stands right above it is a heading."""
        above = self.cursor - 1
        return self.top == self.cursor and above >= 0 and self.page > 1 and self.keys[above] in self.headings

    def index(self, key: str) -> int | None:
        """Return where the row of `key` is, or None."""
        try:
            return self.keys.index(key)
        except ValueError:
            return None

    def at(self, index: int) -> Viewport:
        """Put the cursor on row `index`, or the row nearest to it that there is, and scroll as little as shows it.

        From a heading it goes on in the direction it came from; the first row below one is shown with it.
        """
        cursor = _past_headings(self, index, 1 if index >= self.cursor else -1)
        place = replace(self, cursor=cursor, top=_showing(self, cursor))
        return replace(place, top=place.top - 1) if place.is_cut_from_heading else place

    def among(self, keys: tuple[str, ...], headings: Collection[str] = frozenset()) -> Viewport:
        """Put other rows in place of these without moving what the eye rests on.

        That is the row with the cursor, or the top one where the cursor was scrolled out of sight. What has gone is
        represented by the row that took its place. Only a heading that came in right above the cursor is shown too.
        """
        new = replace(self, keys=keys, headings=headings)
        anchor = self.cursor if self.is_seen else self.top
        top = self.top + self._now_at(anchor, new) - anchor
        new = replace(new, top=max(0, min(top, len(keys) - self.page)))
        new = replace(new, cursor=_past_headings(new, self._now_at(self.cursor, new), 1))
        if not self.is_seen:
            return new
        new = replace(new, top=_showing(new, new.cursor))
        return replace(new, top=new.top - 1) if new.is_cut_from_heading and not self.is_cut_from_heading else new

    def _now_at(self, index: int, new: Viewport) -> int:
        moved = new.index(self.keys[index]) if index < len(self.keys) else None
        return max(0, min(index, len(new.keys) - 1)) if moved is None else moved


def _past_headings(place: Viewport, index: int, step: int) -> int:
    """Return the row nearest to `index` that is no heading, looked for by `step` and then the other way."""
    index = max(0, min(index, len(place.keys) - 1))
    for way in (step, -step):
        row = index
        while 0 <= row < len(place.keys) and place.keys[row] in place.headings:
            row += way
        if 0 <= row < len(place.keys):
            return row
    return index


def _showing(place: Viewport, cursor: int) -> int:
    """Return the top row after as little scrolling as shows the row of `cursor`."""
    return max(min(place.top, cursor), cursor - place.page + 1)


Keys = frozenset[str]


@dataclass(frozen=True, slots=True)
class Run:
    """Marks that grow and shrink with the cursor, from the row where the cursor began to take them along."""

    anchor: str
    """The key of that row."""
    before: Keys
    """What was marked then."""
    cursor: str | None
    """The key of the row that the cursor came to."""
    marked: Keys
    """What is marked since."""


def extended(run: Run | None, marked: Keys, start: Viewport, end: Viewport) -> Run | None:
    """Return the run after the cursor went from `start` to `end`, or None where there is no row to begin at.

    It goes on with `run` if nothing was marked and the cursor was not moved otherwise since; else a new one begins.
    """
    if run is None or run.cursor != start.key or run.marked != marked or start.index(run.anchor) is None:
        if start.key is None:
            return None
        run = Run(start.key, marked, start.key, marked)
    first, last = sorted((end.index(run.anchor) or 0, end.cursor))
    passed = (key for key in end.keys[first : last + 1] if key not in end.headings)
    return Run(run.anchor, run.before, end.key, run.before.union(passed))


def all_or_none(marked: Keys, shown: Keys) -> Keys:
    """Mark all that are shown, or if they are, take the marks of all of them away; what is not shown stays."""
    return marked - shown if shown <= marked else marked | shown
