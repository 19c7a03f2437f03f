"""Validation of the `[keys]` setting: unknown actions, unknown keys, and keys bound to two actions at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import combinations
from typing import Final

from textual import keys

from xds_tui.config.settings import Settings, SettingsError
from xds_tui.i18n import _
from xds_tui.tui.command import Command
from xds_tui.tui.commands import COMMANDS, OLD_IDS, by_place, current_keymap, keys_of

ACTIVE_TOGETHER: Final = (
    ("table", "hosts", "fleet", "app"),
    ("table", "catalog", "fleet", "app"),
    ("filter", "hosts", "fleet", "app"),
    ("detail", "app"),
    ("table", "history", "app"),
    ("filter", "history", "app"),
    ("report", "app"),
    ("table", "create", "app"),
    ("filter", "create", "app"),
    ("billing-field", "create", "app"),
    ("number-field", "create", "app"),
)
"""Places with bindings that are active at the same time, the focused one first. Every other place is a dialog, which
is active alone."""

_MODIFIERS: Final = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})
_NAMED: Final = {
    name
    for name in (*(key.value.rpartition("+")[2] for key in keys.Keys), *keys.KEY_NAME_REPLACEMENTS.values())
    if len(name) > 1 and name.isidentifier() and name != "return"
}
"""Textual's names for keys that do not produce a character."""


def problems(keymap: Mapping[str, str]) -> list[str]:
    """Return one message for each problem with a keymap, in the chosen language.

    Args:
        keymap: the keys of each action by its ID, separated by commas, in the format of `Settings.keymap`.

    """
    current = current_keymap(keymap)
    known = {command_id: keys for command_id, keys in current.items() if command_id in COMMANDS}
    return [*_old_ids(keymap), *_unknown_actions(current), *_unknown_keys(known), *_clashes(known)]


def with_problems(settings: Settings) -> Settings:
    """Return the settings with the problems of their keymap added to `Settings.problems`."""
    keymap_problems = (SettingsError(problem, "[keys]") for problem in problems(settings.keymap))
    return replace(settings, problems=(*settings.problems, *keymap_problems))


def _old_ids(keymap: Mapping[str, str]) -> Iterator[str]:
    for command_id in keymap:
        if command_id in OLD_IDS:
            yield _("{old} has been renamed to {new}").format(old=command_id, new=OLD_IDS[command_id])


def _unknown_actions(keymap: Mapping[str, str]) -> Iterator[str]:
    for action_id in keymap:
        if action_id not in COMMANDS:
            near = get_close_matches(action_id, COMMANDS, 1)
            message = _("there is no command {action}").format(action=action_id)
            yield f"{message} {_('(did you mean {near}?)').format(near=near[0])}" if near else message


def _unknown_keys(keymap: Mapping[str, str]) -> Iterator[str]:
    for action_id, chosen in keymap.items():
        for key in (key.strip() for key in chosen.split(",")):
            if not key:
                yield _('{action}: write "comma" for the comma key').format(action=action_id)
            elif not _is_key(key):
                near = get_close_matches(key.lower(), _NAMED, 1)
                message = _("{action}: there is no key {key}").format(action=action_id, key=key)
                yield f"{message} {_('(did you mean {near}?)').format(near=near[0])}" if near else message


def _is_key(name: str) -> bool:
    *modifiers, key = name.split("+")
    character = key if len(key) == 1 else keys.key_to_character(key)
    is_known = key in _NAMED or (character is not None and character.isprintable())
    return is_known and _MODIFIERS.issuperset(modifiers)


def _clashes(keymap: Mapping[str, str]) -> Iterator[str]:
    """Report pairs of actions that share a key while both are active, except pairs that share it by default."""
    reported = set()
    for actions in _active_groups():
        defaults = _shared_keys(actions, {})
        for key, one, other in sorted(_shared_keys(actions, keymap) - defaults):
            if (key, one, other) not in reported:
                reported.add((key, one, other))
                yield _("{key} is assigned to both {one} and {other}").format(
                    key=_display_name(key), one=one, other=other
                )


def _active_groups() -> Iterator[list[Command]]:
    """Yield each set of actions that can be active at the same time."""
    always = [action for action in by_place(["app"]) if action.priority]
    combined = {place for places in ACTIVE_TOGETHER for place in places}
    dialogs = dict.fromkeys(action.place for action in COMMANDS.values() if action.place not in combined)
    yield from map(by_place, ACTIVE_TOGETHER)
    yield from ([*by_place([dialog]), *always] for dialog in dialogs)


def _shared_keys(actions: list[Command], keymap: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Return each key that is bound to two of the actions, with the IDs of both."""
    bound = {action.id: set(keys_of(action, keymap)) for action in actions}
    return {(key, one, other) for one, other in combinations(bound, 2) for key in bound[one] & bound[other]}


def _display_name(key: str) -> str:
    """Return a key as it is printed on a keyboard."""
    character = keys.key_to_character(key) or ""
    return character if character.isprintable() and character.strip() else key
