"""Randomly chosen faults: those of the simulator, broken connections, and variants of the service."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Final

from tests.simulator_faults.faults import Fault, Faults
from tests.simulator_faults.faults import Kind as Mishap
from tests.simulator_faults.presets import GATEWAY_TIMEOUT, codes, misleading
from xds_tui.simulator.catalog_data import PACKAGES
from xds_tui.simulator.error_codes import Code
from xds_tui.simulator.options import DOCUMENT, LATER, Options

from .request import Kind

CREATE: Final = "pve/open/create"
_READS: Final = ("pve/open/mypage", "pve/open/one", "pve/open/packAge", "pve/open/image", "auth/getToken", "")

CHEAPER: Final = replace(next(package for package in PACKAGES if package.id == "bzoff4"), id="bzoff4s", amount="0.59")
"""The same machine as `bzoff4` at another price, so that their hosts look alike."""

KINDS: Final = (
    Kind("bzoff4", "5001"),
    Kind("bzoff4", "5002"),
    Kind("bzoff4s", "5001"),
    Kind("bzoff4", "5001", (1, 0)),
    Kind("bzoff4", "5001", (2, 1)),
    Kind("bl3060a1", "4005"),
    Kind("bl3060a1", "4006"),
    Kind("bl3060a1", "4011"),
    Kind("bl3060a1", "4005", (1, 2)),
    Kind("blweb2", "4011"),
    Kind("Wy1KiMqtPO", "507"),
)
"""Products in purchase order, several alike in a row: hosts of one package look alike with any other options."""

SLOW: Final = Fault(kind=Mishap.LATENCY, endpoint=CREATE, seconds=0.3)
"""A create with a delayed response."""

_LATE: Final = tuple(
    Fault(kind=Mishap.CODE_AFTER, endpoint=CREATE, code=code, seconds=seconds)
    for code, seconds in ((Code.PROCESSING, 0.5), (Code.QUEUED, 2.0), (Code.BUSINESS_ERROR, 1.0))
)
"""Responds before the work is done, so that the host appears later."""

ANSWERS: Final = (
    *codes(CREATE, is_done=True),
    *codes(CREATE, is_done=False),
    *misleading(CREATE, is_done=True),
    *misleading(CREATE, is_done=False),
    *_LATE,
    replace(GATEWAY_TIMEOUT, endpoint=CREATE, seconds=2.0),
    *(Fault(kind=Mishap.EXPIRE_TOKENS, endpoint=f"{CREATE}{kind}") for kind in ("quantity", "Rent")),
)
"""Every response to a create that a run has to include.

