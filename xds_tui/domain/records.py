"""The records in the database: events, orders and samples.

`store/journal.py` stores events and orders field by field, so a new field needs a default: records of earlier versions
must remain readable. `text/messages.py` has the words for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.model import Billing, Image, Package, Period, Status
from xds_tui.structs import dataclass


class OrderAction(Enum):
    """The operation that an order requests."""

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
    """How the host of a create was identified."""

    RESPONSE = "response"
    """The response contained its ID."""
    MATCH = "match"
    """It matches the order, and nothing else explains it (`domain/reconcile.py`)."""
    USER = "user"
    """The user confirmed it."""


class Doubt(Enum):
    """The reason why a host that matches an order is not assigned to it without the user's confirmation."""

    EARLIER = "earlier"
    """The host was created before the order was sent."""
    LATER = "later"
    """The host was created too long after the request."""
    OTHER_HOST = "other host"
    """Another new host matches as well."""
    OTHER_ORDER = "other order"
    """The host matches another order as well."""
    NO_TIME = "no time"
    """The service did not return the time of creation."""
    REJECTED = "rejected"
    """The service rejected the order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host that may be the result of a create; the user decides."""

    host_id: str
    host_name: str
    doubt: Doubt
    created: datetime | None = None
    """By the service's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The offer that the user accepted, for one host."""

    package: Package
    """The package as displayed, with its price and discount."""
    image: Image
    billing: Billing
    period: Period | None
    """None for on-demand."""
    hours: int
    """The hours in `estimate`: those of `period` by our convention, 1 for on-demand."""
    estimate: Decimal
    """Price of one host for `hours` in CNY, rounded to 0.01."""
    known_hosts: frozenset[str] = frozenset()
    """IDs of the hosts that existed before, to recognize new ones; not needed after the order has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request that changes something, from the user's intent to its outcome."""

    id: str
    """128 random bits as 32 hex digits; never sent to the service."""
    action: OrderAction
    state: OrderState
    created_at: datetime
    """When the user confirmed. Aware UTC, like all times here."""
    host_id: str | None = None
    """The affected host; for CREATE the new host, once it is known."""
    host_name: str = ""
    quote: Quote | None = None
    """For CREATE, else None."""
    batch: str = ""
    """ID shared by the orders of one confirmation."""
    summary: str = ""
    """The summary of the error, in English and marked for translation; empty without an error."""
    code: int | None = None
    """The code of the response, if there was one."""
    message: str = ""
    """The message of the service or of a library, sanitized."""
    trace_id: str = ""
    sender: str = field(default="", compare=False)
    """Name of the program that sent it (`store/instance_lock.py`), which alone updates it while it runs."""
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    """When the response to a create arrived or timed out; None if the program ended before."""
    ended_at: datetime | None = None
    """When the order reached its outcome `state`."""
    host_source: HostSource | None = None
    """For CREATE how `host_id` was identified."""
    named_host_id: str | None = None
    """For CREATE the ID in the response, if it does not look like one; it is used if a listing contains it."""
    candidate: Candidate | None = None
    """For CREATE a host that may be its result, while `host_id` is unknown."""
    declined: frozenset[str] = frozenset()
    """For CREATE the candidates that the user declined."""
    request_id: str = ""
    """The user's name for the command that placed the order: the same name always means the same orders."""
    request_index: int = 0
    """The position among the orders of `request_id`."""
    annotation: Annotation = NO_ANNOTATION
    """For CREATE what the user entered for the new host; its host gets it once."""
    is_forgotten: bool = False
    """Whether the user has found out that an order of unknown outcome did nothing."""
    rule: str = ""
    """The name of the rule that placed it; empty if the user did."""


class RuleStep(Enum):
    """The state of an action of a rule that an event reports."""

    UPCOMING = "upcoming"
    """The rule acts soon."""
    DUE = "due"
    """It is time, but the rule only notifies."""
    MISSED = "missed"
    """The time was missed by more than the rule catches up with, so nothing is done."""


class EventKind(Enum):
    """The kind of an event."""

    APPEARED = "appeared"
    GONE = "gone"
    STATUS = "status"
    """`old` became `new`."""
    ORDER = "order"
    """The order `order_id` to do `action` came to `state`."""
    CANDIDATE = "candidate"
    """The host may be the result of the order `order_id`; `doubt` is the reason against it."""
    ERROR = "error"
    """The service could not be reached, or its response was invalid; recorded once at the beginning."""
    RECOVERED = "recovered"
    EXPIRING = "expiring"
    """A prepaid host expires at `expires`, in less than `within` hours."""
    CAP = "cap"
    """A cap on spending is nearly or completely used."""
    SIGNED_OUT = "signed out"
    SIGNED_IN = "signed in"
    RULE = "rule"
    """The rule `rule` wants to do `action` at `due`; `step` is how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as values instead of words, so that it can be shown in any language."""

    at: datetime
    kind: EventKind
    host_id: str | None = None
    host_name: str = ""
    own: bool = False
    """Whether it is the result of an order of this program."""
    alert: bool = False
    """Whether to notify the user."""
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
    """The summary of an error, in English and marked for translation."""
    message: str = ""
    """The message of the service or of a library, sanitized; never a secret."""
    trace_id: str = ""
    rule: str = ""
    """The rule that placed the order, or that the event is about; empty if the user acted."""
    due: datetime | None = None
    """When the rule acts."""
    step: RuleStep | None = None


@dataclass(frozen=True, slots=True)
class CostSplit:
    """Costs of the parts of a fleet in CNY/hour, on-demand and prepaid together; the middle of a range."""

    gpu: Mapping[str, Decimal]
    """By GPU model as `gpus.model_of` names it."""
    region: Mapping[str, Decimal]
    """By the service's number of the region; empty where it is unknown."""
    tag: Mapping[str, Decimal] = field(default_factory=dict)
    """By tag, and of the hosts without one under the empty name; empty if no host has a tag.

    A host with several tags is in the cost of each.
    """
    owner: Mapping[str, Decimal] = field(default_factory=dict)
    """By owner, and of the hosts without one under the empty name; empty if no host has an owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The figures of one refresh, a point in the charts. Costs are in CNY/hour, None if no price was known."""

    at: datetime
    total: int
    on: int
    changing: int
    unpriced: int = 0
    """Number of hosts with an unknown price, which are in none of the costs."""
    billed_low: Decimal | None = None
    """Cost of the on-demand hosts that are on; the two bounds are equal if the cost is known."""
    billed_high: Decimal | None = None
    prepaid_low: Decimal | None = None
    """Cost of the prepaid hosts that have not expired."""
    prepaid_high: Decimal | None = None
    split: CostSplit | None = None
    """What the parts of the fleet cost; None if it was not recorded."""
