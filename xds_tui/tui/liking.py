"""What the user likes the app to be like, asked and at once so: its colours, its language."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from textual.app import App

from xds_tui import i18n
from xds_tui.i18n import N_, _
from xds_tui.preferences import THEMES, SaveSetting
from xds_tui.tui import themes
from xds_tui.tui.screens.choose import Choice, pick

_THEMES: Final = {
    "dark": N_("Dark"),
    "light": N_("Light"),
    "contrast": N_("High contrast"),
    "ansi": N_("The terminal's own sixteen colours"),
}

_LANGUAGES: Final = {"en": "English", "zh_CN": "中文"}
"""Each by its own name: who looks for one may read no other."""


async def choose_theme(app: App[Any], keep: SaveSetting | None) -> None:
    """Let the user choose the colours, and keep them; to be awaited in a worker."""
    if app.no_color:
        app.notify(_("NO_COLOR is set: no colours are written"), severity="warning", markup=False)
        return
    present = themes.family(app)
    choices = [Choice(name, _(_THEMES[name]), is_current=name == present) for name in THEMES]
    chosen = await pick(app, _("Theme"), choices)
    if chosen is not None:
        themes.apply(app, chosen, os.environ)
        await _keep(app, keep, {("theme",): chosen})


async def choose_language(app: App[Any]) -> str | None:
    """Let the user choose the language; return its code if it is another one now. To be awaited in a worker."""
    present = i18n.chosen()
    choices = [Choice(code, _LANGUAGES[code], is_current=code == present) for code in i18n.LANGUAGES]
    chosen = await pick(app, _("Language"), choices)
    if chosen is None or chosen == present:
        return None
    i18n.choose(chosen)
    return chosen


async def keep_language(app: App[Any], keep: SaveSetting | None, chosen: str) -> None:
    """Save the language for the next run."""
    await _keep(app, keep, {("language",): chosen})


async def _keep(app: App[Any], keep: SaveSetting | None, changes: Mapping[tuple[str, ...], object]) -> None:
    if keep is not None and (why := await keep(changes)):
        told = _("It holds for this run only. {why}").format(why=why)
        app.notify(told, severity="warning", markup=False)
