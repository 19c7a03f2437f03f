"""`xds-tui create` and `xds-tui estimate`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from xds_tui.cli import order_input, order_report, output
from xds_tui.cli.commands.operations import Plan, execute, known_request, require_caps
from xds_tui.cli.engine import READING_JOURNAL, Engine
from xds_tui.cli.output import CommandError, print_error
from xds_tui.domain import pricing, purchase
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.model import Billing, Catalog, Image, Package, Period
from xds_tui.domain.purchase import Draft, Incompatibility
from xds_tui.domain.records import Order, OrderAction, Quote
from xds_tui.domain.sanitize import clean
from xds_tui.fleet.order_requests import new_request
from xds_tui.i18n import N_, _, ngettext
from xds_tui.store.journal import MISMATCH, RequestMismatchError
from xds_tui.structs import dataclass
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, formats, messages, prompts, terms
from xds_tui.text.prompts import Confirmation, Risk

if TYPE_CHECKING:
    from xds_tui.cli.order_input import OrderOptions

_REASONS: Final = {
    Incompatibility.TYPES_DIFFER: N_("The package and the image are of different types"),
    Incompatibility.NOT_OFFERED: N_("The package is not sold in this billing mode"),
    Incompatibility.PRICE_UNKNOWN: N_("The price of the package is unknown"),
}
_T = TypeVar("_T", Package, Image)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRequest:
    """The goods that a command line asks for, and the highest price."""

    package: str
    """ID or name."""
    image: str | None
    """ID or name; None for an estimate alone."""
    period: Period | None = None
    """None: on-demand."""
    count: int = 1
    max_price: Decimal | None = None
    """CNY for one hour of one host."""
    max_total: Decimal | None = None
    """CNY for all hosts and the whole period, or for an hour of all hosts on-demand."""
    annotation: Annotation = NO_ANNOTATION
    """What the new hosts are to have."""
    is_repeated: bool = False
    """Whether to buy although an earlier order may have bought the same."""

    @property
    def billing(self) -> Billing:
        """The billing mode."""
        return Billing.ON_DEMAND if self.period is None else Billing.RENT


def create(engine: Engine, request: PurchaseRequest, options: OrderOptions) -> int:
    """Buy hosts, wait for the outcome, and return the exit code.

    Raises:
        ApiError, StoreError, CommandError: if nothing was sent.
        OutputError: if standard output cannot be written.

    """
    engine.read_hosts()
    plan = known_request(engine, OrderAction.CREATE, options) if options.is_repeatable else None
    if plan is not None and not (_is_for(plan.orders, request) and len(plan.orders) == request.count):
        raise RequestMismatchError(MISMATCH, options.request_id)
    if plan is not None and not plan.to_send and not options.is_dry_run:
        return execute(engine, OrderAction.CREATE, plan, options)
    draft = draft_of(engine.read_catalog(), request)
    quote = draft.quote()
    require_limits([draft], request)
    plan = _priced(plan, quote) if plan is not None else _new_plan(engine, request, options, quote)
    require_caps(engine, plan.to_send)
    if options.is_dry_run:
        estimated = {"estimate": facts(draft)}
        lines = estimate_lines(draft)
        base_url = engine.state.base_url
        order_report.write_plan(base_url, plan.to_send, (), lines=lines, facts=estimated, as_json=options.as_json)
        return ExitCode.OK
    repeated = require_first_purchase(
        engine, quote, options, batch=plan.orders[0].batch, is_repeated=request.is_repeated
    )
    if not options.is_confirmed:
        order_input.require_confirmation(_question(draft))
    return execute(engine, OrderAction.CREATE, plan, options, repeated=repeated)


def _new_plan(engine: Engine, request: PurchaseRequest, options: OrderOptions, quote: Quote) -> Plan:
    now, action = engine.services.clock(), OrderAction.CREATE
    count, annotation = request.count, request.annotation
    return Plan(new_request(options.request_id, action, now, quote=quote, count=count, annotation=annotation))


def _priced(plan: Plan, quote: Quote) -> Plan:
    """Return `plan` with `quote` for the orders that were not sent yet."""
    unsent = {order.id for order in plan.to_send}
    orders = tuple(replace(order, quote=quote) if order.id in unsent else order for order in plan.orders)
    return replace(plan, orders=orders)


def estimate(engine: Engine, request: PurchaseRequest, *, as_json: bool) -> int:
    """Write what hosts would cost, and how that is calculated; return the exit code.

    Raises:
        ApiError, StoreError, CommandError: if it cannot be estimated.
        OutputError: if standard output cannot be written.

    """
    draft = draft_of(engine.read_catalog(), request)
    if as_json:
        output.write_json(f"{export.to_json_object(facts(draft))}\n")
    else:
        output.write("".join(f"{clean(line)}\n" for line in estimate_lines(draft)))
    require_limits([draft], request)
    return ExitCode.OK


def _is_for(orders: Sequence[Order], request: PurchaseRequest) -> bool:
    quote = orders[0].quote
    if quote is None:
        return False
    return (
        request.package in (quote.package.id, quote.package.name)
        and request.image in (quote.image.id, quote.image.label)
        and request.period == quote.period
    )


def draft_of(catalog: Catalog, request: PurchaseRequest) -> Draft:
    """Return what `request` asks for, as `catalog` offers it.

    Raises:
        CommandError: if it is not offered.

    """
    packages = purchase.matching_packages(catalog, request.billing)
    package = _find(packages, request.package, N_("There is no such package in this billing mode"))
    if len(offers := purchase.offers(packages, request.billing, package.id)) > 1:
        prices = ", ".join(f"{offer.amount} × {offer.discount} CNY/h" for offer in offers)
        raise CommandError(purchase.CONTRADICTORY_PRICES, f"{package.id}: {prices}")
    package = offers[0]
    if pricing.hourly(package) is None:
        raise CommandError(_REASONS[Incompatibility.PRICE_UNKNOWN], package.name)
    image = None
    if request.image is not None:
        image = _find(catalog.images, request.image, N_("There is no such image"))
        reason = purchase.incompatibility(image, package, request.billing)
        if reason is not None:
            raise CommandError(_REASONS[reason], f"{package.name}, {image.label}")
    draft = Draft(request.billing, package, image, count=request.count)
    return draft if request.period is None else replace(draft, unit=request.period.unit, number=request.period.number)


def _find(offers: Sequence[_T], word: str, missing: str) -> _T:
    """Return the offer with the ID `word`, or else with that name, which only one may have."""
    found = [offer for offer in offers if offer.id == word] or [offer for offer in offers if _name(offer) == word]
    if not found:
        raise CommandError(missing, word)
    if len(ids := list(dict.fromkeys(offer.id for offer in found))) > 1:
        raise CommandError(N_("The name is not unique; give the ID"), f"{word}: {', '.join(ids)}", code=ExitCode.USAGE)
    return found[0]


def _name(offer: Package | Image) -> str:
    return offer.label if isinstance(offer, Image) else offer.name


def require_limits(drafts: Sequence[Draft], request: PurchaseRequest) -> None:
    """Raise `CommandError` if one of the drafts, or all of them together, cost more than the user allows."""
    hourly = max((pricing.hourly(draft.package) or Decimal(0) for draft in drafts if draft.package), default=None)
    if request.max_price is not None and hourly is not None and hourly > request.max_price:
        detail = f"{formats.exact(hourly)} > {formats.exact(request.max_price)} CNY/h"
        raise CommandError(N_("The price is above --max-price, so nothing was bought"), detail, code=ExitCode.LIMIT)
    total = sum((draft.estimate.total for draft in drafts if draft.estimate), Decimal(0))
    if request.max_total is not None and total > request.max_total:
        detail = f"{formats.exact(total)} > {formats.exact(request.max_total)} CNY"
        raise CommandError(N_("The estimate is above --max-total, so nothing was bought"), detail, code=ExitCode.LIMIT)


def require_first_purchase(
    engine: Engine,
    quote: Quote,
    options: OrderOptions,
    *,
    batch: str = "",
    known: Collection[str] = (),
    is_repeated: bool = False,
) -> tuple[str, ...]:
    """Return the IDs of earlier orders that may have bought the same and that the user is willing to repeat.

    Args:
        engine: has the orders.
        quote: what is to be bought.
        options: whether the user can be asked.
        batch: the purchase itself, of which an earlier run may have sent a part.
        known: the IDs of orders besides which the user wants this one.
        is_repeated: whether the user is willing to repeat any.

    Raises:
        CommandError: if there are any, and the user is not.

    """
    looking = engine.monitor.orders.possible_purchases(quote, apart_from=batch)
    # Another program that was started with the same request ID returns the same orders.
    own = {options.request_id} - {""}
    found = [order for order in engine.run(looking, _(READING_JOURNAL)) if order.request_id not in own]
    earlier = [order for order in found if order.id not in known]
    if earlier and not is_repeated:
        if options.is_confirmed or not order_input.can_ask():
            print_error([*(messages.order_reason(order) for order in earlier)])
            raise CommandError(
                N_("An earlier order may have bought this already; check it with xds-tui orders, or use --buy-again"),
                ", ".join(order.id for order in earlier),
                code=ExitCode.LIMIT,
            )
        order_input.require_confirmation(prompts.buying_again(earlier))
    return tuple(order.id for order in found)


def _question(draft: Draft) -> Confirmation:
    title = ngettext("Buy {count} host?", "Buy {count} hosts?", draft.count).format(count=draft.count)
    return Confirmation(Risk.INTERRUPTING, title, estimate_lines(draft), "", "", "")


def estimate_lines(draft: Draft) -> tuple[str, ...]:
    """Return what would be bought, and the estimate with its calculation."""
    if draft.package is None or draft.estimate is None:
        return ()
    lines = [f"{_(terms.PACKAGE)}: {draft.package.name} ({draft.package.id})"]
    if draft.image is not None:
        lines.append(f"{_(terms.IMAGE)}: {draft.image.label} ({draft.image.id})")
    lines.append(f"{formats.billing(draft.billing)}: {formats.working(draft.estimate)}")
    if draft.period is not None:
        prepaid = _("prepaid: {period} = {hours} h")
        lines.append(prepaid.format(period=formats.period(draft.period), hours=draft.hours))
    else:
        lines.append(_("for each hour while on"))
    return tuple(lines)


def facts(draft: Draft) -> dict[str, object]:
    """Return the estimate as fields for JSON; money is decimal text in CNY."""
    found, period = draft.estimate, draft.period
    if found is None or draft.package is None:
        return {}
    return {
        "package_id": draft.package.id,
        "package": draft.package.name,
        "image_id": draft.image.id if draft.image else None,
        "image": draft.image.label if draft.image else None,
        "billing": draft.billing.name.lower(),
        "period_number": period.number if period else None,
        "period_unit": period.unit.name.lower() if period else None,
        "unit_price": formats.exact(found.amount),
        "discount": formats.exact(found.discount),
        "hours": found.hours,
        "count": found.count,
        "total": formats.exact(found.total),
    }
