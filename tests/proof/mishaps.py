"""What goes wrong, drawn by lot: faults of the simulator, breaks of the line, and the ways a service can be."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Final

from xds_tui.simulator.faults import Fault, Faults
from xds_tui.simulator.faults import Kind as Mishap
from xds_tui.simulator.options import DOCUMENT, LATER, Options
from xds_tui.simulator.refusal import Code

from .asked import Kind

_CREATE: Final = "pve/open/create"
_READS: Final = ("pve/open/mypage", "pve/open/one", "pve/open/packAge", "pve/open/image", "auth/getToken", "")

KINDS: Final = (
    Kind("bzoff4", "5001"),
    Kind("bzoff4", "5002"),
    Kind("bzoff4", "5001", (1, 0)),
    Kind("bzoff4", "5001", (2, 1)),
    Kind("bl3060a1", "4005"),
    Kind("bl3060a1", "4006"),
    Kind("bl3060a1", "4011"),
    Kind("bl3060a1", "4005", (1, 2)),
    Kind("blweb2", "4011"),
    Kind("Wy1KiMqtPO", "507"),
)
"""Goods that are bought, several of a kind in a row: hosts of a package look alike, whatever was chosen beside it."""

SLOW: Final = Fault(kind=Mishap.LATENCY, endpoint=_CREATE, seconds=0.3)
"""A create that takes its time."""

_ON_CREATE: Final = (
    SLOW,
    Fault(kind=Mishap.LATENCY, endpoint=_CREATE, seconds=1.3),
    Fault(kind=Mishap.DROP_BEFORE, endpoint=_CREATE),
    Fault(kind=Mishap.DROP_AFTER, endpoint=_CREATE),
    Fault(kind=Mishap.HTML, endpoint=_CREATE),
    Fault(kind=Mishap.HTML, endpoint=_CREATE, status=200),
    Fault(kind=Mishap.HTML_AFTER, endpoint=_CREATE, status=504),
    Fault(kind=Mishap.HTML_AFTER, endpoint=_CREATE, status=200),
    Fault(kind=Mishap.TRUNCATED, endpoint=_CREATE),
    Fault(kind=Mishap.DRIP, endpoint=_CREATE, seconds=0.002),
    Fault(kind=Mishap.DRIP, endpoint=_CREATE, seconds=0.05),
    Fault(kind=Mishap.WRONG_TYPE, endpoint=_CREATE),
    *(
        Fault(kind=Mishap.CODE, endpoint=_CREATE, code=code)
        for code in (500, 503, 1001, 1003, 1005, 1037, 6002, 6005, 9000, 9001, 4711)
    ),
    Fault(kind=Mishap.BUSY, endpoint=_CREATE, seconds=1),
    Fault(kind=Mishap.REDIRECT, endpoint=_CREATE, location="/v1/pve/open/createquantity"),
    Fault(kind=Mishap.NONSENSE, endpoint=_CREATE),
    Fault(kind=Mishap.HUGE, endpoint=_CREATE, size=9_000_000),
    Fault(kind=Mishap.EXPIRE_TOKENS, endpoint=_CREATE),
    Fault(kind=Mishap.SHIFT, endpoint=_CREATE),
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
    Fault(kind=Mishap.BUSY, seconds=1),
    Fault(kind=Mishap.NONSENSE),
    Fault(kind=Mishap.EXPIRE_TOKENS),
    Fault(kind=Mishap.SHIFT),
)


class CountedFaults(Faults):
    """Faults that remember how often each kind struck."""

    def __init__(self) -> None:
        super().__init__()
        self.struck: Counter[str] = Counter()

    def next(self, target: str) -> Fault | None:
        """The fault that strikes, counted."""
        fault = super().next(target)
        if fault is not None:
            self.struck[f"{fault.kind.value}{' on a create' if target.startswith(_CREATE) else ''}"] += 1
        return fault


def a_service(number: int) -> Options:
    """The `number`th reading of the documents: dialects, late lists, and where each may differ."""
    answers = (None, True, None, False)[number % 4]
    return Options(
        dialect=(LATER, LATER, DOCUMENT, DOCUMENT)[number % 4],
        seed=1000 + number,
        create_answers_true=answers,
        enters_list_after=(0.0, 0.8, 2.5)[number % 3],
        starts_created=number % 5 == 4,
        auth_status=(200, 401)[number % 2],
        error_status=(200, 400, 500)[number % 3],
        token_seconds=(1800.0, 12.0)[number // 2 % 2],
        single_token=number % 7 == 3,
        missing=("code", "null")[number // 3 % 2],
        empty_page=("list", "null")[number % 2],
        totals_as_text=number % 2 == 1,
    )


def faults_to_come(lot: random.Random, count: int) -> list[Fault]:
    """What is to strike while `count` hosts are bought; often nothing."""
    faults = []
    if lot.random() < 0.45:
        fault = lot.choice(_ON_CREATE)
        faults.append(_moved(fault, fault.endpoint, lot.randrange(count)))
    if lot.random() < 0.3:
        faults.append(_moved(lot.choice(_ON_READ), lot.choice(_READS), lot.randrange(12)))
    return faults


def _moved(fault: Fault, endpoint: str, skip: int) -> Fault:
    return replace(fault, endpoint=endpoint, skip=skip)
