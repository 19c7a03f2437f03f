"""The wizard that rents hosts: a draft is filled in, then its orders are placed one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Protocol, runtime_checkable

from textual import on, work
from textual.binding import BindingType

from xds_tui.domain.purchase import Draft, count_outcomes, draft_from_template
from xds_tui.domain.purchase_template import PurchaseTemplate
from xds_tui.domain.records import Order, OrderState, Quote
from xds_tui.fleet import catalog_reader
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import FleetState
from xds_tui.i18n import _
from xds_tui.store.problems import StoreError
from xds_tui.text import prompts
from xds_tui.tui.commands import bindings
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.confirm import ask_confirmation
from xds_tui.tui.screens.create.draft_screen import DraftScreen, Finished, Step
from xds_tui.tui.screens.create.order_form import OrderForm
from xds_tui.tui.screens.create.result import ResultPage
from xds_tui.tui.screens.create.summary import BuyButton
from xds_tui.tui.screens.picker import Choice, PickerScreen
from xds_tui.tui.widgets.notice import Notice

__all__ = ["CreateScreen", "Finished", "Step"]


@runtime_checkable
class HasTemplates(Protocol):
    """An app that has templates for purchases."""

    @property
    def templates(self) -> Mapping[str, PurchaseTemplate]:
        """The templates by name."""


class CreateScreen(DraftScreen):
    """Places the orders of a draft, and shows how they end."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("create")

    def __init__(self, monitor: Monitor, draft: Draft, hint: str = "") -> None:
        """Create the screen.

        Args:
            monitor: provides the catalog and places the orders.
            draft: what is filled in at first.
            hint: a note for the user about this draft.

        """
        super().__init__(monitor, draft)
        self._opened_with = draft
        self._hint = hint
        self._batch = ""
        self._quote: Quote | None = None

    def on_mount(self) -> None:
        """Show the hint."""
        if self._hint:
            self.show_notice([self._hint], mild=True)

    def watch_fleet(self, old: FleetState, new: FleetState) -> None:
        """Show the current prices and orders."""
        super().watch_fleet(old, new)
        if self.is_mounted and self._batch and old.orders is not new.orders:
            self._draw_result()
            self._guard.restart()

    @on(BuyButton.Pressed)
    def _press_buy(self) -> None:
        self.action_buy()

    @property
    def _templates(self) -> Mapping[str, PurchaseTemplate]:
        return self.app.templates if isinstance(self.app, HasTemplates) else {}

    @work(group=FLOW)
    async def action_template(self) -> None:
        """Fill in a template that the user chooses."""
        choices = [Choice(name, name, f"{item.package} · {item.image}") for name, item in self._templates.items()]
        chosen = await self.app.push_screen_wait(PickerScreen(_("Templates"), choices))
        if chosen is not None and self.is_attached:
            self.draft = draft_from_template(self._templates[chosen], self.fleet.catalog)
            self.query_one(OrderForm).fill(self.draft)
            self.step = self._next_open_step()

    def action_close(self) -> None:
        """Close the wizard and keep the draft; while orders are sent, stop after the current one."""
        if count_outcomes(self._orders()).under_way:
            self._monitor.orders.stop(self._batch)
        else:
            self._close()

    def action_finish(self) -> None:
        """Close the wizard when all orders have ended."""
        self._close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action applies: False hides its key, None dims it."""
        counts = count_outcomes(self._orders())
        is_result = self.step is Step.RESULT
        if action == "buy":
            is_shown = self._is_page or self.step is Step.REVIEW
            return False if is_result else self._is_recordable(self.draft.is_complete and is_shown) or None
        if action in ("retry", "retry_unknown"):
            count = counts.failed if action == "retry" else counts.unknown
            return self._is_recordable(is_result and not counts.under_way and count > 0)
        if action == "template":
            return bool(self._templates) and not is_result
        if action == "finish":
            return is_result and not counts.under_way
        if action == "show_all":
            return self.step in (Step.PACKAGE, Step.IMAGE)
        return action not in ("billing", "filter", "field", "hosts", "step") or not is_result

    def _is_recordable(self, is_offered: bool) -> bool | None:
        """Return `is_offered`, but None while no order can be recorded."""
        return None if is_offered and self.fleet.storage_problem is not None else is_offered

    def action_buy(self) -> None:
        """Place the order, unless the key was pressed before the price could be read."""
        if self.check_action("buy", ()) is not True:
            return
        if self._guard.allows_input():
            self._confirm_and_buy(self.draft.quote(), self.draft.count)
        else:
            self.show_notice([_("Check the price first, then press the key again.")], mild=True)

    @work(group=FLOW)
    async def _confirm_and_buy(self, quote: Quote, count: int) -> None:
        """Place the order, after the user has confirmed to repeat one with an unknown outcome."""
        basis = (self.step, self._batch, self.draft)
        try:
            earlier = await self._monitor.orders.possible_purchases(quote)
        except StoreError:
            earlier = ()  # Nothing is bought then, and the order says why.
        if earlier and not await ask_confirmation(self.app, prompts.buying_again(earlier)):
            return
        # Meanwhile another press of the key may have bought, or the wizard may have been closed.
        if self.is_attached and basis == (self.step, self._batch, self.draft):
            self._quote = quote
            ids = [order.id for order in earlier]
            annotation = self.draft.annotation
            self._batch = self._monitor.orders.buy(quote, count, confirmed=ids, annotation=annotation)
            self.query_one(Notice).dismiss()
            self.step = Step.RESULT
            self._draw_result()

    def action_retry(self) -> None:
        """Order the hosts again that were certainly not bought.

        Orders that were never sent are repeated as they are. Everything else has to be reviewed once more.
        """
        if not self._guard.allows_input():
            self.show_notice([_("Check the result first, then press the key again.")], mild=True)
            return
        failed = [order for order in self._orders() if order.state in (OrderState.NOT_SENT, OrderState.REJECTED)]
        if self._quote and all(
            order.state is OrderState.NOT_SENT and order.summary not in catalog_reader.STALE_QUOTE_REASONS
            for order in failed
        ):
            self._confirm_and_buy(self._quote, len(failed))
        else:
            self._review_again(len(failed))

    def action_retry_unknown(self) -> None:
        """Review another order of the hosts with an unknown outcome."""
        self._review_again(count_outcomes(self._orders()).unknown)

    def _review_again(self, count: int) -> None:
        self._batch = ""
        self.draft = replace(self.draft, count=count)
        self.query_one(OrderForm).set_count(count)
        self._monitor.refresh_catalog()
        self.step = Step.REVIEW

    def _draw_result(self) -> None:
        self.query_one(ResultPage).show_orders(self._orders())
        self.refresh_bindings()

    def _orders(self) -> list[Order]:
        return [order for order in reversed(self._monitor.orders.all) if order.batch == self._batch and self._batch]

    def _close(self) -> None:
        has_bought = any(order.state not in (OrderState.NOT_SENT, OrderState.REJECTED) for order in self._orders())
        draft = replace(self.draft, has_invalid_number=False)
        if has_bought:  # the next host has another name
            draft = replace(draft, annotation=replace(draft.annotation, alias=""))
        has_changed = draft != self._opened_with.with_catalog(self.fleet.catalog)
        self.dismiss(Finished(draft, has_bought, has_changed))
