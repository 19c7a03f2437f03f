"""`xds-tui apply`: buy, start and stop hosts until the fleet is as a file describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xds_tui.api import changes
from xds_tui.cli import order_input, order_report, output
from xds_tui.cli.commands import purchase
from xds_tui.cli.commands.purchase import PurchaseRequest
from xds_tui.cli.engine import READING_JOURNAL, Engine
from xds_tui.cli.fleet_file import FleetFile, desired_fleet
from xds_tui.cli.output import CommandError, print_error
from xds_tui.domain import fleet_plan, pricing
from xds_tui.domain.annotations import Annotation
from xds_tui.domain.fleet_plan import FleetPlan, GroupPlan, HostGroup, SharedHostError
from xds_tui.domain.model import Billing, Host, Status
from xds_tui.domain.pricing import FleetRate
from xds_tui.domain.purchase import Draft
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.order_requests import new_request
from xds_tui.i18n import N_, _, ngettext
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, formats, messages
from xds_tui.text.prompts import Confirmation, Risk

if TYPE_CHECKING:
    from xds_tui.cli.order_input import OrderOptions

_APPLYING: Final = N_("applying")
"""Subject of the progress line."""

_MAX_ORDERS: Final = 10_000
"""Orders that are searched for deletes, the latest ones."""


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A plan with what it buys, and what the whole account costs before and after."""

    fleet: str
    plan: FleetPlan
    drafts: Mapping[str, Draft]
    """What is bought, by the name of the group."""
    before: FleetRate
    after: FleetRate
    untouched: int
    """Hosts of the account that are not started or stopped."""
    missing: tuple[str, ...]
    """IDs of hosts that were bought earlier, if the service lists no host at all and nothing explains that."""
    alike: Mapping[str, int]
    """Counts of hosts in no group that look like those to buy, by the name of a group that has none yet."""

    def orders(self, engine: Engine, request_id: str) -> list[tuple[Order, ...]]:
        """Return the orders to place: those that stop and start hosts, and one request for each group that buys."""
        now = engine.services.clock()
        stop = [host for group in self.plan.groups for host in group.stop]
        start = [host for group in self.plan.groups for host in group.start]
        requests = [
            new_request(f"{request_id}-stop", OrderAction.POWER_OFF, now, hosts=stop),
            new_request(f"{request_id}-start", OrderAction.POWER_ON, now, hosts=start),
        ]
        for group in self.plan.groups:
            if draft := self.drafts.get(group.group.name):
                annotation = Annotation(tags=(group.group.tag,) if group.group.tag else ())
                creates = new_request(
                    group.request_id,
                    OrderAction.CREATE,
                    now,
                    quote=draft.quote(),
                    count=group.create,
                    annotation=annotation,
                )
                requests.append(creates)
        return [orders for orders in requests if orders]


def apply(
    engine: Engine, file: FleetFile, options: OrderOptions, limits: PurchaseRequest, *, may_replace_all: bool = False
) -> int:
    """Show the plan, carry it out after confirmation, wait for the outcome, and return the exit code.

    Args:
        engine: reads the hosts and places the orders.
        file: the wanted fleet.
        options: how to order and report.
        limits: the highest prices.
        may_replace_all: whether to buy although hosts that were bought earlier are missing and the list is empty.

    Raises:
        ApiError, StoreError, CommandError: if nothing was sent.
        OutputError: if standard output cannot be written.

    """
    proposal = _propose(engine, file)
    purchase.require_limits(tuple(proposal.drafts.values()), limits)
    if options.is_dry_run:
        _write(engine, proposal, as_json=options.as_json)
        return ExitCode.OK
    if not may_replace_all:
        _require_explained_list(proposal)
    repeated = _repeated(engine, proposal, options, limits)
    if not proposal.plan.is_empty and not options.is_confirmed:
        title = _("Apply this plan?")
        order_input.require_confirmation(Confirmation(Risk.INTERRUPTING, title, _lines(proposal), "", "", ""))
        if _propose(engine, file).plan.steps != proposal.plan.steps:
            raise CommandError(
                N_("The hosts changed meanwhile, so nothing was done. Run it again"), code=ExitCode.LIMIT
            )
    elif not options.as_json:
        print_error(_lines(proposal))
    return _carry_out(engine, proposal, options, repeated)


