"""Messages about errors, orders and events: what happened, what to do, and what support asks for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from xds_tui.api.errors import ApiError, Cause, OutcomeUnknown, Rejected, SignedOut, explain
from xds_tui.domain import filtering
from xds_tui.domain.model import Host
from xds_tui.domain.records import Doubt, Event, EventKind, Order, OrderAction, OrderState
from xds_tui.errors import AppError, UserInputError
from xds_tui.i18n import N_, _
from xds_tui.store.problems import StoreError
from xds_tui.store.problems import remedy as remedy_of_storage
from xds_tui.text import formats, labels, rules
from xds_tui.text.manual_topics import manual_hint


class Situation(Enum):
    """The place where an error is shown, which determines the advice."""

    WATCHING = "watching"
    """On a screen that refreshes: a failed read is repeated on its own."""
    SIGN_IN = "sign-in"
    """In the sign-in dialog, with what was typed still there."""
    COMMAND = "command"
    """By a command that has ended with it."""
    LOGIN = "login"
    """By `xds-tui login`."""


UNKNOWN_OUTCOME: Final = N_(
    "It may or may not have been carried out. It is not sent again; the next refreshes will show the outcome."
)

KEY_INCOMPLETE: Final = N_("Both the account ID and the secret are required")
NO_PASSWORD: Final = N_("the service provides no password for it")

_DONE_ANYWAY: Final = N_("{order}, but it happened anyway: the service carried it out, or someone else did it")

_CAUSES: Final = {
    Cause.PROXY: N_("Start or correct the proxy, or unset its variable."),
    Cause.PORTAL: N_(
        "This is often the sign-in page of a network. Open a web page in a browser to sign in, or check the address."
    ),
    Cause.BLOCKED: N_("A firewall or a proxy may be blocking the request."),
    Cause.ADDRESS: N_("Check the address (--base-url, XDS_BASE_URL, base_url in config.toml)."),
    Cause.SERVICE: N_("The problem is at the service, not on this machine."),
}
_NEXT: Final = {
    Situation.WATCHING: N_("Nothing was changed. It is retried automatically; press r to retry now."),
    Situation.SIGN_IN: N_("Your input is kept. Press enter to try again."),
    Situation.COMMAND: N_("Nothing was changed. Try again, or run xds-tui doctor to find the cause."),
    Situation.LOGIN: N_("Nothing was stored. Try again, or run xds-tui doctor to find the cause."),
}
SIGN_IN_HINT: Final = N_("Sign in with xds-tui login, or set XDS_UUID and XDS_SECRET.")
_SIGN_IN: Final = {
    Situation.WATCHING: N_("Press i to sign in again. The data on the screen is kept."),
    Situation.COMMAND: SIGN_IN_HINT,
}
_WRONG_KEY: Final = N_("Check both, and the environment: production and sandbox have separate accounts.")
_WRONG_TOKEN: Final = N_("Enter a new token. A token expires after 30 minutes.")
_OTHER_PROGRAM: Final = N_("Close the other program, or store the credentials of both in the same keyring.")
_PASSING: Final = N_(
    "Nothing was changed. A new token is requested automatically; if that does not help, sign in again."
)


def error_message(error: AppError) -> str:
    """Return any error in one line: what happened, and what was observed."""
    if isinstance(error, UserInputError):
        return error.fill(_(error.summary))
    return with_detail(error.summary, error.detail)


def copied_by(program: str) -> str:
    """Return the message that a program has the copied text, besides the terminal."""
    return _("Also copied with {program}").format(program=program)


def kept_for_this_run(error: AppError) -> str:
    """Return the message for credentials that could not be stored."""
    return _("Stored for this run only: {reason}").format(reason=error_message(error))


def error_lines(
    error: AppError, situation: Situation, *, given_by: str = "", is_token: bool = False
) -> tuple[str, ...]:
    """Return any error in lines: what happened, what to do, and what Xuandashi's support asks for.

    Args:
        error: the error.
        situation: where it is shown.
        given_by: the environment variables that the credentials came from; empty if they came from another source.
        is_token: whether a bare token was tried instead of an account and its secret.

    """
    if not isinstance(error, ApiError):
        advice = remedy_of_storage(error.summary) if isinstance(error, StoreError) else ""
        lines = [error_message(error), *([_(advice)] if advice else [])]
        return (*lines, *_command_hint(error, situation))
    lines = [error_message(error), remedy(error, situation, is_token=is_token)]
    if isinstance(error, SignedOut) and given_by:
        lines.append(_("The credentials come from {names}.").format(names=given_by))
    return (*lines, *_error_facts(error), *_command_hint(error, situation))


def error_notice(error: AppError) -> tuple[str, ...]:
    """Return an error for the notice of a screen that refreshes: what happened, what to do, and where the rest is."""
    if not isinstance(error, ApiError):
        return error_lines(error, Situation.WATCHING)
    return (error_message(error), remedy(error, Situation.WATCHING), *_details_hint(_error_facts(error)))


def _error_facts(error: ApiError) -> list[str]:
    """Return what Xuandashi's support asks for."""
    lines = []
    if isinstance(error, Rejected | SignedOut) and (error.message or error.trace_id):  # else the service sent no code
        lines.append(code_line(error.code))
    if error.trace_id:
        lines.append(f"traceId {error.trace_id}")
    return lines


