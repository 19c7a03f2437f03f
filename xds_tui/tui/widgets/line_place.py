"""Where a reader is in a list of keyed rows, and where that is once the list has changed.

Pure: a place in, a place out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a list, and the part of the list that is on screen."""

    keys: tuple[str, ...]
    """The key of each row, none of them twice."""
    cursor: int
    """The row with the cursor; 0 where there are none."""
    top: int
    """The first row on screen."""
    page: int
    """How many rows there is room for, at least 1."""

    @property
    def key(self) -> str | None:
        """The key of the row with the cursor, or None where there are no rows."""
        return self.keys[self.cursor] if self.keys else None

    @property
    def is_seen(self) -> bool:
        """Whether the cursor is on screen."""
        return self.top <= self.cursor < self.top + self.page

    def index(self, key: str) -> int | None:
        """Return where the row of `key` is, or None."""
        try:
            return self.keys.index(key)
        except ValueError:
            return None

    def at(self, index: int) -> Place:
        """Put the cursor on row `index`, or the row nearest to it that there is, and scroll as little as shows it."""
        cursor = max(0, min(index, len(self.keys) - 1))
        top = max(min(self.top, cursor), cursor - self.page + 1)
        return replace(self, cursor=cursor, top=top)

    def among(self, keys: tuple[str, ...]) -> Place:
        """Put other rows in place of these without moving what the eye rests on.

        That is the row with the cursor, or the top one where the cursor was scrolled out of sight. What has gone is
        represented by the row that took its place.
        """
        new = replace(self, keys=keys)
        anchor = self.cursor if self.is_seen else self.top
        top = self.top + self._now_at(anchor, new) - anchor
        new = replace(new, cursor=self._now_at(self.cursor, new), top=max(0, min(top, len(keys) - self.page)))
        return new.at(new.cursor) if self.is_seen else new

    def _now_at(self, index: int, new: Place) -> int:
        moved = new.index(self.keys[index]) if index < len(self.keys) else None
        return max(0, min(index, len(new.keys) - 1)) if moved is None else moved
