"""`python -m tests.bench.start`: from the command to a painted host table, beside a bare Textual app.

Both run in a pseudo-terminal, in turn, so that a machine that is busy is busy for both. The time is from the start of
the process to the moment when a host's name has arrived at the terminal. Seconds differ between machines; the ratio
is the figure.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from pathlib import Path

HOSTS = 40
RUNS = 15
BARE = ([sys.executable, str(Path(__file__).parent / "bare_table.py"), str(HOSTS)], b"host-7")
DEMO = ([str(Path(sys.executable).parent / "xds-tui"), "--demo", "--demo-hosts", str(HOSTS)], b"office-5")


def seconds_until(command: list[str], painted: bytes) -> float:
    """Start `command` in a 120x40 terminal, and return the seconds until it wrote `painted`."""
    began = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
        os.execvp(command[0], command)  # noqa: S606
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    written = b""
    while painted not in written:
        if not select.select([fd], [], [], 30)[0]:
            raise TimeoutError(f"{command} did not paint {painted!r}")
        written += os.read(fd, 65536)
    took = time.perf_counter() - began
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)
    return took


def main() -> None:
    """Run both in turn, and print medians, spread and ratio."""
    seconds_until(*BARE), seconds_until(*DEMO)  # so that both are compiled and in the cache
    pairs = [(seconds_until(*BARE), seconds_until(*DEMO)) for _ in range(RUNS)]
    for name, times in zip(("bare Textual, DataTable", "xds-tui --demo"), zip(*pairs, strict=True), strict=True):
        print(f"{name:24} median {statistics.median(times):.3f} s   {min(times):.3f} to {max(times):.3f} s")
    ratios = [demo / bare for bare, demo in pairs]
    print(f"{'ratio':24} median {statistics.median(ratios):.2f}     {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
