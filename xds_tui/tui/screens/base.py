"""What every screen has in common: the workers that it started end before its widgets do."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.await_remove import AwaitRemove
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget


class AppScreen(Screen[ScreenResultType]):
    """A screen that cancels its workers when it closes.

    Textual cancels them once all widgets have gone. A worker that goes on in between looks for widgets that are not
    there, or mounts some that never will be. Whatever awaits something and then touches widgets is therefore a worker
    of the screen or of one of its widgets (`@work`), and needs no checks of its own.

    Attributes:
        is_leaving: whether the screen has begun to close.

    """

    is_leaving = False

    def remove(self) -> AwaitRemove:
        """Close the screen, its workers first."""
        self.is_leaving = True
        cancel_workers(self.app, self)
        return super().remove()


class DialogScreen(AppScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """A screen that lies over another one and takes its keys."""


def cancel_workers(app: App[Any], screen: Screen[Any]) -> None:
    """Cancel the workers of a screen and of its widgets, at what they await now."""
    for worker in app.workers:
        node = worker.node
        if node is screen or (isinstance(node, Widget) and screen in node.ancestors):
            worker.cancel()
