"""The families of colours, and which of them a terminal gets when nobody chose.

Colours say again what a glyph and a word have said. Those of a text keep a contrast of 4.5 to 1 with what is behind
it, and of 7 to 1 in the family that is made for that (WCAG 2.1, 1.4.3 and 1.4.6). The family `ansi` writes the sixteen
colours of the terminal's own palette and nothing else; where NO_COLOR is set not even those are written, and reverse,
bold and underline say what is to be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.app import App
from textual.color import Color
from textual.style import Style
from textual.theme import Theme

_DARK: Final = Theme(
    name="xds-dark",
    primary="#4c9be0",
    secondary="#7d92a8",
    accent="#e8b04c",
    warning="#e8b04c",
    error="#e06c75",
    success="#79c486",
    foreground="#dfe4e8",
    background="#12161b",
    surface="#181e25",
    panel="#202833",
    variables={
        "text-primary": "#7cb8ee",
        "text-accent": "#eebb60",
        "text-warning": "#eebb60",
        "text-error": "#f2939a",
        "text-success": "#86cf92",
        "text-muted": "#9ba7b3",
        "text-disabled": "#8793a0",
        "foreground-muted": "#9ba7b3",
        "surface-lighten-2": "#46525f",
        "primary-muted": "#24405c",
        "error-muted": "#4b262c",
        "warning-muted": "#43351c",
        "block-cursor-background": "#2a68a3",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#2b3541",
        "block-cursor-blurred-foreground": "#dfe4e8",
        "scrollbar": "#46525f",
        "scrollbar-background": "#181e25",
        "border": "#4c9be0",
        "button-color-foreground": "#12161b",
    },
)

_LIGHT: Final = Theme(
    name="xds-light",
    dark=False,
    primary="#1463b0",
    secondary="#5a6b7c",
    accent="#8a4b00",
    warning="#8a4b00",
    error="#b3261e",
    success="#1a6b32",
    foreground="#1c2126",
    background="#fbfbfa",
    surface="#f3f4f5",
    panel="#e6eaee",
    variables={
        "text-primary": "#125a9f",
        "text-accent": "#7d4400",
        "text-warning": "#7d4400",
        "text-error": "#a3221b",
        "text-success": "#17602d",
        "text-muted": "#4f5963",
        "text-disabled": "#5a646e",
        "foreground-muted": "#4f5963",
        "surface-lighten-2": "#b9c1c9",
        "primary-muted": "#cfe1f3",
        "error-muted": "#f7dcda",
        "warning-muted": "#f6e7cd",
        "block-cursor-background": "#1463b0",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#dfe4e9",
        "block-cursor-blurred-foreground": "#1c2126",
        "scrollbar": "#b9c1c9",
        "scrollbar-background": "#eceff1",
        "border": "#1463b0",
        "button-color-foreground": "#ffffff",
    },
)

_CONTRAST: Final = Theme(
    name="xds-contrast",
    primary="#5cc8ff",
    secondary="#d8d8d8",
    accent="#ffd84d",
    warning="#ffd84d",
    error="#ff9d94",
    success="#7df58a",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#141414",
    variables={
        "text-primary": "#7fd4ff",
        "text-accent": "#ffd84d",
        "text-warning": "#ffd84d",
        "text-error": "#ff9d94",
        "text-success": "#7df58a",
        "text-muted": "#d4d4d4",
        "text-disabled": "#bcbcbc",
        "foreground-muted": "#d4d4d4",
        "surface-lighten-2": "#9a9a9a",
        "primary-muted": "#123a52",
        "error-muted": "#4a0d0d",
        "warning-muted": "#3a2f00",
        "block-cursor-background": "#ffd84d",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#262626",
        "block-cursor-blurred-foreground": "#ffffff",
        "scrollbar": "#bcbcbc",
        "scrollbar-background": "#1f1f1f",
        "border": "#5cc8ff",
        "button-color-foreground": "#000000",
    },
)


def _ansi(name: str, *, dark: bool) -> Theme:
    """Make a theme of the terminal's palette; on paper yellow cannot be read, whatever the palette."""
    called = "ansi_yellow" if dark else "ansi_magenta"
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary="ansi_cyan" if dark else "ansi_blue",
        secondary="ansi_default",
        accent=called,
        warning=called,
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "surface": "ansi_default",
            "panel": "ansi_default",
            "surface-lighten-2": "ansi_bright_black",
            "text-muted": "ansi_default",
            "text-disabled": "ansi_default",
            "foreground-muted": "ansi_default",
            "primary-muted": "ansi_default",
            "error-muted": "ansi_default",
            "warning-muted": "ansi_default",
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "border": "ansi_cyan" if dark else "ansi_blue",
            "border-blurred": "ansi_default",
            # The colours of the terminal, exchanged: they can be read in every palette.
            "block-cursor-background": "ansi_default",
            "block-cursor-foreground": "ansi_default",
            "block-cursor-text-style": "reverse",
            "block-cursor-blurred-background": "ansi_default",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-text-style": "underline",
            "block-hover-background": "ansi_default",
            "input-cursor-background": "ansi_default",
            "input-cursor-foreground": "ansi_default",
            "input-cursor-text-style": "reverse",
            "input-selection-background": "ansi_default",
            "input-selection-foreground": "ansi_default",
            "scrollbar": "ansi_bright_black",
            "scrollbar-hover": "ansi_bright_black",
            "scrollbar-active": "ansi_bright_black",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
        },
    )


