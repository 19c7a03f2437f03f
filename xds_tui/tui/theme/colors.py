"""Themes from few colors: all that the screens use is derived from them, with enough contrast to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from xds_tui.config.theme_file import MIN_CONTRAST, CustomTheme, luminance

_BLACK: Final = Color(0, 0, 0)
_WHITE: Final = Color(255, 255, 255)
_TAG_HUES: Final = tuple(map(Color.parse, ("#3f8fe0", "#c98a1b", "#3fa653", "#a55fd0", "#1fa5a5", "#d0603f")))
"""The colors of tags before they are made readable."""

_STEP: Final = 0.04
"""By how much a color is moved to black or white at a time."""


def textual_theme(name: str) -> Theme:
    """Return one of Textual's themes for our screens."""
    source = BUILTIN_THEMES[name]
    colors = source.to_color_system().generate()
    names = ("primary", "secondary", "accent", "warning", "error", "success", "foreground", "background", "surface")
    return derive(name, {key: Color.parse(colors[key]) for key in (*names, "panel")}, is_dark=source.dark)


def custom_theme(theme: CustomTheme) -> Theme:
    """Return the theme of a file."""
    colors = {key: Color.parse(color) for key, color in theme.colors.items()}
    base, text, primary = colors["background"], colors["foreground"], colors["primary"]
    defaults = {
        "secondary": primary,
        "accent": primary,
        "warning": Color.parse("#e8b04c" if theme.is_dark else "#8a4b00"),
        "error": Color.parse("#e06c75" if theme.is_dark else "#b3261e"),
        "success": Color.parse("#79c486" if theme.is_dark else "#1a6b32"),
        "surface": base.blend(text, 0.03),
        "panel": base.blend(text, 0.08),
    }
    return derive(theme.name, defaults | colors, is_dark=theme.is_dark)


def derive(name: str, colors: Mapping[str, Color], *, is_dark: bool) -> Theme:
    """Return a theme in which every text has a contrast of `MIN_CONTRAST` to the backgrounds that it is drawn on.

    Args:
        name: the name in config.toml.
        colors: the ten colors of a theme, opaque.
        is_dark: whether its background is dark.

    """
    grounds = [colors["background"], colors["surface"], colors["panel"]]
    # The row under the cursor of a list without the focus.
    text = readable(colors["foreground"], grounds)
    grounds.append(_tinted(colors["panel"], text, text, 0.12))
    texts = {key: readable(colors[key], grounds) for key in ("primary", "accent", "warning", "error", "success")}
    texts |= {f"tag-{index}": readable(hue, grounds) for index, hue in enumerate(_TAG_HUES)}
    texts["foreground"] = readable(colors["foreground"], grounds)
    texts["muted"] = readable(texts["foreground"].blend(colors["background"], 0.35), grounds)
    variables = {key: color.hex for key, color in _variables(colors, texts, blurred=grounds[-1]).items()}
    return Theme(
        name=f"xds-{name}",
        dark=is_dark,
        primary=colors["primary"].hex,
        secondary=colors["secondary"].hex,
        accent=texts["accent"].hex,
        warning=texts["warning"].hex,
        error=texts["error"].hex,
        success=texts["success"].hex,
        foreground=texts["foreground"].hex,
        background=colors["background"].hex,
        surface=colors["surface"].hex,
        panel=colors["panel"].hex,
        variables=variables,
    )


def _variables(colors: Mapping[str, Color], texts: Mapping[str, Color], *, blurred: Color) -> dict[str, Color]:
    """Return the colors that the stylesheets use besides those of a theme."""
    text, primary, ground = texts["foreground"], colors["primary"], colors["background"]
    lines = colors["panel"].blend(text, 0.3)
    return {
        **{f"text-{key}": texts[key] for key in ("primary", "accent", "warning", "error", "success", "muted")},
        "text-disabled": texts["muted"],
        "foreground-muted": texts["muted"],
        "surface-lighten-2": lines,
        "primary-muted": _tinted(ground, primary, text, 0.3),
        "error-muted": _tinted(ground, colors["error"], text, 0.25),
        "warning-muted": _tinted(ground, colors["warning"], text, 0.2),
        "block-cursor-background": primary,
        "block-cursor-foreground": _on(primary),
        "block-cursor-blurred-background": blurred,
        "block-cursor-blurred-foreground": text,
        "scrollbar": lines,
        "scrollbar-background": colors["surface"],
        "border": texts["primary"],
        "button-color-foreground": _on(primary),
        **{f"tag-{index}": texts[f"tag-{index}"] for index in range(len(_TAG_HUES))},
    }


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colors, from 1 to 21 (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one.rgb), luminance(other.rgb)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: Color, grounds: Iterable[Color]) -> Color:
    """Return `color`, or the nearest one on the way to black or white that can be read on all `grounds`.

    If there is none, the more readable of black and white.
    """
    grounds = list(grounds)

    def worst(candidate: Color) -> float:
        return min(contrast(candidate, ground) for ground in grounds)

    target = max((_BLACK, _WHITE), key=worst)
    steps = (color.blend(target, number * _STEP) for number in range(round(1 / _STEP)))
    return next((step for step in steps if worst(step) >= MIN_CONTRAST), target)


def _on(ground: Color) -> Color:
    """Return the more readable of black and white."""
    return max((_BLACK, _WHITE), key=lambda color: contrast(color, ground))


def _tinted(ground: Color, tint: Color, text: Color, part: float) -> Color:
    """Return `ground` with a part of `tint`, but with no more than leaves `text` readable."""
    while part > 0 and contrast(ground.blend(tint, part), text) < MIN_CONTRAST:
        part -= _STEP
    return ground.blend(tint, max(part, 0))
