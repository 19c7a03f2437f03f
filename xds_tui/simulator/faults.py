"""What can go wrong between the client and the service, as tests ask for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from xds_tui.simulator.error_codes import Code


class Kind(Enum):
    """A way to go wrong."""

    LATENCY = "latency"
    """Do it and answer after `seconds`, also when nobody waits for it any more."""
    DROP_BEFORE = "drop before"
    """Break the connection, and do nothing."""
    DROP_AFTER = "drop after"
    """Do it, and break the connection without an answer."""
    HTML = "html"
    """Answer `status` with a page of HTML, and do nothing."""
    HTML_AFTER = "html after"
    """Do it, and answer `status` with a page of HTML."""
    TRUNCATED = "truncated"
    """Do it, and cut the answer off in the middle."""
    DRIP = "drip"
    """Do it, and send one byte of the answer every `seconds`."""
    WRONG_TYPE = "wrong type"
    """Do it, and answer an envelope whose `data` is a list in a list, which it is for no endpoint."""
    CODE = "code"
    """Answer `code` with `message` in the given `form`, and do nothing."""
    CODE_AFTER = "code after"
    """Do it, and answer as `CODE` does; with `seconds`, answer first and do it that much later."""
    ANSWER = "answer"
    """Answer `status` with `body` as it stands, and do nothing."""
    ANSWER_AFTER = "answer after"
    """Do it, and answer as `ANSWER` does."""
    ALTERED = "altered"
    """Do it, and answer the envelope with `fields` set and the fields named in `without` left out."""
    REPEATED = "repeated"
    """Do a GET or DELETE `repeats` more times, as a gateway does after a time-out; answer what the last one did."""
    LISTING = "listing"
    """Answer a page of the host list without the last `hidden` hosts, with `total` as the number of hosts, and with
    `nameless` rows at the top of each page that have no ID."""
    BUSY = "busy"
    """Answer 429 with Retry-After: `seconds`, and do nothing."""
    REDIRECT = "redirect"
    """Answer 302 to `location`, and do nothing."""
    HUGE = "huge"
    """Answer an envelope whose `data` is `size` bytes long."""
    NONSENSE = "nonsense"
    """Answer 200 with JSON that is no envelope, and do nothing."""
    EXPIRE_TOKENS = "expire tokens"
    """End every token first, then go on as always."""
    SHIFT = "shift"
    """Put a new host on top of the list first, then go on as always."""


class Form(Enum):
    """The forms in which a code is answered; see `fault_answers`."""

    ENVELOPE = "envelope"
    """The service's own, in the dialect that it speaks."""
    GATEWAY = "gateway"
    """`code`, `message` and `traceId`, as the vendor's gateway answers for a service that it cannot reach."""
    FLOW_CONTROL = "flow control"
    """`code`, `message` and `routeID`, as the gateway answers too many requests."""
    SECURITY = "security"
    """`code`, `uri` and `msg`, as the framework answers a token that does not hold."""
    BARE = "bare"
    """`code` and `msg`, without `data`, `success` and `traceId`."""
    NO_CODE = "no code"
    """`message` alone: only the HTTP status tells what is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to go wrong, and when."""

    kind: Kind
    endpoint: str = ""
    """The start of the path behind `v1/` with its query, such as `pve/open/mypage?page=2&`; empty: any."""
    skip: int = 0
    """Requests that go well first."""
    times: int = 1
    """Requests that go wrong."""
    seconds: float = 0.0
    status: int = 0
    """The HTTP status of the answer; 0: 502 for HTML, else what the service's options say."""
    code: int = Code.SYSTEM_ERROR
    message: str = ""
    """Empty: that of the code."""
    form: Form = Form.ENVELOPE
    """How `code` is answered."""
    body: str = ""
    """The whole answer, for `ANSWER` and `ANSWER_AFTER`."""
    fields: dict[str, Any] = field(default_factory=dict)
    """Fields of the envelope that are set, for `ALTERED`."""
    without: tuple[str, ...] = ()
    """Fields of the envelope that are left out, for `ALTERED`."""
    repeats: int = 1
    hidden: int = 0
    total: int | None = None
    """None: as many hosts as the list shows."""
    nameless: int = 0
    location: str = ""
    size: int = 0


@dataclass(slots=True)
class _Waiting:
    """A fault that is still to come."""

    fault: Fault
    met: int = 0
    """Requests that it was meant for, until now."""

    def strikes(self) -> bool:
        """Count one more request, and say whether it goes wrong."""
        self.met += 1
        return self.met > self.fault.skip

    @property
    def is_over(self) -> bool:
        """Whether it has struck as often as it says."""
        return self.met >= self.fault.skip + self.fault.times


class Faults:
    """The faults that are still to come. They may be set from any thread."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()

    def set(self, *faults: Fault) -> None:
        """Let these happen, after those still to come."""
        with self._lock:
            self._waiting.extend(_Waiting(fault) for fault in faults)

    def clear(self) -> None:
        """Let everything go well from now on."""
        with self._lock:
            self._waiting.clear()

    @property
    def pending(self) -> list[Fault]:
        """Those still to come."""
        with self._lock:
            return [waiting.fault for waiting in self._waiting]

    def next(self, target: str) -> Fault | None:
        """The fault that strikes a request, if any; each strikes as often as it says.

        `target` is the path behind `v1/` with its query.
        """
        with self._lock:
            for waiting in self._waiting:
                if target.startswith(waiting.fault.endpoint) and waiting.strikes():
                    if waiting.is_over:
                        self._waiting.remove(waiting)
                    return waiting.fault
        return None
