"""From the domain to words: status glyphs, money, ages, sizes, in the chosen language; `telling` has what happened.

Everything here returns plain text; what is a colour is the widgets' and the theme's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from xds_tui.domain.model import Absence, Area, Billing, Host, Package, Period, PeriodUnit, Purpose, Status
from xds_tui.domain.ranges import local_time
from xds_tui.i18n import N_, _, ngettext
from xds_tui.text import labels

if TYPE_CHECKING:
    from xds_tui.domain.pricing import Estimate, Rate

NOTHING: Final = "—"
"""Stands where there is no value."""

STATUS_GLYPHS: Final = {
    Status.OFF: "○",
    Status.STARTING: "◐",
    Status.ON: "●",
    Status.BILLED: "●",
    Status.STOPPING: "◑",
    Status.EXPIRED: "✕",
    Status.UNKNOWN: "?",
}
_ENVIRONMENT: Final = {"production": N_("PRODUCTION"), "sandbox": N_("sandbox"), "demo": N_("demo")}


def status(host: Host) -> str:
    """A host's status as glyph and word; an unknown one shows what was sent."""
    glyph = STATUS_GLYPHS[host.status]
    if host.status is Status.UNKNOWN and (sent := host.raw.get("status")):
        return f"{glyph} {sent}"
    return f"{glyph} {status_word(host.status)}"


def unlisted_status(host: Host, absence: Absence) -> str:
    """The status of a host that the list does not show, with `?`: what `one/{id}` said, or that nothing did."""
    if absence.is_confirmed:
        return f"? {status(host).partition(' ')[2]}"
    return f"? {_('not listed')}"


def status_word(of: Status | None) -> str:
    """A status as its word alone."""
    return _(labels.STATUSES[of]) if of else NOTHING


def environment(name: str) -> str:
    """What is at the service's address, as `base_url.environment_of` calls it: production alone in capitals."""
    return _(_ENVIRONMENT[name]) if name in _ENVIRONMENT else name


def billing(mode: Billing | None) -> str:
    """On-demand or rent."""
    return _(labels.BILLING_MODES[mode]) if mode else NOTHING


def area(where: Area | None) -> str:
    """Where a machine stands."""
    return _(labels.AREAS[where]) if where else NOTHING


def purpose(what: Purpose | None) -> str:
    """What a machine is meant for."""
    return _(labels.PURPOSES[what]) if what else NOTHING


def number(value: int | None, raw: str | None = None) -> str:
    """A count or a size in GB; what was not understood is shown as it was sent."""
    if value is None:
        return raw or NOTHING
    return str(value)


def address(host: Host) -> str:
    """Where a host is reached: `address:port`."""
    if not host.address:
        return NOTHING
    return f"{host.address}:{host.port}" if host.port else host.address


def gpu(name: str | None, count: int) -> str:
    """Model and number of the GPUs; one of unknown name is still a GPU."""
    if not count:
        return NOTHING
    return f"{name or 'GPU'}×{count}"


def unit(of: PeriodUnit, count: int = 1) -> str:
    """The unit's name, for so many of it."""
    units = {
        PeriodUnit.HOUR: ngettext("hour", "hours", count),
        PeriodUnit.DAY: ngettext("day", "days", count),
        PeriodUnit.WEEK: ngettext("week", "weeks", count),
        PeriodUnit.MONTH: ngettext("month", "months", count),
        PeriodUnit.QUARTER: ngettext("quarter", "quarters", count),
        PeriodUnit.YEAR: ngettext("year", "years", count),
    }
    return units[of]


def period(of: Period) -> str:
    """A period as number and unit."""
    return f"{of.number} {unit(of.unit, of.number)}"


def cells(text: str) -> int:
    """The terminal cells that `text` takes."""
    return cell_len(text)


def padded(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    return set_cell_size(text, width)


def flush_right(text: str, width: int) -> str:
    """`text` at the right of `width` cells; one that is longer stays as it is."""
    return " " * (width - cell_len(text)) + text


# Money


def money(amount: Decimal) -> str:
    """A sum of CNY that has been rounded to 0.01."""
    return f"¥{amount:,.2f}"


def price(per_hour: Decimal | None) -> str:
    """CNY an hour for a column: at least 2 and at most 4 decimals."""
    if per_hour is None:
        return "?"
    short = per_hour.quantize(Decimal("0.0001"), ROUND_HALF_UP) if _decimals(per_hour) > 4 else per_hour
    return _at_least_two_decimals(short)


def exact(value: Decimal) -> str:
    """A number with every digit it was sent with."""
    return f"{value:f}"


def rate(of: Rate | None) -> str:
    """What something costs an hour: one sum, with ≈ if it is not from an order, a range, or nothing."""
    if of is None:
        return NOTHING
    if of.low == of.high:
        return f"{'' if of.is_known else '≈'}{_rounded(of.low)}"
    return f"{_rounded(of.low)}–{_rounded(of.high)}"


def rate_cell(of: Rate | None) -> str:
    """What something costs an hour, for a column that says CNY/hour: with ≈ if it is not from an order."""
    if of is None:
        return NOTHING
    if of.low != of.high:
        return f"{price(of.low)}–{price(of.high)}"
    return price(of.low) if of.is_known else f"≈{price(of.low)}"


def working(estimate: Estimate) -> str:
    """The estimate's own arithmetic: amount × discount × hours × hosts = total."""
    return (
        f"{exact(estimate.amount)} × {exact(estimate.discount)} × {estimate.hours} h × {estimate.count}"
        f" = {money(estimate.total)}"
    )


def percent_off(package: Package) -> str:
    """How much is taken off, or nothing where nothing is."""
    if package.discount is None or package.discount == 1:
        return ""
    return f"{((1 - package.discount) * 100).normalize():f}%"


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
    """The local time of day."""
    return local_time(at).strftime("%H:%M:%S")


def when(at: datetime, now: datetime) -> str:
    """The time of day, with the date where it is of another day."""
    is_today = local_time(at).date() == local_time(now).date()
    return clock(at) if is_today else moment(at)


def moment(at: datetime | None) -> str:
    """Local date and time, to the minute."""
    return local_time(at).strftime("%Y-%m-%d %H:%M") if at else NOTHING


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `2d 4h`, `5h 10m`, `3 min`, `40 s`."""
    seconds = max(0, int(length.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return _("{days}d {hours}h").format(days=days, hours=hours)
    if seconds >= 3600:
        return _("{hours}h {minutes:02}m").format(hours=hours, minutes=minutes)
    if minutes:
        return _("{minutes} min").format(minutes=minutes)
    return _(labels.SECONDS).format(seconds=seconds)


def minutes(length: timedelta) -> str:
    """A length of time to the minute: what is shown may stand until the next one."""
    return span(max(length, timedelta(minutes=1)))


def expires(host: Host, now: datetime) -> str:
    """How long until a host expires; `!` within 24 hours, so that it is not colour alone."""
    if host.expires is None:
        return host.raw.get("expirationTime", NOTHING)
    left = host.expires - now
    if left <= timedelta(0):
        return status_word(Status.EXPIRED)
    return _("{left} !").format(left=span(left)) if left < timedelta(days=1) else span(left)
