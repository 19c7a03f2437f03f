"""Writing choices into config.toml: what else stands there, comments and order included, stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from xds_tui import private_files
from xds_tui.config_file import BYTE_ORDER_MARK, SettingsError, Table
from xds_tui.i18n import N_


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
        private_files.write(path, mark + tomlkit.dumps(document))
    except TOMLKitError as error:
        raise SettingsError(N_("The file is not TOML, so nothing was written to it"), f"{path}: {error}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(N_("The file cannot be written"), f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return private_files.read(path).decode("utf-8")
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
