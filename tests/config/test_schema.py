from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.config.schema import COLUMNS, GROUPS, HostListSettings
from xds_tui.config.settings import host_list_changes, read_host_list
from xds_tui.config.toml_file import ConfigFile

listings = st.builds(
    HostListSettings,
    columns=st.permutations(COLUMNS).flatmap(lambda all_: st.integers(1, len(all_)).map(lambda n: tuple(all_[:n]))),
    sort=st.none() | st.sampled_from(COLUMNS),
    group=st.none() | st.sampled_from(GROUPS),
    filters=st.dictionaries(st.sampled_from(["on", "big gpu", "渲染.x"]), st.sampled_from(["gpu>1", "status:on"])),
).flatmap(lambda of: st.just(of) if of.sort is None else st.booleans().map(lambda way: replace(of, descending=way)))


def test_only_changes_are_written_and_defaults_are_removed() -> None:
    old = HostListSettings(sort="cost", group="os", filters={"a": "gpu>1", "b": "on"})
    new = HostListSettings(columns=("id", "name"), sort="expires", descending=True, filters={"b": "off", "c.d": "x"})
    assert host_list_changes(old, new) == {
        ("hosts", "columns"): ["id", "name"],
        ("hosts", "sort"): "-expires",
        ("hosts", "group"): None,
        ("filters", "a"): None,
        ("filters", "b"): "off",
        ("filters", "c.d"): "x",
    }
    assert host_list_changes(new, new) == {}


@given(listings, listings)
def test_written_settings_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, old: HostListSettings, new: HostListSettings
) -> None:
    content: dict[str, dict[str, object]] = {"hosts": {}, "filters": {}}
    for listing in ((HostListSettings(), old), (old, new)):
        for (table, key), value in host_list_changes(*listing).items():
            if value is None:
                del content[table][key]
            else:
                content[table][key] = value
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_text(as_toml(content), encoding="utf-8")
    config = ConfigFile(path, must_exist=True)
    assert read_host_list(config) == new
    assert config.problems == []


def as_toml(content: dict[str, dict[str, object]]) -> str:
    lines = []
    for table, values in content.items():
        lines.append(f"[{table}]")
        lines += [f'"{key}" = {value!r}' for key, value in values.items()]
    text = "\n".join(lines)
    assert tomllib.loads(text) == content
    return text


def test_the_file_is_at_the_given_path(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[hosts]\nsort = "-expires"\n[filters]\nbusy = "cpu>8"\n')
    listing = read_host_list(ConfigFile(path, must_exist=True))
    assert (listing.sort, listing.descending, listing.filters) == ("expires", True, {"busy": "cpu>8"})
