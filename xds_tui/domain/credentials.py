"""A value that must not be seen: it shows as dots everywhere but where it is asked for by name."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Self, final

from xds_tui.structs import dataclass

MASK: Final = "••••"
"""What a secret shows as. Its length says nothing about the value."""


@final
class Secret:
    """A token, an app secret or a host's password.

    `repr`, `str`, f-strings, dataclass dumps, logs and pickles show `MASK`, and that is all that comes back out of a
    pickle. The value leaves only through `reveal`, so a search for that word finds every place where a secret is used.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self.__value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.__value == other.__value

    def __hash__(self) -> int:
        return hash(self.__value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (MASK,)


@dataclass(frozen=True, slots=True)
class AccountKey:
    """An account ID (`uuid` on the wire) with its app secret: mints tokens by itself."""

    account_id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class BareToken:
    """A token without the secret behind it: when it ends, the user has to bring another."""

    token: Secret


Credentials = AccountKey | BareToken


@dataclass(frozen=True, slots=True)
class Token:
    """A minted token and the moment it ends (aware UTC)."""

    value: Secret
    ends_at: datetime
