"""The summary of a draft: the order, its cost with the calculation, and the account that is charged."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Digits

from xds_tui.domain import pricing
from xds_tui.domain.endpoint import environment_of
from xds_tui.domain.model import Billing
from xds_tui.domain.pricing import Estimate, FleetRate
from xds_tui.domain.purchase import Draft, DraftProblem
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _, ngettext
from xds_tui.structs import dataclass
from xds_tui.text import formats, messages
from xds_tui.tui.widgets.catalog_rows import offer_lines
from xds_tui.tui.widgets.lines import WrappedText, wrapped_lines

LARGE_ROWS: Final = 38
"""Rows of the terminal from which the total is drawn in large digits."""

_ON_DEMAND_SPANS: Final = ((24, N_("{price} per day")), (720, N_("{price} per 30 days")))
"""Hours of running, and how their price is shown."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """Everything that the summary depends on."""

    draft: Draft
    fleet: FleetState
    price_change: str = ""
    """How the price has changed since the user saw it first."""
    form_problem: str = ""
    """Which number cannot be read."""


def problem_lines(view: DraftView) -> list[str]:
    """Return what is left to do before the draft can be ordered, one sentence each."""
    draft = view.draft
    return [_problem_line(problem, draft, view.form_problem) for problem in draft.problems]


def _problem_line(problem: DraftProblem, draft: Draft, form_problem: str) -> str:
    package, image = draft.package, draft.image
    sentences = {
        DraftProblem.NO_PACKAGE: _("Choose a package to see the price."),
        DraftProblem.NO_IMAGE: _("Choose an image."),
        DraftProblem.PACKAGE_NOT_SOLD: _(
            "{package} is not sold {mode}. Press m to switch back, or choose another package."
        ),
        DraftProblem.IMAGE_NOT_OFFERED: _("{image} is no longer offered. Choose another image."),
        DraftProblem.TYPES_DIFFER: _("{image} does not match this package. Choose an image of type {type}."),
        DraftProblem.PRICE_UNKNOWN: _("The price could not be parsed, so this package cannot be bought."),
    }
    return sentences.get(problem, form_problem).format(
        package=package.name if package else "",
        mode=formats.billing(draft.billing),
        image=image.label if image else "",
        type=package.type if package else "",
    )


def price_line(view: DraftView) -> str:
    """Return the price in one line, or why there is none."""
    estimate = view.draft.estimate
    if estimate is None:
        return next(iter(problem_lines(view)), "")
    if view.draft.billing is Billing.ON_DEMAND:
        return f"{formats.working(estimate)} {_('per hour while on')}"
    return f"{formats.working(estimate)} {_('in advance')}"


def goods_lines(draft: Draft) -> list[str]:
    """Return what is ordered: the number, the period, the machine and its image."""
    if draft.package is None:
        return []
    count = ngettext("{count} host, {mode}", "{count} hosts, {mode}", draft.count)
    lines = [count.format(count=draft.count, mode=formats.billing(draft.billing))]
    if draft.period is not None:
        prepaid = _("{period} = {hours} h, paid in advance")
        lines.append(prepaid.format(period=formats.period(draft.period), hours=draft.hours))
    lines += [
        f"{draft.package.name} ({draft.package.id}, {draft.package.type})",
        *offer_lines(draft.package)[:2],
    ]
    if draft.image is not None:
        lines.append(f"{draft.image.label} ({draft.image.id}, {draft.image.type})")
    return lines


def detail_lines(view: DraftView) -> list[str]:
    """Return what else there is to know about the price."""
    draft, fleet = view.draft, view.fleet
    estimate = draft.estimate
    if estimate is None:
        return []
    price = [_spans(draft)] if draft.billing is Billing.ON_DEMAND else []
    price += [view.price_change, _other_mode(draft, fleet)]
    paragraphs = (filter(None, price), filter(None, [_fleet_afterwards(estimate, draft, fleet)]), [_reservation(fleet)])
    lines = [line for paragraph in map(list, paragraphs) if paragraph for line in (*paragraph, "")]
    return lines[:-1]


def _spans(draft: Draft) -> str:
    prices = [
        _(text).format(price=formats.money(estimate.total))
        for hours, text in _ON_DEMAND_SPANS
        if (estimate := draft.estimate_for(hours)) is not None
    ]
    return " · ".join(prices)


def charged_line(draft: Draft, fleet: FleetState) -> str:
    """Return which account in which environment is charged, and when."""
    environment = formats.environment(environment_of(fleet.base_url)) if fleet.base_url else ""
    account = " · ".join(part for part in (fleet.account, environment) if part)
    if draft.billing is Billing.ON_DEMAND:
        return _("Charged hourly while on, to the wallet of {account}").format(account=account)
    return _("Charged now to the wallet of {account}").format(account=account)


def _fleet_afterwards(estimate: Estimate, draft: Draft, fleet: FleetState) -> str:
    """Return the size and the cost of the fleet with the new hosts running."""
    if fleet.snapshot is None:
        return ""
    after = pricing.fleet_rate_after(fleet.costs.fleet, estimate, draft.billing)
    total = len(fleet.snapshot.hosts) + draft.count
    hosts = ngettext("Fleet afterwards: {count} host", "Fleet afterwards: {count} hosts", total).format(count=total)
    return f"{hosts} · {_fleet_rate(after, _increase(fleet.costs.fleet, after))}"


def _fleet_rate(rate: FleetRate, increase: str) -> str:
    parts = [formats.per_hour(formats.rate(rate.on_demand)) + increase]
    if rate.prepaid.high:
        parts.append(formats.prepaid_rate(rate.prepaid))
    if rate.unpriced:
        unknown = ngettext("{count} unknown price", "{count} unknown prices", rate.unpriced)
        parts.append(unknown.format(count=rate.unpriced))
    return " + ".join(parts)


def _increase(before: FleetRate, after: FleetRate) -> str:
    """Return by how much the on-demand cost grows; empty if that is nothing or cannot be said."""
    if not before.on_demand.high or before.on_demand.high == after.on_demand.high:
        return ""
    return f" (+{(after.on_demand.high / before.on_demand.high - 1) * 100:.0f} %)"


def _other_mode(draft: Draft, fleet: FleetState) -> str:
    """Return what the order costs in the other billing mode, where the price per hour differs."""
    other = draft.in_other_mode(fleet.catalog)
    if other is None or other.estimate is None:
        return ""
    if other.billing is Billing.RENT and other.period is not None:
        text = _("Prepaid instead: {price} for {period}")
        return text.format(price=formats.money(other.estimate.total), period=formats.period(other.period))
    same_time = other.estimate_for(draft.hours)
    text = _("On-demand instead: {rate} per hour, {price} for the same time")
    price = formats.money(same_time.total) if same_time else formats.NOTHING
    return text.format(rate=formats.money(other.estimate.total), price=price)


def _reservation(fleet: FleetState) -> str:
    prices = _("prices of {time}").format(time=formats.clock(fleet.catalog.at)) if fleet.catalog else ""
    return _("Estimate based on {prices}. Excludes tax, cloud disks and traffic. Your bill may differ.").format(
        prices=prices
    )


class OrderSummary(VerticalScroll):
    """A draft in words, with its price."""

    DEFAULT_CSS = """
    OrderSummary {
        padding: 0 1;
        #goods { height: auto; margin-bottom: 1; }
        #calculation { height: auto; }
        #total-large { color: $text-success; width: 1fr; }
        #total { height: auto; text-style: bold; color: $text-success; }
        #details { height: auto; margin-top: 1; color: $text-muted; }
        #details:ansi { text-style: dim; }
    }
    """

    def compose(self) -> ComposeResult:
        """Create the parts, from what is ordered to what else there is to know."""
        yield WrappedText(id="goods")
        yield WrappedText(id="calculation")
        yield Digits(id="total-large")
        yield WrappedText(id="total")
        yield WrappedText(id="details")

    def show(self, view: DraftView, *, has_large_digits: bool) -> None:
        """Show a draft; its total in large digits if there is room for them."""
        draft, estimate = view.draft, view.draft.estimate
        self._show_lines("goods", goods_lines(draft))
        self._show_lines("calculation", [formats.working(estimate)] if estimate else [])
        large = self.query_one("#total-large", Digits)
        large.display = has_large_digits and estimate is not None
        if estimate is not None:
            large.update(formats.money(estimate.total))
        is_on_demand = draft.billing is Billing.ON_DEMAND
        unit = _("per hour while on") if is_on_demand else _("in advance")
        total = "" if estimate is None else unit if has_large_digits else f"{formats.money(estimate.total)} {unit}"
        self._show_lines("total", [total] if total else [])
        self._show_lines("details", detail_lines(view))

    def _show_lines(self, part: str, lines: list[str]) -> None:
        widget = self.query_one(f"#{part}", WrappedText)
        widget.text = "\n".join(lines)
        widget.display = bool(lines)


class BuyButton(Widget):
    """The button that places the order; a click does the same as the key."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"buy-button--button", "buy-button--disabled", "buy-button--problem"}
    DEFAULT_CSS = """
    BuyButton {
        height: auto;
        max-height: 6;
        padding: 0 1;
        .buy-button--button { background: $success; color: $background; text-style: bold; }
        .buy-button--disabled { color: $text-disabled; }
        .buy-button--problem { color: $text-warning; }
        &:ansi .buy-button--button { background: ansi_default; color: ansi_default; text-style: bold reverse; }
        &:nocolor .buy-button--button { text-style: bold reverse; }
    }
    """

    label: reactive[str] = reactive("", layout=True)
    """What is ordered at which price."""
    hint: reactive[str] = reactive("", layout=True)
    """What happens then, or why nothing can be ordered."""
    is_enabled: reactive[bool] = reactive(False)
    """Whether the draft can be ordered."""

    class Pressed(Message):
        """The button was clicked."""

    def render(self) -> Content:
        """Render the button and the hint below it."""
        # Textual drops an opaque background from a component style that is given by its name.
        style = self.get_visual_style("buy-button--button" if self.is_enabled else "buy-button--disabled")
        hint = Content("\n".join(wrapped_lines(self.hint, self.size.width)))
        if not self.is_enabled:
            hint = hint.stylize(self.get_visual_style("buy-button--problem"))
        return Content("\n").join([Content(f"  {self.label}  ").stylize(style), hint])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines at this width."""
        return 1 + len(wrapped_lines(self.hint, width))

    def on_click(self, event: events.Click) -> None:
        """Report a click on the button itself."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y == 0 and offset.x < formats.cells(self.label) + 4:
            self.post_message(self.Pressed())

    def show(self, view: DraftView, key: str) -> None:
        """Show what `key` orders."""
        draft, estimate = view.draft, view.draft.estimate
        problem = view.fleet.storage_problem
        self.is_enabled = draft.is_complete and problem is None
        rent = ngettext("Rent {count} host", "Rent {count} hosts", draft.count).format(count=draft.count)
        price = ""
        if estimate is not None:
            total = formats.money(estimate.total)
            price = f" · {formats.per_hour(total) if draft.billing is Billing.ON_DEMAND else total}"
        self.label = f"{key}  {rent}{price}"
        if problem is not None:
            self.hint = messages.no_record(problem)
        elif draft.is_complete:
            advice = _("Press B (shift+b) to buy. The price is checked again before the order is sent.")
            self.hint = f"{charged_line(draft, view.fleet)}\n{advice}"
        else:
            self.hint = "\n".join(problem_lines(view))
