"""`xds-tui doctor`: checks of this machine, its keyring and the way to the service."""

from __future__ import annotations
