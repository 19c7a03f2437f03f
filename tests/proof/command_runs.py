"""Run `xds-tui create --request-id X` again and again, with faults and kills, and count what was sold.

`python -m tests.proof.command_runs [RUNS] [SEED] [RUNS_PER_REQUEST]` makes 500 runs by default, with 499 as the last
argument all of them of one request. After its runs a request is repeated without faults. Of every request at most one
host may have been sold, every run that reports success must name that host, and what is reported at the end must be
what the service's ledger has.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.proof.command_process import context, run_command
from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, World

RUNS_PER_REQUEST: Final = 8
"""Runs of one request with faults, before one without."""

Row = Mapping[str, Any]
"""An order as a command reports it."""

CREATE: Final = "pve/open/createquantity"
FAULTS: Final = (
    None,
    Fault(kind=Kind.DROP_BEFORE, endpoint=CREATE),
    Fault(kind=Kind.DROP_AFTER, endpoint=CREATE),
    Fault(kind=Kind.TRUNCATED, endpoint=CREATE),
    Fault(kind=Kind.HTML_AFTER, endpoint=CREATE),
    Fault(kind=Kind.WRONG_TYPE, endpoint=CREATE),
    Fault(kind=Kind.CODE_AFTER, endpoint=CREATE, code=500),
    Fault(kind=Kind.LATENCY, endpoint=CREATE, seconds=1),
    Fault(kind=Kind.CODE, endpoint="pve/open/packAge/0", code=500, skip=1),
    Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/packAge"),
    Fault(kind=Kind.DROP_BEFORE, endpoint="pve/open/mypage"),
    Fault(kind=Kind.HTML, endpoint="pve/open/mypage"),
    Fault(kind=Kind.DROP_BEFORE, endpoint="auth/getToken"),
)
"""At most one strikes a run: a request that never arrives, one whose response is lost, and reading that fails."""


@dataclass
class Verdict:
    """The result of a series of runs."""

    runs: int = 0
    kills: int = 0
    requests: int = 0
    sold: int = 0
    unknown: int = 0
    errors: list[str] = field(default_factory=list)


class Series:
    """Runs commands against one simulated service, each request with a journal of its own."""

    def __init__(self, service: Service, url: str, folder: Path, seed: int) -> None:
        self.verdict = Verdict()
        self._service = service
        self._url = url
        self._folder = folder
        self._random = random.Random(seed)
        self._processes = context()

    def repeat_request(self, runs: int) -> None:
        """Make a new request, repeat it `runs` times with faults and kills and once without, and judge it."""
        number = self.verdict.requests
        home, before = self._folder / f"home-{number}", len(self._service.world.ledger)
        self.verdict.requests += 1
        reported = set()
        for _ in range(runs):
            self._service.faults.clear()
            if (fault := self._random.choice(FAULTS)) is not None:
                self._service.faults.set(fault)
            kill_after = self._random.choice((None, None, self._random.uniform(0.0, 3.0)))
            _code, row = self._run(home, number, kill_after)
            reported |= {row["host_id"]} - {None} if row else set()
        self._service.faults.clear()
        code, row = self._run(home, number, None, "--timeout", "60")
        reported |= {row["host_id"]} - {None} if row else set()
        self._judge(number, [sale.host_id for sale in self._service.world.ledger[before:]], code, row, reported)

    def _judge(self, number: int, sold: list[str], code: int, row: Row | None, reported: set[str]) -> None:
        self.verdict.sold += len(sold)
        self.verdict.unknown += code == 3
        if len(sold) > 1:
            self.verdict.errors.append(f"request {number} was sold {len(sold)} times")
        if not reported <= set(sold):
            self.verdict.errors.append(f"request {number}: reported {reported}, sold {sold}")
        if row is None or code not in (0, 3) or (code == 0) is not bool(sold):
            self.verdict.errors.append(f"request {number}: exit code {code} with {row}, sold {sold}")

    def _run(self, home: Path, number: int, kill_after: float | None, *more: str) -> tuple[int, Row | None]:
        arguments = ["create", "--package", "bzoff4", "--image", "5001", "--on-demand", "--yes", "--json"]
        arguments += ["--request-id", f"job-{number}", *(more or ("--no-wait",))]
        environ = {
            "HOME": str(home),
            "XDS_BASE_URL": self._url,
            "XDS_UUID": ACCOUNT,
            "XDS_SECRET": SECRET,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        self.verdict.runs += 1
        interruption = None if kill_after is None else (kill_after, signal.SIGKILL)
        folder = self._folder / f"run-{self.verdict.runs}"
        ended = run_command(self._processes, arguments, environ, folder, interruption=interruption)
        self.verdict.kills += ended.is_killed
        return ended.code, next(iter(ended.rows), None)


def prove(runs: int, seed: int, folder: Path, runs_per_request: int = RUNS_PER_REQUEST) -> Verdict:
    """Make about `runs` runs, of each request so many with faults and one without, and return the verdict."""
    world = World()
    populate(world, 5)
    service = Service(world)
    with RunningSimulator(service) as simulator:
        series = Series(service, simulator.url, folder, seed)
        while series.verdict.runs < runs:
            series.repeat_request(min(runs_per_request, max(1, runs - series.verdict.runs - 1)))
            print(series.verdict, flush=True)
    return series.verdict


def _arguments(words: Sequence[str]) -> tuple[str, ...]:
    defaults = ("500", "1", str(RUNS_PER_REQUEST))
    return (*words, *defaults[len(words) :])


if __name__ == "__main__":
    _runs, _seed, _per_request = (int(word) for word in _arguments(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as _folder:
        _verdict = prove(_runs, _seed, Path(_folder), _per_request)
    sys.exit(bool(_verdict.errors))
