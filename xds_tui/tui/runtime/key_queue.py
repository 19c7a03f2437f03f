"""Key presses, one at a time: each is handled by the screen that the one before it has opened.

Textual sends a key press to the focused widget at once, although the one before may still be bubbling, or may have
started a worker that opens a dialog. On a slow connection keys arrive in bursts: the `s` of `/system` would start a
host, and so would an `s` typed after the Enter of the command palette.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from weakref import WeakSet

from textual.app import App
from textual.dom import DOMNode
from textual.events import Key
from textual.worker import Worker, get_current_worker

from xds_tui.domain import sanitize
from xds_tui.tui.commands import key_name

MAX_KEY_DELAY: Final = 1.0
"""Seconds that a key press waits at most for the one before: a widget on its path may have been removed."""

PASSES: Final = 3
"""Times that the path of a key press is followed before the next one is handled.

Its effect may need a chain of messages: Enter submits a field, the submission closes the dialog, and the result opens
another dialog.
"""

FLOW_POLL_INTERVAL: Final = 0.005
"""Seconds between two checks of flows that have not opened their next dialog."""

FLOW: Final = "flow"
"""The group of workers that run from a key press through dialogs to an effect: `@work(group=FLOW)`."""


class Flows:
    """The running workers of the group `FLOW`."""

    def __init__(self, workers: Iterable[Worker[Any]]) -> None:
        """Select the flows from the workers of an app."""
        self._workers = workers
        self._waiting_workers: WeakSet[Worker[Any]] = WeakSet()

    @property
    def active(self) -> list[Worker[Any]]:
        """The flows that have neither ended nor wait for the user."""
        return [
            worker
            for worker in self._workers
            if worker.group == FLOW and not worker.is_finished and worker not in self._waiting_workers
        ]

    @contextmanager
    def waiting_for_user(self) -> Iterator[None]:
        """Mark the current worker as waiting for the user: key presses go to its dialog."""
        worker = get_current_worker()
        self._waiting_workers.add(worker)
        try:
            yield
        finally:
            self._waiting_workers.discard(worker)

    def ignore_active(self) -> None:
        """Hold no more key presses for the flows that are active: they wait for something other than the user."""
        self._waiting_workers.update(self.active)


class KeyQueue:
    """Holds key presses until the one before has had its effect."""

    def __init__(self, app: App[Any], dispatch: Callable[[Key], Awaitable[None]]) -> None:
        """Create the queue.

        Args:
            app: the app that receives the key presses.
            dispatch: passes a key press to Textual; awaited by the app's own message handler.

        """
        self._app = app
        self._dispatch = dispatch
        self.flows = Flows(app.workers)
        self._keys: deque[Key] = deque()
        self._previous_node: DOMNode | None = None
        self._dispatched_at = 0.0
        self._turn = 0
        self._timeout: asyncio.TimerHandle | None = None

    @property
    def is_holding(self) -> bool:
        """Whether key presses are waiting."""
        return bool(self._keys)

    async def put(self, key: Key) -> None:
        """Handle a key press, now or when it is its turn."""
        self._keys.append(key)
        if len(self._keys) > 1:
            return
        loop_time = asyncio.get_running_loop().time()
        is_recent = self._previous_node is not None and loop_time - self._dispatched_at <= MAX_KEY_DELAY
        if is_recent or self.flows.active:
            self._follow_previous()
        else:
            await self._dispatch_next(self._turn)

    def _follow_previous(self) -> None:
        """Dispatch the next key press behind everything that the previous one has queued, such as a change of focus."""
        self._turn += 1
        self._timeout = asyncio.get_running_loop().call_later(MAX_KEY_DELAY, self._on_timeout, self._turn)
        self._follow_path(PASSES, self._turn)

    def _on_timeout(self, turn: int) -> None:
        self.flows.ignore_active()
        self._app.call_later(self._dispatch_next, turn)

    def _follow_path(self, passes: int, turn: int) -> None:
        if turn == self._turn:
            previous, current = self._previous_node, self._app.focused or self._app.screen
            path = [*previous.ancestors_with_self] if previous is not None and previous is not current else []
            self._climb([*path, *current.ancestors_with_self, self._app], passes, turn)

    def _climb(self, path: list[DOMNode], passes: int, turn: int) -> None:
        """Queue a callback on the first node of `path` that still runs; it goes on with the rest of the path."""
        for index, node in enumerate(path):
            rest = path[index + 1 :]
            step = partial(self._climb, rest) if rest else self._on_path_end
            if node.call_later(step, passes, turn):
                return

    async def _on_path_end(self, passes: int, turn: int) -> None:
        if passes > 1:
            self._follow_path(passes - 1, turn)
        elif self.flows.active:
            # A flow may have opened something since it was checked: follow the path once more behind that.
            asyncio.get_running_loop().call_later(FLOW_POLL_INTERVAL, self._follow_path, 2, turn)
        else:
            await self._dispatch_next(turn)

    async def _dispatch_next(self, turn: int) -> None:
        """Dispatch the first waiting key press, unless that was done since `turn`."""
        if turn != self._turn or not self._keys:
            return
        self._turn += 1
        if self._timeout is not None:
            self._timeout.cancel()
        self._previous_node = self._app.focused or self._app.screen
        self._dispatched_at = asyncio.get_running_loop().time()
        await self._dispatch(self._keys.popleft())
        if self._keys:
            self._follow_previous()


def convert_to_halfwidth(key: Key) -> Key:
    """Return a key press of a Chinese input method as that of the half-width character."""
    character = sanitize.ascii_key(key.character or "")
    return key if character == (key.character or "") else Key(key_name(character), character)
