"""Nothing is repainted while nothing changes: the only timer is the one that updates ages."""

from __future__ import annotations

import pytest
from support.app_driver import sitting_at
from support.scenes import SCENES, Scene
from textual.widgets import Input

pytestmark = pytest.mark.usefixtures("unhurried")

MINUTE = 60.0


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_no_timer_causes_a_repaint(scene: Scene) -> None:
    desk = scene.desk()
    async with sitting_at(desk) as desk:
        await scene.play(desk)
        await desk.still()
        assert not any(field.cursor_blink for screen in desk.app.screen_stack for field in screen.query(Input))
        running = {
            (type(node).__name__, timer._interval)
            for node in desk.app._registry
            for timer in node._timers
            if timer._repeat is None and timer._active.is_set()
        }
        assert running <= {("FleetScreen", MINUTE)}
