"""Waiting for a condition, with an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE = 10.0
"""Seconds after which a condition that did not come true fails its test."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, turn of the loop by turn of the loop."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.002)
