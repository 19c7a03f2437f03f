"""Checks of the clipboard: the route that copies take, and a test copy."""

from __future__ import annotations

import asyncio
import os
import re
import select
import shutil
import sys
import termios
import time
import tty
from collections.abc import Mapping
from typing import Final

from xds_tui.cli.doctor import Check, CheckStatus
from xds_tui.cli.output import print_error, write
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.system import clipboard, osc, processes, terminal
from xds_tui.system.exit_codes import ExitCode
from xds_tui.system.terminal import Multiplexer
from xds_tui.text import messages

REPLY_TIMEOUT: Final = 1.0
"""Seconds for the reply of the terminal, which may be at the end of a slow connection."""

_NAME_AND_ATTRIBUTES: Final = "\x1b[>q\x1b[c"
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?([0-9;]*)c")
_NAME: Final = re.compile(rb"\x1bP>\|([^\x1b]{1,80})\x1b\\")
_CLIPBOARD: Final = b"52"
_MAX_READ: Final = 4096
"""Bytes per read; a reply has about a hundred."""


@dataclass(frozen=True, slots=True)
class TerminalReply:
    """The name and abilities that a terminal reports; the defaults stand for no reply."""

    name: str = ""
    accepts_copies: bool = False


def query_terminal() -> TerminalReply:
    """Query the name and attributes of the terminal; the reply arrives on standard input."""
    if sys.stdin is None or not sys.stdin.isatty():
        return TerminalReply()
    if terminal.is_apple_terminal(os.environ):  # which prints unknown escape sequences
        return TerminalReply()
    return parse_reply(_read_reply(sys.stdin.fileno()))


def parse_reply(reply: bytes) -> TerminalReply:
    """Parse a reply to XTVERSION and DA1."""
    name, attributes = _NAME.search(reply), _ATTRIBUTES.search(reply)
    return TerminalReply(
        clean(name[1].decode(errors="replace")) if name else "",
        attributes is not None and _CLIPBOARD in attributes[1].split(b";"),
    )


def _read_reply(fd: int) -> bytes:
    before = termios.tcgetattr(fd)
    reply = b""
    ends = time.monotonic() + REPLY_TIMEOUT
    try:
        tty.setcbreak(fd, termios.TCSANOW)  # no echo, and no waiting for a line end
        sys.stderr.write(_NAME_AND_ATTRIBUTES)
        sys.stderr.flush()
        while not _ATTRIBUTES.search(reply) and (left := ends - time.monotonic()) > 0:
            if not select.select([fd], [], [], left)[0]:
                break
            reply += os.read(fd, _MAX_READ)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
    return reply


TEXT: Final = "xds-tui was here"

CLIPBOARD_TIMEOUT: Final = 2.0
"""Seconds for tmux to reply, and for a program to accept a text."""

_TEST_COMMAND: Final = "  xds-tui doctor --clipboard"
_ENABLE_IN_TMUX: Final = "  tmux set -s set-clipboard on"
_TMUX_FORMAT: Final = "#{version}|#{set-clipboard}|#{allow-passthrough}|#{client_termfeatures}"
_MIN_FORWARDING_VERSION: Final = (3, 2)
"""The version from which tmux forwards a text to its terminal on request (`load-buffer -w`)."""


async def examine(environ: Mapping[str, str]) -> Check:
    """Check which route copies take, and how to test it."""
    if terminal.multiplexer(environ) is Multiplexer.TMUX:
        return await _examine_tmux(environ)
    message = _("Copies go to the terminal (OSC 52), which does not confirm them.")
    if terminal.multiplexer(environ) is Multiplexer.SCREEN:
        message = _("Copies go through screen to the terminal (OSC 52), which does not confirm them.")
    advice = [_("Test it:"), _TEST_COMMAND]
    if program := clipboard.program(environ, sys.platform, shutil.which):
        message = f"{message} {_('They are also passed to {program}.').format(program=program[0])}"
    elif name := clipboard.terminal_without_osc52(environ):
        message = _("{terminal} does not support copying (OSC 52).").format(terminal=_(name))
        advice = [
            _("Select text with the mouse, or use another terminal: kitty, foot, WezTerm, iTerm2, Windows Terminal.")
        ]
        return Check("clipboard", CheckStatus.WARN, message, tuple(advice))
    return Check("clipboard", CheckStatus.OK, message, tuple(advice))


async def _examine_tmux(environ: Mapping[str, str]) -> Check:
    answer = await processes.run_capture(("tmux", "display-message", "-p", _TMUX_FORMAT), environ, CLIPBOARD_TIMEOUT)
    if answer is None or answer.count("|") != _TMUX_FORMAT.count("|"):
        message = _("Copies go to tmux, which did not respond. To make it forward them:")
        return Check("clipboard", CheckStatus.WARN, message, (_ENABLE_IN_TMUX, _("Test it:"), _TEST_COMMAND))
    version, set_clipboard, passthrough, features = answer.strip().split("|", 3)
    found = {"version": version, "set": set_clipboard or "?", "through": _switch(passthrough)}
    if not (_is_recent(version) or set_clipboard == "on" or _switch(passthrough) == "on"):
        message = _("tmux {version} does not forward copies (set-clipboard {set}, allow-passthrough {through}).")
        return Check("clipboard", CheckStatus.WARN, message.format(**found), (_ENABLE_IN_TMUX,))
    message = _(
        "tmux {version} forwards copies to its terminal (set-clipboard {set}, allow-passthrough "
        "{through}), which does not confirm them."
    )
    advice = [_("Test it:"), _TEST_COMMAND]
    if features and "clipboard" not in features.split(","):
        advice += [_("If nothing can be pasted, tmux may not know that the terminal has a clipboard:")]
        advice += ["  tmux set -as terminal-features ',*:clipboard'"]
    return Check("clipboard", CheckStatus.OK, message.format(**found), tuple(advice))


def _is_recent(version: str) -> bool:
    numbers = re.match(r"(?:next-)?(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= _MIN_FORWARDING_VERSION


def _switch(value: str) -> str:
    """Return an option of tmux as on or off. Before 3.4 it is a number; without the option, nothing is held back."""
    return {"0": "off", "1": "on", "2": "on", "all": "on", "": "on"}.get(value, value)


def send_test_copy() -> int:
    """Send a test text to the clipboard, explain how to check for it, and return the exit code."""
    if sys.stderr is None or not sys.stderr.isatty():
        print_error([_("Standard error is not a terminal, so there is no clipboard to test.")])
        return ExitCode.FAILURE
    sys.stderr.write(osc.set_clipboard(TEXT, terminal.multiplexer(os.environ)))
    sys.stderr.flush()
    lines = []
    program = clipboard.program(os.environ, sys.platform, shutil.which)
    if program and asyncio.run(processes.run_with_input(program, TEXT, os.environ, CLIPBOARD_TIMEOUT)):
        lines.append(messages.copied_by(program[0]))
    reply = query_terminal()
    if reply.name:
        lines.append(_("The terminal identifies itself as {name}.").format(name=reply.name))
    if reply.accepts_copies:
        lines.append(_("It reports support for copying."))
    if name := clipboard.terminal_without_osc52(os.environ):
        lines.append(_("{terminal} does not support copying (OSC 52).").format(terminal=_(name)))
    message = _(
        '"{text}" was sent to the clipboard. Paste it to check: anything else means that the terminal ignored it.'
    )
    write("".join(f"{line}\n" for line in (*lines, message.format(text=TEXT))))
    return 0
