"""The README's pictures: `python screenshots/take.py` photographs the demo in a real pseudo-terminal.

Needs what the tests need, Pillow, and two fonts: Debian's fonts-dejavu-core and fonts-wqy-microhei.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "pty"))

from support.terminal import Terminal  # noqa: E402 - found by the line above

COMMAND: Final = str(Path(sys.executable).parent / "xds-tui")
FONTS: Final = Path("/usr/share/fonts/truetype")
WIDTH, HEIGHT, SIZE = 10, 20, 16
NAMED: Final = {"black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8"}


def main() -> None:
    """Take every picture."""
    colourful = {**os.environ, "COLORTERM": "truecolor"}
    for language, suffix in (("en", ""), ("zh_CN", "-zh")):
        with Terminal([COMMAND, "--demo", "--lang", language], environ=colourful) as demo:
            demo.wait_for("● (live|实时)")
            demo.wait_for(r"→ ")
            save(demo, f"fleet{suffix}")
        with Terminal([COMMAND, "--demo", "--lang", language], environ=colourful) as demo:
            demo.wait_for("● (live|实时)")
            review(demo)
            save(demo, f"review{suffix}")
    with Terminal([COMMAND, "--demo"], environ=colourful) as demo:
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
    nobody = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
    with Terminal([COMMAND, "--base-url", "https://client.xuandashi.com"], environ=nobody) as new:
        new.wait_for("Kept for this run|The keyring here")
        save(new, "sign-in")


def review(demo: Terminal) -> None:
    """Walk through the wizard to its review."""
    demo.press("n")
    demo.wait_for("▸1 ")
    demo.press("down", "enter")
    demo.wait_for("▸2 ")
    demo.wait_for("3060×1")
    demo.press("down", "down", "enter")
    demo.wait_for("▸3 ")
    demo.press("enter")
    demo.wait_for("▸4 ")
    demo.press("3", "tab", "2")
    demo.wait_for("¥3,801.60")
    demo.press("enter")
    demo.wait_for("▸5 ")


def save(terminal: Terminal, name: str) -> None:
    """Draw the screen as it is now."""
    screen = terminal.screen
    latin = ImageFont.truetype(FONTS / "dejavu/DejaVuSansMono.ttf", SIZE)
    bold = ImageFont.truetype(FONTS / "dejavu/DejaVuSansMono-Bold.ttf", SIZE)
    wide = ImageFont.truetype(FONTS / "wqy/wqy-microhei.ttc", SIZE + 2, index=1)
    image = Image.new("RGB", (screen.columns * WIDTH, screen.lines * HEIGHT), "#121212")
    draw = ImageDraw.Draw(image)
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            fore, back = colour(cell.fg, "e0e0e0"), colour(cell.bg, "121212")
            if cell.reverse:
                fore, back = back, fore
            is_wide = bool(cell.data) and ord(cell.data[0]) >= 0x2E80
            left, top = x * WIDTH, y * HEIGHT
            if cell.data:
                draw.rectangle((left, top, left + WIDTH * (1 + is_wide) - 1, top + HEIGHT - 1), fill=back)
            if cell.data.strip():
                draw.text((left, top), cell.data, font=wide if is_wide else bold if cell.bold else latin, fill=fore)
    image.save(HERE / f"{name}.png", optimize=True)


def colour(name: str, fallback: str) -> str:
    """The colour that the emulator names, as `#rrggbb`."""
    if name == "default":
        return f"#{fallback}"
    return f"#{NAMED.get(name, name if len(name) == 6 else fallback)}"


if __name__ == "__main__":
    main()
