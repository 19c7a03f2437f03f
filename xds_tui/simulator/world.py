"""The state of the simulated service and the operations on it.

Nothing runs in the background: each operation first catches up with the clock. Undocumented rules are in this module,
in `lifecycle` and in `billing`: a host that is on or changing cannot be deleted (`data: false`), a reboot appears as a
start, and a host that is being deleted can only be read.
"""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from xds_tui.simulator.accounts import ACCOUNT, FROZEN, POOR, SECRET, UNVERIFIED, Account, Tokens
from xds_tui.simulator.billing import PERIOD_SECONDS, Billing, Sale, find_pair
from xds_tui.simulator.error_codes import Code, ServiceError
from xds_tui.simulator.host import EXPIRED, OFF, RUNNING, STARTING, STOPPING, SimHost
from xds_tui.simulator.lifecycle import Lifecycle, Scheduler
from xds_tui.simulator.options import DOCUMENT, Options

__all__ = [
    "ACCOUNT",
    "FROZEN",
    "POOR",
    "SECRET",
    "UNVERIFIED",
    "Account",
    "Options",
    "Sale",
    "World",
]


class World:
    """Accounts, tokens, wallets, stock and hosts.

    Attributes:
        hosts: all hosts by ID, oldest first, including deleted ones.
        added: number of hosts added so far, including those removed from `hosts` since.
        accounts: by account ID.
        stock: remaining number of each package by its ID; below 0 its hosts cannot be started either.
        ledger: the creates that were carried out, oldest first.
        tokens: the valid tokens.

    """

    def __init__(self, options: Options | None = None, clock: Callable[[], float] = time.time) -> None:
        self.options = options or Options()
        self.clock = clock
        self._rng = random.Random(self.options.seed)  # noqa: S311 - repeatable on purpose
        self._scheduler = Scheduler()
        self._billing = Billing(self.options)
        self._lifecycle = Lifecycle(self._scheduler, self._billing, self._rng)
        self.hosts: dict[str, SimHost] = {}
        self.added = 0
        self.accounts = self._billing.accounts
        self.stock = self._billing.stock
        self.ledger = self._billing.ledger
        self.tokens = Tokens(self.options, clock, self.accounts, self._name)

    def mint(self, uuid: str = ACCOUNT) -> str:
        """Issue a token for the account."""
        return self.tokens.mint(uuid)

    def expire_tokens(self) -> None:
        """Expire every token."""
        self.tokens.expire()

    def catch_up(self) -> float:
        """Process everything that is due, and return the time."""
        now = self.clock()
        self._scheduler.catch_up(now)
        return now

    def listed(self, owner: str = ACCOUNT) -> list[SimHost]:
        """Return the listed hosts of the account, newest first."""
        now = self.catch_up()
        return [host for host in reversed(self.hosts.values()) if host.owner == owner and host.is_listed(now)]

    def host_rows(self) -> list[dict[str, Any]]:
        """Return the rows of all hosts of the main account."""
        return [host.row(self.options, page=True) for host in self.listed()]

    def find(self, host_id: str, owner: str) -> SimHost | None:
        """Return the host of the account with this ID, or None if it is not listed."""
        now = self.catch_up()
        host = self.hosts.get(host_id)
        return host if host is not None and host.owner == owner and host.is_listed(now) else None

    def one(self, host_id: str, owner: str) -> SimHost:
        """Return the host of the account with this ID.

        Raises:
            ServiceError: 1021, or 1001 in the dialect `document`, if there is none.

        """
        host = self.find(host_id, owner)
        if host is None:
            raise self._no_such_host()
        return host

    def create(
        self,
        account: Account,
        package_id: object,
        image_id: object,
        period: tuple[int, int] | None,
        request_tag: str = "",
    ) -> SimHost:
        """Create a host; `period` is (number, type) if it is prepaid, `request_tag` is recorded in the ledger.

        Raises:
            ServiceError: 1007, 1001, or as `Billing.purchase` does.

        """
        now = self.catch_up()
        package, image = find_pair(self.options, package_id, image_id, rented=period is not None)
        seconds = PERIOD_SECONDS[period[1]] * period[0] if period else 0
        charged = self._billing.purchase(account, package, image, seconds, now)
        host_id = self._name(10)
        host = SimHost(
            id=host_id,
            name=f"渲大师{host_id}",
            owner=account.uuid,
            package=package,
            image=image,
            rented=period is not None,
            created=now,
            expires=now + seconds if period else None,
            listed_from=now + self.options.enters_list_after,
            password=self._name(8),
            port=self._rng.randrange(50_000, 60_000),
        )
        self.add(host)
        self.ledger.append(_sale(host, period, seconds, charged, request_tag))
        if self.options.starts_created:
            self._lifecycle.start(host, now)
        return host

    def power(self, account: Account, host_id: str, *, on: bool) -> None:
        """Start or stop a host, which takes a while. A host in the requested state is left unchanged.

        Raises:
            ServiceError: 6000 or 6001 while it is changing. For a start: 1003 if it is expired, 6002 without resources,
                6003 if the wallet does not cover an hour.

        """
        host = self._changeable(host_id, account)
        if host.status == STARTING:
            raise ServiceError(Code.HOST_STARTING)
        if host.status == STOPPING:
            raise ServiceError(Code.HOST_STOPPING)
        if not on:
            if host.status in RUNNING:
                self._lifecycle.stop(host, self.clock())
            return
        if host.status == EXPIRED:
            raise ServiceError(Code.BUSINESS_ERROR, "主机已过期")
        if not host.rented and not self._billing.can_pay_an_hour(host):
            raise ServiceError(Code.TOO_POOR_FOR_AN_HOUR)
        if host.status == OFF:
            if self.stock[host.package.id] < 0:
                raise ServiceError(Code.NO_RESOURCES)
            self._lifecycle.start(host, self.clock())

    def reboot(self, account: Account, host_id: str) -> None:
        """Reboot a host.

        Raises:
            ServiceError: 7002 for a host that is off, 7004 for a changing one, 7003 for an expired one.

        """
        host = self._changeable(host_id, account)
        refusals = {
            OFF: Code.NOT_STARTED,
            STARTING: Code.NOT_RUNNING,
            STOPPING: Code.NOT_RUNNING,
            EXPIRED: Code.HOST_UNAVAILABLE,
        }
        if host.status in refusals:
            raise ServiceError(refusals[host.status])
        self._lifecycle.start(host, self.clock())

    def delete(self, account: Account, host_id: str) -> bool:
        """Delete a host, unless it is on or changing; return whether it is deleted."""
        host = self._changeable(host_id, account)
        if host.status not in (OFF, EXPIRED):
            return False
        host.gone_from = self.clock() + self.options.leaves_list_after
        return True

    def add(self, host: SimHost) -> None:
        """Add a host without a purchase, and schedule its transitions."""
        self.hosts[host.id] = host
        self.added += 1
        self._lifecycle.begin(host, self.clock())

    def schedule(self, seconds: float, act: Callable[[], None]) -> None:
        """Schedule a call of `act` in so many seconds, which happens when the world is next used after that time."""
        self._scheduler.enter(self.clock() + seconds, lambda _: act())

    def liven(self) -> None:
        """Start or stop a random host from time to time, as long as the world is used."""
        self._scheduler.enter(self.clock() + 5, self._change_random_host)

    def _change_random_host(self, now: float) -> None:
        stable = [host for host in self.hosts.values() if host.status in (OFF, *RUNNING) and host.gone_from is None]
        if stable:
            host = self._rng.choice(stable)
            act = self._lifecycle.start if host.status == OFF else self._lifecycle.stop
            act(host, now)
        # After a long pause only the last minute is simulated.
        self._scheduler.enter(max(now + self._rng.uniform(15, 45), self.clock() - 60), self._change_random_host)

    def _changeable(self, host_id: str, account: Account) -> SimHost:
        host = self.one(host_id, account.uuid)
        if host.gone_from is not None:
            raise self._no_such_host()
        return host

    def _no_such_host(self) -> ServiceError:
        return ServiceError(Code.NO_PERMISSION if self.options.dialect == DOCUMENT else Code.NO_SUCH_HOST)

    def _name(self, length: int) -> str:
        return "".join(self._rng.choices(string.ascii_letters + string.digits, k=length))


def _sale(host: SimHost, period: tuple[int, int] | None, seconds: int, charged: Decimal, request_tag: str) -> Sale:
    return Sale(
        at=host.created,
        account=host.owner,
        package_id=host.package.id,
        image_id=host.image.id,
        rented=host.rented,
        period=period,
        seconds=seconds,
        charged=charged,
        host_id=host.id,
        request_tag=request_tag,
    )
