"""The last page before buying: exactly what will be bought, or what is missing for it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from xds_tui.i18n import _, ngettext
from xds_tui.model import Billing, Image, Package
from xds_tui.tui import wording
from xds_tui.tui.draft import Draft
from xds_tui.tui.widgets.offers import offer_lines


class Review(VerticalScroll):
    """A draft in words."""

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static()

    def show(self, draft: Draft, moved: str, hindrance: str) -> None:
        """Show what will be bought.

        Args:
            draft: what is filled in.
            moved: how the price has changed meanwhile; empty if it has not.
            hindrance: why nothing can be bought now; empty if it can.

        """
        self.query_one(Static).update(Content("\n".join(_lines(draft, moved, hindrance))))


def _lines(draft: Draft, moved: str, hindrance: str) -> list[str]:
    if not draft.is_complete or draft.package is None or draft.image is None or draft.estimate is None:
        named = ((_("Package"), draft.package), (_("Image"), draft.image))
        missing = ", ".join(name for name, value in named if value is None)
        return [_("Not ready to buy: {missing}").format(missing=missing or _("the price is not known"))]
    count = ngettext("{count} host, {mode}", "{count} hosts, {mode}", draft.count)
    lines = [
        count.format(count=draft.count, mode=wording.billing(draft.billing)),
        "",
        *_goods(draft, draft.package, draft.image),
        "",
        wording.working(draft.estimate),
    ]
    if draft.billing is Billing.ON_DEMAND:
        lines.append(_("an hour while on, paid afterwards from the wallet"))
    if moved:
        lines += ["", moved]
    return [
        *lines,
        "",
        hindrance or _("Press B (shift+b) to buy. The price is read once more before anything is sent."),
    ]


def _goods(draft: Draft, package: Package, image: Image) -> list[str]:
    width = max(map(wording.cells, (_("Package"), _("Image"), _("Period")))) + 2
    lines = [
        f"{wording.padded(_('Package'), width)}{package.name} ({package.id}, {package.type})",
        *(f"{'':{width}}{line}" for line in offer_lines(package)[:2]),
        f"{wording.padded(_('Image'), width)}{image.label} ({image.id}, {image.type})",
    ]
    if draft.period:
        paid = _("{period} = {hours} h, paid in advance")
        paid = paid.format(period=wording.period(draft.period), hours=draft.hours)
        lines.append(wording.padded(_("Period"), width) + paid)
    return lines
