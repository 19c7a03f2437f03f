"""One host in a few lines of text: status, machine, access, cost and remaining time."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from xds_tui.domain import pricing
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.cost_history import BUCKET, bucket_start
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import Rate
from xds_tui.i18n import _
from xds_tui.text import formats, tags
from xds_tui.text.overview import Line, Span, shortened, urgency

STATUS_STYLES: Final = {
    Status.OFF: "muted",
    Status.STARTING: "busy",
    Status.ON: "good",
    Status.BILLED: "good",
    Status.STOPPING: "busy",
    Status.EXPIRED: "bad",
    Status.UNKNOWN: "warn",
}
"""The style of each status."""

_BAR_LENGTH: Final = 24
_SEPARATOR: Final = " · "


def card_lines(host: Host, rate: Rate | None, now: datetime, width: int, *, is_tall: bool = False) -> tuple[Line, ...]:
    """Return what matters about a host, each line at most `width` cells.

    Args:
        host: the host.
        rate: its price; None if it is not known.
        now: the time from which remaining times are counted.
        width: cells of a line.
        is_tall: whether a long line is continued in the next one instead of being cut off.

    """
    address = formats.address(host)
    access = " · ".join(part for part in (address if address != formats.NOTHING else "", host.account or "") if part)
    texts = [machine(host), access or _("no address yet")]
    times = [f"{_('created')} {formats.moment(host.created)}"] * (host.created is not None)
    if host.expires is not None:
        times.append(f"{_('expires')} {formats.moment(host.expires)}")
    lines: list[Line] = [_summary(host, rate)]
    if is_tall:
        texts = [line for text in texts for line in _broken(text, width)]
    lines += [((shortened(text, width), ""),) for text in texts]
    lines += _annotation(host, width)
    lines.append(((shortened(" · ".join(times), width), "muted"),))
    if total := accrued(host, rate, now):
        lines.append(((shortened(total, width), ""),))
    if bar := remaining_bar(host, now, width):
        lines.append(bar)
    return tuple(lines)


def _annotation(host: Host, width: int) -> list[Line]:
    """Return tags and owner in one line, and the note in another; nothing for what the host does not have."""
    annotation = host.annotation
    line: list[Span] = []
    room = width
    for text, style in (*tags.spans(annotation.tags), *_owner(annotation)):
        if room > 0:
            line.append((shortened(text, room), style))
            room -= formats.cells(text)
    note: Line = ((shortened(annotation.note, width), "muted"),)
    return [tuple(line)] * bool(line) + [note] * bool(annotation.note)


def _owner(annotation: Annotation) -> list[Span]:
    if not annotation.owner:
        return []
    return [(" · " if annotation.tags else "", ""), (annotation.owner, "")]


def _broken(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` cells, broken where its parts are separated."""
    lines: list[str] = []
    for part in text.split(_SEPARATOR):
        if lines and formats.cells(lines[-1] + _SEPARATOR + part) <= width:
            lines[-1] += _SEPARATOR + part
        else:
            lines.append(part)
    return lines


def _summary(host: Host, rate: Rate | None) -> Line:
    spans: list[Span] = [(formats.status(host), STATUS_STYLES[host.status])]
    spans.append((f" · {formats.billing(host.billing)}", ""))
    if rate is not None:
        spans.append((f" · {formats.per_hour(formats.rate(rate))}", "strong"))
    return tuple(spans)


def machine(host: Host) -> str:
    """Return operating system, CPU, memory, disk and GPU in one line."""
    raw = host.raw
    parts = [
        host.os,
        _("{count} CPU").format(count=formats.number(host.cpu, raw.get("cpu"))),
        f"{formats.number(host.memory, raw.get('memory'))} GB",
        f"{formats.number(host.disk, raw.get('rigidDisk'))} GB {_('disk')}",
    ]
    if host.gpu_count:
        parts.append(formats.gpu(host.gpu_name, host.gpu_count))
    return " · ".join(part for part in parts if part)


def accrued(host: Host, rate: Rate | None, now: datetime) -> str:
    """Return what a host has cost, as a sentence of its own; empty if that is not known."""
    total = _total(host, rate, now)
    if total is None:
        return ""
    text = _("{sum} prepaid") if host.billing is Billing.RENT else _("up to {sum} so far")
    return text.format(sum=formats.money(total))


def accrued_value(host: Host, rate: Rate | None, now: datetime) -> str:
    """Return what a host has cost, as the value of a field that says so."""
    total = _total(host, rate, now)
    if total is None:
        return formats.NOTHING
    text = _("{sum} prepaid") if host.billing is Billing.RENT else _("at most {sum}")
    return text.format(sum=formats.money(total))


def _total(host: Host, rate: Rate | None, now: datetime) -> Decimal | None:
    """Return the price of the whole prepaid period, or at most that of every hour since the host was created.

    It is an upper bound for the present quarter of an hour, so that it does not change with every refresh.
    """
    return pricing.accrued(host, rate, bucket_start(now) + BUCKET) if rate else None


def remaining_bar(host: Host, now: datetime, width: int) -> Line:
    """Return the remaining part of a prepaid period as a bar with its duration; nothing if it is not known."""
    if host.expires is None or host.created is None or host.expires <= host.created:
        return ()
    left = max(timedelta(0), host.expires - now)
    share = min(1.0, left / (host.expires - host.created))
    text = _("{time} left ({percent}%)").format(time=formats.span(left), percent=round(share * 100))
    length = min(_BAR_LENGTH, width - formats.cells(text) - 1)
    if length < 4:
        return ((shortened(text, width), urgency(left)),)
    filled = min(length, max(1, round(share * length))) if left else 0
    style = urgency(left) or "good"
    return ("▰" * filled, style), ("▱" * (length - filled), "muted"), (f" {text}", urgency(left))
