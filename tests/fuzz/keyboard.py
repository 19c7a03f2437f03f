"""Fuzzing of the terminal input: no exception, and no key that a reference decoder does not find."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator

from textual.events import Key

from xds_tui.tui.runtime.input_events import InputEvents

from .decoding import Outcome
from .traffic import Bursts, characters

SILENCE = 20.0
"""Seconds after a burst in which all pending input is completed."""


class Keyboard:
    """Feeds bursts to the decoder of the program, with its own clock."""

    def __init__(self) -> None:
        self._now = 0.0
        self._events = InputEvents()

    def type(self, reads: Iterable[bytes]) -> Iterator[object]:
        """Return the events of a burst and the silence after it."""
        for read in reads:
            self._now += 0.01
            yield from self._events.feed(read, self._now)
            yield from self._events.tick(self._now)
        for _ in range(3):
            self._now += SILENCE
            yield from self._events.tick(self._now)


def typed(events: Iterable[object]) -> Iterator[str]:
    """The characters of key events, which run commands and enter text."""
    for event in events:
        if isinstance(event, Key) and "+" not in event.key and event.character is not None and event.key != "escape":
            yield event.character


def excess(found: Iterable[str], allowed: Iterable[str]) -> str:
    """Return the first character of `found` that is missing at its place in `allowed`; empty if there is none."""
    rest = iter(allowed)
    for character in found:
        if not any(character in each for each in rest):
            return character
    return ""


def run_keyboard(size: int, seed: object) -> Outcome:
    """Feed about `size` bytes, and compare."""
    outcome = Outcome("input (bytes)")
    bursts, keyboard = Bursts(f"{seed}-input"), Keyboard()
    began = time.monotonic()
    ends: Counter[str] = outcome.ends
    while outcome.answers < size:
        burst = bursts.mutated() if bursts.random.random() < 0.9 else bursts.whole()
        outcome.answers += len(burst)
        started = time.monotonic()
        try:
            events = list(keyboard.type(bursts.divided(burst)))
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            outcome.complaints.append(f"{burst!r}\n{traceback.format_exc()}")
            ends["!"] += 1
            continue
        outcome.slowest = max(outcome.slowest, time.monotonic() - started)
        ends.update(type(event).__name__ for event in events)
        if wrong := excess(typed(events), characters(burst)):
            outcome.complaints.append(f"{wrong!r} was not typed: {burst!r}")
    outcome.seconds = time.monotonic() - began
    return outcome
