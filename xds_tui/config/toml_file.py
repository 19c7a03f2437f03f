"""config.toml: read key by key and written in place. Invalid keys are reported with their line, and ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TypeVar

from xds_tui.config.values import (
    BAD_PROFILE_NAME,
    UNPRINTABLE,
    InvalidValueError,
    is_printable,
    is_profile_name,
    printable,
)
from xds_tui.errors import UserInputError
from xds_tui.i18n import N_
from xds_tui.system import files

T = TypeVar("T")
Table = tuple[str, ...]

TOP: Final[Table] = ()
"""The top-level table."""
PROFILES: Final[Table] = ("profiles",)
"""The table with one table for each profile."""

ALERTS: Final[Table] = ("alerts",)
CHANNELS: Final[Table] = ("channels",)
"""Where notifications are sent, by name."""
HOSTS: Final[Table] = ("hosts",)
FILTERS: Final[Table] = ("filters",)
"""Saved filters by name."""
RULES: Final[Table] = ("rules",)
"""The table with one table for each rule that starts and stops hosts."""
CAPS: Final[Table] = ("caps",)
"""The table with one table for each cap on spending."""
WAITLIST: Final[Table] = ("waitlist",)
"""The table with one table for each purchase that waits for stock."""
CONNECT: Final[Table] = ("connect",)
"""The commands that connect to hosts."""
PANES: Final[Table] = ("panes",)
"""The panes of the main screen."""
TEMPLATES: Final[Table] = ("templates",)
"""Purchases by name, a table each."""
KEYS: Final[Table] = ("keys",)
"""The keys of each command, by its ID."""

_HEADER: Final = r"\s*\[([^\[\]]+)\]\s*(#.*)?$"
_NO_TABLE: Final = N_("This must be a table")
_UNREADABLE: Final = N_("The file cannot be read, so its settings are ignored")
_UNKNOWN: Final = N_("There is no such setting")

BYTE_ORDER_MARK: Final = "\ufeff"
"""Some editors on Windows begin a file with it."""


class SettingsError(UserInputError):
    """A setting that cannot be used.

    Attributes:
        summary: what is wrong, one sentence in English, marked for translation, with the names of `values` in braces.
        detail: the setting and where it is set; never a secret.
        values: what the braces stand for.

    """

    def __init__(self, summary: str, detail: str, values: Mapping[str, str] | None = None) -> None:
        # A path, a key and the message of a parser may contain control characters.
        super().__init__(summary, printable(detail))
        self.values = values or {}

    @classmethod
    def from_error(cls, error: ValueError, detail: str) -> SettingsError:
        """Return the error for a value that a parser rejected."""
        if isinstance(error, InvalidValueError):
            return cls(error.reason, detail, error.values)
        return cls(str(error), detail)

    def fill(self, summary: str) -> str:
        """Return the detail and `summary`, which may be translated, with `values` in place."""
        return super().fill(summary.format(**self.values) if self.values else summary)


class ConfigFile:
    """The contents of config.toml and the problems found in it.

    Attributes:
        path: the file, which need not exist.
        problems: the problems found so far.
        is_doubtful: whether an invalid value may have meant read-only, another profile, another service or a cap.

    """

    def __init__(self, path: Path, *, must_exist: bool) -> None:
        self.path = path
        self._text = ""
        self._content: dict[str, Any] = {}
        self.problems: list[SettingsError] = []
        self.is_doubtful = False
        try:
            self._text = files.read(path).decode("utf-8").removeprefix(BYTE_ORDER_MARK)
        except FileNotFoundError:
            if must_exist:
                self._doubt(N_("The file does not exist"), str(path))
        except OSError as error:
            self._doubt(_UNREADABLE, f"{path}: {error.strerror or error}")
        except ValueError as error:
            self._doubt(_UNREADABLE, f"{path}: {error}")
        else:
            self._parse()

    def _parse(self) -> None:
        import tomllib  # a hundredth of the start-up time, and most users have no file

        try:
            self._content = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            self._doubt(N_("The file is not valid TOML, so its settings are ignored"), f"{self.path}: {error}")
        except (ValueError, RecursionError) as error:
            self._doubt(_UNREADABLE, f"{self.path}: {error}")
        self._drop_unprintable(self._content, TOP)

    def _drop_unprintable(self, table: dict[str, Any], name: Table) -> None:
        """Report and remove the keys with characters that a terminal obeys or does not show."""
        for key, value in list(table.items()):
            if not is_printable(key):
                self._report(UNPRINTABLE, name, key)
                self.is_doubtful = True
                del table[key]
            elif isinstance(value, dict):
                self._drop_unprintable(value, (*name, key))

    def first(
        self, tables: Iterable[Table], key: str, parse: Callable[[object], T], *, is_critical: bool = False
    ) -> T | None:
        """Return the parsed value of `key` in the first of `tables` that contains it, or None.

        An invalid value is reported; if the key `is_critical`, it makes the file doubtful.
        """
        for name in tables:
            table = self._table(name)
            if key in table:
                try:
                    return parse(table[key])
                except ValueError as error:
                    self.problems.append(SettingsError.from_error(error, self._position(name, key)))
                    self.is_doubtful |= is_critical
                    return None
        return None

    def named(self, table: Table, parse: Callable[[object], T], *, is_critical: bool = False) -> dict[str, T]:
        """Return the parsed values of all keys of `table`; invalid ones are reported and left out.

        If the table `is_critical`, an invalid value makes the file doubtful.
        """
        values = {key: self.first([table], key, parse, is_critical=is_critical) for key in self._table(table)}
        return {key: value for key, value in values.items() if value is not None}

    def rename_key(self, former: str, name: str) -> None:
        """Treat the key `former`, in the top-level table and in each profile, as `name`, and report it."""
        for table in (TOP, *((*PROFILES, profile) for profile in self._table(PROFILES))):
            content = self._table(table)
            if former in content:
                hint = N_("This setting is now called {name}. Rename it: the next release ignores the old name.")
                self.problems.append(SettingsError(hint, self._position(table, former), {"name": name}))
                content.setdefault(name, content.pop(former))

    def profiles(self) -> list[str]:
        """Return the names of the profiles that have a table, in the order of the file."""
        tables = self._table(PROFILES).items()
        return [name for name, table in tables if isinstance(table, dict) and is_profile_name(name)]

    def keymap(self) -> dict[str, str]:
        """Return the keys of each command in [keys], separated by commas.

        In TOML a command ID without quotes, such as `fleet.start`, is a table with a key.
        """
        keymap = {}
        for prefix, keys in self._table(KEYS).items():
            nested = {f"{prefix}.{name}": value for name, value in keys.items()} if isinstance(keys, dict) else {}
            keymap.update(self._keys(nested or {prefix: keys}))
        return keymap

    def _keys(self, table: dict[str, Any]) -> dict[str, str]:
        keymap = {}
        for action, keys in table.items():
            key_list = keys if isinstance(keys, list) else [keys]
            if key_list and all(isinstance(key, str) and key and is_printable(key) for key in key_list):
                keymap[action] = ",".join(key_list)
            else:
                self._report(N_("Keys must be a string or a list of strings"), KEYS, action)
        return keymap

    @property
    def is_empty(self) -> bool:
        """Whether the file is missing or has no keys."""
        return not self._content

    def report_unknown(self, known: Mapping[Table, Collection[str] | None], profile_keys: Collection[str]) -> None:
        """Report every unknown key, and every key that should be a table and is not.

        Args:
            known: the keys of each table; None where the user names them.
            profile_keys: the keys that the table of a profile may contain.

        """
        tables = {name for (name, *_inner) in filter(None, known)}
        for name in sorted(tables):
            if not isinstance(self._content.get(name, {}), dict):
                self._report(_NO_TABLE, TOP, name)
                self.is_doubtful |= (name,) in (PROFILES, CAPS)
        for table, keys in known.items():
            if keys is not None:
                for key in self._table(table).keys() - keys - (tables if table == TOP else set()):
                    self._report(_UNKNOWN, table, key)
        for profile, content in self._table(PROFILES).items():
            self._report_unknown_in_profile(profile, content, profile_keys)

    def _report_unknown_in_profile(self, profile: str, table: object, known: Collection[str]) -> None:
        if not is_profile_name(profile):
            self._report(BAD_PROFILE_NAME, PROFILES, profile)
        if not isinstance(table, dict):
            self._report(_NO_TABLE, PROFILES, profile)
            self.is_doubtful = True
            return
        for key in table.keys() - known:
            self._report(_UNKNOWN, (*PROFILES, profile), key)

    def _table(self, name: Table) -> dict[str, Any]:
        table: object = self._content
        for part in name:
            table = table.get(part) if isinstance(table, dict) else None
        return table if isinstance(table, dict) else {}

    def _report(self, summary: str, table: Table, key: str) -> None:
        self.problems.append(SettingsError(summary, self._position(table, key)))

    def _position(self, table: Table, key: str) -> str:
        """Return the file, the line if it is known, and the path of `key`."""
        line = self._line(table, key)
        file = f"{self.path}:{line}" if line else str(self.path)
        return f"{file}: {'.'.join((*table, key))}"

    def _doubt(self, summary: str, detail: str) -> None:
        self.problems.append(SettingsError(summary, detail))
        self.is_doubtful = True

    def _line(self, table: Table, key: str) -> int | None:
        """Return the line that sets `key` in the usual notation; tomllib reports no positions."""
        current: Table = TOP
        for number, line in enumerate(self._text.splitlines(), 1):
            if header := re.match(_HEADER, line):
                current = tuple(part.strip(" \"'") for part in header[1].split(".", maxsplit=1))
                if current == (*table, key):
                    return number
            elif current == table and line.partition("=")[0].strip(" \t\"'") == key:
                return number
        return None


def write(path: Path, changes: Mapping[Table, object]) -> None:
    """Set each key in `changes`, or remove it if its value is None.

    The file is replaced atomically, and keeps its owner, mode, links, line endings, comments and byte order mark.

    Raises:
        SettingsError: if the file is not TOML, or cannot be read or written; nothing is changed then.

    """
    import tomlkit  # slow to import
    from tomlkit.exceptions import TOMLKitError

    try:
        text = _text(path)
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        document = tomlkit.parse(text.removeprefix(mark))
        for keys, value in changes.items():
            _put(document, keys, value)
        files.write(path, mark + tomlkit.dumps(document))
    except TOMLKitError as error:
        raise SettingsError(N_("The file is not valid TOML, so it was not changed"), f"{path}: {error}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(N_("The file cannot be written"), f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return files.read(path).decode("utf-8")
    except FileNotFoundError:
        return ""


def _put(document: MutableMapping[str, object], keys: Table, value: object) -> None:
    """Set one key, and create missing tables.

    Raises:
        ValueError: if a part of the path is not a table.

    """
    table = document
    for key in keys[:-1]:
        if key not in table:
            if value is None:
                return
            table[key] = {}
        inner = table[key]
        if not isinstance(inner, MutableMapping):
            raise ValueError(f"{key} is not a table")
        table = inner
    if value is None:
        table.pop(keys[-1], None)
    else:
        table[keys[-1]] = list(value) if isinstance(value, tuple) else value
