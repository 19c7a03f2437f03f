"""config.toml: read key by key, and never fatal. What is wrong in it is named with its line and left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TypeVar

from xds_tui.errors import UserInputError
from xds_tui.i18n import N_
from xds_tui.system import files

T = TypeVar("T")
Table = tuple[str, ...]

TOP: Final[Table] = ()
"""The table above all others."""
PROFILES: Final[Table] = ("profiles",)
"""The table that holds one table for each profile."""

ALERTS: Final[Table] = ("alerts",)
"""The table of what the user is called by."""
HOSTS: Final[Table] = ("hosts",)
"""The table of how the hosts are listed."""
FILTERS: Final[Table] = ("filters",)
"""The table of saved filters by name."""

CONNECT: Final[Table] = ("connect",)
"""The table of what hosts are connected to with."""

KEYS: Final[Table] = ("keys",)
"""The table of actions and the keys that they have."""

_WEIGHTY: Final = {"profile", "base_url", "read_only"}
"""Keys that decide what may be bought where."""

_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?$")
_PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_BAD_PROFILE: Final = N_("A profile's name is 1 to 40 letters, digits, dots, hyphens and underscores")
_NO_TABLE: Final = N_("This must be a table")
_UNREADABLE: Final = N_("The file cannot be read, so nothing in it counts")
_UNKNOWN: Final = N_("Nothing is known by this name")
_UNPRINTABLE: Final = N_("It has characters that cannot be shown")

BYTE_ORDER_MARK: Final = "\ufeff"
"""What some editors on Windows begin a file with."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""What joins letters and emoji, and is a part of words."""


class SettingsError(UserInputError):
    """A setting that cannot be used.

    Attributes:
        detail: the setting and its location; never a secret.

    """

    def __init__(self, summary: str, detail: str) -> None:
        super().__init__(summary, printable(detail))  # paths, keys and parser messages may contain any character


class ConfigFile:
    """config.toml while it is being read.

    Attributes:
        path: the file; it need not exist.
        problems: what was found wrong so far.
        is_doubtful: whether the user may have asked for read-only or for another service, and was not understood.

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
        import tomllib  # not before there is a file: most have none, and it is a hundredth of the start

        try:
            self._content = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            self._doubt(N_("The file is not TOML, so nothing in it counts"), f"{self.path}: {error}")
        except (ValueError, RecursionError) as error:
            self._doubt(_UNREADABLE, f"{self.path}: {error}")
        self._drop_unprintable(self._content, TOP)

    def _drop_unprintable(self, table: dict[str, Any], name: Table) -> None:
        """Name and leave out the keys that a terminal would obey or not show."""
        for key, value in list(table.items()):
            if not is_printable(key):
                self._name(_UNPRINTABLE, name, key)
                self.is_doubtful = True
                del table[key]
            elif isinstance(value, dict):
                self._drop_unprintable(value, (*name, key))

    def first(self, tables: Iterable[Table], key: str, read: Callable[[object], T]) -> T | None:
        """Return what the first of `tables` that has `key` says, by `read`, or None; what is wrong is named."""
        for name in tables:
            table = self._table(name)
            if key in table:
                try:
                    return read(table[key])
                except ValueError as error:
                    self._name(str(error), name, key)
                    self.is_doubtful |= key in _WEIGHTY
                    return None
        return None

    def named(self, table: Table, read: Callable[[object], T]) -> dict[str, T]:
        """Return what each key of `table` says, by `read`; what is wrong is named and left out."""
        values = {key: self.first([table], key, read) for key in self._table(table)}
        return {key: value for key, value in values.items() if value is not None}

    def profiles(self) -> list[str]:
        """Return the names of the profiles that have a table, in the order of the file."""
        tables = self._table(PROFILES).items()
        return [name for name, table in tables if isinstance(table, dict) and _PROFILE_NAME.fullmatch(name)]

    def keymap(self) -> dict[str, str]:
        """Return each action of [keys] with its keys; to TOML an ID without quotes is a table with a key."""
        keymap = {}
        for place, keys in self._table(KEYS).items():
            named = {f"{place}.{name}": chosen for name, chosen in keys.items()} if isinstance(keys, dict) else {}
            keymap.update(self._keys(named or {place: keys}))
        return keymap

    def _keys(self, table: dict[str, Any]) -> dict[str, str]:
        keymap = {}
        for action, keys in table.items():
            listed = keys if isinstance(keys, list) else [keys]
            if listed and all(isinstance(key, str) and key and is_printable(key) for key in listed):
                keymap[action] = ",".join(listed)
            else:
                self._name(N_("Keys must be a text or a list of texts"), KEYS, action)
        return keymap

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it, or it is not there."""
        return not self._content

    def name_unknown(self, known: Mapping[Table, Collection[str] | None], of_profile: Collection[str]) -> None:
        """Name every key that means nothing, and every table that is none.

        Args:
            known: the keys of each table; None where the user names them.
            of_profile: the keys that a profile's table may have.

        """
        tables = {name for (name, *_inner) in filter(None, known)}
        for name in sorted(tables):
            if not isinstance(self._content.get(name, {}), dict):
                self._name(_NO_TABLE, TOP, name)
                self.is_doubtful |= (name,) == PROFILES
        for table, keys in known.items():
            if keys is not None:
                for key in self._table(table).keys() - keys - (tables if table == TOP else set()):
                    self._name(_UNKNOWN, table, key)
        for profile, content in self._table(PROFILES).items():
            self._name_unknown_in_profile(profile, content, of_profile)

    def _name_unknown_in_profile(self, profile: str, table: object, known: Collection[str]) -> None:
        if not _PROFILE_NAME.fullmatch(profile):
            self._name(_BAD_PROFILE, PROFILES, profile)
        if not isinstance(table, dict):
            self._name(_NO_TABLE, PROFILES, profile)
            self.is_doubtful = True
            return
        for key in table.keys() - known:
            self._name(_UNKNOWN, (*PROFILES, profile), key)

    def _table(self, name: Table) -> dict[str, Any]:
        table: object = self._content
        for part in name:
            table = table.get(part) if isinstance(table, dict) else None
        return table if isinstance(table, dict) else {}

    def _name(self, summary: str, table: Table, key: str) -> None:
        line = self._line(table, key)
        where = f"{self.path}:{line}" if line else str(self.path)
        self.problems.append(SettingsError(summary, f"{where}: {'.'.join((*table, key))}"))

    def _doubt(self, summary: str, detail: str) -> None:
        self.problems.append(SettingsError(summary, detail))
        self.is_doubtful = True

    def _line(self, table: Table, key: str) -> int | None:
        """Return the line that `key` is set on, where it is written the usual way: the parser does not tell."""
        inside: Table = TOP
        for number, line in enumerate(self._text.splitlines(), 1):
            if header := _HEADER.match(line):
                inside = tuple(part.strip(" \"'") for part in header[1].split(".", maxsplit=1))
                if inside == (*table, key):
                    return number
            elif inside == table and line.partition("=")[0].strip(" \t\"'") == key:
                return number
        return None


