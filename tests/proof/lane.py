"""One account, one service and one buyer, who is killed and started again until enough was bought."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.line import Service
from xds_tui.simulator.serve import RunningSimulator
from xds_tui.simulator.world import ACCOUNT, SECRET, World

from .asked import Purchase, Rest, Stage
from .judge import Verdict, asked_in, judge, written_orders
from .mishaps import KINDS, SLOW, CountedFaults, a_service, faults_to_come
from .wire import STAGES, Strike, Wire

ROOT: Final = Path(__file__).parents[2]

HOSTS: Final = 30
"""In the fleet before anything is bought."""

PATIENCE: Final = 90.0
"""Seconds after which a buyer that says nothing is stuck, which no fault excuses."""

_HALTS: Final = (Stage.WRITTEN, Stage.ANSWERED, Stage.SEEN)
"""Stages that only the buyer can see."""


@dataclass
class Outcome:
    """What one lane, or all of them together, came to."""

    verdict: Verdict = field(default_factory=Verdict)
    kills: Counter[str] = field(default_factory=Counter)
    """By the stage at which they landed."""
    mishaps: Counter[str] = field(default_factory=Counter)
    """Faults and breaks of the line by kind."""
    purchases: Counter[str] = field(default_factory=Counter)
    """`single` and `several`."""

    def add(self, other: Outcome) -> None:
        """Count another lane in."""
        self.verdict += other.verdict
        self.kills += other.kills
        self.mishaps += other.mishaps
        self.purchases += other.purchases


class BuyerDied(Exception):
    """The buyer ended by itself, or is stuck: a fault of the program, or of the proof."""


class Lane:
    """Buys at least `creates` hosts, and kills the buyer at least `kills` times."""

    def __init__(self, number: int, seed: int, creates: int, kills: int, folder: Path) -> None:
        self._number = number
        self._lot = random.Random(f"{seed} {number}")
        self._creates = creates
        self._folder = folder
        stages = list(Stage)
        first = number * 4 % len(stages)
        self._stages = [stages[(first + turn) % len(stages)] for turn in range(kills)]
        self._every = max(1, creates // (3 * (kills + 1)))
        self._faults = CountedFaults()
        self._world = World(a_service(number))
        populate(self._world, HOSTS)
        self._world.accounts[ACCOUNT].wallet = Decimal(10) ** 9
        self._outcome = Outcome(mishaps=self._faults.struck)
        self._process: asyncio.subprocess.Process | None = None
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None

    async def run(self) -> Outcome:
        """Do it, and judge.

        Raises:
            BuyerDied: otherwise than by our hand.

        """
        self._folder.mkdir(parents=True)
        service = Service(self._world, self._faults)
        with RunningSimulator(service) as simulator:
            async with Wire(int(simulator.url.rpartition(":")[2])) as self._wire:
                try:
                    await self._buy_enough()
                    await self._rest(service)
                finally:
                    await self._end()
        (self._folder / "ledger.json").write_bytes(msgspec.json.encode(self._world.ledger))
        log = self._folder / "asked.jsonl"
        orders = written_orders(self._folder / "journal.db")
        self._outcome.verdict = judge(asked_in(log), orders, self._world.ledger, self._wire.creates)
        return self._outcome

    async def _buy_enough(self) -> None:
        number = 0
        while self._wire.creates < self._creates or self._stages:
            if self._process is None:
                await self._start()
            number += 1
            purchase = self._next_purchase(number)
            await self._tell(purchase)
            if self._lot.random() < 0.15:
                number += 1
                await self._tell(self._next_purchase(number))
                await self._until_ended(2)
            else:
                await self._until_ended(1)
            await self._wire.open()

    def _next_purchase(self, number: int) -> Purchase:
        count = 1 if self._lot.random() < 0.5 else self._lot.randint(2, 8)
        kind = KINDS[(number // 5 + self._lot.randrange(2)) % len(KINDS)]
        self._outcome.purchases["single" if count == 1 else "several"] += 1
        self._faults.clear()
        self._faults.set(*faults_to_come(self._lot, count))
        purchase = Purchase(number, kind, count)
        if self._stages and number % self._every == 0:
            purchase.halt = self._prepare_kill(self._stages[0])
        elif self._wire.strike is None and self._lot.random() < 0.12:
            self._break(self._lot.choice((*STAGES, None)))
        return purchase

    def _prepare_kill(self, stage: Stage) -> Stage | None:
        """Have the buyer killed when it next comes to `stage`; returns what the buyer itself has to look out for."""
        if stage is Stage.ANY:
            asyncio.get_running_loop().call_later(self._lot.uniform(0, 0.4), self._kill, stage)
        elif stage in _HALTS:
            return stage
        else:
            if stage is Stage.ARRIVED:
                self._faults.clear()
                self._faults.set(SLOW)  # so that it is not processed before the kill
            self._wire.strike = Strike(stage, lambda: self._kill(stage))
        return None

    def _break(self, stage: Stage | None) -> None:
        """Have the line break at `stage`; None: refuse connections for a moment."""
        if stage is not None:
            name = f"line broken {stage.value}"
            self._wire.strike = Strike(stage, lambda: self._outcome.mishaps.update([name]))
            return
        self._outcome.mishaps["connections refused"] += 1
        loop = asyncio.get_running_loop()
        delay = self._lot.uniform(0, 0.05)
        loop.call_later(delay, self._wire.shut)
        loop.call_later(delay + 0.3, lambda: loop.create_task(self._wire.open()))

    def _kill(self, stage: Stage) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self._outcome.kills[stage.value] += 1
            if stage in self._stages:
                self._stages.remove(stage)

    async def _until_ended(self, purchases: int) -> None:
        """Wait until so many purchases have ended, or the buyer was killed."""
        while purchases and (word := await self._next_word()):
            purchases -= word == "ended"

    async def _next_word(self) -> str | None:
        """The next thing the buyer says; None: it was killed, perhaps here, because it has halted to be."""
        try:
            async with asyncio.timeout(PATIENCE):
                word = await self._said.get()
        except TimeoutError as error:
            raise BuyerDied(f"lane {self._number}: the buyer says nothing any more, see {self._folder}") from error
        if word is not None and word.startswith("halted "):
            self._kill(Stage[word.partition(" ")[2]])
            return await self._next_word()
        if word is None and await self._ended() == 0:
            raise BuyerDied(f"lane {self._number}: the buyer left by itself, see {self._folder}")
        return word

    async def _ended(self) -> int:
        """Let go of a buyer that has ended or is about to, and return how: by itself, or by our hand."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE):
            code = await self._process.wait()
        self._process = None
        if code not in (0, -signal.SIGKILL):
            raise BuyerDied(f"lane {self._number}: the buyer ended with {code}, see {self._folder}/errors.txt")
        return code

    async def _start(self) -> None:
        with (self._folder / "errors.txt").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.proof.buyer", str(self._folder), self._wire.url, ACCOUNT, SECRET),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        self._said = asyncio.Queue()
        self._listening = asyncio.create_task(_listen(self._process, self._said))

    async def _tell(self, told: Purchase | Rest) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(told) + b"\n")

    async def _rest(self, service: Service) -> None:
        """Let all go well, wait until the service has done what it was asked, and have the buyer see it."""
        self._faults.clear()
        self._wire.strike = None
        await self._wire.open()
        async with asyncio.timeout(PATIENCE):
            while self._wire.processing or not self._all_listed(service):  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.05)
        while not await self._has_rested():
            pass

    async def _has_rested(self) -> bool:
        """Have the buyer see what became of everything, and leave; False if it was killed over it."""
        if self._process is None:
            await self._start()
        await self._tell(Rest())
        while word := await self._next_word():
            if word == "rested":
                return await self._ended() == 0
        return False

    def _all_listed(self, service: Service) -> bool:
        with service.lock:
            now = self._world.catch_up()
            return all(host.is_listed(now) for host in self._world.machines.values())

    async def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._listening is not None:
            await self._listening


async def _listen(process: asyncio.subprocess.Process, said: asyncio.Queue[str | None]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        said.put_nowait(line.decode().strip())
    said.put_nowait(None)
