"""The simulated service's state, and the rules by which it changes; time comes from a clock that is handed in.

Nothing runs in the background: whatever is asked, the world first catches up with the clock. Rules that the vendor
does not document are ours and stand here: a host that is on cannot be deleted (`data: false`), a create is refused
in the order of the checks in `_purchase`, a reboot shows as a start.
"""

from __future__ import annotations

import heapq
import random
import string
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from xds_tui.simulator.goods import IMAGES, PACKAGES, ImageSpec, PackageSpec
from xds_tui.simulator.machine import BILLED, EXPIRED, OFF, ON, RUNNING, STARTING, STOPPING, Machine

ACCOUNT: Final = "A27550582"
SECRET: Final = "demo-secret-7f3c"  # noqa: S105 - of the simulated account; it opens nothing else
UNVERIFIED: Final = "A00000001"
POOR: Final = "A00000002"

PERIOD_SECONDS: Final = (3600, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000)
"""What the simulated service makes of an hour, a day, a week, a month, a quarter and a year."""


class ManualClock:
    """A clock that stands still until it is moved; seconds since the epoch."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class No(Exception):
    """The service says no.

    Attributes:
        code: one of the documented codes.
        message: its `msg`.

    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How this service behaves where the documents leave it open."""

    dialect: str = "later"
    """`document` or `later`."""
    seed: int = 7
    hosts: int = 40
    auth_status: int = 200
    """The HTTP status that carries code 401."""
    token_seconds: float = 1800.0
    single_token: bool = False
    """Whether minting a token ends the account's older ones."""
    starts_created: bool = False
    """Whether a created host starts by itself; the document's examples show status 0."""
    enters_list_after: float = 0.0
    """Seconds until a created host is in the list and in `one`."""
    leaves_list_after: float = 0.0
    """Seconds until a deleted host is not."""
    processing: float = 0.0
    """Seconds in which a second create of the same pair is refused with 1005."""
    queue_full: bool = False
    """Whether creates are refused with 6005."""
    missing: str = "code"
    """What `one/{id}` answers for a host that is not there: `code` (1021, in the document 1001) or `null`."""
    oversized_page: str = "cut"
    """What a page size over 25 meets: `cut` or `error`."""
    totals_as_text: bool = False
    lively: bool = False
    """Whether hosts start and stop by themselves."""


