"""The doctor's look at the clipboard: which way a copy takes from here, and a copy to try it with."""

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
from dataclasses import dataclass
from typing import Final

from xds_tui.cli.doctor.check import Check, CheckStatus
from xds_tui.cli.output import print_error, write
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import _
from xds_tui.system import clipboard, osc, processes, terminal
from xds_tui.system.exit_codes import ExitCode
from xds_tui.system.terminal import Multiplexer

REPLY_TIMEOUT: Final = 1.0
"""Seconds for the answer to come: over a long line it takes its time."""

_NAME_AND_ATTRIBUTES: Final = "\x1b[>q\x1b[c"
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?([0-9;]*)c")
_NAME: Final = re.compile(rb"\x1bP>\|([^\x1b]{1,80})\x1b\\")
_CLIPBOARD: Final = b"52"
_MOST: Final = 4096
"""Bytes that are read at once; an answer has a hundred."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said; nothing is known where nothing was."""

    name: str = ""
    takes_copies: bool = False


def ask() -> Answers:
    """Ask the terminal, if there is one to type at as well."""
    if sys.stdin is None or not sys.stdin.isatty():
        return Answers()
    if terminal.is_apple_terminal(os.environ):  # which writes what it does not know
        return Answers()
    return understood(_asked(sys.stdin.fileno()))


def understood(answer: bytes) -> Answers:
    """Return what an answer says."""
    name, attributes = _NAME.search(answer), _ATTRIBUTES.search(answer)
    return Answers(
        clean(name[1].decode(errors="replace")) if name else "",
        attributes is not None and _CLIPBOARD in attributes[1].split(b";"),
    )


def _asked(fd: int) -> bytes:
    before = termios.tcgetattr(fd)
    answer = b""
    ends = time.monotonic() + REPLY_TIMEOUT
    try:
        tty.setcbreak(fd, termios.TCSANOW)  # the answer is not to be seen, and comes without an enter
        sys.stderr.write(_NAME_AND_ATTRIBUTES)
        sys.stderr.flush()
        while not _ATTRIBUTES.search(answer) and (left := ends - time.monotonic()) > 0:
            if not select.select([fd], [], [], left)[0]:
                break
            answer += os.read(fd, _MOST)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
    return answer


TEXT: Final = "xds-tui was here"

CLIPBOARD_TIMEOUT: Final = 2.0
"""Seconds that tmux has to answer, and a program to take a text."""

_TRY: Final = "  xds-tui doctor --clipboard"
_TELL_TMUX: Final = "  tmux set -s set-clipboard on"
_QUESTION: Final = "#{version}|#{set-clipboard}|#{allow-passthrough}|#{client_termfeatures}"
_HANDS_ON: Final = (3, 2)
"""The version from which tmux gives a text to its terminal when it is told to, by `load-buffer -w`."""


async def examine(environ: Mapping[str, str]) -> Check:
    """Say by which way copies leave here, and how to try it."""
    if terminal.multiplexer(environ) is Multiplexer.TMUX:
        return await _through_tmux(environ)
    told = _("Copies are sent to the terminal (OSC 52), which never says whether it took them.")
    if terminal.multiplexer(environ) is Multiplexer.SCREEN:
        told = _("Copies are sent through screen to the terminal (OSC 52), which never says whether it took them.")
    advice = [_("Try it:"), _TRY]
    if program := clipboard.program(environ, sys.platform, shutil.which):
        told = f"{told} {_('{program} is given them, too.').format(program=program[0])}"
    elif deaf := clipboard.terminal_without_osc52(environ):
        told = _("{terminal} takes no copies (OSC 52).").format(terminal=_(deaf))
        advice = [_("Select with the mouse, or use another terminal: kitty, foot, WezTerm, iTerm2, Windows Terminal.")]
        return Check("clipboard", CheckStatus.WARN, told, tuple(advice))
    return Check("clipboard", CheckStatus.OK, told, tuple(advice))


async def _through_tmux(environ: Mapping[str, str]) -> Check:
    answer = await processes.run_capture(("tmux", "display-message", "-p", _QUESTION), environ, CLIPBOARD_TIMEOUT)
    if answer is None or answer.count("|") != _QUESTION.count("|"):
        told = _("Copies are sent to tmux, which did not answer. It lets them through only if told to:")
        return Check("clipboard", CheckStatus.WARN, told, (_TELL_TMUX, _("Try it:"), _TRY))
    version, set_clipboard, passthrough, features = answer.strip().split("|", 3)
    found = {"version": version, "set": set_clipboard or "?", "through": _switch(passthrough)}
    if not (_is_recent(version) or set_clipboard == "on" or _switch(passthrough) == "on"):
        told = _("tmux {version} keeps copies to itself (set-clipboard {set}, allow-passthrough {through}).")
        return Check("clipboard", CheckStatus.WARN, told.format(**found), (_TELL_TMUX,))
    told = _(
        "tmux {version} hands copies to its terminal (set-clipboard {set}, allow-passthrough {through}), "
        "which never says whether it took them."
    )
    advice = [_("Try it:"), _TRY]
    if features and "clipboard" not in features.split(","):
        advice += [_("If nothing comes, tmux may not know that the terminal has a clipboard:")]
        advice += ["  tmux set -as terminal-features ',*:clipboard'"]
    return Check("clipboard", CheckStatus.OK, told.format(**found), tuple(advice))


def _is_recent(version: str) -> bool:
    numbers = re.match(r"(?:next-)?(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= _HANDS_ON


def _switch(value: str) -> str:
    """What tmux calls an option: before 3.4 it answers with its number; where there is none, nothing is held back."""
    return {"0": "off", "1": "on", "2": "on", "all": "on", "": "on"}.get(value, value)


def send_test_copy() -> int:
    """Send a text to the terminal's clipboard, say how to see whether it came, and return the exit code."""
    if sys.stderr is None or not sys.stderr.isatty():
        print_error([_("Standard error is no terminal, so there is no clipboard to try.")])
        return ExitCode.FAILURE
    sys.stderr.write(osc.set_clipboard(TEXT, terminal.multiplexer(os.environ)))
    sys.stderr.flush()
    lines = []
    program = clipboard.program(os.environ, sys.platform, shutil.which)
    if program and asyncio.run(processes.run_with_input(program, TEXT, os.environ, CLIPBOARD_TIMEOUT)):
        lines.append(_("{program} has taken it, too").format(program=program[0]))
    answers = ask()
    if answers.name:
        lines.append(_("The terminal calls itself {name}.").format(name=answers.name))
    if answers.takes_copies:
        lines.append(_("It says that it takes copies."))
    if deaf := clipboard.terminal_without_osc52(os.environ):
        lines.append(_("{terminal} takes no copies (OSC 52).").format(terminal=_(deaf)))
    told = _('"{text}" was sent to the clipboard. Paste: if something else comes, the terminal did not take it.')
    write("".join(f"{line}\n" for line in (*lines, told.format(text=TEXT))))
    return 0
