"""Faults between the client and the simulated service, as tests set them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from xds_tui.simulator.error_codes import Code


class Kind(Enum):
    """What a fault does to a request. "Carry out" means that the service does the work."""

    LATENCY = "latency"
    """Carry out the request and respond after `seconds`, even if the client has disconnected."""
    DROP_BEFORE = "drop before"
    """Break the connection without carrying out the request."""
    DROP_AFTER = "drop after"
    """Carry out the request, and break the connection without a response."""
    HTML = "html"
    """Respond with `status` and a page of HTML without carrying out the request."""
    HTML_AFTER = "html after"
    """Carry out the request, and respond with `status` and a page of HTML."""
    TRUNCATED = "truncated"
    """Carry out the request, and truncate the response in the middle."""
    DRIP = "drip"
    """Carry out the request, and send one byte of the response every `seconds`."""
    WRONG_TYPE = "wrong type"
    """Carry out the request, and respond with an envelope with a list of lists as `data`, which no endpoint has."""
    CODE = "code"
    """Respond with `code` and `message` in the given `form` without carrying out the request."""
    CODE_AFTER = "code after"
    """Respond as for `CODE`, and carry out the request: before the response, or `seconds` after it if they are set."""
    ANSWER = "answer"
    """Respond with `status` and `body` without carrying out the request."""
    ANSWER_AFTER = "answer after"
    """Carry out the request, and respond as for `ANSWER`."""
    ALTERED = "altered"
    """Carry out the request, and respond with its envelope with `fields` set and the fields in `without` removed."""
    REPEATED = "repeated"
    """Carry out a GET or DELETE `repeats` more times, as a gateway does after a timeout; respond as the last one."""
    LISTING = "listing"
    """Respond with a page of the host list without the last `hidden` hosts, with `total` as the number of hosts, and
    with `nameless` rows without an ID at the top of each page."""
    BUSY = "busy"
    """Respond with 429 and Retry-After: `seconds` without carrying out the request."""
    REDIRECT = "redirect"
    """Redirect to `location` without carrying out the request."""
    HUGE = "huge"
    """Respond with an envelope with `size` bytes of `data`."""
    NONSENSE = "nonsense"
    """Respond with 200 and JSON that is not an envelope, without carrying out the request."""
    EXPIRE_TOKENS = "expire tokens"
    """Expire every token, then process the request normally."""
    SHIFT = "shift"
    """Insert a new host at the top of the list, then process the request normally."""


class Form(Enum):
    """The forms in which a response carries a code (see `responses`)."""

    ENVELOPE = "envelope"
    """The envelope of the service, in its dialect."""
    GATEWAY = "gateway"
    """`code`, `message` and `traceId`, as the vendor's gateway responds for a service that it cannot reach."""
    FLOW_CONTROL = "flow control"
    """`code`, `message` and `routeID`, as the gateway responds to too many requests."""
    SECURITY = "security"
    """`code`, `uri` and `msg`, as the framework responds to an invalid token."""
    BARE = "bare"
    """`code` and `msg`, without `data`, `success` and `traceId`."""
    NO_CODE = "no code"
    """`message` alone; only the HTTP status has a meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault, and the requests that it strikes."""

    kind: Kind
    endpoint: str = ""
    """The start of the path after `v1/` with its query, such as `pve/open/mypage?page=2&`; empty: any."""
    skip: int = 0
    """Number of matching requests that are processed normally first."""
    times: int = 1
    """Number of requests that the fault strikes."""
    seconds: float = 0.0
    status: int = 0
    """The HTTP status of the response; 0: 502 for HTML, otherwise the status of the options."""
    code: int = Code.SYSTEM_ERROR
    message: str = ""
    """Empty: the message of the code."""
    form: Form = Form.ENVELOPE
    """The form of the response with `code`."""
    body: str = ""
    """The body of the response, for `ANSWER` and `ANSWER_AFTER`."""
    fields: dict[str, Any] = field(default_factory=dict)
    """Fields of the envelope that are set, for `ALTERED`."""
    without: tuple[str, ...] = ()
    """Fields of the envelope that are removed, for `ALTERED`."""
    repeats: int = 1
    hidden: int = 0
    total: int | None = None
    """Number of hosts that a listing reports; None: the number of rows."""
    nameless: int = 0
    location: str = ""
    size: int = 0


@dataclass(slots=True)
class _Pending:
    """A fault that has not struck all its requests."""

    fault: Fault
    matched: int = 0
    """Number of requests that matched so far."""

    def strikes(self) -> bool:
        """Count a matching request, and return whether the fault strikes it."""
        self.matched += 1
        return self.matched > self.fault.skip

    @property
    def is_over(self) -> bool:
        """Whether the fault has struck all its requests."""
        return self.matched >= self.fault.skip + self.fault.times


class Faults:
    """The pending faults, in order. Thread-safe."""

    def __init__(self) -> None:
        self._faults: list[_Pending] = []
        self._lock = threading.Lock()

    def set(self, *faults: Fault) -> None:
        """Add faults after the pending ones."""
        with self._lock:
            self._faults.extend(_Pending(fault) for fault in faults)

    def clear(self) -> None:
        """Remove the pending faults."""
        with self._lock:
            self._faults.clear()

    @property
    def pending(self) -> list[Fault]:
        """Return the pending faults."""
        with self._lock:
            return [pending.fault for pending in self._faults]

    def next(self, target: str) -> Fault | None:
        """Return the fault that strikes a request, if any, and count the request.

        `target` is the path after `v1/` with its query.
        """
        with self._lock:
            for pending in self._faults:
                if target.startswith(pending.fault.endpoint) and pending.strikes():
                    if pending.is_over:
                        self._faults.remove(pending)
                    return pending.fault
        return None
