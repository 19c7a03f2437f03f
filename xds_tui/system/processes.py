"""Child processes: without a shell, and without internal variables in their environment."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Final

from xds_tui.system import threads

INTERNAL_PREFIX: Final = "XDS_"
"""The prefix of this program's variables; some contain a token or a secret."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child process."""
    return {name: value for name, value in environ.items() if not name.startswith(INTERNAL_PREFIX)}


async def run_with_input(command: Sequence[str], text: str, environ: Mapping[str, str], max_seconds: float) -> bool:
    """Run a program with `text` as its input for at most `max_seconds`, and return whether it succeeded."""
    return await _run(command, text, environ, max_seconds) is not None


async def run_capture(command: Sequence[str], environ: Mapping[str, str], max_seconds: float) -> str | None:
    """Run a program for at most `max_seconds` and return its output; None: it failed or does not exist."""
    return await _run(command, None, environ, max_seconds)


async def _run(command: Sequence[str], text: str | None, environ: Mapping[str, str], max_seconds: float) -> str | None:
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=null if text is None else pipe,
            # A program that owns the clipboard stays in the background and would keep the pipe open.
            stdout=pipe if text is None else null,
            stderr=null,
            env=environment(environ),
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(max_seconds):
            output, _errors = await child.communicate(None if text is None else text.encode())
    except (TimeoutError, OSError):
        return None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return None if child.returncode else (output or b"").decode(errors="replace")


def spawn_detached(command: Sequence[str], environ: Mapping[str, str]) -> Future[int]:
    """Start a program that may outlive this one, and return a future for its exit code.

    Raises:
        OSError: if it cannot be started.

    """
    child = subprocess.Popen(  # noqa: S603 - no shell, and the arguments are validated
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(environ),
        start_new_session=True,
    )
    return threads.submit(child.wait)
