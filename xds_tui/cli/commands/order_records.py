"""`xds-tui orders retry` and `xds-tui orders forget`: decisions of the user about past orders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xds_tui.cli import order_input, order_report
from xds_tui.cli.commands.operations import operate
from xds_tui.cli.commands.purchase import PurchaseRequest, create
from xds_tui.cli.engine import READING_JOURNAL, Engine
from xds_tui.cli.order_input import HostWords
from xds_tui.cli.output import CommandError
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.i18n import N_, _
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import messages
from xds_tui.text.prompts import Confirmation, Risk

if TYPE_CHECKING:
    from xds_tui.cli.order_input import OrderOptions

_RETRYABLE: Final = (OrderState.NOT_SENT, OrderState.REJECTED)
_FORGETTABLE: Final = (OrderState.UNKNOWN, OrderState.UNCONFIRMED)


def retry(engine: Engine, order_id: str, options: OrderOptions, limits: PurchaseRequest) -> int:
    """Place an order again that provably did nothing, as a new request; return the exit code.

    Args:
        engine: sends it.
        order_id: the ID of the order.
        options: how to confirm, wait and report.
        limits: the highest prices; nothing else of it is used.

    Raises:
        CommandError: if the order may have been carried out.
        ApiError, StoreError, AppError: as `create` and `operate`.

    """
    order = _find(engine, order_id)
    if order.state not in _RETRYABLE:
        summary = N_("This order may have been carried out, so it is not repeated")
        raise CommandError(summary, messages.order_status(order), ExitCode.LIMIT)
    if order.quote is None:
        return operate(engine, order.action, HostWords([order.host_id or ""]), options)
    quote = order.quote
    request = replace(limits, package=quote.package.id, image=quote.image.id, period=quote.period, count=1)
    return create(engine, request, options)


def forget(engine: Engine, order_id: str, options: OrderOptions) -> int:
    """Record that an order of unknown outcome did nothing, as the user has found out; return the exit code.

    Raises:
        CommandError: if its outcome is known, or the user does not confirm.
        StoreError: if that cannot be recorded.

    """
    order = _find(engine, order_id)
    if order.state not in _FORGETTABLE:
        raise CommandError(
            N_("The outcome of this order is known or still being determined"), messages.order_status(order)
        )
    if not options.is_confirmed:
        order_input.require_confirmation(_question(order))
    forgotten = engine.run(engine.monitor.orders.claims.forget(order), _(READING_JOURNAL))
    order_report.write_outcome(forgotten.action, [forgotten], (), hosts={}, as_json=options.as_json)
    return ExitCode.OK


def _question(order: Order) -> Confirmation:
    note = _("If its host exists after all, buying the same again will no longer ask for confirmation.")
    title = _("Record that this order did nothing?")
    facts = messages.order_facts(order) if order.action is OrderAction.CREATE else messages.order_lines(order)
    return Confirmation(Risk.INTERRUPTING, title, facts, note, "", "")


def _find(engine: Engine, order_id: str) -> Order:
    engine.read_hosts()
    orders = engine.run(engine.services.journal.orders(MAX_ORDERS), _(READING_JOURNAL))
    named = [order for order in engine.current(orders) if order_id in (order.id, order.request_id)]
    if not named:
        raise CommandError(N_("There is no such order"), order_id)
    if len(named) > 1:
        ids = ", ".join(order.id for order in named)
        raise CommandError(N_("The request has several orders; give the ID of one"), ids, ExitCode.USAGE)
    return named[0]


MAX_ORDERS: Final = 10_000
"""How many orders are searched, the latest ones."""
