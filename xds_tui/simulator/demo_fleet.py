"""A fleet that looks like a real one: Chinese and Latin names, every status, rents about to end. Seeded."""

from __future__ import annotations

import random
import string
from typing import Final

from xds_tui.simulator.goods import IMAGES, PACKAGES
from xds_tui.simulator.machine import BILLED, EXPIRED, OFF, ON, RUNNING, STARTING, STOPPING, Machine
from xds_tui.simulator.world import ACCOUNT, World

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

_OPENING: Final = (
    (STARTING, False, None),
    (BILLED, False, None),
    (ON, True, 240.0),
    (STOPPING, False, None),
    (OFF, True, 5 * 3600.0),
    (ON, True, 20 * 3600.0),
    (EXPIRED, True, -3600.0),
)
"""Status, rented, and seconds until it expires, of the newest hosts: one of each, and a rent with minutes left."""

_STATUSES: Final = (BILLED, BILLED, BILLED, ON, ON, OFF, OFF, EXPIRED)
_DAY: Final = 86_400.0
_SPAN: Final = 60 * _DAY
"""How far back the oldest host was created."""


def populate(world: World, count: int) -> None:
    """Give the main account `count` hosts."""
    lot = random.Random(world.options.seed)  # noqa: S311 - repeatable on purpose
    now = world.clock()
    for number in range(count):
        age = (count - number) * _SPAN / count
        from_the_top = count - 1 - number
        if from_the_top < len(_OPENING):
            status, rented, left = _OPENING[from_the_top]
        else:
            status = lot.choice(_STATUSES)
            rented = status in (ON, EXPIRED) or (status == OFF and lot.random() < 0.4)
            left = None if not rented else (-lot.uniform(1, 9) if status == EXPIRED else lot.uniform(2, 40)) * _DAY
        world.add(
            _host(lot, number, status, rented=rented, created=now - age, expires=None if left is None else now + left)
        )


def _host(
    lot: random.Random, number: int, status: int, *, rented: bool, created: float, expires: float | None
) -> Machine:
    package = lot.choice([package for package in PACKAGES if package.use in (2, int(rented)) and package.stock])
    is_reached = status in RUNNING or lot.random() < 0.7
    return Machine(
        id="".join(lot.choices(string.ascii_letters + string.digits, k=10)),
        name=_NAMES[number % len(_NAMES)].format(number // len(_NAMES) + 1),
        owner=ACCOUNT,
        package=package,
        image=lot.choice([image for image in IMAGES if image.type == package.type]),
        rented=rented,
        created=created,
        status=status,
        expires=expires,
        password="".join(lot.choices(string.ascii_letters + string.digits, k=8)),
        port=lot.randrange(50_000, 60_000) if is_reached else 0,
    )
