"""A fleet that looks like a real one: Chinese and Latin names, every status, rents about to end. Seeded."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from xds_tui.simulator.accounts import ACCOUNT
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES
from xds_tui.simulator.host import BILLED, EXPIRED, OFF, ON, RUNNING, STARTING, STOPPING, SimHost
from xds_tui.simulator.world import World

_NAMES: Final = (
    "渲染-{:02}",
    "office-{}",
    "train-{}",
    "设计-{:02}",
    "建模-{:02}",
    "gpu-node-{}",
    "财务-{:02}",
    "ci-runner-{}",
)

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_SPAN: Final = 60 * _DAY
"""How far apart the oldest and the newest host were created."""
_YOUNGEST: Final = 2 * _HOUR
"""How long ago the newest was."""

_MONTH_OF_HOURS: Final = 720


@dataclass(frozen=True, slots=True)
class _Rest:
    """What a host has come to; `left` is the seconds until it expires, None for an on-demand host."""

    status: int
    left: float | None = None


_OPENING: Final = (
    _Rest(STARTING),
    _Rest(BILLED),
    _Rest(ON, 4 * 60),
    _Rest(STOPPING),
    _Rest(OFF, 5 * _HOUR),
    _Rest(ON, 20 * _HOUR),
    _Rest(EXPIRED, -_HOUR),
)
"""The newest hosts: one of each status, and a rent with minutes left."""

_STATUSES: Final = (BILLED, BILLED, BILLED, ON, ON, OFF, OFF, EXPIRED)


def populate(world: World, count: int) -> None:
    """Give the main account `count` hosts, and a wallet that pays for them for a month."""
    # Not the world's own seed: from the same one, a host bought later could get the ID of one of these.
    lot = random.Random(f"fleet {world.options.seed}")  # noqa: S311 - repeatable on purpose
    now = world.clock()
    hourly = Decimal(0)
    for number in range(count):
        newer = count - 1 - number
        age = _YOUNGEST + newer * _SPAN / count
        rest = _OPENING[newer] if newer < len(_OPENING) else _a_rest(lot, age)
        host = _host(lot, number, rest, now - age, now)
        world.add(host)
        hourly += 0 if host.rented else host.package.hourly
    account = world.accounts[ACCOUNT]
    account.wallet = max(account.wallet, hourly * _MONTH_OF_HOURS)


def _a_rest(lot: random.Random, age: float) -> _Rest:
    status = lot.choice(_STATUSES)
    if status == EXPIRED:
        return _Rest(status, -lot.uniform(0.05, 0.5) * age)
    is_rented = status == ON or (status == OFF and lot.random() < 0.4)
    return _Rest(status, lot.uniform(2, 40) * _DAY if is_rented else None)


def _host(lot: random.Random, number: int, rest: _Rest, created: float, now: float) -> SimHost:
    is_rented = rest.left is not None
    package = lot.choice([package for package in PACKAGES if package.is_sold(rented=is_rented) and package.stock])
    is_reached = rest.status in RUNNING or lot.random() < 0.7
    return SimHost(
        id="".join(lot.choices(string.ascii_letters + string.digits, k=10)),
        name=_NAMES[number % len(_NAMES)].format(number // len(_NAMES) + 1),
        owner=ACCOUNT,
        package=package,
        image=lot.choice([image for image in IMAGES if image.type == package.type]),
        rented=is_rented,
        created=created,
        status=rest.status,
        expires=None if rest.left is None else now + rest.left,
        password="".join(lot.choices(string.ascii_letters + string.digits, k=8)),
        port=lot.randrange(50_000, 60_000) if is_reached else 0,
    )
