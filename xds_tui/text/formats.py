"""Values of the domain as plain text: status, money, durations and sizes in the chosen language."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from xds_tui.domain.gpus import gpu_model
from xds_tui.domain.model import Absence, Area, Billing, Host, Package, Period, PeriodUnit, Purpose, Status
from xds_tui.domain.sanitize import local_time
from xds_tui.i18n import N_, _, ngettext
from xds_tui.text import labels, terms

if TYPE_CHECKING:
    from xds_tui.domain.pricing import Estimate, Rate

NOTHING: Final = "—"
"""Placeholder for a missing value."""

STATUS_GLYPHS: Final = {
    Status.OFF: "○",
    Status.STARTING: "↑",
    Status.ON: "●",
    Status.BILLED: "●",
    Status.STOPPING: "↓",
    Status.EXPIRED: "✕",
    Status.UNKNOWN: "?",
}
_ENVIRONMENT: Final = {"production": N_("PRODUCTION"), "sandbox": N_("sandbox"), "demo": N_("demo")}


def status(host: Host) -> str:
    """Format the status of a host as glyph and word; an unknown one as it was sent."""
    glyph = STATUS_GLYPHS[host.status]
    if host.status is Status.UNKNOWN and (sent := host.raw.get("status")):
        return f"{glyph} {sent}"
    return f"{glyph} {status_word(host.status)}"


def unlisted_status(host: Host, absence: Absence) -> str:
    """Format the status of a host that is missing from the list, with `?`: that of `one/{id}`, or "not listed"."""
    if absence.is_confirmed:
        return f"? {status(host).partition(' ')[2]}"
    return f"? {_('not listed')}"


def status_word(value: Status | None) -> str:
    """Return the word for a status."""
    return _(labels.STATUSES[value]) if value else NOTHING


def environment(name: str) -> str:
    """Return the word for an environment of `domain.endpoint`; only production is in capitals."""
    return _(_ENVIRONMENT[name]) if name in _ENVIRONMENT else name


def billing(mode: Billing | None) -> str:
    """Return the word for a billing mode."""
    return _(labels.BILLING_MODES[mode]) if mode else NOTHING


def area(value: Area | None) -> str:
    """Return the name of a region."""
    return _(labels.AREAS[value]) if value else NOTHING


def purpose(value: Purpose | None) -> str:
    """Return the word for the purpose of a machine."""
    return _(labels.PURPOSES[value]) if value else NOTHING


def number(value: int | None, raw: str | None = None) -> str:
    """Format a count or a size in GB; an invalid one as it was sent."""
    if value is None:
        return raw or NOTHING
    return str(value)


def address(host: Host) -> str:
    """Format the address of a host as `address:port`."""
    if not host.address:
        return NOTHING
    return f"{host.address}:{host.port}" if host.port else host.address


def gpu(name: str | None, count: int) -> str:
    """Format model and number of GPUs; a GPU with an unknown model is still a GPU."""
    if not count:
        return NOTHING
    return f"{gpu_model(name, count) or 'GPU'}×{count}"


def unit(value: PeriodUnit, count: int = 1) -> str:
    """Return the name of a unit in singular or plural."""
    units = {
        PeriodUnit.HOUR: ngettext("hour", "hours", count),
        PeriodUnit.DAY: ngettext("day", "days", count),
        PeriodUnit.WEEK: ngettext("week", "weeks", count),
        PeriodUnit.MONTH: ngettext("month", "months", count),
        PeriodUnit.QUARTER: ngettext("quarter", "quarters", count),
        PeriodUnit.YEAR: ngettext("year", "years", count),
    }
    return units[value]


def period(value: Period) -> str:
    """Format a period as number and unit."""
    return f"{value.number} {unit(value.unit, value.number)}"


def cells(text: str) -> int:
    """Return the width of `text` in terminal cells."""
    return cell_len(text)


_PIECES: Final = r"\s+|[（《“‘]*(?:[^\s\u2e80-\uffef]+|[\u2e80-\uffef])[，。；：！？、）》”’]*"
"""Parts of a text that stay together in a line: spaces, a word, a Chinese character with its punctuation."""


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` cells, broken at spaces and between Chinese characters."""
    lines = [""]
    for piece in re.findall(_PIECES, text):
        if cells(lines[-1] + piece) <= width:
            lines[-1] += piece
        elif piece.isspace():
            lines.append("")
        else:
            lines.append("")
            for character in piece:  # a word may be longer than a line
                if cells(lines[-1] + character) > width:
                    lines.append("")
                lines[-1] += character
    return [line.strip() for line in lines if line.strip()] or [""]


def padded(text: str, width: int) -> str:
    """Pad or truncate `text` to `width` cells."""
    return set_cell_size(text, width)


def flush_right(text: str, width: int) -> str:
    """Align `text` to the right of `width` cells; a longer text is returned unchanged."""
    return " " * (width - cell_len(text)) + text


def count_hosts(count: int) -> str:
    """A number of hosts."""
    return ngettext("{count} host", "{count} hosts", count).format(count=count)


