"""A driver for tests of screens: the whole app on a simulated service, with a clock that the test controls."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
from support.wait import until
from textual._context import visible_screen_stack
from textual.events import Key
from textual.keys import _character_to_key

from tests.simulator_faults.clocks import ManualClock
from tests.simulator_faults.middleware import Service, build
from xds_tui.api.client import Client
from xds_tui.auth.account import Account, Source, TokenCache
from xds_tui.config.schema import SaveSetting
from xds_tui.domain.credentials import AccountKey, Credentials, Secret
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState
from xds_tui.remote.templates import ConnectCommands
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.host import SimHost
from xds_tui.simulator.world import ACCOUNT, SECRET, Options, World
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal
from xds_tui.tui.app import XdsApp
from xds_tui.tui.context import AppServices, Profile, ProfileConnector, ProfileServices

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.screen import Screen
    from textual.strip import Strip

KEY = AccountKey(ACCOUNT, Secret(SECRET))
MORNING = 1_790_000_000.0
"""Seconds since the epoch at the start of every test."""


class AppDriver:
    """The app, its simulated service, and the actions and observations of a user."""

    def __init__(
        self,
        *,
        hosts: int = 12,
        options: Options | None = None,
        credentials: Credentials | None = KEY,
        keymap: Mapping[str, str] | None = None,
        read_only: bool = False,
        base_url: str = "https://simulated",
        profiles: ProfileConnector | None = None,
        theme: str = "dark",
        ascii_only: bool = False,
        keep: SaveSetting | None = None,
        commands: ConnectCommands | None = None,
        theme_folder: Path | None = None,
    ) -> None:
        self.clock = ManualClock(MORNING)
        self.world = World(options or Options(), self.clock)
        populate(self.world, hosts)
        self.service = Service(self.world)
        self.database = Database(None)
        self.account = Account(
            self._connect,
            base_url=base_url,
            profile="test",
            keyring_store=None,
            credentials=credentials,
            source=Source.DEMO,
        )
        self.monitor = Monitor(
            self.account, Journal(self.database, "test"), interval=3600, clock=self.now, rng=lambda: 0.0
        )
        self.exports = Path(tempfile.gettempdir()) / f"xds-tui-exports-{uuid4().hex}"
        self.app = XdsApp(
            AppServices(
                profile=ProfileServices(
                    Profile("test", base_url, read_only), self.monitor, self.account, self.database.close
                ),
                profiles=profiles,
                clock=self.now,
                keymap=keymap or {},
                exports=self.exports,
                theme=theme,
                theme_folder=theme_folder,
                ascii=ascii_only,
                keep=keep,
                commands=commands or ConnectCommands(),
            )
        )
        self.app.animation_level = "none"
        self._frames = 0
        self._seen: tuple[tuple[Screen[object], int], str] | None = None
        # Textual calls it after each paint, even without a terminal.
        setattr(self.app, "post_display_hook", self._count_frame)  # noqa: B010 - mypy forbids to assign a method
        self.pilot: Pilot[int]

    def _count_frame(self) -> None:
        self._frames += 1

    async def _connect(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        return Client(base_url, credentials, transport=httpx.ASGITransport(build(self.service)), clock=self.now)

    def now(self) -> datetime:
        """The time of the simulated service."""
        return datetime.fromtimestamp(self.clock(), UTC)

    # Actions of the user

    async def press(self, *keys: str) -> None:
        """Press keys in sequence."""
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    def post(self, key: str) -> None:
        """Post a key press without waiting."""
        name = _character_to_key(key) if len(key) == 1 else key
        self.app.post_message(Key(name, key if len(key) == 1 else None))

    async def burst(self, *keys: str) -> None:
        """Post key presses at once, as on a slow connection or in a paste, and wait until they have been handled."""
        for key in keys:
            self.post(key)
        received = asyncio.Event()
        self.app.call_later(received.set)
        await until(received.is_set)
        queue = self.app._key_queue
        await until(lambda: not queue.is_holding and not queue.flows.active)
        await self.wait_until_idle()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*text)

    async def settle(self) -> None:
        """Wait until the app has shown its first data."""
        fleet = self.app.screen_stack[0]
        await until(lambda: getattr(fleet, "_catalog", None) is not None)
        if self.account._given_credentials is not None:
            await self.wait_for_text("[●*] (live|实时)")
            await self.wait_for_text(r"(Hosts|主机) \d")
            await until(lambda: self.monitor.state.catalog is not None)
        await self.pilot.pause()

    async def refresh(self) -> None:
        """Refresh the fleet, and wait until it is shown."""
        before = self.monitor.state.snapshot
        self.monitor.refresh()
        await until(
            lambda: self.monitor.state.snapshot is not before and self.monitor.state.connection is ConnectionState.LIVE
        )
        await self.pilot.pause()

    # Observations of the user

    @property
    def text(self) -> str:
        """The topmost screen as it was last painted."""
        state = (self.app.screen, self._frames)
        if self._seen is None or self._seen[0] != state:
            self._seen = state, "\n".join(strip.text.rstrip() for strip in self.strips())
        return self._seen[1]

    def strips(self) -> list[Strip]:
        """Paint the topmost screen, and what it leaves visible of the screens behind it."""
        visible_screen_stack.set(self.app._background_screens)
        return self.app.screen._compositor.render_strips()

    async def wait_for_text(self, pattern: str) -> str:
        """Wait until the screen matches a regular expression, and return its text."""
        return await self._wait(pattern, lambda text: re.search(pattern, text) is not None)

    async def wait_until_gone(self, pattern: str) -> str:
        """Wait until the screen does not match a regular expression, and return its text."""
        return await self._wait(pattern, lambda text: re.search(pattern, text) is None)

    async def wait_until_idle(self) -> str:
        """Wait until the app has painted everything, and return the text of the screen."""
        while (text := self.text) != await self._after_a_pause():
            pass
        return text

    async def _after_a_pause(self) -> str:
        await self.pilot.pause()
        return self.text

    async def _wait(self, pattern: str, holds: Callable[[str], bool]) -> str:
        try:
            await until(lambda: holds(self.text))
        except TimeoutError:
            raise AssertionError(f"waiting for {pattern!r}:\n{self.text}") from None
        return self.text

    def request_count(self, part: str) -> int:
        """Return the number of requests with `part` in their path."""
        return sum(part in request for request in self.service.requests)

    # State of the service

    def host(self, name: str) -> SimHost:
        """Return the host with this name."""
        return next(host for host in self.world.hosts.values() if host.name == name)


@asynccontextmanager
async def running_app(driver: AppDriver, columns: int = 120, rows: int = 40) -> AsyncIterator[AppDriver]:
    """Run the app in a terminal of this size until the end of the context."""
    try:
        async with driver.app.run_test(size=(columns, rows)) as pilot:
            driver.pilot = pilot
            await driver.settle()
            yield driver
            await driver.monitor.close(5)
        await driver.database.close()
    finally:
        if driver.exports.is_dir():
            shutil.rmtree(driver.exports)
        else:
            driver.exports.unlink(missing_ok=True)
