"""What every screen looks like in every family of colours, and in Chinese, where a screen is smallest.

Look at each picture before accepting another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.app_driver import AppDriver
from support.scenes import SCENES, Scene
from support.wait import until
from test_snapshots import SMALLEST, looks_right

from xds_tui import i18n
from xds_tui.config.schema import THEMES
from xds_tui.tui.screens.too_small import TooSmallScreen

pytestmark = pytest.mark.usefixtures("unhurried")

Snap = Callable[..., bool]


@pytest.fixture
def _in_chinese() -> Iterator[None]:
    i18n.choose("zh_CN")
    yield
    i18n.choose("en")


THEMED = [(scene, theme) for row, scene in enumerate(SCENES) for theme in (THEMES[row % len(THEMES)],)]
"""Each scene in one theme, and each theme in several scenes: the style sheets are shared by all screens."""


@pytest.mark.sweep(3)
@pytest.mark.parametrize(("scene", "theme"), THEMED, ids=lambda value: getattr(value, "name", value))
def test_a_screen_in_each_theme(snap_compare: Snap, scene: Scene, theme: str) -> None:
    assert looks_right(snap_compare, scene.play, SMALLEST, scene.driver(theme=theme))


@pytest.mark.sweep(3)
@pytest.mark.usefixtures("_in_chinese")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_screen_in_chinese(snap_compare: Snap, scene: Scene) -> None:
    assert looks_right(snap_compare, scene.play, SMALLEST, scene.driver())


@pytest.mark.sweep(1)
@pytest.mark.parametrize("theme", THEMES)
def test_no_room_in_each_theme(snap_compare: Snap, theme: str) -> None:
    assert looks_right(snap_compare, no_room, SMALLEST, AppDriver(theme=theme))


@pytest.mark.usefixtures("_in_chinese")
def test_no_room_in_chinese(snap_compare: Snap) -> None:
    assert looks_right(snap_compare, no_room, SMALLEST, AppDriver())


async def no_room(driver: AppDriver) -> None:
    await driver.pilot.resize_terminal(50, 10)
    await until(lambda: isinstance(driver.app.screen, TooSmallScreen))
