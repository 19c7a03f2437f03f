"""The screen that a draft is filled in on: package, image, order and price.

From `PAGE_COLUMNS` on everything is on one page. Below, the same parts are shown one at a time. The fields can be
filled in any order, and nothing is chosen that the user has not chosen (`domain.purchase.Draft`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from xds_tui.domain import pricing, purchase
from xds_tui.domain.model import Catalog
from xds_tui.domain.purchase import Draft, DraftProblem
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.text import formats, terms
from xds_tui.tui.commands import COMMANDS
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.screens.create.goods import GoodsPane, ImagePane, PackagePane
from xds_tui.tui.screens.create.order_form import BillingField, OrderForm, other_mode
from xds_tui.tui.screens.create.result import ResultPage
from xds_tui.tui.screens.create.summary import LARGE_ROWS, BuyButton, DraftView, OrderSummary, price_line
from xds_tui.tui.screens.reading_guard import ReadingGuard
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.notice import Notice
from xds_tui.tui.widgets.table.table import Table

TALL_ROWS: Final = 46
"""Rows from which each field of the order has a row of its own."""

PAGE_COLUMNS: Final = 100
"""Columns from which the wizard is one page."""

_GAP: Final = "  "


class StepBar(Widget):
    """The titles of the steps side by side."""

    parts: reactive[tuple[str, ...]] = reactive((), layout=False)
    """The titles."""

    @dataclass
    class Selected(Message):
        """A title was clicked."""

        index: int

    def render(self) -> Content:
        """Render the titles."""
        return Content(_GAP.join(self.parts))

    def on_click(self, event: events.Click) -> None:
        """Report the title under the mouse."""
        offset, end = event.get_content_offset(self), 0
        for index, part in enumerate(self.parts):
            end += Content(part).cell_length + len(_GAP)
            if offset is not None and offset.x < end:
                self.post_message(self.Selected(index))
                return


class Step(IntEnum):
    """The part of the wizard that has the focus."""

    PACKAGE = 0
    IMAGE = 1
    ORDER = 2
    REVIEW = 3
    RESULT = 4


_TITLES: Final = (terms.PACKAGE, terms.IMAGE, terms.ORDER, terms.REVIEW)


@dataclass(frozen=True, slots=True)
class Finished:
    """How the wizard was closed."""

    draft: Draft
    """What was filled in, for the next time."""
    has_bought: bool
    """Whether there is a new host, or there may be."""
    has_changed: bool
    """Whether the user chose anything else than what the wizard was opened with."""


class DraftScreen(LiveScreen[Finished]):
    """Shows a draft with its price, and changes it."""

    AUTO_FOCUS = ""  # the first part that is not filled in has the focus, not the first widget
    CSS_PATH = "../../theme/create.tcss"
    HOLDS_WORK = True

    draft: reactive[Draft] = reactive(Draft, repaint=False)
    """What is filled in."""
    step: reactive[Step] = reactive(Step.PACKAGE, repaint=False)
    """The part that has the focus, and on a narrow terminal the one that is shown."""

    def __init__(self, monitor: Monitor, draft: Draft) -> None:
        super().__init__(monitor.state)
        self._monitor = monitor
        self._guard = ReadingGuard(self)
        self._price_change = ""
        self._is_page = False
        self.set_reactive(DraftScreen.draft, draft.with_catalog(monitor.state.catalog))

    def compose(self) -> ComposeResult:
        """Create the page; on a narrow terminal parts of it are hidden."""
        yield self.status_line(_("Rent hosts"))
        yield StepBar(id="steps")
        with Horizontal(id="page"):
            with Vertical(id="goods-panes"):
                yield PackagePane(id="package-pane", classes="pane")
                yield ImagePane(id="image-pane", classes="pane")
            with Vertical(id="order-pane", classes="pane"):
                yield OrderForm(self.draft, id="form")
                yield OrderSummary(id="summary")
                yield BuyButton(id="buy")
        yield ResultPage(id="result")
        yield Static(id="price-line")
        yield Notice()
        yield KeyBar({"table.select": "picker.take"})

    def on_mount(self) -> None:
        """Begin with the first part that is not filled in."""
        self._is_page = self.app.size.width >= PAGE_COLUMNS
        self._draw()
        self.step = self._next_open_step()
        self._show_step()

    def on_resize(self, event: Resize) -> None:
        """Show the page, or one part at a time."""
        self._is_page = event.size.width >= PAGE_COLUMNS
        self._arrange()
        self._draw_summary()

    # What is shown

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show the current prices and orders."""
        if not self.is_mounted:
            return
        if new.catalog is not None and old.catalog is not new.catalog:
            self._update_prices(new.catalog)
        changed = (
            old.catalog_error is not new.catalog_error,
            old.connection is not new.connection,
            old.storage_problem is not new.storage_problem,
            old.costs is not new.costs,
        )
        if any(changed):
            self._draw()

    def _update_prices(self, catalog: Catalog) -> None:
        """Show the prices of a new catalog, and how the price of the chosen package has changed."""
        before, self.draft = self.draft, self.draft.with_catalog(catalog)
        old, new = before.package, self.draft.package
        if old and new and pricing.hourly(old) != pricing.hourly(new):
            change = _("The price changed from ¥{old}/h to ¥{new}/h.")
            self._price_change = change.format(
                old=formats.price(pricing.hourly(old)), new=formats.price(pricing.hourly(new))
            )
        self._draw()

    def watch_draft(self) -> None:
        """Show the choices, and what they leave to choose from."""
        if self.is_mounted:
            self._draw()
            self._guard.restart()

    def watch_step(self) -> None:
        """Show the part, and put the focus on it."""
        if self.is_mounted:
            self._show_step()

    def _show_step(self) -> None:
        self._arrange()
        self._draw_steps()
        if not self._part(self.step).has_focus_within:
            self._focus_target(self.step).focus()
        self._guard.restart()
        self.refresh_bindings()

    def _part(self, step: Step) -> Widget:
        """Return the widget that shows a step."""
        parts = ("#package-pane", "#image-pane", "#form", "#summary", "#result")
        return self.query_one(parts[step])

    def _focus_target(self, step: Step) -> Widget:
        """Return the widget that has the focus when a step is opened."""
        part = self._part(step)
        if isinstance(part, OrderForm):
            return part.first_field
        return part.query_one(Table) if isinstance(part, (GoodsPane, ResultPage)) else part

    def _arrange(self) -> None:
        """Show what belongs on the screen at this width and step."""
        step, is_result = self.step, self.step is Step.RESULT
        shown = {
            "#steps": not self._is_page and not is_result,
            "#page": not is_result,
            "#goods-panes": self._is_page or step in (Step.PACKAGE, Step.IMAGE),
            "#package-pane": self._is_page or step is Step.PACKAGE,
            "#image-pane": self._is_page or step is Step.IMAGE,
            "#order-pane": self._is_page or step in (Step.ORDER, Step.REVIEW),
            "#form": self._is_page or step is Step.ORDER,
            "#summary": self._is_page or step in (Step.ORDER, Step.REVIEW),
            "#buy": self._is_page or step is Step.REVIEW,
            "#result": is_result,
            "#price-line": not self._is_page and step <= Step.ORDER,
        }
        for selector, is_shown in shown.items():
            self.query_one(selector).display = is_shown
        is_review = step is Step.REVIEW and not self._is_page
        self.query_one("#order-pane").border_title = Content(_(terms.REVIEW if is_review else terms.ORDER))
        self.set_class(self._is_page, "-page")
        self.set_class(self._is_page and self.app.size.height < TALL_ROWS, "-short")
        self.set_class(is_review, "-review")

    def _draw(self) -> None:
        self.query_one(PackagePane).show(self.draft, self.fleet)
        self.query_one(ImagePane).show(self.draft, self.fleet)
        self.query_one(OrderForm).show(self.draft, self.fleet.catalog)
        self._draw_summary()
        self._draw_steps()
        self.refresh_bindings()

    def _draw_summary(self) -> None:
        view = DraftView(self.draft, self.fleet, self._price_change, self.query_one(OrderForm).problem)
        has_large_digits = self._is_page and self.size.height >= LARGE_ROWS and not glyphs.is_ascii(self.app)
        self.query_one(OrderSummary).show(view, has_large_digits=has_large_digits)
        key = self.app.get_key_display(COMMANDS["create.buy"].binding())
        self.query_one(BuyButton).show(view, key)
        self.query_one("#price-line", Static).update(Content(price_line(view)))

    def _draw_steps(self) -> None:
        parts = []
        for step, title in enumerate(_TITLES):
            mark = "▸" if step == self.step else "✓" if self._is_done(Step(step)) else " "
            parts.append(f"{mark}{step + 1} {_(title)}")
        if self.step < Step.REVIEW:
            parts.append(_("tab: next"))
        self.query_one(StepBar).parts = tuple(parts)

    def _is_done(self, step: Step) -> bool:
        """Whether nothing is left to do in a step."""
        problems = self.draft.problems
        if step is Step.PACKAGE:
            return not {DraftProblem.NO_PACKAGE, DraftProblem.PACKAGE_NOT_SOLD, DraftProblem.PRICE_UNKNOWN} & {
                *problems
            }
        if step is Step.IMAGE:
            wrong = {DraftProblem.NO_IMAGE, DraftProblem.IMAGE_NOT_OFFERED, DraftProblem.TYPES_DIFFER}
            return not wrong & {*problems}
        return step is Step.ORDER and self.step > Step.ORDER

    def _next_open_step(self) -> Step:
        """Return the first step that is not filled in; if there is none, the last one with fields."""
        return next((step for step in (Step.PACKAGE, Step.IMAGE) if not self._is_done(step)), Step.ORDER)

    # What the user does

    def on_descendant_focus(self) -> None:
        """Follow the focus."""
        for step in Step:
            if self._part(step).has_focus_within:
                self.step = step

    @on(Table.RowSelected, "#package")
    def _choose_package(self, event: Table.RowSelected) -> None:
        event.stop()
        catalog = self.fleet.catalog
        if catalog and (package := purchase.package_by_id(catalog, self.draft.billing, event.key)):
            self.query_one(ImagePane).shows_all = False
            self._price_change = ""
            self.draft = self.draft.with_package(package)
            self.step = self._next_open_step()

    @on(Table.RowSelected, "#image")
    def _choose_image(self, event: Table.RowSelected) -> None:
        event.stop()
        catalog = self.fleet.catalog
        if catalog and (image := purchase.image_by_id(catalog, event.key)):
            self.query_one(PackagePane).shows_all = False
            self.draft = self.draft.with_image(image)
            self.step = self._next_open_step()

    @on(BillingField.Selected)
    def _choose_billing(self, event: BillingField.Selected) -> None:
        event.stop()
        self._price_change = ""
        self.draft = self.draft.with_billing(event.billing, self.fleet.catalog)

    @on(OrderForm.Changed)
    def _change_order(self, event: OrderForm.Changed) -> None:
        event.stop()
        before = self.draft
        self.draft = replace(
            before,
            unit=event.unit,
            number=event.number,
            count=event.count,
            annotation=event.annotation,
            has_invalid_number=event.is_invalid,
        )
        if event.is_invalid and self.draft == before:
            self._draw()  # The text may be invalid for another reason than before.

    @on(OrderForm.Done)
    def _finish_form(self) -> None:
        if not self.draft.has_invalid_number:
            self.step = Step.REVIEW

    @on(StepBar.Selected)
    def _open_step(self, event: StepBar.Selected) -> None:
        self.action_step(min(event.index, self.step + 1) if event.index == len(_TITLES) else event.index)

    def action_billing(self) -> None:
        """Switch to the other billing mode."""
        self.post_message(BillingField.Selected(other_mode(self.draft.billing)))

    def action_filter(self) -> None:
        """Filter the packages."""
        self.step = Step.PACKAGE
        self.query_one(PackagePane).open_filter()

    def action_hosts(self, number: int) -> None:
        """Order more hosts, or fewer if `number` is negative."""
        self.query_one(OrderForm).add_hosts(number)

    def action_field(self, step: int) -> None:
        """Go to the next field, or to the one before if `step` is negative."""
        fields = [
            *((part, self.query_one(selector)) for part, selector in enumerate(("#package", "#image"))),
            *((Step.ORDER, field) for field in self.query_one(OrderForm).fields),
            (Step.REVIEW, self.query_one(OrderSummary)),
        ]
        current = next((index for index, (_part, field) in enumerate(fields) if field.has_focus_within), self.step)
        part, field = fields[(current + step) % len(fields)]
        self.step = Step(part)
        field.focus()

    def action_step(self, step: int) -> None:
        """Open a step."""
        if self.step is not Step.RESULT:
            self.step = Step(step)

    def action_refresh(self) -> None:
        """Read the prices again."""
        self._monitor.refresh_catalog()

    def action_show_all(self) -> None:
        """List the packages or images of all types."""
        if self.step is Step.PACKAGE:
            self.query_one(PackagePane).show_all()
        else:
            self.query_one(ImagePane).shows_all = True
        self._draw()
