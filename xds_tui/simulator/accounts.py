"""The accounts of the simulated service, and their tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from xds_tui.simulator.error_codes import Code, ServiceError
from xds_tui.simulator.options import Options

ACCOUNT: Final = "A27550582"
SECRET: Final = "demo-secret-7f3c"  # noqa: S105 - of the simulated accounts; it opens nothing else
UNVERIFIED: Final = "A00000001"
POOR: Final = "A00000002"
FROZEN: Final = "A00000003"


@dataclass(slots=True)
class Account:
    """A customer; `wallet` is in CNY."""

    uuid: str
    secret: str
    wallet: Decimal
    verified: bool = True
    frozen: bool = False
    """Whether the wallet is blocked."""


def opening_accounts() -> dict[str, Account]:
    """Return the accounts of a new world: the owner of the fleet, and one per reason for rejecting a purchase."""
    accounts = (
        Account(ACCOUNT, SECRET, Decimal(100_000)),
        Account(UNVERIFIED, SECRET, Decimal(1000), verified=False),
        Account(POOR, SECRET, Decimal("0.05")),
        Account(FROZEN, SECRET, Decimal(1000), frozen=True),
    )
    return {account.uuid: account for account in accounts}


class Tokens:
    """The valid tokens with their accounts and expiry."""

    def __init__(
        self, options: Options, clock: Callable[[], float], accounts: dict[str, Account], name: Callable[[int], str]
    ) -> None:
        self._options = options
        self._clock = clock
        self._accounts = accounts
        self._name = name
        self._valid: dict[str, tuple[str, float]] = {}

    def mint(self, uuid: str) -> str:
        """Issue a token for the account."""
        now = self._clock()
        self._valid = {
            token: (owner, ends)
            for token, (owner, ends) in self._valid.items()
            if ends > now and not (self._options.single_token and owner == uuid)
        }
        token = self._name(22)
        self._valid[token] = (uuid, now + self._options.token_seconds)
        return token

    def expire(self) -> None:
        """Expire every token."""
        self._valid = {}

    def sign_in(self, uuid: object, secret: object) -> tuple[str, float]:
        """Return a token for account and secret, and its lifetime in seconds.

        Raises:
            ServiceError: 1007 if one is missing, 1001 if they do not match.

        """
        if not uuid or not secret:
            raise ServiceError(Code.PARAMETER_MISSING)
        account = self._accounts.get(uuid) if isinstance(uuid, str) else None
        if account is None or account.secret != secret:
            raise ServiceError(Code.NO_PERMISSION, "账号或密钥错误")
        if self._options.same_token:
            now = self._clock()
            for token, (owner, ends) in self._valid.items():
                if owner == account.uuid and ends > now:
                    return token, ends - now
        return self.mint(account.uuid), self._options.token_seconds

    def account_of(self, token: str) -> Account:
        """Return the account of a token.

        Raises:
            ServiceError: 401 for a token that is missing, wrong or expired.

        """
        uuid, ends = self._valid.get(token, ("", 0.0))
        if ends <= self._clock():
            raise ServiceError(Code.SIGNED_OUT)
        return self._accounts[uuid]
