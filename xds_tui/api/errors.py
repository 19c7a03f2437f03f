"""Everything that a call to the service can end in, other than its answer.

    XdsError
    ├── NotSent          the request never left: asking again is harmless
    ├── Refused          the service refused, with a code: nothing was done
    ├── SignedOut        the service does not know us: nothing was done, a new token is needed
    ├── BadAnswer        a reading call was answered by something that makes no sense
    └── OutcomeUnknown   a changing call left and its outcome is not known: look, do not repeat

They are split by what the caller may do next, because that is the distinction that protects money. A changing
call never ends in `BadResponse`: a response that makes no sense leaves its outcome
unknown. It ends in `Rejected` only for
a response that `domain.rejections` lists for that call. A reading call whose answer did not arrive ends in `NotSent` or
`BadResponse`: both may be asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from xds_tui.i18n import N_

UNAVAILABLE: Final = N_("The service is not available")


class Cause(Enum):
    """What is at fault where it can be told, so that the advice fits."""

    PROXY = "proxy"
    """The proxy that the environment names."""
    PORTAL = "portal"
    """Somebody else's web page, such as the sign-in page of a network, answered with success."""
    BLOCKED = "blocked"
    """Something on the way, such as a firewall, did not let the request through."""
    ADDRESS = "address"
    """There is nothing of the service at this address."""
    SERVICE = "service"
    """The service, or the gateway in front of it, is not available."""


class ApiError(Exception):
    """A call that did not succeed.

    Attributes:
        summary: what happened, one sentence in English, marked for translation, without values.
        detail: what was seen, in the words of whoever said it; cleaned, may be empty, never a secret.
        trace_id: what the vendor's support asks for; empty where nothing was answered.
        cause: what is at fault; None: it cannot be told, or the service said it with a code.

    """

    def __init__(self, summary: str, detail: str = "", *, trace_id: str = "", cause: Cause | None = None) -> None:
        super().__init__(summary, detail, trace_id)
        self.summary = summary
        self.detail = detail
        self.trace_id = trace_id
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.summary} ({self.detail})" if self.detail else self.summary

    def __reduce__(self) -> tuple[object, ...]:
        # pickle and copy would call the class with `args`, which are not what its `__init__` takes.
        return _without_init, (type(self), *self.args), vars(self).copy()


def _without_init(kind: type[ApiError], *args: object) -> ApiError:
    return kind.__new__(kind, *args)


class NotSent(ApiError):
    """The request never left this machine, or was held back by it (`--read-only`)."""


class Rejected(ApiError):
    """The service answered with a code other than 0; for a changing call with one that proves that it did nothing.

    Attributes:
        code: the service's code.
        message: its `msg`, cleaned.
        retry_after: seconds to wait before asking again, where the service said so (429, 503).

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
        code: the service's code, 401 where it gave none.
        message: its `msg`, cleaned.
        is_passing: whether the next call may do better without the user: it asks for another token.
        retry_after: seconds after which it does, where another program of the account keeps ending our tokens.

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
    """A reading call was answered by something that is not the service's envelope, or not in time.

    Attributes:
        host_id: as that of `OutcomeUnknown`, while the response of a create is decoded.

    """

    host_id: str | None = None


class OutcomeUnknown(ApiError):
    """A changing call left, and whether it was carried out is not known. It must not be sent again.

    Attributes:
        code: the service's or its gateway's code; None where no code was answered.
        host_id: for a create, what was answered in place of the new host's ID: it may be that, if a listing shows it.

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
    """What a code means and what the user can do, both marked for translation."""

    meaning: str
    remedy: str


_CHECK: Final = N_("Check what was sent; give the vendor's support the traceId if it is right.")
_LATER: Final = N_("Try again later; give the vendor's support the traceId if it stays.")
_WAIT: Final = N_("Wait for it to finish.")
_POWER_ON: Final = N_("Start the host first.")
_TOP_UP: Final = N_("Top up the wallet in the vendor's console, www.xuandashi.com, then order again.")

_EXPLANATIONS: Final = {
    0: Explanation(
        N_("The service answered that it did not do it"), N_("A host that is on may have to be stopped first.")
    ),
    401: Explanation(N_("The service does not accept the token"), N_("Sign in again.")),
    429: Explanation(N_("Too many requests"), N_("Wait a little.")),
    500: Explanation(N_("The service had a system error"), _LATER),
    503: Explanation(N_("The service's interface had an error"), _LATER),
    1001: Explanation(N_("No permission"), _CHECK),
    1003: Explanation(N_("The service reports an error of its own"), N_("Its message says which.")),
    1005: Explanation(N_("The request is being processed"), N_("Wait for its result before asking again.")),
    1007: Explanation(N_("A required parameter is missing"), _CHECK),
    1021: Explanation(N_("The machine does not exist"), N_("Refresh the list.")),
    1037: Explanation(
        N_("The account has no real-name verification"),
        N_("Complete it in the vendor's console, www.xuandashi.com."),
    ),
    6000: Explanation(N_("The host is starting"), _WAIT),
    6001: Explanation(N_("The host is stopping"), _WAIT),
    6002: Explanation(N_("No resources are left for this package"), N_("Choose another package.")),
    6003: Explanation(N_("The wallet does not cover one hour"), _TOP_UP),
    6005: Explanation(N_("The creation is queued"), N_("Wait for the host to appear.")),
    7002: Explanation(N_("The host is not started, so it cannot reboot"), _POWER_ON),
    7003: Explanation(N_("The host is unavailable, so it cannot reboot"), N_("Try again later.")),
    7004: Explanation(N_("The host is not running, so it cannot reboot"), _POWER_ON),
    7005: Explanation(N_("The package's type and the image's type differ"), N_("Choose a pair of the same type.")),
    9000: Explanation(
        N_("The wallet has an error"), N_("Check the wallet in the vendor's console, www.xuandashi.com.")
    ),
    9001: Explanation(N_("The wallet's balance is too low"), _TOP_UP),
}

_UNKNOWN: Final = Explanation(
    N_("The service answered with a code that nobody documented"),
    N_("Its message may say why; give the vendor's support the code and the traceId."),
)


def explain(code: int) -> Explanation:
    """Return what `code` means (reference: error codes)."""
    return _EXPLANATIONS.get(code, _UNKNOWN)
