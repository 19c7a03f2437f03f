"""httpx's errors as ours: the one table.

The class says what happened; what it means depends on two other things, whether the request had begun to leave and
whether it changes anything.
"""

from __future__ import annotations

from typing import Final

import httpx

from xds_tui.api.errors import BadResponse, Cause, NotSent, OutcomeUnknown
from xds_tui.api.proxy import ProxySilent, ProxyUnauthorized, ProxyUnconnected, ProxyUnreachable
from xds_tui.api.text import clean
from xds_tui.i18n import N_

MAX_DETAIL: Final = 200
"""Characters of what the system said about it."""

_LATE: Final = N_("The service did not answer in time")
_UNREACHED: Final = N_("The service cannot be reached")
_BROKEN: Final = N_("The connection broke before the answer came")
_GARBLED: Final = N_("The connection ended without a proper answer")
_UNREADABLE: Final = N_("The answer could not be read")
_ELSEWHERE: Final = N_("The answer led elsewhere, which is not followed")
_ADDRESS: Final = N_("The service's address is not a URL that can be asked")

SUMMARIES: Final[dict[type[Exception], str]] = {
    TimeoutError: _LATE,
    httpx.TimeoutException: _LATE,
    httpx.ConnectTimeout: N_("The connection to the service was not made in time"),
    httpx.ReadTimeout: _LATE,
    httpx.WriteTimeout: N_("The service did not take the request in time"),
    httpx.PoolTimeout: N_("Too many requests were under way"),
    httpx.HTTPError: _BROKEN,
    httpx.RequestError: _BROKEN,
    httpx.TransportError: _BROKEN,
    httpx.NetworkError: _BROKEN,
    httpx.ConnectError: _UNREACHED,
    httpx.ReadError: _BROKEN,
    httpx.WriteError: _BROKEN,
    httpx.CloseError: _BROKEN,
    httpx.ProtocolError: _GARBLED,
    httpx.LocalProtocolError: N_("The request could not be written as HTTP"),
    httpx.RemoteProtocolError: _GARBLED,
    httpx.ProxyError: N_("The proxy refused the connection"),
    ProxyUnreachable: N_("The proxy cannot be reached"),
    ProxySilent: N_("The proxy did not answer in time"),
    ProxyUnauthorized: N_("The proxy wants a user name and a password, or other ones than these"),
    ProxyUnconnected: N_("The proxy could not connect to the service"),
    httpx.UnsupportedProtocol: _ADDRESS,
    httpx.InvalidURL: _ADDRESS,
    httpx.DecodingError: _UNREADABLE,
    httpx.TooManyRedirects: _ELSEWHERE,
    httpx.HTTPStatusError: _UNREADABLE,
    httpx.CookieConflict: _UNREADABLE,
    httpx.StreamError: _UNREADABLE,
    httpx.StreamConsumed: _UNREADABLE,
    httpx.StreamClosed: _UNREADABLE,
    httpx.ResponseNotRead: _UNREADABLE,
    httpx.RequestNotRead: _UNREADABLE,
}

FAILURES: Final = tuple(SUMMARIES)
"""What `translate_error` translates, for an `except`."""


def translate_error(error: Exception, *, sent: bool, safe: bool) -> NotSent | BadResponse | OutcomeUnknown:
    """Return our error for one of `FAILURES`, to be raised where `error`, which holds the headers, cannot hang on it.

    Args:
        error: what was raised.
        sent: whether the request had begun to leave.
        safe: whether the call changes nothing.

    """
    kind = NotSent if not sent else BadResponse if safe else OutcomeUnknown
    summary = next(SUMMARIES[base] for base in type(error).__mro__ if base in SUMMARIES)
    cause = Cause.PROXY if isinstance(error, httpx.ProxyError) else None
    return kind(summary, clean(str(error), MAX_DETAIL), cause=cause)
