"""Exit codes of every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the end of the process means to a shell."""

    OK = 0
    FAILURE = 1
    """The command could not do what it was asked to; standard error says why."""
    USAGE = 2
    """The command line, the environment or a filter is invalid; nothing was done. argparse uses the same code."""
    INTERRUPTED = 130
    """Ctrl-C (128 + SIGINT)."""
