"""Token authentication: request a token when there is none, and renew it before it expires, once for all waiting calls.

An `httpx.Auth` flow for every request. If the token is rejected, it repeats only requests marked `SAFE`, because the
HTTP method does not tell (power is a GET). Rejected credentials are not sent again automatically; any other
failure to get a token is temporary, and `renewal` determines when to try again.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from xds_tui.api import decode, envelope
from xds_tui.api.errors import ApiError, Rejected, SignedOut
from xds_tui.api.renewal import Contention, FailedRenewals, RenewalLog
from xds_tui.domain.credentials import MASK, AccountKey, BareToken, Credentials, Secret, Token
from xds_tui.i18n import N_

TOKEN_HEADER: Final = "Finovy-Access-Token"  # noqa: S105 - the header's name, not a token
MINT_PATH: Final = "/v1/auth/getToken"

SAFE: Final = "xds-tui.safe"
"""Request extension of reading calls, which may be repeated."""

URGENT: Final = "xds-tui.urgent"
"""Request extension of `SAFE` calls that are part of an action of the user."""

MARGIN: Final = timedelta(seconds=60)
"""How long before its expiry a token is renewed, so that it is still valid when a request arrives, even if the clocks
differ by most of this time."""

ATTEMPTS: Final = 3
"""How often a `SAFE` call is sent in total, with one renewal. If the service accepts one token at a time and another
program renewed as well, the renewed token may be invalid; then the other program's token is looked up."""

SEARCHES: Final = 4
SEARCH_EVERY: Final = 0.25
"""Seconds before each attempt to find the token that another program has just obtained."""

MARGIN_SHARE: Final = 5
"""A short-lived token is renewed when one part in this many of its lifetime remains."""

DOCUMENTED_LIFE: Final = timedelta(milliseconds=1_800_000)
"""The documented lifetime, used if `effectiveTime` is invalid."""

MAX_LIFE: Final = timedelta(days=1)
"""Maximum assumed lifetime; tokens are renewed at least daily."""

_WRONG_CREDENTIALS: Final = frozenset({envelope.UNAUTHORISED, 1001})
"""The codes of getToken for a wrong account ID or secret; other codes say nothing about them."""

_PARAMETER_MISSING: Final = 1007

_ENDED_EARLY: Final = N_("Another program seems to use this account, because tokens end early")

OnToken = Callable[[Secret, datetime], None]
FindToken = Callable[[], Awaitable[Token | None]]


def utc_now() -> datetime:
    """Return the time of the wall clock, which unlike a monotonic clock continues while the machine sleeps."""
    return datetime.now(UTC)