def _details_hint(facts: Sequence[str]) -> tuple[str, ...]:
    """Return where the main screen shows `facts`, which its notices leave out."""
    return (_("Press 3, then enter for code and traceId."),) if facts else ()


def _command_hint(error: AppError, situation: Situation) -> tuple[str, ...]:
    """Return the page of the manual where a command shows the error; in the app, a key opens the page."""
    return (manual_hint(error),) if situation in (Situation.COMMAND, Situation.LOGIN) else ()


def remedy(error: ApiError, situation: Situation, *, is_token: bool = False) -> str:
    """Return what the user can do about an error; see `error_lines`."""
    if isinstance(error, SignedOut):
        return _(_signed_out_remedy(error, situation, is_token=is_token))
    if isinstance(error, OutcomeUnknown):
        return _(UNKNOWN_OUTCOME)
    if error.cause is not None:
        return f"{_(_CAUSES[error.cause])} {_(_NEXT[situation])}"
    return _(explain(error.code).remedy) if isinstance(error, Rejected) else _(_NEXT[situation])


def code_line(code: object) -> str:
    """Return the line that shows the code of a response."""
    return _("code {code}").format(code=code)


def cause_advice(cause: Cause) -> str:
    """Return what to do about a cause alone."""
    return _(_CAUSES[cause])


def _signed_out_remedy(error: SignedOut, situation: Situation, *, is_token: bool) -> str:
    if error.retry_after:
        return _OTHER_PROGRAM
    if error.is_passing:
        return _PASSING if situation is Situation.WATCHING else _NEXT[situation]
    if situation in _SIGN_IN:
        return _SIGN_IN[situation]
    return _WRONG_TOKEN if is_token else _WRONG_KEY


def with_detail(summary: str, detail: str) -> str:
    """Return a translated summary, followed by the detail unless the summary begins with it."""
    text = _(summary)
    return text if text.startswith(detail) else f"{text}: {detail}"


MAX_EVENTS_SHOWN: Final = 4
"""Events shown in one notice."""


def no_record(problem: StoreError) -> str:
    """Return in one line why no order is sent while it cannot be recorded, and what to do."""
    text = _("Orders and operations cannot be recorded, so none are sent. {reason}. {remedy}")
    return text.format(reason=error_message(problem), remedy=_(remedy_of_storage(problem.summary)))


_INTENTS: Final = {
    OrderAction.CREATE: N_("→ creating"),
    OrderAction.POWER_ON: N_("→ on"),
    OrderAction.POWER_OFF: N_("→ off"),
    OrderAction.REBOOT: N_("→ reboot"),
    OrderAction.DELETE: N_("→ gone"),
}
_OPEN: Final = (OrderState.PENDING, OrderState.SENT, OrderState.UNKNOWN, OrderState.ACCEPTED)


_DECIDE: Final = N_("Press h, then 2 for the operations. There, press m if the host is yours, or n if it is not.")


def unread_keyring(error: AppError) -> tuple[str, ...]:
    """Return why it is not known whether the keyring holds credentials, and what to do."""
    return (
        _("The credentials could not be read from the keyring."),
        error_message(error),
        _("Try again, or set XDS_UUID and XDS_SECRET. To find the cause, run xds-tui doctor."),
    )


