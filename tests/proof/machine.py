"""A machine of the proof: the process of a buyer with its own journal and its own connection to the service."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from xds_tui.simulator.world import ACCOUNT, SECRET

from .request import Purchase, Rest, Stage
from .wire import Wire

ROOT: Final = Path(__file__).parents[2]

BUYER_TIMEOUT: Final = 600.0
"""Seconds without output after which a buyer counts as stuck; no fault explains that."""


class BuyerDied(Exception):
    """The buyer has ended unexpectedly or is stuck: a fault of the program, or of the proof."""


class Machine:
    """A buyer that is started, killed, and started again in the same folder.

    Attributes:
        folder: the folder of its journal and its log.
        wire: its connection to the service.
        on_kill: called with the stage at which it was killed.

    """

    def __init__(self, folder: Path, wire: Wire, on_kill: Callable[[Stage], None]) -> None:
        self.folder = folder
        self.wire = wire
        self.on_kill = on_kill
        folder.mkdir(parents=True)
        self._process: asyncio.subprocess.Process | None = None
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the buyer unless it is running."""
        if self._process is not None:
            return
        with (self.folder / "errors.txt").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.proof.buyer", str(self.folder), self.wire.url, ACCOUNT, SECRET),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        self._lines = asyncio.Queue()
        self._listening = asyncio.create_task(_listen(self._process, self._lines))

    async def tell(self, request: Purchase | Rest) -> None:
        """Send a command to the buyer."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(request) + b"\n")

    def kill(self, stage: Stage) -> None:
        """Kill the buyer with SIGKILL if it is running."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self.on_kill(stage)

    async def until_ended(self, purchases: int) -> None:
        """Wait until a number of purchases have ended, or the buyer was killed.

        Raises:
            BuyerDied: if the buyer ended without being killed.

        """
        while purchases and (line := await self._next_line()):
            purchases -= line == "ended"

    async def rest(self) -> None:
        """Let the buyer find out all outcomes, and exit; repeat that if it is killed meanwhile."""
        while not await self._has_rested():
            pass

    async def end(self) -> None:
        """Make sure that no process remains."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._listening is not None:
            await self._listening

    async def _has_rested(self) -> bool:
        await self.start()
        await self.tell(Rest())
        while line := await self._next_line():
            if line == "rested":
                return await self._exit_code() == 0
        return False

    async def _next_line(self) -> str | None:
        """Return the next line of the buyer; None if it was killed, or has blocked and is killed here."""
        try:
            async with asyncio.timeout(BUYER_TIMEOUT):
                line = await self._lines.get()
        except TimeoutError as error:
            raise BuyerDied(f"the buyer says nothing any more, see {self.folder}") from error
        if line is not None and line.startswith("halted "):
            self.kill(Stage[line.partition(" ")[2]])
            return await self._next_line()
        if line is None and await self._exit_code() == 0:
            raise BuyerDied(f"the buyer left by itself, see {self.folder}")
        return line

    async def _exit_code(self) -> int:
        """Wait for a buyer that has ended or will end, and return whether it was killed."""
        assert self._process is not None
        async with asyncio.timeout(BUYER_TIMEOUT):
            code = await self._process.wait()
        self._process = None
        if code not in (0, -signal.SIGKILL):
            raise BuyerDied(f"the buyer ended with {code}, see {self.folder}/errors.txt")
        return code


async def _listen(process: asyncio.subprocess.Process, lines: asyncio.Queue[str | None]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines.put_nowait(line.decode().strip())
    lines.put_nowait(None)
