"""Set-up of every test session: signal handlers and the Hypothesis profile."""

from __future__ import annotations

import os
import signal
import sys

from hypothesis import HealthCheck, settings

SUPPRESSED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
"""The first two depend on the speed of the machine; examples may share the fixtures of these tests."""

# Without bytecode each worker rewrites all tests, and each program that a test starts compiles the package.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("xds-tui", deadline=None, suppress_health_check=SUPPRESSED)
settings.load_profile("xds-tui")


def pytest_configure() -> None:
    """Give the signals that tests send their default handlers.

    A session that was started in the background of a shell, or by nohup, ignores SIGINT, SIGQUIT or SIGHUP, and
    every program that a test starts would inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT", "SIGTSTP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
