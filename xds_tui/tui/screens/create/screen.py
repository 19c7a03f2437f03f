"""The wizard: mode, package, image, period and count, review; then the purchase, host by host.

Steps can be taken in any order and nothing is lost on the way. What is chosen in one step narrows what the others
offer (`tui/draft`), and the cost card follows every keystroke.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from xds_tui.domain import pricing, purchase
from xds_tui.domain.model import Billing, Catalog
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order, OrderState, Quote
from xds_tui.fleet import catalog_reader
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import N_, _
from xds_tui.store.problems import StoreError
from xds_tui.text import formats, messages, prompts
from xds_tui.tui.commands import bindings
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.base import WIDE_COLUMNS, LiveScreen
from xds_tui.tui.screens.confirm import CONFIRM_GUARD, ask_confirmation
from xds_tui.tui.screens.create.cost_card import CostCard
from xds_tui.tui.screens.create.review import Purchase, Review, is_under_way, not_bought
from xds_tui.tui.screens.create.steps import ImageTable, ModeTable, PackageTable, TermForm
from xds_tui.tui.widgets.footer import KeyBar
from xds_tui.tui.widgets.table.table import Table

_GAP: Final = "  "


class StepBar(Widget):
    """Texts side by side."""

    parts: reactive[tuple[str, ...]] = reactive((), layout=False)
    """What stands in the line."""

    @dataclass
    class Chosen(Message):
        """A part was clicked."""

        index: int

    def render(self) -> Content:
        """The line."""
        return Content(_GAP.join(self.parts))

    def on_click(self, event: events.Click) -> None:
        """Tell which part is under the mouse."""
        offset = event.get_content_offset(self)
        end = 0
        for index, part in enumerate(self.parts):
            end += Content(part).cell_length + len(_GAP)
            if offset is not None and offset.x < end:
                self.post_message(self.Chosen(index))
                return


class Step(IntEnum):
    """Where the user is; each but the last can be reached from every other."""

    MODE = 0
    PACKAGE = 1
    IMAGE = 2
    PERIOD = 3
    REVIEW = 4
    BUYING = 5


_TITLES: Final = (N_("Billing"), N_("Package"), N_("Image"), N_("How much"), N_("Review"))


@dataclass(frozen=True, slots=True)
class Finished:
    """How the wizard was left."""

    draft: Draft
    """What was filled in, for the next time."""
    has_bought: bool
    """Whether there is a new host to look at, or to look for."""


class CreateScreen(LiveScreen[Finished]):
    """Fill in a draft, read what it costs, and buy it."""

    manual_topic = "pricing"
    BINDINGS: ClassVar[list[BindingType]] = bindings("create")

    CSS_PATH = "../../theme/create.tcss"
    HOLDS_WORK = True

    draft: reactive[Draft] = reactive(Draft, repaint=False)
    """What is filled in."""
    step: reactive[Step] = reactive(Step.MODE, repaint=False)
    """Which step is shown."""

    def __init__(self, monitor: Monitor, draft: Draft) -> None:
        super().__init__(monitor.state)
        self._monitor = monitor
        self._shown_at = float("inf")
        self._batch = ""
        self._moved = ""
        self._quote: Quote | None = None
        self.set_reactive(CreateScreen.draft, draft)

    def compose(self) -> ComposeResult:
        """The steps' names above, the step and what it costs side by side or one above the other."""
        yield StepBar(id="rail")
        with Horizontal(id="wizard"):
            with ContentSwitcher(initial="mode", id="steps"):
                yield ModeTable(id="mode")
                yield PackageTable(id="package")
                yield ImageTable(id="image")
                yield TermForm(self.draft, id="period")
                yield Review(id="review")
                yield Purchase(id="buying")
            with VerticalScroll(id="cost", can_focus=False):
                yield CostCard(id="card")
        yield KeyBar()

    def on_resize(self, event: Resize) -> None:
        """Put the card beside the step, or under it."""
        self.set_class(event.size.width >= WIDE_COLUMNS, "-wide")

    def on_mount(self) -> None:
        """Begin with the first thing that is not chosen yet."""
        self._draw()
        if self.draft.package is None:
            self.step = Step.MODE
        else:
            self.step = Step.PERIOD if self.draft.is_complete else Step.IMAGE
        self._show_step()

    # What is shown

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Keep prices and orders as they are now."""
        if not self.is_mounted:
            return
        if new.catalog is not None and old.catalog is not new.catalog:
            self._renew(new.catalog)
        if old.storage_problem is not new.storage_problem:
            self._draw()
            self.refresh_bindings()
        if self._batch and old.orders is not new.orders:
            self._show_purchase()

    def _renew(self, there: Catalog) -> None:
        """Take the newest prices; one that moved while it was being read is said beside the one that was seen."""
        seen, self.draft = self.draft, self.draft.renewed(there)
        if seen.package and self.draft.package and pricing.hourly(seen.package) != pricing.hourly(self.draft.package):
            self._moved = _("The price moved: it was ¥{old}/h, now it is ¥{new}/h.").format(
                old=formats.price(pricing.hourly(seen.package)), new=formats.price(pricing.hourly(self.draft.package))
            )
            self._shown_at = time.monotonic()
        self._draw()

    def watch_draft(self) -> None:
        """Draw what was chosen, and what that leaves to choose from."""
        if self.is_mounted:
            self._draw()

    def watch_step(self) -> None:
        """Show the step, and put the focus on it."""
        if self.is_mounted:
            self._show_step()

    def _show_step(self) -> None:
        self.query_one(ContentSwitcher).current = self.step.name.lower()
        self.set_class(self.step in (Step.REVIEW, Step.BUYING), "-decided")
        self._shown_at = time.monotonic()
        self._draw_rail()
        fields = {Step.MODE: "#mode", Step.PACKAGE: "#package", Step.IMAGE: "#image", Step.REVIEW: "#review"}
        if self.step is Step.PERIOD:
            self.query_one(TermForm).focus_first()
        elif self.step in fields:
            self.query_one(fields[self.step]).focus()
        self.query_one(CostCard).draft = self.draft
        self._draw_step_of_card()
        self._preview_package()
        self.refresh_bindings()

    def _draw(self) -> None:
        card = self.query_one(CostCard)
        card.draft, card.catalog = self.draft, self.fleet.catalog
        self._draw_step_of_card()
        self._draw_offers()
        self.query_one(TermForm).show(self.draft, self.fleet.catalog)
        self._draw_rail()
        problem = self.fleet.storage_problem
        self.query_one(Review).show(self.draft, self._moved, messages.no_record(problem) if problem else "")

    def _draw_step_of_card(self) -> None:
        """Leave the periods to the step that has them in a table of its own."""
        is_tabled = self.step is Step.PERIOD and self.draft.billing is Billing.RENT
        self.query_one(CostCard).with_periods = not is_tabled

    def _draw_rail(self) -> None:
        parts = []
        for step, title in enumerate(_TITLES):
            mark = "▸" if step == self.step else "✓" if self._is_done(Step(step)) else " "
            parts.append(f"{mark}{step + 1} {_(title)}")
        if self.step not in (Step.REVIEW, Step.BUYING):
            parts.append(_("enter: next"))
        self.query_one(StepBar).parts = tuple(parts)

    def _is_done(self, step: Step) -> bool:
        done = {Step.PACKAGE: self.draft.package is not None, Step.IMAGE: self.draft.image is not None}
        return done.get(step, step < self.step)

    def _draw_offers(self) -> None:
        self.query_one(ModeTable).offer(self.draft)
        packages, images = self.query_one(PackageTable), self.query_one(ImageTable)
        if (there := self.fleet.catalog) is not None:
            packages.offer(self.draft, there)
            images.offer(self.draft, there)
        else:
            trouble = self.fleet.catalog_error
            text = messages.error_message(trouble) if trouble else _("Waiting for the catalog")
            packages.placeholder = images.placeholder = text

    # What the user does

    @on(Table.RowSelected, "#mode")
    def _choose_mode(self, event: Table.RowSelected) -> None:
        self.draft = self.draft.with_billing(Billing[event.key], self.fleet.catalog)
        self.action_next()

    @on(Table.RowSelected, "#package")
    def _choose_package(self, event: Table.RowSelected) -> None:
        there = self.fleet.catalog
        if there and (package := purchase.package_by_id(there, self.draft.billing, event.key)):
            self.draft = self.draft.with_package(package)
            self.action_next()

    @on(Table.RowHighlighted, "#package")
    def _preview_package(self) -> None:
        """Let the card show what lies under the cursor, before it is chosen."""
        there, key = self.fleet.catalog, self.query_one(PackageTable).cursor_key or ""
        package = purchase.package_by_id(there, self.draft.billing, key) if there else None
        if self.step is Step.PACKAGE and package is not None:
            self.query_one(CostCard).draft = replace(self.draft, package=package)

    @on(Table.RowSelected, "#image")
    def _choose_image(self, event: Table.RowSelected) -> None:
        there = self.fleet.catalog
        if there and (image := purchase.image_by_id(there, event.key)):
            self.draft = self.draft.with_image(image)
            self.action_next()

    @on(TermForm.Changed)
    def _choose_how_much(self, event: TermForm.Changed) -> None:
        self.draft = replace(self.draft, unit=event.unit, number=event.number, count=event.count, problem=event.problem)

    @on(TermForm.Done)
    def _leave_how_much(self) -> None:
        self.action_next()

    @on(StepBar.Chosen)
    def _follow_rail(self, event: StepBar.Chosen) -> None:
        if event.index < len(_TITLES):
            self.action_step(event.index)
        else:
            self.action_next()

    def action_next(self) -> None:
        """Take the next step; not past fields that cannot be read, and not into buying."""
        if self.step is Step.BUYING:
            self._leave()
        elif self.step is not Step.REVIEW and (self.step is not Step.PERIOD or not self.query_one(TermForm).problem):
            self.step = Step(self.step + 1)

    def action_previous(self) -> None:
        """Take a step back; from the first leave the wizard, from a purchase stop what has not been sent."""
        if self.step is Step.BUYING:
            if is_under_way(self._orders()):
                self._monitor.orders.stop(self._batch)
            else:
                self._leave()
        elif self.step is Step.MODE:
            self._leave()
        else:
            self.step = Step(self.step - 1)

    def action_step(self, step: int) -> None:
        """Go to a step."""
        if self.step is not Step.BUYING and not self.query_one(TermForm).problem:
            self.step = Step(step)

    def action_show_all(self) -> None:
        """Let go of what narrows the list that is shown."""
        if self.step is Step.PACKAGE:
            self.draft = replace(self.draft, image=None)
        elif self.step is Step.IMAGE:
            self.draft = replace(self.draft, package=None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to buy only where it can be read what is bought, and where the order can be recorded."""
        if action == "buy":
            return self._if_recordable(self.step is Step.REVIEW and self.draft.is_complete)
        if action == "again":
            is_over = self.step is Step.BUYING and not is_under_way(self._orders())
            return self._if_recordable(is_over and not_bought(self._orders()) > 0)
        if action == "next":
            # Enter is what the finger rests on: at the review it does nothing.
            return self.step is not Step.REVIEW
        return True

    def _if_recordable(self, is_offered: bool) -> bool | None:
        """Dim what is offered as long as no order can be recorded."""
        return None if is_offered and self.fleet.storage_problem is not None else is_offered

    @work(group=FLOW)
    async def action_buy(self) -> None:
        """Buy, unless the key was pressed before the review could be read, or it may have been bought already."""
        if (
            time.monotonic() - self._shown_at < CONFIRM_GUARD
            or not self.draft.is_complete
            or self.step is not Step.REVIEW
        ):
            return
        await self._confirm_and_buy(self.draft.quote(), self.draft.count)

    async def _confirm_and_buy(self, quote: Quote, count: int) -> None:
        """Buy, after the user has confirmed that what may have been bought already is bought again."""
        basis = (self.step, self._batch, self.draft)
        try:
            earlier = await self._monitor.orders.possible_purchases(quote)
        except StoreError:
            earlier = ()  # Nothing is bought then, and the order says why.
        if earlier and not await ask_confirmation(self.app, prompts.buying_again(earlier)):
            return
        # Meanwhile another press of the key may have bought, or the screen may have been left.
        if self.is_attached and basis == (self.step, self._batch, self.draft):
            self._quote = quote
            self._batch = self._monitor.orders.buy(quote, count, confirmed=[order.id for order in earlier])
            self.step = Step.BUYING
            self._show_purchase()

    @work(group=FLOW)
    async def action_again(self) -> None:
        """Try again what was never sent, as it was promised; anything else has to be read at the review once more."""
        orders = self._orders()
        count = not_bought(orders)
        came_to_nothing = [order for order in orders if order.state is not OrderState.ACCEPTED and not order.host_id]
        if self._quote and all(
            order.state is OrderState.NOT_SENT and order.summary not in catalog_reader.STALE_QUOTE_REASONS
            for order in came_to_nothing
        ):
            await self._confirm_and_buy(self._quote, count)
            return
        self._batch = ""
        self.draft = replace(self.draft, count=count)
        self._monitor.refresh_catalog()
        self.step = Step.REVIEW

    def _show_purchase(self) -> None:
        self.query_one(Purchase).show_orders(self._orders())
        self.refresh_bindings()

    def _orders(self) -> list[Order]:
        return [order for order in reversed(self._monitor.orders.all) if order.batch == self._batch]

    def _leave(self) -> None:
        has_bought = any(order.state not in (OrderState.NOT_SENT, OrderState.REJECTED) for order in self._orders())
        self.dismiss(Finished(replace(self.draft, problem=""), has_bought))
