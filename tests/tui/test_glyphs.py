from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.app_driver import AppDriver, running_app
from support.scenes import SCENES, Scene

from xds_tui.tui.theme.glyphs import to_ascii

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("● on ¥", "* on Y"),
        ("↑ starting", "^ starting"),
        ("✕ expired", "x expired"),
        ("≈¥24.84/h · RTX 4090×1 · —", "~Y24.84/h - RTX 4090x1 - -"),
        ("╭─ Hosts ─╮", "+- Hosts -+"),
        ("渲染-05", "????-05"),
        ("café Ｗ", "cafe ??"),
        ("one\n二", "one\n??"),
    ],
)
def test_drawing_characters_have_replacements_of_their_width(text: str, expected: str) -> None:
    assert to_ascii(text) == expected


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_anything_becomes_ascii_of_the_same_width(text: str) -> None:
    assert to_ascii(text).isascii()
    assert cell_len(to_ascii(text)) == cell_len(text)


@pytest.mark.sweep(3)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_terminal_without_utf_8_shows_only_ascii(scene: Scene) -> None:
    async with running_app(scene.driver(ascii_only=True)) as driver:
        await scene.play(driver)
        await driver.pilot.pause()
        assert driver.text.isascii()


async def test_enter_is_named_in_the_key_bar_of_an_ascii_terminal() -> None:
    async with running_app(AppDriver(ascii_only=True)) as driver:
        assert "enter Open" in driver.text
        assert "⏎" not in driver.text
