"""Run many different commands at the same time, with faults, kills and interruptions, and compare the books.

`python -m tests.proof.mixed_commands [COMMANDS] [SEED]` runs 2,000 commands by default. Every 200 of them share a
service, an account and a journal; eight run at any time, each in its own process. At the end the journal, the reports
of the commands and the books of the service must agree. Exits with 1 after a violation.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from tests.proof.books import Books, compare
from tests.proof.command_process import Ended, context, run_command
from tests.proof.faults import KINDS, a_service
from tests.proof.records import written_orders
from tests.proof.request import Kind as Goods
from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.domain.order_states import FINAL
from xds_tui.domain.records import Order
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, World

A_LANE: Final = 200
"""Commands that share a journal; with a larger fleet, reading it would take most of the time."""

WORKERS: Final = 8
HOSTS: Final = 30
"""Hosts in the fleet before any purchase."""

MAX_PENDING_FAULTS: Final = 3
_CHANGES: Final = ("pve/open/create", "pve/open/operate/", "pve/open/reboot/", "pve/open/delete/")
_READS: Final = ("pve/open/mypage", "pve/open/packAge", "pve/open/image", "auth/getToken")
_ON_CHANGES: Final = tuple(
    replace(fault, endpoint=endpoint)
    for endpoint in _CHANGES
    for fault in (
        Fault(kind=Kind.DROP_BEFORE),
        Fault(kind=Kind.DROP_AFTER),
        Fault(kind=Kind.TRUNCATED),
        Fault(kind=Kind.HTML),
        Fault(kind=Kind.HTML_AFTER),
        Fault(kind=Kind.WRONG_TYPE),
        Fault(kind=Kind.NONSENSE),
        Fault(kind=Kind.CODE, code=500),
        Fault(kind=Kind.CODE, code=9001),
        Fault(kind=Kind.CODE_AFTER, code=500),
        Fault(kind=Kind.CODE_AFTER, code=500, seconds=1),
        Fault(kind=Kind.LATENCY, seconds=1),
    )
)
_ON_READS: Final = tuple(
    replace(fault, endpoint=endpoint, skip=skip)
    for endpoint in _READS
    for skip in (0, 2)
    for fault in (
        Fault(kind=Kind.DROP_BEFORE),
        Fault(kind=Kind.HTML),
        Fault(kind=Kind.CODE, code=500),
        Fault(kind=Kind.LATENCY, seconds=1),
        Fault(kind=Kind.TRUNCATED),
    )
)

_UNITS: Final = ("hour", "day", "week", "month", "quarter", "year")
"""The units of periods, by their numbers in a request."""


@dataclass
class Verdict:
    """The counts of all commands; `problems` are violations."""

    commands: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    """The orders by their last state, preceded by what they ordered."""
    kills: int = 0
    interruptions: int = 0
    faults: int = 0
    sold: int = 0
    reported: int = 0
    """Hosts that creates name."""
    unknown_sold: int = 0
    """Number of sold hosts for which the create is reported as unknown, or as accepted without its host."""
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether there is no violation, and every host that was sold is reported, or its order as unknown."""
        return not self.problems and self.sold == self.reported + self.unknown_sold


