"""A program in a pseudo-terminal of 120x40, which records its output with the time of each read.

A thread reads continuously, so that the program never waits for its terminal, and replies to the queries of Textual.
Texts are searched on an emulated screen, because the program writes only the cells that differ.
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

import pyte

COLUMNS: Final = 120
ROWS: Final = 40
OUTPUT_TIMEOUT: Final = 90.0
"""Seconds to wait for output at most."""

BIN: Final = Path(sys.executable).parent
XDS: Final = str(BIN / "xds-tui")

_ANSWERS: Final = (
    (re.compile(rb"\x1b\[c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
)
"""The replies of the terminal to queries."""

_UNKNOWN_TO_PYTE: Final = re.compile(rb"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b_[^\x1b]*\x1b\\")
"""Sequences that pyte would display."""

_SCHEDULED: Final = 2
"""The kind of CPU clock of a process (CPUCLOCK_SCHED)."""
_ARRIVES: Final = 0.002
"""Seconds between two checks for output."""


def environ(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a user with a temporary home, in a terminal with all colours."""
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
    """The result of one read."""

    at: float
    """The time of the read by `time.perf_counter`."""
    data: bytes
    cpu: float
    """The CPU time of the process until the read, in seconds."""


@dataclass(frozen=True, slots=True)
class Burst:
    """The output after an event, up to the first pause."""

    seconds: float
    """Seconds from the event to the last byte."""
    data: bytes


class Emulation:
    """What a terminal shows that receives chunks of output."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)

    def receive(self, data: bytes) -> None:
        """Show output."""
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))

    @property
    def text(self) -> str:
        """The text of the screen."""
        return "\n".join(self.screen.display)


class Screen:
    """Runs a command; as a context manager it makes sure that no process remains."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(env))  # noqa: S606
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._command = command
        self._chunks: list[Chunk] = []
        self._ended = False
        self._emulation = Emulation()
        self._shown = 0
        """The number of chunks that the emulation has received."""
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

    def wait_for(self, text: str) -> Chunk:
        """Wait until the screen shows `text`, and return the output that completed it.

        Raises:
            TimeoutError: if it was not shown.

        """
        ends = time.perf_counter() + OUTPUT_TIMEOUT
        while text not in self._emulation.text:
            if self._shown < len(self._chunks):
                self._emulation.receive(self._chunks[self._shown].data)
                self._shown += 1
            elif self._ended or time.perf_counter() > ends:
                raise TimeoutError(f"{' '.join(self._command)} did not show {text!r} but:\n{self._emulation.text}")
            else:
                time.sleep(_ARRIVES)
        return self._chunks[self._shown - 1]

    def wait_for_end(self) -> None:
        """Wait until the program has closed its terminal."""
        self._reader.join(OUTPUT_TIMEOUT)
        if self._reader.is_alive():
            raise TimeoutError(f"{' '.join(self._command)} did not end")

    @property
    def count(self) -> int:
        """The number of chunks read."""
        return len(self._chunks)

    def chunks(self, since: int = 0) -> list[Chunk]:
        """Return the output after the first `since` chunks."""
        return self._chunks[since:]

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def burst(self, keys: str, *, pause: float, timeout: float = 5.0) -> Burst:
        """Press keys, and return the output until there is none for `pause` seconds.

        Raises:
            TimeoutError: if there was no output within `timeout` seconds.

        """
        since, pressed = self.count, time.perf_counter()
        self.press(keys)
        while self.count == since:
            if time.perf_counter() > pressed + timeout:
                raise TimeoutError(f"{keys!r} changed nothing in {' '.join(self._command)}")
            time.sleep(_ARRIVES)
        while time.perf_counter() < self._chunks[-1].at + pause:
            time.sleep(_ARRIVES)
        came = self.chunks(since)
        return Burst(came[-1].at - pressed, b"".join(chunk.data for chunk in came))

    def next_writing(self, pause: float) -> bytes:
        """Wait for output without a key press, and return it until there is none for `pause` seconds.

        Raises:
            TimeoutError: if there was no output.

        """
        since, ends = self.count, time.perf_counter() + OUTPUT_TIMEOUT
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
        """Return the CPU time of the process in seconds, with a resolution of nanoseconds (Linux: posix-timers.h)."""
        return time.clock_gettime((~self.pid << 3) | _SCHEDULED)

    def memory(self) -> int:
        """Return the private memory of the process in bytes."""
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
            self._chunks.append(Chunk(time.perf_counter(), data, self.cpu_seconds()))
            for question, answer in _ANSWERS:
                if question.search(data):
                    os.write(self._fd, answer)
