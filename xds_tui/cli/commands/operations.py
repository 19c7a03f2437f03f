"""`xds-tui start`, `stop`, `reboot` and `delete`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xds_tui.cli import order_input, order_report
from xds_tui.cli.engine import READING_JOURNAL, Engine
from xds_tui.cli.order_input import HostWords
from xds_tui.cli.order_report import Skipped
from xds_tui.cli.output import CommandError, print_error
from xds_tui.domain import protection
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.order_states import FINAL
from xds_tui.domain.pricing import together
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.fleet.order_requests import new_request, renewed
from xds_tui.fleet.order_service import INTERRUPTED
from xds_tui.i18n import N_, _
from xds_tui.store.journal import MISMATCH, RequestMismatchError
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import formats, labels, messages, prompts
from xds_tui.text.prompts import Confirmation, Risk, Selection

if TYPE_CHECKING:
    from xds_tui.cli.order_input import OrderOptions

ATTEMPTS: Final = 3
"""How often a request is submitted if the program with it ended before it was sent."""

NO_MATCH: Final = N_("No hosts match the filter.")

WAITING: Final = {
    OrderAction.CREATE: N_("buying"),
    OrderAction.POWER_ON: labels.STATUSES[Status.STARTING],
    OrderAction.POWER_OFF: labels.STATUSES[Status.STOPPING],
    OrderAction.REBOOT: N_("rebooting"),
    OrderAction.DELETE: N_("deleting"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The orders of a command, and the hosts that it leaves out."""

    orders: tuple[Order, ...]
    """All orders of the request."""
    hosts: tuple[Host, ...] = ()
    """Those of a new request, as the user sees them."""
    skipped: tuple[Skipped, ...] = ()
    is_known: bool = False
    """Whether the request was made before."""

    @property
    def to_send(self) -> tuple[Order, ...]:
        """The orders that were not sent yet, as far as is known."""
        return tuple(order for order in self.orders if order.state in (OrderState.PENDING, OrderState.NOT_SENT))


def operate(engine: Engine, action: OrderAction, words: HostWords, options: OrderOptions) -> int:
    """Do `action` to the hosts that are meant, wait for the outcome, and return the exit code.

    Raises:
        ApiError, StoreError, CommandError: if nothing was sent.
        OutputError: if standard output cannot be written.

    """
    engine.read_hosts()
    if action is OrderAction.POWER_ON:
        engine.read_catalog()
    plan = known_request(engine, action, options) if options.is_repeatable else None
    if plan is not None and not words.may_mean(plan.orders, engine.state.annotations):
        raise RequestMismatchError(MISMATCH, options.request_id)
    plan = plan or _new_plan(engine, action, words, options)
    require_caps(engine, plan.to_send)
    if options.is_dry_run:
        lines = () if action is not OrderAction.POWER_ON else _start_lines(engine, plan.hosts)
        order_report.write_plan(engine.state.base_url, plan.to_send, plan.skipped, lines=lines, as_json=options.as_json)
        return ExitCode.OK
    if plan.to_send and not options.is_confirmed:
        plan = _confirm(engine, action, plan)
    return execute(engine, action, plan, options)


def require_caps(engine: Engine, orders: Sequence[Order]) -> None:
    """Raise `CommandError` if a cap on spending refuses one of `orders`, before the user is asked about them."""
    obstacle = engine.run(engine.monitor.guard.first_obstacle(orders), _(READING_JOURNAL))
    if obstacle is not None:
        raise CommandError(obstacle.summary, obstacle.detail, code=ExitCode.LIMIT)


def known_request(engine: Engine, action: OrderAction, options: OrderOptions) -> Plan | None:
    """Return the plan of a request that was made before, or None if its ID is new.

    Raises:
        RequestMismatchError: if the ID was used for another action.
        StoreError: if the journal cannot be read.

    """
    orders = engine.run(engine.services.journal.request(options.request_id), _(READING_JOURNAL))
    if not orders:
        return None
    if orders[0].action is not action:
        raise RequestMismatchError(MISMATCH, options.request_id)
    return Plan(engine.current(orders), is_known=True)


def execute(
    engine: Engine,
    action: OrderAction,
    plan: Plan,
    options: OrderOptions,
    *,
    repeated: Sequence[str] = (),
) -> int:
    """Send the orders of `plan` that were not sent before, wait, write the outcome, and return the exit code.

    Args:
        engine: sends them.
        action: the action of all orders.
        plan: the request.
        options: how to wait and report.
        repeated: the IDs of the earlier orders that may have bought the same and that the user is willing to repeat.

    Raises:
        StoreError: if the orders cannot be recorded; nothing was sent.
        OutputError: if standard output cannot be written.

    """
    orders: tuple[Order, ...] = ()
    try:
        if plan.orders:
            if not options.is_repeatable:
                print_error([_("request ID {id}").format(id=options.request_id)])
            orders, began = plan.orders, time.monotonic()
            orders = engine.run(_submit(engine, orders, options, repeated), _(WAITING[action]))
            if options.waits:
                orders = _see_through(engine, orders, max(0.0, options.max_wait + began - time.monotonic()))
    except KeyboardInterrupt:
        print_error(order_report.interrupted_lines(engine.current(orders)))
        raise
    hosts = {host.id: host for host in engine.state.snapshot.hosts} if engine.state.snapshot else {}
    order_report.write_outcome(action, orders, plan.skipped, hosts=hosts, as_json=options.as_json)
    return order_report.exit_code(orders, plan.skipped, is_final=options.waits)


