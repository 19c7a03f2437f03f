"""One reading after another: asked for, written, and waited for, until the user or the reader of a pipe has enough."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from xds_tui.api.errors import Refused, SignedOut, XdsError
from xds_tui.commands import output, saying
from xds_tui.commands.output import Output
from xds_tui.store.db import StoreError

if TYPE_CHECKING:
    from xds_tui.commands.parts import Parts
    from xds_tui.export import Table

T = TypeVar("T")


def follow(parts: Parts, read: Callable[[], Awaitable[Table]], out: Output, interval: float) -> int:
    """Write what `read` returns, once or every `interval` seconds, and return the exit code.

    A reading that failed is told of; where others follow it is tried again then, unless the credentials are at fault.
    The loop runs only while something is asked: writing and waiting are ended by a signal at once.

    Raises:
        OutputError: if standard output cannot be written.

    """
    with asyncio.Runner() as runner:
        try:
            runner.run(_awaited(parts.open()))
            return _follow(runner, parts, read, out, interval)
        except StoreError as error:
            saying.complain([saying.kept_trouble(error)])
            return saying.FAILURE
        finally:
            runner.run(_awaited(parts.close()))


def _follow(
    runner: asyncio.Runner, parts: Parts, read: Callable[[], Awaitable[Table]], out: Output, interval: float
) -> int:
    while True:
        pause = interval
        try:
            out.show(runner.run(_awaited(read())))
        except XdsError as error:
            _tell(error, parts)
            if not out.is_followed or (isinstance(error, SignedOut) and not error.is_passing):
                return saying.FAILURE
            pause = max(interval, (error.retry_after or 0) if isinstance(error, Refused) else 0)
        if not out.is_followed or not output.wait(pause):
            return 0


def _tell(error: XdsError, parts: Parts) -> None:
    lines = saying.trouble(error, parts.given_by)
    keyring = parts.account.vault_trouble
    if isinstance(error, SignedOut) and keyring is not None:
        lines = (*lines, saying.kept_trouble(keyring))
    saying.complain(lines)


async def _awaited(what: Awaitable[T]) -> T:
    return await what