@dataclass(slots=True)
class Account:
    """A customer."""

    uuid: str
    secret: str
    wallet: Decimal
    verified: bool = True
    frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One create that was carried out."""

    at: float
    account: str
    package_id: str
    image_id: str
    rented: bool
    seconds: int
    """Paid in advance; 0 for on-demand."""
    charged: Decimal
    host_id: str


@dataclass(order=True, slots=True)
class _Due:
    at: float
    turn: int
    act: Callable[[float], None] = field(compare=False)


class World:
    """Accounts, tokens, wallets, stock and hosts."""

    def __init__(self, options: Options | None = None, clock: Callable[[], float] = time.time) -> None:
        self.options = options or Options()
        self.clock = clock
        self.machines: dict[str, Machine] = {}
        """By ID, oldest first."""
        self.accounts = {
            ACCOUNT: Account(ACCOUNT, SECRET, Decimal(100_000)),
            UNVERIFIED: Account(UNVERIFIED, SECRET, Decimal(1000), verified=False),
            POOR: Account(POOR, SECRET, Decimal("0.05")),
        }
        self.stock = {package.id: package.stock for package in PACKAGES}
        self.ledger: list[Sale] = []
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lot = random.Random(self.options.seed)  # noqa: S311 - repeatable on purpose
        self._due: list[_Due] = []
        self._turns = 0
        self._last_create: dict[tuple[str, str, str], float] = {}

    # Tokens

    def mint(self, uuid: str = ACCOUNT) -> str:
        """Give the account a token."""
        if self.options.single_token:
            self.expire_tokens(uuid)
        token = self._name(22)
        self._tokens[token] = (uuid, self.clock() + self.options.token_seconds)
        return token

    def expire_tokens(self, uuid: str | None = None) -> None:
        """End every token, or those of one account."""
        self._tokens = {token: kept for token, kept in self._tokens.items() if uuid not in (None, kept[0])}

    def sign_in(self, uuid: object, secret: object) -> str:
        """Mint a token for who knows the secret."""
        if not uuid or not secret:
            raise No(1007, "缺少必要参数")
        account = self.accounts.get(str(uuid))
        if account is None or account.secret != secret:
            raise No(1001, "账号或密钥错误")
        return self.mint(account.uuid)

    def account_of(self, token: str) -> Account:
        """The account that a token stands for."""
        uuid, ends = self._tokens.get(token, ("", 0.0))
        if not uuid or ends <= self.clock():
            raise No(401, "认证失败")
        return self.accounts[uuid]

    # Looking

    def listed(self, owner: str = ACCOUNT) -> list[Machine]:
        """The account's hosts as the list shows them, newest first."""
        now = self.catch_up()
        return [host for host in reversed(self.machines.values()) if host.owner == owner and _is_listed(host, now)]

    def host_rows(self) -> list[dict[str, Any]]:
        """The main account's hosts as the list would give them, without pages."""
        return [host.row(self.options.dialect, page=True) for host in self.listed()]

    def find(self, host_id: str, owner: str) -> Machine:
        """The account's host with this ID."""
        now = self.catch_up()
        host = self.machines.get(host_id)
        if host is None or host.owner != owner or not _is_listed(host, now):
            raise No(1001, "权限不足") if self.options.dialect == "document" else No(1021, "主机不存在")
        return host

    # Changing

    def create(self, account: Account, package_id: object, image_id: object, period: tuple[int, int] | None) -> Machine:
        """Sell a host; `period` is (number, type) for a rent."""
        now = self.catch_up()
        package, image = _goods(package_id, image_id, rented=period is not None)
        seconds = PERIOD_SECONDS[period[1]] * period[0] if period else 0
        charged = self._purchase(account, package, image, seconds, now)
        host = Machine(
            id=self._name(10),
            name="",
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
        host.name = f"渲大师{host.id}"
        self.add(host)
        self.ledger.append(
            Sale(
                at=now,
                account=account.uuid,
                package_id=package.id,
                image_id=image.id,
                rented=host.rented,
                seconds=seconds,
                charged=charged,
                host_id=host.id,
            )
        )
        if self.options.starts_created:
            self._start(host, now)
        return host

    def power(self, account: Account, host_id: str, *, on: bool) -> None:
        """Have a host started or stopped; it takes a while."""
        host = self.find(host_id, account.uuid)
        if host.status in (STARTING, STOPPING):
            raise No(6000, "开机中") if host.status == STARTING else No(6001, "关机中")
        if not on:
            if host.status in RUNNING:
                self._stop(host, self.clock())
            return
        if host.status == EXPIRED:
            raise No(1003, "主机已过期")
        if not host.rented and account.wallet < host.package.hourly:
            raise No(6003, "钱包余额不足")
        if host.status == OFF:
            self._start(host, self.clock())

    def reboot(self, account: Account, host_id: str) -> None:
        """Have a host rebooted."""
        host = self.find(host_id, account.uuid)
        refusals = {
            OFF: No(7002, "未启动的主机不能重启"),
            STARTING: No(7004, "主机未运行，不能重启"),
            STOPPING: No(7004, "主机未运行，不能重启"),
            EXPIRED: No(7003, "主机不可用，不能重启"),
        }
        if host.status in refusals:
            raise refusals[host.status]
        self._start(host, self.clock())

    def delete(self, account: Account, host_id: str) -> bool:
        """Delete a host; one that is on or on its way stays, and the answer is false."""
        host = self.find(host_id, account.uuid)
        if host.status in (*RUNNING, STARTING, STOPPING) or host.gone_from is not None:
            return False
        host.gone_from = self.clock() + self.options.leaves_list_after
        return True

    def add(self, host: Machine) -> None:
        """Let a host exist, and expire when its time comes."""
        self.machines[host.id] = host
        if host.expires is not None and host.status != EXPIRED:
            self._at(host.expires, lambda now: self._become(host, EXPIRED))
        now = self.clock()
        if host.status == BILLED:
            self._bill_hourly(host, host.version, now)
        self._go_on(host, now)

    # Time

    def catch_up(self) -> float:
        """Let everything happen that is due by now, and return the time."""
        now = self.clock()
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            due.act(due.at)
        return now

    def _at(self, when: float, act: Callable[[float], None]) -> None:
        self._turns += 1
        heapq.heappush(self._due, _Due(when, self._turns, act))

    def _become(self, host: Machine, status: int) -> None:
        if host.status != EXPIRED:
            host.status = status
            host.version += 1

    def _later(self, host: Machine, when: float, act: Callable[[float], None]) -> None:
        """Act on a host at a time, unless its status has changed otherwise before."""
        version = host.version
        self._at(when, lambda now: act(now) if host.version == version else None)

    def _start(self, host: Machine, now: float) -> None:
        self._become(host, STARTING)
        self._go_on(host, now)

    def _run(self, host: Machine, now: float) -> None:
        self._become(host, ON)
        if not host.rented:
            self._later(host, now + 4, lambda then: self._bill(host, then))

    def _bill(self, host: Machine, now: float) -> None:
        self._become(host, BILLED)
        self._bill_hourly(host, host.version, now)

    def _bill_hourly(self, host: Machine, version: int, now: float) -> None:
        """Charge a started hour, and the next one when it starts; a dry wallet stops the host."""
        if host.version != version:
            return
        account = self.accounts[host.owner]
        if account.wallet < host.package.hourly:
            self._stop(host, now)
            return
        account.wallet -= host.package.hourly
        self._at(now + 3600, lambda then: self._bill_hourly(host, version, then))

    def _stop(self, host: Machine, now: float) -> None:
        self._become(host, STOPPING)
        self._go_on(host, now)

    def _go_on(self, host: Machine, now: float) -> None:
        """Let a host that is on its way arrive."""
        if host.status == STARTING:
            self._later(host, now + self._lot.uniform(6, 14), lambda then: self._run(host, then))
        elif host.status == STOPPING:
            self._later(host, now + self._lot.uniform(4, 9), lambda then: self._become(host, OFF))

    def liven(self) -> None:
        """Start or stop some host now and then, for as long as the world is looked at."""
        self._at(self.clock() + 5, self._stir)

    def _stir(self, now: float) -> None:
        resting = [host for host in self.machines.values() if host.status in (OFF, *RUNNING) and host.gone_from is None]
        if resting:
            host = self._lot.choice(resting)
            if host.status == OFF:
                self._start(host, now)
            else:
                self._stop(host, now)
        self._at(max(now + self._lot.uniform(15, 45), self.clock() - 60), self._stir)

    # Rules of selling

    def _purchase(self, account: Account, package: PackageSpec, image: ImageSpec, seconds: int, now: float) -> Decimal:
        """Take the money and the stock, and return what was charged in advance."""
        if package.type != image.type:
            raise No(7005, "主机模板类型与镜像类型不一致")
        if not account.verified:
            raise No(1037, "未进行实名认证")
        if account.frozen:
            raise No(9000, "钱包异常")
        price = package.hourly * seconds / 3600
        if account.wallet < (price or package.hourly):
            raise No(9001, "钱包余额不足")
        if self.stock[package.id] < 1:
            raise No(6002, "资源不足, 请重新选择配置")
        if self.options.queue_full:
            raise No(6005, "创建等待")
        pair = (account.uuid, package.id, image.id)
        if now - self._last_create.get(pair, -1e9) < self.options.processing:
            raise No(1005, "请求处理中")
        self._last_create[pair] = now
        self.stock[package.id] -= 1
        account.wallet -= price
        return price

    def _name(self, length: int) -> str:
        return "".join(self._lot.choices(string.ascii_letters + string.digits, k=length))

    @property
    def counts(self) -> Counter[int]:
        """How many hosts there are of each status."""
        self.catch_up()
        return Counter(host.status for host in self.machines.values())


def _is_listed(host: Machine, now: float) -> bool:
    return host.listed_from <= now and (host.gone_from is None or host.gone_from > now)


def _goods(package_id: object, image_id: object, *, rented: bool) -> tuple[PackageSpec, ImageSpec]:
    if not package_id or not image_id:
        raise No(1007, "缺少必要参数")
    package = next((package for package in PACKAGES if package.id == package_id), None)
    image = next((image for image in IMAGES if image.id == image_id), None)
    if package is None or image is None or package.use not in (2, int(rented)):
        raise No(1001, "权限不足")
    return package, image
