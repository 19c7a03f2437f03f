"""What the user asks for, as it goes to the buyer and into its log; and where on its way a request can be struck."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

import msgspec

from xds_tui.domain.model import PeriodUnit
from xds_tui.domain.purchase import Draft


class Stage(Enum):
    """A point on the way of a create."""

    PRICE = "while the price is asked once more"
    WRITTEN = "between journal and socket"
    CONNECTED = "connected, nothing has arrived"
    SENDING = "half of the request has arrived"
    ARRIVED = "arrived, not processed yet"
    PROCESSED = "processed, no answer yet"
    ANSWERING = "half of the answer has come"
    ANSWERED = "answered, not written down yet"
    SEEN = "seen in the fleet, not written down yet"
    ANY = "at any moment"


class Kind(msgspec.Struct, frozen=True):
    """What is bought; `period` is (number, type) as the wire has it, None for on-demand."""

    package: str
    image: str
    period: tuple[int, int] | None = None

    def rented(self, draft: Draft) -> Draft:
        """`draft` for this period."""
        assert self.period is not None
        number, unit = self.period
        return replace(draft, number=number, unit=PeriodUnit(unit))


class Purchase(msgspec.Struct, tag="purchase"):
    """Buy `count` hosts of a kind; `halt` asks the buyer to stop at a stage that only it can see."""

    number: int
    kind: Kind
    count: int
    halt: Stage | None = None
    is_confirmed: bool = True
    """Whether the user says "buy again" where an earlier order may have bought it."""


class Rest(msgspec.Struct, tag="rest"):
    """See what became of everything, and leave."""


class Asked(msgspec.Struct):
    """A line of the buyer's log: first without the orders, then, once the program has taken it, with them."""

    number: int
    count: int
    kind: Kind
    orders: list[str] | None = None
    doubtful: list[str] = []
    """The earlier orders of which the program said that they may have bought it already."""
    is_confirmed: bool = True
    """Whether the user confirmed to buy it again."""
