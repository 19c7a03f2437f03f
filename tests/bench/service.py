"""The simulator in its own process, with a fleet that changes only on request."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.bench.screen import XDS, Screen, environ

ACCOUNT: Final = "A27550582"
SECRET: Final = "demo-secret-7f3c"

ROOT: Final = Path(__file__).parents[2]

OFF, EXPIRED = 0, 5
"""The numbers of two statuses (reference: host)."""

LIVE: Final = "live · every"
"""The text of the top line after a complete refresh."""

_SETTLES: Final = 600.0
"""Seconds within which every start and stop of the demo fleet ends, and the prepaid period with minutes left."""
_ENDING: Final = 1
"""Hosts of the demo fleet with a prepaid period that ends in that time."""
_IS_OVER: Final = 20.0
"""Seconds of the longest start, until the host is billed."""


class Service:
    """A second client of the simulator, which also uses its control routes."""

    def __init__(self, url: str) -> None:
        self.url = url
        body = json.dumps({"uuid": ACCOUNT, "secret": SECRET}).encode()
        self._token = str(self._ask("POST", "/v1/auth/getToken", body)["data"]["token"])

    def hosts(self) -> dict[str, int]:
        """Return the status of each host by its ID, in the order of the list."""
        return {str(host_id): int(status) for host_id, status in self._ask("GET", "/_sim/state")["hosts"].items()}

    def settle(self) -> None:
        """Advance the clock until all transitions have ended, and remove the host with a period that ends meanwhile.

        After that, nothing changes except on request.
        """
        before = self.hosts()
        self._advance(_SETTLES)
        for host_id, status in self.hosts().items():
            if status == EXPIRED != before[host_id]:
                self._open("DELETE", f"delete/{host_id}")

    def newest(self) -> str:
        """Return the name of the first host in the list."""
        return str(self._open("GET", "mypage?page=1&pageSize=25")["data"][0]["name"])

    def remove_expired(self) -> None:
        """Leave only hosts that can be started or stopped."""
        for host_id, status in self.hosts().items():
            if status == EXPIRED:
                self._open("DELETE", f"delete/{host_id}")

    def toggle(self, host_ids: Sequence[str]) -> None:
        """Start hosts that are off and stop others, and advance the clock until that is complete."""
        status = self.hosts()
        for host_id in host_ids:
            self._open("GET", f"operate/{host_id}?type={int(status[host_id] == OFF)}")
        self._advance(_IS_OVER)

    def environ(self, home: Path) -> dict[str, str]:
        """The environment of a user of this service."""
        return environ(home, XDS_BASE_URL=self.url, XDS_UUID=ACCOUNT, XDS_SECRET=SECRET)

    def remember(self, home: Path) -> None:
        """Store a snapshot of the fleet in `home`, like an earlier run."""
        with Screen([XDS], self.environ(home)) as screen:
            screen.wait_for(LIVE)
            screen.be_quiet(1)
            screen.press("q")
            screen.wait_for_end()

    def _advance(self, seconds: float) -> None:
        self._ask("POST", "/_sim/advance", json.dumps({"seconds": seconds}).encode())

    def _open(self, method: str, path: str) -> Any:
        answer = self._ask(method, f"/v1/pve/open/{path}")
        if answer["code"] != 0 or answer["data"] is False:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer["data"]

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {"Finovy-Access-Token": self._token} if path.startswith("/v1/pve") else {}
        request = urllib.request.Request(self.url + path, body, headers, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return json.load(answer)


@contextmanager
def serving(hosts: int) -> Iterator[Service]:
    """Run a service with a number of hosts that do not change."""
    command = [sys.executable, "-m", "tests.simulator_faults", "--hosts", str(hosts + _ENDING)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        service = Service(process.stdout.readline().split()[-1])
        service.settle()
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
