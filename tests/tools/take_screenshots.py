"""Take the pictures of the README: `python -m tests.tools.take_screenshots`.

Runs the demo in a pseudo-terminal. Needs two fonts: Debian's fonts-dejavu-core and fonts-wqy-microhei.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.terminal import Terminal
from tools.terminal_picture import draw

FOLDER: Final = Path(__file__).parents[2] / "screenshots"
COMMAND: Final = str(Path(sys.executable).parent / "xds-tui")

COLUMNS: Final = 140
"""The catalog, the inspector and the most important columns of the hosts fit side by side."""


def main() -> None:
    """Take every picture, with the settings of a new user."""
    with TemporaryDirectory() as home:
        take({**os.environ, "HOME": home, "COLORTERM": "truecolor"})


def take(colourful: dict[str, str]) -> None:
    """Take every picture in an environment of a terminal with all colors."""
    for language, suffix in (("en", ""), ("zh_CN", "-zh")):
        with Terminal([COMMAND, "--demo", "--lang", language], columns=COLUMNS, environ=colourful) as demo:
            demo.wait_for("● (live|实时)")
            demo.wait_for(r"→ |started|starting|开机")
            save(demo, f"fleet{suffix}")
        with Terminal([COMMAND, "--demo", "--lang", language], columns=COLUMNS, environ=colourful) as demo:
            demo.wait_for("● (live|实时)")
            review(demo)
            save(demo, f"review{suffix}")
    with Terminal([COMMAND, "--demo"], columns=COLUMNS, environ=colourful) as demo:
        demo.wait_for("● live")
        demo.press("2")
        demo.wait_for("4090×1 16核")
        demo.press("down", "down", "enter")
        demo.wait_for("✓ 3060×1")
        save(demo, "catalog")
        demo.press("1", "down", "y")
        demo.wait_for("─ Copy from")
        save(demo, "copy")
        demo.press_until_gone("escape", "─ Copy from")
        demo.press("enter")
        demo.wait_for("Password")
        save(demo, "detail")
    new_user = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
    with Terminal([COMMAND, "--base-url", "https://client.xuandashi.com"], columns=COLUMNS, environ=new_user) as new:
        new.wait_for("Stored for this run|Keyring on this machine")
        save(new, "sign-in")


def review(demo: Terminal) -> None:
    """Fill in the wizard: two hosts for three months."""
    demo.press("n")
    demo.wait_for("3060×1")
    demo.press("m", "down", "down", "enter")
    demo.wait_for("✓ 3060×1")
    demo.press("enter")
    demo.wait_for("¥633.60")
    demo.press("3", "tab", "2")
    demo.wait_for("¥3,801.60")


def save(terminal: Terminal, name: str) -> None:
    """Draw the screen as it is now."""
    terminal.pause(3)  # what is still being painted
    draw(terminal.screen).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