def count_on(count: int) -> str:
    """A number of hosts that are on."""
    return _("{count} on").format(count=count)


def count_changing(count: int) -> str:
    """A number of hosts that are starting or stopping."""
    return _("{count} changing").format(count=count)


def escape_clears() -> str:
    """How to clear a filter."""
    return _("esc clears")


# Money


def unknown_prices(count: int) -> str:
    """A number of hosts with an unknown price."""
    return ngettext("price of {count} host unknown", "price of {count} hosts unknown", count).format(count=count)


def per_day(amount: str) -> str:
    """A sum of money per day."""
    return _("{sum}/day").format(sum=amount)


def money(amount: Decimal) -> str:
    """Format a sum in CNY that is rounded to 0.01."""
    return f"¥{amount:,.2f}"


def price(per_hour: Decimal | None) -> str:
    """Format a price in CNY/hour for a column, with 2 to 4 decimals."""
    if per_hour is None:
        return "?"
    short = per_hour.quantize(Decimal("0.0001"), ROUND_HALF_UP) if _decimals(per_hour) > 4 else per_hour
    return _at_least_two_decimals(short)


def exact(value: Decimal) -> str:
    """Format a number with all digits that were sent."""
    return f"{value:f}"


def rate(value: Rate | None) -> str:
    """Format an hourly cost: a sum, with ≈ if it is not from an order, or a range."""
    if value is None:
        return NOTHING
    if value.low == value.high:
        return f"{'' if value.is_known else '≈'}{_rounded(value.low)}"
    return f"{_rounded(value.low)}–{_rounded(value.high)}"


def per_hour(price: str) -> str:
    """Return a price with the hour as its unit."""
    return _("{rate}/h").format(rate=price)


def prepaid_rate(value: Rate) -> str:
    """Format what the prepaid hosts cost per hour."""
    return _("{rate}/h prepaid").format(rate=rate(value))


def rate_cell(value: Rate | None) -> str:
    """Format an hourly cost for a column in CNY/hour, with ≈ if it is not from an order."""
    if value is None:
        return NOTHING
    if value.low != value.high:
        return f"{price(value.low)}–{price(value.high)}"
    return price(value.low) if value.is_known else f"≈{price(value.low)}"


def working(estimate: Estimate) -> str:
    """Format the calculation of an estimate: amount × discount × hours × hosts = total."""
    return (
        f"{exact(estimate.amount)} × {exact(estimate.discount)} × {estimate.hours} h × {estimate.count}"
        f" = {money(estimate.total)}"
    )


def percent_off(package: Package) -> str:
    """Format the discount as a percentage; empty without one."""
    if package.discount is None or package.discount == 1:
        return ""
    return f"{((1 - package.discount) * 100).normalize():f}%"


def discount(package: Package) -> str:
    """The discount as a negative percentage for a column, or nothing if there is none."""
    percent = percent_off(package)
    return f"-{percent}" if percent else ""


def _rounded(amount: Decimal) -> str:
    return money(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _at_least_two_decimals(value: Decimal) -> str:
    whole, _dot, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(2, "0")
    return f"{whole}.{decimals}"


# Time


def clock(at: datetime) -> str:
    """Format the local time of day."""
    return local_time(at).strftime("%H:%M:%S")


def when(at: datetime, now: datetime) -> str:
    """Format the local time of day, with the date if it is not today."""
    is_today = local_time(at).date() == local_time(now).date()
    return clock(at) if is_today else moment(at)


def moment(at: datetime | None) -> str:
    """Format local date and time to the minute."""
    return local_time(at).strftime("%Y-%m-%d %H:%M") if at else NOTHING


def span(length: timedelta) -> str:
    """Format a duration in its two largest units: `2d 4h`, `5h 10m`, `3 min`, `40 s`."""
    seconds = max(0, int(length.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return _("{days}d {hours}h").format(days=days, hours=hours)
    if seconds >= 3600:
        return _("{hours}h {minutes:02}m").format(hours=hours, minutes=minutes)
    if minutes:
        return _("{minutes} min").format(minutes=minutes)
    return _(terms.SECONDS).format(seconds=seconds)


def minutes(length: timedelta) -> str:
    """Format a duration to the minute, for texts that are updated once a minute."""
    return span(max(length, timedelta(minutes=1)))


EXPIRES_WIDTH: Final = 9
"""The width of a column with `expires`; the Chinese units need the cell of a space."""


def expires(host: Host, now: datetime) -> str:
    """Format the time until a host expires, marked with `!` below a day and `!!` below an hour."""
    if host.expires is None:
        return host.raw.get("expirationTime", NOTHING)
    left = host.expires - now
    if left <= timedelta(0):
        return status_word(Status.EXPIRED)
    mark = "!!" if left < timedelta(hours=1) else "!" if left < timedelta(days=1) else ""
    text = f"{mark} {span(left)}".strip()
    return text if cells(text) <= EXPIRES_WIDTH else f"{mark}{span(left)}"
