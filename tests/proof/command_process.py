"""One command in a process of its own, forked from a server that has imported the program.

The imports take most of the time of a command; everything else is as in a shell: its own environment, standard
streams, event loop, HTTP connections and connection to the journal.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any, Final

TIMEOUT: Final = 600.0
"""Seconds after which a command is stuck."""

_PRELOADED: Final = ("__main__", "tests.proof.command_process", "tests.proof.program")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command has left behind."""

    arguments: tuple[str, ...]
    code: int
    """Negative: the signal that ended it."""
    rows: tuple[Mapping[str, Any], ...]
    """The JSON objects of its output."""
    errors: str

    @property
    def is_killed(self) -> bool:
        """Whether it was killed, so that it could not report anything."""
        return self.code == -signal.SIGKILL


def context() -> ForkServerContext:
    """Return the context with the server that has imported the program."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(list(_PRELOADED))
    return found


def run_command(
    processes: ForkServerContext,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    *,
    interruption: tuple[float, signal.Signals] | None = None,
) -> Ended:
    """Run a command, and return what it has left behind.

    Args:
        processes: starts the process.
        arguments: those of the command.
        environ: its whole environment.
        folder: where its output is written; it must be empty.
        interruption: seconds after which it gets a signal, and the signal.

    Raises:
        TimeoutError: if it is stuck.

    """
    folder.mkdir(parents=True)
    process = processes.Process(target=_work, args=(tuple(arguments), dict(environ), str(folder)))
    process.start()
    if interruption is not None:
        _interrupt(process, *interruption)
    process.join(TIMEOUT)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{arguments} is stuck, see {folder}")
    output = (folder / "output").read_text() if (folder / "output").exists() else ""
    errors = (folder / "errors").read_text() if (folder / "errors").exists() else ""
    rows = tuple(_objects(output.splitlines()))
    return Ended(tuple(arguments), process.exitcode, rows, errors)


def _interrupt(process: ForkServerProcess, seconds: float, number: signal.Signals) -> None:
    process.join(seconds)
    if process.exitcode is None and process.pid is not None:
        os.kill(process.pid, number)


def _objects(lines: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    """Return the JSON objects in `lines`; a killed command may have written a part of the last one."""
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        yield from found if isinstance(found, list) else [found]


def _work(arguments: tuple[str, ...], environ: Mapping[str, str], folder: str) -> None:
    """Run the program in this process, and end it."""
    os.environ.clear()
    os.environ.update(environ)
    for name, stream in (("output", 1), ("errors", 2)):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), stream)
    from tests.proof import program

    code = program.run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