async def _submit(
    engine: Engine, orders: Sequence[Order], options: OrderOptions, repeated: Sequence[str]
) -> tuple[Order, ...]:
    """Submit the request, and wait for the responses of the service.

    If another program was sending it and ended before it could, it is submitted again.
    """
    for _attempt in range(ATTEMPTS):
        wanted = [renewed(order, engine.services.clock()) for order in orders]
        submitted = await engine.monitor.orders.submit(wanted, confirmed=repeated)
        orders = await engine.outcome(submitted, is_final=False, max_wait=options.max_wait)
        if not any(order.summary == INTERRUPTED[OrderState.PENDING] for order in orders):
            break
    return tuple(orders)


def _see_through(engine: Engine, orders: tuple[Order, ...], max_wait: float) -> tuple[Order, ...]:
    """Wait at most `max_wait` seconds until the hosts show the result of `orders`; say so if that may take minutes."""
    if unknown := [order for order in orders if order.state is OrderState.UNKNOWN]:
        waiting = _("Waiting at most {seconds} s for the list of hosts to show the result.")
        reasons = [line for order in unknown for line in (order_report.order_line(order), messages.order_reason(order))]
        print_error([*filter(None, reasons), waiting.format(seconds=int(max_wait))])
    waiting_for = _(WAITING[orders[0].action])
    return engine.run(engine.outcome(orders, is_final=True, max_wait=max_wait), waiting_for)


def _new_plan(engine: Engine, action: OrderAction, words: HostWords, options: OrderOptions) -> Plan:
    hosts, skipped = [], []
    for host in words.select(engine.state):
        if reason := _skip(engine, action, host):
            skipped.append(reason)
        else:
            hosts.append(host)
    if words.query is not None and not hosts and not skipped:
        print_error([_(NO_MATCH)])
    orders = new_request(options.request_id, action, engine.services.clock(), hosts=hosts)
    return Plan(orders, tuple(hosts), tuple(skipped))


def _skip(engine: Engine, action: OrderAction, host: Host) -> Skipped | None:
    """Return why nothing is ordered for `host`; None if something is."""
    book = engine.monitor.orders.book
    if book.is_hindered(action, host):
        return Skipped(host, N_("being deleted"))
    if reason := protection.reason_against(action, host.annotation):
        return Skipped(host, reason, ExitCode.LIMIT)
    if book.is_under_way(action, host):
        return Skipped(host, N_("another program has just sent an operation for it"))
    if _is_changing_by_order(engine.monitor.orders.all, host):
        return None  # its status is not what it is going to be
    if action is OrderAction.POWER_ON and host.status.is_on:
        return Skipped(host, N_("already on"), ExitCode.OK)
    if action is OrderAction.POWER_OFF and host.status is Status.OFF:
        return Skipped(host, N_("already off"), ExitCode.OK)
    if action is OrderAction.REBOOT and host.status is Status.OFF:
        return Skipped(host, N_("off, so it cannot be rebooted"))
    return None


def _is_changing_by_order(orders: Sequence[Order], host: Host) -> bool:
    return any(order.host_id == host.id and order.state not in FINAL for order in orders)


def _confirm(engine: Engine, action: OrderAction, plan: Plan) -> Plan:
    """Ask for confirmation, and return the plan without the hosts that have changed meanwhile.

    Raises:
        CommandError: if the user does not confirm.

    """
    ids = {order.host_id for order in plan.to_send}
    hosts = [host for host in engine.state.snapshot.hosts if host.id in ids] if engine.state.snapshot else []
    selection = Selection(hosts, dict(engine.state.costs.hosts))
    order_input.require_confirmation(_question(engine, action, hosts))
    present = engine.read_hosts().hosts
    book = engine.monitor.orders.book
    unchanged, left_out = selection.unchanged(action, present, engine.state.costs.hosts, book.is_hindered)
    if lines := messages.left_out(left_out.gone, left_out.deleted, left_out.changed, left_out.protected):
        print_error(lines)
    if plan.is_known and len(unchanged) < len(ids):
        raise CommandError(N_("Some hosts of this request have changed, so nothing was sent"), code=ExitCode.LIMIT)
    kept = {host.id for host in unchanged}
    lost = tuple(Skipped(host, N_("changed before you confirmed")) for host in hosts if host.id not in kept)
    orders = tuple(order for order in plan.orders if plan.is_known or order.host_id in kept)
    return replace(plan, orders=orders, skipped=(*plan.skipped, *lost))


def _question(engine: Engine, action: OrderAction, hosts: Sequence[Host]) -> Confirmation:
    fleet = engine.state.snapshot.hosts if engine.state.snapshot else ()
    target = prompts.OperationTarget(hosts, engine.services.clock(), fleet=fleet, is_cost_known=True)
    question = prompts.confirmation_for(action, target)
    if action is OrderAction.POWER_ON:
        return replace(question, tier=Risk.INTERRUPTING, note="\n  ".join(_start_lines(engine, hosts)))
    return question


def _start_lines(engine: Engine, hosts: Sequence[Host]) -> tuple[str, ...]:
    """Return what on-demand hosts will cost once they are on."""
    on_demand = [host for host in hosts if host.billing is not Billing.RENT]
    rates = [engine.state.costs.hosts[host.id] for host in on_demand if host.id in engine.state.costs.hosts]
    if not on_demand:
        return ()
    lines = [_("Added cost while on: {rate} per hour").format(rate=formats.rate(together(rates)))] if rates else []
    if len(rates) < len(on_demand):
        lines.append(_("The price of {count} of them is unknown.").format(count=len(on_demand) - len(rates)))
    return tuple(lines)
