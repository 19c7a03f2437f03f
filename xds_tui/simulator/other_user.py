"""Somebody else who uses the same account: buys, starts, stops and deletes hosts without being asked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Final

from xds_tui.simulator.accounts import ACCOUNT
from xds_tui.simulator.error_codes import ServiceError
from xds_tui.simulator.host import EXPIRED, OFF, RUNNING
from xds_tui.simulator.world import World

TAG: Final = "somebody else"
"""What the ledger says of the requests of this user."""

Purchase = tuple[str, str, tuple[int, int] | None]
"""The IDs of a package and an image, and for a rent the number and the type of its periods."""


class OtherUser:
    """Acts on the account's hosts, and on no host that another request bought.

    Attributes:
        done: how often each action was carried out.

    """

    def __init__(self, world: World, purchases: Sequence[Purchase], seed: int, account: str = ACCOUNT) -> None:
        """Make a user who buys what is in `purchases`: identical packages, where they are those of the client."""
        self._world = world
        self._purchases = purchases
        self._account = world.accounts[account]
        self._lot = random.Random(f"other user {seed}")  # noqa: S311 - repeatable on purpose
        self.done: Counter[str] = Counter()

    def act_every(self, seconds: float) -> None:
        """Act about once in so many seconds, for as long as anybody looks at the world."""
        self._world.schedule(self._lot.uniform(0, 2 * seconds), lambda: self._act_and_go_on(seconds))

    def act(self) -> str:
        """Do one thing, and return what: `bought`, `started`, `stopped`, `deleted` or `refused`."""
        did = self._do_something()
        self.done[did] += 1
        return did

    def buy(self, purchase: Purchase | None = None) -> str:
        """Buy one host, drawn by lot unless `purchase` is given, and return its ID.

        Raises:
            Refusal: as `World.create` does.

        """
        package_id, image_id, period = purchase or self._lot.choice(self._purchases)
        return self._world.create(self._account, package_id, image_id, period, TAG).id

    def _act_and_go_on(self, seconds: float) -> None:
        self.act()
        self.act_every(seconds)

    def _do_something(self) -> str:
        own = [sale.host_id for sale in self._world.ledger if sale.request_tag == TAG]
        hosts = [host for host_id in own if (host := self._world.find(host_id, self._account.uuid)) is not None]
        try:
            if not hosts or self._lot.random() < 0.5:
                self.buy()
                return "bought"
            host = self._lot.choice(hosts)
            if host.status in (OFF, EXPIRED) and self._lot.random() < 0.5:
                return "deleted" if self._world.delete(self._account, host.id) else "refused"
            is_start = host.status not in RUNNING
            self._world.power(self._account, host.id, on=is_start)
        except ServiceError:
            return "refused"
        return "started" if is_start else "stopped"
