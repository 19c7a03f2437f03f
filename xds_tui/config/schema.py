"""How the user likes it: what calls them, how the hosts are listed, in which colours.

Read from config.toml; what is wrong there is named by `ConfigFile` and left out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from xds_tui.config.toml_file import (
    ALERTS,
    CONNECT,
    FILTERS,
    HOSTS,
    KEYS,
    PROFILES,
    TOP,
    ConfigFile,
    Table,
    flag,
    text,
    texts,
)
from xds_tui.i18n import LANGUAGES, N_

DEFAULT_INTERVAL: Final = 15.0
"""Seconds between two sweeps: the vendor's advice (reference: rate limits)."""
MIN_INTERVAL: Final = 5.0
MAX_INTERVAL: Final = 3600.0

COLUMNS: Final = (
    "name",
    "status",
    "os",
    "cpu",
    "mem",
    "disk",
    "gpu",
    "cost",
    "billing",
    "expires",
    "area",
    "address",
    "id",
)
"""Every column of the host table, in the order that they stand in unless another is chosen."""

GROUPS: Final = ("status", "area", "os")
"""What hosts can be grouped by."""

THEMES: Final = ("dark", "light", "contrast", "ansi")
"""The families of colours; `ansi` takes the terminal's own sixteen."""

BANDS: Final = ("red", "yellow", "green", "cyan", "blue", "magenta", "none")
"""The colours that tell profiles apart."""


SaveSetting = Callable[[Mapping[Table, object]], Awaitable[str]]
"""Keeps choices in config.toml: each key's path with its value, None to remove it; answers why it could not, if so."""


class NotificationMode(Enum):
    """How the terminal is asked to notify the user."""

    NONE = "none"
    OSC9 = "osc9"
    """As iTerm2, WezTerm, kitty, foot and Windows Terminal know it."""
    OSC777 = "osc777"
    """As urxvt, foot and Ghostty know it."""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What is done, beside the line in the history, when something calls for the user."""

    bell: bool = True
    notification: NotificationMode = NotificationMode.NONE
    title: bool = False
    """Whether the window's title counts the hosts that are on and the alerts that were not looked at."""


@dataclass(frozen=True, slots=True)
class HostListSettings:
    """How the hosts are listed."""

    columns: tuple[str, ...] = COLUMNS
    """Some of `COLUMNS`, in the order that they stand in."""
    sort: str | None = None
    """One of `COLUMNS`; None: as the service lists them."""
    descending: bool = False
    group: str | None = None
    """One of `GROUPS`, or None."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Saved filters by name, as they are typed."""


@dataclass(frozen=True, slots=True)
class ConnectCommands:
    """What hosts are connected to with, by their system: program and arguments, with placeholders in braces."""

    linux: tuple[str, ...] | None = None
    """None: `connect.SSH`."""
    windows: tuple[str, ...] | None = None
    """None: the first of the known clients that is here."""


def alerts(config: ConfigFile) -> AlertSettings:
    """Read `[alerts]`."""
    standard = AlertSettings()
    bell, title = config.first([ALERTS], "bell", flag), config.first([ALERTS], "title", flag)
    return AlertSettings(
        standard.bell if bell is None else bell,
        config.first([ALERTS], "notification", _notification) or standard.notification,
        standard.title if title is None else title,
    )


def host_list(config: ConfigFile) -> HostListSettings:
    """Read `[hosts]` and `[filters]`; `sort = "-expires"` has the largest first."""
    sort = config.first([HOSTS], "sort", _sort) or ""
    return HostListSettings(
        columns=config.first([HOSTS], "columns", _columns) or COLUMNS,
        sort=sort.removeprefix("-") or None,
        descending=sort.startswith("-"),
        group=config.first([HOSTS], "group", _group),
        filters=config.named(FILTERS, text),
    )


