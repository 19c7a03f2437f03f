"""The user's requests as they are sent to the buyer and logged, and the stages at which a create can be interrupted."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

import msgspec

from xds_tui.domain.model import PeriodUnit
from xds_tui.domain.purchase import Draft


class Stage(Enum):
    """A stage of a create."""

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
    """A product; `period` is (number, type) as in the request, None for on-demand."""

    package: str
    image: str
    period: tuple[int, int] | None = None

    def rented(self, draft: Draft) -> Draft:
        """Return `draft` with this period."""
        assert self.period is not None
        number, unit = self.period
        return replace(draft, number=number, unit=PeriodUnit(unit))


class Purchase(msgspec.Struct, tag="purchase"):
    """Buy `count` hosts of a kind; `halt` makes the buyer block at a stage that only it can detect."""

    number: int
    kind: Kind
    count: int
    halt: Stage | None = None
    is_confirmed: bool = True
    """Whether the user confirms buying again if an earlier order may have made the purchase."""


class Rest(msgspec.Struct, tag="rest"):
    """Find out all outcomes, and exit."""


class Asked(msgspec.Struct):
    """A line of the buyer's log: first without the orders, and again with them after the program has accepted it."""

    number: int
    count: int
    kind: Kind
    orders: list[str] | None = None
    doubtful: list[str] = []
    """The earlier orders that, according to the program, may have made the purchase already."""
    is_confirmed: bool = True
    """Whether the user confirmed buying it again."""
