"""The input thread of the driver for terminals sleeps until there is input, or until it is to end."""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from threading import Thread

import pytest

from xds_tui.tui.runtime import terminal_driver
from xds_tui.tui.runtime.input_events import InputEvents
from xds_tui.tui.runtime.terminal_driver import TerminalDriver, WaitableEvent


def is_readable(event: WaitableEvent) -> bool:
    return bool(select.select([event], [], [], 0)[0])


def test_an_event_is_readable_while_it_is_set() -> None:
    event = WaitableEvent()
    assert not is_readable(event)
    for _ in range(2):
        event.set()
        assert is_readable(event)
        assert event.is_set()
    for _ in range(2):
        event.clear()
        assert not is_readable(event)
        assert not event.is_set()


def test_an_event_closes_its_descriptors() -> None:
    event = WaitableEvent()
    reader = event.fileno()
    del event
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(reader)


def a_driver(fileno: int) -> TerminalDriver:
    driver = TerminalDriver.__new__(TerminalDriver)
    driver.fileno = fileno
    driver._input = InputEvents()
    driver._queried_modes = set()
    driver._end_of_input = driver.exit_event = WaitableEvent()
    return driver


def test_the_input_thread_waits_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    driver = a_driver(reader)
    timeouts: list[float | None] = []

    class Select:
        @staticmethod
        def select(
            readers: Sequence[int], _writers: Sequence[int], _others: Sequence[int], timeout: float | None
        ) -> tuple[list[int], list[int], list[int]]:
            timeouts.append(timeout)
            driver.exit_event.set()
            return select.select(readers, [], [], timeout)

    monkeypatch.setattr(terminal_driver, "select", Select)
    driver.run_input_thread()
    assert timeouts == [None]
    os.close(reader)
    os.close(writer)


def test_the_input_thread_ends_while_it_waits() -> None:
    reader, writer = os.pipe()
    driver = a_driver(reader)
    thread = Thread(target=driver.run_input_thread, daemon=True)
    thread.start()
    driver.exit_event.set()
    thread.join(60)
    assert not thread.is_alive()
    os.close(reader)
    os.close(writer)
