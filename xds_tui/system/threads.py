"""Daemon threads: unlike the threads of an executor, they do not delay the end of the process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def start_daemon(target: Callable[[], object], *, name: str) -> None:
    """Run `target` in a new daemon thread; its exceptions go to `threading.excepthook`."""
    Thread(target=target, name=name, daemon=True).start()


def submit(work: Callable[[], T], *, name: str = "xds-tui worker") -> Future[T]:
    """Run `work` in a new daemon thread.

    Returns:
        A future for the result of `work` or the exception that it raises. Cancelling a task that awaits it with
        `asyncio.wrap_future` does not cancel the thread.

    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised where the future is awaited
            future.set_exception(error)
        else:
            future.set_result(result)

    start_daemon(run, name=name)
    return future
