"""The band of colour that says in whose fleet the user works: production must not be taken for anything else.

The colours are pairs that can be read by themselves, 7 to 1, so they are the same in every theme; in the terminal's own
palette they are its own. The environment's word stands on the band in any case, and production's in capitals.
"""

from __future__ import annotations

from typing import Final

from textual.color import Color
from textual.style import Style

_OF_ENVIRONMENT: Final = {"": "none", "production": "red", "sandbox": "yellow", "demo": "cyan"}
_OF_OTHERS: Final = "magenta"

_COLOURS: Final = {
    "red": ("#ffffff", "#8f1616"),
    "yellow": ("#000000", "#e8b923"),
    "green": ("#000000", "#63c174"),
    "cyan": ("#000000", "#58c4d4"),
    "blue": ("#ffffff", "#1d3f9e"),
    "magenta": ("#ffffff", "#7a1f78"),
}
"""Text and ground."""

_ANSI: Final = {
    "red": ("ansi_bright_white", "ansi_red"),
    "yellow": ("ansi_black", "ansi_yellow"),
    "green": ("ansi_black", "ansi_green"),
    "cyan": ("ansi_black", "ansi_cyan"),
    "blue": ("ansi_bright_white", "ansi_blue"),
    "magenta": ("ansi_bright_white", "ansi_magenta"),
}


def color_of(chosen: str | None, environment: str) -> str:
    """Return the colour of a place, one of `preferences.BANDS`.

    Args:
        chosen: what the user set for the profile; None: nothing.
        environment: as `base_url.environment_of` calls it; empty while it is not known.

    """
    return chosen or _OF_ENVIRONMENT.get(environment, _OF_OTHERS)


def color_style(band: str, environment: str, *, is_ansi: bool, is_colourless: bool) -> Style:
    """Return what a place is written in; where there are no colours only production's is reversed."""
    bold = Style(bold=True)
    if is_colourless:
        return bold + Style(reverse=environment == "production")
    if band == "none":
        return bold
    text, ground = (_ANSI if is_ansi else _COLOURS)[band]
    return bold + Style(background=Color.parse(ground), foreground=Color.parse(text))