def host_list_changes(old: HostListSettings, new: HostListSettings) -> dict[Table, object]:
    """Return what has to be kept after `old` became `new`, as `SaveSetting` takes it: what is standard is removed."""
    before, after = _kept(old), _kept(new)
    return {path: after.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _kept(of: HostListSettings) -> dict[Table, object]:
    values: dict[Table, object] = {
        (*HOSTS, "columns"): list(of.columns) if of.columns != COLUMNS else None,
        (*HOSTS, "sort"): f"{'-' if of.descending else ''}{of.sort}" if of.sort else None,
        (*HOSTS, "group"): of.group,
    }
    return values | {(*FILTERS, name): typed for name, typed in of.filters.items()}


def theme(config: ConfigFile) -> str | None:
    """Read `theme`."""
    return config.first([TOP], "theme", _theme)


def band(config: ConfigFile, tables: Iterable[Table]) -> str | None:
    """Read `band` from the first of `tables` that has it."""
    return config.first(tables, "band", _band)


def commands(config: ConfigFile) -> ConnectCommands:
    """Read `[connect]`."""
    return ConnectCommands(
        config.first([CONNECT], "linux", _for_linux), config.first([CONNECT], "windows", _for_windows)
    )


def _for_linux(value: object) -> tuple[str, ...]:
    from xds_tui.remote import target  # most have no command of their own

    return target.validate(texts(value), target.LINUX_COMMANDS, ("address", "place"))


def _for_windows(value: object) -> tuple[str, ...]:
    from xds_tui.remote import target

    return target.validate(texts(value), target.WINDOWS_COMMANDS, ("file", "address", "place"))


def _notification(value: object) -> NotificationMode:
    try:
        return NotificationMode(value)
    except ValueError:
        raise ValueError(N_("This must be none, osc9 or osc777")) from None


def _columns(value: object) -> tuple[str, ...]:
    columns = texts(value)
    if not columns or not set(columns) <= set(COLUMNS) or len(set(columns)) < len(columns):
        raise ValueError(N_("This must be a list of columns, none of them twice"))
    return columns


def _sort(value: object) -> str:
    if text(value).removeprefix("-") not in COLUMNS:
        raise ValueError(N_("This must be a column, with - before it for the largest first"))
    return text(value)


def _group(value: object) -> str:
    if value not in GROUPS:
        raise ValueError(N_("This must be status, area or os"))
    return str(value)


def _theme(value: object) -> str:
    if value not in THEMES:
        raise ValueError(N_("This must be dark, light, contrast or ansi"))
    return str(value)


def _band(value: object) -> str:
    if value not in BANDS:
        raise ValueError(N_("This must be red, yellow, green, cyan, blue, magenta or none"))
    return str(value)


_FLAG: Final = "`true` or `false`"


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A key, or every key of a table where its name is one of the user's own."""

    table: Table
    name: str
    """In angle brackets where the user names it."""
    takes: str
    about: str
    otherwise: str = ""
    """What holds without it, where that is no constant."""
    is_of_profile: bool = False
    """Whether a profile may have one of its own, in place of that above all tables."""


def _one_of(names: Iterable[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} or {last}"


CONFIG_KEYS: Final = (
    ConfigKey(TOP, "profile", "a profile's name", "the profile that is opened without `--profile`"),
    ConfigKey(
        TOP, "base_url", "an https address", "where the service is", "the one that was signed in to", is_of_profile=True
    ),
    ConfigKey(
        TOP,
        "interval",
        f"{MIN_INTERVAL:g} to {MAX_INTERVAL:g} seconds",
        "how often the fleet is asked for",
        is_of_profile=True,
    ),
    ConfigKey(TOP, "read_only", _FLAG, "refuses everything that changes something", is_of_profile=True),
    ConfigKey(TOP, "insecure_http", _FLAG, "allows plain http to other machines than this one", is_of_profile=True),
    ConfigKey(
        TOP,
        "band",
        _one_of(BANDS),
        "the colour that a profile's name stands on",
        "production's is red, the sandbox's yellow, the demo's cyan, any other's magenta",
        is_of_profile=True,
    ),
    ConfigKey(TOP, "theme", _one_of(THEMES), "the colours", "dark, or what the terminal needs"),
    ConfigKey(TOP, "language", _one_of(LANGUAGES), "the language", "the locale's"),
    ConfigKey(TOP, "mouse", _FLAG, "whether the mouse is heard; without, the terminal selects text with it"),
    ConfigKey(TOP, "animations", _FLAG, "whether things may move", "`true`, over SSH `false`"),
    ConfigKey(TOP, "ascii", _FLAG, "draws with ASCII alone", "`true` where the locale is not UTF-8"),
    ConfigKey(HOSTS, "columns", f"a list of some of {_one_of(COLUMNS)}", "the columns, from left to right"),
    ConfigKey(HOSTS, "sort", "a column, with `-` before it for the largest first", "the order", "the service's"),
    ConfigKey(HOSTS, "group", _one_of(GROUPS), "what hosts are grouped by", "nothing"),
    ConfigKey(FILTERS, "<name>", "a filter as it is typed", "a saved filter", "none"),
    ConfigKey(ALERTS, "bell", _FLAG, "rings the terminal's bell"),
    ConfigKey(
        ALERTS, "notification", _one_of(kind.value for kind in NotificationMode), "the terminal's own notification"
    ),
    ConfigKey(ALERTS, "title", _FLAG, "has the window's title count hosts and alerts"),
    ConfigKey(
        CONNECT,
        "linux",
        "a list of arguments; `{address}`, `{port}`, `{user}` and `{place}` are filled in",
        "what `c` runs for a Linux host",
        "`ssh`",
    ),
    ConfigKey(
        CONNECT,
        "windows",
        "the same, and `{file}`: the .rdp file that is written",
        "what `c` runs for a Windows host",
        "the first RDP client that is installed",
    ),
    ConfigKey(KEYS, "<action>", "a key or a list of keys", "the keys of an action, by its ID", "as listed under Keys"),
    ConfigKey(PROFILES, "<name>", "a table", "a profile, with keys of its own as marked above", "none"),
)


def known() -> Mapping[Table, frozenset[str] | None]:
    """Return the keys of each table; None where the user names them."""
    tables = dict.fromkeys(key.table for key in CONFIG_KEYS)
    return {table: _names(key for key in CONFIG_KEYS if key.table == table) for table in tables}


def of_profile() -> frozenset[str]:
    """Return the keys that a profile's table may have."""
    return frozenset(key.name for key in CONFIG_KEYS if key.is_of_profile)


def _names(keys: Iterable[ConfigKey]) -> frozenset[str] | None:
    names = frozenset(key.name for key in keys)
    return None if any(name.startswith("<") for name in names) else names
