"""One reading after another: asked for, written, and waited for, until the user or the reader of a pipe has enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError, Rejected, SignedOut
from xds_tui.commands import output, saying
from xds_tui.commands.output import Output
from xds_tui.commands.waiting import ProgressLine
from xds_tui.export import Table
from xds_tui.i18n import _
from xds_tui.store.db import StoreError
from xds_tui.text import messages
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.commands.parts import CommandServices

Read = Callable[[], Coroutine[None, None, Table]]


def follow(parts: CommandServices, read: Read, out: Output, interval: float) -> int:
    """Write what `read` returns, once or every `interval` seconds, and return the exit code.

    A reading that failed is told of; where others follow it is tried again then, unless the credentials are at fault.
    The loop runs only while something is asked: writing and waiting are ended by a signal at once.

    Raises:
        OutputError: if standard output cannot be written.

    """
    with asyncio.Runner() as runner:
        try:
            runner.run(ProgressLine(_("looking for the credentials")).until(parts.open()))
            return _follow(runner, parts, read, out, interval)
        except StoreError as error:
            saying.print_error([saying.storage_error(error)])
            return saying.FAILURE
        finally:
            runner.run(parts.close())


def _follow(runner: asyncio.Runner, parts: CommandServices, read: Read, out: Output, interval: float) -> int:
    while True:
        pause = interval
        try:
            out.show(runner.run(read()))
        except ApiError as error:
            _tell(error, parts)
            if not out.is_followed or (isinstance(error, SignedOut) and not error.is_passing):
                return saying.FAILURE
            pause = max(interval, (error.retry_after or 0) if isinstance(error, Rejected) else 0)
        if not out.is_followed or not output.wait(pause):
            return 0


def _tell(error: ApiError, parts: CommandServices) -> None:
    keyring = parts.account.vault_trouble
    if isinstance(error, SignedOut) and parts.account.unread is not None:
        saying.print_error(saying.unread_keyring(parts.account.unread))
    elif isinstance(error, SignedOut) and keyring is not None:
        saying.print_error(
            [*messages.trouble(error, Situation.COMMAND, given_by=parts.given_by), saying.storage_error(keyring)]
        )
    else:
        saying.print_error(messages.trouble(error, Situation.COMMAND, given_by=parts.given_by))
