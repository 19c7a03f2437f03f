"""The frozen `Settings` of a run, from command line, environment, config.toml and defaults, in this order.

Within config.toml the table of the profile overrides the top-level table. Invalid options and variables are an error.
Invalid keys in config.toml are reported in `Settings.problems` and ignored; if one may have meant read-only or another
service, the program is read-only, so that a slip in the file cannot lead to a purchase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from xds_tui.config import schema
from xds_tui.config.config_key import ConfigKey
from xds_tui.config.schema import (
    COLUMNS,
    HOST_COLUMNS,
    HOST_GROUP,
    HOST_SORT,
    AlertSettings,
    HostListSettings,
    PaneSettings,
)
from xds_tui.config.theme_file import TEXTUAL_THEMES, CustomTheme, read_theme, theme_folder
from xds_tui.config.toml_file import CHANNELS, FILTERS, HOSTS, TEMPLATES, ConfigFile, SettingsError, Table
from xds_tui.config.values import BAD_CHANNEL_NAME, is_profile_name, parse_text
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret
from xds_tui.domain.endpoint import check_base_url
from xds_tui.domain.notification import Channel, ChannelKind
from xds_tui.domain.purchase_template import PurchaseTemplate, parse_template
from xds_tui.i18n import N_
from xds_tui.remote.templates import ConnectCommands
from xds_tui.structs import dataclass
from xds_tui.system import terminal

if TYPE_CHECKING:
    from xds_tui.domain.caps import Cap
    from xds_tui.domain.rule_planner import Rule
    from xds_tui.domain.waitlist import WaitlistEntry

__all__ = [
    "Arguments",
    "Settings",
    "SettingsError",
    "default_config_path",
    "load",
    "state_dir",
]

T = TypeVar("T")

_ZONEINFO_DIRS: Final = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_POSIX_ZONE: Final = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9]|(?:UTC|GMT)0?$"
"""A time zone that needs no file: `CST-8`, `<+08>-8`, `UTC`."""
_PROFILE_VARIABLES: Final = frozenset({"XDS_PROFILE", "XDS_BASE_URL", "XDS_TOKEN", "XDS_UUID", "XDS_SECRET"})
"""Variables that apply only to the profile that the program was started with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Settings on the command line, named like the keys of config.toml; None for an option that is not there."""

    profile: str | None = None
    base_url: str | None = None
    interval: float | None = None
    """Seconds."""
    read_only: bool | None = None
    language: str | None = None
    mouse: bool | None = None
    insecure_http: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a profile."""

    config_path: Path
    """The path of config.toml, which need not exist."""
    profile: str = schema.PROFILE.default
    base_url: str = schema.BASE_URL.default
    base_url_given: bool = False
    """Whether the address was set; otherwise the one in the keyring has precedence."""
    interval: float = schema.INTERVAL.default
    """Seconds between two refreshes."""
    read_only: bool = schema.READ_ONLY.default
    language: str | None = None
    """One of `i18n.LANGUAGES`; None for that of the locale."""
    mouse: bool = schema.MOUSE.default
    insecure_http: bool = schema.INSECURE_HTTP.default
    """Whether plain http to other machines is allowed."""
    animations: bool = True
    ascii: bool = False
    """Whether the terminal probably does not support UTF-8."""
    cell_diff: bool = schema.CELL_DIFF.default
    """Whether to write only the cells of the terminal that differ."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    channels: tuple[Channel, ...] = ()
    """Where alerts are sent."""
    hosts: HostListSettings = field(default_factory=HostListSettings)
    hosts_file: str | None = None
    """The path of the hosts file that the user chose; use `hosts_path`."""
    protect: tuple[str, ...] = schema.HOST_PROTECT.default
    """The rules that protect hosts."""
    templates: Mapping[str, PurchaseTemplate] = field(default_factory=dict)
    """Purchases by name."""
    rules: tuple[Rule, ...] = ()
    """When hosts are to be started and stopped."""
    caps: tuple[Cap, ...] = ()
    """Limits of the spending."""
    waitlist: tuple[WaitlistEntry, ...] = ()
    """Purchases that wait for stock."""
    panes: PaneSettings = field(default_factory=PaneSettings)
    commands: ConnectCommands = field(default_factory=ConnectCommands)
    theme: str | None = None
    """One of `schema.THEMES` or `TEXTUAL_THEMES`, or `custom_theme.name`; None for the best for the terminal."""
    custom_theme: CustomTheme | None = None
    """The theme of the user with the name `theme`."""
    color: str | None = None
    """One of `schema.PROFILE_COLORS`; None for the color of the environment."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Command ID to keys, separated by commas."""
    credentials: Credentials | None = None
    """Credentials from the environment."""
    credential_command: tuple[str, ...] = schema.CREDENTIAL_COMMAND.default
    """The program that prints the credentials, unless the environment contains them; empty for none."""
    credentials_source: str = ""
    """The variables that contain `credentials`, for display."""
    problems: tuple[SettingsError, ...] = ()
    """Problems in config.toml and the environment that do not prevent the start."""

    @property
    def hosts_path(self) -> Path:
        """The path of the file with the annotations of hosts, which need not exist."""
        if self.hosts_file is not None:
            return self.config_path.parent / Path(self.hosts_file).expanduser()
        name = "hosts.toml" if self.profile == schema.PROFILE.default else f"hosts-{self.profile}.toml"
        return self.config_path.with_name(name)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Command line, environment and config.toml."""

    arguments: Arguments
    environ: Mapping[str, str]
    config: ConfigFile
    profile: str = ""

    def explicit(self, key: ConfigKey[T]) -> T | None:
        """Return the setting from the source with the highest precedence, or None if no source has it.

        Raises:
            SettingsError: if an option or a variable is invalid.

        """
        for name, value in (
            (key.option, getattr(self.arguments, key.name, None)),
            (key.variable, self.environ.get(key.variable)),
        ):
            if name and value is not None:
                try:
                    return key.parse(value)
                except ValueError as error:
                    raise SettingsError.from_error(error, name) from None
        return key.read(self.config, self.profile)

    def value(self, key: ConfigKey[T]) -> T:
        """Return the setting, or its default."""
        value = self.explicit(key)
        return key.default if value is None else value


def load(arguments: Arguments, environ: Mapping[str, str], *, config_path: Path | None = None) -> Settings:
    """Read config.toml and combine it with `arguments` and `environ`.

    Args:
        arguments: the settings on the command line.
        environ: the environment; an empty variable counts as missing.
        config_path: the file, unless XDS_CONFIG names one; None for the path that is usual on the platform.

    Raises:
        SettingsError: if `arguments` or `environ` are invalid.

    """
    environ = _without_empty(environ)
    config = _config_file(environ, config_path)
    profile = _Sources(arguments, environ, config).value(schema.PROFILE)
    sources = _Sources(arguments, environ, config, profile)
    settings = _with_terminal(_shared_settings(sources, config, profile), sources, environ)
    credentials, credentials_source = _credentials(environ)
    theme, custom_theme, theme_problems = _theme(sources.value(schema.THEME), config.path)
    if not config.is_empty:
        config.report_unknown(known_keys(), profile_keys())
    return replace(
        settings,
        read_only=settings.read_only or config.is_doubtful,
        theme=theme,
        custom_theme=custom_theme,
        credentials=credentials,
        credentials_source=credentials_source,
        problems=(*_time_zone_problems(environ), *config.problems, *theme_problems),
    )


def _shared_settings(sources: _Sources, config: ConfigFile, profile: str) -> Settings:
    """Return the settings that do not depend on the terminal."""
    insecure_http = sources.value(schema.INSECURE_HTTP)
    base_url = sources.explicit(
        replace(schema.BASE_URL, parse=lambda value: check_base_url(parse_text(value), insecure_http=insecure_http))
    )
    return Settings(
        config_path=config.path,
        profile=profile,
        base_url=schema.BASE_URL.default if base_url is None else base_url,
        base_url_given=base_url is not None,
        interval=sources.value(schema.INTERVAL),
        read_only=sources.value(schema.READ_ONLY),
        credential_command=sources.value(schema.CREDENTIAL_COMMAND),
        language=sources.value(schema.LANGUAGE),
        mouse=sources.value(schema.MOUSE),
        insecure_http=insecure_http,
        cell_diff=sources.value(schema.CELL_DIFF),
        alerts=AlertSettings(
            sources.value(schema.ALERT_BELL),
            sources.value(schema.ALERT_NOTIFICATION),
            sources.value(schema.ALERT_TITLE),
            sources.value(schema.ALERT_QUIET),
        ),
        channels=_channels(config),
        rules=schema.RULE.read_named(config),
        caps=schema.CAP.read_named(config),
        waitlist=schema.WAITLIST_ENTRY.read_named(config),
        hosts=read_host_list(config),
        hosts_file=sources.value(schema.HOSTS_FILE),
        protect=sources.value(schema.HOST_PROTECT),
        templates=config.named(TEMPLATES, parse_template),
        panes=PaneSettings(sources.value(schema.PANES_CATALOG), sources.value(schema.PANES_OVERVIEW)),
        commands=ConnectCommands(sources.value(schema.CONNECT_LINUX), sources.value(schema.CONNECT_WINDOWS)),
        color=sources.value(schema.COLOR),
        keymap=config.keymap(),
    )


def _with_terminal(settings: Settings, sources: _Sources, environ: Mapping[str, str]) -> Settings:
    """Return `settings` with those that by default depend on the terminal."""
    animations, ascii_only = sources.explicit(schema.ANIMATIONS), sources.explicit(schema.ASCII)
    if ascii_only is None:
        # A user who chooses Chinese has a terminal that can display it, regardless of the locale.
        ascii_only = settings.language != "zh_CN" and not terminal.has_utf8(environ)
    if animations is None:
        animations = not terminal.is_remote(environ)
    return replace(settings, animations=animations, ascii=ascii_only)


def _channels(config: ConfigFile) -> tuple[Channel, ...]:
    """Return the channels in `[channels]`; a name that cannot be one in the keyring is reported."""
    found = config.named(CHANNELS, schema.CHANNEL.parse)
    for name in found:
        if not is_profile_name(name):
            config.problems.append(SettingsError(BAD_CHANNEL_NAME, f"{config.path}: {'.'.join((*CHANNELS, name))}"))
    valid = {name: words for name, words in found.items() if words is not None and is_profile_name(name)}
    return tuple(Channel(name, ChannelKind(words[0]), words[1:]) for name, words in valid.items())


def read_host_list(config: ConfigFile) -> HostListSettings:
    """Read `[hosts]` and `[filters]`; a hyphen before the sort column means descending."""
    sort = HOST_SORT.read(config) or ""
    return HostListSettings(
        columns=HOST_COLUMNS.read(config) or COLUMNS,
        sort=sort.removeprefix("-") or None,
        descending=sort.startswith("-"),
        group=HOST_GROUP.read(config),
        filters=config.named(FILTERS, parse_text),
    )


def host_list_changes(old: HostListSettings, new: HostListSettings) -> dict[Table, object]:
    """Return the changes from `old` to `new` for `SaveSetting`; a setting at its default is removed."""
    before, after = _host_list_values(old), _host_list_values(new)
    return {path: after.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _host_list_values(settings: HostListSettings) -> dict[Table, object]:
    """Return the values in config.toml by path, None for a default."""
    values: dict[Table, object] = {
        (*HOSTS, HOST_COLUMNS.name): list(settings.columns) if settings.columns != COLUMNS else None,
        (*HOSTS, HOST_SORT.name): f"{'-' if settings.descending else ''}{settings.sort}" if settings.sort else None,
        (*HOSTS, HOST_GROUP.name): settings.group,
    }
    return values | {(*FILTERS, name): query for name, query in settings.filters.items()}


def _theme(name: str | None, config_path: Path) -> tuple[str | None, CustomTheme | None, Sequence[SettingsError]]:
    """Return the name of the theme, the theme if it is one of the user, and what is wrong with its file."""
    if name is None or name in schema.THEMES or name in TEXTUAL_THEMES:
        return name, None, ()
    theme, problems = read_theme(theme_folder(config_path), name)
    return (name if theme is not None else None), theme, problems


def for_profile(
    name: str, arguments: Arguments, environ: Mapping[str, str], *, config_path: Path | None = None
) -> Settings:
    """Read the settings of a profile other than the one that the program was started with.

    Address and credentials on the command line and in the environment belong to the initial profile and are not used,
    so that no credentials are sent to the service of another profile. `--read-only` applies to all profiles.
    """
    shared_arguments = replace(arguments, profile=name, base_url=None, insecure_http=None)
    shared_environ = {key: value for key, value in environ.items() if key not in _PROFILE_VARIABLES}
    return load(shared_arguments, shared_environ, config_path=config_path)


def profile_names(environ: Mapping[str, str], *, config_path: Path | None = None) -> tuple[str, ...]:
    """Return the default profile and the profiles that have a table in config.toml."""
    names = _config_file(_without_empty(environ), config_path).profiles()
    return tuple(dict.fromkeys((schema.PROFILE.default, *names)))


def default_config_path() -> Path:
    """Return the path of config.toml that is usual on the platform (on Linux, XDG)."""
    import platformdirs

    return platformdirs.user_config_path("xds-tui", appauthor=False) / "config.toml"


def state_dir() -> Path:
    """Return the folder of the journal and other state that is usual on the platform (on Linux, XDG)."""
    import platformdirs

    return platformdirs.user_state_path("xds-tui", appauthor=False)


def _without_empty(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in environ.items() if value.strip()}


def _config_file(environ: Mapping[str, str], config_path: Path | None) -> ConfigFile:
    variable = environ.get("XDS_CONFIG")
    path = Path(variable) if variable else config_path or default_config_path()
    config = ConfigFile(path, must_exist=variable is not None)
    for key in schema.CONFIG_KEYS:
        if key.former_name:
            config.rename_key(key.former_name, key.name)
    return config


def _credentials(environ: Mapping[str, str]) -> tuple[Credentials | None, str]:
    """Return the credentials in the environment and the names of their variables; a token has precedence."""
    if token := environ.get("XDS_TOKEN"):
        if not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError(N_("This token contains invalid characters"), "XDS_TOKEN")
        return BareToken(Secret(token)), "XDS_TOKEN"
    account_id, secret = environ.get("XDS_UUID"), environ.get("XDS_SECRET")
    for name in ("XDS_UUID", "XDS_SECRET"):
        if not environ.get(name, "").isprintable():
            raise SettingsError(N_("This contains control characters or invalid UTF-8"), name)
    if account_id and secret:
        return AccountKey(account_id, Secret(secret)), "XDS_UUID, XDS_SECRET"
    if account_id or secret:
        raise SettingsError(N_("This is not set, but its counterpart is"), "XDS_SECRET" if account_id else "XDS_UUID")
    return None, ""


def _time_zone_problems(environ: Mapping[str, str]) -> tuple[SettingsError, ...]:
    """Report a time zone in TZ that the C library cannot find, in place of which it silently uses UTC."""
    zone = environ.get("TZ", "").removeprefix(":")
    if not zone or re.match(_POSIX_ZONE, zone):
        return ()
    folders = (environ.get("TZDIR", ""), *_ZONEINFO_DIRS)
    try:
        if any(Path(folder, zone).is_file() for folder in folders if folder):
            return ()
    except (OSError, ValueError):  # not a file name
        pass
    return (SettingsError(N_("This machine does not know this time zone, so times are shown in UTC"), "TZ"),)


def known_keys() -> Mapping[Table, frozenset[str] | None]:
    """Return the keys of each table; None where the user names them."""
    tables = dict.fromkeys(key.table for key in schema.CONFIG_KEYS)
    return {table: _names(key for key in schema.CONFIG_KEYS if key.table == table) for table in tables}


def profile_keys() -> frozenset[str]:
    """Return the keys that the table of a profile may contain."""
    return frozenset(key.name for key in schema.CONFIG_KEYS if key.in_profile)


def _names(keys: Iterable[ConfigKey[Any]]) -> frozenset[str] | None:
    names = frozenset(key.name for key in keys)
    return None if any(name.startswith("<") for name in names) else names
