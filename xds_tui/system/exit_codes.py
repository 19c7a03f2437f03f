"""Exit codes of every command."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from xds_tui.i18n import N_


class ExitCode(IntEnum):
    """The exit codes of the program."""

    OK = 0
    FAILURE = 1
    """The command could not do what it was asked to; standard error says why."""
    USAGE = 2
    """The command line, the environment or a filter is invalid; nothing was done. argparse uses the same code."""
    UNKNOWN = 3
    """A request was sent, and it is not known whether it was carried out; it must not simply be repeated."""
    REJECTED = 4
    """The service rejected the request; nothing was done."""
    LIMIT = 5
    """A limit or a protection of the user held the request back: a price, read-only mode, a possible duplicate."""
    INTERRUPTED = 130
    """Ctrl-C (128 + SIGINT)."""


DESCRIPTIONS: Final[Mapping[ExitCode, str]] = {
    ExitCode.OK: N_("success"),
    ExitCode.FAILURE: N_("failure; the reason is on standard error"),
    ExitCode.USAGE: N_("invalid command line, setting or filter; nothing was done"),
    ExitCode.UNKNOWN: N_("sent, but the outcome is unknown; do not simply repeat it"),
    ExitCode.REJECTED: N_("rejected by the service; nothing was done"),
    ExitCode.LIMIT: N_("stopped by a limit, by read-only mode, or by a possible duplicate"),
    ExitCode.INTERRUPTED: N_("interrupted by ctrl+c"),
}
"""The meaning of each code, as `--help` and the manual list it."""
