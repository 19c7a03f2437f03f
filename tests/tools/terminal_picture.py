"""Draws the screen of an emulated terminal. Needs Debian's fonts-dejavu-core and fonts-wqy-microhei."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pyte
from PIL import Image, ImageDraw, ImageFont

FONTS: Final = Path("/usr/share/fonts/truetype")
BACKGROUND: Final = "121212"
FOREGROUND: Final = "e0e0e0"
_NAMED: Final = {"black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8"}


@cache
def _font(name: str, size: int, index: int = 0) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / name, size, index=index)


def draw(screen: pyte.Screen, size: int = 16) -> Image.Image:
    """Return a picture of the screen; `size` is that of the letters in points, and gives a cell of 5/8 by 5/4."""
    width, height = size * 5 // 8, size * 5 // 4
    image = Image.new("RGB", (screen.columns * width, screen.lines * height), f"#{BACKGROUND}")
    canvas = ImageDraw.Draw(image)
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            fore, back = _color(cell.fg, FOREGROUND), _color(cell.bg, BACKGROUND)
            if cell.reverse:
                fore, back = back, fore
            is_wide = bool(cell.data) and ord(cell.data[0]) >= 0x2E80
            left, top = x * width, y * height
            if cell.data:
                canvas.rectangle((left, top, left + width * (1 + is_wide) - 1, top + height - 1), fill=back)
            if cell.data.strip():
                name = "dejavu/DejaVuSansMono-Bold.ttf" if cell.bold else "dejavu/DejaVuSansMono.ttf"
                font = _font("wqy/wqy-microhei.ttc", size + 2, 1) if is_wide else _font(name, size)
                canvas.text((left, top), cell.data, font=font, fill=fore)
    return image


def _color(name: str, fallback: str) -> str:
    """Return the color that the emulator names, as `#rrggbb`."""
    if name == "default":
        return f"#{fallback}"
    return f"#{_NAMED.get(name, name if len(name) == 6 else fallback)}"
