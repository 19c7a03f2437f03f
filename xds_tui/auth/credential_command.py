"""Credentials from a program of the user, for machines without a keyring."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeGuard

from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret
from xds_tui.errors import AppError
from xds_tui.i18n import N_
from xds_tui.system import processes

TIMEOUT: Final = 30.0
"""Seconds until the program is ended."""

END_TIMEOUT: Final = 1.0
"""Seconds to wait for a program that was ended."""

MAX_OUTPUT: Final = 65_536
"""Bytes of its output."""

FAILED: Final = N_("The credential_command failed")
TIMED_OUT: Final = N_("The credential_command took too long")
NOT_STARTED: Final = N_("The credential_command cannot be started")
UNUSABLE: Final = N_(
    'The credential_command printed neither a token nor JSON such as {"uuid": "…", "secret": "…"} or {"token": "…"}'
)


class CredentialCommandError(AppError):
    """A program that provides no credentials; the detail is the program and its exit status, never its output."""


async def read_credentials(
    command: Sequence[str], environ: Mapping[str, str], max_seconds: float = TIMEOUT
) -> Credentials:
    """Run `command` without a shell and without input, and return the credentials that it prints.

    Raises:
        CredentialCommandError: if it fails, or prints none.

    """
    program = _expanded(command[0])
    try:
        child = await asyncio.create_subprocess_exec(
            program,
            *command[1:],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may contain the secret
            env=processes.environment(environ),
            start_new_session=True,
        )
    except OSError as error:
        raise CredentialCommandError(NOT_STARTED, f"{program}: {error.strerror or '?'}") from None
    try:
        async with asyncio.timeout(max_seconds):
            output = await _read(child)
            status = await child.wait()
    except TimeoutError:
        raise CredentialCommandError(TIMED_OUT, program) from None
    finally:
        await _end(child)
    if status:
        raise CredentialCommandError(FAILED, f"{program}: {status}")
    credentials = parse_credentials(output)
    if credentials is None:
        raise CredentialCommandError(UNUSABLE, program)
    return credentials


def parse_credentials(output: bytes) -> Credentials | None:
    """Return the credentials in the output of the program; None if there are none."""
    try:
        text = output.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    if not text.startswith("{"):
        return BareToken(Secret(text)) if _is_usable(text) else None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    account_id, secret, token = (fields.get(name) for name in ("uuid", "secret", "token"))
    if _is_usable(account_id) and _is_usable(secret):
        return AccountKey(account_id, Secret(secret))
    return BareToken(Secret(token)) if _is_usable(token) else None


def _expanded(program: str) -> str:
    """Return a path with the folder that a tilde stands for."""
    return str(Path(program).expanduser())


async def _read(child: asyncio.subprocess.Process) -> bytes:
    """Read the output to its end, and return the first `MAX_OUTPUT` bytes."""
    assert child.stdout is not None  # noqa: S101 - it is a pipe
    output = b""
    while part := await child.stdout.read(MAX_OUTPUT):
        output += part[: MAX_OUTPUT - len(output)]
    return output


async def _end(child: asyncio.subprocess.Process) -> None:
    """End the program with all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):  # a daemon that it has started may keep the pipe open
        async with asyncio.timeout(END_TIMEOUT):
            await _read(child)
            await child.wait()


def _is_usable(value: object) -> TypeGuard[str]:
    """Return whether a value can be sent in a header: printable ASCII without spaces."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != "" and " " not in value
