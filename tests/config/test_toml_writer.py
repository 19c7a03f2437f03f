"""Choices in config.toml: written beside what stands there, or not at all."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.config.toml_file import SettingsError, write

WRITTEN = """\
# mine
interval = 30  # seconds
[keys]
"fleet.start" = "S"

[filters]
gpus = "gpu:4090"  # for the renderings
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "config.toml"


def test_a_new_file_and_folder_are_private(path: Path) -> None:
    write(path, {("theme",): "light", ("hosts", "columns"): ("name", "status")})
    assert tomllib.loads(path.read_text()) == {"theme": "light", "hosts": {"columns": ["name", "status"]}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_existing_content_is_preserved(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    write(path, {("theme",): "ansi", ("filters", "a name. of mine"): "-windows"})
    text = path.read_text()
    for line in WRITTEN.splitlines():
        assert line in text
    read = tomllib.loads(text)
    assert read["theme"] == "ansi"
    assert read["filters"] == {"gpus": "gpu:4090", "a name. of mine": "-windows"}


def test_removing_a_setting_works_whether_it_exists_or_not(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(WRITTEN)
    write(path, {("filters", "gpus"): None, ("hosts", "sort"): None, ("nothing",): None})
    assert tomllib.loads(path.read_text()) == {"interval": 30, "keys": {"fleet.start": "S"}, "filters": {}}


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_name_and_filter_is_read_back(tmp_path_factory: pytest.TempPathFactory, filters: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    write(path, {("filters", name): text for name, text in filters.items()})
    assert tomllib.loads(path.read_text()).get("filters", {}) == filters


@pytest.mark.parametrize("broken", ["theme = ", "[filters", "filters = 3\n"])
def test_an_invalid_file_is_not_changed(path: Path, broken: str) -> None:
    path.parent.mkdir()
    path.write_text(broken)
    with pytest.raises(SettingsError):
        write(path, {("filters", "a"): "b"})
    assert path.read_text() == broken
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    real = tmp_path / "dotfiles.toml"
    real.write_text(WRITTEN)
    path.symlink_to(real)
    write(path, {("theme",): "dark"})
    assert path.is_symlink()
    assert tomllib.loads(real.read_text())["theme"] == "dark"


def test_a_folder_that_cannot_be_created_is_reported(path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        write(Path("/proc/missing/config.toml"), {("theme",): "dark"})
