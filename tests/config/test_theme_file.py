from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xds_tui.config.settings import Arguments, load
from xds_tui.config.theme_file import CustomTheme, parse_theme_name, read_theme, theme_folder, theme_names
from xds_tui.text import messages

GOOD = """\
dark = true
primary = "#88c0d0"
foreground = "#d8dee9"
background = "#2e3440"
"""


def problem(folder: Path, text: str) -> str:
    """The only problem of a theme file with this text."""
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    theme, problems = read_theme(folder, "mine")
    assert theme is None
    (found,) = problems
    return messages.error_message(found)


def test_a_theme_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD + 'panel = "#434C5E"\n', encoding="utf-8")
    theme, problems = read_theme(tmp_path, "mine")
    assert problems == ()
    assert theme == CustomTheme(
        "mine",
        True,
        {"primary": "#88c0d0", "foreground": "#d8dee9", "background": "#2e3440", "panel": "#434C5E"},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace('"#88c0d0"', '"blue"'), r"mine.toml:2: primary: A color must look like"),
        (GOOD.replace('"#88c0d0"', "7"), r"mine.toml:2: primary: A color must look like"),
        (GOOD.replace("true", '"yes"'), r"mine.toml:1: dark: This must be true or false"),
        (GOOD + 'colour_of_text = "#000000"\n', r"mine.toml:5: colour_of_text: There is no such setting"),
        (GOOD.replace('primary = "#88c0d0"\n', ""), r"mine.toml: primary: This key is missing"),
        (GOOD.replace("dark = true\n", ""), r"mine.toml: dark: This key is missing"),
        (GOOD + 'surface = "#ffffff"\n', r"mine.toml: background: No text color reaches a contrast of 4.5"),
        ("primary = = 1", r"mine.toml: .*line 1, .*The file is not valid TOML"),
    ],
    ids=["color", "type", "bool", "unknown", "missing color", "missing dark", "contrast", "syntax"],
)
def test_a_bad_file_is_reported_with_its_line_and_key(tmp_path: Path, text: str, expected: str) -> None:
    message = problem(tmp_path, text)
    assert str(tmp_path) in message
    assert re.search(expected, message)


def test_a_missing_file_and_a_folder_are_reported(tmp_path: Path) -> None:
    assert read_theme(tmp_path, "nowhere")[1]
    (tmp_path / "odd.toml").mkdir()
    assert read_theme(tmp_path, "odd")[1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_of_a_file_raises_an_exception(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    theme, problems = read_theme(tmp_path, "mine")
    assert (theme is None) is bool(problems)


def test_the_folder_is_beside_the_configuration_and_other_files_in_it_are_ignored(tmp_path: Path) -> None:
    folder = theme_folder(tmp_path / "config.toml")
    assert theme_names(folder) == []
    folder.mkdir()
    for name in ("b.toml", "a.toml", "Bad Name.toml", "notes.txt"):
        (folder / name).touch()
    assert folder == tmp_path / "themes"
    assert theme_names(folder) == ["a", "b"]


@pytest.mark.parametrize("value", ["", "../secret", "A", "a/b", "x" * 41, 7, None])
def test_a_name_is_not_a_path(value: object) -> None:
    with pytest.raises(ValueError, match="name"):
        parse_theme_name(value)


@pytest.mark.parametrize(("text", "is_used"), [(GOOD, True), (GOOD + "oops = 1\n", False), (None, False)])
def test_the_theme_of_the_configuration_is_read_at_the_start(tmp_path: Path, text: str | None, is_used: bool) -> None:
    config = tmp_path / "config.toml"
    config.write_text('theme = "mine"\n', encoding="utf-8")
    if text is not None:
        theme_folder(config).mkdir()
        (theme_folder(config) / "mine.toml").write_text(text, encoding="utf-8")
    loaded = load(Arguments(), {}, config_path=config)
    assert (loaded.theme, loaded.custom_theme is not None) == (("mine", True) if is_used else (None, False))
    assert bool(loaded.problems) is not is_used
    assert not loaded.read_only


def test_themes_of_textual_need_no_file(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('theme = "nord"\n', encoding="utf-8")
    loaded = load(Arguments(), {}, config_path=config)
    assert (loaded.theme, loaded.problems) == ("nord", ())
