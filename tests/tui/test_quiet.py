"""Nothing is repainted while nothing changes: the only timer is the one that updates ages."""

from __future__ import annotations

import pytest
from support.app_driver import running_app
from support.scenes import SCENES, Scene
from textual.widgets import Input

pytestmark = pytest.mark.usefixtures("unhurried")

MINUTE = 60.0


@pytest.mark.sweep(3)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_no_timer_causes_a_repaint(scene: Scene) -> None:
    driver = scene.driver()
    async with running_app(driver) as driver:
        await scene.play(driver)
        await driver.wait_until_idle()
        assert not any(field.cursor_blink for screen in driver.app.screen_stack for field in screen.query(Input))
        running: set[tuple[str, float]] = set()
        for node in driver.app._registry:
            for timer in node._timers:
                if timer._repeat is None and timer._active.is_set():
                    running.add((type(node).__name__, timer._interval))
        assert running <= {("FleetScreen", MINUTE)}
