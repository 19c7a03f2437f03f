"""A simulated month of guarded hosts: programs that are killed and suspended, a service that fails, and one oracle.

Everything runs in this process with a virtual clock. A program that is killed is cancelled at whatever it awaits, and
its lock is released, as the operating system would do.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tests.support.guarded_fleet import Clock, Fleet, Program
from xds_tui.domain.records import EventKind, Order, OrderState
from xds_tui.domain.rule_planner import Lease, Rule

HOUR: Final = timedelta(hours=1)
LEASE: Final = Rule("lease", "tag:lease", lease=Lease(stop_after=6 * HOUR), acts=True)
DRY: Final = Rule("dry", "tag:dry", lease=Lease(stop_after=3 * HOUR))


@dataclass(frozen=True)
class Plan:
    """The size of a run."""

    hosts: int
    days: float
    interval: timedelta
    faults_a_day: float
    kills_a_day: float
    programs: int = 3
    seed: int = 1


@dataclass
class Result:
    """What was observed, for the judgement."""

    late: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    """Hosts that ran too long: since when, and until when at least."""
    unfounded: list[tuple[datetime, str, bool]] = field(default_factory=list)
    """Requests without a rule."""
    repeated: list[tuple[str, datetime]] = field(default_factory=list)
    """Second requests for the same lease."""
    silent: list[str] = field(default_factory=list)
    """Unconfirmed orders without an alert."""
    stops: int = 0
    faults: int = 0
    kills: int = 0


class Month:
    """One run."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._path = folder / "journal.db"
        self._clock = Clock()
        self.fleet = Fleet(self._clock)
        self._programs: list[Program] = []
        self._alerted: set[str] = set()
        self._on_since: dict[str, datetime] = {}
        self._seen_since: dict[str, datetime] = {}
        """Since when hosts are on as far as a program could see."""
        self._excused: dict[str, datetime] = {}
        """Leases with an order that the service may have ignored: the user is alerted, and has to look."""
        self._down_until = self._clock()
        self._reachable_since = self._clock()
        self._sent: dict[tuple[str, datetime], int] = defaultdict(int)
        self._asleep: dict[int, datetime] = {}
        self._guarded_since = self._clock()
        """When another program could have taken over from a guard that was suspended."""
        self.result = Result()

    async def run(self) -> Result:
        for number in range(self._plan.hosts):
            tag = ("lease", "dry", "none")[number % 5 if number % 5 < 3 else 0]
            self.fleet.add(f"h{number}", tag, is_on=self._random.random() < 0.5, is_marked=number % 20 == 0)
        self._on_since = {host_id: self._clock() for host_id in self.fleet.hosts if self.fleet.is_on(host_id)}
        self._programs = [self._started() for _ in range(self._plan.programs)]
        end = self._clock() + timedelta(days=self._plan.days)
        while self._clock() < end:
            await self._step()
        await self._finish()
        return self.result

    def _started(self) -> Program:
        program = Program(self._path, self.fleet, (LEASE, DRY), self._random.choice(("watch", "app")))
        program.interval = self._plan.interval.total_seconds()
        return program

    async def _step(self) -> None:
        self._clock.advance(seconds=self._plan.interval.total_seconds())
        now = self._clock()
        self._let_users_act()
        self._let_the_service_fail(now)
        before, declined = len(self.fleet.requests), self.fleet.declined
        if now >= self._down_until:
            for number in self._random.sample(range(len(self._programs)), len(self._programs)):
                if self._asleep.get(number, now) <= now and await self._refresh(number):
                    self._see(now)
        self._judge_requests(self.fleet.requests[before:])
        if self.fleet.declined > declined:
            self._reachable_since = now
        self._judge_leases(now)

    def _see(self, now: datetime) -> None:
        """Note what a program has seen and recorded: a stop and start between two looks is seen by none."""
        for host_id in self.fleet.hosts:
            if self.fleet.is_on(host_id):
                self._seen_since.setdefault(host_id, now)
            else:
                self._seen_since.pop(host_id, None)

    async def _refresh(self, number: int) -> bool:
        """Let a program refresh, and return whether it survived that."""
        program = self._programs[number]
        if not self._chance(self._plan.kills_a_day / self._plan.programs):
            await program.refresh()
            self._collect(program)
            if self._chance(self._plan.kills_a_day / self._plan.programs):
                self._asleep[number] = self._clock() + HOUR * self._random.uniform(0.1, 2)
                self._guarded_since = self._clock() + 3 * self._plan.interval
            return True
        self.result.kills += 1
        refreshing = asyncio.ensure_future(program.refresh())
        for _ in range(self._random.randrange(400)):
            await asyncio.sleep(0)
        refreshing.cancel()
        await asyncio.gather(refreshing, return_exceptions=True)
        await program.kill()
        self._collect(program)
        self._programs[number] = self._started()
        return False

    def _chance(self, a_day: float) -> bool:
        return self._random.random() < a_day * (self._plan.interval / timedelta(days=1))

    def _let_users_act(self) -> None:
        for host_id in self.fleet.hosts:
            if self._chance(0.7):
                is_on = self.fleet.is_on(host_id)
                self.fleet.set(host_id, is_on=not is_on)
                self._note(host_id)

    def _let_the_service_fail(self, now: datetime) -> None:
        if not self._chance(self._plan.faults_a_day):
            return
        self.result.faults += 1
        fault = self._random.choice(("down", "rejected", "not sent", "lost", "ignored"))
        if fault == "down":
            self._down_until = now + HOUR * self._random.uniform(0.1, 3)
            self._reachable_since = self._down_until
        else:
            self.fleet.faults.append(fault)

    def _note(self, host_id: str) -> None:
        if self.fleet.is_on(host_id):
            self._on_since[host_id] = self._clock()
        else:
            self._on_since.pop(host_id, None)
            self._excused.pop(host_id, None)

    def _judge_requests(self, requests: list[tuple[datetime, str, bool]]) -> None:
        for at, host_id, on in requests:
            since = self._on_since.get(host_id)
            tags, is_marked = self.fleet.hosts[host_id].annotation.tags, self.fleet.hosts[host_id].annotation.is_marked
            seen_since = min(since or at, self._seen_since.get(host_id, at))
            if on or "lease" not in tags or is_marked or since is None or at - seen_since < 6 * HOUR:
                self.result.unfounded.append((at, host_id, on))
                continue
            self.result.stops += 1
            self._sent[host_id, since] += 1
            if self._sent[host_id, since] > 1:
                self.result.repeated.append((host_id, since))
            if self.fleet.is_on(host_id):
                self._excused[host_id] = at
            else:
                self._note(host_id)

    def _judge_leases(self, now: datetime) -> None:
        """A lease must have ended two intervals after its end, or after the service was reachable and guarded."""
        for host_id, since in self._on_since.items():
            host = self.fleet.hosts[host_id]
            if "lease" not in host.annotation.tags or host.annotation.is_marked or host_id in self._excused:
                continue
            awake = [number for number in range(len(self._programs)) if self._asleep.get(number, now) <= now]
            seen_since = max(since, self._seen_since.get(host_id, now))
            begin = max(seen_since + 6 * HOUR, self._reachable_since, self._guarded_since)
            if now > begin + 2 * self._plan.interval and awake and now >= self._down_until:
                self.result.late.append((host_id, since, now))

    def _collect(self, program: Program) -> None:
        self._alerted |= {
            event.order_id or "" for event in program.alerts if event.kind is EventKind.ORDER and event.state
        }

    async def _finish(self) -> None:
        orders: tuple[Order, ...] = await self._programs[0].journal.orders(10**6)
        unconfirmed = [order.id for order in orders if order.state is OrderState.UNCONFIRMED]
        open_ends = {
            (order.host_id, order.created_at)
            for order in orders
            if order.rule and order.state not in (OrderState.REJECTED, OrderState.NOT_SENT, OrderState.CONFIRMED)
        }
        # A program that was killed between the record of an order and its request: the user is alerted and has to look.
        self.result.late = [
            (host_id, since, until)
            for host_id, since, until in self.result.late
            if not any(host_id == host and since + 6 * HOUR <= at <= until for host, at in open_ends)
        ]
        self.result.silent = [order_id for order_id in unconfirmed if order_id not in self._alerted]
        for program in self._programs:
            await program.close()


def main() -> None:
    """Run a month of 200 hosts, and print what was observed."""
    import sys
    import tempfile

    hours, hosts, days = (float(word) for word in (*sys.argv[1:], "0.5", "200", "30")[:3])
    plan = Plan(hosts=int(hosts), days=days, interval=HOUR * hours, faults_a_day=20, kills_a_day=30)
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(Month(plan, Path(folder)).run())
    print(f"{result.stops} stops, {result.faults} faults, {result.kills} kills")
    print(f"late {result.late}, unfounded {result.unfounded}, repeated {result.repeated}, silent {result.silent}")


if __name__ == "__main__":
    main()
