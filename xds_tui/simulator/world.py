"""The simulated service's state, and what its customers can do to it; time comes from a clock that is handed in.

Nothing runs in the background: whatever is asked, the world first catches up with the clock. Rules that the vendor
does not document are ours and stand here, in `lifecycle` and in `books`: a host that is on or on its way cannot be
deleted (`data: false`), a reboot shows as a start, a host that is being deleted can only be looked at.
"""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable
from typing import Any

from xds_tui.simulator.accounts import ACCOUNT, FROZEN, POOR, SECRET, UNVERIFIED, Account, Tokens
from xds_tui.simulator.billing import PERIOD_SECONDS, Billing, Sale, chosen
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
        machines: every host there ever was, by ID, oldest first.
        added: how many hosts there ever were, those that were removed from `machines` since included.
        accounts: by account ID.
        stock: how many of each package can still be created, by package ID; below 0 its hosts that are off find no
            place to start in either.
        ledger: every create that was carried out, oldest first.
        tokens: who is signed in.

    """

    def __init__(self, options: Options | None = None, clock: Callable[[], float] = time.time) -> None:
        self.options = options or Options()
        self.clock = clock
        self._lot = random.Random(self.options.seed)  # noqa: S311 - repeatable on purpose
        self._agenda = Scheduler()
        self._books = Billing(self.options)
        self._lifecycle = Lifecycle(self._agenda, self._books, self._lot)
        self.machines: dict[str, SimHost] = {}
        self.added = 0
        self.accounts = self._books.accounts
        self.stock = self._books.stock
        self.ledger = self._books.ledger
        self.tokens = Tokens(self.options, clock, self.accounts, self._name)

    def mint(self, uuid: str = ACCOUNT) -> str:
        """Give the account a token."""
        return self.tokens.mint(uuid)

    def expire_tokens(self) -> None:
        """End every token."""
        self.tokens.expire()

    def catch_up(self) -> float:
        """Let everything happen that is due by now, and return the time."""
        now = self.clock()
        self._agenda.catch_up(now)
        return now

    def listed(self, owner: str = ACCOUNT) -> list[SimHost]:
        """The account's hosts as the list shows them, newest first."""
        now = self.catch_up()
        return [host for host in reversed(self.machines.values()) if host.owner == owner and host.is_listed(now)]

    def host_rows(self) -> list[dict[str, Any]]:
        """The main account's hosts as the list would give them, without pages."""
        return [host.row(self.options, page=True) for host in self.listed()]

    def find(self, host_id: str, owner: str) -> SimHost | None:
        """The account's host with this ID, if it is there to be seen."""
        now = self.catch_up()
        host = self.machines.get(host_id)
        return host if host is not None and host.owner == owner and host.is_listed(now) else None

    def one(self, host_id: str, owner: str) -> SimHost:
        """The account's host with this ID.

        Raises:
            ServiceError: 1021, in the document's dialect 1001, where there is none.

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
        """Sell a host; `period` is (number, type) for a rent, `request_tag` is noted in the ledger.

        Raises:
            ServiceError: 1007, 1001, or as `Billing.purchase` does.

        """
        now = self.catch_up()
        package, image = chosen(self.options, package_id, image_id, rented=period is not None)
        seconds = PERIOD_SECONDS[period[1]] * period[0] if period else 0
        charged = self._books.purchase(account, package, image, seconds, now)
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
            port=self._lot.randrange(50_000, 60_000),
        )
        self.add(host)
        sale = Sale(
            at=now,
            account=account.uuid,
            package_id=package.id,
            image_id=image.id,
            rented=host.rented,
            period=period,
            seconds=seconds,
            charged=charged,
            host_id=host.id,
            request_tag=request_tag,
        )
        self.ledger.append(sale)
        if self.options.starts_created:
            self._lifecycle.start(host, now)
        return host

    def power(self, account: Account, host_id: str, *, on: bool) -> None:
        """Have a host started or stopped; it takes a while. What is as wanted stays as it is.

        Raises:
            ServiceError: 6000 or 6001 while it is on its way; 1003 to start an expired host, 6003 to start one that the
                wallet cannot pay for an hour, 6002 to start one that there is no place for.

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
        if not host.rented and not self._books.can_pay_an_hour(host):
            raise ServiceError(Code.TOO_POOR_FOR_AN_HOUR)
        if host.status == OFF:
            if self.stock[host.package.id] < 0:
                raise ServiceError(Code.NO_RESOURCES)
            self._lifecycle.start(host, self.clock())

    def reboot(self, account: Account, host_id: str) -> None:
        """Have a host rebooted.

        Raises:
            ServiceError: 7002 for a host that is off, 7004 for one on its way, 7003 for an expired one.

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
        """Delete a host; one that is on or on its way stays, and the answer is false."""
        host = self._changeable(host_id, account)
        if host.status not in (OFF, EXPIRED):
            return False
        host.gone_from = self.clock() + self.options.leaves_list_after
        return True

    def add(self, host: SimHost) -> None:
        """Let a host exist that nobody bought, with its life before it."""
        self.machines[host.id] = host
        self.added += 1
        self._lifecycle.begin(host, self.clock())

    def schedule(self, seconds: float, act: Callable[[], None]) -> None:
        """Have `act` called so many seconds from now, at the latest when the world is next looked at after that."""
        self._agenda.enter(self.clock() + seconds, lambda _: act())

    def liven(self) -> None:
        """Start or stop some host now and then, for as long as the world is looked at."""
        self._agenda.enter(self.clock() + 5, self._stir)

    def _stir(self, now: float) -> None:
        resting = [host for host in self.machines.values() if host.status in (OFF, *RUNNING) and host.gone_from is None]
        if resting:
            host = self._lot.choice(resting)
            act = self._lifecycle.start if host.status == OFF else self._lifecycle.stop
            act(host, now)
        # After a long sleep only the last minute is made up for.
        self._agenda.enter(max(now + self._lot.uniform(15, 45), self.clock() - 60), self._stir)

    def _changeable(self, host_id: str, account: Account) -> SimHost:
        host = self.one(host_id, account.uuid)
        if host.gone_from is not None:
            raise self._no_such_host()
        return host

    def _no_such_host(self) -> ServiceError:
        return ServiceError(Code.NO_PERMISSION if self.options.dialect == DOCUMENT else Code.NO_SUCH_HOST)

    def _name(self, length: int) -> str:
        return "".join(self._lot.choices(string.ascii_letters + string.digits, k=length))
