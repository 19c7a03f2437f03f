"""A pseudo-terminal of 120x40 with a program in it: what the program writes is kept with the time when it came.

A thread reads all the time, so that no program ever waits for its terminal, and answers what Textual asks a terminal.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

COLUMNS: Final = 120
ROWS: Final = 40
PATIENCE: Final = 90.0
"""Seconds after which what did not come is given up."""

BIN: Final = Path(sys.executable).parent
XDS: Final = str(BIN / "xds-tui")

_ANSWERS: Final = (
    (re.compile(rb"\x1b\[c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
)
"""What a terminal says when it is asked."""

_SCHEDULED: Final = 2
"""Which of a process's clocks (CPUCLOCK_SCHED)."""
_ARRIVES: Final = 0.002
"""Seconds between two looks at whether something came."""


def environ(home: Path, **more: str) -> dict[str, str]:
    """A user with an own, throw-away home, in a terminal with all colours."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **more,
    }


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one read gave."""

    at: float
    """`time.perf_counter` when it came."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Burst:
    """What a program wrote after something happened, up to the first pause."""

    seconds: float
    """From what happened to the last byte."""
    data: bytes


class Screen:
    """Runs a command; as a context manager it leaves no process behind."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(env))  # noqa: S606
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._command = command
        self._chunks: list[Chunk] = []
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)  # until it is waited for, the ID stays its own
        self._reader.join()
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def seconds_until(self, painted: bytes) -> float:
        """Return the seconds from the start of the process until it had written `painted`."""
        return self.wait_for(painted) - self.began

    def wait_for(self, painted: bytes, since: int = 0) -> float:
        """Wait until `painted` was written after the first `since` chunks, and return the time when it came.

        Raises:
            TimeoutError: it did not come.

        """
        ends = time.perf_counter() + PATIENCE
        written, read = b"", since
        while time.perf_counter() < ends:
            for chunk in self._chunks[read:]:
                read += 1
                written += chunk.data
                if painted in written:
                    return chunk.at
            if self._ended:
                break
            time.sleep(_ARRIVES)
        raise TimeoutError(f"{' '.join(self._command)} did not write {painted!r}; at last {written[-500:]!r}")

    def wait_for_end(self) -> None:
        """Wait until the program has closed its terminal."""
        self._reader.join(PATIENCE)
        if self._reader.is_alive():
            raise TimeoutError(f"{' '.join(self._command)} did not end")

    @property
    def count(self) -> int:
        """How many chunks have come."""
        return len(self._chunks)

    def chunks(self, since: int = 0) -> list[Chunk]:
        """Return what has come after the first `since` chunks."""
        return self._chunks[since:]

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def burst(self, keys: str, *, pause: float, patience: float = 5.0) -> Burst:
        """Press keys, and return what comes until nothing comes for `pause` seconds.

        Raises:
            TimeoutError: nothing came at all within `patience` seconds.

        """
        since, pressed = self.count, time.perf_counter()
        self.press(keys)
        while self.count == since:
            if time.perf_counter() > pressed + patience:
                raise TimeoutError(f"{keys!r} changed nothing in {' '.join(self._command)}")
            time.sleep(_ARRIVES)
        while time.perf_counter() < self._chunks[-1].at + pause:
            time.sleep(_ARRIVES)
        came = self.chunks(since)
        return Burst(came[-1].at - pressed, b"".join(chunk.data for chunk in came))

    def next_writing(self, pause: float) -> bytes:
        """Wait until something is written by itself, and return what comes until nothing does for `pause` seconds.

        Raises:
            TimeoutError: nothing came.

        """
        since, ends = self.count, time.perf_counter() + PATIENCE
        while self.count == since:
            if time.perf_counter() > ends or self._ended:
                raise TimeoutError(f"{' '.join(self._command)} wrote nothing")
            time.sleep(_ARRIVES)
        self.be_quiet(pause)
        return b"".join(chunk.data for chunk in self.chunks(since))

    def be_quiet(self, pause: float) -> None:
        """Wait until nothing was written for `pause` seconds."""
        while time.perf_counter() < self._chunks[-1].at + pause:
            time.sleep(_ARRIVES)

    def cpu_seconds(self) -> float:
        """Return the seconds that the process has kept a processor busy, to the nanosecond (Linux: posix-timers.h)."""
        return time.clock_gettime((~self.pid << 3) | _SCHEDULED)

    def memory(self) -> int:
        """Return the bytes of memory that are the process's own."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        kilobytes = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines[1:])}
        return 1024 * (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"])

    def _read(self) -> None:
        while True:
            select.select([self._fd], [], [])
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                data = b""
            if not data:
                self._ended = True
                return
            self._chunks.append(Chunk(time.perf_counter(), data))
            for question, answer in _ANSWERS:
                if question.search(data):
                    os.write(self._fd, answer)
