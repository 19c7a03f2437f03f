"""What the environment tells about the terminal: its multiplexer, its colours, its encoding, and whether it is remote."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

LOCALE_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")
"""The variables that determine the encoding; the first that is set counts (POSIX)."""

MULTIPLEXER_VARIABLES = ("TMUX", "STY")
"""Set by tmux and GNU screen."""


class Multiplexer(Enum):
    """A program between the app and the terminal."""

    TMUX = "tmux"
    SCREEN = "screen"


class ColorDepth(Enum):
    """How many colours a terminal shows."""

    NONE = 0
    ANSI = 16
    PALETTE = 256
    TRUE_COLOR = 1 << 24


def multiplexer(environ: Mapping[str, str]) -> Multiplexer | None:
    """Return the multiplexer that the app runs in; None: none is known."""
    if environ.get("TMUX"):
        return Multiplexer.TMUX
    return Multiplexer.SCREEN if environ.get("STY") else None


def is_remote(environ: Mapping[str, str]) -> bool:
    """Return whether the user is connected over SSH, so that screen and clipboard of this machine are not theirs."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def has_display(environ: Mapping[str, str]) -> bool:
    """Return whether a window can be opened."""
    return any(environ.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY"))


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal has no cursor movement, or there is none."""
    return environ.get("TERM", "dumb") in ("", "dumb")


def is_apple_terminal(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is that of macOS, which prints sequences that it does not know."""
    return environ.get("TERM_PROGRAM") == "Apple_Terminal"


def is_linux_console(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is the console of Linux."""
    return environ.get("TERM") == "linux"


def has_utf8(environ: Mapping[str, str]) -> bool:
    """Return whether the locale is one with UTF-8; without a locale, modern terminals are assumed to have it."""
