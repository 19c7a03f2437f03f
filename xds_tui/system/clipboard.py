"""The clipboard of the user's terminal. Nothing is written here.

OSC 52 reaches the user's own terminal, also over SSH, but no terminal confirms it. tmux accepts it from a program only
if `set-clipboard` is `on`, and passes it through only if `allow-passthrough` is on; neither is the default (tmux(1)).
GNU screen passes it through in chunks (screen(1), DCS). In addition, a program receives the text if there is one that
can do more: tmux itself, which reaches its terminal whatever those options are, or that of the desktop, unless the
desktop is another machine's than the user's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from xds_tui.i18n import N_
from xds_tui.system import terminal
from xds_tui.system.terminal import Multiplexer

MAX_TEXT_BYTES: Final = 74_994
"""Bytes of text in one sequence: with base64 and framing 100,000, the limit of hterm and others."""


def fits(text: str) -> bool:
    """Return whether `text` is short enough for a terminal: none accepts a part of it."""
    return len(text.encode()) <= MAX_TEXT_BYTES


def program(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> tuple[str, ...] | None:
    """Return the command that sets the clipboard to its standard input; None: there is no such program.

    Args:
        environ: the environment.
        platform: as `sys.platform`.
        which: finds a program, as `shutil.which`.

    """
    return next((command for command in _candidates(environ, platform) if which(command[0])), None)


def _candidates(environ: Mapping[str, str], platform: str) -> list[tuple[str, ...]]:
    if terminal.multiplexer(environ) is Multiplexer.TMUX:
        return [("tmux", "load-buffer", "-w", "-")]
    if terminal.is_remote(environ):
        return []
    if platform == "darwin":
        return [("pbcopy",)]
    commands = [("wl-copy",)] if environ.get("WAYLAND_DISPLAY") else []
    x11 = [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return [*commands, *x11] if environ.get("DISPLAY") else list(commands)


def terminal_without_osc52(environ: Mapping[str, str]) -> str:
    """Return the name of a terminal that is documented to ignore OSC 52, marked for translation; otherwise empty."""
    if terminal.is_linux_console(environ):
        return N_("The Linux console")  # console_codes(4)
    if terminal.is_apple_terminal(environ):
        return N_("macOS Terminal")  # Textual's App.copy_to_clipboard
    return ""
