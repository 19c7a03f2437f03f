from __future__ import annotations

import gc

from support.app_driver import Desk, sitting_at
from textual_plotext import PlotextPlot


def plots() -> int:
    gc.collect()
    return sum(isinstance(thing, PlotextPlot) for thing in gc.get_objects())


async def test_plots_end_with_the_screen_that_showed_them() -> None:
    desk = Desk()
    async with sitting_at(desk):
        await desk.press("h", "3")
        await desk.see("¥/hour")
        assert plots() == 2
        await desk.press("escape")
        await desk.see_no_more("¥/hour")
        await desk.press("j")
        assert plots() == 0
