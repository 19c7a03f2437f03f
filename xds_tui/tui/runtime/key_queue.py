"""Keys, one at a time: each is handled by what the key before it has opened.

Textual sends a key to the focused widget at once, while the key before it may still be on its way up from widget to
widget, or may have started a worker that opens a dialog. Over a slow line keys come in bursts: the `s` of `/system`
would start a host, and so would one that is typed behind the enter of the command palette.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from weakref import WeakSet

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.screen import Screen, ScreenResultType
from textual.widgets import Input
from textual.worker import Worker, get_current_worker

from xds_tui.domain import halfwidth
from xds_tui.tui.commands import COMMANDS, key_name, keys_of

MAX_HELD_KEYS: Final = 1.0
"""Seconds that a key waits at most for the one before: what it went through may have been closed meanwhile."""

PASSES: Final = 3
"""Messages that follow from each other before a key has had its effect, as when `enter` in a field submits it, the
submission closes the dialog, and the answer opens another one."""

PAUSE: Final = 0.005
"""Seconds between two looks at workers that have not come to their next dialog yet."""

URGENT: Final = ("app.quit", "app.interrupt", "app.suspend")
"""The actions whose keys do not wait for the keys before them."""

FLOW: Final = "flow"
"""The group of workers that lead from a key through dialogs to an effect: `@work(group=FLOW)`."""


class Flows:
    """The workers that lead from a key to a dialog, or from an answer to its effect."""

    def __init__(self, workers: Iterable[Worker[Any]]) -> None:
        """Watch the flows among the workers of an app."""
        self._workers = workers
        self._resting: WeakSet[Worker[Any]] = WeakSet()

    @property
    def moving(self) -> list[Worker[Any]]:
        """The flows that neither have ended nor wait for the user."""
        return [
            worker
            for worker in self._workers
            if worker.group == FLOW and not worker.is_finished and worker not in self._resting
        ]

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let the current worker wait for the user: the keys are for its dialog."""
        worker = get_current_worker()
        self._resting.add(worker)
        try:
            yield
        finally:
            self._resting.discard(worker)

    def give_up(self) -> None:
        """Hold no more keys back for those that move now: they wait for something else than the user."""
        self._resting.update(self.moving)


class KeyQueue:
    """Holds keys back until the one before has had its effect."""

    def __init__(self, app: App[Any], hear: Callable[[Key], Awaitable[None]]) -> None:
        """Make the queue.

        Args:
            app: the app that receives the keys.
            hear: passes a key to Textual; awaited by the app itself.

        """
        self._app = app
        self._hear = hear
        self.flows = Flows(app.workers)
        self._waiting: deque[Key] = deque()
        self._before: DOMNode | None = None
        self._at = 0.0
        self._turn = 0
        self._end: asyncio.TimerHandle | None = None

    @property
    def is_holding(self) -> bool:
        """Whether keys wait."""
        return bool(self._waiting)

    async def take(self, key: Key) -> None:
        """Have a key handled, now or in its turn."""
        self._waiting.append(key)
        if len(self._waiting) > 1:
            return
        is_recent = self._before is not None and asyncio.get_running_loop().time() - self._at <= MAX_HELD_KEYS
        if is_recent or self.flows.moving:
            self._follow()
        else:
            await self._next(self._turn)

    def _follow(self) -> None:
        """Go the way of the key before, all the way up; behind it comes what it put off, such as the focus."""
        self._turn += 1
        self._end = asyncio.get_running_loop().call_later(MAX_HELD_KEYS, self._give_up, self._turn)
        self._pass(PASSES, self._turn)

    def _give_up(self, turn: int) -> None:
        self.flows.give_up()
        self._app.call_later(self._next, turn)

    def _pass(self, passes: int, turn: int) -> None:
        if turn == self._turn:
            before, now = self._before, self._app.focused or self._app.screen
            way = [*before.ancestors_with_self] if before is not None and before is not now else []
            self._climb([*way, *now.ancestors_with_self, self._app], passes, turn)

    def _climb(self, way: list[DOMNode], passes: int, turn: int) -> None:
        for index, node in enumerate(way):
            rest = way[index + 1 :]
            step = partial(self._climb, rest) if rest else self._arrive
            if node.call_later(step, passes, turn):
                return

    async def _arrive(self, passes: int, turn: int) -> None:
        if passes > 1:
            self._pass(passes - 1, turn)
        elif self.flows.moving:
            # A flow that was seen to move may have opened something since: once more all the way up behind it.
            asyncio.get_running_loop().call_later(PAUSE, self._pass, 2, turn)
        else:
            await self._next(turn)

    async def _next(self, turn: int) -> None:
        """Have the first key that waits handled, unless it has been since."""
        if turn != self._turn or not self._waiting:
            return
        self._turn += 1
        if self._end is not None:
            self._end.cancel()
        self._before, self._at = self._app.focused or self._app.screen, asyncio.get_running_loop().time()
        await self._hear(self._waiting.popleft())
        if self._waiting:
            self._follow()


class KeysInTurnApp(App[int], inherit_bindings=False):
    """An app that handles keys one at a time, and typed commands in half width."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        """Make the app; `keymap` has the keys that the user has chosen, by action ID."""
        super().__init__()
        self._keys = KeyQueue(self, self._hear_key)
        self._urgent = frozenset(key for name in URGENT for key in keys_of(COMMANDS[name], keymap))

    async def on_event(self, event: Event) -> None:
        """Handle keys in turn; at once those that end or suspend the app, whatever takes long."""
        if isinstance(event, Key) and not event.is_forwarded and event.key not in self._urgent:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    async def push_screen_wait(
        self, screen: Screen[ScreenResultType] | str, *, mode: str | None = None
    ) -> ScreenResultType:
        """Push a screen and wait for its result; the keys are for that screen meanwhile."""
        with self._keys.flows.asking():
            return await super().push_screen_wait(screen, mode=mode)

    async def _hear_key(self, key: Key) -> None:
        # A field takes what is typed as it is, but for the wide space, which Textual drops as not printable.
        is_typing = isinstance(self.focused, Input) and key.character != "\u3000"
        await super().on_event(key if is_typing else as_command(key))


def as_command(key: Key) -> Key:
    """Return a key of a Chinese input method as the key of the same sign in half width."""
    sign = halfwidth.command_sign(key.character or "")
    return key if sign == (key.character or "") else Key(key_name(sign), sign)