def is_printable(value: str) -> bool:
    """Whether a terminal shows `value` as it is: without controls, line breaks and marks that reorder text."""
    return all(char.isprintable() or char in _JOINERS for char in value)


def printable(value: str) -> str:
    """Return `value` with U+FFFD for what a terminal would obey or not show."""
    return (
        value
        if is_printable(value)
        else "".join(char if is_printable(char) else "\N{REPLACEMENT CHARACTER}" for char in value)
    )


def profile_name(value: object) -> str:
    """Return `value` if it can be a profile's name: it becomes part of names in the keyring.

    Raises:
        ValueError: with a sentence for the user, marked for translation.

    """
    if not isinstance(value, str) or not _PROFILE_NAME.fullmatch(value):
        raise ValueError(_BAD_PROFILE)
    return value


def text(value: object) -> str:
    """Return `value` if it is a text.

    Raises:
        ValueError: as above, if it is none.

    """
    if not isinstance(value, str):
        raise ValueError(N_("This must be a text"))
    if not is_printable(value):
        raise ValueError(_UNPRINTABLE)
    return value


def texts(value: object) -> tuple[str, ...]:
    """Return `value` if it is a list of texts.

    Raises:
        ValueError: as above, if it is none.

    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(N_("This must be a list of texts"))
    return tuple(map(text, value))


def flag(value: object) -> bool:
    """Return `value` if it is true or false.

    Raises:
        ValueError: as above, if it is neither.

    """
    if not isinstance(value, bool):
        raise ValueError(N_("This must be true or false"))
    return value


def write(path: Path, changes: Mapping[Table, object]) -> None:
    """Put `changes` into the file: the path of each key with its value, None to remove it.

    The file is written as a whole or not at all, and keeps its owner, mode, links, line ends and byte order mark.

    Raises:
        SettingsError: if the file is not TOML, or cannot be read or written; nothing is changed then.

    """
    import tomlkit  # not before something is chosen: it is as much as the parser of all else
    from tomlkit.exceptions import TOMLKitError

    try:
        text = _text(path)
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        document = tomlkit.parse(text.removeprefix(mark))
        for keys, value in changes.items():
            _put(document, keys, value)
        files.write(path, mark + tomlkit.dumps(document))
    except TOMLKitError as error:
        raise SettingsError(N_("The file is not TOML, so nothing was written to it"), f"{path}: {error}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(N_("The file cannot be written"), f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return files.read(path).decode("utf-8")
    except FileNotFoundError:
        return ""


def _put(document: MutableMapping[str, object], keys: Table, value: object) -> None:
    """Set one key, and make the tables on the way to it where there are none.

    Raises:
        ValueError: if something else than a table is on the way.

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
