"""Keys, one at a time: each is heard by what the one before has opened.

Textual sends a key to what has the focus at once, while the one before may still be on its way up from widget to
widget, or wait for what it opens. Over a slow line keys come in bursts: of `/system` the `s` would start a host.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from textual.app import App
from textual.dom import DOMNode
from textual.events import Key

LONGEST: Final = 1.0
"""Seconds that a key waits at most for the one before: what it went through may have been closed meanwhile."""


class KeysInTurn:
    """Holds keys back until the one before has been gone through with."""

    def __init__(self, app: App[Any], hear: Callable[[Key], Awaitable[None]]) -> None:
        """Make it.

        Args:
            app: whose keys they are.
            hear: has Textual hear a key; awaited by the app itself.

        """
        self._app = app
        self._hear = hear
        self._waiting: deque[Key] = deque()
        self._before: DOMNode | None = None
        self._at = 0.0
        self._turn = 0
        self._end: asyncio.TimerHandle | None = None

    async def take(self, key: Key) -> None:
        """Have a key heard, now or in its turn."""
        self._waiting.append(key)
        if len(self._waiting) > 1:
            return
        if self._before is None or asyncio.get_running_loop().time() - self._at > LONGEST:
            await self._next(self._turn)
        else:
            self._follow(self._before)

    def _follow(self, before: DOMNode) -> None:
        """Go the way of the key before, all the way up; behind it comes what it put off, such as the focus."""
        self._turn += 1
        app, turn = self._app, self._turn
        self._end = asyncio.get_running_loop().call_later(LONGEST, lambda: app.call_later(self._next, turn))
        self._climb([*before.ancestors_with_self, app], turn)

    def _climb(self, way: list[DOMNode], turn: int) -> None:
        for index, node in enumerate(way):
            rest = way[index + 1 :]
            if node.call_later(self._climb, rest, turn) if rest else node.call_later(self._next, turn):
                return

    async def _next(self, turn: int) -> None:
        """Have the first that waits heard, unless it has been since."""
        if turn != self._turn or not self._waiting:
            return
        self._turn += 1
        if self._end is not None:
            self._end.cancel()
        key, before = self._waiting.popleft(), self._app.focused or self._app.screen
        self._before, self._at = before, asyncio.get_running_loop().time()
        await self._hear(key)
        if self._waiting:
            self._follow(before)
