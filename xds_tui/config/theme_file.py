"""Themes of the user: one TOML file for each, in the folder `themes` beside config.toml.

`dark` says whether the theme is dark; `primary`, `foreground` and `background` are required; the other colors are
derived from them. A file with any error is not used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from xds_tui.config.toml_file import TOP, ConfigFile, SettingsError
from xds_tui.config.values import InvalidValueError, parse_bool
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

TEXTUAL_THEMES: Final = (
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
)
"""Textual's themes, without those of the sixteen colors."""

REQUIRED_COLORS: Final = ("primary", "foreground", "background")
OPTIONAL_COLORS: Final = ("secondary", "accent", "warning", "error", "success", "surface", "panel")

MIN_CONTRAST: Final = 4.5
"""WCAG 2.1, 1.4.3."""

_NAME: Final = r"[a-z0-9][a-z0-9_-]{0,39}"
_COLOR: Final = r"#[0-9A-Fa-f]{6}"


@dataclass(frozen=True, slots=True)
class CustomTheme:
    """The colors of a theme file."""

    name: str
    """The name of the file without `.toml`."""
    is_dark: bool
    colors: Mapping[str, str]
    """`#rrggbb` for each of `REQUIRED_COLORS` and for some of `OPTIONAL_COLORS`."""


def parse_theme_name(value: object) -> str:
    """Return a valid name of a theme.

    Raises:
        InvalidValueError: for any other value.

    """
    if not isinstance(value, str) or not re.fullmatch(_NAME, value):
        reason = N_("The name of a theme must be 1 to 40 lower-case letters, digits, hyphens and underscores")
        raise InvalidValueError(reason)
    return value


def theme_folder(config_path: Path) -> Path:
    """Return the folder of the theme files that belong to a config.toml."""
    return config_path.parent / "themes"


def theme_names(folder: Path) -> list[str]:
    """Return the names of the theme files, sorted; none if the folder cannot be read."""
    try:
        return sorted(path.stem for path in folder.glob("*.toml") if re.fullmatch(_NAME, path.stem))
    except OSError:
        return []


def read_theme(folder: Path, name: str) -> tuple[CustomTheme | None, Sequence[SettingsError]]:
    """Return the theme in a file, or None, and the problems of the file."""
    file = ConfigFile(folder / f"{name}.toml", must_exist=True)
    if file.problems:
        return None, file.problems
    is_dark = file.first([TOP], "dark", parse_bool)
    found = {key: file.first([TOP], key, _parse_color) for key in (*REQUIRED_COLORS, *OPTIONAL_COLORS)}
    colors = {key: color for key, color in found.items() if color is not None}
    file.report_unknown({TOP: {"dark", *found}}, ())
    if not file.problems:
        for key in ("dark", *REQUIRED_COLORS):
            if key not in colors and (key != "dark" or is_dark is None):
                file.problems.append(SettingsError(N_("This key is missing"), f"{file.path}: {key}"))
    if not file.problems and not _is_readable(colors):
        reason = N_("No text color reaches a contrast of {contrast} on background, surface and panel")
        file.problems.append(SettingsError(reason, f"{file.path}: background", {"contrast": f"{MIN_CONTRAST:g}"}))
    return (None, file.problems) if file.problems else (CustomTheme(name, bool(is_dark), colors), ())


def _parse_color(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_COLOR, value):
        raise InvalidValueError(N_('A color must look like "#12ab9f"'))
    return value


def _is_readable(colors: Mapping[str, str]) -> bool:
    """Whether black or white text has enough contrast to all backgrounds."""
    backgrounds = [luminance(_rgb(colors[key])) for key in ("background", "surface", "panel") if key in colors]
    white = 1.05 / (max(backgrounds) + 0.05)
    black = (min(backgrounds) + 0.05) / 0.05
    return max(white, black) >= MIN_CONTRAST


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def luminance(rgb: tuple[int, int, int]) -> float:
    """Return the relative luminance of a color, from 0 to 1, as WCAG 2.1 defines it."""
    parts = (part / 255 for part in rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
