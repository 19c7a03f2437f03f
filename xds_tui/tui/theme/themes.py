"""The themes, and which of them is the default in a terminal.

Colour only repeats what a glyph and a word show. Text has a contrast of 4.5 to 1 with its background, and of 7 to 1 in
the theme `contrast` (WCAG 2.1, 1.4.3 and 1.4.6). The theme `ansi` uses only the sixteen colours of the terminal's
palette. If NO_COLOR is set, no colours are used; reverse, bold and underline take their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.app import App
from textual.color import Color
from textual.style import Style
from textual.theme import Theme

from xds_tui.config.theme_file import CustomTheme
from xds_tui.system import terminal
from xds_tui.tui.textual_compat import set_theme

_PREFIX: Final = "xds-"
"""Before the names of our themes among Textual's."""


def _tags(*colors: str) -> dict[str, str]:
    """Return the variables with the colors of tags."""
    return dict(zip((f"tag-{index}" for index in range(6)), colors, strict=True))


DEFAULT_VARIABLES: Final = _tags(*["#808080"] * 6)
"""Values of our variables for a theme without them."""

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
        **_tags("#7cb8ee", "#eebb60", "#86cf92", "#d3a4f0", "#6fd0d0", "#f0a58a"),
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
        **_tags("#125a9f", "#7d4400", "#17602d", "#6b2c91", "#0b5c66", "#9a2a52"),
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
        **_tags("#7fd4ff", "#ffd84d", "#7df58a", "#e6b3ff", "#80f0f0", "#ffb399"),
    },
)


_ANSI_DEFAULTS: Final = (
    "surface",
    "panel",
    "text-muted",
    "text-disabled",
    "foreground-muted",
    "primary-muted",
    "error-muted",
    "warning-muted",
    "ansi-background",
    "ansi-foreground",
    "border-blurred",
    "block-cursor-background",
    "block-cursor-foreground",
    "block-cursor-blurred-background",
    "block-cursor-blurred-foreground",
    "block-hover-background",
    "input-cursor-background",
    "input-cursor-foreground",
    "input-selection-background",
    "input-selection-foreground",
    "scrollbar-background",
    "scrollbar-background-hover",
    "scrollbar-background-active",
)
"""Variables with a default colour of the terminal: foreground and background, reversed too, are always legible."""

_ANSI_VARIABLES: Final = dict.fromkeys(_ANSI_DEFAULTS, "ansi_default") | {
    "surface-lighten-2": "ansi_bright_black",
    "block-cursor-text-style": "reverse",
    "block-cursor-blurred-text-style": "underline",
    "input-cursor-text-style": "reverse",
    "scrollbar": "ansi_bright_black",
    "scrollbar-hover": "ansi_bright_black",
    "scrollbar-active": "ansi_bright_black",
}


_ANSI_TAGS: Final = {
    True: ("ansi_cyan", "ansi_yellow", "ansi_green", "ansi_magenta", "ansi_bright_cyan", "ansi_bright_green"),
    False: ("ansi_blue", "ansi_magenta", "ansi_green", "ansi_red", "ansi_cyan", "ansi_default"),
}
"""Colors of tags on a dark and on a light background."""


def _ansi(name: str, *, dark: bool) -> Theme:
    """Return a theme with the terminal's palette. Yellow is illegible on a light background in every palette."""
    accent = "ansi_yellow" if dark else "ansi_magenta"
    primary = "ansi_cyan" if dark else "ansi_blue"
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary=primary,
        secondary="ansi_default",
        accent=accent,
        warning=accent,
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables=_ANSI_VARIABLES | {"border": primary} | _tags(*_ANSI_TAGS[dark]),
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
"""The Textual theme for each name in `schema.THEMES` and whether the terminal is dark."""


def default_family(colours: str | None, environ: Mapping[str, str]) -> str:
    """Return the default theme for a terminal, one of `schema.THEMES`.

    Args:
        colours: Rich's name of the colour system: `standard`, `256`, `truecolor`, `windows`, or None.
        environ: the environment, in which some terminals set COLORFGBG.

    """
    if colours not in ("256", "truecolor"):
        return "ansi"
    return "dark" if terminal.is_dark(environ) else "light"


def current(app: App[Any]) -> str:
    """Return the name of the current theme in config.toml."""
    own = (name for (name, _dark), theme in _TEXTUAL.items() if theme.name == app.theme)
    return next(own, app.theme.removeprefix(_PREFIX))


def apply(app: App[Any], name: str | None, environ: Mapping[str, str], custom: CustomTheme | None = None) -> None:
    """Change the theme.

    Args:
        app: the app.
        name: one of `schema.THEMES` and `TEXTUAL_THEMES`, or that of `custom`; None: the default.
        environ: the environment.
        custom: the theme of the user with this name.

    """
    name = "ansi" if app.no_color else name or default_family(app.console.color_system, environ)
    theme = _own_theme(name, environ) or _derived_theme(name, custom)
    set_theme(app, theme)


def _own_theme(name: str, environ: Mapping[str, str]) -> Theme | None:
    return _TEXTUAL.get((name, terminal.is_dark(environ)))


def _derived_theme(name: str, custom: CustomTheme | None) -> Theme:
    from xds_tui.tui.theme import colors  # most users have one of our own themes

    return colors.custom_theme(custom) if custom is not None else colors.textual_theme(name)


_ENVIRONMENT_COLORS: Final = {"": "none", "production": "red", "sandbox": "yellow", "demo": "cyan"}
_OTHER_COLOR: Final = "magenta"

_TRUE_COLORS: Final = {
    "red": ("#ffffff", "#8f1616"),
    "yellow": ("#000000", "#e8b923"),
    "green": ("#000000", "#63c174"),
    "cyan": ("#000000", "#58c4d4"),
    "blue": ("#ffffff", "#1d3f9e"),
    "magenta": ("#ffffff", "#7a1f78"),
}
"""Foreground and background."""

_ANSI_COLORS: Final = {
    "red": ("ansi_bright_white", "ansi_red"),
    "yellow": ("ansi_black", "ansi_yellow"),
    "green": ("ansi_black", "ansi_green"),
    "cyan": ("ansi_black", "ansi_cyan"),
    "blue": ("ansi_bright_white", "ansi_blue"),
    "magenta": ("ansi_bright_white", "ansi_magenta"),
}


def profile_color(chosen: str | None, environment: str) -> str:
    """Return the colour of a profile, one of `schema.PROFILE_COLORS`.

    Args:
        chosen: the colour that the user has set; None: none.
        environment: as returned by `endpoint.environment_of`; empty while it is unknown.

    """
    return chosen or _ENVIRONMENT_COLORS.get(environment, _OTHER_COLOR)


def profile_style(color: str, environment: str, *, is_ansi: bool, is_colourless: bool) -> Style:
    """Return the style of a profile's name; without colours, only that of production is reversed."""
    bold = Style(bold=True)
    if is_colourless:
        return bold + Style(reverse=environment == "production")
    if color == "none":
        return bold
    foreground, background = (_ANSI_COLORS if is_ansi else _TRUE_COLORS)[color]
    return bold + Style(background=Color.parse(background), foreground=Color.parse(foreground))
