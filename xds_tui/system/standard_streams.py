"""Standard input, output and error, in whatever state they were handed over: closed, full, or a pipe to nobody."""

from __future__ import annotations

import os
import sys
from typing import Final, Literal, TextIO

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_SUBSTITUTES: Final = {_STDIN: os.O_RDONLY, _STDOUT: os.O_RDONLY, _STDERR: os.O_WRONLY}
"""How the null device is opened in place of a closed stream: what is written to standard output is an error."""


def open_missing() -> None:
    """Open the standard streams that are closed, lest the next file or socket gets the number of one.

    Python has None for them. Then input is empty, output cannot be written, and messages are thrown away.
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
    """Have what is still in a stream's buffer end nowhere: the interpreter would fail to write it when it ends."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def complain(text: str) -> None:
    """Write to standard error; where that cannot be done, nobody can be told."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