def action(operation: OrderAction) -> str:
    """Return the word for the operation of an order."""
    return _(labels.ACTIONS[operation])


def order_state(state: OrderState) -> str:
    """Return the word for the state of an order."""
    return _(labels.ORDER_STATES[state])


def order_status(order: Order) -> str:
    """Return the word for the state of an order, or for a candidate that the user has to decide on."""
    return _(labels.ORDER_STATES[filtering.MAY_BE_YOURS]) if order.candidate else order_state(order.state)


def intent(order: Order) -> str:
    """Return the intended status of a host."""
    return _(_INTENTS[order.action])


def order_reason(order: Order) -> str:
    """Return in one line why an order failed, or which host may be its result; empty otherwise."""
    if order.candidate:
        return _candidate(order.candidate.host_name or order.candidate.host_id, order.candidate.doubt)
    if not order.summary:
        return ""
    return with_detail(order.summary, order.message)


def order_lines(order: Order) -> tuple[str, ...]:
    """Return why an order failed: what happened, what to do, code and traceId."""
    lines = [order_reason(order)]
    if order.candidate:
        created = _("created {time}").format(time=formats.moment(order.candidate.created))
        lines += [_("host {id}").format(id=order.candidate.host_id), created]
        lines.append(_(_DECIDE))
    elif advice := remedy_of_storage(order.summary):
        lines.append(_(advice))
    else:
        lines += _advice(order.state, order.code)
        lines += [code_line(order.code)] if order.code else []
    if order.trace_id:
        lines.append(f"traceId {order.trace_id}")
    return tuple(lines)


def order_facts(order: Order) -> tuple[str, ...]:
    """Return all that is known about an order, one fact per line."""
    quote = order.quote
    bought = (quote.package.name, quote.image.label, formats.money(quote.estimate)) if quote else ()
    host = (_("host {id}").format(id=order.host_id),) if order.host_id else ()
    rule = (rules.name(order.rule),) if order.rule else ()
    facts = (action(order.action), order.host_name, order_status(order), *rule, *bought, *host, *order_lines(order))
    return tuple(fact for fact in facts if fact)


def order_search_text(order: Order) -> str:
    """Return the text of an order that words of a filter are looked for in."""
    return filtering.search_text(filtering.ORDERS, order, (order.action.value, *order_facts(order)))


def event_search_text(event: Event) -> str:
    """Return the text of an event that words of a filter are looked for in."""
    names = (event.kind.value, event.action.value if event.action else "")
    return filtering.search_text(filtering.EVENTS, event, (*names, *event_lines(event)))


def _advice(state: OrderState | None, code: int | None) -> list[str]:
    """Return what to do about a failure. The remedy of a code does not apply to an unknown outcome."""
    lines = [_(UNKNOWN_OUTCOME)] if state is OrderState.UNKNOWN else []
    if code is not None and (state is not OrderState.UNKNOWN or code == 0):
        lines.append(_(explain(code).remedy))
    return lines


def left_open(orders: Sequence[Order]) -> tuple[str, ...]:
    """Return the orders that are open when the program ends, and what happens to them; empty without any."""
    lines = []
    for order in orders:
        if order.state in _OPEN:
            subject = order.quote.package.name if order.quote else order.host_name or order.host_id or ""
            lines.append(f"  {action(order.action)} {subject}: {order_status(order)}")
    if not lines:
        return ()
    return (_("Operations that are still open; their outcome is checked at the next start:"), *lines)


def left_out(
    gone: Sequence[Host], deleted: Sequence[Host], changed: Sequence[str] = (), protected: Sequence[Host] = ()
) -> tuple[str, ...]:
    """List the hosts that nothing was sent for, one line a reason.

    Args:
        gone: hosts that do not exist any more.
        deleted: hosts that are being deleted.
        changed: hosts that differ from what the user confirmed, each with what changed.
        protected: hosts that are protected from the operation.

    """
    texts = (
        (_("No longer exists, so nothing was sent: {hosts}"), [host.display_name for host in gone]),
        (_("Being deleted, so nothing was sent: {hosts}"), [host.display_name for host in deleted]),
        (_("Protected, so nothing was sent: {hosts}"), [host.display_name for host in protected]),
        (_("Changed before you confirmed, so nothing was sent: {hosts}"), changed),
    )
    return tuple(text.format(hosts=", ".join(hosts)) for text, hosts in texts if hosts)


