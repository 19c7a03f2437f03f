"""What we remember: events, the orders that were given, and what each sweep counted. Frozen, stdlib and model only.

Events and orders are kept as they are by `store/journal.py`, so a field added here needs a default: what an earlier
version wrote must still be read. Words for them are made by `tui/wording`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from xds_tui.domain.model import Billing, Image, Package, Period, Status


class OrderAction(Enum):
    """What an order asks the service to do."""

    CREATE = "create"
    POWER_ON = "power on"
    POWER_OFF = "power off"
    REBOOT = "reboot"
    DELETE = "delete"


class OrderState(Enum):
    """The state of an order; `domain/order_states.py` has the table of transitions.

    The values are stored in the database and exported, and filters use them.
    """

    PENDING = "pending"
    """The user confirmed the order; its request has not been sent."""
    SENT = "sent"
    """The request may have been sent; there is no response yet."""
    ACCEPTED = "accepted"
    """The service accepted the request."""
    CONFIRMED = "confirmed"
    """The host list shows the result."""
    UNCONFIRMED = "unconfirmed"
    """The host list did not show the result in time."""
    REJECTED = "rejected"
    """The service rejected the request; nothing was done."""
    NOT_SENT = "not sent"
    """The request was provably not sent."""
    UNKNOWN = "unknown"
    """The request was sent, and no response proves what was done."""


class HostSource(Enum):
    """How it became known which host came of a create."""

    RESPONSE = "response"
    """The service named it."""
    MATCH = "match"
    """It fits the order, and nothing else explains it (`domain/reconcile.py`)."""
    USER = "user"
    """The user recognised it."""


class Doubt(Enum):
    """Why a host that fits an order is not taken for its without asking."""

    EARLIER = "earlier"
    """It came into being before the order was sent."""
    LATER = "later"
    """It came into being too long after the request."""
    OTHER_HOST = "other host"
    """Another new host fits as well."""
    OTHER_ORDER = "other order"
    """It fits another order as well."""
    NO_TIME = "no time"
    """The service does not say when it came into being."""
    REJECTED = "rejected"
    """The service rejected the order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host that may have come of a create; the user decides."""

    host_id: str
    host_name: str
    doubt: Doubt
    created: datetime | None = None
    """By the service's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What the user was shown on deciding to buy one host."""

    package: Package
    """As it was seen, with the unit price and discount."""
    image: Image
    billing: Billing
    period: Period | None
    """None for on-demand."""
    hours: int
    """What `estimate` counts: the hours of `period` by our lengths, 1 for on-demand."""
    estimate: Decimal
    """CNY for one host and those hours, rounded to 0.01."""
    known_hosts: frozenset[str] = frozenset()
    """IDs of the hosts that existed before, against which a new one is recognised; not needed once the order ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request that changes something, from the user's intent to its outcome."""

    id: str
    """128 random bits as 32 hex digits; ours, the service never sees it."""
    action: OrderAction
    state: OrderState
    created_at: datetime
    """When the user decided. Aware UTC, as all times here."""
    host_id: str | None = None
    """The host that is acted on; for CREATE the one that came of it, once that is known."""
    host_name: str = ""
    promise: Quote | None = None
    """For CREATE, else None."""
    batch: str = ""
    """Shared by the orders that the user gave together."""
    summary: str = ""
    """What went wrong, an error's own sentence marked for translation; empty where nothing did."""
    code: int | None = None
    """The service's code, where it answered."""
    message: str = ""
    """The message of the service or of a library, sanitized."""
    trace_id: str = ""
    sender: str = field(default="", compare=False)
    """The running program that gave it, as `store/instance.py` names it: one that lives still knows best."""
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    """When the response to a create arrived, or was given up; None if an earlier run did not see that."""
    ended_at: datetime | None = None
    """When `state` became the present one, if that was by an outcome."""
    host_source: HostSource | None = None
    """For CREATE how `host_id` became known."""
    named_host_id: str | None = None
    """For CREATE what the response named and what does not look like a host's ID: believed if a listing shows it."""
    candidate: Candidate | None = None
    """For CREATE a host that may be its, while the order has none."""
    declined: frozenset[str] = frozenset()
    """For CREATE the hosts that the user said are not from here."""


class EventKind(Enum):
    """What sort of thing happened."""

    APPEARED = "appeared"
    GONE = "gone"
    STATUS = "status"
    """`old` became `new`."""
    ORDER = "order"
    """The order `order_id` to do `action` came to `state`."""
    CANDIDATE = "candidate"
    """The host may have come of the order `order_id`; `doubt` stands against it."""
    TROUBLE = "trouble"
    """The service could not be asked, or answered badly; said once, when it begins."""
    RECOVERED = "recovered"
    EXPIRING = "expiring"
    """A rent ends at `expires`, in less than `within` hours."""
    SIGNED_OUT = "signed out"
    SIGNED_IN = "signed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, as values rather than words, so that it can be shown in any language."""

    at: datetime
    kind: EventKind
    host_id: str | None = None
    host_name: str = ""
    own: bool = False
    """Whether it came of an order given here."""
    alert: bool = False
    """Whether the user should be called to the screen for it."""
    old: Status | None = None
    new: Status | None = None
    expires: datetime | None = None
    within: int | None = None
    """Hours."""
    order_id: str | None = None
    action: OrderAction | None = None
    state: OrderState | None = None
    doubt: Doubt | None = None
    code: int | None = None
    summary: str = ""
    """An error's own sentence, in English and marked for translation."""
    message: str = ""
    """The message of the service or of a library, sanitized; never a secret."""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one sweep counted: a point in the plots. Rates are CNY/hour, None where no price was known."""

    at: datetime
    total: int
    on: int
    changing: int
    unpriced: int = 0
    """Hosts whose price is not known: in none of the rates."""
    billed_low: Decimal | None = None
    """Of on-demand hosts that are on; between two bounds that are equal when it is known."""
    billed_high: Decimal | None = None
    prepaid_low: Decimal | None = None
    """Of rents that have not ended."""
    prepaid_high: Decimal | None = None
