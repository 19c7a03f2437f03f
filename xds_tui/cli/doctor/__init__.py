"""`xds-tui doctor`: checks of this machine, its keyring and the way to the service."""

from __future__ import annotations

from enum import Enum

from xds_tui.structs import dataclass


class CheckStatus(Enum):
    """The outcome of a check."""

    OK = "ok"
    WARN = "warn"
    """It works with limitations."""
    BAD = "bad"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    subject: str
    """The stable name of what was checked."""
    status: CheckStatus
    message: str
    """The result in words, in the chosen language; never contains a secret."""
    advice: tuple[str, ...] = ()
    """What to do, one sentence or command per line; commands are indented."""
    seconds: float | None = None
    """Duration of the check, if it is worth reporting."""
