"""The code behind `python -m tests.soak.chaos`: it injects faults, and its checks can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from soak.chaos import Chaos, Figures
from soak.metrics import Held
from soak.verdict import MB
from support.factories import an_order

from xds_tui.domain.records import Event, EventKind, OrderState

ROOT = Path(__file__).parents[2]
HELD = Held(hour=0, memory=80 * MB, objects=90_000, files=18, tasks=36, threads=3, widgets=0, journal=MB)
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def faultless() -> Figures:
    held = [replace(HELD, hour=minute / 60) for minute in range(60)]
    return Figures(60, 1, truth={"a": 3}, seen={"a": 3}, link="live", gone_events=1, held=held)


def show_nothing(figures: Figures) -> None:
    figures.truth = figures.seen = {}


def grow(figures: Figures) -> None:
    figures.held = [replace(held, memory=held.memory + minute * MB // 2) for minute, held in enumerate(figures.held)]


def test_a_short_run_injects_faults_and_ends_consistent() -> None:
    command = [sys.executable, "-m", "tests.soak.chaos", "--minutes", "0.2", "--hosts", "12"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    figures = json.loads(ended.stdout)
    assert (figures["hosts_wrong"], figures["link"], figures["complaints"]) == ([], "live", []), ended.stderr
    assert figures["hosts"] > 0
    assert figures["trouble"]
    assert figures["refreshes"] > 1


def test_a_faultless_run_passes_all_checks() -> None:
    assert faultless().broken == []
    assert json.loads(json.dumps(faultless().summary()))["broken"] == []


@pytest.mark.parametrize(
    ("spoil", "promise"),
    [
        (lambda figures: figures.seen.update(a=0), "the snapshot is the truth"),
        (lambda figures: figures.seen.update(b=3), "the snapshot is the truth"),
        (show_nothing, "the snapshot is the truth"),
        (lambda figures: setattr(figures, "link", "error"), "the connection is live"),
        (lambda figures: figures.false_gone.append("a"), "no host was reported gone that was there"),
        (lambda figures: setattr(figures, "gone_events", 0), "every host that is gone was reported gone"),
        (lambda figures: figures.unreported.append("a"), "every host that is gone was reported gone"),
        (lambda figures: figures.denied.append("a"), "no order was denied that was carried out"),
        (lambda figures: figures.complaints.append("x"), "nothing was raised or logged"),
        (grow, "memory is flat"),
    ],
)
def test_every_check_can_fail(spoil: Callable[[Figures], object], promise: str) -> None:
    figures = faultless()
    spoil(figures)
    assert figures.broken == [promise]


@pytest.mark.parametrize(("deleted", "is_false"), [({}, True), ({"a": 60}, True), ({"a": -5}, False)])
def test_a_host_disappears_only_after_its_deletion(
    tmp_path: Path, deleted: dict[str, float], *, is_false: bool
) -> None:
    chaos = Chaos(1, 1, 1, tmp_path)
    chaos._shown = {"a", "b"}
    chaos.figures.truth = {"c": 3}
    chaos._note(Event(at=AT, kind=EventKind.GONE, host_id="a"))
    chaos._judge_gone({host_id: AT.timestamp() + seconds for host_id, seconds in deleted.items()})
    assert (bool(chaos.figures.false_gone), chaos.figures.gone_events) == (is_false, 1)
    assert chaos.figures.unreported == ["b"]


@pytest.mark.parametrize(
    ("state", "code", "is_denied"),
    [
        (OrderState.REJECTED, 6000, True),
        (OrderState.REJECTED, 6003, False),
        (OrderState.NOT_SENT, None, True),
        (OrderState.UNKNOWN, None, False),
        (OrderState.CONFIRMED, None, False),
    ],
)
def test_an_order_that_was_carried_out_must_not_be_denied_unless_the_service_lied(
    tmp_path: Path, state: OrderState, code: int | None, *, is_denied: bool
) -> None:
    chaos = Chaos(1, 1, 1, tmp_path)
    chaos._journal.written = {"o": an_order(id="o", state=state, code=code), "p": an_order(id="p", state=state)}
    chaos._judge_orders({"o": 1})
    assert bool(chaos.figures.denied) == is_denied
    assert chaos.figures.orders.total() == 2
