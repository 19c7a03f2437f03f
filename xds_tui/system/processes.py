"""The programs that are started from here: without a shell, and without what is ours in their environment."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Final

INTERNAL_VARIABLES: Final = "XDS_"
"""What the names of our own variables begin with; some hold a token or a secret."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that a child gets."""
    return {name: value for name, value in environ.items() if not name.startswith(INTERNAL_VARIABLES)}


async def run_with_input(command: Sequence[str], text: str, environ: Mapping[str, str], patience: float) -> bool:
    """Run a program that reads `text`, for at most `patience` seconds; whether it ended well."""
    return await _run(command, text, environ, patience) is not None


async def run_capture(command: Sequence[str], environ: Mapping[str, str], patience: float) -> str | None:
    """Run a program for at most `patience` seconds and return what it writes; None: it failed, or is not there."""
    return await _run(command, None, environ, patience)


async def _run(command: Sequence[str], text: str | None, environ: Mapping[str, str], patience: float) -> str | None:
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=null if text is None else pipe,
            # A program that keeps a clipboard stays in the background, and would hold the pipe open.
            stdout=pipe if text is None else null,
            stderr=null,
            env=environment(environ),
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(patience):
            said, _nothing = await child.communicate(None if text is None else text.encode())
    except (TimeoutError, OSError):
        return None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return None if child.returncode else (said or b"").decode(errors="replace")


def spawn_detached(command: Sequence[str], environ: Mapping[str, str]) -> Future[int]:
    """Start a program that goes its own way, and outlives us; the future has its exit code when it ends.

    Raises:
        OSError: if it cannot be started.

    """
    child = subprocess.Popen(  # noqa: S603 - no shell, and the arguments have been checked
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(environ),
        start_new_session=True,
    )
    ended: Future[int] = Future()
    ended.set_running_or_notify_cancel()  # a caller that is cancelled does not cancel the thread
    # A daemon thread: leaving does not wait for it.
    Thread(target=lambda: ended.set_result(child.wait()), daemon=True).start()
    return ended
