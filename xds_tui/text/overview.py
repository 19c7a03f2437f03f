"""The overview of a fleet as lines of text: hosts by status, cost, next expiries.

A line is a tuple of spans, each a text with the name of a style or ''. Every function takes the width in cells and
returns what fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from xds_tui.domain.cost_history import Spending
from xds_tui.domain.gpus import GpuUse
from xds_tui.domain.host_list import Counts
from xds_tui.domain.model import Host
from xds_tui.domain.pricing import FleetRate, Rate
from xds_tui.domain.sanitize import local_time
from xds_tui.i18n import _, ngettext
from xds_tui.structs import dataclass
from xds_tui.text import charts, formats

Span = tuple[str, str]
Line = tuple[Span, ...]

_MAX_GPU_CELLS: Final = 9


@dataclass(frozen=True, slots=True)
class Overview:
    """The values that the overview shows."""

    counts: Counts
    gpus: tuple[GpuUse, ...]
    rate: FleetRate
    is_priced: bool
    """Whether prices are known at all: the catalog has been read."""
    prepaid_hosts: int
    spent_today: Spending | None
    """None before the samples have been read."""
    history: tuple[Decimal | None, ...]
    """The highest cost per hour in equal parts of the last 24 hours, oldest first."""
    expiring: tuple[Host, ...]
    """The hosts that expire next."""
    now: datetime


def fleet_lines(overview: Overview, width: int) -> tuple[Line, ...]:
    """Return the hosts by status, the same as a bar, and the GPUs in use."""
    return _statuses(overview.counts, width), _bar(overview.counts, width), _gpus(overview.gpus, width)


def cost_lines(overview: Overview, width: int, blocks: str = charts.BLOCKS) -> tuple[Line, ...]:
    """Return the present cost, the cost of the last 24 hours as a sparkline, and what is prepaid."""
    if not overview.is_priced:
        return ((_("Waiting for prices"), "muted"),), (), ()
    return _present_cost(overview, width), _sparkline(overview.history, width, blocks), _prepaid(overview, width)


def expiry_lines(overview: Overview, width: int) -> tuple[Line, ...]:
    """Return one line for each of the hosts that expire next."""
    if not overview.expiring:
        return (((_("No prepaid hosts"), "muted"),),)
    return tuple(_expiry(host, overview.now, width) for host in overview.expiring)


def summary_line(overview: Overview, width: int) -> Line:
    """Return everything that matters in one line; what matters less is left out where it does not fit."""
    counts = overview.counts
    parts: list[Span] = [(formats.count_on(counts.on), "good")]
    if counts.changing:
        parts.append((formats.count_changing(counts.changing), "busy"))
    if counts.off:
        parts.append((_("{count} off").format(count=counts.off), ""))
    cost = [_summed_cost(overview)] if overview.is_priced else []
    if overview.is_priced and overview.rate.prepaid.high:
        cost.append((_("+ {rate}/h prepaid").format(rate=formats.rate(overview.rate.prepaid)), "muted"))
    following = [_next_expiry(overview.expiring[0], overview.now)] if overview.expiring else []
    candidates = [
        [*parts, *cost, *following],
        [*parts[:1], *cost, *following],
        [*parts[:1], *cost[:1], *following],
        [*cost[:1], *following],
        cost[:1],
    ]
    return next((line for spans in candidates if _width(line := _joined(spans)) <= width), ())


def short_span(length: timedelta) -> str:
    """Return a duration in its largest unit alone, rounded down: `3 min`, `4 h`, `12 d`."""
    minutes = max(0, int(length.total_seconds()) // 60)
    if minutes < 60:
        return formats.minutes(length)
    if minutes < 24 * 60:
        return _("{hours} h").format(hours=minutes // 60)
    return _("{days} d").format(days=minutes // (24 * 60))


# Fleet


def _statuses(counts: Counts, width: int) -> Line:
    hosts = formats.count_hosts(counts.total)
    parts = [
        ("●", counts.on, formats.count_on(counts.on), "good"),
        ("↕", counts.changing, formats.count_changing(counts.changing), "busy"),
        ("○", counts.off, _("{count} off").format(count=counts.off), ""),
        ("✕", counts.expired, _("{count} expired").format(count=counts.expired), "bad"),
        ("?", counts.unknown, _("{count} with unknown status").format(count=counts.unknown), "warn"),
    ]
    present = [part for part in parts if part[1]]
    worded = [(f"{glyph} {words}", style) for glyph, _count, words, style in present]
    short = [(f"{glyph} {count}", style) for glyph, count, _words, style in present]
    narrow = [(f"{glyph}{count}", style) for glyph, count, _words, style in present]
    for gap, shown in (("   ", worded), ("  ", worded[:1] + short[1:]), ("  ", short), (" ", narrow)):
        line = _joined([(hosts, "strong"), *shown], gap)
        if _width(line) <= width:
            return line
    return ((hosts, "strong"),)


def _bar(counts: Counts, width: int) -> Line:
    parts = [
        ("━", counts.on, "good"),
        ("╍", counts.changing, "busy"),
        ("─", counts.off, "muted"),
        ("┄", counts.expired + counts.unknown, "bad"),
    ]
    cells = _shares([count for _glyph, count, _style in parts], width)
    return tuple((glyph * length, style) for (glyph, _count, style), length in zip(parts, cells, strict=True) if length)


def _shares(counts: Sequence[int], width: int) -> list[int]:
    """Divide `width` cells in proportion to `counts`; what exists gets a cell."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    cells = [max(1, count * width // total) if count else 0 for count in counts]
    largest = max(range(len(counts)), key=counts.__getitem__)
    cells[largest] = max(1, cells[largest] + width - sum(cells))
    return cells


