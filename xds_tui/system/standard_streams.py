"""Standard input, output and error in any state: closed, full, or a broken pipe."""

from __future__ import annotations

import os
import sys
from typing import Final, Literal, TextIO

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_SUBSTITUTES: Final = {_STDIN: os.O_RDONLY, _STDOUT: os.O_RDONLY, _STDERR: os.O_WRONLY}
"""How to open the null device in place of a closed stream; writing to standard output is then an error."""


def open_missing() -> None:
    """Open the closed standard streams, so that no other file or socket gets their numbers.

    Afterwards input is empty, output cannot be written, and messages are discarded.
    """
    for fd, flags in _SUBSTITUTES.items():
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free, which is this one
    sys.stdin = sys.stdin or _opened(_STDIN, "r")
    sys.stdout = sys.stdout or _opened(_STDOUT, "w")
    sys.stderr = sys.stderr or _opened(_STDERR, "w")


def _opened(fd: int, mode: Literal["r", "w"]) -> TextIO:
    return open(fd, mode, encoding="utf-8", errors="replace", closefd=False)


def discard(stream: TextIO | None) -> None:
    """Discard the content of the buffer of a stream, which the interpreter would fail to write at exit."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def complain(text: str) -> None:
    """Write to standard error, if possible."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
