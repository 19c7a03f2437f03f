from __future__ import annotations

from pathlib import Path

import pytest

from xds_tui.config.settings import Settings
from xds_tui.tui import keymap
from xds_tui.tui.commands import COMMANDS, current_keymap, keys_of


def test_the_keys_that_there_are_from_the_start_are_no_problem() -> None:
    assert keymap.problems({}) == []
    assert keymap.problems({action.id: action.keys for action in COMMANDS.values()}) == []


def test_keys_may_be_exchanged() -> None:
    assert keymap.problems({"fleet.start": "x", "fleet.stop": "s"}) == []


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"fleet.start": "x"}, "x is both fleet.start and fleet.stop"),
        ({"fleet.start": "f5", "fleet.stop": "f5"}, "f5 is both fleet.start and fleet.stop"),
        ({"fleet.refresh": "?"}, "? is both fleet.refresh and app.help"),
        ({"catalog.gpu": "s"}, "s is both fleet.start and catalog.gpu"),
        ({"table.mark": "n"}, "n is both fleet.new and table.mark"),
        ({"picker.back": "f1"}, "f1 is both picker.back and app.help-anywhere"),
    ],
)
def test_two_actions_that_are_heard_together_clash_on_one_key(chosen: dict[str, str], told: str) -> None:
    assert told in keymap.problems(chosen)


def test_actions_of_two_screens_may_share_a_key() -> None:
    assert keymap.problems({"detail.reveal": "n"}) == []


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"fleet.strat": "x"}, "no action is called fleet.strat (is it fleet.start?)"),
        ({"zz": "x"}, "no action is called zz"),
        ({"fleet.zoom": "PgUp"}, "fleet.zoom: no key is called PgUp (is it pageup?)"),
        ({"fleet.zoom": "esc"}, "fleet.zoom: no key is called esc (is it escape?)"),
        ({"fleet.zoom": "fn+x"}, "fleet.zoom: no key is called fn+x"),
        ({"fleet.zoom": "w,,"}, "fleet.zoom: the key , is called comma"),
    ],
)
def test_what_is_not_there_is_named_with_what_may_be_meant(chosen: dict[str, str], told: str) -> None:
    assert keymap.problems(chosen)[0] == told


def test_an_old_id_is_accepted_and_its_new_one_named() -> None:
    assert keymap.problems({"choose.back": "w"}) == ["choose.back has been renamed to picker.back"]
    assert current_keymap({"choose.back": "w", "fleet.zoom": "v"}) == {"picker.back": "w", "fleet.zoom": "v"}


@pytest.mark.parametrize("keys", [{"choose.back": "w", "picker.back": "v"}, {"picker.back": "v", "choose.back": "w"}])
def test_the_present_id_counts_where_a_keymap_has_both(keys: dict[str, str]) -> None:
    assert current_keymap(keys) == {"picker.back": "v"}


def test_an_old_id_clashes_like_the_new_one() -> None:
    assert "n is both fleet.new and table.mark" in keymap.problems({"line-table.mark": "n"})


@pytest.mark.parametrize("key", ["f5", "ctrl+g", "alt+left", "ä", "#", "exclamation_mark", "comma", "alt+space"])
def test_a_key_may_be_a_character_a_name_or_one_with_modifiers(key: str) -> None:
    assert keymap.problems({"fleet.zoom": key}) == []


def test_they_stand_among_what_is_wrong_with_the_settings() -> None:
    settings = Settings(config_path=Path("config.toml"), keymap={"fleet.start": "x"})
    (problem,) = keymap.with_problems(settings).problems
    assert str(problem) == "[keys]: x is both fleet.start and fleet.stop"


def test_the_keys_of_an_action_are_those_that_were_chosen() -> None:
    help_keys = COMMANDS["app.help"]
    assert keys_of(help_keys, {}) == ["question_mark"]
    assert keys_of(help_keys, {"app.help": "?, f4"}) == ["question_mark", "f4"]