_TEXTUAL: Final = {
    ("dark", True): _DARK,
    ("dark", False): _DARK,
    ("light", True): _LIGHT,
    ("light", False): _LIGHT,
    ("contrast", True): _CONTRAST,
    ("contrast", False): _CONTRAST,
    ("ansi", True): _ansi("xds-ansi", dark=True),
    ("ansi", False): _ansi("xds-ansi-light", dark=False),
}
"""The theme of each of `preferences.THEMES`, in a terminal that is dark, or is not."""


def fitting(colours: str | None, environ: Mapping[str, str]) -> str:
    """Return the family that suits a terminal, one of `preferences.THEMES`.

    Args:
        colours: what it can show, as Rich calls it: `standard`, `256`, `truecolor`, `windows`, or None for nothing.
        environ: the environment, whose COLORFGBG some terminals set.

    """
    if colours not in ("256", "truecolor"):
        return "ansi"
    return "dark" if is_dark(environ) else "light"


def is_dark(environ: Mapping[str, str]) -> bool:
    """Whether the terminal's background is dark, so far as COLORFGBG tells: `15;0`, with or without a middle part.

    The last of the numbers is the background's in the palette, where 7 and the bright ones are light.
    """
    number = environ.get("COLORFGBG", "").rpartition(";")[2]
    return not number.isdecimal() or int(number) in (*range(7), 8)


def family(app: App[Any]) -> str:
    """Return the family that `app` shows, one of `preferences.THEMES`."""
    return next(name for (name, _dark), theme in _TEXTUAL.items() if theme.name == app.theme)


def apply(app: App[Any], name: str | None, environ: Mapping[str, str]) -> None:
    """Show everything in another family of colours; at any time.

    Args:
        app: whose screens are shown.
        name: one of `preferences.THEMES`; None: what suits the terminal.
        environ: the environment.

    """
    name = "ansi" if app.no_color else name or fitting(app.console.color_system, environ)
    theme = _TEXTUAL[name, is_dark(environ)]
    app.register_theme(theme)
    app.theme = theme.name


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
    """Return the colour of a place, one of `schema.PROFILE_COLORS`.

    Args:
        chosen: what the user set for the profile; None: nothing.
        environment: as `base_url.environment_of` calls it; empty while it is not known.

    """
    return chosen or _OF_ENVIRONMENT.get(environment, _OF_OTHERS)


def color_style(color: str, environment: str, *, is_ansi: bool, is_colourless: bool) -> Style:
    """Return what a place is written in; where there are no colours only production's is reversed."""
    bold = Style(bold=True)
    if is_colourless:
        return bold + Style(reverse=environment == "production")
    if color == "none":
        return bold
    text, ground = (_ANSI if is_ansi else _COLOURS)[color]
    return bold + Style(background=Color.parse(ground), foreground=Color.parse(text))
