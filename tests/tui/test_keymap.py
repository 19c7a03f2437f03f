from __future__ import annotations

from pathlib import Path

import pytest

from xds_tui.config.settings import Settings
from xds_tui.tui import keymap
from xds_tui.tui.commands import COMMANDS, current_keymap, keys_of


def test_the_default_keys_have_no_problems() -> None:
    assert keymap.problems({}) == []
    assert keymap.problems({action.id: action.keys for action in COMMANDS.values()}) == []


def test_keys_can_be_swapped() -> None:
    assert keymap.problems({"fleet.start": "x", "fleet.stop": "s"}) == []


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"fleet.start": "x"}, "x is assigned to both fleet.start and fleet.stop"),
        ({"fleet.start": "f5", "fleet.stop": "f5"}, "f5 is assigned to both fleet.start and fleet.stop"),
        ({"fleet.refresh": "?"}, "? is assigned to both fleet.refresh and app.help"),
        ({"catalog.gpu": "s"}, "s is assigned to both fleet.start and catalog.gpu"),
        ({"table.mark": "n"}, "n is assigned to both fleet.new and table.mark"),
        ({"picker.back": "f1"}, "f1 is assigned to both picker.back and app.help-anywhere"),
    ],
)
def test_actions_that_are_active_together_conflict_on_one_key(chosen: dict[str, str], expected: str) -> None:
    assert expected in keymap.problems(chosen)


def test_actions_of_different_screens_can_share_a_key() -> None:
    assert keymap.problems({"detail.reveal": "n"}) == []


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"fleet.strat": "x"}, "there is no command fleet.strat (did you mean fleet.start?)"),
        ({"zz": "x"}, "there is no command zz"),
        ({"fleet.zoom": "PgUp"}, "fleet.zoom: there is no key PgUp (did you mean pageup?)"),
        ({"fleet.zoom": "esc"}, "fleet.zoom: there is no key esc (did you mean escape?)"),
        ({"fleet.zoom": "fn+x"}, "fleet.zoom: there is no key fn+x"),
        ({"fleet.zoom": "w,,"}, 'fleet.zoom: write "comma" for the comma key'),
    ],
)
def test_unknown_actions_and_keys_are_reported_with_a_suggestion(chosen: dict[str, str], expected: str) -> None:
    assert keymap.problems(chosen)[0] == expected


def test_an_old_id_is_accepted_and_the_new_one_is_named() -> None:
    assert keymap.problems({"choose.back": "w"}) == ["choose.back has been renamed to picker.back"]
    assert current_keymap({"choose.back": "w", "fleet.zoom": "v"}) == {"picker.back": "w", "fleet.zoom": "v"}


@pytest.mark.parametrize("keys", [{"choose.back": "w", "picker.back": "v"}, {"picker.back": "v", "choose.back": "w"}])
def test_the_present_id_takes_precedence_over_the_old_one(keys: dict[str, str]) -> None:
    assert current_keymap(keys) == {"picker.back": "v"}


def test_an_old_id_conflicts_like_the_new_one() -> None:
    assert "n is assigned to both fleet.new and table.mark" in keymap.problems({"line-table.mark": "n"})


@pytest.mark.parametrize("key", ["f5", "ctrl+e", "alt+left", "ä", "#", "exclamation_mark", "comma", "alt+space"])
def test_a_key_is_a_character_or_a_name_with_or_without_modifiers(key: str) -> None:
    assert keymap.problems({"fleet.zoom": key}) == []


def test_the_problems_are_added_to_those_of_the_settings() -> None:
    settings = Settings(config_path=Path("config.toml"), keymap={"fleet.start": "x"})
    (problem,) = keymap.with_problems(settings).problems
    assert str(problem) == "[keys]: x is assigned to both fleet.start and fleet.stop"


def test_the_keys_of_an_action_are_the_configured_ones() -> None:
    help_keys = COMMANDS["app.help"]
    assert keys_of(help_keys, {}) == ["question_mark"]
    assert keys_of(help_keys, {"app.help": "?, f4"}) == ["question_mark", "f4"]
