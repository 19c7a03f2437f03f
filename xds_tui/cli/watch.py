"""The loop behind `--watch`: list, write, wait, until the user interrupts or the reader of a pipe is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Protocol, TypeVar

from xds_tui.api.errors import ApiError, Rejected, SignedOut
from xds_tui.cli import output
from xds_tui.cli.output import print_error
from xds_tui.cli.progress import ProgressLine
from xds_tui.i18n import _
from xds_tui.store.database import StoreError
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Writer(Protocol[T_contra]):
    """Writes listings to standard output."""

    is_followed: bool

    def write(self, listing: T_contra, /) -> None:
        """Write one listing; raises `OutputError`."""


def follow(
    services: CommandServices, read: Callable[[], Coroutine[None, None, T]], writer: Writer[T], interval: float
) -> int:
    """Write what `read` returns, once or every `interval` seconds, and return the exit code.

    A failed listing is reported; if others follow, it is repeated with the next, unless the credentials are at fault.
    The event loop runs only during requests, so that a signal ends writing and waiting at once.

    Raises:
        OutputError: if standard output cannot be written.

    """
    with asyncio.Runner() as runner:
        try:
            runner.run(ProgressLine(_("looking for the credentials")).until(services.open()))
            return _follow(runner, services, read, writer, interval)
        except StoreError as error:
            print_error(messages.error_lines(error, Situation.COMMAND))
            return ExitCode.FAILURE
        finally:
            runner.run(services.close())


def _follow(
    runner: asyncio.Runner,
    services: CommandServices,
    read: Callable[[], Coroutine[None, None, T]],
    writer: Writer[T],
    interval: float,
) -> int:
    while True:
        delay = interval
        try:
            writer.write(runner.run(read()))
        except ApiError as error:
            report_error(error, services)
            if not writer.is_followed or (isinstance(error, SignedOut) and not error.is_passing):
                return ExitCode.FAILURE
            delay = max(interval, (error.retry_after or 0) if isinstance(error, Rejected) else 0)
        if not writer.is_followed or not output.wait_for_reader(delay):
            return ExitCode.OK


def report_error(error: ApiError, services: CommandServices) -> None:
    """Write `error` to standard error, with what the keyring has to do with missing credentials."""
    account = services.account
    if isinstance(error, SignedOut) and account.keyring_read_error is not None:
        print_error(messages.unread_keyring(account.keyring_read_error))
        return
    lines = messages.error_lines(error, Situation.COMMAND, given_by=services.credentials_source)
    if isinstance(error, SignedOut) and account.keyring_error is not None:
        lines = (*lines, messages.error_message(account.keyring_error))
    print_error(lines)
