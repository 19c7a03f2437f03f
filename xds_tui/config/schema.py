"""The table of all settings, the values they accept, and the groups in which the app uses them.

Everything about a key of config.toml is declared once, in a `ConfigKey`: `settings` reads it by this table, the
reference in the manual is generated from it, and error messages list its values.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, Final

from xds_tui.config.config_key import ConfigKey
from xds_tui.config.theme_file import TEXTUAL_THEMES, parse_theme_name
from xds_tui.config.toml_file import (
    ALERTS,
    CAPS,
    CHANNELS,
    CONNECT,
    FILTERS,
    HOSTS,
    KEYS,
    PANES,
    PROFILES,
    RULES,
    TEMPLATES,
    TOP,
    WAITLIST,
    Table,
)
from xds_tui.config.values import (
    column_list,
    member_of,
    one_of,
    parse_bool,
    parse_cap,
    parse_channel,
    parse_command,
    parse_hours_of_day,
    parse_path,
    parse_profile_name,
    parse_rules,
    parse_schedule,
    parse_text,
    parse_texts,
    parse_waitlist_entry,
    seconds,
    sort_column,
)
from xds_tui.domain.endpoint import PRODUCTION, check_base_url
from xds_tui.domain.notification import ChannelKind, QuietHours
from xds_tui.domain.purchase_template import PurchaseTemplate, parse_template
from xds_tui.i18n import LANGUAGES
from xds_tui.remote import templates
from xds_tui.structs import dataclass

if TYPE_CHECKING:
    from xds_tui.domain.caps import Cap
    from xds_tui.domain.rule_planner import Rule
    from xds_tui.domain.waitlist import WaitlistEntry

MIN_INTERVAL, MAX_INTERVAL = 5.0, 3600.0
"""Limits of the time between two refreshes, seconds."""

COLUMNS: Final = (
    *("name", "status", "os", "cpu", "mem", "disk", "gpu", "cost", "billing", "expires", "area", "address", "id"),
    *("tags", "owner", "note"),
)
"""Columns of the host table in their default order."""

GROUPS: Final = ("status", "area", "os", "tag", "owner")
"""Fields that hosts can be grouped by."""

THEMES: Final = ("dark", "light", "contrast", "ansi")
"""Our own themes; `ansi` uses the sixteen colors of the terminal."""

PROFILE_COLORS: Final = ("red", "yellow", "green", "cyan", "blue", "magenta", "none")
"""Background colors of a profile's name."""

SaveSetting = Callable[[Mapping[Table, object]], Awaitable[str]]
"""Writes settings to config.toml, each path with its value, None to remove it; returns an error message, or ''."""


class NotificationMode(Enum):
    """Escape sequence with which the terminal is asked to notify the user."""

    NONE = "none"
    OSC9 = "osc9"
    """iTerm2, WezTerm, kitty, foot, Windows Terminal."""
    OSC777 = "osc777"
    """urxvt, foot, Ghostty."""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Ways to alert the user in addition to the history."""

    bell: bool = True
    notification: NotificationMode = NotificationMode.NONE
    title: bool = False
    """Whether the title of the window counts running hosts and unseen alerts."""
    quiet: QuietHours | None = None
    """When nothing is sent to channels."""


@dataclass(frozen=True, slots=True)
class HostListSettings:
    """Columns, order, grouping and saved filters of the host table."""

    columns: tuple[str, ...] = COLUMNS
    """Some of `COLUMNS`, from left to right."""
    sort: str | None = None
    """One of `COLUMNS`; None for the order of the service."""
    descending: bool = False
    group: str | None = None
    """One of `GROUPS`, or None."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Saved filters by name, in the filter language."""


class CatalogMode(Enum):
    """When the catalog stands beside the hosts."""

    AUTO = "auto"
    """Where the terminal has at least 110 columns."""
    OPEN = "open"
    """Already from 90 columns on."""
    CLOSED = "closed"
    """Only while it has the focus."""


@dataclass(frozen=True, slots=True)
class PaneSettings:
    """The panes of the main screen."""

    catalog: CatalogMode = CatalogMode.AUTO
    overview: bool = True


def _markdown_list(names: Iterable[str]) -> str:
    *initial, last = (f"`{name}`" for name in names)
    return f"{', '.join(initial)} or {last}"


_BOOL: Final = "`true` or `false`"
_CREDENTIALS: Final = "a program that prints the credentials; see `xds-tui manual security`"
_TEMPLATE: Final = "a table with `package`, `image`, `billing`, `period` and `tags`"
_CAP: Final = "a table with `per_hour`, `per_day`, `per_month` in CNY, and `hosts`"
_ENTRY: Final = "a table; `xds-tui waitlist add` writes it"

