"""Notifications: which events are sent to a channel, when, and grouped into which messages.

Each channel has an `Outbox`. It waits a few seconds for further events, so that fifty hosts that go down at once are
one message, sends at most every `MIN_INTERVAL`, and keeps what could not be delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from enum import Enum
from itertools import takewhile
from typing import Final

from xds_tui.domain.credentials import Secret
from xds_tui.domain.records import Event, EventKind
from xds_tui.structs import dataclass

GROUPING_TIME: Final = timedelta(seconds=3)
"""How long the first event of a message waits for others."""

MIN_INTERVAL: Final = timedelta(seconds=3)
"""Time between two messages of a channel: at most 20 a minute, the limit of the chat services."""

OUTAGE_DELAY: Final = timedelta(minutes=2)
"""How long the service must be unreachable before that is sent."""

MAX_PENDING: Final = 500
"""Events that a channel keeps; the oldest are dropped."""

RETRY_DELAYS: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
"""Time after the first, second and every further failure in a row."""


class ChannelKind(Enum):
    """The protocol of a channel. The values are those of config.toml."""

    COMMAND = "command"
    """A program that reads JSON on standard input."""
    WEBHOOK = "webhook"
    """The same JSON in a POST request."""
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    XUANDASHI = "xuandashi"
    """The vendor's alert service."""

    @property
    def can_sign(self) -> bool:
        """Whether requests can be signed with a key."""
        return self in (ChannelKind.DINGTALK, ChannelKind.FEISHU)


@dataclass(frozen=True, slots=True)
class Channel:
    """A destination of notifications, as it is configured."""

    name: str
    kind: ChannelKind
    command: tuple[str, ...] = ()
    """Of a command: the program and its arguments."""


@dataclass(frozen=True, slots=True)
class ChannelSecrets:
    """Address and key of a channel, which only the keyring has; both grant the right to send."""

    url: Secret
    key: Secret | None = None
    """Signs requests; None if the channel does not require signatures."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day, in local time, in which nothing is sent. They may include midnight."""

    start: time
    end: time

    def contains(self, local: time) -> bool:
        """Return whether a time of the day is in them."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The words and values of a message; each protocol sends a part of them. It contains no secret."""

    id: str
    """The same for the beginning and the end of an outage, and else different."""
    at: datetime
    title: str
    lines: tuple[str, ...]
    """One event each."""
    level: int
    """From 0 to 4, the most severe."""
    is_resolved: bool = False
    """Whether it reports the end of an outage."""
    host: str = ""
    """The name of the host, if it is about one."""
    events: tuple[Mapping[str, object], ...] = ()
    """The exported fields of the events."""


DUPLICATE_WINDOW: Final = timedelta(minutes=2)
"""How far apart two programs that watch an account observe the same change."""


def keys_of(event: Event) -> tuple[str, str]:
    """Return two keys for `mark_reported`; another program that observes the same change has one of them, too."""
    cap = event.message if event.kind is EventKind.CAP else None
    parts = (
        *(event.kind, event.host_id, event.new, event.order_id, event.state, event.within, event.expires, cap),
        *((event.rule, event.due, event.step) if event.kind is EventKind.RULE else ()),
    )
    words = [str(part.value if isinstance(part, Enum) else part) for part in parts if part is not None]
    number = int(event.at.timestamp() // DUPLICATE_WINDOW.total_seconds())
    text = f"notified {' '.join(words)}"
    return f"{text} {number}", f"{text} {number + 1}"


@dataclass(frozen=True, slots=True)
class Message:
    """Events that are sent at once."""

    events: tuple[Event, ...]
    """Oldest first."""
    dropped: int = 0
    """Earlier events that are in no message, because there were too many."""
    outage: Event | None = None
    """The error that has ended, if the message reports nothing else; None in other messages."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The events that one channel has not sent yet."""

    pending: tuple[Event, ...] = ()
    """Oldest first."""
    added_at: datetime | None = None
    """When the oldest of them was added."""
    dropped: int = 0
    outage: Event | None = None
    """The error that lasts: the service cannot be reached, or something else keeps the hosts from being watched."""
    is_outage_sent: bool = False
    not_before: datetime | None = None
    """When the next message may be sent."""
    failures: int = 0
    """Failures in a row."""

    def add(self, events: Iterable[Event], now: datetime) -> Outbox:
        """Return the outbox with new events, oldest first. Those that are not notable are ignored."""
        box = self
        for event in events:
            if event.kind is EventKind.ERROR and not event.alert:
                box = _with_outage(box, event)
            elif event.kind is EventKind.RECOVERED:
                if not box.is_outage_sent:
                    box = replace(box, outage=None)
                elif event not in box.pending:
                    box = _with_event(box, event, now)
            elif event.alert or event.kind is EventKind.SIGNED_OUT:
                box = _with_event(box, event, now)
        return box

    def due_at(self) -> datetime | None:
        """Return when the next message is to be sent, apart from quiet hours; None while there is nothing to send."""
        times = []
        if self.added_at is not None:
            times.append(self.added_at + GROUPING_TIME)
        if self.outage is not None and not self.is_outage_sent:
            times.append(self.outage.at + OUTAGE_DELAY)
        if not times:
            return None
        return max(min(times), self.not_before or min(times))

    def message(self, now: datetime, *, is_last: bool = False) -> Message | None:
        """Return the message to send now, or None; `is_last`: do not wait for further events."""
        due_at = self.due_at()
        if is_last and self.pending:
            due_at = self.not_before or now
        if due_at is None or now < due_at:
            return None
        if self.pending and self.pending[0].kind is EventKind.RECOVERED:
            return Message(self.pending[:1], self.dropped, self.outage)
        events = tuple(takewhile(lambda event: event.kind is not EventKind.RECOVERED, self.pending))
        if self.outage is not None and not self.is_outage_sent and now >= self.outage.at + OUTAGE_DELAY:
            events = (self.outage, *events)
        return Message(events, self.dropped)

    def after(self, message: Message, now: datetime, *, is_delivered: bool) -> Outbox:
        """Return the outbox after `message` was delivered, or could not be; then it stays in the outbox."""
        if not is_delivered:
            delay = RETRY_DELAYS[min(self.failures, len(RETRY_DELAYS) - 1)]
            return replace(self, not_before=now + delay, failures=self.failures + 1)
        is_end = message.outage is not None
        pending = tuple(event for event in self.pending if event not in message.events)
        return replace(
            self,
            pending=pending,
            added_at=now if pending else None,
            dropped=self.dropped - message.dropped,
            outage=None if is_end else self.outage,
            is_outage_sent=not is_end and (self.is_outage_sent or self.outage in message.events),
            not_before=now + MIN_INTERVAL,
            failures=0,
        )


def _with_outage(box: Outbox, error: Event) -> Outbox:
    if box.outage is None:
        return replace(box, outage=error, is_outage_sent=False)
    # If its end has not been sent yet, it has not ended.
    pending = tuple(event for event in box.pending if event.kind is not EventKind.RECOVERED)
    return replace(box, pending=pending, added_at=box.added_at if pending else None)


def _with_event(box: Outbox, event: Event, now: datetime) -> Outbox:
    pending = (*box.pending, event)
    excess = max(0, len(pending) - MAX_PENDING)
    return replace(box, pending=pending[excess:], dropped=box.dropped + excess, added_at=box.added_at or now)
