"""What a draft costs, with its working, and every period side by side."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from xds_tui.domain import pricing, purchase
from xds_tui.domain.model import Billing, Catalog, Package, Period, PeriodUnit
from xds_tui.domain.purchase import Draft
from xds_tui.i18n import N_, _
from xds_tui.text import formats

_ON_DEMAND_SPANS: Final = ((1, N_("1 hour")), (24, N_("1 day")), (720, N_("30 days")))
"""Hours of running, and their words."""


class CostCard(Static):
    """The estimate of a draft; it follows every keystroke."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"cost-card--total", "cost-card--muted", "cost-card--chosen"}
    DEFAULT_CSS = """
    CostCard {
        height: auto;
        padding: 0 1;
        .cost-card--total { text-style: bold; color: $text-success; }
        .cost-card--chosen { text-style: bold; }
        .cost-card--muted { color: $text-muted; }
        &:ansi .cost-card--muted { text-style: dim; }
    }
    """

    draft: reactive[Draft] = reactive(Draft, repaint=False)
    """What is estimated."""
    catalog: reactive[Catalog | None] = reactive(None, repaint=False)
    """Where its price comes from."""

    with_periods: reactive[bool] = reactive(True, repaint=False)
    """Whether every period is set beside the others."""

    def on_mount(self) -> None:
        """Show what is known."""
        self._show()

    def watch_draft(self) -> None:
        """Estimate anew."""
        self._show()

    def watch_catalog(self) -> None:
        """Take the new prices."""
        self._show()

    def watch_with_periods(self) -> None:
        """Show or hide the periods."""
        self._show()

    def _show(self) -> None:
        if self.is_mounted:
            self.update(self._estimated())

    def _estimated(self) -> Content:
        """The working, the periods, and what an estimate leaves out."""
        package = self.draft.package
        if package is None:
            return self._muted(_("Choose a package to see what it costs."))
        if self.draft.problem:
            return Content(self.draft.problem)
        if self.draft.estimate is None:
            return Content(_("The price of this package was not understood, so it cannot be bought."))
        periods = self._side_by_side(package) if self.with_periods else []
        lines = [*self._now(package), *periods, self._muted(self._reservation())]
        return Content("\n").join(lines)

    def _now(self, package: Package) -> list[Content]:
        draft = self.draft
        if draft.billing is Billing.ON_DEMAND:
            hours = [
                (_(words), estimate)
                for for_hours, words in _ON_DEMAND_SPANS
                if (estimate := pricing.estimate(package, for_hours, draft.count)) is not None
            ]
            return [
                Content.assemble(f"{formats.flush_right(words, 8)}  ", self._styled(formats.working(estimate), "total"))
                for words, estimate in hours
            ]
        estimate = draft.estimate
        if estimate is None or draft.period is None:
            return []
        hosts = f" × {draft.count}" if draft.count > 1 else ""
        return [
            Content(f"{formats.period(draft.period)} = {estimate.hours} h{hosts}"),
            self._styled(formats.working(estimate), "total"),
        ]

    def _side_by_side(self, package: Package) -> list[Content]:
        """What one host costs for one of each period, rented and by the hour."""
        modes = f"{formats.flush_right(_('rent'), 13)} {formats.flush_right(_('by the hour'), 13)}"
        lines = [self._muted(f"{formats.padded(_('one host'), 18)} {modes}")]
        for unit in PeriodUnit:
            rent, by_the_hour = sums(package, self.draft.billing, unit, self.catalog)
            hours = pricing.hours(Period(unit, 1))
            text = f"1 {formats.padded(formats.unit(unit), 8)}{hours:>6} h {rent:>13} {by_the_hour:>13}"
            chosen = self.draft.billing is Billing.RENT and unit is self.draft.unit
            lines.append(self._styled(text, "chosen") if chosen else self._muted(text))
        return lines

    def _reservation(self) -> str:
        at = _("prices of {time}").format(time=formats.clock(self.catalog.at)) if self.catalog else ""
        told = _("Estimate, {prices}; without tax, cloud disks and traffic. The vendor's bill decides.")
        return told.format(prices=at)

    def _styled(self, text: str, part: str) -> Content:
        return Content(text).stylize(f".cost-card--{part}")

    def _muted(self, text: str) -> Content:
        return self._styled(text, "muted")


def sums(package: Package, billing: Billing, unit: PeriodUnit, there: Catalog | None) -> tuple[str, str]:
    """What one host of `package` costs for one `unit`, as a rent and by the hour: the modes may differ in price.

    `billing` is the mode that `package` was listed in; for the other one it is looked up in the catalog.
    """
    told = []
    for mode in (Billing.RENT, Billing.ON_DEMAND):
        sold = package if mode is billing else purchase.package_by_id(there, mode, package.id) if there else None
        estimate = pricing.estimate(sold, pricing.hours(Period(unit, 1))) if sold else None
        told.append(formats.money(estimate.total) if estimate else formats.NOTHING)
    return told[0], told[1]
