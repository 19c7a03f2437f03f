"""Signing in, and choosing the profile, the theme and the language."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from textual.app import App

from xds_tui import i18n
from xds_tui.auth.account import Account
from xds_tui.auth.keyring_store import CredentialStoreError
from xds_tui.config.schema import THEMES, SaveSetting
from xds_tui.config.settings import SettingsError
from xds_tui.config.theme_file import TEXTUAL_THEMES, CustomTheme, read_theme, theme_names
from xds_tui.domain.endpoint import DEMO, environment_of
from xds_tui.i18n import N_, _
from xds_tui.text import formats, messages, terms
from xds_tui.tui.context import Profile, ProfileConnector, ProfileServices
from xds_tui.tui.screens.picker import Choice, PickerScreen, pick
from xds_tui.tui.screens.sign_in import SignInScreen
from xds_tui.tui.theme import themes

PROGRESS_DELAY: Final = 0.3
"""Seconds of waiting for the keyring after which a message says so."""


async def sign_in(app: App[Any], opened: ProfileServices) -> bool:
    """Ask for credentials and poll with them; return whether to store them. Call it in a worker."""
    signed_in = await app.push_screen_wait(SignInScreen(opened.account, insecure_http=opened.insecure_http))
    if signed_in is None:
        return False
    opened.monitor.handle_sign_in()
    return signed_in.keep


async def save_credentials(app: App[Any], account: Account) -> None:
    """Store the credentials in the keyring, which may ask the user first, and show the result."""
    waiting = _("Waiting for the keyring, which may prompt first")
    timer = app.set_timer(PROGRESS_DELAY, lambda: app.notify(waiting, timeout=20, markup=False))
    try:
        name = await account.store_credentials()
    except CredentialStoreError as error:
        message = messages.kept_for_this_run(error)
        app.notify(message, severity="warning", timeout=20, markup=False)
        return
    finally:
        timer.stop()
    app.notify(_("Stored in the keyring: {name}").format(name=name), markup=False)


async def choose_profile(app: App[Any], profiles: ProfileConnector, present: Profile) -> ProfileServices | None:
    """Let the user choose a profile; return its services, or None if it is the present one. Call it in a worker."""
    places = await profiles.places()
    choices = [
        Choice(str(index), place.profile, describe_profile(place), is_current=_is_same(place, present))
        for index, place in enumerate(places)
    ]
    chosen = await pick(app, _(terms.PROFILE), choices)
    if chosen is None or _is_same(places[int(chosen)], present):
        return None
    try:
        return await profiles.open(places[int(chosen)])
    except SettingsError as error:
        app.notify(messages.error_message(error), severity="error", markup=False)
        return None


def describe_profile(place: Profile) -> str:
    """Return the environment and the address of a profile, and whether it is read-only."""
    words = [_("the address it last signed in to")]
    if place.base_url:
        name, address = environment_of(place.base_url), place.base_url.partition("://")[2]
        words = [address] if address.startswith(name) else [formats.environment(name), address]
    if place.base_url == DEMO:
        words = [_("built-in simulator; nothing is really bought")]
    return " · ".join([*words, _(terms.READ_ONLY)] if place.read_only else words)


def _is_same(one: Profile, other: Profile) -> bool:
    """Return whether two profiles are the same; the user may have named one `demo`."""
    return one.profile == other.profile and (one.base_url == DEMO) == (other.base_url == DEMO)


_THEMES: Final = {
    "dark": N_("Dark"),
    "light": N_("Light"),
    "contrast": N_("High contrast"),
    "ansi": N_("The 16 colors of the terminal"),
}

_LANGUAGES: Final = {"en": "English", "zh_CN": "中文"}
"""The name of each language in that language, for users who do not read any other."""


async def choose_theme(app: App[Any], keep: SaveSetting | None, folder: Path | None) -> None:
    """Let the user choose a theme, and save it. Call it in a worker.

    Each theme is applied while the cursor is on it. A file in `folder` that is not usable is listed with the reason.
    """
    if app.no_color:
        app.notify(_("NO_COLOR is set, so no colors are used"), severity="warning", markup=False)
        return
    custom = await asyncio.to_thread(_read_themes, folder) if folder is not None else {}
    present, present_theme = themes.current(app), app.theme
    choices = [Choice(name, _(_THEMES[name]), name, is_current=name == present) for name in THEMES]
    for name, theme in custom.items():
        why_not = "" if isinstance(theme, CustomTheme) else theme
        choices.append(Choice(name, name, _("custom"), why_not, is_current=name == present))
    choices += [Choice(name, name, is_current=name == present) for name in TEXTUAL_THEMES if name not in custom]

    def preview(name: str) -> None:
        theme = custom.get(name)
        if not isinstance(theme, str):
            themes.apply(app, name, os.environ, theme)

    chosen = await app.push_screen_wait(PickerScreen(_(terms.THEME), choices, preview=preview))
    if chosen is None:
        app.theme = present_theme
    else:
        preview(chosen)
        await _save(app, keep, {("theme",): chosen})


def _read_themes(folder: Path) -> dict[str, CustomTheme | str]:
    """Return the themes in `folder` by name, with the first problem in place of one that cannot be used."""
    found: dict[str, CustomTheme | str] = {}
    for name in theme_names(folder):
        if name in THEMES or name in TEXTUAL_THEMES:
            found[f"{name}.toml"] = _("{name} is the name of a built-in theme. Rename the file").format(name=name)
            continue
        theme, problems = read_theme(folder, name)
        # Without the folder, which is the same for all of them.
        found[name] = theme or messages.error_message(problems[0]).replace(f"{folder}{os.sep}", "")
    return found


async def choose_language(app: App[Any]) -> str | None:
    """Let the user choose the language; return its code, or None if it is the present one. Call it in a worker."""
    present = i18n.chosen()
    choices = [Choice(code, _LANGUAGES[code], is_current=code == present) for code in i18n.LANGUAGES]
    chosen = await pick(app, _(terms.LANGUAGE), choices)
    if chosen is None or chosen == present:
        return None
    i18n.choose(chosen)
    return chosen


async def save_language(app: App[Any], keep: SaveSetting | None, chosen: str) -> None:
    """Save the language for the next run."""
    await _save(app, keep, {("language",): chosen})


async def _save(app: App[Any], keep: SaveSetting | None, changes: Mapping[tuple[str, ...], object]) -> None:
    if keep is not None and (why := await keep(changes)):
        message = _("This applies to the current run only. {why}").format(why=why)
        app.notify(message, severity="warning", markup=False)
