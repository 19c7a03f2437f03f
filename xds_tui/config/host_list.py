"""Reading and saving the settings of the host table."""

from __future__ import annotations

from xds_tui.config.schema import COLUMNS, HOST_COLUMNS, HOST_GROUP, HOST_SORT, HostListSettings
from xds_tui.config.toml_file import FILTERS, HOSTS, ConfigFile, Table
from xds_tui.config.values import parse_text


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
