"""Every theme on every screen: contrast, output, and switching."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from support.app_driver import AppDriver, running_app
from support.scenes import SCENES, Scene
from textual.color import Color

from xds_tui.config.schema import PROFILE_COLORS, THEMES
from xds_tui.config.theme_file import TEXTUAL_THEMES
from xds_tui.domain.endpoint import PRODUCTION, SANDBOX
from xds_tui.tui.theme import themes
from xds_tui.tui.theme.themes import profile_color, profile_style

pytestmark = pytest.mark.usefixtures("unhurried")

LEAST = {"light": 4.5, "contrast": 7.0, "dark": 4.5}
"""The minimum contrast of text and background (WCAG 2.1, 1.4.3 and 1.4.6)."""

PARTS = 4
"""Number of the tests that share the themes of Textual."""

BY_NAME = {scene.name: scene for scene in SCENES}


def contrast(one: Color, other: Color) -> float:
    """Return the ratio of the luminances of two colours, as defined by WCAG."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def segments(driver: AppDriver) -> Iterator[Segment]:
    for strip in driver.strips():
        yield from strip


def words(driver: AppDriver) -> Iterator[Segment]:
    """Yield the texts of the topmost screen without frames, scrollbars, and what a dialog dims."""
    screen = driver.app.screen
    top = screen.query(".dialog").first().region if screen.query(".dialog") else screen.region
    for strip in driver.strips()[top.y : top.bottom]:
        for segment in strip.crop(top.x, top.right):
            if any(letter.isalnum() for letter in segment.text):
                yield segment


def colours(driver: AppDriver) -> Iterator[RichColor]:
    """Return all colours that are written."""
    for segment in segments(driver):
        if segment.style:
            yield from filter(None, (segment.style.color, segment.style.bgcolor))


def poor(driver: AppDriver, least: float) -> dict[str, float]:
    """Return the texts with too little contrast, and their contrast."""
    seen = {(segment.style.color, segment.style.bgcolor): segment.text for segment in words(driver) if segment.style}
    assert seen
    ratios = {
        text.strip(): contrast(*map(Color.from_rich_color, (fore, back)))
        for (fore, back), text in seen.items()
        if fore and back
    }
    return {text: round(ratio, 2) for text, ratio in ratios.items() if ratio < least}


async def switch(driver: AppDriver, theme: str) -> None:
    themes.apply(driver.app, theme, {})
    await driver.pilot.pause()
    await driver.pilot.pause()


@pytest.mark.sweep(3)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_every_text_is_readable_and_the_ansi_theme_uses_only_the_palette(scene: Scene) -> None:
    async with running_app(scene.driver(theme="dark")) as driver:
        await scene.play(driver)
        for theme, least in LEAST.items():
            await switch(driver, theme)
            assert poor(driver, least) == {}, theme
        await switch(driver, "ansi")
        assert all(colour.type in (ColorType.DEFAULT, ColorType.STANDARD) for colour in colours(driver))


@pytest.mark.sweep(1)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", ["trouble", "review", "stop_question"])
async def test_every_text_is_readable_in_the_themes_of_textual(name: str, part: int) -> None:
    async with running_app(BY_NAME[name].driver()) as driver:
        await BY_NAME[name].play(driver)
        for theme in list(TEXTUAL_THEMES)[part::PARTS]:
            await switch(driver, theme)
            assert poor(driver, 4.4) == {}, theme


@pytest.mark.sweep(1)
@pytest.mark.parametrize("name", ["review", "past_charts", "keys", "sign_in"])
async def test_changing_the_theme_restyles_all_open_screens(name: str) -> None:
    scene = BY_NAME[name]
    async with running_app(scene.driver(theme="light")) as driver:
        await scene.play(driver)
        fresh = list(segments(driver))
    async with running_app(scene.driver(theme="dark")) as driver:
        await scene.play(driver)
        assert list(segments(driver)) != fresh
        await switch(driver, "light")
        assert list(segments(driver)) == fresh


