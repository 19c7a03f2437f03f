"""Another user of the same account, who buys, starts, stops and deletes hosts at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Final

from xds_tui.simulator.accounts import ACCOUNT
from xds_tui.simulator.error_codes import ServiceError
from xds_tui.simulator.host import EXPIRED, OFF, RUNNING
from xds_tui.simulator.world import World

TAG: Final = "other user"
"""Tag of this user's requests in the ledger."""

Purchase = tuple[str, str, tuple[int, int] | None]
"""The IDs of a package and an image and, for a prepaid host, the number and type of periods."""


class OtherUser:
    """Acts on the hosts of the account that it bought, and on no others.

    Attributes:
        done: number of times that each action was carried out.

    """

    def __init__(self, world: World, purchases: Sequence[Purchase], seed: int, account: str = ACCOUNT) -> None:
        """Create a user who buys from `purchases`, which may be the packages that the client buys as well."""
        self._world = world
        self._purchases = purchases
        self._account = world.accounts[account]
        self._rng = random.Random(f"other user {seed}")
        self.done: Counter[str] = Counter()

    def act_every(self, seconds: float) -> None:
        """Act about once in so many seconds, as long as the world is used."""
        self._world.schedule(self._rng.uniform(0, 2 * seconds), lambda: self._act_repeatedly(seconds))

    def act(self) -> str:
        """Act once, and return the action: `bought`, `started`, `stopped`, `deleted` or `refused`."""
        action = self._do_something()
        self.done[action] += 1
        return action

    def buy(self, purchase: Purchase | None = None) -> str:
        """Buy a host, a random one unless `purchase` is given, and return its ID.

        Raises:
            ServiceError: as `World.create` does.

        """
        package_id, image_id, period = purchase or self._rng.choice(self._purchases)
        return self._world.create(self._account, package_id, image_id, period, TAG).id

    def _act_repeatedly(self, seconds: float) -> None:
        self.act()
        self.act_every(seconds)

    def _do_something(self) -> str:
        host_ids = [sale.host_id for sale in self._world.ledger if sale.request_tag == TAG]
        hosts = [host for host_id in host_ids if (host := self._world.find(host_id, self._account.uuid)) is not None]
        try:
            if not hosts or self._rng.random() < 0.5:
                self.buy()
                return "bought"
            host = self._rng.choice(hosts)
            if host.status in (OFF, EXPIRED) and self._rng.random() < 0.5:
                return "deleted" if self._world.delete(self._account, host.id) else "refused"
            is_start = host.status not in RUNNING
            self._world.power(self._account, host.id, on=is_start)
        except ServiceError:
            return "refused"
        return "started" if is_start else "stopped"
