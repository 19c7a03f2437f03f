"""Ctrl-Z and `fg`: returns the terminal to the shell and takes it again.

Textual stops its own process alone, which blocks the terminal if a wrapper script waits for the process, and
initializes the terminal a second time at every SIGCONT.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from textual.app import App

from xds_tui.i18n import _
from xds_tui.tui.runtime import shutdown

_STDIN: Final = 0


class JobControl:
    """Stops and continues the app together with the other processes of its job."""

    def __init__(self, app: App[Any], on_resume: Callable[[], None]) -> None:
        """Replace the handlers of SIGTSTP and SIGCONT that Textual's driver has set.

        Args:
            app: the running app.
            on_resume: called when time has passed without the terminal.

        """
        self._app = app
        self._on_resume = on_resume
        self._loop = asyncio.get_running_loop()
        self._is_suspended = False
        app.app_suspend_signal.subscribe(app, lambda _app: self._set_suspended(True), immediate=True)
        app.app_resume_signal.subscribe(app, lambda _app: self._set_suspended(False), immediate=True)
        if not app.is_web:  # by default SIGTSTP stops the app together with the server
            signal.signal(signal.SIGTSTP, self._on_stop)
        signal.signal(signal.SIGCONT, self._on_continue)

    def stop(self) -> None:
        """Return the terminal to the shell and stop until `fg`."""
        if self._app.is_web or not _has_shell():
            self._app.notify(_("There is no shell to suspend to"), markup=False)
            return
        with self._app.batch_update(), self._app.suspend(), shutdown.default_signal_handlers():
            stop_job()
            wait_for_foreground()
        self._on_resume()

    @property
    def is_suspended(self) -> bool:
        """Whether the shell or another program has the terminal."""
        return self._is_suspended

    def _set_suspended(self, is_suspended: bool) -> None:
        self._is_suspended = is_suspended

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_suspended:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._loop.call_soon_threadsafe(self._app.call_later, self.stop)

    def _on_continue(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_suspended:
            self._loop.call_soon_threadsafe(self._app.call_later, self._take_terminal)

    def _take_terminal(self) -> None:
        """Repaint everything: another process sent SIGSTOP, and the shell may have used the terminal."""
        if shutdown.is_hung_up():
            return
        if not self._app.is_web:
            with self._app.batch_update(), self._app.suspend():
                pass
        self._on_resume()


def _has_shell() -> bool:
    """Return whether a shell with job control can take over: the first job of a session has none."""
    return os.getpgrp() != os.getsid(0)


def stop_job() -> None:
    """Stop all processes of this job, if there is a shell to continue it."""
    if _has_shell():
        os.killpg(os.getpgrp(), signal.SIGSTOP)


def wait_for_foreground() -> None:
    """Stop for as long as another job has the terminal."""
    while _has_shell() and is_in_background():
        stop_job()


def is_in_background() -> bool:
    """Return whether another job has the terminal; False if the terminal is gone."""
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(_STDIN) != os.getpgrp()
    return False
