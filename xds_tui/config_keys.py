"""Every key of config.toml that means something: what it takes, what holds without it, what it is for.

The one place that says so. What stands in the file under any other name is named as unknown, and the README's reference
is made from here (`python -m tests.reference`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from xds_tui.config_file import ALERTS, CONNECT, FILTERS, HOSTS, KEYS, PROFILES, TOP, Table
from xds_tui.i18n import LANGUAGES
from xds_tui.preferences import BANDS, COLUMNS, GROUPS, MAX_INTERVAL, MIN_INTERVAL, THEMES, NotificationMode

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
