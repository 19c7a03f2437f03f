from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from xds_tui.config.theme_file import (
    MIN_CONTRAST,
    OPTIONAL_COLORS,
    REQUIRED_COLORS,
    TEXTUAL_THEMES,
    CustomTheme,
    _is_readable,
)
from xds_tui.tui.theme.colors import contrast, custom_theme, readable, textual_theme

TEXTS = ("primary", "accent", "warning", "error", "success", "muted", "disabled")


def unreadable(theme: Theme) -> dict[tuple[str, str], float]:
    """The pairs of text and background with too little contrast."""
    own = {name: getattr(theme, name) for name in ("foreground", "background", "surface", "panel")}
    colors = {name: Color.parse(color) for name, color in {**own, **theme.variables}.items()}
    grounds = ("background", "surface", "panel", "block-cursor-blurred-background")
    pairs = [(text, ground) for text in ("foreground", *(f"text-{text}" for text in TEXTS)) for ground in grounds]
    pairs += [("foreground", f"{name}-muted") for name in ("primary", "error", "warning")]
    pairs += [("block-cursor-foreground", "block-cursor-background")]
    found = {(text, ground): contrast(colors[text], colors[ground]) for text, ground in pairs}
    return {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < MIN_CONTRAST - 0.05}


def test_every_theme_of_textual_with_colors_of_its_own_can_be_chosen() -> None:
    assert set(TEXTUAL_THEMES) == {name for name, theme in BUILTIN_THEMES.items() if not theme.ansi}


@pytest.mark.parametrize("name", TEXTUAL_THEMES)
def test_texts_of_a_theme_of_textual_are_readable(name: str) -> None:
    theme = textual_theme(name)
    assert unreadable(theme) == {}
    assert theme.dark is BUILTIN_THEMES[name].dark


COLORS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(
    st.fixed_dictionaries(dict.fromkeys(REQUIRED_COLORS, COLORS), optional=dict.fromkeys(OPTIONAL_COLORS, COLORS)),
    st.booleans(),
)
def test_texts_of_any_theme_file_are_readable(colors: dict[str, str], is_dark: bool) -> None:
    assume(_is_readable(colors))
    assert unreadable(custom_theme(CustomTheme("mine", is_dark, colors))) == {}


def test_a_color_that_is_readable_stays_as_it_is() -> None:
    white, grey = Color(255, 255, 255), Color(128, 128, 128)
    assert readable(white, [Color(0, 0, 0)]) == white
    assert readable(grey, [white]) != grey
