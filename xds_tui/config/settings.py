"""config.toml, the environment and the command line, made into one frozen `Settings`.

The command line beats the environment, that beats the profile's table in config.toml, that beats the rest of it,
and that beats the defaults. What is wrong on the command line or in the environment is refused; what is wrong in
config.toml is named in `Settings.problems` and left out. Where that leaves open whether the user asked for
read-only or for another service, the program is read-only: a slip in a file must not become a purchase.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from xds_tui.config.schema import (
    DEFAULT_INTERVAL,
    MAX_INTERVAL,
    MIN_INTERVAL,
    AlertSettings,
    ConnectCommands,
    HostListSettings,
    alerts,
    band,
    commands,
    host_list,
    theme,
)
from xds_tui.config.toml_file import PROFILES, TOP, ConfigFile, SettingsError, flag, profile_name, text
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret
from xds_tui.domain.endpoint import PRODUCTION, check_base_url
from xds_tui.i18n import LANGUAGES, N_

__all__ = [
    "Arguments",
    "Settings",
    "SettingsError",
    "default_config_path",
    "load",
    "state_dir",
]

T = TypeVar("T")

DEFAULT_PROFILE: Final = "default"
_ZONES: Final = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_POSIX_ZONE: Final = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9]|(?:UTC|GMT)0?$")
"""A zone that needs no file: `CST-8`, `<+08>-8`, `UTC`."""
_OF_ONE: Final = frozenset({"XDS_PROFILE", "XDS_BASE_URL", "XDS_TOKEN", "XDS_UUID", "XDS_SECRET"})
"""The variables that are of one profile only: that which the program was started with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What the command line says; None and False: nothing."""

    profile: str | None = None
    base_url: str | None = None
    interval: float | None = None
    """Seconds."""
    read_only: bool = False
    language: str | None = None
    no_mouse: bool = False
    insecure_http: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the user has chosen, or not."""

    config_path: Path
    """Where config.toml is, or would be."""
    profile: str = DEFAULT_PROFILE
    base_url: str = PRODUCTION
    base_url_given: bool = False
    """Whether somebody chose it; if not, it may give way to the one that was signed in to."""
    interval: float = DEFAULT_INTERVAL
    """Seconds between two sweeps."""
    read_only: bool = False
    language: str | None = None
    """One of `i18n.LANGUAGES`; None: the locale's."""
    mouse: bool = True
    insecure_http: bool = False
    """Whether plain http is allowed to other machines than this one."""
    animations: bool = True
    """Whether things may move: over SSH every frame of it crosses the line."""
    ascii: bool = False
    """Whether the terminal is thought not to understand UTF-8."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    hosts: HostListSettings = field(default_factory=HostListSettings)
    commands: ConnectCommands = field(default_factory=ConnectCommands)
    """What hosts are connected to with."""
    theme: str | None = None
    """One of `preferences.THEMES`; None: the terminal's own needs decide."""
    band: str | None = None
    """One of `preferences.BANDS`, the colour that tells this profile from others; None: its environment's."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Action to its keys, separated by commas, as Textual's keymap takes them."""
    credentials: Credentials | None = None
    """Those of the environment."""
    credentials_source: str = ""
    """The variables that `credentials` came from, to be named on the screen."""
    problems: tuple[SettingsError, ...] = ()
    """What is wrong in config.toml."""


def load(arguments: Arguments, environ: Mapping[str, str], *, config_path: Path | None = None) -> Settings:
    """Read config.toml and put it together with `arguments` and `environ`.

    Args:
        arguments: what the command line says.
        environ: the environment; an empty variable is one that is not there.
        config_path: the file, unless XDS_CONFIG names one; None: where the platform has it.

    Raises:
        SettingsError: for what is wrong in `arguments` or `environ`.

    """
    environ = _set(environ)
    config = _config_file(environ, config_path)
    profile = _profile(arguments, environ, config)
    tables = ((*PROFILES, profile), TOP)
    insecure_http = arguments.insecure_http or bool(config.first(tables, "insecure_http", flag))

    def url(value: object) -> str:
        return check_base_url(text(value), insecure_http=insecure_http)

    base_url = (
        _given("--base-url", arguments.base_url, url)
        or _given("XDS_BASE_URL", environ.get("XDS_BASE_URL"), url)
        or config.first(tables, "base_url", url)
    )
    interval = _given("--interval", arguments.interval, _seconds) or config.first(tables, "interval", _seconds)
    language = (
        _given("--lang", arguments.language, _language)
        or _given("XDS_LANG", environ.get("XDS_LANG"), _language)
        or config.first([TOP], "language", _language)
    )
    read_only = arguments.read_only or bool(config.first(tables, "read_only", flag))
    animations = config.first([TOP], "animations", flag)
    ascii_only = config.first([TOP], "ascii", flag)
    credentials, source = _credentials(environ)
    called, listed, connected_by = alerts(config), host_list(config), commands(config)
    colours, told_apart_by = theme(config), band(config, tables)
    keymap = config.keymap()
    problems = _time_zone_problems(environ)
    if not config.is_empty:
        from xds_tui.config import schema  # most have no file

        config.name_unknown(schema.known(), schema.of_profile())
    return Settings(
        config_path=config.path,
        profile=profile,
        base_url=base_url or PRODUCTION,
        base_url_given=base_url is not None,
        interval=interval or DEFAULT_INTERVAL,
        read_only=read_only or config.is_doubtful,
        language=language,
        mouse=not arguments.no_mouse and config.first([TOP], "mouse", flag) is not False,
        insecure_http=insecure_http,
        animations=not _is_remote(environ) if animations is None else animations,
        # Who asks for Chinese has a terminal that shows it, whatever the locale says.
        ascii=language != "zh_CN" and _lacks_utf8(environ) if ascii_only is None else ascii_only,
        alerts=called,
        hosts=listed,
        commands=connected_by,
        theme=colours,
        band=told_apart_by,
        keymap=keymap,
        credentials=credentials,
        credentials_source=source,
        problems=(*problems, *config.problems),
    )


