"""A seeded fleet like a real one: Chinese and Latin names, every status, and hosts about to expire."""

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
"""Time between the creation of the oldest and the newest host."""
_YOUNGEST: Final = 2 * _HOUR
"""Age of the newest host."""

_MONTH_OF_HOURS: Final = 720


@dataclass(frozen=True, slots=True)
class _Condition:
    """The status of a host; `left` is the seconds until it expires, None for an on-demand host."""

    status: int
    left: float | None = None


_OPENING: Final = (
    _Condition(STARTING),
    _Condition(BILLED),
    _Condition(ON, 4 * 60),
    _Condition(STOPPING),
    _Condition(OFF, 5 * _HOUR),
    _Condition(ON, 20 * _HOUR),
    _Condition(EXPIRED, -_HOUR),
)
"""The newest hosts: one of each status, and one that expires within minutes."""

_STATUSES: Final = (BILLED, BILLED, BILLED, ON, ON, OFF, OFF, EXPIRED)


def populate(world: World, count: int) -> None:
    """Add `count` hosts to the main account, and funds for a month."""
    # Not the world's own seed: from the same one, a host bought later could get the ID of one of these.
    rng = random.Random(f"fleet {world.options.seed}")  # noqa: S311 - repeatable on purpose
    now = world.clock()
    hourly = Decimal(0)
    for number in range(count):
        newer = count - 1 - number
        age = _YOUNGEST + newer * _SPAN / count
        condition = _OPENING[newer] if newer < len(_OPENING) else _random_condition(rng, age)
        host = _host(rng, number, condition, now - age, now)
        world.add(host)
        hourly += 0 if host.rented else host.package.hourly
    account = world.accounts[ACCOUNT]
    account.wallet = max(account.wallet, hourly * _MONTH_OF_HOURS)


def _random_condition(rng: random.Random, age: float) -> _Condition:
    status = rng.choice(_STATUSES)
    if status == EXPIRED:
        return _Condition(status, -rng.uniform(0.05, 0.5) * age)
    is_rented = status == ON or (status == OFF and rng.random() < 0.4)
    return _Condition(status, rng.uniform(2, 40) * _DAY if is_rented else None)


def _host(rng: random.Random, number: int, condition: _Condition, created: float, now: float) -> SimHost:
    is_rented = condition.left is not None
    package = rng.choice([package for package in PACKAGES if package.is_sold(rented=is_rented) and package.stock])
    is_reached = condition.status in RUNNING or rng.random() < 0.7
    return SimHost(
        id="".join(rng.choices(string.ascii_letters + string.digits, k=10)),
        name=_NAMES[number % len(_NAMES)].format(number // len(_NAMES) + 1),
        owner=ACCOUNT,
        package=package,
        image=rng.choice([image for image in IMAGES if image.type == package.type]),
        rented=is_rented,
        created=created,
        status=condition.status,
        expires=None if condition.left is None else now + condition.left,
        password="".join(rng.choices(string.ascii_letters + string.digits, k=8)),
        port=rng.randrange(50_000, 60_000) if is_reached else 0,
    )
