"""How a text gets into the clipboard of whoever sits at the terminal. Nothing is written here.

xterm's OSC 52 asks the terminal itself, which is the user's own, also over SSH. It is always sent, and first; nothing
ever says whether it was obeyed. tmux takes it from a program in it only if `set-clipboard` is `on`, and lets it through
in a wrapping only if `allow-passthrough` is on, neither of which is so from the start (tmux(1)); GNU screen lets it
through in pieces (screen(1), DCS). Beside it a program is given the text where there is one that can do more: tmux
itself, which is heard by the terminal whatever those options say, or that of the desktop, unless that is another
machine's than the user's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from xds_tui.i18n import N_

MAX_SEQUENCE_BYTES: Final = 74_994
"""Bytes of a text that are sent: in base64 and with what is around it, 100,000, which is what hterm and others take."""

_PIECE: Final = 240
"""Bytes of a sequence that are given to GNU screen at once: it keeps strings of 256."""

_ST: Final = "\x1b\\"


class Osc52Route(Enum):
    """How OSC 52 reaches the terminal."""

    PLAIN = "plain"
    TMUX = "tmux"
    SCREEN = "screen"


def osc52_route(environ: Mapping[str, str]) -> Osc52Route:
    """Return the way out of what this runs in."""
    if environ.get("TMUX"):
        return Osc52Route.TMUX
    return Osc52Route.SCREEN if environ.get("STY") else Osc52Route.PLAIN


def fits(text: str) -> bool:
    """Whether `text` is short enough for a terminal: none takes a part of it."""
    return len(text.encode()) <= MAX_SEQUENCE_BYTES


def sequence(text: str, by: Osc52Route) -> str:
    """Return what is to be written to the terminal for `text`, which fits."""
    plain = f"\x1b]52;c;{b64encode(text.encode()).decode()}\a"
    if by is Osc52Route.TMUX:
        doubled = plain.replace("\x1b", "\x1b\x1b")
        # Which of the two is heard is a matter of tmux's options; the other is passed over in silence.
        return f"{plain}\x1bPtmux;{doubled}{_ST}"
    if by is Osc52Route.SCREEN:
        pieces = (plain[at : at + _PIECE] for at in range(0, len(plain), _PIECE))
        return "".join(f"\x1bP{piece}{_ST}" for piece in pieces)
    return plain


def program(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> tuple[str, ...] | None:
    """Return the command that is given the text, too, on its standard input; None: there is no such program.

    Args:
        environ: the environment.
        platform: as `sys.platform` has it.
        which: finds a program, as `shutil.which` does.

    """
    return next((command for command in _programs(environ, platform) if which(command[0])), None)


def _programs(environ: Mapping[str, str], platform: str) -> list[tuple[str, ...]]:
    if environ.get("TMUX"):
        return [("tmux", "load-buffer", "-w", "-")]
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return []  # the clipboard of this machine is not the user's
    if platform == "darwin":
        return [("pbcopy",)]
    found = [("wl-copy",)] if environ.get("WAYLAND_DISPLAY") else []
    x11 = [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return [*found, *x11] if environ.get("DISPLAY") else list(found)


def terminal_without_osc52(environ: Mapping[str, str]) -> str:
    """Return the name of a terminal that is documented to take no OSC 52, marked for translation; empty: another."""
    if environ.get("TERM") == "linux":
        return N_("The Linux console")  # console_codes(4)
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return N_("macOS Terminal")  # Textual's App.copy_to_clipboard
    return ""
