"""Properties of the terminal by the environment: multiplexer, colors, encoding, and whether the user is remote."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import Enum, IntEnum


class Multiplexer(Enum):
    """A program between the app and the terminal."""

    TMUX = "tmux"
    SCREEN = "screen"


class ColorDepth(IntEnum):
    """The number of colours that a terminal shows."""

    NONE = 0
    STANDARD = 16
    PALETTE = 256
    TRUE_COLOR = 1 << 24


def multiplexer(environ: Mapping[str, str]) -> Multiplexer | None:
    """Return the multiplexer that the app runs in; None: none is known."""
    if environ.get("TMUX"):
        return Multiplexer.TMUX
    return Multiplexer.SCREEN if environ.get("STY") else None


def is_remote(environ: Mapping[str, str]) -> bool:
    """Return whether the user is connected over SSH: the display and clipboard of this machine are not theirs."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def has_display(environ: Mapping[str, str]) -> bool:
    """Return whether a window can be opened."""
    return bool(environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY"))


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal cannot move the cursor, or there is none."""
    return environ.get("TERM", "dumb") == "dumb"


def is_linux_console(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is the console of Linux."""
    return environ.get("TERM") == "linux"


def is_apple_terminal(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is that of macOS, which prints sequences that it does not know."""
    return environ.get("TERM_PROGRAM") == "Apple_Terminal"


def has_utf8(environ: Mapping[str, str]) -> bool:
    """Return whether the locale has the encoding UTF-8, or the system is Windows, which has no such variables."""
    if sys.platform == "win32":
        return True
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    return "utf8" in locale.lower().replace("-", "")


def color_depth(environ: Mapping[str, str]) -> ColorDepth:
    """Return how many colours the terminal shows, and 0 if the user wants none (https://no-color.org)."""
    if environ.get("NO_COLOR"):
        return ColorDepth.NONE
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return ColorDepth.TRUE_COLOR
    return ColorDepth.PALETTE if "256color" in environ.get("TERM", "") else ColorDepth.STANDARD


def is_dark(environ: Mapping[str, str]) -> bool:
    """Return whether the background is dark according to COLORFGBG, and True if the variable is not set.

    Its last number, as in `15;0` or `15;default;0`, is the background: 7 and 9 to 15 are light.
    """
    number = environ.get("COLORFGBG", "").rpartition(";")[2]
    return not number.isdecimal() or int(number) in (*range(7), 8)
