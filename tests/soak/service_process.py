"""The process of the simulated service, which executes commands, each a line of JSON: see `FarSide`.

`service` starts it.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.simulator_faults.faults import Fault
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.error_codes import ServiceError
from xds_tui.simulator.host import EXPIRED, OFF, RUNNING
from xds_tui.simulator.world import ACCOUNT, Options, World

from .time_lapse import WorldClock

_RICH: Final = 1_000_000
"""Balance in CNY to which the wallet is topped up, so that only a fault makes it insufficient."""
_STOCK: Final = 1000


class FarSide:
    """The service, its other users, and its connections. Each public method is a command."""

    def __init__(
        self,
        options: Options,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        seed, hosts = options.seed, options.hosts
        self._gone: dict[str, float] = {}
        self._lot = random.Random(f"others {seed}")
        self._hosts = hosts
        self._world = World(options, clock)
        populate(self._world, hosts)
        # Delayed responses use the simulated clock.
        self._service = Service(self._world, sleep=sleep)
        self._simulator: RunningSimulator | None = None
        self._port = 0

    def up(self) -> str:
        """Listen, always on the same port, and return the address."""
        if self._simulator is None:
            self._simulator = RunningSimulator(self._service, port=self._port).__enter__()
            self._port = int(self._simulator.url.rpartition(":")[2])
        return self._simulator.url

    def down(self) -> None:
        """Refuse new connections, and close the existing ones."""
        if self._simulator is not None:
            self._simulator.__exit__(None, None, None)
            self._simulator = None

    def faults(self, faults: Sequence[Any]) -> None:
        """Inject these faults after those still pending."""
        self._service.faults.set(*msgspec.convert(faults, list[Fault]))

    def clear(self) -> None:
        """Clear all faults."""
        self._service.faults.clear()

    def expire(self) -> None:
        """Expire every token."""
        with self._service.lock:
            self._world.expire_tokens()

    def stir(self) -> str:
        """Let another user buy, start, stop, reboot or delete a host, and return the action."""
        with self._service.lock:
            self._replenish()
            hosts = [host for host in self._world.listed() if host.gone_from is None]
            chance = self._lot.random()
            if len(hosts) < self._hosts * 0.9 or (chance < 0.2 and len(hosts) < self._hosts * 1.2):
                return self._buy()
            resting = [host for host in hosts if host.status in (OFF, EXPIRED)]
            if resting and (len(hosts) > self._hosts or chance < 0.35):
                return f"deleted: {self._world.delete(self._account, self._lot.choice(resting).id)}"
            host = self._lot.choice(hosts)
            try:
                if host.status in RUNNING and chance > 0.8:
                    self._world.reboot(self._account, host.id)
                else:
                    self._world.power(self._account, host.id, on=host.status == OFF)
            except ServiceError as refusal:
                return f"refused: {refusal.code}"
            return "power"

    def truth(self) -> dict[str, int]:
        """Return the status of each host by its ID."""
        with self._service.lock:
            return {host.id: host.status for host in self._world.listed()}

    def gone(self) -> dict[str, float]:
        """Return the time of deletion of each deleted host, by its ID."""
        with self._service.lock:
            for host in self._world.hosts.values():
                if host.gone_from is not None:
                    self._gone[host.id] = host.gone_from
            return self._gone

    def carried_out(self) -> dict[str, int]:
        """Return how often the request of each order was carried out, by the order's ID."""
        with self._service.lock:
            return dict(self._service.carried_out)

    def asked(self) -> int:
        """Return the number of creates that were carried out, of any user."""
        with self._service.lock:
            return len(self._world.ledger)

    @property
    def _account(self) -> Any:
        return self._world.accounts[ACCOUNT]

    def _replenish(self) -> None:
        """Restore what a week would use up, and discard the deleted hosts."""
        self._account.wallet = max(self._account.wallet, type(self._account.wallet)(_RICH))
        for package_id in self._world.stock:
            self._world.stock[package_id] = _STOCK
        self.gone()
        now = self._world.catch_up()
        for host in list(self._world.hosts.values()):
            if host.gone_from is not None and host.gone_from < now:
                del self._world.hosts[host.id]

    def _buy(self) -> str:
        rented = self._lot.random() < 0.5
        package = self._lot.choice([package for package in PACKAGES if package.is_sold(rented=rented)])
        image = self._lot.choice([image for image in IMAGES if image.type == package.type])
        period = (self._lot.randint(1, 30), self._lot.randint(0, 1)) if rented else None
        try:
            return f"bought: {self._world.create(self._account, package.id, image.id, period).id}"
        except ServiceError as refusal:
            return f"refused: {refusal.code}"


def main() -> None:
    """Execute the commands on standard input, and respond to each with a line, until its end."""
    path, options = sys.argv[1:]
    world_options = Options(**msgspec.json.decode(options))
    if path:
        clock = WorldClock(Path(path))
        side = FarSide(world_options, clock, clock.hold)
    else:
        side = FarSide(world_options)
    for asked in sys.stdin:
        name, arguments = msgspec.json.decode(asked, type=tuple[str, list[Any]])
        answer = getattr(side, name)(*arguments)
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
