"""A simulated user, who opens and closes screens and places orders at random."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError
from xds_tui.auth.account import Account
from xds_tui.domain.credentials import AccountKey
from xds_tui.domain.model import Billing, Catalog, Host, PeriodUnit, Status
from xds_tui.domain.purchase import Draft
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState

if TYPE_CHECKING:
    from textual.pilot import Pilot

_ERRANDS: Final[dict[str, tuple[str, ...]]] = {
    "the cursor": ("j", "j", "k", "pagedown", "G", "pageup", "g", "space", "down", "space", "escape"),
    "the filter": (*"/status:on", "enter", "j", "j", "slash", "escape", "escape"),
    "a filter by price": (*"/cost>1 gpu:4090", "enter", "j", "escape"),
    "the order": ("o", "j", "o", "o", "g"),
    "the wizard": ("n", "down", "enter", "down", "enter", "2", "down", "3", "4", "escape", "escape", "escape"),
    "a host": ("j", "enter", "v", "v", "down", "escape"),
    "the history": ("3", "j", "j", "enter", "escape", "G", "1"),
    "all of the history": (
        "h",
        "down",
        "end",
        "right",
        "s",
        "right",
        "s",
        "left",
        *"/stop",
        "enter",
        "escape",
        "escape",
    ),
    "the catalog": ("2", "m", "f", "a", "down", "o", "backspace", "m", "1"),
    "the help": ("question_mark", "down", "escape"),
    "the zoom": ("z", "j", "z"),
    "the interval": ("plus", "minus"),
    "the pause": ("p", "p", "r"),
    "a stop": ("j", "j", "x", "y"),
    "a reboot, but no": ("k", "b", "n"),
    "a start": ("G", "s", "y"),
    "a deletion, but no": ("D", "x", "y", "escape"),
    "signing in, but no": ("f2", "tab", "down", "escape"),
}
_SIZES: Final = ((80, 24), (120, 40), (200, 60), (60, 15), (120, 40))
_MANY: Final = 12
"""Times escape is pressed before a screen counts as one that does not close."""


class User:
    """A user who operates the app at random.

    Attributes:
        did: the number of actions by kind.
        hands: held during an action of several steps.

    """

    def __init__(
        self, pilot: Pilot[int], monitor: Monitor, account: Account, credentials: AccountKey, seed: int
    ) -> None:
        self._pilot = pilot
        self._monitor = monitor
        self._account = account
        self._credentials = credentials
        self._url = account.base_url
        self._lot = random.Random(f"user {seed}")
        self.did: Counter[str] = Counter()
        self.hands = asyncio.Lock()

    async def go_on(self, every: float) -> None:
        """Do something about every so many seconds, until cancelled."""
        errands: list[str] = []
        while True:
            await asyncio.sleep(self._lot.expovariate(1 / every))
            if not errands:
                errands = self._lot.sample([*_ERRANDS, "the size", *["an order"] * 12], len(_ERRANDS) + 13)
            await self.run(errands.pop())

    async def look_around(self, *, everywhere: bool) -> None:
        """Open every screen once, or only some."""
        errands = [*_ERRANDS, "the size", "an order"]
        for errand in errands if everywhere else self._lot.sample(errands, 3):
            await self.run(errand)

    async def run(self, errand: str) -> None:
        """Run an action, and return to the hosts."""
        async with self.hands:
            self.did[errand] += 1
            if self._monitor.state.connection is ConnectionState.SIGNED_OUT:
                await self._sign_in()
            if errand == "the size":
                for width, height in _SIZES:
                    await self._pilot.resize_terminal(width, height)
                    await self._press("j", "k")
            elif errand == "an order":
                self._order()
            else:
                await self._press(*_ERRANDS[errand])
            await self._come_back()

    async def _press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
            await asyncio.sleep(self._lot.uniform(0.1, 2))

    async def _come_back(self) -> None:
        """Close all open screens and dialogs."""
        app = self._pilot.app
        for _ in range(_MANY):
            if len(app.screen_stack) == 1:
                await self._press("escape", "escape", "1")
                return
            await self._press("escape")
        raise AssertionError(f"{app.screen} does not close")

    async def _sign_in(self) -> None:
        try:
            await self._account.sign_in(self._url, self._credentials)
        except ApiError:
            self.did["signing in failed"] += 1
            return
        self._monitor.handle_sign_in()
        self.did["signed in"] += 1

    def _order(self) -> None:
        """Place an order of a random kind."""
        state, orders = self._monitor.state, self._monitor.orders
        if state.snapshot is None:
            return
        off = [host for host in state.snapshot.hosts if host.status in (Status.OFF, Status.EXPIRED)]
        on = [host for host in state.snapshot.hosts if host.status.is_on]
        match self._lot.choice(("start", "stop", "reboot", "delete", "buy", "buy")):
            case "start":
                orders.power(self._some(off), on=True)
            case "stop":
                orders.power(self._some(on), on=False)
            case "reboot":
                orders.reboot(self._some(on))
            case "delete" if off:
                orders.delete([self._lot.choice(off)])
            case _ if state.catalog is not None:
                self._buy(state.catalog)

    def _some(self, hosts: Sequence[Host]) -> list[Host]:
        return self._lot.sample(hosts, min(len(hosts), self._lot.randint(1, 3)))

    def _buy(self, catalog: Catalog) -> None:
        lot = self._lot
        billing = lot.choice(list(Billing))
        draft = Draft(billing=billing, unit=lot.choice((PeriodUnit.HOUR, PeriodUnit.DAY)), number=lot.randint(1, 5))
        draft = draft.with_package(lot.choice(catalog.packages[billing]))
        for image in lot.sample(catalog.images, len(catalog.images)):
            chosen = draft.with_image(image)
            if chosen.is_complete and chosen.estimate is not None:
                orders = self._monitor.orders
                orders.buy(chosen.quote(), lot.choice((1, 1, 2)), confirmed=[order.id for order in orders.book])
                return
