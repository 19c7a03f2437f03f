"""What a terminal says of itself when it is asked: its name (XTVERSION), and whether it takes copies (DA1).

Every terminal answers DA1, and most in time; few have a name to tell. That a clipboard can be written to by OSC 52
stands among the attributes of DA1 as 52 in those that have agreed on it (contour, foot, ghostty and others): what does
not say so may take copies all the same.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty
from dataclasses import dataclass
from typing import Final

from xds_tui.api.text import clean

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
    if os.environ.get("TERM_PROGRAM") == "Apple_Terminal":  # which writes what it does not know
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
