"""What can go wrong between the client and the service, as tests ask for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """A way to go wrong."""

    LATENCY = "latency"
    """Answer after `seconds`."""
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
    CODE = "code"
    """Answer with `code` and `message`, and do nothing."""
    BUSY = "busy"
    """Answer 429 with Retry-After: `seconds`."""
    REDIRECT = "redirect"
    """Answer 302 to `location`."""
    HUGE = "huge"
    """Send `size` bytes."""
    NONSENSE = "nonsense"
    """Answer 200 with JSON that is no envelope."""
    EXPIRE_TOKENS = "expire tokens"
    """End every token first, then go on as always."""
    SHIFT = "shift"
    """Put a new host on top of the list first, then go on as always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to go wrong, and when."""

    kind: Kind
    endpoint: str = ""
    """The start of the path behind `v1/`, such as `pve/open/mypage`; empty: any."""
    skip: int = 0
    """Requests that go well first."""
    times: int = 1
    """Requests that go wrong."""
    seconds: float = 0.0
    status: int = 502
    code: int = 500
    message: str = "系统异常"
    location: str = ""
    size: int = 0


@dataclass(slots=True)
class Faults:
    """The faults that are still to come, and what was asked meanwhile."""

    pending: deque[Fault] = field(default_factory=deque)
    _seen: dict[int, int] = field(default_factory=dict)

    def set(self, *faults: Fault) -> None:
        """Let these happen, beside those still to come."""
        self.pending.extend(faults)

    def clear(self) -> None:
        """Let everything go well from now on."""
        self.pending.clear()
        self._seen.clear()

    def next(self, path: str) -> Fault | None:
        """The fault that strikes a request to `path` (behind `v1/`), if any; each strikes as often as it says."""
        for fault in self.pending:
            if not path.startswith(fault.endpoint):
                continue
            seen = self._seen[id(fault)] = self._seen.get(id(fault), 0) + 1
            if seen <= fault.skip:
                continue
            if seen >= fault.skip + fault.times:
                self.pending.remove(fault)
                del self._seen[id(fault)]
            return fault
        return None
