"""The errors of a call to the service, classified by what the caller may do next.

    ApiError
    ├── NotSent          the request was not sent: it can be repeated
    ├── Rejected         the service answered with an error code: nothing was done
    ├── SignedOut        the credentials are missing or not valid: nothing was done; get a new token
    ├── BadResponse      the response to a reading call is missing or unusable: it can be repeated
    └── OutcomeUnknown   a changing call was sent, and what was done is unknown: it must not be repeated

A changing call never raises `BadResponse`: an unusable response leaves its outcome unknown. It raises `Rejected` only
for a response that `domain.rejections` lists for that call. A reading call without a response raises `NotSent` or
`BadResponse`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from xds_tui.errors import AppError
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

UNAVAILABLE: Final = N_("The service is not available")
PROXY_UNAUTHORIZED: Final = N_("The proxy requires a user name and a password, or rejects the given ones")
CERTIFICATES_UNREADABLE: Final = N_("The certificates in SSL_CERT_FILE or SSL_CERT_DIR cannot be read")


class Cause(Enum):
    """The cause of a failure, where it is known; it selects the advice."""

    PROXY = "proxy"
    """The proxy that the environment names."""
    PORTAL = "portal"
    """An unrelated web page, such as the sign-in page of a network, answered with HTTP 200."""
    BLOCKED = "blocked"
    """A firewall or the like blocked the request."""
    ADDRESS = "address"
    """There is no such service at this address."""
    SERVICE = "service"
    """The service, or the gateway in front of it, is not available."""


class ApiError(AppError):
    """A call to the service that failed.

    Attributes:
        trace_id: the ID that Xuandashi's support asks for; empty without a response.
        cause: the cause; None if it is unknown, or if the service gave a code.

    """

    def __init__(self, summary: str, detail: str = "", *, trace_id: str = "", cause: Cause | None = None) -> None:
        super().__init__(summary, detail)
        self.trace_id = trace_id
        self.cause = cause


class NotSent(ApiError):
    """The request was not sent: the connection failed, or the program is read-only."""


class Rejected(ApiError):
    """The service answered with a code other than 0; for a changing call, one that proves that nothing was done.

    Attributes:
        code: the service's code.
        message: its `msg`, cleaned.
        retry_after: seconds to wait before repeating the call, if the service gave a number (429, 503).

    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        trace_id: str = "",
        retry_after: float | None = None,
        cause: Cause | None = None,
    ) -> None:
        summary = UNAVAILABLE if cause is Cause.SERVICE else explain(code).meaning
        super().__init__(summary, message, trace_id=trace_id, cause=cause)
        self.code = code
        self.message = message
        self.retry_after = retry_after


class SignedOut(ApiError):
    """The token is missing, wrong or expired (401), or the account ID and secret were not accepted.

    Attributes:
        code: the service's code; 401 if it gave none.
        message: its `msg`, cleaned.
        is_passing: whether the next call may succeed without the user, because it requests a new token.
        retry_after: seconds until it does, if another program of the same account keeps invalidating our tokens.

    """

    def __init__(
        self,
        summary: str,
        code: int,
        message: str,
        *,
        trace_id: str = "",
        is_passing: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(summary, message, trace_id=trace_id)
        self.code = code
        self.message = message
        self.is_passing = is_passing
        self.retry_after = retry_after


class BadResponse(ApiError):
    """The response to a reading call is not the service's envelope, or did not arrive in time.

    Attributes:
        host_id: like `OutcomeUnknown.host_id`, while the response to a create is decoded.

    """

    host_id: str | None = None


class OutcomeUnknown(ApiError):
    """A changing call was sent, and whether it was carried out is unknown. It must not be repeated.

    Attributes:
        code: the code of the service or its gateway; None without one.
        host_id: for a create, a value in place of the new host's ID that does not look like one; it is the ID if the
            host list contains it.

    """

    def __init__(
        self,
        summary: str,
        detail: str = "",
        *,
        trace_id: str = "",
        cause: Cause | None = None,
        code: int | None = None,
        host_id: str | None = None,
    ) -> None:
        super().__init__(summary, detail, trace_id=trace_id, cause=cause)
        self.code = code
        self.host_id = host_id


@dataclass(frozen=True, slots=True)
class Explanation:
    """The meaning of a code and what the user can do, both marked for translation."""

    meaning: str
    remedy: str


_CHECK: Final = N_("Check what was sent. If it is correct, give the traceId to Xuandashi support.")
_LATER: Final = N_("Try again later. If the error persists, give the traceId to Xuandashi support.")
_WAIT: Final = N_("Wait until it has finished.")
_POWER_ON: Final = N_("Start the host first.")
_TOP_UP: Final = N_("Top up your wallet in the Xuandashi console, www.xuandashi.com, then order again.")

_EXPLANATIONS: Final = {
    0: Explanation(N_("The service responded that it did not do it"), N_("You may have to stop the host first.")),
    401: Explanation(N_("The service does not accept the token"), N_("Sign in again.")),
    429: Explanation(N_("Too many requests"), N_("Wait a moment, then try again.")),
    500: Explanation(N_("The service had an internal error"), _LATER),
    503: Explanation(N_("The service had an interface error"), _LATER),
    1001: Explanation(N_("No permission"), _CHECK),
    1003: Explanation(N_("The service reports an error"), N_("See its message.")),
    1005: Explanation(N_("The request is being processed"), N_("Wait for the result before you try again.")),
    1007: Explanation(N_("A required parameter is missing"), _CHECK),
    1021: Explanation(N_("The host does not exist"), N_("Refresh the list.")),
    1037: Explanation(
        N_("The account has not passed real-name verification"),
        N_("Complete it in the Xuandashi console, www.xuandashi.com."),
    ),
    6000: Explanation(N_("The host is starting"), _WAIT),
    6001: Explanation(N_("The host is stopping"), _WAIT),
    6002: Explanation(N_("No more hosts of this package are available"), N_("Choose another package.")),
    6003: Explanation(N_("The wallet balance does not cover one hour"), _TOP_UP),
    6005: Explanation(N_("The host is queued for creation"), N_("Wait for the host to appear.")),
    7002: Explanation(N_("The host is not started, so it cannot be rebooted"), _POWER_ON),
    7003: Explanation(N_("The host is unavailable, so it cannot be rebooted"), N_("Try again later.")),
    7004: Explanation(N_("The host is not running, so it cannot be rebooted"), _POWER_ON),
    7005: Explanation(
        N_("The types of package and image differ"), N_("Choose a package and an image of the same type.")
    ),
    9000: Explanation(
        N_("The wallet has an error"), N_("Check your wallet in the Xuandashi console, www.xuandashi.com.")
    ),
    9001: Explanation(N_("The wallet balance is too low"), _TOP_UP),
}

_UNKNOWN: Final = Explanation(
    N_("The service returned an undocumented code"),
    N_("See its message, or give the code and the traceId to Xuandashi support."),
)


def explain(code: int) -> Explanation:
    """Return the explanation of an error code (source: the API reference, "error codes")."""
    return _EXPLANATIONS.get(code, _UNKNOWN)
