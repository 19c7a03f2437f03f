from __future__ import annotations

import threading

from tests.simulator_faults.faults import Fault, Faults, Kind

MYPAGE = "pve/open/mypage"


def struck(faults: Faults, *paths: str) -> list[bool]:
    return [faults.next(path) is not None for path in paths]


def test_a_fault_strikes_once_by_default() -> None:
    faults = Faults()
    fault = Fault(kind=Kind.HTML)
    faults.set(fault)
    assert [faults.next(MYPAGE), faults.next(MYPAGE)] == [fault, None]


def test_a_fault_skips_and_strikes_the_given_numbers_of_requests() -> None:
    faults = Faults()
    faults.set(Fault(kind=Kind.HTML, skip=2, times=3))
    assert struck(faults, *[MYPAGE] * 7) == [False, False, True, True, True, False, False]


def test_a_fault_strikes_only_its_endpoint() -> None:
    faults = Faults()
    faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/one", skip=1))
    assert struck(faults, MYPAGE, "pve/open/one/a", MYPAGE, "pve/open/one/b", "pve/open/one/c") == [
        False, False, False, True, False,
    ]  # fmt: skip


def test_faults_strike_in_the_order_they_were_set() -> None:
    faults = Faults()
    kinds = [Kind.HTML, Kind.DROP_AFTER, Kind.HTML]
    faults.set(*(Fault(kind=kind) for kind in kinds))
    assert [fault.kind for _ in range(3) if (fault := faults.next(MYPAGE))] == kinds


def test_the_same_fault_can_be_set_twice() -> None:
    faults = Faults()
    fault = Fault(kind=Kind.HTML, skip=1)
    faults.set(fault, fault)
    assert struck(faults, *[MYPAGE] * 4) == [False, True, True, False]


def test_faults_can_be_removed() -> None:
    faults = Faults()
    faults.set(Fault(kind=Kind.HTML, times=5))
    assert [fault.kind for fault in faults.pending] == [Kind.HTML]
    faults.clear()
    assert (faults.pending, faults.next(MYPAGE)) == ([], None)


def test_faults_can_be_set_from_one_thread_while_they_strike_in_another() -> None:
    faults = Faults()

    def set_many() -> None:
        for _ in range(2000):
            faults.set(Fault(kind=Kind.HTML))

    setting = threading.Thread(target=set_many)
    setting.start()
    strikes = 0
    while setting.is_alive() or faults.pending:
        strikes += faults.next(MYPAGE) is not None
    setting.join()
    assert strikes == 2000
