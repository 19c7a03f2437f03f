"""The catalog: choosing an image shows only the packages that fit it, and the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from xds_tui.domain import filtering, purchase
from xds_tui.domain.filter_query import Query
from xds_tui.domain.model import Area, Billing, Catalog, Image, Package, Purpose
from xds_tui.domain.purchase import ANY, PackageFilter
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.text import formats, messages, package_card, terms
from xds_tui.text.overview import shortened
from xds_tui.tui.commands import bindings
from xds_tui.tui.widgets.catalog_rows import IMAGE_COLUMNS, PACKAGE_COLUMNS, image_row, package_row, why_no_catalog
from xds_tui.tui.widgets.filter_input import FilteredPane
from xds_tui.tui.widgets.lines import StyledLines
from xds_tui.tui.widgets.table.columns import translated
from xds_tui.tui.widgets.table.table import Table

_Value = TypeVar("_Value")

_MIN_CARD: Final = 4
"""Lines from which the free space below the tables shows the price card."""
_FIXED: Final = 3
"""Lines of the billing mode above the tables and the criteria below them."""


@dataclass(frozen=True, slots=True)
class CatalogChoice:
    """The user's choice in the catalog so far."""

    billing: Billing = Billing.ON_DEMAND
    image: Image | None = None
    package: Package | None = None


