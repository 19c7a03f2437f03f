"""The report of a command about its orders: the requests that `--dry-run` shows, or the outcomes, and the exit code.

Outcomes are a line or a JSON object for each order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from xds_tui.api import changes
from xds_tui.api.changes import ChangeRequest
from xds_tui.cli import output
from xds_tui.domain import caps, protection
from xds_tui.domain.model import Host
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.catalog_reader import PRICE_MOVED
from xds_tui.fleet.order_service import MAY_BE_BOUGHT
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, messages
from xds_tui.text.record_names import with_alias


def write_plan(
    base_url: str,
    orders: Sequence[Order],
    skipped: Sequence[Skipped],
    *,
    lines: Sequence[str] = (),
    facts: Mapping[str, object] | None = None,
    as_json: bool,
) -> None:
    """Write what would be sent for `orders` to standard output.

    Args:
        base_url: the service's address.
        orders: what would be ordered.
        skipped: the hosts that would be left out.
        lines: the estimate, in the chosen language.
        facts: the estimate, as fields of the JSON object.
        as_json: write one JSON object.

    Raises:
        NotSent: if an order cannot be sent.
        OutputError: if standard output cannot be written.

    """
    requests = [changes.request_of(order) for order in orders]
    if as_json:
        output.write_json(_json(base_url, requests, skipped, facts or {}))
        return
    text = [_("Dry run. These requests would be sent:")] if requests else [_("Dry run. Nothing would be sent.")]
    for request in requests:
        text.append(f"{request.method} {request.url(base_url)}")
        if request.body is not None:
            text.append(f"  {json.dumps(request.body)}")
    text += lines
    if skipped:
        text.append(_("Skipped:"))
        text += [f"  {host.host.display_name} ({host.host.id}): {_(host.reason)}" for host in skipped]
    output.write("".join(f"{clean(line)}\n" for line in text))


def _json(
    base_url: str, requests: Sequence[ChangeRequest], skipped: Sequence[Skipped], facts: Mapping[str, object]
) -> str:
    plan = {
        "requests": [
            {"method": request.method, "url": request.url(base_url), "body": request.body} for request in requests
        ],
        "left_out": [{"id": host.host.id, "name": host.host.name, "reason": host.reason} for host in skipped],
        **facts,
    }
    return f"{export.to_json_object(plan)}\n"


SKIPPED: Final = "skipped"
"""The state, in JSON, of a host for which nothing was ordered."""

_SEVERITY: Final = (
    ExitCode.OK,
    ExitCode.USAGE,
    ExitCode.LIMIT,
    ExitCode.REJECTED,
    ExitCode.FAILURE,
    ExitCode.UNKNOWN,
    ExitCode.INTERRUPTED,
)
"""From the least to the most severe. An unknown outcome may have cost money, so it outweighs a failure."""

_PROTECTED: Final = (PRICE_MOVED, MAY_BE_BOUGHT, *protection.REASONS, *caps.REASONS)
"""Why an order was held back for the user's protection."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A host for which nothing was ordered."""

    host: Host
    reason: str
    """In English and marked for translation."""
    code: ExitCode = ExitCode.FAILURE
    """OK if the host is already as desired."""


def exit_code(orders: Iterable[Order], skipped: Iterable[Skipped] = (), *, is_final: bool = True) -> ExitCode:
    """Return the most severe exit code.

    Args:
        orders: the orders as they are when the command ends.
        skipped: the hosts for which nothing was ordered.
        is_final: whether the command waited until the hosts show the result, so that anything less is unknown.

    """
    codes = [ExitCode.OK, *(code_of(order, is_final=is_final) for order in orders), *(host.code for host in skipped)]
    return max(codes, key=_SEVERITY.index)


def code_of(order: Order, *, is_final: bool = True) -> ExitCode:
    """Return the exit code for one order; see `exit_code`."""
    match order.state:
        case OrderState.CONFIRMED:
            return ExitCode.OK
        case OrderState.ACCEPTED:
            return ExitCode.UNKNOWN if is_final else ExitCode.OK
        case OrderState.REJECTED:
            return ExitCode.REJECTED
        case OrderState.NOT_SENT:
            is_protected = order.summary in _PROTECTED or order.message in _PROTECTED
            return ExitCode.LIMIT if is_protected else ExitCode.FAILURE
    return ExitCode.UNKNOWN


def write_outcome(
    action: OrderAction,
    orders: Sequence[Order],
    skipped: Sequence[Skipped],
    *,
    hosts: Mapping[str, Host],
    as_json: bool,
) -> None:
    """Write one line, or one JSON object, for each order and each host without one to standard output.

    Raises:
        OutputError: if standard output cannot be written.

    """
    if as_json:
        output.write_json(_json_lines(action, orders, skipped, hosts))
        return
    annotations = {host_id: host.annotation for host_id, host in hosts.items()}
    lines = [order_line(with_alias(order, annotations)) for order in orders]
    lines += [f"{host.host.display_name} ({host.host.id}): {_(host.reason)}" for host in skipped]
    output.write("".join(f"{clean(line)}\n" for line in lines))
    for order in orders:
        if code_of(order) is not ExitCode.OK and order.summary:
            output.print_error([messages.action(order.action), *messages.order_lines(order)])


def order_line(order: Order) -> str:
    """Return what became of an order, in the chosen language."""
    name = order.host_name or (order.quote.package.name if order.quote else "")
    subject = f"{name} ({order.host_id})" if order.host_id else name
    return f"{subject}: {messages.action(order.action)}: {messages.order_status(order)}"


def _json_lines(
    action: OrderAction, orders: Sequence[Order], skipped: Sequence[Skipped], hosts: Mapping[str, Host]
) -> str:
    table = export.orders_table(orders, hosts, {host_id: host.annotation for host_id, host in hosts.items()})
    empty = dict.fromkeys(table.fields)
    rows = [
        empty
        | {"action": action.value, "state": SKIPPED, "host_id": host.host.id, "host_name": host.host.name}
        | {"alias": host.host.annotation.alias or None}
        | {"summary": host.reason}
        for host in skipped
    ]
    return export.to_json_lines(table) + "".join(f"{export.to_json_object(row)}\n" for row in rows)


def interrupted_lines(orders: Sequence[Order]) -> tuple[str, ...]:
    """Return what becomes of the orders of an interrupted command, and how to query it."""
    if not orders:
        return (_("Interrupted before anything was sent."),)
    repeat = _("To see the outcome, run the command again with --request-id {id}. Nothing is sent twice.")
    return (*map(order_line, orders), repeat.format(id=orders[0].request_id))
