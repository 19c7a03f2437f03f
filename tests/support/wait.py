"""The one time limit of the tests, and waiting for a condition within it.

Tests must pass on a machine ten times slower than the developer's: they wait for what they expect, and the limit only
ends a test that would otherwise hang.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

TIMEOUT: Final = 120.0
"""Seconds after which a wait fails its test. Use it for every wait: subprocesses, sockets, threads and screens."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds while the event loop runs.

    Raises:
        TimeoutError: if it does not hold within `TIMEOUT`.

    """
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110 - the condition has no event that could be awaited
            await asyncio.sleep(0.002)


def wait_until(condition: Callable[[], bool]) -> None:
    """Block until a condition holds, for tests without an event loop.

    Raises:
        TimeoutError: if it does not hold within `TIMEOUT`.

    """
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
