"""The responses to a changing call that prove that nothing was done; every other one leaves the outcome unknown.

A response is proof only if all of this holds:

* its code is listed here for that call, because the vendor documents it as a condition that is checked before anything
  is done;
* the call itself cannot have brought about what the code describes. The vendor's gateway repeats GET and DELETE
  requests up to five times, power, reboot and delete among them, and only the last response is seen: "the host is
  starting" may be the result of our own start;
* its HTTP status can carry the service's own word, see `CARRIERS`.

Sources:

    document      the vendor's host rental document, by the number of its section
    later         the later revisions of that document, by date, and their table of error codes
    gateway       the vendor's published gateway and service framework (finovy/gateway, finovy/framework-cloud, 2024-05)
    RFC 9110      HTTP semantics

What the sources leave open is decided for "unknown": a refusal that is taken for an unknown outcome costs a look at the
fleet, a purchase that is taken for a refusal is paid twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Final


class Call(Enum):
    """A call that changes something, by the name of its endpoint."""

    CREATE_ON_DEMAND = "createquantity"
    CREATE_RENT = "createRent"
    POWER = "operate"
    REBOOT = "reboot"
    DELETE = "delete"


NOT_CARRIERS: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS, 499, *range(500, 600)}
)
"""HTTP statuses of a proxy or gateway that gave up on the service, which may go on with the request: proof of nothing
whatever the body says. 429 is among them because flow control stands in front of every repetition of a request."""

CARRIERS: Final = frozenset(
    {HTTPStatus.OK.value, *(status.value for status in HTTPStatus if 400 <= status < 500)} - NOT_CARRIERS
)
"""HTTP statuses that can carry one of the service's own codes.

The vendor's framework answers them with 200, but no document promises it, and a 4xx beside the code says the same thing
twice (RFC 9110, 15.5: the client is at fault). 1xx, 3xx, the other 2xx (202: accepted) and statuses that no standard
defines contradict an error code of the service or do not come from it.
"""

_PARAMETERS: Final = "later, error codes: the parameters are checked first"
_BALANCE: Final = "document, step 3: both creates demand a balance; the code is that of"

REJECTIONS: Final[Mapping[Call, Mapping[int, str]]] = {
    Call.CREATE_ON_DEMAND: {
        1001: "document 3",
        1007: _PARAMETERS,
        1037: "later, 2023-10-23",
        6002: "document 4: both creates take from one stock",
        6003: f"{_BALANCE} operate, document 5",
        7005: "document 3",
        9000: f"{_BALANCE} createRent, document 4",
        9001: f"{_BALANCE} createRent, document 4",
    },
    Call.CREATE_RENT: {
        1001: "document 4",
        1007: _PARAMETERS,
        1037: "document 4",
        6002: "document 4",
        7005: "document 4",
        9000: "document 4",
        9001: "document 4",
    },
    Call.POWER: {
        1001: "document 5",
        1007: _PARAMETERS,
        1021: "later, error codes: there is no such host, and a power call removes none",
        1037: "later, 2023-10-23",
        6002: "document 5: a host that our own start has started answers 6000",
        6003: "document 5: a host that our own start has started answers 6000",
    },
    Call.REBOOT: {
        1001: "later, error codes",
        1007: _PARAMETERS,
        1021: "later, error codes: there is no such host, and a reboot removes none",
    },
    Call.DELETE: {
        1007: _PARAMETERS,
    },
}
"""The codes that prove that nothing was done, and where that is said."""

_NEVER: Final[Mapping[int, str]] = {
    400: "gateway: the framework's answer to any failure that it has no code for",
    404: "gateway: answered for a time-out of the service, beside HTTP 504",
    429: "gateway: flow control; other attempts of the same request may have passed it",
    430: "gateway: flow control by its configuration",
    500: "later, error codes: something broke, at any point",
    501: "gateway: a token code beside HTTP 401, but also what HTTP gateways call a failed request",
    502: "gateway: a token code beside HTTP 401, but also what HTTP gateways call a failed request",
    503: "later, error codes: something broke, at any point",
    1003: "gateway: the framework's answer to any exception, a time-out between its services among them",
    1005: "later, error codes: the request is being processed",
}
_NOT_FOR: Final[Mapping[Call, Mapping[int, str]]] = {
    Call.CREATE_ON_DEMAND: {6005: "document 4: the creation waits, and may be carried out later"},
    Call.CREATE_RENT: {6005: "document 4: the creation waits, and may be carried out later"},
    Call.POWER: {
        6000: "document 5: our own start, repeated by the gateway, is answered so",
        6001: "document 5: our own stop, repeated by the gateway, is answered so",
    },
    Call.REBOOT: {
        7002: "document 6: our own reboot, repeated by the gateway, meets a host that is down",
        7003: "document 6: our own reboot, repeated by the gateway, meets a host that cannot be used",
        7004: "document 6: our own reboot, repeated by the gateway, meets a host that is down",
    },
    Call.DELETE: {
        0: "later, 2023-11-15: `data` false or null; repeated by the gateway, that is also said of a deleted host",
        1001: "document 7, 9: said of a host that is not there, so also of one that our own delete removed",
        1021: "later, error codes: our own delete, repeated by the gateway, is answered so",
    },
}
_UNLISTED: Final = "no source says what was done when this call is answered with this code"

_TOKEN_CODES: Final = frozenset({401, 2000, 2001})
_FRAMEWORK_TOKEN_CODES: Final = frozenset({501, 502})
_TOKEN_CARRIERS: Final = frozenset({HTTPStatus.OK.value, HTTPStatus.UNAUTHORIZED.value, HTTPStatus.FORBIDDEN.value})


def is_rejection(call: Call, status: int, code: int) -> bool:
    """Whether a response with this HTTP status and code proves that `call` did nothing."""
    return status in CARRIERS and code in REJECTIONS[call]


def is_token_rejection(status: int, code: int | None) -> bool:
    """Whether a response proves that a call was stopped at the door, because its token does not hold.

    The token is checked before a request reaches the service (gateway: codes 401, 2000, 2001), so nothing was done.
    HTTP 401 proves it alone (RFC 9110, 15.5.2: the request has not been applied), with no code as with one of the
    token codes; the framework's token codes 501 and 502 count only beside it.

    Args:
        status: the HTTP status.
        code: the code; None where the response is not an envelope.

    """
    if status == HTTPStatus.UNAUTHORIZED and (code is None or code in _FRAMEWORK_TOKEN_CODES):
        return True
    return status in _TOKEN_CARRIERS and code in _TOKEN_CODES


def why_inconclusive(call: Call, code: int) -> str:
    """Return why a response to `call` with a code that is not in `REJECTIONS` proves nothing."""
    return _NOT_FOR[call].get(code) or _NEVER.get(code) or _UNLISTED


def is_documented(call: Call, code: int) -> bool:
    """Whether a source says what this code means for this call, one way or the other."""
    return code in REJECTIONS[call] or code in _NOT_FOR[call] or code in _NEVER