def _gpus(gpus: Sequence[GpuUse], width: int) -> Line:
    if not gpus:
        return ((_("no GPUs"), "muted"),)
    most = max(use.total for use in gpus)
    for cells in (_MAX_GPU_CELLS, _MAX_GPU_CELLS // 2, 0):
        lines = [_gpu(use, most, cells) for use in gpus]
        for count in range(len(lines), 0, -1):
            more: list[Line] = [((f"+{len(lines) - count}", "muted"),)] if count < len(lines) else []
            line = _spaced([*lines[:count], *more])
            if _width(line) <= width and (not more or count > 1 or not cells):
                return line
    return ()


def _gpu(use: GpuUse, most: int, max_cells: int) -> Line:
    numbers = f"{use.used}/{use.total}"
    name = short_gpu(use.model)
    if not max_cells:
        return (f"{name} ", ""), (numbers, "strong")
    length = max(1, min(use.total, -(-use.total * max_cells // most)))
    filled = 0 if not use.used else min(length, max(1, use.used * length // use.total))
    return (f"{name} ", ""), ("▰" * filled, "good"), ("▱" * (length - filled), "muted"), (f" {numbers}", "strong")


def short_gpu(model: str) -> str:
    """Return a GPU model without the names of its brand."""
    words = model.split()
    while len(words) > 1 and words[0].upper() in ("NVIDIA", "GEFORCE", "RTX"):
        del words[0]
    return " ".join(words) or "GPU"


# Cost


def _cost_now(overview: Overview) -> Span:
    rate = overview.rate
    if rate.unpriced and not rate.on_demand.high:
        # A sum of nothing would read as a price.
        return formats.unknown_prices(rate.unpriced), "warn"
    return _("{rate}/h now").format(rate=formats.rate(rate.on_demand)), "strong"


def _summed_cost(overview: Overview) -> Span:
    """Return the present cost with the number of prices that are missing from it."""
    text, style = _cost_now(overview)
    is_partial = overview.rate.unpriced and style != "warn"
    return (f"{text} + {overview.rate.unpriced} ?", "warn") if is_partial else (text, style)


def _present_cost(overview: Overview, width: int) -> Line:
    day = formats.per_day(_about(overview.rate.on_demand, 24))
    month = _("{sum}/30 days if left on").format(sum=_about(overview.rate.on_demand, 720))
    today = _today(overview.spent_today)
    now = _cost_now(overview)
    if now[1] == "warn":
        return (now,)
    for spans in ([now, (day, ""), (month, "muted"), *today], [now, (day, ""), *today], [now, *today], [now]):
        line = _joined(spans, "  ")
        if _width(line) <= width:
            return line
    return ()


def _today(spent: Spending | None) -> list[Span]:
    if spent is None:
        return []
    whole = spent.amount.quantize(Decimal(1), ROUND_HALF_UP)
    return [(_("today {sum}").format(sum=f"{'' if spent.is_complete else '≥'}¥{whole:,}"), "")]


def _about(rate: Rate, hours: int) -> str:
    return f"≈¥{(rate.high * hours).quantize(Decimal(1), ROUND_HALF_UP):,}"


def _sparkline(history: Sequence[Decimal | None], width: int, blocks: str) -> Line:
    known = [value for value in history if value is not None]
    if not known:
        return ((_("collecting cost data"), "muted"),)
    highest = max(known)
    peak = f"¥{highest.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
    short_peak = f"¥{highest.quantize(Decimal(1), ROUND_HALF_UP):,}"
    for note in (
        _("24 h · peak {sum}/h").format(sum=peak),
        _("24 h · peak {sum}").format(sum=short_peak),
        _("24 h"),
        "",
    ):
        room = width - (formats.cells(note) + 1 if note else 0)
        # Each cell stands for 1, 2 or 4 quarters of an hour, so that all are equally long.
        parts = next((len(history) // n for n in (1, 2, 4) if len(history) // n <= room), 0)
        if parts:
            columns = _merged(history, len(history) // parts)
            return (charts.sparkline(columns, highest, blocks), "spark"), (f" {note}" if note else "", "muted")
    return ()


def _merged(history: Sequence[Decimal | None], count: int) -> list[Decimal | None]:
    """Return the highest known value of each `count` values."""
    groups = (history[start : start + count] for start in range(0, len(history), count))
    return [max((value for value in group if value is not None), default=None) for group in groups]


def _prepaid(overview: Overview, width: int) -> Line:
    spans: list[Span] = []
    if overview.rate.prepaid.high:
        rate = formats.rate(overview.rate.prepaid)
        text = ngettext(
            "+ {rate}/h prepaid in {count} host", "+ {rate}/h prepaid in {count} hosts", overview.prepaid_hosts
        )
        spans.append((text.format(rate=rate, count=overview.prepaid_hosts), "muted"))
    if overview.rate.unpriced and overview.rate.on_demand.high:
        spans.append((formats.unknown_prices(overview.rate.unpriced), "warn"))
    line = _joined(spans)
    return line if _width(line) <= width else tuple(spans[-1:])


# Expiries


def _expiry(host: Host, now: datetime, width: int) -> Line:
    if host.expires is None:
        return ()
    left = host.expires - now
    style = urgency(left)
    mark = {"bad": "!!", "warn": "! "}.get(style, "  ")
    at = expiry_time(host.expires, now)
    end = f"{formats.flush_right(short_span(left), 7)}  {formats.padded(at, 5)}"
    room = width - 3 - 2 - formats.cells(end)
    name = formats.padded(shortened(host.display_name, room), room) if room > 3 else ""
    return (f"{mark} ", style), (f"{name}  ", style), (end, style or "muted")


def urgency(left: timedelta) -> str:
    """Return the style of a remaining time: `bad` below an hour, `warn` below a day, else ''."""
    if left < timedelta(hours=1):
        return "bad"
    return "warn" if left < timedelta(days=1) else ""


def expiry_time(at: datetime, now: datetime) -> str:
    """Return the local time of day of a time within 24 hours, else the date."""
    return local_time(at).strftime("%H:%M" if at - now < timedelta(hours=24) else "%m-%d")


def _next_expiry(host: Host, now: datetime) -> Span:
    left = (host.expires or now) - now
    text = _("next expiry: {host} in {time}").format(host=host.display_name, time=short_span(left))
    return text, urgency(left)


def shortened(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, with an ellipsis if it is cut."""
    if formats.cells(text) <= width:
        return text
    return formats.padded(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""


# Lines


def _joined(spans: Sequence[Span], separator: str = " · ") -> Line:
    line: list[Span] = []
    for span in spans:
        if line:
            line.append((separator, "muted"))
        line.append(span)
    return tuple(line)


def _spaced(lines: Sequence[Line]) -> Line:
    spans: list[Span] = []
    for line in lines:
        if spans:
            spans.append(("  ", ""))
        spans += line
    return tuple(spans)


def _width(line: Line) -> int:
    return sum(formats.cells(text) for text, _style in line)
