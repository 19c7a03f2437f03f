"""The client of the service, with one method per endpoint of the host rental document.

Callers may repeat reading calls; the client itself repeats one only after a 401, once, with a new token. Changing calls
(both creates, power, reboot, delete; power and reboot are GETs) are sent once, each over its own connection, and any
failure after that leaves their outcome unknown. This includes cancellation: `asyncio.CancelledError` is raised, and the
caller has to treat the outcome as unknown.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx

from xds_tui import __version__
from xds_tui.api import changes, decode, envelope
from xds_tui.api.changes import ChangeRequest, require_success
from xds_tui.api.decode import Envelope, HostPage
from xds_tui.api.errors import UNAVAILABLE, ApiError, BadResponse, Cause, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.api.page_numbers import PageNumbers
from xds_tui.api.renewal import RenewalLog
from xds_tui.api.token_auth import SAFE, URGENT, FindToken, OnToken, TokenAuth, utc_now
from xds_tui.api.transport import FAILURES, BoundedTransport, SendTracker, open_route, translate_error
from xds_tui.domain.credentials import Credentials, Token
from xds_tui.domain.endpoint import NOT_A_URL, check_base_url
from xds_tui.domain.model import Billing, Host, Image, Package, Period
from xds_tui.domain.rejections import CARRIERS
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

_T = TypeVar("_T")

MAX_PAGE_SIZE: Final = 25
"""The effect of larger pages is undocumented (reference: mypage)."""

_HOST_GONE: Final = frozenset({1001, 1021})
"""Codes of `one/{id}` for a host that does not exist or belongs to another account."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Time limits of calls in seconds, from the start to the last byte of the response.

    Reading calls are simply repeated; changing calls have a long time limit, because a timeout leaves their outcome
    unknown.
    """

    connect: float = 10.0
    reading: float = 20.0
    changing: float = 60.0


class Client:
    """A client of the service for one account.

    Args:
        base_url: the address of the service, with or without a trailing slash or a path prefix.
        credentials: the credentials of the account.
        transport: replaces the network (the demo); it is closed with the client.
        read_only: whether changing calls raise `NotSent`.
        insecure_http: whether plain HTTP to other machines is allowed.
        deadlines: the time limits of calls.
        token, clock, on_token, find_token, renewals: see `TokenAuth`.

    Attributes:
        session: the authentication; `session.replace` changes the credentials.
        page_numbers: how the service numbers the pages of the host list.

    Raises:
        NotSent: if the token must not be sent to `base_url`.

    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        read_only: bool = False,
        insecure_http: bool = False,
        deadlines: Deadlines | None = None,
        token: Token | None = None,
        clock: Callable[[], datetime] = utc_now,
        on_token: OnToken | None = None,
        find_token: FindToken | None = None,
        renewals: RenewalLog | None = None,
    ) -> None:
        self._base_url = _checked(base_url, insecure_http)
        self._transport = transport
        self._read_only = read_only
        self._deadlines = deadlines or Deadlines()
        self._pools: dict[bool, httpx.AsyncClient] = {}
        self.page_numbers = PageNumbers()
        self._pages: dict[int, tuple[bytes, HostPage]] = {}
        self._closed = False
        self.session = TokenAuth(
            str(self._base_url),
            credentials,
            token=token,
            clock=clock,
            on_token=on_token,
            find_token=find_token,
            renewals=renewals,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; later calls raise `NotSent`."""
        self._closed = True
        self.session.close()
        for pool in self._pools.values():
            await pool.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    async def images(self) -> tuple[Image, ...]:
        """Return the operating systems that a host can be created with.

        Raises:
            NotSent, Rejected, SignedOut, BadResponse: like every reading call, which may be repeated.

        """
        return decode.decode_images(await self._read("image"))

    async def packages(self, billing: Billing, *, is_urgent: bool = False) -> tuple[Package, ...]:
        """Return the packages that can be bought as `billing`; raises as `images`.

        Args:
            billing: the billing mode.
            is_urgent: whether it is part of an action of the user, such as a purchase, and not delayed when reading
                calls pause because another program uses the token.

        """
        return decode.decode_packages(await self._read(f"packAge/{billing.value}", is_urgent=is_urgent))

    async def hosts(self, page: int, page_size: int = MAX_PAGE_SIZE) -> HostPage:
        """Return one page of our hosts, of at most 25; raises as `images`.

        Args:
            page: 1 for the first page, whatever `page_numbers` says is its number; 0 for the page before it.
            page_size: hosts per page. The service may ignore it.

        """
        number = page - 1 + self.page_numbers.first
        if number < 0 or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise ValueError(f"page {page} of {page_size}")
        envelope = await self._read("mypage", {"page": number, "pageSize": page_size})
        # Most pages have not changed: identical bytes need no decoding.
        digest = hashlib.blake2b(envelope.data or b"", digest_size=16).digest()
        cached = self._pages.get(number)
        if cached is None or cached[0] != digest:
            cached = self._pages[number] = (digest, decode.decode_hosts(envelope))
        return cached[1]

    async def host(self, host_id: str) -> Host | None:
        """Return one host, or None if it does not exist or belongs to another account; raises as `images`.

        None makes a host count as deleted, so only a response of the service itself returns it, never one with the HTTP
        status of a gateway that could not reach the service.
        """
        response = await self._get(f"one/{changes.segment(host_id)}")
        is_from_service = response.status_code in CARRIERS
        try:
            host = decode.decode_host(envelope.require_success(response, self.session.mask), host_id)
        except Rejected as rejection:
            if rejection.code not in _HOST_GONE or not is_from_service:
                raise
            return None
        if host is None and not is_from_service:
            raise BadResponse(UNAVAILABLE, self.session.mask(envelope.describe(response)), cause=Cause.SERVICE)
        return host

    async def create_on_demand(self, *, package_id: str, image_id: str) -> str | None:
        """Buy an on-demand host, and return its ID, or None if the response lacks it.

        Raises:
            NotSent, Rejected, SignedOut: nothing was bought; `domain.rejections` lists the responses that prove it.
            OutcomeUnknown: a host may have been bought. Like any changing call it must not be repeated.

        """
        return await self._change(changes.create_on_demand(package_id, image_id), decode.decode_created)

    async def create_rent(self, *, package_id: str, image_id: str, period: Period) -> str | None:
        """Buy a host for `period`, and return its ID, or None without one; raises as `create_on_demand`."""
        return await self._change(changes.create_rent(package_id, image_id, period), decode.decode_created)

    async def power(self, host_id: str, on: bool) -> None:
        """Request the start or stop of a host; only its status shows the result. Raises as `create_on_demand`."""
        await self._change(changes.power(host_id, on), decode.expect_done)

    async def reboot(self, host_id: str) -> None:
        """Request the reboot of a host; only its status shows the result. Raises as `create_on_demand`."""
        await self._change(changes.reboot(host_id), decode.expect_done)

    async def delete(self, host_id: str) -> None:
        """Delete a host with its disks; raises as `create_on_demand`, and `OutcomeUnknown` for "not deleted".

        The gateway may repeat the request, and then the response is "not deleted" although an earlier repetition
        deleted the host.
        """
        await self._change(changes.delete(host_id), decode.expect_deleted)

    async def _read(self, path: str, query: Mapping[str, int] | None = None, *, is_urgent: bool = False) -> Envelope:
        """Send a reading call, and return the envelope of a success."""
        return envelope.require_success(await self._get(path, query, is_urgent=is_urgent), self.session.mask)

    async def _get(
        self, path: str, query: Mapping[str, int] | None = None, *, is_urgent: bool = False
    ) -> httpx.Response:
        """Send a reading call. Its callers are the calls that `read_only` permits."""
        return await self._send(SendTracker(), "GET", path, safe=True, query=query, is_urgent=is_urgent)

    async def _change(self, change: ChangeRequest, decode: Callable[[Envelope], _T]) -> _T:
        """Send a changing call once; any response but a clear one leaves its outcome unknown."""
        sending = SendTracker()
        outcome: ApiError
        try:
            response = await self._send(
                sending, change.method, change.path, safe=False, query=change.query, body=change.body
            )
        except OutcomeUnknown:
            raise
        except ApiError as error:
            if sending.started:
                raise
            # The request for a token failed: the call itself was not sent.
            outcome = NotSent(error.summary, error.detail, trace_id=error.trace_id, cause=error.cause)
        else:
            try:
                return decode(require_success(response, change.call, self.session.mask))
            except SignedOut as error:
                error.is_passing = self.session.can_renew
                raise
            except BadResponse as error:
                outcome = OutcomeUnknown(
                    error.summary, error.detail, trace_id=error.trace_id, code=0, host_id=error.host_id
                )
        raise outcome

    async def _send(
        self,
        sending: SendTracker,
        method: str,
        path: str,
        *,
        safe: bool,
        query: Mapping[str, int] | None = None,
        body: Mapping[str, str | int] | None = None,
        is_urgent: bool = False,
    ) -> httpx.Response:
        """Send one request, and return the complete response."""
        if self._read_only and not safe:
            raise NotSent(changes.READ_ONLY)
        if self._closed:
            raise NotSent(N_("The connection was closed"))
        pool = self._pool(safe)
        request = pool.build_request(
            method,
            _url(self._base_url, path, tuple(query.items()) if query else ()),
            content=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"},
            extensions={"trace": sending, SAFE: safe, URGENT: is_urgent},
        )
        outcome: ApiError
        try:
            async with asyncio.timeout(self._deadlines.reading if safe else self._deadlines.changing):
                return await pool.send(request)
        except FAILURES as error:
            outcome = translate_error(error, sent=sending.started, safe=safe)
        raise outcome

    def _pool(self, safe: bool) -> httpx.AsyncClient:
        """Return the connections for reading calls, or those for changing calls, which are not reused.

        A kept connection may be dead when the next request is written to it, which would leave the outcome of a change
        unknown without need.
        """
        if safe not in self._pools:
            reopen = None if self._transport else partial(open_route, self._base_url, keep_alive=safe)
            deadline = self._deadlines.reading if safe else self._deadlines.changing
            self._pools[safe] = httpx.AsyncClient(
                auth=self.session,
                headers={"User-Agent": f"xds-tui/{__version__}", "Accept": "application/json"},
                timeout=httpx.Timeout(deadline, connect=self._deadlines.connect),
                transport=BoundedTransport(self._transport or open_route(self._base_url, keep_alive=safe), reopen),
                follow_redirects=False,
                trust_env=False,
            )
        return self._pools[safe]


@lru_cache(maxsize=1_000)
def _url(base_url: httpx.URL, path: str, query: tuple[tuple[str, int], ...]) -> httpx.URL:
    """Return the URL of a call; a refresh requests the same pages again, and parsing takes a tenth of its CPU time."""
    return httpx.URL(f"{str(base_url).rstrip('/')}{changes.PREFIX}{path}", params=query or None)


def _checked(base_url: str, insecure_http: bool) -> httpx.URL:
    refusal = NotSent(NOT_A_URL)
    try:
        url = httpx.URL(check_base_url(base_url, insecure_http=insecure_http))
        if url.host:
            return url
    except (httpx.InvalidURL, UnicodeError):
        pass
    except ValueError as error:
        refusal = NotSent(str(error))
    raise refusal
