"""From the domain to words: status glyphs, money, ages, sizes, errors, in the chosen language.

Everything here returns plain text; what is a colour is the widgets' and the theme's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from xds_tui.api.errors import OutcomeUnknown, Refused, SignedOut, XdsError, explain
from xds_tui.i18n import N_, _, ngettext
from xds_tui.model import Area, Billing, Host, Package, Period, PeriodUnit, Purpose, Status
from xds_tui.record import Action, Event, EventKind, Order, OrderState

if TYPE_CHECKING:
    from xds_tui.pricing import Estimate, Rate
    from xds_tui.vault import VaultError

NOTHING: Final = "—"
"""Stands where there is no value."""

STATUS: Final = {
    Status.OFF: ("○", N_("off")),
    Status.STARTING: ("◐", N_("starting")),
    Status.ON: ("●", N_("on")),
    Status.BILLED: ("●", N_("on, billed")),
    Status.STOPPING: ("◑", N_("stopping")),
    Status.EXPIRED: ("✕", N_("expired")),
    Status.UNKNOWN: ("?", N_("unknown")),
}
_BILLING: Final = {Billing.ON_DEMAND: N_("on-demand"), Billing.RENT: N_("rent")}
_AREA: Final = {Area.SOUTH: N_("South China"), Area.WEST: N_("West China"), Area.INTERNATIONAL: N_("International")}
_PURPOSE: Final = {Purpose.OFFICE: N_("office"), Purpose.IMAGE: N_("image processing"), Purpose.COMPUTE: N_("compute")}
UNITS: Final = {
    PeriodUnit.HOUR: (N_("hour"), N_("hours")),
    PeriodUnit.DAY: (N_("day"), N_("days")),
    PeriodUnit.WEEK: (N_("week"), N_("weeks")),
    PeriodUnit.MONTH: (N_("month"), N_("months")),
    PeriodUnit.QUARTER: (N_("quarter"), N_("quarters")),
    PeriodUnit.YEAR: (N_("year"), N_("years")),
}


def status(host: Host) -> str:
    """A host's status as glyph and word; an unknown one shows what was sent."""
    glyph, word = STATUS[host.status]
    if host.status is Status.UNKNOWN and (sent := host.raw.get("status")):
        return f"{glyph} {sent}"
    return f"{glyph} {_(word)}"


def status_word(of: Status | None) -> str:
    """A status as its word alone."""
    return _(STATUS[of][1]) if of else NOTHING


def billing(mode: Billing | None) -> str:
    """On-demand or rent."""
    return _(_BILLING[mode]) if mode else NOTHING


def area(where: Area | None) -> str:
    """Where a machine stands."""
    return _(_AREA[where]) if where else NOTHING


def purpose(what: Purpose | None) -> str:
    """What a machine is meant for."""
    return _(_PURPOSE[what]) if what else NOTHING


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
    one, many = UNITS[of]
    return ngettext(one, many, count)


def period(of: Period) -> str:
    """A period as number and unit."""
    return f"{of.number} {unit(of.unit, of.number)}"


def cells(text: str) -> int:
    """The terminal cells that `text` takes."""
    return cell_len(text)


