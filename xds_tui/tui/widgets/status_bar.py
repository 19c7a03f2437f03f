"""The top line: profile and account, state and age of the data, running cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from xds_tui.api.errors import NotSent
from xds_tui.domain import host_list
from xds_tui.domain.endpoint import environment_of
from xds_tui.fleet.state import ConnectionState, FleetState
from xds_tui.i18n import _
from xds_tui.text import formats, terms
from xds_tui.text.rules import guard_line
from xds_tui.tui.context import Profile
from xds_tui.tui.theme import glyphs
from xds_tui.tui.theme.themes import profile_color, profile_style

_ANSWERS: Final = {
    ConnectionState.SIGNED_OUT: "app.sign_in",
    ConnectionState.PAUSED: "screen.do('fleet.pause')",
    ConnectionState.ERROR: "screen.do('fleet.refresh')",
}
"""The action of a click on the line, by the state that it shows."""


@runtime_checkable
class HasFleet(Protocol):
    """A screen with a fleet to follow."""

    fleet: FleetState


CLOCK_WIDTH: Final = 8
"""Cells of a time of day."""


class Clock(Widget):
    """The time of the data. It is a widget of its own so that a refresh without changes writes nothing else."""

    DEFAULT_CSS = "Clock { position: absolute; width: 8; height: 1; background: $panel; }"

    time: reactive[str] = reactive("", layout=False)
    """What is shown."""

    def render(self) -> Content:
        """The time."""
        return Content(self.time)


class StatusBar(Widget):
    """Profile and account at the left, the state of the data in the middle, the running cost at the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status-bar--name",
        "status-bar--title",
        "status-bar--good",
        "status-bar--warn",
        "status-bar--muted",
    }
    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        padding: 0 1;
        background: $panel;
        .status-bar--title { text-style: bold; }
        .status-bar--name { text-style: bold; color: $text-primary; }
        .status-bar--good { color: $text-success; }
        .status-bar--warn { color: $text-warning; text-style: bold; }
        .status-bar--muted { color: $text-muted; }
        &:ansi .status-bar--muted { text-style: dim; }
    }
    """

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """The state of the fleet to show."""
    shows_totals: reactive[bool] = reactive(True, repaint=False)
    """Whether the number of hosts and the cost are shown: the main screen has them in its overview."""
    line: reactive[Content] = reactive(Content, layout=False, always_update=True)
    """The line without the clock."""

    def __init__(
        self,
        place: Profile,
        clock: Callable[[], datetime],
        *,
        title: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Create the status line.

        Args:
            place: the profile that is open.
            clock: returns the time, UTC.
            title: the name of the screen; empty on the main screen.
            id: Textual's.

        """
        super().__init__(id=id)
        self._place = place
        self._clock = clock
        self._title = title
        self._aging: Timer | None = None

    def compose(self) -> ComposeResult:
        """The clock; the line is drawn under it."""
        yield Clock()

    def on_mount(self) -> None:
        """Draw the line, and draw it again when the theme changes: the profile's colour depends on it."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.draw())
        if isinstance(self.screen, HasFleet):
            self.watch(self.screen, "fleet", self._follow)
        self.draw()

    def _follow(self, fleet: FleetState) -> None:
        self.fleet = fleet

    def on_unmount(self) -> None:
        """Unsubscribe from theme changes: the signal would keep this widget alive."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Draw the line in the new width."""
        self.draw()

    def watch_shows_totals(self) -> None:
        """Show or hide the totals."""
        if self.is_mounted:
            self.draw()

    def watch_fleet(self) -> None:
        """Draw the new state."""
        if self.is_mounted:
            self.draw()

    async def on_click(self) -> None:
        """Run the action of the state: sign in, resume or refresh."""
        if action := _ANSWERS.get(self.fleet.connection):
            await self.run_action(action)

    def render(self) -> Content:
        """The line."""
        return self.line

    def draw(self) -> None:
        """Compose the line. On narrow terminals the least important parts are dropped, the prepaid cost first."""
        clock = self.query_one(Clock)
        clock.display = self.fleet.connection is ConnectionState.LIVE
        line, at = self._composed()
        clock.time = formats.clock(self.fleet.snapshot.at) if self.fleet.snapshot else ""
        if clock.styles.offset.x.value != at:
            clock.styles.offset = (at, 0)
        if not line.is_same(self.line):
            self.line = line
        self._await_aging()

    def _await_aging(self) -> None:
        """Schedule a redraw for when the displayed age changes."""
        if self._aging is not None:
            self._aging.stop()
            self._aging = None
        if self.fleet.snapshot is not None and self.fleet.connection is not ConnectionState.LIVE:
            age = (self._clock() - self.fleet.snapshot.at).total_seconds()
            self._aging = self.set_timer(60 - age % 60 + 0.1, self.draw)

    def _composed(self) -> tuple[Content, int]:
        """Return the line, and the column of the clock."""
        width = (self.size.width or self.app.size.width - 2) - 4  # the size is not known in the first frame
        place, link, why = self._where(), self._link(), self._why()
        name = self._styled(f"{glyphs.brand(self.app)}  ", "name")
        if self._title:
            place += Content("  ") + self._styled(self._title, "title")
        billed = prepaid = counts = Content("")
        if self.shows_totals:
            (billed, prepaid), counts = self._cost(), self._counts()
        left = width - place.cell_length - link.cell_length
        shown = {}
        order = (("why", why), ("billed", billed), ("counts", counts), ("name", name), ("prepaid", prepaid))
        for part, text in (*order, ("guard", self._guard())):
            fits = text.cell_length <= left
            left -= text.cell_length * fits
            shown[part] = text if fits else Content("")
        room = left + 4
        before = Content.assemble(shown["name"], place, " " * (room - room // 2), link)
        line = Content.assemble(
            *(before, shown["why"], shown["counts"], shown["guard"], " " * (room // 2)),
            *(shown["billed"], shown["prepaid"]),
        )
        return line, before.cell_length - CLOCK_WIDTH

    def _styled(self, text: str, part: str) -> Content:
        # By class name: the style is resolved when it is drawn, in the theme of that moment.
        return Content(text).stylize(f".status-bar--{part}")

    def _where(self) -> Content:
        profile, base_url = self._place.profile, self.fleet.base_url
        environment = environment_of(base_url) if base_url else ""
        words = [] if profile in (environment, "default") else [profile]
        words.extend([formats.environment(environment)] if environment else [])
        if self.fleet.account:
            words.append(self.fleet.account)
        app, color = self.app, profile_color(self._place.color, environment)
        style = profile_style(color, environment, is_ansi=app.native_ansi_color, is_colourless=app.no_color)
        where = Content(f" {' · '.join(words)} ").stylize(style)
        if self._place.read_only:
            where += Content(" ") + self._styled(_(terms.READ_ONLY), "warn")
        return where

    def _link(self) -> Content:
        """Return the state of the connection in one word, with the progress or the time of the data."""
        fleet, reading = self.fleet, self._reading()
        at = fleet.snapshot is not None
        match fleet.connection:
            case ConnectionState.LIVE:
                every = _("every {seconds:g} s").format(seconds=fleet.interval)
                phase = formats.padded(reading, max(map(formats.cells, (every, reading)))) if reading else every
                return self._styled("● ", "good") + Content(f"{_('live')} · {phase} · {' ' * CLOCK_WIDTH}")
            case ConnectionState.CONNECTING:
                return self._styled(_parts("◌", _("connecting"), reading, self._data()), "muted")
            case ConnectionState.PAUSED:
                return self._styled(_parts("‖", _("paused"), reading, self._data()), "warn")
            case ConnectionState.SIGNED_OUT:
                return self._styled(_parts("!", _("sign in"), self._data()), "warn")
            case ConnectionState.ERROR:
                state = _("offline") if isinstance(fleet.error, NotSent) or not at else ""
                return self._styled(_parts("▲", state, reading, self._data()), "warn")

    def _reading(self) -> str:
        """Return how much of a refresh is done, if the user waits for one; otherwise an empty string."""
        reading = self.fleet.progress
        if reading is None:
            return ""
        return f"{reading.done}/{reading.total}" if reading.total else _("refreshing")

    def _why(self) -> Content:
        """Return the error of the last refresh and the time of the next attempt."""
        fleet = self.fleet
        if fleet.connection is not ConnectionState.ERROR or fleet.error is None:
            return Content("")
        parts = [_(fleet.error.summary)]
        if fleet.retry_at and fleet.progress is None:
            parts.append(_("next try {time}").format(time=formats.clock(fleet.retry_at)))
        return self._styled("".join(f" · {part}" for part in parts), "warn")

    def _guard(self) -> Content:
        """Return which program carries out the rules; empty without rules."""
        guard, now = self.fleet.guard, self._clock()
        if guard is None:
            return Content("")
        return self._styled(f" · {guard_line(guard, now)}", "muted" if guard.is_working(now) else "warn")

    def _data(self) -> str:
        """Return the age of the data in minutes, and their time; empty while there are none."""
        if self.fleet.snapshot is None:
            return ""
        at, now = self.fleet.snapshot.at, self._clock()
        time = formats.when(at, now)
        if now - at < timedelta(minutes=1):
            return _("data from {time}").format(time=time)
        return _("{age} old · {time}").format(age=formats.span(now - at), time=time)

    def _counts(self) -> Content:
        if self.fleet.snapshot is None:
            return Content("")
        counts = host_list.counts(self.fleet.snapshot.hosts, self._clock())
        hosts = formats.count_hosts(counts.total)
        return Content(" · " + _("{hosts}, {count} on").format(hosts=hosts, count=counts.on))

    def _cost(self) -> tuple[Content, Content]:
        """Return the hourly cost of the on-demand hosts, and of the prepaid ones."""
        rate = self.fleet.costs.fleet
        if self.fleet.snapshot is None or self.fleet.catalog is None:
            return Content(""), Content("")
        prepaid = " + " + formats.prepaid_rate(rate.prepaid) if rate.prepaid.high else ""
        billed = formats.per_hour(formats.rate(rate.on_demand)) + (f" + {rate.unpriced} ?" if rate.unpriced else "")
        if rate.unpriced and not rate.on_demand.high:  # a sum of nothing would read as a price
            billed = formats.unknown_prices(rate.unpriced)
        return Content(billed), self._styled(prepaid, "muted")


def _parts(glyph: str, *words: str) -> str:
    return f"{glyph} {' · '.join(word for word in words if word)}"
