"""Base classes of all screens: their workers end before their widgets are removed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from textual.app import App
from textual.await_remove import AwaitRemove
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.events import Event, Mount
from textual.message_pump import MessagePump
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget
from textual.worker import ResultType, Worker, WorkType

from xds_tui.fleet.state import FleetState
from xds_tui.tui.command import Command, Context
from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.textual_compat import CompatScreen
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.notice import Notice


class AppScreen(CompatScreen[ScreenResultType]):
    """A screen that cancels its workers when it closes.

    Textual cancels them once all widgets have gone. A worker that goes on in between looks for widgets that are not
    there, or mounts some that never will be. Whatever awaits something and then touches widgets is therefore a worker
    of the screen or of one of its widgets (`@work`), and needs no checks of its own.

    Attributes:
        is_leaving: whether the screen has begun to close.
        manual_topic: the page of the manual about the screen, one of `manual.TOPICS`.

    """

    is_leaving = False
    manual_topic: ClassVar[str] = "keys"

    @property
    def manual_page(self) -> str:
        """The page of the manual about the notice on the screen; without one, about the screen."""
        topics = (notice.topic for notice in self.query(Notice) if notice.display and notice.topic)
        return next(topics, self.manual_topic)

    def remove(self) -> AwaitRemove:
        """Cancel the workers, and remove the screen."""
        self.is_leaving = True
        cancel_workers(self.app, self)
        return super().remove()

    def can_call_back(self, node: MessagePump) -> bool:
        """Return whether the screen of `node` is still open."""
        return node is self.app or (node.is_attached and not is_closing(node))

    async def on_event(self, event: Event) -> None:
        """Handle an event, unless the screen was closed before it was composed."""
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
        """Start a worker, unless the screen is closing."""
        worker = super().run_worker(work, name, group, description, exit_on_error, start, exclusive, thread)
        if self.is_leaving:
            worker.cancel()
        return worker


class DialogScreen(ModalScreen[ScreenResultType], AppScreen[ScreenResultType]):
    """A dialog over another screen. Textual inherits the styles of the first base only."""


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


WIDE_COLUMNS: Final = 110
"""Columns from which things stand side by side."""


@runtime_checkable
class HasStatusLine(Protocol):
    """An app that creates status lines."""

    def new_status_line(self, title: str) -> Widget:
        """Return a status line for a screen with this title."""


class LiveScreen(AppScreen[ScreenResultType]):
    """A screen with the state of the fleet, which the app keeps up to date."""

    HOLDS_WORK: ClassVar[bool] = False
    """Whether leaving it other than by its own keys would lose what was done in it."""

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """What is known."""

    def __init__(self, fleet: FleetState) -> None:
        super().__init__()
        self.set_reactive(LiveScreen.fleet, fleet)

    def status_line(self, title: str) -> Widget:
        """Return the status line for this screen, to be composed first: environment, account, age of the data."""
        app = self.app
        return app.new_status_line(title) if isinstance(app, HasStatusLine) else Widget(classes="no-status-line")

    def show_notice(self, lines: Sequence[str], *, mild: bool = False, subject: str = "") -> None:
        """Show the result of an action, unless the screen has closed. Without lines, clear the notice of `subject`.

        Args:
            lines: what to show.
            mild: whether it is a hint, and not an error.
            subject: what it is about, for `Notice.clear`.

        """
        if self.is_leaving or not self.is_attached:
            return
        notice = self.query_one(Notice)
        if lines:
            notice.show(lines, mild=mild, subject=subject)
        else:
            notice.clear(subject)

    # Which actions apply

    def context(self) -> Context | None:
        """The state on which the available actions depend; None: all are available."""
        return None

    def why_not(self, action: Command) -> str:
        """Return why an action is disabled; empty if it is enabled."""
        context = self.context()
        return action.why_not(context) if context is not None else ""

    def update_command_states(self) -> None:
        """Update which keys of the key bar are dimmed."""
        with contextlib.suppress(NoMatches):  # not composed yet
            self.query_one(KeyBar).context = self.context()

    async def action_do(self, action_id: str) -> None:
        """Run an action that has a rule, or show why it is disabled."""
        action, notice = COMMANDS[action_id], self.query_one(Notice)
        why = self.why_not(action)
        if not why:
            notice.clear("action")
            await self.app.run_action(action.run, self.target_widget(action.place))
        elif notice.is_error:
            self.notify(why, severity="warning", markup=False)
        else:
            notice.show([why], mild=True, subject="action")

    def target_widget(self, place: str) -> DOMNode:
        """Show, focus and return the widget that handles the actions of `place`."""
        return self