def for_profile(
    name: str, arguments: Arguments, environ: Mapping[str, str], *, config_path: Path | None = None
) -> Settings:
    """Read the settings of another profile than the program was started with.

    Where the program was sent and as whom, by the command line or the environment, is of the profile that it was
    started with: no credentials go to another profile's service. That nothing may be changed holds for all.
    """
    of_any = replace(arguments, profile=name, base_url=None, insecure_http=False)
    return load(of_any, {key: value for key, value in environ.items() if key not in _OF_ONE}, config_path=config_path)


def profile_names(environ: Mapping[str, str], *, config_path: Path | None = None) -> tuple[str, ...]:
    """Return the profiles that config.toml has a table for, and the one that needs none."""
    return tuple({DEFAULT_PROFILE: None} | dict.fromkeys(_config_file(_set(environ), config_path).profiles()))


def default_config_path() -> Path:
    """Return where config.toml is by the platform's custom (XDG)."""
    import platformdirs

    return platformdirs.user_config_path("xds-tui", appauthor=False) / "config.toml"


def state_dir() -> Path:
    """Return the folder of what the program remembers, by the platform's custom (XDG); it may not exist yet."""
    import platformdirs

    return platformdirs.user_state_path("xds-tui", appauthor=False)


def _set(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in environ.items() if value.strip()}


def _config_file(environ: Mapping[str, str], config_path: Path | None) -> ConfigFile:
    named = environ.get("XDS_CONFIG")
    return ConfigFile(
        Path(named) if named else config_path or default_config_path(),
        must_exist=named is not None,
    )


def _profile(arguments: Arguments, environ: Mapping[str, str], config: ConfigFile) -> str:
    return (
        _given("--profile", arguments.profile, profile_name)
        or _given("XDS_PROFILE", environ.get("XDS_PROFILE"), profile_name)
        or config.first([TOP], "profile", profile_name)
        or DEFAULT_PROFILE
    )


def _credentials(environ: Mapping[str, str]) -> tuple[Credentials | None, str]:
    """Return the credentials of the environment and the names of their variables; a token beats an account."""
    if token := environ.get("XDS_TOKEN"):
        if not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError(N_("It has characters that no token has"), "XDS_TOKEN")
        return BareToken(Secret(token)), "XDS_TOKEN"
    account_id, secret = environ.get("XDS_UUID"), environ.get("XDS_SECRET")
    for name in ("XDS_UUID", "XDS_SECRET"):
        if not environ.get(name, "").isprintable():
            raise SettingsError(N_("It has control characters, or bytes that are no UTF-8"), name)
    if account_id and secret:
        return AccountKey(account_id, Secret(secret)), "XDS_UUID, XDS_SECRET"
    if account_id or secret:
        raise SettingsError(
            N_("It is not set, though the other of the pair is"), "XDS_SECRET" if account_id else "XDS_UUID"
        )
    return None, ""


def _is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return "SSH_CONNECTION" in environ or "SSH_TTY" in environ


def _lacks_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the locale names another encoding than UTF-8, or none; Windows has no such variables."""
    if sys.platform == "win32":
        return False
    named = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    return "utf8" not in named.lower().replace("-", "")


def _time_zone_problems(environ: Mapping[str, str]) -> tuple[SettingsError, ...]:
    """Whether TZ names a zone that the C library does not find: it takes UTC then, without a word."""
    zone = environ.get("TZ", "").removeprefix(":")
    if not zone or _POSIX_ZONE.match(zone):
        return ()
    folders = (environ.get("TZDIR", ""), *_ZONES)
    try:
        if any(Path(folder, zone).is_file() for folder in folders if folder):
            return ()
    except (OSError, ValueError):  # no name of a file
        pass
    return (SettingsError(N_("This time zone is not known on this machine, so times are shown in UTC"), "TZ"),)


def _given(name: str, value: object, read: Callable[[object], T]) -> T | None:
    """Return what the argument or variable `name` says, None if it is not there.

    Raises:
        SettingsError: if it says nothing that can be used.

    """
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as error:
        raise SettingsError(str(error), name) from None


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not MIN_INTERVAL <= value <= MAX_INTERVAL:
        raise ValueError(N_("The interval must be 5 to 3600 seconds"))
    return float(value)


def _language(value: object) -> str:
    if value not in LANGUAGES:
        raise ValueError(N_("The language must be en or zh_CN"))
    return str(value)
