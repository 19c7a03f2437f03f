"""What proves who we are: an account with its secret, or a bare token; and the token that either leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xds_tui.secret import Secret


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
