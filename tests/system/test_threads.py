from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from xds_tui.system import threads


async def test_a_result_is_returned_and_an_exception_raised() -> None:
    assert await asyncio.wrap_future(threads.submit(lambda: 42)) == 42
    with pytest.raises(ZeroDivisionError):
        await asyncio.wrap_future(threads.submit(lambda: 1 // 0))


async def test_the_thread_continues_when_its_caller_is_cancelled() -> None:
    release = threading.Event()
    future = threads.submit(lambda: release.wait(60))
    task = asyncio.ensure_future(asyncio.wrap_future(future))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not future.cancelled()
    release.set()
    assert future.result(timeout=60)


def test_a_blocked_thread_does_not_delay_the_end_of_the_process() -> None:
    code = "import threading; from xds_tui.system import threads; threads.submit(threading.Event().wait)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
