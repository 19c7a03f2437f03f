"""What the wizard offers to choose from: ways to pay, packages and images; what is chosen is ticked."""

from __future__ import annotations

from typing import Final

from xds_tui import catalog
from xds_tui.i18n import N_, _
from xds_tui.model import Billing, Catalog
from xds_tui.tui import wording
from xds_tui.tui.draft import Draft
from xds_tui.tui.widgets.line_layout import translated
from xds_tui.tui.widgets.line_table import Cell, Column, Row, Table
from xds_tui.tui.widgets.offers import IMAGE_COLUMNS, PACKAGE_COLUMNS, image_row, package_row

_MODES: Final = {
    Billing.ON_DEMAND: N_("by the hour, paid afterwards"),
    Billing.RENT: N_("paid in advance for a period"),
}


class ModeTable(Table):
    """The ways to pay, by the name of `Billing`."""

    def offer(self, draft: Draft) -> None:
        """Show them."""
        columns = (Column("name", _("BILLING"), 12), Column("what", "", 20, grow=1))
        modes = {mode.name: mode for mode in Billing}

        def row(key: str) -> Row:
            chosen = modes[key] is draft.billing
            name = wording.billing(modes[key])
            return Row((Cell(f"✓ {name}" if chosen else name, "accent" if chosen else ""), Cell(_(_MODES[modes[key]]))))

        self.show(columns, list(modes), row)


class PackageTable(Table):
    """The packages that go with what is chosen, by ID."""

    def offer(self, draft: Draft, there: Catalog) -> None:
        """Show them."""
        self.placeholder = _("No package goes with this image: backspace lets go of it")
        packages = {package.id: package for package in catalog.matching_packages(there, draft.billing, draft.image)}
        columns = translated(PACKAGE_COLUMNS)
        self.show(columns, list(packages), lambda key: package_row(packages[key], draft.package))


class ImageTable(Table):
    """The images that go with what is chosen, by ID."""

    def offer(self, draft: Draft, there: Catalog) -> None:
        """Show them."""
        self.placeholder = _("No image goes with this package: backspace lets go of it")
        images = {image.id: image for image in catalog.matching_images(there, draft.billing, draft.package)}
        self.show(translated(IMAGE_COLUMNS), list(images), lambda key: image_row(images[key], draft.image))
