"""The settings of the garbage collector, in separate processes because it is global."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGIN = """
import gc, sys, weakref
from xds_tui.tui.runtime.gc_tuning import COLLECTIONS_UNTIL_DUE, GarbageCollector

class Ring:
    def __init__(self):
        self.self = self

def let_go():
    return weakref.ref(Ring())

def wait_until_due():
    while gc.get_count()[2] < COLLECTIONS_UNTIL_DUE:
        gc.collect(1)

collector = GarbageCollector()
"""


@pytest.mark.parametrize(
    "checks",
    [
        # It is left unchanged if it was not disabled.
        """
threshold = gc.get_threshold()
collector.enable()
assert gc.get_threshold() == threshold and gc.get_freeze_count() == 0
""",
        # A full collection starts when it is due, and not before.
        """
gc.disable()
collector.enable()
assert gc.isenabled()
ring = let_go()
gc.collect(1)
ring_before = let_go()
kept = [Ring()]
old = weakref.ref(kept[0])
gc.collect(1)
kept.clear()
collector.collect_if_due(is_idle=True)
assert old() is not None
wait_until_due()
assert old() is not None
collector.collect_if_due(is_idle=True)
assert old() is None
""",
        # Later objects are excluded too, once, and only while nothing is open.
        """
gc.disable()
collector.enable()
import decimal, json, uuid, plistlib
frozen = gc.get_freeze_count()
wait_until_due()
collector.collect_if_due(is_idle=False)
assert gc.get_freeze_count() <= frozen
wait_until_due()
collector.collect_if_due(is_idle=True)
more = gc.get_freeze_count()
assert more > frozen
kept = [Ring() for _ in range(100)]
wait_until_due()
GarbageCollector().collect_if_due(is_idle=True)
assert gc.get_freeze_count() <= more
""",
    ],
)
def test_the_collector(checks: str) -> None:
    subprocess.run([sys.executable, "-c", BEGIN + checks], check=True)