class CatalogPane(FilteredPane, Vertical):
    """Shows the images and packages of a billing mode, and the price of the chosen package."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("catalog")
    DEFAULT_CSS = """
    CatalogPane {
        #billing { height: 1; padding: 0 1; }
        #criteria { height: 2; padding: 0 1; }
        #images { height: 1fr; min-height: 3; }
        #packages { height: 2fr; min-height: 4; }
        #card { height: 1fr; padding: 0 1; border-top: solid $surface-lighten-2; display: none; }
        &.-spacious #card { display: block; }
    }
    """

    fleet: reactive[FleetState] = reactive(FleetState, repaint=False)
    """Where the catalog comes from."""
    choice: reactive[CatalogChoice] = reactive(CatalogChoice(), repaint=False)
    """What is chosen."""
    criteria: reactive[PackageFilter] = reactive(ANY, repaint=False)
    """Which packages are shown."""

    def compose(self) -> ComposeResult:
        """Compose billing mode, images, packages, and the card of the chosen package."""
        yield Static(id="billing")
        yield Table(id="images")
        yield Table(id="packages")
        yield Static(id="criteria")
        yield StyledLines(id="card")

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._query: Query = ()
        self._wrong = ""

    @property
    def filter_hint(self) -> str:
        """Return an example of a filter."""
        return _("text, gpu:4090, mem>=64, cost<3")

    def apply_filter(self, text: str) -> None:
        """Show the matching packages, and the error in the filter if there is one."""
        self._query, error = filtering.parse_while_typing(filtering.PACKAGES, text, self._query)
        self._wrong = messages.error_message(error) if error else ""
        self._draw()

    def focus_rows(self) -> None:
        """Move the focus to the packages."""
        self.first.focus()

    @property
    def first(self) -> Table:
        """The table that gets the focus first."""
        return self.query_one("#packages", Table)

    def selection(self) -> CatalogChoice:
        """Return the choice for the wizard; without a chosen package, that under the cursor.

        The image under the cursor counts only while the images have the focus; otherwise the user has not pointed at
        it.
        """
        there = self.fleet.catalog
        if there is None:
            return self.choice
        image, package = self.choice.image, self.choice.package
        if image is None and self.query_one("#images").has_focus:
            return replace(self.choice, image=purchase.image_by_id(there, self._cursor("images")))
        package = package or purchase.package_by_id(there, self.choice.billing, self._cursor("packages"))
        return CatalogChoice(self.choice.billing, image, package)

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show a new catalog, and update the card if the hosts have changed."""
        if old.catalog is not new.catalog or old.catalog_error is not new.catalog_error:
            self._draw()
        elif old.snapshot is not new.snapshot:
            self._draw_card()

    def watch_choice(self) -> None:
        """Show the images and packages that are compatible with the choice."""
        self._draw()

    def watch_criteria(self) -> None:
        """Show the packages that meet the criteria."""
        self._draw()

    def on_resize(self) -> None:
        """Divide the height between the tables and the card."""
        self._share_height()
        self._draw_card()

    def on_mount(self) -> None:
        """Show the present catalog."""
        self._draw()

    @on(Table.RowSelected, "#images")
    def _choose_image(self, event: Table.RowSelected) -> None:
        event.stop()
        there = self.fleet.catalog
        image = purchase.image_by_id(there, event.key) if there else None
        self.choice = replace(self.choice, image=None if image == self.choice.image else image)

    @on(Table.RowSelected, "#packages")
    def _choose_package(self, event: Table.RowSelected) -> None:
        event.stop()
        there = self.fleet.catalog
        package = purchase.package_by_id(there, self.choice.billing, event.key) if there else None
        self.choice = replace(self.choice, package=None if package == self.choice.package else package)

    @on(Table.RowHighlighted, "#packages")
    def _follow_cursor(self, event: Table.RowHighlighted) -> None:
        event.stop()
        self._draw_card()

    def action_switch_billing(self) -> None:
        """Switch between on-demand and prepaid; drop a package that is not sold in that mode."""
        modes = list(Billing)
        billing = modes[(modes.index(self.choice.billing) + 1) % len(modes)]
        package = self.choice.package
        if package and self.fleet.catalog:
            package = purchase.package_by_id(self.fleet.catalog, billing, package.id)
        self.choice = CatalogChoice(billing, self.choice.image, package)

    def action_next_gpu(self) -> None:
        """Switch between packages with any, with and without GPU."""
        self.criteria = replace(self.criteria, gpu=_next((None, True, False), self.criteria.gpu))

    def action_next_area(self) -> None:
        """Switch to the next region; after the last one, to any."""
        self.criteria = replace(self.criteria, area=_next((None, *Area), self.criteria.area))

    def action_next_purpose(self) -> None:
        """Switch to the next use; after the last one, to any."""
        self.criteria = replace(self.criteria, purpose=_next((None, *Purpose), self.criteria.purpose))

    def action_by_price(self) -> None:
        """Sort by price, or in the order of the service."""
        self.criteria = replace(self.criteria, by_price=not self.criteria.by_price)

    def action_clear(self) -> None:
        """Clear the choice and the criteria."""
        self.choice = CatalogChoice(self.choice.billing)
        self.criteria = ANY
        self.clear_filter()

    def _cursor(self, table: str) -> str:
        return self.query_one(f"#{table}", Table).cursor_key or ""

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        there = self.fleet.catalog
        self.set_border_title(self._title())
        self.set_border_subtitle(f"! {self._wrong}" if self._wrong else "", "$text-error")
        modes = [f"{'●' if mode is self.choice.billing else '○'} {formats.billing(mode)}" for mode in Billing]
        self.query_one("#billing", Static).update(Content("  ".join([*modes, "m"])))
        self.query_one("#criteria", Static).update(Content(self._criteria_words()))
        images, packages = self.query_one("#images", Table), self.query_one("#packages", Table)
        if there is None:
            images.placeholder = packages.placeholder = why_no_catalog(self.fleet)
            return
        self._show_images(images, there)
        self._show_packages(packages, there)
        self._share_height()
        self._draw_card()

    def _title(self) -> str:
        name, end = _("²Catalog"), f" · {formats.escape_clears()}"
        if not self.has_filter:
            return name
        room = self.size.width - 4 - formats.cells(name + end) - formats.cells(" · / ")
        return f"{name} · / {shortened(self.query_text.strip(), max(3, room))}{end}"

    def _show_images(self, table: Table, there: Catalog) -> None:
        shown = {image.id: image for image in purchase.matching_images(there, self.choice.billing, self.choice.package)}
        table.placeholder = _("No image matches this package. Press enter on it to deselect it.")
        table.show(translated(IMAGE_COLUMNS), list(shown), lambda key: image_row(shown[key], self.choice.image))

    def _show_packages(self, table: Table, there: Catalog) -> None:
        shown = {
            package.id: package
            for package in self._filtered(
                there, purchase.matching_packages(there, self.choice.billing, self.choice.image, self.criteria)
            )
        }
        table.placeholder = _("No packages match. Press backspace to show all.")
        table.show(translated(PACKAGE_COLUMNS), list(shown), lambda key: package_row(shown[key], self.choice.package))

    def _filtered(self, there: Catalog, packages: Sequence[Package]) -> list[Package]:
        rows = [(self.choice.billing, package) for package in packages]
        context = filtering.RowContext(there.at)
        return [package for _billing, package in filtering.select(filtering.PACKAGES, rows, self._query, context)]

    def _share_height(self) -> None:
        """Give the tables the height that all their rows need, and the rest to the card if it is enough."""
        there, height = self.fleet.catalog, self.size.height
        if there is None or not height:
            return
        images = 1 + len(there.images)
        packages = 1 + len(there.packages.get(self.choice.billing, ()))
        room = height - _FIXED
        images = min(images, max(3, room // 3))
        card = room - images - packages
        is_spacious = card >= _MIN_CARD
        self.set_class(is_spacious, "-spacious")
        self.query_one("#images").styles.height = images
        self.query_one("#packages").styles.height = packages if is_spacious else "1fr"
        # The card has its size after the layout.
        self.call_after_refresh(self._draw_card)

    def _draw_card(self) -> None:
        card, there, package = self.query_one(StyledLines), self.fleet.catalog, self.selection().package
        if there is None or package is None or not card.size.width:
            card.show(())
            return
        hosts = self.fleet.snapshot.hosts if self.fleet.snapshot else ()
        alternatives = there.packages.get(self.choice.billing, ())
        lines = package_card.card_lines(package, alternatives, hosts, card.size.width)
        card.show(lines[: card.size.height])

    def _criteria_words(self) -> str:
        wish = self.criteria
        gpu = {None: _("any GPU"), True: _("with GPU"), False: _(terms.NO_GPU)}[wish.gpu]
        area = formats.area(wish.area) if wish.area else _("any region")
        use = formats.purpose(wish.purpose) if wish.purpose else _("any use")
        order = _("by price") if wish.by_price else _("default order")
        return f"f {gpu}  a {area}\nu {use}  o {order}"


def _next(values: tuple[_Value, ...], value: _Value) -> _Value:
    return values[(values.index(value) + 1) % len(values)]