def _require_explained_list(proposal: _Proposal) -> None:
    """Raise `CommandError` if hosts would be bought again because the service lists none."""
    if proposal.missing and proposal.drafts:
        raise CommandError(
            N_(
                "The service lists no hosts, although earlier orders bought some that were not deleted here. Nothing "
                "was done. Check the console of the vendor; if the hosts are really gone, use --assume-gone"
            ),
            ", ".join(proposal.missing),
            code=ExitCode.LIMIT,
        )


def _require_tags(engine: Engine, file: FleetFile) -> None:
    """Raise `CommandError` if a group has a tag and the tags of hosts are not known."""
    book = engine.monitor.annotations
    if not book.is_known and any(group.tag for group in file.groups):
        summary = N_("The file with the tags of hosts cannot be read, so nothing was done")
        raise CommandError(summary, book.problem.detail if book.problem else "")


def _propose(engine: Engine, file: FleetFile) -> _Proposal:
    """Read the hosts, the prices and the orders, and plan.

    Raises:
        CommandError: if the file does not fit what there is, or the list of hosts cannot be relied on.

    """
    snapshot, catalog = engine.read_hosts(), engine.read_catalog()
    if not snapshot.is_complete:
        raise CommandError(N_("The list of hosts is incomplete, so nothing was done. Run it again"))
    creates = engine.run(engine.services.journal.creates(), _(READING_JOURNAL))
    known = {order.id: order for order in (*creates, *engine.monitor.orders.all)}
    _require_tags(engine, file)
    fleet = desired_fleet(file, snapshot.hosts)
    try:
        plan = fleet_plan.plan(fleet, snapshot.hosts, known.values())
    except SharedHostError as error:
        raise CommandError(N_("A host belongs to two groups of the file"), str(error), ExitCode.USAGE) from None
    drafts = {
        group.group.name: purchase.draft_of(catalog, _request(group.group, group.create))
        for group in plan.groups
        if group.create
    }
    now, costs = engine.services.clock(), engine.state.costs
    recorded: Sequence[Order] = ()
    if len(snapshot.unlisted) == len(snapshot.hosts):
        recorded = engine.run(engine.services.journal.orders(_MAX_ORDERS), _(READING_JOURNAL))
    return _Proposal(
        fleet=file.fleet,
        plan=plan,
        drafts=drafts,
        before=pricing.fleet_rate(snapshot.hosts, costs.hosts, now),
        after=_with_purchases(pricing.fleet_rate(_after(plan, snapshot.hosts), costs.hosts, now), plan, drafts),
        untouched=len(snapshot.hosts) - len(plan.touched),
        missing=fleet_plan.missing_hosts(fleet, snapshot, (*known.values(), *recorded)),
        alike=_alike(plan, drafts, snapshot.hosts),
    )


def _request(group: HostGroup, count: int) -> PurchaseRequest:
    return PurchaseRequest(package=group.package, image=group.image, period=group.period, count=count)


def _after(plan: FleetPlan, hosts: Iterable[Host]) -> list[Host]:
    """Return the hosts with the status that they have once the plan is carried out."""
    started = {host.id for group in plan.groups for host in group.start}
    return [
        replace(host, status=Status.ON if host.id in started else Status.OFF) if host.id in plan.touched else host
        for host in hosts
    ]


def _with_purchases(rate: FleetRate, plan: FleetPlan, drafts: Mapping[str, Draft]) -> FleetRate:
    """Return `rate` with the hosts to be bought: prepaid ones cost on or off, the others while they are on."""
    for group in plan.groups:
        draft = drafts.get(group.group.name)
        if draft is not None and draft.package is not None:
            count = group.create if draft.billing is Billing.RENT else group.create_running
            estimate = pricing.estimate(draft.package, 1, count)
            rate = pricing.fleet_rate_after(rate, estimate, draft.billing) if estimate else rate
    return rate


