"""Operating system commands (OSC): escape sequences that set the clipboard and the window title, or notify the user.

The sequences are xterm's (OSC 52 for the clipboard, OSC 2 for the title, and the title stack), iTerm2's (OSC 9) and
urxvt's (OSC 777). A terminal ignores those that it does not know. Nothing is written here.
"""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from typing import Final

from xds_tui.system.terminal import Multiplexer

MAX_LENGTH: Final = 200
"""Characters of a notification or title."""

SAVE_TITLE: Final = "\x1b[22;2t"
RESTORE_TITLE: Final = "\x1b[23;2t"

_ST: Final = "\x1b\\"
"""The string terminator."""

_SCREEN_CHUNK_SIZE: Final = 240
"""Bytes per device control string for GNU screen, which accepts 256."""


def set_clipboard(text: str, through: Multiplexer | None) -> str:
    """Return the sequence that sets the clipboard of the terminal (OSC 52).

    Inside tmux it is both plain and wrapped: which of the two has an effect depends on the options of tmux, and the
    other one is ignored.
    """
    sequence = f"\x1b]52;c;{b64encode(text.encode()).decode()}\a"
    wrapped = wrap(sequence, through)
    return f"{sequence}{wrapped}" if through is Multiplexer.TMUX else wrapped


def notify_iterm2(text: str, through: Multiplexer | None) -> str:
    """Return the sequence for a notification in iTerm2, WezTerm, Windows Terminal and others (OSC 9)."""
    return wrap(f"\x1b]9;{_sanitize(text)}{_ST}", through)


def notify_urxvt(title: str, text: str, through: Multiplexer | None) -> str:
    """Return the sequence for a notification in urxvt, foot, Ghostty and others (OSC 777)."""
    return wrap(f"\x1b]777;notify;{_sanitize(title)};{_sanitize(text)}{_ST}", through)


def set_title(text: str) -> str:
    """Return the sequence that sets the window title; multiplexers handle it themselves."""
    return f"\x1b]2;{_sanitize(text)}{_ST}"


def wrap(sequence: str, through: Multiplexer | None) -> str:
    """Return `sequence` in the form that a multiplexer passes on to its terminal."""
    if through is Multiplexer.TMUX:
        escaped = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{escaped}{_ST}"
    if through is Multiplexer.SCREEN:
        # The string terminator would end the chunk, so the sequence ends with BEL, which terminals accept as well.
        inner = sequence.replace(_ST, "\a")
        chunks = (inner[start : start + _SCREEN_CHUNK_SIZE] for start in range(0, len(inner), _SCREEN_CHUNK_SIZE))
        return "".join(f"\x1bP{chunk}{_ST}" for chunk in chunks)
    return sequence


def _sanitize(text: str) -> str:
    """Return `text` without characters that could end the sequence or start another parameter."""
    inert = "".join(" " if unicodedata.category(char) in ("Cc", "Cf") else char for char in text)
    return inert.replace(";", ",")[:MAX_LENGTH]
