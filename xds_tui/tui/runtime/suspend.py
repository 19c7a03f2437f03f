"""Ctrl-Z and `fg`: the terminal goes back to the shell, and is taken again.

Textual's own way stops this process alone, which wedges the terminal where a wrapper waits for it, and starts the
terminal a second time at every SIGCONT.
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
    """Stops and continues the app, together with whatever started it in the same job."""

    def __init__(self, app: App[Any], resumed: Callable[[], None]) -> None:
        """Take over SIGTSTP and SIGCONT from Textual's driver, which must have been made.

        Args:
            app: who holds the terminal.
            resumed: is called when time has passed without it.

        """
        self._app = app
        self._resumed = resumed
        self._loop = asyncio.get_running_loop()
        self._is_lent = False
        app.app_suspend_signal.subscribe(app, lambda _app: self._lend(True), immediate=True)
        app.app_resume_signal.subscribe(app, lambda _app: self._lend(False), immediate=True)
        if not app.is_web:  # there it stops us by its default, together with the server
            signal.signal(signal.SIGTSTP, self._on_stop)
        signal.signal(signal.SIGCONT, self._on_continue)

    def stop(self) -> None:
        """Hand the terminal to the shell and stop, until it is handed back."""
        if self._app.is_web or not _has_shell():
            self._app.notify(_("There is no shell to go back to"), markup=False)
            return
        with self._app.batch_update(), self._app.suspend(), shutdown.exit_immediately():
            stop_job()
            wait_for_foreground()
        self._resumed()

    @property
    def is_lent(self) -> bool:
        """Whether the terminal is not ours to write to."""
        return self._is_lent

    def _lend(self, is_lent: bool) -> None:
        """Remember whether the terminal is the shell's, or that of a program that was started from here."""
        self._is_lent = is_lent

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_lent:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._loop.call_soon_threadsafe(self._app.call_later, self.stop)

    def _on_continue(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_lent:
            self._loop.call_soon_threadsafe(self._app.call_later, self._retake)

    def _retake(self) -> None:
        """Draw everything anew: somebody else stopped us, and may have had the terminal meanwhile."""
        if shutdown.is_hung_up():
            return
        if not self._app.is_web:
            with self._app.batch_update(), self._app.suspend():
                pass
        self._resumed()


def _has_shell() -> bool:
    """Whether a shell can take over, and say `fg`: the session's first job was started by none."""
    return os.getpgrp() != os.getsid(0)


def stop_job() -> None:
    """Stop everything that was started together with us, where there is a shell to continue it."""
    if _has_shell():
        os.killpg(os.getpgrp(), signal.SIGSTOP)


def wait_for_foreground() -> None:
    """Stop as long as the terminal is another job's."""
    while _has_shell() and is_in_background():
        stop_job()


def is_in_background() -> bool:
    """Whether the terminal is another job's; a terminal that is gone is nobody's."""
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(_STDIN) != os.getpgrp()
    return False
