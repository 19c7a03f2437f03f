"""What the app is given to work with, built by `assembly`: for its run, and for the profile that is open in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from xds_tui.auth.account import Account
from xds_tui.config.schema import AlertSettings, HostListSettings, SaveSetting
from xds_tui.config.theme_file import CustomTheme
from xds_tui.fleet.monitor import Monitor
from xds_tui.remote.templates import ConnectCommands


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, as the screens name it."""

    profile: str
    base_url: str = ""
    """The service's address; empty where it is the keyring that knows it."""
    read_only: bool = False
    color: str | None = None
    """One of `schema.PROFILE_COLORS`, the colour that tells it from others; None: its environment's."""


@dataclass(frozen=True, slots=True)
class ProfileServices:
    """What is built anew for each profile that is opened."""

    place: Profile
    monitor: Monitor
    account: Account
    close: Callable[[], Awaitable[None]]
    """Closes what is left when the monitor has ended."""
    insecure_http: bool = False
    problems: Sequence[str] = ()
    """What is wrong with the configuration, one sentence each."""


class ProfileConnector(Protocol):
    """The accounts and environments that can be worked in."""

    async def places(self) -> Sequence[Profile]:
        """Return all of them, as config.toml has them now, each with the address that it names."""

    async def open(self, place: Profile) -> ProfileServices:
        """Build what one of `places` needs; nothing is asked or sent yet.

        Raises:
            SettingsError: if its settings cannot be used.

        """


@dataclass(frozen=True, slots=True)
class AppServices:
    """What the app is given."""

    profile: ProfileServices
    """What is open at first."""
    clock: Callable[[], datetime]
    keymap: Mapping[str, str]
    exports: Path
    """The folder that exports are written to."""
    profiles: ProfileConnector | None = None
    """What else can be opened; None: nothing."""
    animations: bool = True
    theme: str | None = None
    """The name of the theme in config.toml; None: what suits the terminal."""
    custom_theme: CustomTheme | None = None
    """The theme of the user with the name `theme`."""
    theme_folder: Path | None = None
    """The folder of the user's themes; None: there are none."""
    ascii: bool = False
    """Whether nothing but ASCII is to be written."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    listing: HostListSettings = field(default_factory=HostListSettings)
    commands: ConnectCommands = field(default_factory=ConnectCommands)
    """What hosts are connected to with."""
    keep: SaveSetting | None = None
    """Keeps what is chosen in the app; None: for this run only."""
