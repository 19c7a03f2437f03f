"""A guard against answers that were given before what they answer could be read."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import Any, Final, Protocol, runtime_checkable

from textual.screen import Screen

READING_TIME: Final = 0.6
"""Seconds for which a question has to be on the screen before it is answered."""


@runtime_checkable
class HasInputTime(Protocol):
    """An app that knows when the user pressed what it is handling."""

    @property
    def input_time(self) -> float:
        """When the key or mouse button was pressed, by the clock of `time.monotonic`."""


class ReadingGuard:
    """Refuses what was pressed before a question had been on the screen for `READING_TIME`.

    What counts is when a key arrived, not when it is handled: on a busy machine a key that was typed ahead may be
    handled long after the question that it was not meant for has been painted.
    """

    def __init__(self, screen: Screen[Any]) -> None:
        """Create a guard that refuses everything until its first `restart` has been painted."""
        self._screen = screen
        self._shown_at = inf

    @property
    def is_shown(self) -> bool:
        """Whether the question has been painted."""
        return self._shown_at < inf

    def restart(self) -> None:
        """Begin again with the next paint: a stalled terminal shows a question late."""
        self._shown_at = inf
        self._screen.call_after_refresh(self._note_shown)

    def allows_input(self) -> bool:
        """Return whether the key or mouse button that is being handled was pressed after the question could be read."""
        app = self._screen.app
        pressed_at = app.input_time if isinstance(app, HasInputTime) else monotonic()
        return pressed_at - self._shown_at >= READING_TIME

    def _note_shown(self) -> None:
        self._shown_at = monotonic()
