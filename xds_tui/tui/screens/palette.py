"""The command palette: actions, hosts and screens by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

from xds_tui.domain.model import Host
from xds_tui.domain.sanitize import fold
from xds_tui.i18n import _, ngettext
from xds_tui.structs import dataclass
from xds_tui.text import formats, terms
from xds_tui.tui.command import Command
from xds_tui.tui.commands import COMMANDS, by_place, keys_of
from xds_tui.tui.screens.picker import Choice, PickerScreen

if TYPE_CHECKING:
    from xds_tui.tui.screens.base import LiveScreen
    from xds_tui.tui.screens.fleet import FleetScreen

MAX_ENTRIES: Final = 50
"""Hosts that are shown at once: who looks for another types more of its name."""

_HOST: Final = "host "
"""What the ID of a choice begins with that is a host; an action's has no space."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An action in the palette."""

    action: Command
    owner: LiveScreen[Any]
    """The screen that has to be in front for it."""
    node: DOMNode | None = None
    """What hears it; None: what `owner` names, and puts the focus on."""
    why_not: str = ""

    @property
    def label(self) -> str:
        """Its label, with the number of hosts that it applies to."""
        return self.action.words(self.owner.context())

    @property
    def is_taken_to(self) -> str:
        """The action that it runs: one of a screen that only calls the app's counts as the app's."""
        of_app = self.action.run.removeprefix("app.")
        return of_app if self.action.place == "app" or of_app != self.action.run else self.action.id

    @property
    def names(self) -> tuple[str, str]:
        """Its label in the chosen language and in English."""
        return self.label, self.action.label

    @property
    def words(self) -> str:
        """The words that find it: its texts in the chosen language and in English, and its ID in `[keys]`."""
        action = self.action
        return fold(f"{self.label} {action.label} {_(action.sentence)} {action.id}")


class PaletteScreen(PickerScreen):
    """Returns the ID of an action, or that of a host after the prefix `_HOST`."""

    def __init__(self, offers: Sequence[Offer], written: Callable[[Command], str], hosts: Sequence[Host]) -> None:
        """Create the palette.

        Args:
            offers: what can be done.
            written: tells how an action's keys are written.
            hosts: those that can be gone to.

        """
        keys = [written(offer.action) for offer in offers]
        width = max(map(formats.cells, keys), default=0)
        choices = [_choice(offer, formats.padded(its, width)) for offer, its in zip(offers, keys, strict=True)]
        super().__init__(_(terms.COMMANDS), choices, placeholder=_("a command, or a host by name, ID or address"))
        self._actions = list(zip(offers, choices, strict=True))
        self._hosts = hosts
        self._host_words: list[str] = []

    def found(self, words: Sequence[str]) -> tuple[Sequence[Choice], str]:
        """Return the actions that match all words, the best match first, followed by the hosts."""
        found = [(offer, choice) for offer, choice in self._actions if all(word in offer.words for word in words)]
        if words:
            found.sort(key=lambda match: min(_distance(name, words) for name in match[0].names))
        actions = [choice for _offer, choice in found]
        if not words:
            return actions, ""
        hosts = self._hosts_found(words)
        hosts.sort(key=lambda host: _distance(host.display_name, words))
        shown = [*actions, *map(_host_choice, hosts[:MAX_ENTRIES])]
        if (more := len(hosts) - MAX_ENTRIES) > 0:
            message = ngettext("{count} more host: type to narrow", "{count} more hosts: type to narrow", more).format(
                count=more
            )
            return shown, message
        return shown, "" if shown else _(terms.NOTHING_FOUND)

    def _hosts_found(self, words: Sequence[str]) -> list[Host]:
        if not self._host_words:
            self._host_words = [
                fold(f"{host.display_name} {host.name} {host.id} {formats.address(host)}") for host in self._hosts
            ]
        named = zip(self._hosts, self._host_words, strict=True)
        return [host for host, name in named if all(word in name for word in words)]


def offers(screen: LiveScreen[Any], base: FleetScreen) -> list[Offer]:
    """Return the actions of the screen in front, of the main screen `base`, and of the app."""
    offered: dict[str, Offer] = {}
    labels: set[str] = set()
    for offer in _reachable(screen, base):
        # What the screen in front does itself, the one behind it need not do too.
        is_doubled = offer.owner is not screen and offer.label in labels
        if not is_doubled and offered.setdefault(offer.is_taken_to, offer) is offer:
            labels.add(offer.label)
    return sorted(offered.values(), key=lambda offer: offer.action.place == "table")


def _reachable(screen: LiveScreen[Any], base: FleetScreen) -> Iterator[Offer]:
    for active in screen.active_bindings.values():
        action = COMMANDS.get(active.binding.id or "")
        if action is not None and active.node is not screen.app:
            yield Offer(action, screen, active.node, screen.why_not(action))
    for action in by_place(base.PLACES):
        why_not = _("press esc to close this first") if screen.HOLDS_WORK else base.why_not(action)
        yield Offer(action, base, None, why_not)
    for action in by_place(["app"]):
        if action.run != "palette":
            yield Offer(action, screen, screen.app)


async def reach(app: App[Any], screen: LiveScreen[Any], base: FleetScreen, keymap: Mapping[str, str]) -> None:
    """Let the user choose, and run the choice. Call it in a worker.

    Args:
        app: what runs it.
        screen: what is in front.
        base: the main screen.
        keymap: the keys that the user has chosen.

    """

    def written(action: Command) -> str:
        return " ".join(app.get_key_display(Binding(key, action.run)) for key in keys_of(action, keymap)[:2])

    offered = offers(screen, base)
    snapshot = None if screen.HOLDS_WORK else base.fleet.snapshot
    chosen = await app.push_screen_wait(PaletteScreen(offered, written, snapshot.hosts if snapshot else ()))
    if chosen is None:
        return
    if chosen.startswith(_HOST):
        await _bring_forward(app, base)
        base.go_to(chosen.removeprefix(_HOST))
        return
    offer = next(offer for offer in offered if offer.action.id == chosen)
    await _bring_forward(app, offer.owner)
    node = offer.node or offer.owner.target_widget(offer.action.place)
    await app.run_action(offer.action.binding().action, node)


async def _bring_forward(app: App[Any], screen: LiveScreen[Any]) -> None:
    """Close the screens over `screen`."""
    while app.screen is not screen and screen in app.screen_stack:
        await app.pop_screen()


def _choice(offer: Offer, keys: str) -> Choice:
    about = _(offer.action.sentence)
    return Choice(offer.action.id, offer.label, about, key=f"{keys}  ", why_not=offer.why_not)


def _host_choice(host: Host) -> Choice:
    about = f"{formats.status(host)} · {host.id} · {formats.address(host)}"
    return Choice(_HOST + host.id, host.display_name, about)


def _distance(name: str, words: Sequence[str]) -> int:
    """Return the rank of a match: 0 at the start of the name, 1 at the start of a word, 2 elsewhere."""
    named = fold(name)
    if named.startswith(words[0]):
        return 0
    return 1 if any(word.startswith(words[0]) for word in named.split()) else 2
