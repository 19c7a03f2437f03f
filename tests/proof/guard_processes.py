"""Several watchers on one history, killed and suspended at random: each lease is ended by exactly one request.

python -m tests.proof.guard_processes [minutes] [seed]
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.host import BILLED, OFF, SimHost
from xds_tui.simulator.world import ACCOUNT, SECRET, World

WATCHERS: Final = 5
HOSTS: Final = 12
RULE: Final = '[rules.lease]\nhosts = "tag:train"\nstop_after = "1m"\nact = true\n'


class Run:
    """A run of several watchers of the same user."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        world = World()
        populate(world, 60)
        self._service = Service(world)
        on = [host for host in world.hosts.values() if host.status == BILLED]
        self.hosts: list[SimHost] = on[:HOSTS]
        config = folder / ".config" / "xds-tui"
        config.mkdir(parents=True)
        (config / "config.toml").write_text(RULE)
        tagged = (f'[hosts.{host.id}]\ntags = ["train"]\n' for host in self.hosts)
        (config / "hosts.toml").write_text("".join(tagged))
        self._watchers: list[subprocess.Popen[bytes]] = []
        self.kills = self.stops = 0

    def run(self, minutes: float) -> Counter[str]:
        """Disturb the watchers for some minutes, let them work undisturbed, and return the requests by host."""
        with RunningSimulator(self._service) as simulator:
            environ = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(sys.path),
                "HOME": str(self._folder),
                "LANG": "C.UTF-8",
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
                "XDS_BASE_URL": simulator.url,
                "XDS_UUID": ACCOUNT,
                "XDS_SECRET": SECRET,
            }
            self._watchers = [self._started(environ) for _ in range(WATCHERS)]
            try:
                self._disturb(environ, minutes)
                self._wait()
            finally:
                for watcher in self._watchers:
                    watcher.kill()
                    watcher.wait()
        return Counter(path.split("operate/")[1].partition("?")[0] for path in self._operations())

    def _operations(self) -> list[str]:
        return [request for request in self._service.requests if "operate/" in request]

    def _started(self, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "xds_tui", "watch", "--interval", "5"]
        with (self._folder / "output").open("ab") as output:
            return subprocess.Popen(command, env=environ, stdout=output, stderr=output)

    def _disturb(self, environ: dict[str, str], minutes: float) -> None:
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            time.sleep(self._random.uniform(0.2, 3))
            number = self._random.randrange(WATCHERS)
            watcher = self._watchers[number]
            match self._random.choice(("kill", "stop", "continue", "continue")):
                case "kill":
                    self.kills += 1
                    watcher.kill()
                    watcher.wait()
                    self._watchers[number] = self._started(environ)
                case "stop":
                    self.stops += 1
                    watcher.send_signal(signal.SIGSTOP)
                case _:
                    for suspended in self._watchers:
                        suspended.send_signal(signal.SIGCONT)

    def _wait(self) -> None:
        """Let all run until every host is off."""
        for watcher in self._watchers:
            watcher.send_signal(signal.SIGCONT)
        end = time.monotonic() + 120
        while time.monotonic() < end and any(host.status != OFF for host in self.hosts):
            time.sleep(1)


def main() -> int:
    """Run, print the figures, and return 1 if a host was stopped twice or not at all."""
    minutes, seed = (float(word) for word in (*sys.argv[1:], "3", "1")[:2])
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), int(seed))
        requests = run.run(minutes)
        output = (Path(folder) / "output").read_text(errors="replace")
    running = [host.id for host in run.hosts if host.status != OFF]
    print(f"{run.kills} kills, {run.stops} suspensions, requests {sorted(requests.values())}, still on {running}")
    print("\n".join(line for line in output.splitlines() if "unconfirmed" in line or "Traceback" in line))
    return int(set(requests.values()) != {1} or set(requests) != {host.id for host in run.hosts})


if __name__ == "__main__":
    sys.exit(main())
