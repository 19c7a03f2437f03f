"""Record `screenshots/demo.gif` and `demo.cast`: `python -m tests.tools.record_demo`.

Drives the demo with a fixed seed in a pseudo-terminal. A step presses keys, waits for the screen that they lead to, and
stays on it for a fixed time, so that the pace of the machine does not show in the recording.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from support.terminal import READING_TIME, Terminal
from tools.terminal_picture import draw

FOLDER: Final = Path(__file__).parents[2] / "screenshots"
COLUMNS, ROWS = 120, 32
LETTER_SIZE: Final = 13
SEED: Final = 7
TYPING: Final = 0.12
"""Seconds that each typed character is shown."""


@dataclass(frozen=True)
class Step:
    """Keys, the screen that they lead to, and how long it is shown.

    Attributes:
        keys: names of keys, or characters.
        until: pattern of the screen to wait for.
        seconds: how long it is shown.
        is_dialog: whether the keys answer a dialog, which ignores keys until it could be read.

    """

    keys: Sequence[str]
    until: str
    seconds: float
    is_dialog: bool = False


STEPS: Final = (
    Step((), r"● live", 1.2),
    *(Step((key,), r".", TYPING) for key in "/gpu:4090"),
    Step((), r"gpu:4090", 0.7),
    Step(("enter", "down"), r"●", 0.4),
    Step(("down",), r"●", 0.8),
    Step(("escape",), r"● live", 0.5),
    Step(("n",), r"Choose a package", 1.0),
    Step(("down",), r"▌  4090×2", 0.7),
    Step(("enter",), r"✓ 4090×2", 1.0),
    Step(("enter",), r"Press B", 1.2),
    Step(("2",), r"× 2 = ¥", 1.8),
    Step(("B",), r"2 bought", 1.2, is_dialog=True),
    Step(("enter",), r"▌ +渲大师\S+ +○ off", 1.2),
    Step(("s",), r"Start 1 host", 0.9),
    Step(("y",), r"▌ +渲大师\S+ +(?!○ off )", 1.2, is_dialog=True),
    Step((), r"渲大师\S+ +● on", 1.2),
    Step(("T",), r"Theme", 0.5),
    *(Step((key,), r"Theme", TYPING) for key in "nord"),
    Step((), r"nord", 0.8),
    Step(("enter",), r"● live", 1.6),
)


class Recorder:
    """Takes a frame for each step."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._taken = 0
        self._time = 0.0
        self.frames: list[tuple[Image.Image, float]] = []
        self.events: list[tuple[float, str]] = []

    def perform(self, step: Step) -> None:
        """Press the keys of a step, wait for its screen, and take a frame."""
        if step.is_dialog:
            self._terminal.pause(READING_TIME)
        self._terminal.press(*step.keys)
        self._terminal.wait_for(step.until)
        self._terminal.pause(0.4)
        text = bytes(self._terminal.raw[self._taken :]).decode(errors="ignore")
        self._taken = len(self._terminal.raw)
        self.events.append((self._time, text))
        self.frames.append((draw(self._terminal.screen, LETTER_SIZE), step.seconds))
        self._time += step.seconds


def save_gif(frames: Sequence[tuple[Image.Image, float]], path: Path) -> None:
    """Write an endless animation with one palette for all frames."""
    sample = Image.new("RGB", (frames[0][0].width, frames[0][0].height * len(frames)))
    for number, (frame, _seconds) in enumerate(frames):
        sample.paste(frame, (0, number * frame.height))
    palette = sample.quantize(128, method=Image.Quantize.MEDIANCUT)
    images = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame, _seconds in frames]
    durations = [round(seconds * 1000) for _frame, seconds in frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0, optimize=True)


def save_cast(events: Sequence[tuple[float, str]], path: Path) -> None:
    """Write an asciicast, version 2."""
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "xds-tui --demo"}
    lines = [json.dumps(header), *(json.dumps([round(at, 3), "o", text], ensure_ascii=False) for at, text in events)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def record(command: Sequence[str], environ: Mapping[str, str]) -> Recorder:
    """Perform every step."""
    with Terminal(command, columns=COLUMNS, rows=ROWS, environ=environ) as terminal:
        recorder = Recorder(terminal)
        for step in STEPS:
            recorder.perform(step)
    return recorder


def main() -> None:
    """Record the demo."""
    command = [str(Path(sys.executable).parent / "xds-tui"), "--demo", "--demo-seed", str(SEED), "--lang", "en"]
    with TemporaryDirectory() as home:  # the theme that is chosen in it is saved
        environ = {**os.environ, "HOME": home, "COLORTERM": "truecolor"}
        recorder = record(command, environ)
    save_gif(recorder.frames, FOLDER / "demo.gif")
    save_cast(recorder.events, FOLDER / "demo.cast")
    seconds = sum(step.seconds for step in STEPS)
    size = (FOLDER / "demo.gif").stat().st_size
    print(f"demo.gif: {seconds:.1f} s, {len(STEPS)} frames, {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
