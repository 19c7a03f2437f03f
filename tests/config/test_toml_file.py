from __future__ import annotations

from pathlib import Path

import pytest

from xds_tui.config.toml_file import PROFILES, TOP, ConfigFile
from xds_tui.config.values import parse_profile_name


def a_file(folder: Path, text: str) -> ConfigFile:
    path = folder / "config.toml"
    path.write_text(text)
    return ConfigFile(path, must_exist=True)


def number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("not a number")
    return value


def test_the_first_table_that_has_the_key_decides(tmp_path: Path) -> None:
    config = a_file(tmp_path, "interval = 1\nmouse = 2\n[profiles.a]\ninterval = 3")
    tables = ((*PROFILES, "a"), TOP)
    assert [config.first(tables, key, number) for key in ("interval", "mouse", "ascii")] == [3, 2, None]
    assert config.problems == []


def test_an_invalid_value_does_not_fall_through_to_the_next_table(tmp_path: Path) -> None:
    config = a_file(tmp_path, "interval = 1\n[profiles.a]\ninterval = 'x'")
    assert config.first(((*PROFILES, "a"), TOP), "interval", number) is None
    assert [problem.summary for problem in config.problems] == ["not a number"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("interval = 'x'", ":1"),
        ("# interval = 1\n\n  'interval'='x'", ":3"),
        ("[keys]\ninterval = 'r'\n[profiles.a]\ninterval = 'x'", ":4"),
        ("[ profiles . 'a' ] # mine\ninterval = 'x'", ":2"),
        ("profiles.a = {interval = 'x'}", ""),
    ],
)
def test_a_problem_has_the_line_if_known(tmp_path: Path, text: str, line: str) -> None:
    config = a_file(tmp_path, text)
    config.first(((*PROFILES, "a"), TOP), "interval", number)
    (problem,) = config.problems
    assert problem.detail.startswith(f"{tmp_path / 'config.toml'}{line}: ")


def test_keys_are_joined_as_a_keymap_takes_them(tmp_path: Path) -> None:
    config = a_file(tmp_path, "[keys]\nquit = ['q', 'ctrl+q']\nrefresh = 'r'\nsort = []\nzoom = ''\ncopy = [1]")
    assert config.keymap() == {"quit": "q,ctrl+q", "refresh": "r"}
    assert [problem.detail.rpartition(" ")[2] for problem in config.problems] == ["keys.sort", "keys.zoom", "keys.copy"]


def test_an_action_may_be_named_without_quotes(tmp_path: Path) -> None:
    config = a_file(tmp_path, "[keys]\nfleet.start = 'S'\n'fleet.stop' = 'X'\nfleet.zoom = 3\nhosts = {}")
    assert config.keymap() == {"fleet.start": "S", "fleet.stop": "X"}
    assert [problem.detail.partition("config.toml")[2] for problem in config.problems] == [
        ":4: keys.fleet.zoom",
        ":5: keys.hosts",
    ]


@pytest.mark.parametrize("name", ["default", "prod-2", "a.b_c", "x" * 40])
def test_a_plain_name_can_be_a_profile(name: str) -> None:
    assert parse_profile_name(name) == name


@pytest.mark.parametrize("name", ["", "x" * 41, "a/b", "a b", "ä", "a\n", 3, None])
def test_any_other_name_cannot(name: object) -> None:
    with pytest.raises(ValueError, match="1 to 40 letters"):
        parse_profile_name(name)