_SIMPLE: Final = {
    EventKind.RECOVERED: N_("the service responds again"),
    EventKind.SIGNED_IN: labels.EVENT_KINDS[EventKind.SIGNED_IN],
}


def event(record: Event) -> str:
    """Return an event in one line, without its time."""
    host = record.host_name or record.host_id or ""
    match record.kind:
        case EventKind.APPEARED:
            status = formats.status_word(record.new)
            return _("{host} appeared, {status}").format(host=host, status=status) + by_you(record)
        case EventKind.GONE:
            return _("{host} is gone").format(host=host) + by_you(record)
        case EventKind.STATUS:
            return f"{host} {formats.status_word(record.old)} → {formats.status_word(record.new)}" + by_you(record)
        case EventKind.ORDER:
            return _order_event(record, host)
        case EventKind.CANDIDATE:
            return _candidate(host, record.doubt)
        case EventKind.ERROR | EventKind.SIGNED_OUT | EventKind.CAP:
            return with_detail(record.summary, record.message)
        case EventKind.EXPIRING:
            at = formats.moment(record.expires)
            return _("{host} expires within {hours} h, at {time}").format(host=host, hours=record.within, time=at)
        case EventKind.RECOVERED | EventKind.SIGNED_IN:
            return _(_SIMPLE[record.kind])
        case EventKind.RULE:
            return rules.event(record)


def event_lines(record: Event) -> tuple[str, ...]:
    """Return the details of an event, one per line: what happened, what to do, host, code and traceId."""
    host = [_("host {id}").format(id=record.host_id)] if record.host_id else []
    return (event(record), *_event_advice(record), *host, *_event_facts(record))


def events_notice(events: Sequence[Event]) -> tuple[str, ...]:
    """Return a notice about events: what happened, and for a single event what to do and where the rest is."""
    if len(events) == 1:
        (record,) = events
        is_foreign = record.kind in (EventKind.STATUS, EventKind.GONE) and record.alert and not record.own
        foreign = [_("This was not ordered here. Press 3 for the events.")] if is_foreign else []
        return (event(record), *foreign, *_event_advice(record), *_details_hint(_event_facts(record)))
    lines = [event(record) for record in events[:MAX_EVENTS_SHOWN]]
    if len(events) > MAX_EVENTS_SHOWN:
        lines.append(_("{count} more in the history").format(count=len(events) - MAX_EVENTS_SHOWN))
    return tuple(lines)


def _event_advice(record: Event) -> list[str]:
    """Return what to do about an event; empty if there is nothing to do."""
    if record.kind is EventKind.CANDIDATE:
        return [_(_DECIDE)]
    if record.kind is EventKind.RULE:
        return rules.advice(record)
    advice = remedy_of_storage(record.summary)
    return [_(advice)] if advice else _advice(record.state, record.code)


def _event_facts(record: Event) -> list[str]:
    """Return what Xuandashi's support asks for."""
    code = [code_line(record.code)] if record.code else []
    return [*code, *([f"traceId {record.trace_id}"] if record.trace_id else [])]


def _candidate(host: str, doubt: Doubt | None) -> str:
    sentence = _("{host} may be yours").format(host=host)
    return f"{sentence}: {_(labels.DOUBTS[doubt])}" if doubt else sentence


def _order_event(record: Event, host: str) -> str:
    operation = f"{action(record.action)} {host}".rstrip() if record.action else host
    if record.rule:
        operation = f"{operation} ({rules.name(record.rule)})"
    state = order_state(record.state) if record.state else ""
    outcome = f"{operation}: {state}"
    if record.doubt is Doubt.REJECTED:
        return _(_DONE_ANYWAY).format(order=outcome)
    return f"{outcome}: {with_detail(record.summary, record.message)}" if record.summary else outcome


def by_you(record: Event) -> str:
    """Return the note that an event came of an operation of this program."""
    return f" ({_('you')})" if record.own else ""