Tokens do not expire more often than that: the program would assume that another program renews them, and pause.
"""

_ON_CREATE: Final = (
    SLOW,
    Fault(kind=Mishap.LATENCY, endpoint=CREATE, seconds=1.3),
    Fault(kind=Mishap.DROP_BEFORE, endpoint=CREATE),
    Fault(kind=Mishap.DROP_AFTER, endpoint=CREATE),
    Fault(kind=Mishap.HTML, endpoint=CREATE),
    Fault(kind=Mishap.HTML, endpoint=CREATE, status=200),
    Fault(kind=Mishap.HTML_AFTER, endpoint=CREATE, status=504),
    Fault(kind=Mishap.HTML_AFTER, endpoint=CREATE, status=200),
    Fault(kind=Mishap.TRUNCATED, endpoint=CREATE),
    Fault(kind=Mishap.DRIP, endpoint=CREATE, seconds=0.002),
    Fault(kind=Mishap.DRIP, endpoint=CREATE, seconds=0.05),
    Fault(kind=Mishap.WRONG_TYPE, endpoint=CREATE),
    Fault(kind=Mishap.BUSY, endpoint=CREATE, seconds=1),
    Fault(kind=Mishap.REDIRECT, endpoint=CREATE, location="/v1/pve/open/createquantity"),
    Fault(kind=Mishap.NONSENSE, endpoint=CREATE),
    Fault(kind=Mishap.HUGE, endpoint=CREATE, size=9_000_000),
    Fault(kind=Mishap.SHIFT, endpoint=CREATE),
)

_ON_READ: Final = (
    Fault(kind=Mishap.LATENCY, seconds=0.4),
    Fault(kind=Mishap.LATENCY, seconds=2.0),
    Fault(kind=Mishap.DROP_BEFORE),
    Fault(kind=Mishap.DROP_AFTER),
    Fault(kind=Mishap.HTML),
    Fault(kind=Mishap.TRUNCATED),
    Fault(kind=Mishap.WRONG_TYPE),
    Fault(kind=Mishap.CODE, code=Code.SYSTEM_ERROR),
    Fault(kind=Mishap.CODE, code=Code.UNAVAILABLE),
    Fault(kind=Mishap.CODE, code=Code.BUSINESS_ERROR),
    Fault(kind=Mishap.BUSY, seconds=1),
    Fault(kind=Mishap.NONSENSE),
    Fault(kind=Mishap.ALTERED, fields={"success": False}),
    Fault(kind=Mishap.LISTING, hidden=3),
    Fault(kind=Mishap.LISTING, total=20),
    Fault(kind=Mishap.SHIFT),
)


class CountedFaults(Faults):
    """Faults that count how often each was applied.

    Attributes:
        struck: the number of applied faults by kind.
        answers: the members of `ANSWERS` that were applied to a create, by the names of `describe`.

    """

    def __init__(self) -> None:
        super().__init__()
        self.struck: Counter[str] = Counter()
        self.answers: set[str] = set()

    def next(self, target: str) -> Fault | None:
        """Return the fault to apply, and count it."""
        fault = super().next(target)
        if fault is not None:
            is_create = target.startswith(CREATE)
            self.struck[f"{fault.kind.value}{' on a create' if is_create else ''}"] += 1
            if is_create:
                self.answers.add(describe(fault))
        return fault


def describe(fault: Fault) -> str:
    """Return a name of the response of a fault; different responses have different names."""
    return repr(replace(fault, skip=0, times=1))


def a_service(number: int) -> Options:
    """Return variant `number` of the service: dialects, delayed lists, and other points that the documents leave open.

    Lanes 0 to 3 have every combination of dialect and resolution of times, and are regular otherwise.
    """
    answers = (None, True, None, False)[number % 4]
    is_plain = number < 4
    return Options(
        dialect=(LATER, LATER, DOCUMENT, DOCUMENT)[number % 4],
        seed=1000 + number,
        extra_packages=(CHEAPER,),
        create_answers_true=answers,
        time_resolution=1 if number % 8 in (1, 3) else 1000,
        clock_offset=0.0 if is_plain else (0.0, 0.4, -1.5, 45.0, 0.0)[number % 5],
        enters_list_after=(0.0, 0.8, 2.5)[number % 3],
        starts_created=number % 5 == 4,
        auth_status=(200, 401)[number % 2],
        auth_code=401 if is_plain else (401, 2001, 2000)[number % 3],
        error_status=(200, 400, 200)[number % 3],
        token_seconds=(1800.0, 12.0)[number // 2 % 2],
        missing=("code", "null")[number // 3 % 2],
        empty_page=("list", "null")[number % 2],
        totals_as_text=number % 2 == 1,
    )


def faults_to_come(lot: random.Random, count: int, answers: list[Fault]) -> list[Fault]:
    """Return the faults to inject while `count` hosts are bought; often none.

    `answers` are those that a run has to include: the last one may be used, and stays in the list until it was applied.
    """
    faults = []
    chance = lot.random()
    if chance < 0.5 and answers:
        faults.append(_moved(answers[-1], answers[-1].endpoint, lot.randrange(count)))
    elif chance < 0.7:
        faults.append(_moved(lot.choice(_ON_CREATE), CREATE, lot.randrange(count)))
    if lot.random() < 0.3:
        faults.append(_moved(lot.choice(_ON_READ), lot.choice(_READS), lot.randrange(12)))
    return faults


def _moved(fault: Fault, endpoint: str, skip: int) -> Fault:
    return replace(fault, endpoint=endpoint, skip=skip)