class TokenAuth(httpx.Auth):
    """The authentication of one account.

    Args:
        base_url: the only origin that tokens are sent to.
        credentials: an account with its secret, or a bare token.
        token: the stored token of an earlier run.
        clock: the wall clock, aware UTC.
        on_token: called with each new token and its expiry to store it. It must not raise.
        find_token: called before a new token is requested, to return a newer one of another program. It must not
            raise.
        renewals: shared with other programs on this machine, which may invalidate our tokens by renewing theirs.
        monotonic: a monotonic clock in seconds, for pauses.

    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        token: Token | None = None,
        clock: Callable[[], datetime] = utc_now,
        on_token: OnToken | None = None,
        find_token: FindToken | None = None,
        renewals: RenewalLog | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = httpx.URL(base_url)
        self._credentials = credentials
        self._clock = clock
        self._on_token = on_token
        self._find_token = find_token
        self._renewals = renewals
        self._monotonic = monotonic
        self._renewing = asyncio.Lock()
        self._failed = FailedRenewals()
        self._failure: ApiError | None = None
        self._contention = Contention()
        self._needs_nonce = False
        self._rejected: Secret | None = None
        self._refusal: SignedOut | None = None
        self._token: Token | None = None
        self._taken_at = self._renew_at = datetime.min.replace(tzinfo=UTC)
        if token is not None:
            self._take(token)

    @property
    def can_renew(self) -> bool:
        """Whether an invalid token can be replaced without the user."""
        return isinstance(self._credentials, AccountKey)

    def replace(self, credentials: Credentials) -> None:
        """Continue with other credentials."""
        self._credentials = credentials
        self._token = self._rejected = self._refusal = self._failure = None
        self._failed, self._contention = FailedRenewals(), Contention()

    def close(self) -> None:
        """Stop renewing tokens."""
        if self._renewals is not None:
            self._renewals.close()

    def mask(self, text: str) -> str:
        """Mask the secrets of this session in `text`."""
        proof = self._credentials.secret if isinstance(self._credentials, AccountKey) else self._credentials.token
        for secret in (proof, self._token.value if self._token else None, self._rejected):
            if secret:
                text = text.replace(secret.reveal(), MASK)
        return text

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add a token to `request`, after getting one if necessary; if it is rejected, repeat a `SAFE` request once.

        Raises:
            SignedOut: the credentials or the token of a `SAFE` request were rejected.
            Rejected, BadResponse, NotSent: getting a token failed; `request` itself was not sent.

        """
        if _origin(request.url) != _origin(self._base_url):
            yield request
            return
        is_safe = bool(request.extensions.get(SAFE))
        is_urgent = not is_safe or bool(request.extensions.get(URGENT))
        rejection: SignedOut | None = None
        is_renewed = False
        for _attempt in range(ATTEMPTS if is_safe and self.can_renew else 1):
            token = self._current()
            if token is None:
                async with self._renewing:
                    token = self._current() or await self._found(is_patient=is_renewed)
                    if token is None:
                        if rejection is not None and is_renewed:
                            raise rejection
                        is_renewed = rejection is not None
                        self._check_pace(is_urgent=is_urgent)
                        credentials = self._credentials
                        response = yield self._mint_request(request)
                        if self._asks_for_nonce(response):
                            response = yield self._mint_request(request)
                        token = self._minted(response, credentials)
            request.headers[TOKEN_HEADER] = token.reveal()
            rejection = self._rejection((yield request))
            if rejection is None:
                return
            rejection.is_passing = self.can_renew
            self._drop(token)
            if not is_safe:
                return  # `changes` classifies the response.
        if rejection is not None:
            raise rejection

    def _current(self) -> Secret | None:
        """Return the current token, or None if a new one is needed.

        Raises:
            SignedOut: the secret was rejected before, or the bare token is invalid.

        """
        if self._refusal is not None:
            raise self._refusal.with_traceback(None)
        if isinstance(self._credentials, BareToken):
            if not decode.is_word(self._credentials.token.reveal()):
                raise SignedOut(N_("The token contains invalid characters"), envelope.UNAUTHORISED, "")
            return self._credentials.token
        return self._token.value if self._token is not None and self._clock() < self._renew_at else None

    async def _found(self, *, is_patient: bool) -> Secret | None:
        """Return a valid token of another program, if it is neither a rejected one nor the expiring one.

        Args:
            is_patient: whether to try repeatedly: the other program has just invalidated our token, and may still
                have to store its own.

        """
        token = await self._look_for_token()
        if is_patient and self._find_token is not None:
            for _ in range(SEARCHES - 1):
                if token is not None:
                    break
                await asyncio.sleep(SEARCH_EVERY)
                token = await self._look_for_token()
        return token

    async def _look_for_token(self) -> Secret | None:
        if self._find_token is None:
            return None
        credentials = self._credentials
        token = await self._find_token()
        if (
            token is not None
            and token.value != self._rejected
            and (self._token is None or token.value != self._token.value)
            and decode.is_word(token.value.reveal())
            and self._credentials is credentials
        ):
            self._take(token)
        return self._current()

    def _take(self, token: Token) -> None:
        now = self._clock()
        left = token.ends_at - now
        self._token = token
        self._taken_at = now
        self._renew_at = token.ends_at - min(MARGIN, left / MARGIN_SHARE)

    def _drop(self, token: Secret) -> None:
        self._rejected = token
        if self._token is not None and self._token.value == token:
            self._token = None
            self._contention = self._contention.after_rejection(self._taken_at, self._clock())
            if self._renewals is not None and self._renewals.is_renewed_elsewhere(self._taken_at):
                self._contention = self._contention.after_sighting()

    def _check_pace(self, *, is_urgent: bool) -> None:
        """Prevent a request for a token too soon after a failed one, or after an early rejection.

        Raises:
            ApiError: the previous failure, or that another program invalidates our tokens. Calls that the user started
                are prevented only by Retry-After.

        """
        if self._failure is not None and self._failed.wait(self._monotonic(), is_urgent=is_urgent):
            raise self._failure.with_traceback(None)
        wait = 0.0 if is_urgent else self._contention.wait(self._clock())
        if wait:
            raise SignedOut(_ENDED_EARLY, envelope.UNAUTHORISED, "", is_passing=True, retry_after=wait)

    def _asks_for_nonce(self, response: httpx.Response) -> bool:
        """Return whether getToken requires the fields of its first revision; they are sent from then on."""
        if self._needs_nonce:
            return False
        try:
            token_envelope = envelope.envelope_in(response, self.mask)
        except ApiError:
            return False
        named = any(name in token_envelope.message for name in ("nonce", "timeMap"))
        self._needs_nonce = token_envelope.code == _PARAMETER_MISSING or (token_envelope.code != 0 and named)
        return self._needs_nonce

    def _mint_request(self, request: httpx.Request) -> httpx.Request:
        """Return the request for a token. It has no trace, because the call that waits for it has not been sent."""
        if not isinstance(self._credentials, AccountKey):
            raise TypeError("a bare token cannot be renewed")
        body = {"uuid": self._credentials.account_id, "secret": self._credentials.secret.reveal()}
        if self._needs_nonce:
            body |= {"nonce": os.urandom(16).hex(), "timeMap": str(int(self._clock().timestamp() * 1000))}
        return httpx.Request(
            "POST",
            str(self._base_url).rstrip("/") + MINT_PATH,
            headers={"Content-Type": "application/json", "User-Agent": request.headers.get("User-Agent", "")},
            content=json.dumps(body),
            extensions={"timeout": request.extensions.get("timeout", {})},
        )

    def _minted(self, response: httpx.Response, credentials: Credentials) -> Secret:
        """Return the token in `response`, and store it unless the credentials have been replaced.

        Raises:
            SignedOut: the account and its secret were rejected; this is recorded, and they are not sent again.
            Rejected: the service cannot issue a token now.
            BadResponse: the response is invalid.

        """
        try:
            value, milliseconds = decode.decode_token(self._issued(response))
        except ApiError as error:
            if self._credentials is credentials:
                self._note_failure(error)
            raise
        self._failed, self._failure = FailedRenewals(), None
        life = (
            timedelta(milliseconds=min(milliseconds, MAX_LIFE // timedelta(milliseconds=1))) if milliseconds else None
        )
        token = Token(value, self._clock() + (life or DOCUMENTED_LIFE))
        if self._credentials is credentials:
            self._take(token)
            if self._renewals is not None:
                self._renewals.note(self._clock())
            if self._on_token is not None:
                self._on_token(token.value, token.ends_at)
        return value

    def _issued(self, response: httpx.Response) -> decode.Envelope:
        """Return the envelope of a successful response to getToken; raises as `_minted`."""
        wrong = N_("The account ID and secret were not accepted")
        try:
            token_envelope = envelope.envelope_in(response, self.mask)
        except SignedOut as error:
            raise SignedOut(wrong, error.code, error.message) from None
        if token_envelope.code in _WRONG_CREDENTIALS:
            raise SignedOut(wrong, token_envelope.code, token_envelope.message, trace_id=token_envelope.trace_id)
        if token_envelope.code != 0:
            raise envelope.refusal(token_envelope, response)
        return token_envelope

    def _note_failure(self, error: ApiError) -> None:
        if isinstance(error, SignedOut):
            self._refusal = error
            return
        retry_after = error.retry_after if isinstance(error, Rejected) else None
        self._failure, self._failed = error, self._failed.failed(self._monotonic(), retry_after)

    def _rejection(self, response: httpx.Response) -> SignedOut | None:
        try:
            envelope.require_success(response, self.mask)
        except SignedOut as error:
            return error
        except ApiError:
            return None
        return None


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port