def _alike(plan: FleetPlan, drafts: Mapping[str, Draft], hosts: Iterable[Host]) -> dict[str, int]:
    """Return how many hosts of no group look like those to buy for each group that has none yet.

    They may have been bought for it on another machine, whose journal is not known here.
    """
    members = {host.id for group in plan.groups for host in group.members}
    others = [host for host in hosts if host.id not in members]
    new = {group.group.name for group in plan.groups if not group.members and not group.open_creates}
    counts = {
        name: sum(pricing.looks_like(host, draft.package) and host.billing is draft.billing for host in others)
        for name, draft in drafts.items()
        if name in new and draft.package is not None
    }
    return {name: count for name, count in counts.items() if count}


def _repeated(engine: Engine, proposal: _Proposal, options: OrderOptions, limits: PurchaseRequest) -> frozenset[str]:
    """Return the IDs of the earlier orders that may be repeated: those of the groups themselves count as hosts."""
    own = {order.id for group in proposal.plan.groups for order in group.open_creates}
    repeated = set(own)
    for draft in proposal.drafts.values():
        repeated.update(
            purchase.require_first_purchase(engine, draft.quote(), options, known=own, is_repeated=limits.is_repeated)
        )
    return frozenset(repeated)


# Carrying out


def _carry_out(engine: Engine, proposal: _Proposal, options: OrderOptions, repeated: frozenset[str]) -> int:
    """Place the orders, wait, write the outcome, and return the exit code."""
    requests = proposal.orders(engine, options.request_id)
    waiting = tuple(order for group in proposal.plan.groups for order in group.open_creates)
    placed: list[Order] = []

    async def submit(requests: Iterable[tuple[Order, ...]]) -> None:
        for orders in requests:
            placed.extend(await engine.monitor.orders.submit(orders, confirmed=repeated))
        await engine.outcome((*placed, *waiting), is_final=options.waits, max_wait=options.max_wait)

    try:
        engine.run(submit(requests), _(_APPLYING))
        if start := _new_to_start(engine, proposal, placed):
            now = engine.services.clock()
            request_id = f"{options.request_id}-start-new"
            engine.run(submit([new_request(request_id, OrderAction.POWER_ON, now, hosts=start)]), _(_APPLYING))
    except KeyboardInterrupt:
        orders = engine.current((*placed, *waiting))
        print_error([*map(order_report.order_line, orders), _("Interrupted. Run the command again: it continues.")])
        raise
    return _report(engine, engine.current((*placed, *waiting)), options)


def _new_to_start(engine: Engine, proposal: _Proposal, placed: Sequence[Order]) -> list[Host]:
    """Return the hosts just bought that are to be started; those whose creates are still open are left out."""
    bought = {
        order.host_id
        for order in engine.current(placed)
        if order.quote is not None and order.state is OrderState.CONFIRMED and order.host_id is not None
    }
    if not bought:
        return []
    hosts, by_request = engine.read_hosts().hosts, {order.host_id: order.request_id for order in engine.current(placed)}
    return [
        host
        for group in proposal.plan.groups
        for host in fleet_plan.to_start(
            group, {host_id for host_id in bought if by_request[host_id] == group.request_id}, hosts
        )
    ]


def _report(engine: Engine, orders: Sequence[Order], options: OrderOptions) -> int:
    if not orders and not options.as_json:
        output.write(_("Nothing to do.") + "\n")
    hosts = {host.id: host for host in engine.state.snapshot.hosts} if engine.state.snapshot else {}
    if orders:
        order_report.write_outcome(orders[0].action, orders, (), hosts=hosts, as_json=options.as_json)
    return order_report.exit_code(orders, is_final=options.waits)


# Text


def _write(engine: Engine, proposal: _Proposal, *, as_json: bool) -> None:
    """Write the plan, and the requests that it consists of, to standard output."""
    requests = [changes.request_of(order) for orders in proposal.orders(engine, "dry-run") for order in orders]
    base_url = engine.state.base_url
    if as_json:
        facts = _facts(proposal) | {
            "requests": [
                {"method": request.method, "url": request.url(base_url), "body": request.body} for request in requests
            ]
        }
        output.write_json(f"{export.to_json_object(facts)}\n")
        return
    output.write("".join(f"{clean(line)}\n" for line in _lines(proposal)))


