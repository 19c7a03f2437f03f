"""Which rows of a list are marked: several at once, along the way of the cursor or all that are shown.

Pure: keys in, keys out.
"""

from __future__ import annotations

from dataclasses import dataclass

from xds_tui.tui.widgets.line_place import Viewport

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
