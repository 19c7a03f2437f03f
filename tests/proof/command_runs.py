"""Run `xds-tui create --request-id X` again and again, with faults and kills, and count what was sold.

`python -m tests.proof.command_runs [RUNS] [SEED]` makes 500 runs by default. Each request is repeated until its outcome
is known; then a new one begins. Of every request at most one host may have been sold, every run that reports success
must name that host, and what is reported at the end must be what the service's ledger has.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, SECRET, World

RUNS_PER_REQUEST: Final = 8
"""Runs of one request with faults, before one without."""

TIMEOUT: Final = 600.0
"""Seconds after which a run is stuck."""

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
            kill_after = self._random.choice((None, None, self._random.uniform(0.1, 4.0)))
            _code, row = self._run(home, number, kill_after)
            reported |= {row["host_id"]} - {None} if row else set()
        self._service.faults.clear()
        code, row = self._run(home, number, None, "--timeout", "60")
        reported |= {row["host_id"]} - {None} if row else set()
        self._judge(number, [sale.host_id for sale in self._service.world.ledger[before:]], code, row, reported)

    def _judge(self, number: int, sold: list[str], code: int, row: dict[str, Any] | None, reported: set[str]) -> None:
        self.verdict.sold += len(sold)
        self.verdict.unknown += code == 3
        if len(sold) > 1:
            self.verdict.errors.append(f"request {number} was sold {len(sold)} times")
        if not reported <= set(sold):
            self.verdict.errors.append(f"request {number}: reported {reported}, sold {sold}")
        if row is None or code not in (0, 3) or (code == 0 and not sold):
            self.verdict.errors.append(f"request {number}: exit code {code} with {row}, sold {sold}")

    def _run(self, home: Path, number: int, kill_after: float | None, *more: str) -> tuple[int, dict[str, Any] | None]:
        command = [sys.executable, "-m", "xds_tui", "create", "--package", "bzoff4", "--image", "5001", "--on-demand"]
        command += ["--yes", "--json", "--request-id", f"job-{number}", *(more or ("--no-wait",))]
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDS_BASE_URL": self._url,
            "XDS_UUID": ACCOUNT,
            "XDS_SECRET": SECRET,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        home.mkdir(parents=True, exist_ok=True)
        self.verdict.runs += 1
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as process:
            try:
                output, _errors = process.communicate(timeout=kill_after or TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                self.verdict.kills += 1
                if kill_after is None:
                    self.verdict.errors.append(f"request {number}: a run is stuck")
                return -1, None
        lines = output.splitlines()
        return process.returncode, json.loads(lines[0]) if lines else None


def prove(runs: int, seed: int, folder: Path) -> Verdict:
    """Make about `runs` runs, and return the verdict."""
    world = World()
    populate(world, 5)
    service = Service(world)
    with RunningSimulator(service) as simulator:
        series = Series(service, simulator.url, folder, seed)
        while series.verdict.runs < runs:
            series.repeat_request(min(RUNS_PER_REQUEST, max(1, runs - series.verdict.runs - 1)))
            print(series.verdict, flush=True)
    return series.verdict


if __name__ == "__main__":
    _runs, _seed = (int(word) for word in (*sys.argv[1:], "500", "1")[:2])
    with tempfile.TemporaryDirectory() as _folder:
        _verdict = prove(_runs, _seed, Path(_folder))
    sys.exit(bool(_verdict.errors))
