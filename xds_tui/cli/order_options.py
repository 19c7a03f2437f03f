"""The options that all commands have in common that change something."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class OrderOptions:
    """How a command orders, and how it reports."""

    request_id: str
    is_repeatable: bool
    """Whether the user named the request, so that it may exist already."""
    is_confirmed: bool = False
    """Whether nothing is to be asked (`--yes`)."""
    is_dry_run: bool = False
    waits: bool = True
    """Whether to wait until the hosts show the result."""
    max_wait: float = 600.0
    """Seconds to wait for the outcome."""
    as_json: bool = False

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Return the options of a parsed command line."""
        return cls(
            request_id=options.request_id or os.urandom(8).hex(),
            is_repeatable=options.request_id is not None,
            is_confirmed=options.yes,
            is_dry_run=options.dry_run,
            waits=not options.no_wait,
            max_wait=options.timeout,
            as_json=options.json,
        )