def padded(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    return set_cell_size(text, width)


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
    """What something costs an hour: one sum with ≈, a range, or nothing."""
    if of is None:
        return NOTHING
    if of.low == of.high:
        return f"≈{_rounded(of.low)}"
    return f"{_rounded(of.low)}–{_rounded(of.high)}"


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
    return at.astimezone().strftime("%H:%M:%S")


def moment(at: datetime | None) -> str:
    """Local date and time, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else NOTHING


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `2d 4h`, `5h 10m`, `3 min`, `40 s`."""
    seconds = max(0, int(length.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days}d {hours}h"
    if seconds >= 3600:
        return f"{hours}h {minutes:02}m"
    if minutes:
        return _("{minutes} min").format(minutes=minutes)
    return _("{seconds} s").format(seconds=seconds)


def minutes(length: timedelta) -> str:
    """A length of time to the minute: what is shown may stand until the next one."""
    return span(max(length, timedelta(minutes=1)))


def expires(host: Host, now: datetime) -> str:
    """How long until a host expires; `!` within 24 hours, so that it is not colour alone."""
    if host.expires is None:
        return host.raw.get("expirationTime", NOTHING)
    left = host.expires - now
    if left <= timedelta(0):
        return _("expired")
    return f"{span(left)} !" if left < timedelta(days=1) else span(left)


# Trouble

_UNKNOWN_REMEDY: Final = N_("It may or may not have been done. It is not sent again; the next sweeps will tell.")


def trouble(error: XdsError) -> tuple[str, ...]:
    """An error in lines: what happened, what to do, and what the vendor's support asks for."""
    lines = [_(error.summary) + (f": {error.detail}" if error.detail else "")]
    lines.append(remedy(error))
    if isinstance(error, Refused | SignedOut):
        lines.append(_("code {code}").format(code=error.code))
    if error.trace_id:
        lines.append(f"traceId {error.trace_id}")
    return tuple(lines)


def vault_trouble(error: VaultError) -> str:
    """Why the keyring will not do, in one line."""
    return f"{_(error.summary)}: {error.detail}" if error.detail else _(error.summary)


def remedy(error: XdsError) -> str:
    """What the user can do about an error."""
    if isinstance(error, Refused):
        return _(explain(error.code).remedy)
    if isinstance(error, SignedOut):
        return _("Sign in again.")
    if isinstance(error, OutcomeUnknown):
        return _(_UNKNOWN_REMEDY)
    return _("Nothing was changed. It is tried again by itself, or at once with r.")


# Orders and events

_ACTIONS: Final = {
    Action.CREATE: N_("buy"),
    Action.POWER_ON: N_("start"),
    Action.POWER_OFF: N_("stop"),
    Action.REBOOT: N_("reboot"),
    Action.DELETE: N_("delete"),
}
_INTENTS: Final = {
    Action.CREATE: N_("→ creating"),
    Action.POWER_ON: N_("→ on"),
    Action.POWER_OFF: N_("→ off"),
    Action.REBOOT: N_("→ reboot"),
    Action.DELETE: N_("→ gone"),
}
_STATES: Final = {
    OrderState.INTENDED: N_("waiting"),
    OrderState.SENT: N_("sent"),
    OrderState.NOT_SENT: N_("not sent"),
    OrderState.REFUSED: N_("refused"),
    OrderState.UNKNOWN: N_("outcome unknown"),
    OrderState.DONE: N_("accepted"),
    OrderState.SETTLED: N_("done"),
}


def action(of: Action) -> str:
    """What an order asks for."""
    return _(_ACTIONS[of])


def order_state(of: OrderState) -> str:
    """How far an order has come."""
    return _(_STATES[of])


def intent(of: Order) -> str:
    """What is meant to happen to a host, as intent and not as fact."""
    return _(_INTENTS[of.action])


def order_reason(of: Order) -> str:
    """Why an order came to nothing, in one line; empty where it did not."""
    if not of.summary:
        return ""
    return f"{_(of.summary)}: {of.message}" if of.message else _(of.summary)


def order_lines(of: Order) -> tuple[str, ...]:
    """Why an order came to nothing: what happened, what to do, code and traceId."""
    lines = [order_reason(of)]
    if of.state is OrderState.UNKNOWN:
        lines.append(_(_UNKNOWN_REMEDY))
    elif of.code:
        lines += [_(explain(of.code).remedy), _("code {code}").format(code=of.code)]
    if of.trace_id:
        lines.append(f"traceId {of.trace_id}")
    return tuple(lines)


def gone_meanwhile(hosts: Sequence[Host]) -> str:
    """That nothing was sent for hosts that are not there any more."""
    names = ", ".join(host.name or host.id for host in hosts)
    return _("Gone meanwhile, so nothing was sent: {hosts}").format(hosts=names)


def event(of: Event) -> str:
    """An event in one line, without its time."""
    who = of.host_name or of.host_id or ""
    match of.kind:
        case EventKind.APPEARED:
            return _("{host} appeared, {status}").format(host=who, status=status_word(of.new)) + _you(of)
        case EventKind.GONE:
            return _("{host} is gone").format(host=who) + _you(of)
        case EventKind.STATUS:
            return f"{who} {status_word(of.old)} → {status_word(of.new)}" + _you(of)
        case EventKind.ORDER:
            return _order_event(of, who)
        case EventKind.TROUBLE | EventKind.SIGNED_OUT:
            return _with_detail(_(of.summary), of)
        case EventKind.RECOVERED:
            return _("the service answers again")
        case EventKind.SIGNED_IN:
            return _("signed in")


def event_lines(of: Event) -> tuple[str, ...]:
    """Everything an event tells, one fact a line: what happened, what to do, code and traceId."""
    lines = [event(of)]
    if of.code is not None:
        lines += [_(explain(of.code).remedy), _("code {code}").format(code=of.code)]
    elif of.state is OrderState.UNKNOWN:
        lines.append(_(_UNKNOWN_REMEDY))
    if of.host_id:
        lines.append(_("host {id}").format(id=of.host_id))
    if of.trace_id:
        lines.append(f"traceId {of.trace_id}")
    return tuple(lines)


def _order_event(of: Event, who: str) -> str:
    what = f"{action(of.action)} {who}".rstrip() if of.action else who
    state = order_state(of.state) if of.state else ""
    told = f"{what}: {state}"
    return f"{told}: {_with_detail(_(of.summary), of)}" if of.summary else told


def _with_detail(summary: str, of: Event) -> str:
    return f"{summary}: {of.message}" if of.message else summary


def _you(of: Event) -> str:
    return f" ({_('you')})" if of.own else ""
