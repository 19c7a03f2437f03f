"""One reading after another: asked for, written, and waited for, until the user or the reader of a pipe has enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from xds_tui.api.errors import ApiError, Rejected, SignedOut
from xds_tui.cli import output
from xds_tui.cli.output import Output
from xds_tui.cli.progress import ProgressLine
from xds_tui.i18n import _
from xds_tui.store.database import StoreError
from xds_tui.text import labels, messages
from xds_tui.text.export import Table
from xds_tui.text.messages import Situation

if TYPE_CHECKING:
    from xds_tui.cli.services import CommandServices

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
            labels.print_error([labels.storage_error(error)])
            return labels.FAILURE
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
                return labels.FAILURE
            pause = max(interval, (error.retry_after or 0) if isinstance(error, Rejected) else 0)
        if not out.is_followed or not output.wait(pause):
            return 0


def _tell(error: ApiError, parts: CommandServices) -> None:
    keyring = parts.account.vault_trouble
    if isinstance(error, SignedOut) and parts.account.unread is not None:
        labels.print_error(labels.unread_keyring(parts.account.unread))
    elif isinstance(error, SignedOut) and keyring is not None:
        labels.print_error(
            [*messages.trouble(error, Situation.COMMAND, given_by=parts.given_by), labels.storage_error(keyring)]
        )
    else:
        labels.print_error(messages.trouble(error, Situation.COMMAND, given_by=parts.given_by))
