"""The words of notifications."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from xds_tui.domain.annotations import NO_ANNOTATIONS, Annotations
from xds_tui.domain.notification import Message, Notification
from xds_tui.domain.records import Event, EventKind
from xds_tui.i18n import _
from xds_tui.text import export, messages
from xds_tui.text.record_names import with_alias

MAX_LINES: Final = 20
"""Events in the text of a message; the others are counted."""

_LEVELS: Final = {
    EventKind.EXPIRING: 2,
    EventKind.CAP: 2,
    EventKind.RECOVERED: 0,
    EventKind.STATUS: 3,
    EventKind.GONE: 3,
}
"""Severity of a kind of events, from 0 to 4; 3 for others."""


def compose(message: Message, profile: str, annotations: Annotations = NO_ANNOTATIONS) -> Notification:
    """Return the words of a message about an account, which `profile` names, with the user's names of hosts."""
    events = [with_alias(event, annotations) for event in message.events]
    first = events[0]
    title = f"xds-tui · {profile} · {messages.event(first)}"
    lines = [_line(event) for event in events[:MAX_LINES]]
    if len(events) > 1:
        title = _("xds-tui · {profile} · {count} alerts").format(profile=profile, count=len(events))
    more = len(events) - len(lines) + message.dropped
    if more:
        lines.append(_("{count} more; see the history").format(count=more))
    table = export.events_table(message.events, annotations)
    hosts = {event.host_name or event.host_id or "" for event in events}
    return Notification(
        id=_id_of(message.outage or first),
        at=first.at,
        title=title,
        lines=tuple(lines),
        level=max(_LEVELS.get(event.kind, 3) for event in events),
        is_resolved=message.outage is not None,
        host=hosts.pop() if len(hosts) == 1 else "",
        events=tuple(dict(zip(table.fields, row, strict=True)) for row in table.rows),
    )


def compose_test(profile: str, at: datetime) -> Notification:
    """Return the words of a test of a channel."""
    title = _("xds-tui · {profile} · test").format(profile=profile)
    line = _("If you can read this, the notifications of xds-tui arrive here.")
    return Notification(
        id=hashlib.sha256(f"test {at.isoformat()}".encode()).hexdigest()[:32],
        at=at,
        title=title,
        lines=(line,),
        level=0,
    )


def _line(event: Event) -> str:
    return " · ".join(messages.event_lines(event))


def _id_of(event: Event) -> str:
    return _hash(f"{event.at.isoformat()} {event.kind.value} {event.host_id}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
