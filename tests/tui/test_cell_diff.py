"""Only the cells that differ are written, and the terminal shows what it would show after a redraw."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from support.app_driver import AppDriver, running_app
from support.frames import FRAME, EmulatedTerminal, Recording, recording
from support.ideal_output import ideal_length
from support.wait import until
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip
from wcwidth import wcwidth

from xds_tui.config.settings import Settings
from xds_tui.simulator.host import STARTING
from xds_tui.tui.runtime.terminal_app import TerminalApp
from xds_tui.tui.textual_compat import cell_diff
from xds_tui.tui.textual_compat.cell_diff import CellDiff

pytestmark = [pytest.mark.usefixtures("unhurried"), pytest.mark.paints]

WALKS: Final = int(os.environ.get("CELL_DIFF_WALKS", "40"))
"""Random walks of synthetic frames; `CELL_DIFF_WALKS=10000` for a thorough search."""
STEPS: Final = int(os.environ.get("CELL_DIFF_STEPS", "10"))
"""Keys of the random walk of the app."""

CONSOLE: Final = Console(force_terminal=True, color_system="truecolor")


# Characters and attributes


def test_characters_of_certain_width_have_the_same_width_for_rich_and_for_terminals() -> None:
    characters = [chr(code) for code in range(32, 0x10000) if cell_diff._CERTAIN.fullmatch(chr(code))]
    assert len(characters) > 20_000
    assert {character for character in characters if cell_len(character) != wcwidth(character)} == set()
    assert {cell_len(character) for character in characters} == {1, 2}


@pytest.mark.parametrize(
    "text", ["e\u0301", "\U0001f680", "☺\ufe0f", "ทดสอบ\u0e49", "\u200d", "\x1b[2J", "\t", "\u00ad"]
)
def test_the_width_of_other_characters_is_not_trusted(text: str) -> None:
    assert cell_diff._cells(text) is None


COLORS = st.sampled_from([None, "default", "red", "bright_blue", "color(200)", "#12ab9f", "#fefefe"])
STYLES = st.builds(
    Style,
    color=COLORS,
    bgcolor=COLORS,
    bold=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
)


@given(st.lists(STYLES, min_size=1, max_size=6))
def test_changing_attributes_equals_setting_them_again(styles: list[Style]) -> None:
    changed, anew = EmulatedTerminal(10, 1), EmulatedTerminal(10, 1)
    before = ""
    for style in styles:
        attributes = cell_diff._attributes(style, ColorSystem.TRUECOLOR)
        assert attributes is not None
        changed.write(cell_diff._transition(before, attributes) + "x")
        anew.write(f"\x1b[0;{attributes}mx" if attributes else "\x1b[0mx")
        before = attributes
    assert changed.cells() == anew.cells()


# Synthetic frames

WORDS: Final = (
    "host",
    "渲染",
    "节点-5",
    "● on",
    "¥2.30",
    "─" * 5,
    "한글",
    "ＡＢ",
    "🚀",
    " ",
    "   ",
    "café",
)
LOOKS: Final = (
    None,
    Style(color="red"),
    Style(color="#102030", bgcolor="#aabbcc"),
    Style(color="#102030", bgcolor="#aabbcc", bold=True),
    Style(reverse=True),
    Style(bgcolor="blue", underline=True),
    Style(color="red", link="https://example.org"),
)


class Painting:
    """A screen that changes at random, as a compositor would render it."""

    def __init__(self, rng: random.Random, words: Sequence[str], width: int, height: int) -> None:
        self.rng = rng
        self.words = words
        self.width, self.height = width, height
        self.lines = [self.line(width) for _ in range(height)]

    def line(self, width: int) -> Strip:
        """A line of random words in random styles."""
        segments: list[Segment] = []
        while sum(segment.cell_length for segment in segments) < width:
            segments.append(Segment(self.rng.choice(self.words), self.rng.choice(LOOKS)))
        return Strip(segments).crop(0, width).adjust_cell_length(width)

    def full(self) -> LayoutUpdate:
        """Everything."""
        return LayoutUpdate([[line] for line in self.lines], Region(0, 0, self.width, self.height))

    def change(self) -> LayoutUpdate | ChopsUpdate:
        """Change something, and return the update for it."""
        if self.rng.random() < 0.2:
            self.lines = [self.line(self.width) if self.rng.random() < 0.3 else line for line in self.lines]
            return self.full()
        first = self.rng.randrange(self.width - 1)
        last = self.rng.randrange(first + 1, self.width + 1)
        chops: list[dict[int, Strip | None]] = [{0: None, first: None, last: None} for _ in range(self.height)]
        ends = [sorted({*chop, self.width} - {0}) for chop in chops]
        spans = []
        for y in sorted(self.rng.sample(range(self.height), 2)):
            old = self.lines[y]
            parts = [old.crop(0, first), self.line(last - first), old.crop(last, self.width)]
            self.lines[y] = Strip.join(parts)
            chops[y] = {0: parts[0]} if first else {}
            chops[y] |= {first: parts[1]}
            chops[y] |= {last: parts[2]} if last < self.width else {}
            ends[y] = [*list(chops[y])[1:], self.width]
            # Half a wide character beside the change becomes a space, so that the whole line differs.
            is_cut = old.text != "".join(strip.text for strip in old.divide([first, last, self.width]))
            spans.append((y, 0, self.width) if is_cut else (y, first, last))
        return ChopsUpdate(chops, spans, ends)


@pytest.mark.parametrize("words", [WORDS, (*WORDS, "e\u0301x", "\u0e17\u0e14\u0e49")], ids=["plain", "combining"])
def test_random_frames_look_like_those_of_textual(words: Sequence[str]) -> None:
    for seed in range(WALKS):
        rng = random.Random(seed)
        painting = Painting(rng, words, rng.randrange(8, 40), rng.randrange(2, 6))
        diff = CellDiff()
        ours, theirs = (EmulatedTerminal(painting.width, painting.height) for _ in range(2))
        for step in range(20):
            if rng.random() < 0.1:
                diff.reset()
            update = painting.change() if step else painting.full()
            ours.write(diff.wrap(update).render_segments(CONSOLE))
            theirs.write(update.render_segments(CONSOLE))
            assert ours.cells() == theirs.cells(), (seed, step)
            if words is WORDS:
                # Where a piece ends, Textual separates a combining character from its letter, and a redraw does not.
                theirs.clear()
                theirs.write(painting.full().render_segments(CONSOLE))
                assert ours.cells() == theirs.cells(), (seed, step)


def test_the_same_frame_again_writes_nothing_unless_the_terminal_may_have_changed() -> None:
    painting = Painting(random.Random(1), WORDS, 30, 5)
    painting.lines = [Strip([Segment("渲染 host ● on".ljust(25), Style(bold=True))]) for _ in range(5)]
    diff = CellDiff()
    first = diff.wrap(painting.full()).render_segments(CONSOLE)
    assert first
    assert diff.wrap(painting.full()).render_segments(CONSOLE) == ""
    diff.reset()
    assert diff.wrap(painting.full()).render_segments(CONSOLE) == first


def test_a_line_of_uncertain_width_is_written_as_textual_writes_it() -> None:
    line = Strip([Segment("☺\ufe0f ทดสอบ\u0e49", Style(color="red")), Segment(" end")])
    update = LayoutUpdate([[line]], Region(0, 0, line.cell_length, 1))
    diff = CellDiff()
    for _ in range(2):
        assert diff.wrap(update).render_segments(CONSOLE) == update.render_segments(CONSOLE)


def test_attributes_are_written_once_and_short_gaps_are_filled() -> None:
    def frame(text: str) -> LayoutUpdate:
        return LayoutUpdate([[Strip([Segment(text, Style(color="red", bold=True))])]], Region(0, 0, 20, 1))

    diff = CellDiff()
    diff.wrap(frame("abcdefghijklmnopqrst")).render_segments(CONSOLE)
    assert diff.wrap(frame("AbCdefghijklmnopqrsT")).render_segments(CONSOLE) == "\x1b[1H\x1b[1;31mAbC\x1b[16CT\x1b[m"


# The app


def odd_names(driver: AppDriver) -> None:
    names = ("café-e\u0301", "rocket🚀", "한글 서버", "ＡＢＣ１２３", "naïve ● ▌×", "渲染🚀节点é", "e\u0301\u0302x")
    for host, name in zip(list(driver.world.hosts.values())[::-2], names * 3, strict=False):
        host.name = name


KEYS: Final = (
    *(
        "down",
        "up",
        "pagedown",
        "pageup",
        "home",
        "end",
        "slash",
        "a",
        "o",
        "g",
        "z",
        "C",
        "x",
        "n",
        "h",
        "1",
        "2",
        "3",
    ),
    *("s", "tab", "f", "T", "question_mark", "ctrl+p", "enter", "space", "asterisk", "escape", "escape", "escape"),
)


async def walk(driver: AppDriver, record: Recording, rng: random.Random, steps: int) -> None:
    for step in range(steps):
        key = rng.choice(KEYS)
        if rng.random() < 0.1:
            columns, rows = rng.choice([(80, 24), (120, 40), (160, 45)])
            record.resize(columns, rows)
            await driver.pilot.resize_terminal(columns, rows)
        await driver.press(key)
        await driver.wait_until_idle()
        # A frame may be due still; a wrong cell would stay wrong.
        with contextlib.suppress(TimeoutError):
            await until(record.is_correct)
        assert record.is_correct(), (step, key)


@pytest.mark.sweep(1)
@pytest.mark.parametrize("seed", range(int(os.environ.get("CELL_DIFF_APPS", "3"))))
async def test_a_terminal_shows_what_it_would_show_after_a_redraw_whatever_is_pressed(seed: int) -> None:
    driver = AppDriver(hosts=40)
    odd_names(driver)
    with recording(driver, 120, 40) as record:
        async with running_app(driver, 120, 40):
            await walk(driver, record, random.Random(seed), STEPS)


SIZES: Final = ((80, 24), (160, 45), (200, 50))


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_no_interaction_writes_more_than_twice_what_is_needed(columns: int, rows: int) -> None:
    driver = AppDriver(hosts=100)
    written: dict[str, int] = {}
    needed: dict[str, int] = {}
    in_frames: dict[str, int] = {}
    with recording(driver, columns, rows) as record:
        blank = record.terminal.cells()
        async with running_app(driver, columns, rows):
            await driver.wait_until_idle()
            start, start_needed = record.written, ideal_length(blank, record.terminal.cells())

            async def measure(name: str, act: Callable[[], Awaitable[None]]) -> None:
                before, count, frames = record.terminal.cells(), record.written, record.frames
                await act()
                await driver.wait_until_idle()
                written[name], needed[name] = record.written - count, ideal_length(before, record.terminal.cells())
                in_frames[name] = written[name] + (record.frames - frames) * FRAME

            async def press(name: str, key: str) -> None:
                await measure(name, lambda: driver.press(key))

            await press("cursor key", "down")
            await press("page down", "pagedown")
            await press("open the filter", "slash")
            await press("type a letter", "g")
            await driver.press("escape", "home")
            await press("open a dialog", "D")
            await press("close a dialog", "escape")
            await press("open help", "question_mark")
            await press("close help", "escape")
            await press("open the wizard", "n")
            await press("close the wizard", "escape")
            driver.world.listed()[1].name = "renamed"
            await measure("rename a host", driver.refresh)
            driver.world.listed()[2].status = STARTING
            await measure("start a host, which is an event", driver.refresh)
    assert all(needed.values())
    del needed["rename a host"]  # what is shown while the hosts are read is more
    assert {name: (written[name], count) for name, count in needed.items() if written[name] > 2 * count} == {}
    assert in_frames["rename a host"] <= 400
    assert start <= 2 * start_needed
    if (columns, rows) == (160, 45):
        assert start <= 30_000


# When a terminal gets everything


def test_the_cells_of_a_terminal_are_unknown_when_it_is_taken_and_when_something_else_may_have_written() -> None:
    app = TerminalApp({}, ascii_only=False, cell_diff=True)
    app.start_frames()
    before = app.cell_diff
    assert before is not None
    app.start_frames()
    assert app.cell_diff is not before


async def test_everything_is_written_after_ctrl_l_and_after_a_change_of_size() -> None:
    driver = AppDriver()
    with recording(driver, 80, 24) as record:
        async with running_app(driver, 80, 24):
            await driver.wait_until_idle()
            record.terminal.clear()  # as another program does
            await driver.press("ctrl+l")
            await driver.wait_until_idle()
            assert record.terminal.cells() == record.redrawn()
            record.resize(100, 30)
            record.terminal.clear()
            await driver.pilot.resize_terminal(100, 30)
            await driver.wait_until_idle()
            assert record.terminal.cells() == record.redrawn()


def test_it_is_used_unless_it_is_turned_off() -> None:
    assert Settings(config_path=Path("config.toml")).cell_diff
    assert AppDriver().app.uses_cell_diff


def test_without_the_setting_the_output_is_as_textual_renders_it() -> None:
    app = TerminalApp({}, ascii_only=False)
    app.start_frames()
    assert app.cell_diff is None
