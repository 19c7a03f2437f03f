"""The two lists to choose from: packages, with a filter, and images of the matching type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from xds_tui.domain import filtering, purchase
from xds_tui.domain.filter_query import Query
from xds_tui.domain.filtering import RowContext
from xds_tui.domain.model import Catalog, Image, Package
from xds_tui.domain.purchase import Draft
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _, ngettext
from xds_tui.text import formats, messages, terms
from xds_tui.tui.textual_compat import TitledWidget
from xds_tui.tui.widgets.catalog_rows import IMAGE_COLUMNS, PACKAGE_COLUMNS, image_row, package_row, why_no_catalog
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Row, Table


class GoodsPane(TitledWidget, Vertical):
    """A table of a catalog's packages or images, by ID.

    Only what goes with the rest of the draft is listed, unless `shows_all` is set.
    """

    TABLE_ID: ClassVar[str]

    shows_all = False
    """Whether items of other types are listed, too."""

    def compose(self) -> ComposeResult:
        """Create the table."""
        yield Table(id=self.TABLE_ID)

    @property
    def table(self) -> Table:
        """The table."""
        return self.query_one(Table)

    def show(self, draft: Draft, fleet: FleetState) -> None:
        """List what can be chosen for `draft`, or why there is nothing to choose from."""
        raise NotImplementedError

    def show_nothing(self, reason: str) -> None:
        """Show `reason` in the place of rows."""
        self.table.placeholder = reason
        self.table.show((), (), lambda _key: Row(()))


class PackagePane(GoodsPane):
    """The packages that are sold in the draft's billing mode."""

    TABLE_ID = "package"
    DEFAULT_CSS = "PackagePane FilterInput { height: 1; padding: 0 1; display: none; }"

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._text = ""
        self._query: Query = ()
        self._error = ""
        self._shown: tuple[Draft, FleetState] = (Draft(), FleetState())

    def compose(self) -> ComposeResult:
        """Create the table, and the field for its filter."""
        yield from super().compose()
        yield FilterInput(_("text, gpu:4090, mem>=64, cost<2, -ceph"))

    def show(self, draft: Draft, fleet: FleetState) -> None:
        """List the packages that match the filter.

        A chosen image restricts them to its type as long as no package is chosen.
        """
        self._shown = draft, fleet
        catalog, table = fleet.catalog, self.table
        if catalog is None:
            self.show_nothing(why_no_catalog(fleet))
            self._show_titles(draft, 0, 0, 0)
            return
        sold = purchase.matching_packages(catalog, draft.billing)
        image = draft.image if draft.package is None and not self.shows_all else None
        of_type = [package for package in sold if image is None or package.type == image.type]
        found = self._matching(of_type, draft, catalog)
        table.placeholder = _("No packages match the filter. Press backspace to show all.")
        packages = {package.id: package for package in found}
        table.show(translated(PACKAGE_COLUMNS), list(packages), lambda key: package_row(packages[key], draft.package))
        self._show_titles(draft, len(found), len(sold), len(sold) - len(of_type))

    def _matching(self, packages: Sequence[Package], draft: Draft, catalog: Catalog) -> list[Package]:
        rows = [(draft.billing, package) for package in packages]
        context = RowContext(now=catalog.at)
        return [package for _billing, package in filtering.select(filtering.PACKAGES, rows, self._query, context)]

    def _show_titles(self, draft: Draft, shown: int, total: int, of_other_types: int) -> None:
        count = f"{shown}/{total}" if shown != total else f"{total}"
        parts = [f"{_(terms.PACKAGE)} {count}" if total else _(terms.PACKAGE), formats.billing(draft.billing)]
        parts += [f"/ {self._text}"] if self._text else []
        self.set_border_title(" · ".join(parts))
        if self._error:
            self.set_border_subtitle(f"! {self._error}", "$text-error")
        elif of_other_types or self._text:
            self.set_border_subtitle(_("backspace: show all"))
        else:
            self.set_border_subtitle("")

    def open_filter(self) -> None:
        """Let the user type a filter."""
        field = self.query_one(FilterInput)
        field.display = True
        field.focus()

    def show_all(self) -> None:
        """List the packages of all types, and remove the filter."""
        self.shows_all = True
        self.query_one(FilterInput).value = ""

    @on(FilterInput.Typed)
    def _filter(self, event: FilterInput.Typed) -> None:
        event.stop()
        self._text = event.text.strip()
        self._query, error = filtering.parse_while_typing(filtering.PACKAGES, event.text, self._query)
        self._error = messages.error_message(error) if error else ""
        self.show(*self._shown)

    @on(FilterInput.Left)
    def _close_filter(self, event: FilterInput.Left) -> None:
        event.stop()
        self.query_one(FilterInput).display = False
        self.table.focus()


class ImagePane(GoodsPane):
    """The images that go with the chosen package."""

    TABLE_ID = "image"

    def show(self, draft: Draft, fleet: FleetState) -> None:
        """List the images."""
        catalog, table = fleet.catalog, self.table
        if catalog is None:
            self.show_nothing(why_no_catalog(fleet))
            self._show_titles(None, 0)
            return
        package = None if self.shows_all else draft.package
        images = {image.id: image for image in purchase.matching_images(catalog, draft.billing, package)}
        table.placeholder = _("No image matches this package. Choose another package.")
        self._show_images(images, draft.image)
        self._show_titles(package, len(catalog.images) - len(images))

    def _show_images(self, images: dict[str, Image], chosen: Image | None) -> None:
        self.table.show(translated(IMAGE_COLUMNS), list(images), lambda key: image_row(images[key], chosen))

    def _show_titles(self, package: Package | None, of_other_types: int) -> None:
        title = _(terms.IMAGE)
        if package is not None:
            title += " · " + _("type {type}").format(type=package.type)
        self.set_border_title(title)
        more = ngettext(
            "{count} image of another type · backspace: show all",
            "{count} images of other types · backspace: show all",
            of_other_types,
        )
        self.set_border_subtitle(more.format(count=of_other_types) if of_other_types else "")
