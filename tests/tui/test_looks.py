"""What every screen looks like in every family of colours, and in Chinese, where a screen is smallest.

Look at each picture before accepting another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from scenes import SCENES, Scene
from test_snapshots import looks_right

from xds_tui import i18n
from xds_tui.preferences import THEMES

pytestmark = pytest.mark.usefixtures("unhurried")

Snap = Callable[..., bool]

SIZE = (80, 24)

BY_NAME = {scene.name: scene for scene in SCENES}
COLOURED = ("fleet", "trouble", "package", "review", "detail", "past_events", "past_plots", "keys", "delete_question")
"""Between them they have every widget that there is; the chooser and the dialogs share theirs."""


@pytest.fixture
def _in_chinese() -> Iterator[None]:
    i18n.choose("zh_CN")
    yield
    i18n.choose("en")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [*COLOURED, "chooser", "sign_in"])
def test_a_screen_in_each_theme(snap_compare: Snap, name: str, theme: str) -> None:
    scene = BY_NAME[name]
    assert looks_right(snap_compare, scene.play, SIZE, scene.desk(theme=theme))


@pytest.mark.usefixtures("_in_chinese")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_screen_in_chinese(snap_compare: Snap, scene: Scene) -> None:
    assert looks_right(snap_compare, scene.play, SIZE, scene.desk())