PROFILE: Final = ConfigKey(
    TOP,
    "profile",
    parse_profile_name,
    "default",
    "a profile's name",
    "the profile to open without `--profile`",
    is_critical=True,
    variable="XDS_PROFILE",
    option="--profile",
)
BASE_URL: Final = ConfigKey(
    TOP,
    "base_url",
    lambda value: check_base_url(parse_text(value)),
    PRODUCTION,
    "an https address",
    "the address of the service",
    default_help="the one you signed in to",
    in_profile=True,
    is_critical=True,
    variable="XDS_BASE_URL",
    option="--base-url",
)
INTERVAL: Final = ConfigKey(
    TOP,
    "interval",
    seconds(MIN_INTERVAL, MAX_INTERVAL),
    15.0,  # the advice in the API reference, section "rate limits"
    f"{MIN_INTERVAL:g} to {MAX_INTERVAL:g} seconds",
    "the time between refreshes",
    in_profile=True,
    option="--interval",
)
READ_ONLY: Final = ConfigKey(
    TOP,
    "read_only",
    parse_bool,
    False,
    _BOOL,
    "rejects every change",
    in_profile=True,
    is_critical=True,
    option="--read-only",
)
CREDENTIAL_COMMAND: Final[ConfigKey[tuple[str, ...]]] = ConfigKey(
    TOP, "credential_command", parse_command, (), "a list of arguments", _CREDENTIALS, "none", in_profile=True
)
INSECURE_HTTP: Final = ConfigKey(
    TOP,
    "insecure_http",
    parse_bool,
    False,
    _BOOL,
    "allows plain HTTP to other machines",
    in_profile=True,
    option="--insecure-http",
)
COLOR: Final[ConfigKey[str | None]] = ConfigKey(
    TOP,
    "color",
    one_of(PROFILE_COLORS),
    None,
    _markdown_list(PROFILE_COLORS),
    "the background color of a profile's name",
    default_help="red for production, yellow for the sandbox, cyan for the demo, magenta otherwise",
    in_profile=True,
    former_name="band",
)
THEME: Final[ConfigKey[str | None]] = ConfigKey(
    TOP,
    "theme",
    parse_theme_name,
    None,
    f"{', '.join(f'`{name}`' for name in (*THEMES, *TEXTUAL_THEMES))}, or the name of a file in the folder `themes`",
    "the theme",
    default_help="dark, or what the terminal needs",
)
LANGUAGE: Final[ConfigKey[str | None]] = ConfigKey(
    TOP,
    "language",
    one_of(LANGUAGES),
    None,
    _markdown_list(LANGUAGES),
    "the language",
    default_help="that of the locale",
    variable="XDS_LANG",
    option="--lang",
)
MOUSE: Final = ConfigKey(
    TOP,
    "mouse",
    parse_bool,
    True,
    _BOOL,
    "whether the app uses the mouse; if not, the terminal selects text with it",
    option="--no-mouse",
)
ANIMATIONS: Final = ConfigKey(
    TOP, "animations", parse_bool, True, _BOOL, "shows animations", default_help="`true`, over SSH `false`"
)
CELL_DIFF: Final = ConfigKey(
    TOP, "cell_diff", parse_bool, True, _BOOL, "writes only the cells that changed; `ctrl+l` redraws the screen"
)
ASCII: Final = ConfigKey(
    TOP,
    "ascii",
    parse_bool,
    False,
    _BOOL,
    "draws with ASCII only",
    default_help="`true` where the locale is not UTF-8",
)
HOSTS_FILE: Final[ConfigKey[str | None]] = ConfigKey(
    TOP,
    "hosts_file",
    parse_path,
    None,
    "a path, relative to the folder of config.toml",
    "the file with the names, notes, tags, owners and protection of your hosts",
    default_help="`hosts.toml` beside config.toml, `hosts-<profile>.toml` for other profiles than `default`",
    in_profile=True,
    is_critical=True,
)
HOST_COLUMNS: Final[ConfigKey[tuple[str, ...]]] = ConfigKey(
    HOSTS,
    "columns",
    column_list(COLUMNS),
    COLUMNS,
    f"a list of any of {_markdown_list(COLUMNS)}",
    "the columns, from left to right",
    default_help="all of them, in this order",
)
HOST_SORT: Final[ConfigKey[str | None]] = ConfigKey(
    HOSTS,
    "sort",
    sort_column(COLUMNS),
    None,
    "a column, with `-` in front for descending order",
    "the sort order",
    default_help="the service's",
)
HOST_GROUP: Final[ConfigKey[str | None]] = ConfigKey(
    HOSTS, "group", one_of(GROUPS), None, _markdown_list(GROUPS), "what hosts are grouped by", default_help="nothing"
)
HOST_PROTECT: Final[ConfigKey[tuple[str, ...]]] = ConfigKey(
    HOSTS,
    "protect",
    parse_rules,
    (),
    'a list of `"tag:NAME"` and `"owner:NAME"`',
    "the hosts with these tags and owners are protected: they cannot be stopped, rebooted or deleted",
    default_help="no rules",
    is_critical=True,
)
PANES_CATALOG: Final = ConfigKey(
    PANES,
    "catalog",
    member_of(CatalogMode),
    CatalogMode.AUTO,
    _markdown_list(mode.value for mode in CatalogMode),
    "shows the catalog beside the hosts: from 110 columns, from 90 columns, or only after `2`",
)
PANES_OVERVIEW: Final = ConfigKey(PANES, "overview", parse_bool, True, _BOOL, "shows the overview above the hosts")
FILTER: Final[ConfigKey[str | None]] = ConfigKey(
    FILTERS, "<name>", parse_text, None, "a filter", "a saved filter", default_help="none"
)
TEMPLATE: Final[ConfigKey[PurchaseTemplate | None]] = ConfigKey(
    TEMPLATES, "<name>", parse_template, None, _TEMPLATE, "what `create --template <name>` orders", "none"
)
ALERT_BELL: Final = ConfigKey(ALERTS, "bell", parse_bool, True, _BOOL, "rings the terminal's bell")
ALERT_NOTIFICATION: Final = ConfigKey(
    ALERTS,
    "notification",
    member_of(NotificationMode),
    NotificationMode.NONE,
    _markdown_list(mode.value for mode in NotificationMode),
    "notifies through the terminal",
)
ALERT_TITLE: Final = ConfigKey(
    ALERTS, "title", parse_bool, False, _BOOL, "shows the numbers of hosts and alerts in the window title"
)
ALERT_QUIET: Final[ConfigKey[QuietHours | None]] = ConfigKey(
    ALERTS,
    "quiet",
    parse_hours_of_day,
    None,
    "two times of the day, such as `22:00-08:00`",
    "the hours in which nothing is sent to channels; it is sent afterwards",
    default_help="none",
)
CHANNEL: Final[ConfigKey[tuple[str, ...] | None]] = ConfigKey(
    CHANNELS,
    "<name>",
    parse_channel,
    None,
    f"{_markdown_list(kind.value for kind in ChannelKind if kind is not ChannelKind.COMMAND)}, "
    "or a command as a list of arguments",
    "where alerts are sent; `xds-tui notify add` stores the address in the keyring",
    default_help="none",
)
RULE: Final[ConfigKey[Rule | None]] = ConfigKey(
    RULES, "<name>", parse_schedule, None, "a table", "when hosts run; see `xds-tui manual rules`", default_help="none"
)
CAP: Final[ConfigKey[Cap | None]] = ConfigKey(
    CAPS, "<name>", parse_cap, None, _CAP, "limits your spending; see `xds-tui manual caps`", "none", is_critical=True
)
WAITLIST_ENTRY: Final[ConfigKey[WaitlistEntry | None]] = ConfigKey(
    WAITLIST, "<name>", parse_waitlist_entry, None, _ENTRY, "a purchase that waits for stock", "none"
)
CONNECT_LINUX: Final[ConfigKey[tuple[str, ...] | None]] = ConfigKey(
    CONNECT,
    "linux",
    lambda value: templates.validate(parse_texts(value), templates.LINUX_PLACEHOLDERS, ("address", "place")),
    None,
    "a list of arguments; `{address}`, `{port}`, `{user}` and `{place}` are filled in",
    "what `c` runs for a Linux host",
    default_help="`ssh`",
)
CONNECT_WINDOWS: Final[ConfigKey[tuple[str, ...] | None]] = ConfigKey(
    CONNECT,
    "windows",
    lambda value: templates.validate(parse_texts(value), templates.WINDOWS_PLACEHOLDERS, ("file", "address", "place")),
    None,
    "the same, and `{file}`: the .rdp file that is written",
    "what `c` runs for a Windows host",
    default_help="the first RDP client that is installed",
)
COMMAND_KEYS: Final[ConfigKey[object]] = ConfigKey(
    KEYS,
    "<action>",
    lambda value: value,  # `ConfigFile.keymap` reads the table
    None,
    "a key or a list of keys",
    "the keys of a command, by its ID",
    default_help="as listed under Keys",
)
PROFILE_TABLE: Final[ConfigKey[object]] = ConfigKey(
    PROFILES,
    "<name>",
    lambda value: value,
    None,
    "a table",
    "a profile, which may contain the settings marked above",
    default_help="none",
)

CONFIG_KEYS: Final = tuple(key for key in (*globals().values(),) if isinstance(key, ConfigKey))
"""All keys, in the order of the reference."""
