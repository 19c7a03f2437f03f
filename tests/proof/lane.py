"""One account and service, two machines that buy on it, and another user."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from tests.simulator_faults.faults import Fault
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.other_user import TAG, OtherUser
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, World

from .faults import KINDS, SLOW, CountedFaults, a_service, describe, faults_to_come
from .judge import Verdict, judge
from .machine import BUYER_TIMEOUT, Machine
from .records import Record, record_of
from .request import Kind, Purchase, Stage
from .wire import STAGES, Strike, Wire

HOSTS: Final = 30
"""Hosts in the fleet before any purchase."""

MACHINES: Final = 2

_OTHERS_ACT_EVERY: Final = 6.0
"""Seconds between two actions of the other user, on every second lane."""

_CONFIRMED: Final = 0.8
"""The share of purchases that the user confirms if an earlier order may have made the same."""

_HALTS: Final = (Stage.WRITTEN, Stage.ANSWERED, Stage.SEEN)
"""Stages that only the buyer can detect."""


@dataclass
class Outcome:
    """The results of one lane, or of all."""

    verdict: Verdict = field(default_factory=Verdict)
    kills: Counter[str] = field(default_factory=Counter)
    """Kills by stage."""
    mishaps: Counter[str] = field(default_factory=Counter)
    """Faults and broken connections by kind."""
    answers: set[str] = field(default_factory=set)
    """Responses to a create in place of the correct one."""
    purchases: Counter[str] = field(default_factory=Counter)
    """Purchases, `single` and `several`."""
    others: Counter[str] = field(default_factory=Counter)
    """The actions of the other user."""

    def add(self, other: Outcome) -> None:
        """Add the counts of another lane."""
        self.verdict += other.verdict
        self.kills += other.kills
        self.mishaps += other.mishaps
        self.answers |= other.answers
        self.purchases += other.purchases
        self.others += other.others


@dataclass(frozen=True, slots=True)
class Share:
    """The minimum that a lane has to cover."""

    creates: int
    kills: int
    answers: tuple[Fault, ...] = ()
    """Responses to a create that have to be given once."""


class Lane:
    """Lets two machines buy on one account, and kills them repeatedly."""

    def __init__(self, number: int, seed: int, share: Share, folder: Path) -> None:
        self._number = number
        self._lot = random.Random(f"{seed} {number}")
        self._creates = share.creates
        self._answers = list(share.answers)
        self._folder = folder
        stages = list(Stage)
        first = number * 4 % len(stages)
        self._stages = [stages[(first + turn) % len(stages)] for turn in range(share.kills)]
        self._every = max(1, share.creates // (3 * (share.kills + 1)))
        self._faults = CountedFaults()
        self._world = World(a_service(number))
        populate(self._world, HOSTS)
        self._world.accounts[ACCOUNT].wallet = Decimal(10) ** 9
        self._service = Service(self._world, self._faults)
        others = [(kind.package, kind.image, kind.period) for kind in KINDS]
        self._other = OtherUser(self._world, others, seed + number)
        self._outcome = Outcome(mishaps=self._faults.struck, answers=self._faults.answers)
        self._machines: list[Machine] = []
        self._asked = 0

    async def run(self) -> Outcome:
        """Run the lane, and return the verdict.

        Raises:
            BuyerDied: if a buyer ended without being killed.

        """
        if self._number % 2:
            self._other.act_every(_OTHERS_ACT_EVERY)
        async with AsyncExitStack() as stack:
            simulator = stack.enter_context(RunningSimulator(self._service))
            port = int(simulator.url.rpartition(":")[2])
            for number in range(MACHINES):
                wire = await stack.enter_async_context(Wire(port))
                machine = Machine(self._folder / f"machine-{number}", wire, self._count_kill)
                stack.push_async_callback(machine.end)
                self._machines.append(machine)
            await self._buy_enough()
            await self._rest()
        (self._folder / "ledger.json").write_bytes(msgspec.json.encode(self._world.ledger))
        self._outcome.verdict = judge(self._records(), self._world.ledger)
        self._outcome.others = self._other.done
        return self._outcome

    def _records(self) -> list[Record]:
        return [record_of(machine.folder, machine.wire.creates) for machine in self._machines]

    # Purchases

    async def _buy_enough(self) -> None:
        while self._sent < self._creates or self._stages or self._answers:
            await self._take_turn()
            self._answers = [fault for fault in self._answers if describe(fault) not in self._faults.answers]
            self._lot.shuffle(self._answers)

    @property
    def _sent(self) -> int:
        return sum(machine.wire.creates for machine in self._machines)

    async def _take_turn(self) -> None:
        """Let one machine make a purchase, sometimes two at once, or both machines the same."""
        machine, *idle = self._lot.sample(self._machines, MACHINES)
        turn = [(machine, self._next_purchase())]
        chance = self._lot.random()
        if chance < 0.15:
            turn.append((machine, self._next_purchase()))
        elif chance < 0.4:
            turn.append((idle[0], self._next_purchase(turn[0][1].kind)))
        self._prepare(turn)
        for buying in {each: None for each, _ in turn}:
            await buying.start()
        for buying, purchase in turn:
            await buying.tell(purchase)
        counts = Counter(buying for buying, _ in turn)
        await asyncio.gather(*(buying.until_ended(count) for buying, count in counts.items()))
        for buying in counts:
            await buying.wire.open()

    def _next_purchase(self, kind: Kind | None = None) -> Purchase:
        self._asked += 1
        count = 1 if self._lot.random() < 0.5 else self._lot.randint(2, 8)
        self._outcome.purchases["single" if count == 1 else "several"] += 1
        drawn = KINDS[(self._asked // 5 + self._lot.randrange(2)) % len(KINDS)]
        return Purchase(self._asked, kind or drawn, count, is_confirmed=self._lot.random() < _CONFIRMED)

    # Faults

    def _prepare(self, turn: list[tuple[Machine, Purchase]]) -> None:
        """Set the faults of a turn."""
        machine, purchase = turn[0]
        self._faults.clear()
        self._faults.set(*faults_to_come(self._lot, sum(each.count for _, each in turn), self._answers))
        if self._lot.random() < 0.15:
            delay = self._lot.uniform(0, 0.6)
            asyncio.get_running_loop().call_later(delay, self._have_other_buy, purchase.kind)
        if self._stages and purchase.number % self._every == 0:
            purchase.halt = self._prepare_kill(machine, self._stages[0])
        elif machine.wire.strike is None and self._lot.random() < 0.12:
            self._break(machine.wire, self._lot.choice((*STAGES, None)))

    def _have_other_buy(self, kind: Kind) -> None:
        """Let the other user make the same purchase at the same time."""
        with self._service.lock:
            self._other.buy((kind.package, kind.image, kind.period))
        self._outcome.mishaps[f"{TAG} bought the same meanwhile"] += 1

    def _prepare_kill(self, machine: Machine, stage: Stage) -> Stage | None:
        """Kill a buyer when it reaches `stage` next; return the stage if only the buyer can detect it."""
        if stage is Stage.ANY:
            asyncio.get_running_loop().call_later(self._lot.uniform(0, 0.4), machine.kill, stage)
        elif stage in _HALTS:
            return stage
        else:
            if stage is Stage.ARRIVED:
                self._faults.clear()
                self._faults.set(SLOW)  # so that it is not processed before the kill
            machine.wire.strike = Strike(stage, lambda: machine.kill(stage))
        return None

    def _count_kill(self, stage: Stage) -> None:
        self._outcome.kills[stage.value] += 1
        if stage in self._stages:
            self._stages.remove(stage)

    def _break(self, wire: Wire, stage: Stage | None) -> None:
        """Break the connection at `stage`; None: refuse connections for a moment."""
        if stage is not None:
            name = f"line broken {stage.value}"
            wire.strike = Strike(stage, lambda: self._outcome.mishaps.update([name]))
            return
        self._outcome.mishaps["connections refused"] += 1
        loop = asyncio.get_running_loop()
        delay = self._lot.uniform(0, 0.05)
        loop.call_later(delay, wire.shut)
        loop.call_later(delay + 0.3, lambda: loop.create_task(wire.open()))

    # End

    async def _rest(self) -> None:
        """Clear all faults, wait until the service has carried out all requests, and let the buyers observe that."""
        self._faults.clear()
        for machine in self._machines:
            machine.wire.strike = None
            await machine.wire.open()
        async with asyncio.timeout(BUYER_TIMEOUT):
            while self._is_working():  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.05)
        await asyncio.gather(*(machine.rest() for machine in self._machines))

    def _is_working(self) -> bool:
        """Return whether the service has yet to carry out a request, or to list a host."""
        if self._service.delayed or any(machine.wire.processing for machine in self._machines):
            return True
        with self._service.lock:
            now = self._world.catch_up()
            hosts = self._world.hosts.values()
            return not all(host.gone_from is not None or host.is_listed(now) for host in hosts)
