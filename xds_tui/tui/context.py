"""The objects that `cli.bootstrap` passes to the app: for the whole run, and for the open profile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from xds_tui.auth.account import Account
from xds_tui.config.schema import AlertSettings, HostListSettings, PaneSettings, SaveSetting
from xds_tui.config.theme_file import CustomTheme
from xds_tui.domain.purchase_template import PurchaseTemplate
from xds_tui.fleet.monitor import Monitor
from xds_tui.remote.templates import ConnectCommands
from xds_tui.structs import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as the screens show it."""

    profile: str
    base_url: str = ""
    """The address of the service; empty if only the keyring has it."""
    read_only: bool = False
    color: str | None = None
    """One of `schema.PROFILE_COLORS`, its color; None for that of its environment."""


@dataclass(frozen=True, slots=True)
class ProfileServices:
    """The services of one profile, created each time it is opened."""

    place: Profile
    monitor: Monitor
    account: Account
    close: Callable[[], Awaitable[None]]
    """Closes the remaining resources after the monitor has ended."""
    insecure_http: bool = False
    problems: Sequence[str] = ()
    """Problems of the configuration, one sentence each."""


class ProfileConnector(Protocol):
    """Lists and opens the profiles."""

    async def places(self) -> Sequence[Profile]:
        """Return the profiles of config.toml, each with its address."""

    async def open(self, place: Profile) -> ProfileServices:
        """Create the services of a profile, without any request.

        Raises:
            SettingsError: if its settings cannot be used.

        """


@dataclass(frozen=True, slots=True)
class AppServices:
    """The services of the app."""

    profile: ProfileServices
    """The services of the profile that is opened first."""
    clock: Callable[[], datetime]
    keymap: Mapping[str, str]
    exports: Path
    """The folder that exports are written to."""
    profiles: ProfileConnector | None = None
    """The profiles that can be opened; None: no others."""
    animations: bool = True
    theme: str | None = None
    """The name of the theme in config.toml; None: the default for the terminal."""
    custom_theme: CustomTheme | None = None
    """The theme of the user with the name `theme`."""
    theme_folder: Path | None = None
    """The folder of the user's themes; None: there are none."""
    ascii: bool = False
    """Whether to write only ASCII characters."""
    cell_diff: bool = True
    """Whether only the cells of the terminal that differ are written."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    listing: HostListSettings = field(default_factory=HostListSettings)
    panes: PaneSettings = field(default_factory=PaneSettings)
    commands: ConnectCommands = field(default_factory=ConnectCommands)
    """The commands that connect to hosts."""
    templates: Mapping[str, PurchaseTemplate] = field(default_factory=dict)
    """The purchases that config.toml describes, by name."""
    keep: SaveSetting | None = None
    """Saves settings that are changed in the app; None: they apply to this run only."""
