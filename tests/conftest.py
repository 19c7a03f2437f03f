"""What holds for every test."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let children hear ctrl-c: what a shell runs in its background ignores SIGINT, and hands that down."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
