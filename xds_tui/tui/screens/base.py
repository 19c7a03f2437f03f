"""What every screen has in common: the workers that it started end before its widgets do."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.await_remove import AwaitRemove
from textual.dom import DOMNode
from textual.events import Event, Mount
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget
from textual.worker import ResultType, Worker, WorkType


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

    async def on_event(self, event: Event) -> None:
        """Handle an event; closed before it was composed, a screen has nothing to mount."""
        if not (self.is_leaving and isinstance(event, Mount)):
            await super().on_event(event)

    def run_worker(
        self,
        work: WorkType[ResultType],
        name: str | None = "",
        group: str = "default",
        description: str = "",
        exit_on_error: bool = True,
        start: bool = True,
        exclusive: bool = False,
        thread: bool = False,
    ) -> Worker[ResultType]:
        """Run work as a worker; not once the screen closes, as when it was still being mounted then."""
        worker = super().run_worker(work, name, group, description, exit_on_error, start, exclusive, thread)
        if self.is_leaving:
            worker.cancel()
        return worker


class DialogScreen(ModalScreen[ScreenResultType], AppScreen[ScreenResultType]):
    """A screen that lies over another one and takes its keys; Textual takes the styles of the first base only."""


def is_closing(node: MessagePump) -> bool:
    """Return whether a node belongs to a screen that closes: what it looks for may never have been composed."""
    nodes = node.ancestors_with_self if isinstance(node, DOMNode) else []
    return any(isinstance(found, AppScreen) and found.is_leaving for found in nodes)


def cancel_workers(app: App[Any], screen: Screen[Any]) -> None:
    """Cancel the workers of a screen and of its widgets, at what they await now."""
    for worker in app.workers:
        node = worker.node
        if node is screen or (isinstance(node, Widget) and screen in node.ancestors):
            worker.cancel()
