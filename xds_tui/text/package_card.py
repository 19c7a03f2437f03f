"""A package in a few lines of text: what it is, what it costs, and how its price compares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from xds_tui.domain import pricing
from xds_tui.domain.gpus import gpu_model
from xds_tui.domain.model import Host, Package
from xds_tui.i18n import _, ngettext
from xds_tui.text import formats
from xds_tui.text.overview import Line, shortened

_DAY, _MONTH = 24, 720
_BAR: Final = 5


def card_lines(
    package: Package, alternatives: Sequence[Package], hosts: Iterable[Host], width: int
) -> tuple[Line, ...]:
    """Return what matters about a package, each line at most `width` cells.

    Args:
        package: the package.
        alternatives: all packages that are sold in the same billing mode.
        hosts: the fleet.
        width: cells of a line.

    """
    lines: list[Line] = [((shortened(package.name, width), "strong"),), *_machine(package, width)]
    price = pricing.hourly(package)
    if price is None or package.amount is None:
        lines.append(((shortened(_("Price unknown, so it cannot be rented"), width), "bad"),))
        return tuple(lines)
    lines.append(((formats.per_hour(f"¥{formats.price(price)}"), "strong"), (_day(price), "")))
    lines.append(((_("{sum} for 30 days").format(sum=formats.money(pricing.rounded(price * _MONTH))), ""),))
    if price != package.amount:
        text = _("list price ¥{price}, {percent} off")
        line = text.format(price=formats.price(package.amount), percent=formats.percent_off(package))
        lines.append(((shortened(line, width), "good"),))
    lines += _rank(package, price, alternatives, width)
    if owned := [host for host in hosts if pricing.looks_like(host, package)]:
        on = sum(host.status.is_on for host in owned)
        text = ngettext("{count} host of this kind, {on} on", "{count} hosts of this kind, {on} on", len(owned)).format(
            count=len(owned), on=on
        )
        lines.append(((shortened(text, width), "muted"),))
    return tuple(lines)


def _machine(package: Package, width: int) -> list[Line]:
    raw = package.raw
    size = _("{cpu} CPU · {memory} GB · {disk} GB disk").format(
        cpu=formats.number(package.cpu, raw.get("cpuNumber")),
        memory=formats.number(package.memory, raw.get("memoryNumber")),
        disk=formats.number(package.disk, raw.get("rigidDiskNumber")),
    )
    place = " · ".join((formats.area(package.area), formats.purpose(package.purpose)))
    gpu = formats.gpu(package.gpu_name, package.gpu_count) if package.gpu_count else ""
    return [((shortened(text, width), ""),) for text in (size, gpu, place) if text]


def _day(price: Decimal) -> str:
    return "   " + formats.per_day(formats.money(pricing.rounded(price * _DAY)))


def _rank(package: Package, price: Decimal, alternatives: Sequence[Package], width: int) -> list[Line]:
    """Return how the price per GPU hour compares with that of other packages with this GPU."""
    if not package.gpu_count:
        return []
    model = gpu_model(package.gpu_name, package.gpu_count)
    prices = sorted(
        other_price / other.gpu_count
        for other in alternatives
        if other.gpu_count
        and gpu_model(other.gpu_name, other.gpu_count) == model
        and (other_price := pricing.hourly(other)) is not None
    )
    own = price / package.gpu_count
    if len(prices) < 2:
        return []
    place = sum(other < own for other in prices)
    filled = 1 + place * (_BAR - 1) // (len(prices) - 1)
    text = (
        _("cheapest per GPU")
        if not place
        else _("{place} of {count} per GPU").format(place=place + 1, count=len(prices))
    )
    bar = ("▰" * filled, "good" if not place else "busy"), ("▱" * (_BAR - filled), "muted")
    return [(*bar, (shortened(f" {text}", width - _BAR), ""))]