def _lines(proposal: _Proposal) -> list[str]:
    """Return the plan in the chosen language."""
    lines = [line for group in proposal.plan.groups for line in _group_lines(group, proposal)]
    if proposal.missing and proposal.drafts:
        text = ngettext(
            "The service lists no hosts, but {count} was bought earlier. Only --assume-gone buys it again.",
            "The service lists no hosts, but {count} were bought earlier. Only --assume-gone buys them again.",
            len(proposal.missing),
        )
        lines.append(f"! {text.format(count=len(proposal.missing))}")
    if proposal.plan.is_empty:
        return lines
    before, after = proposal.before, proposal.after
    lines += [
        _("on-demand, an hour: {before} → {after}").format(
            before=formats.rate(before.on_demand), after=formats.rate(after.on_demand)
        ),
        _("prepaid, an hour: {before} → {after}").format(
            before=formats.rate(before.prepaid), after=formats.rate(after.prepaid)
        ),
    ]
    if proposal.after.unpriced:
        lines.append(formats.unknown_prices(proposal.after.unpriced))
    text = ngettext("{count} other host is not touched.", "{count} other hosts are not touched.", proposal.untouched)
    return [*lines, text.format(count=proposal.untouched)]


def _group_lines(group: GroupPlan, proposal: _Proposal) -> Iterable[str]:
    wanted, on = group.group, sum(host.status.is_on for host in group.members)
    has = _("{group}: {count} of {wanted} hosts, {on} of {running} on")
    yield has.format(group=wanted.name, count=len(group.members), wanted=wanted.count, on=on, running=wanted.running)
    for order in group.open_creates:
        yield f"  {_('counts as a host')}: {messages.order_status(order)} ({order.id})"
    if draft := proposal.drafts.get(wanted.name):
        text = ngettext("buy {count} host", "buy {count} hosts", group.create).format(count=group.create)
        yield f"  + {text}"
        yield from (f"      {line}" for line in purchase.estimate_lines(draft))
    if alike := proposal.alike.get(wanted.name):
        text = ngettext(
            "{count} host of no group looks the same. If it was bought for this one, name it in hosts.",
            "{count} hosts of no group look the same. If they were bought for this one, name them in hosts.",
            alike,
        )
        yield f"  ! {text.format(count=alike)}"
    for sign, action, hosts in (
        ("↑", OrderAction.POWER_ON, group.start),
        ("↓", OrderAction.POWER_OFF, group.stop),
    ):
        yield from (f"  {sign} {messages.action(action)} {host.display_name} ({host.id})" for host in hosts)
    if group.surplus:
        text = ngettext(
            "{count} host more than wanted; nothing is deleted",
            "{count} hosts more than wanted; nothing is deleted",
            group.surplus,
        )
        yield f"  {text.format(count=group.surplus)}"


def _facts(proposal: _Proposal) -> dict[str, object]:
    """Return the plan as fields for JSON; money is decimal text in CNY."""
    return {
        "fleet": proposal.fleet,
        "is_empty": proposal.plan.is_empty,
        "groups": [
            {
                "group": group.group.name,
                "count": group.group.count,
                "running": group.group.running,
                "hosts": [host.id for host in group.members],
                "open_orders": [order.id for order in group.open_creates],
                "create": group.create,
                "start": [host.id for host in group.start],
                "stop": [host.id for host in group.stop],
                "request_id": group.request_id if group.create else None,
                "estimate": purchase.facts(draft) if (draft := proposal.drafts.get(group.group.name)) else None,
            }
            for group in proposal.plan.groups
        ],
        "hourly_before": _hourly(proposal.before),
        "hourly_after": _hourly(proposal.after),
        "untouched": proposal.untouched,
        "missing": list(proposal.missing),
    }


def _hourly(rate: FleetRate) -> dict[str, object]:
    return {
        "on_demand_low": formats.exact(rate.on_demand.low),
        "on_demand_high": formats.exact(rate.on_demand.high),
        "prepaid_low": formats.exact(rate.prepaid.low),
        "prepaid_high": formats.exact(rate.prepaid.high),
        "unpriced": rate.unpriced,
    }