def reversed_text(driver: AppDriver) -> list[str]:
    return [segment.text.strip() for segment in segments(driver) if segment.style and segment.style.reverse]


@pytest.mark.sweep(2)
@pytest.mark.parametrize(
    ("name", "focused"),
    [
        ("fleet", "gpu-node-5"),
        ("package", "3060×1 8核32G"),
        ("stop_question", "No  n"),
        ("chooser", "• light"),
        ("trouble", "ci-runner-5"),
    ],
)
async def test_without_colours_the_focus_is_reversed(name: str, focused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    scene = BY_NAME[name]
    async with running_app(scene.driver(theme="light")) as driver:
        await scene.play(driver)
        assert all(colour.type is ColorType.DEFAULT for colour in colours(driver))
        assert any(focused in text for text in reversed_text(driver))


async def test_without_colours_marks_errors_and_focus_have_symbols(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running_app(BY_NAME["fleet"].driver()) as driver:
        await BY_NAME["fleet"].play(driver)
        assert driver.text.count("╔═ ¹Hosts") == 1
        await driver.wait_for_text("╭─ ²Catalog")
        await driver.wait_for_text(" ✓ ")
        await BY_NAME["trouble"].play(driver)
        await driver.wait_for_text("▲ data from 14:13:20")


async def test_radio_buttons_and_checkboxes_show_their_value_by_a_symbol() -> None:
    async with running_app(BY_NAME["sign_in"].driver()) as driver:
        await driver.wait_for_text(r"\( \) Production +\( \) Sandbox +\(●\) Another address")
        await driver.wait_for_text(r"\(●\) Account ID and secret")


# Which theme


@pytest.mark.parametrize(
    ("colours", "environ", "family"),
    [
        ("truecolor", {}, "dark"),
        ("256", {}, "dark"),
        ("standard", {}, "ansi"),
        ("windows", {}, "ansi"),
        (None, {}, "ansi"),
        ("truecolor", {"COLORFGBG": "0;15"}, "light"),
        ("truecolor", {"COLORFGBG": "15;default;0"}, "dark"),
        ("256", {"COLORFGBG": "0;default;7"}, "light"),
        ("truecolor", {"COLORFGBG": "nonsense"}, "dark"),
    ],
)
def test_the_default_theme_depends_on_the_terminal(colours: str | None, environ: dict[str, str], family: str) -> None:
    assert themes.default_family(colours, environ) == family


@pytest.mark.parametrize("theme", THEMES)
async def test_every_family_can_be_chosen(theme: str) -> None:
    async with running_app(AppDriver(theme=theme)) as driver:
        assert driver.app.theme == f"xds-{theme}"


# Colors of profiles


@pytest.mark.parametrize(
    ("chosen", "environment", "color"),
    [
        (None, "production", "red"),
        (None, "sandbox", "yellow"),
        (None, "demo", "cyan"),
        (None, "somewhere.example", "magenta"),
        ("green", "production", "green"),
        ("none", "production", "none"),
    ],
)
def test_a_profile_has_its_own_colour_or_that_of_its_environment(
    chosen: str | None, environment: str, color: str
) -> None:
    assert profile_color(chosen, environment) == color


@pytest.mark.parametrize("color", [color for color in PROFILE_COLORS if color != "none"])
def test_a_profile_color_is_readable_and_in_the_palette_of_the_terminal(color: str) -> None:
    style = profile_style(color, "sandbox", is_ansi=False, is_colourless=False)
    assert style.foreground is not None
    assert style.background is not None
    assert contrast(style.foreground, style.background) >= 7
    ansi = profile_style(color, "sandbox", is_ansi=True, is_colourless=False)
    assert ansi.background is not None
    assert ansi.background.ansi is not None


@pytest.mark.parametrize("base_url", [PRODUCTION, SANDBOX])
async def test_without_colours_only_production_is_reversed(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running_app(AppDriver(base_url=base_url)) as driver:
        is_reversed = any("PRODUCTION" in text for text in reversed_text(driver))
        assert is_reversed is (base_url == PRODUCTION)
