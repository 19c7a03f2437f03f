"""Where the user is: whose fleet, and at which service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, as the screens name it."""

    profile: str
    base_url: str = ""
    """The service's address; empty where it is the keyring that knows it."""
    read_only: bool = False
    band: str | None = None
    """One of `preferences.BANDS`, the colour that tells it from others; None: its environment's."""