class Lane:
    """Runs commands against one service, with one journal."""

    def __init__(self, number: int, seed: int, folder: Path, verdict: Verdict) -> None:
        self._folder = folder
        self._random = random.Random(f"{seed} {number}")
        self._world = World(replace(a_service(number), token_seconds=1800.0))
        populate(self._world, HOSTS)
        self._world.accounts[ACCOUNT].wallet = Decimal(10) ** 9
        self._service = Service(self._world)
        self._verdict = verdict
        self._requests: list[tuple[str, ...]] = []
        self._ended: list[Ended] = []
        self._lock = threading.Lock()
        self._started = 0
        self._processes = context()

    def run(self, commands: int) -> None:
        """Run `commands` commands and then those that find out every outcome, and compare the books."""
        with RunningSimulator(self._service) as simulator:
            environ = {
                "HOME": str(self._folder),
                "LANG": "C.UTF-8",
                "XDS_BASE_URL": simulator.url,
                "XDS_UUID": ACCOUNT,
                "XDS_SECRET": SECRET,
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            }

            def run_one(arguments: Sequence[str], interruption: tuple[float, signal.Signals] | None = None) -> None:
                with self._lock:
                    self._started += 1
                    folder = self._folder / f"command-{self._started}"
                ended = run_command(self._processes, arguments, environ, folder, interruption=interruption)
                with self._lock:
                    self._ended.append(ended)

            def run_drawn(_number: int) -> None:
                arguments, interruption = self._draw()
                run_one(arguments, interruption)

            with ThreadPoolExecutor(WORKERS) as workers:
                list(workers.map(run_drawn, range(commands)))
            self._find_outcomes(run_one)
        self._count()

    # Commands

    def _draw(self) -> tuple[tuple[str, ...], tuple[float, signal.Signals] | None]:
        """Set the faults of the next command, and return its arguments and its interruption."""
        with self._lock, self._service.lock:
            self._set_fault()
            interruption = None
            if self._random.random() < 0.2:
                number = self._random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT))
                interruption = (self._random.uniform(0.05, 2.0), number)
                self._verdict.kills += number is signal.SIGKILL
                self._verdict.interruptions += number is signal.SIGINT
            arguments = self._arguments()
            self._verdict.commands[arguments[2]] += 1
            return arguments, interruption

    def _set_fault(self) -> None:
        if self._random.random() < 0.4 and len(self._service.faults.pending) < MAX_PENDING_FAULTS:
            faults = _ON_CHANGES if self._random.random() < 0.7 else _ON_READS
            self._service.faults.set(self._random.choice(faults))
            self._verdict.faults += 1

    def _arguments(self) -> tuple[str, ...]:
        chance = self._random.random()
        if chance < 0.15 and self._requests:
            return self._random.choice(self._requests)
        if chance < 0.55:
            return self._remember("create", *self._goods())
        if chance < 0.9:
            return self._remember(self._random.choice(("start", "stop", "stop", "reboot", "delete")), *self._hosts())
        return ("--interval", "5", self._random.choice(("hosts", "catalog", "orders", "events")), "--json")

    def _remember(self, name: str, *arguments: str) -> tuple[str, ...]:
        """Return the arguments of a changing command; four of five can be repeated."""
        common = ("--interval", "5", name, *arguments, "--yes", "--json", "--timeout", "6")
        if self._random.random() < 0.4:
            common = (*common, "--no-wait")
        if self._random.random() < 0.2:
            return common
        request = (*common, "--request-id", f"job-{len(self._requests)}")
        self._requests.append(request)
        return request

    def _goods(self) -> tuple[str, ...]:
        kind: Goods = self._random.choice(KINDS)
        term = ("--on-demand",) if kind.period is None else ("--period", f"{kind.period[0]} {_UNITS[kind.period[1]]}")
        count = ("--count", str(self._random.choice((1, 1, 1, 2, 3))))
        again = ("--buy-again",) if self._random.random() < 0.6 else ()
        return ("--package", kind.package, "--image", kind.image, *term, *count, *again)

    def _hosts(self) -> tuple[str, ...]:
        rows = [row["id"] for row in self._world.host_rows()]
        return tuple(self._random.sample(rows, min(len(rows), self._random.choice((1, 1, 2)))))

    # End

    def _find_outcomes(self, run_one: Callable[[Sequence[str]], None]) -> None:
        """Repeat every request with an open outcome, without faults."""
        self._service.faults.clear()
        while self._service.delayed:
            time.sleep(0.1)
        open_requests = {order.request_id for order in self._orders() if order.state not in FINAL}
        for request in self._requests:
            if request[-1] in open_requests:
                run_one(tuple(word for word in request if word != "--no-wait"))
        run_one(("--interval", "5", "wait", "no-such-host", "--for", "gone"))

    def _orders(self) -> list[Order]:
        database = self._folder / ".local" / "state" / "xds-tui" / "journal.db"
        return written_orders(database) if database.exists() else []

    def _count(self) -> None:
        orders = self._orders()
        books = Books(orders, self._ended, self._world.ledger, self._service.carried_out)
        verdict, found = self._verdict, compare(books)
        verdict.codes += Counter(ended.code for ended in self._ended)
        verdict.states += Counter(f"{order.action.value}: {order.state.value}" for order in orders)
        verdict.sold += len(self._world.ledger)
        verdict.reported += found.reported
        verdict.unknown_sold += found.unknown_sold
        verdict.problems += found.problems


def prove(commands: int, seed: int, folder: Path) -> Verdict:
    """Run `commands` commands, and return the verdict."""
    verdict = Verdict()
    for number, first in enumerate(range(0, commands, A_LANE)):
        began = time.monotonic()
        Lane(number, seed, folder / f"lane-{number}", verdict).run(min(A_LANE, commands - first))
        print(f"{time.monotonic() - began:.0f} s", verdict, flush=True)
    return verdict


if __name__ == "__main__":
    _commands, _seed = (int(word) for word in (*sys.argv[1:], *("2000", "1")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as _folder:
        _verdict = prove(_commands, _seed, Path(_folder))
    sys.exit(not _verdict.holds)
