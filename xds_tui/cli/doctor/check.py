"""What the doctor found: one thing that was looked at, how it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CheckStatus(Enum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It will do, with something less."""
    BAD = "bad"
    """It will not do."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    subject: str
    """Its stable name."""
    verdict: CheckStatus
    told: str
    """How it is, in the chosen language; never a secret."""
    advice: tuple[str, ...] = ()
    """What to do about it, a sentence or a command a line; a command is indented."""
    seconds: float | None = None
    """How long it took, where that matters."""
