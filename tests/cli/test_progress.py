"""The line that tells what a command waits for: there while it waits, in a terminal alone, and gone afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support.cli_runner import COMMAND, Run
from support.terminal import Terminal

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service

SLOWLY = 1.5
"""Seconds that an answer takes: long enough to be told of."""


def later(endpoint: str, seconds: float = SLOWLY) -> Fault:
    return Fault(kind=Kind.LATENCY, endpoint=endpoint, seconds=seconds)


def test_a_terminal_is_told_what_is_waited_for_how_far_it_is_and_in_the_end_nothing_of_it(
    service: Service, environ: Mapping[str, str]
) -> None:
    service.faults.set(later("pve/open/mypage?page=2"))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for(rf"xds-tui: asking {environ['XDS_BASE_URL']}, 25 of 30 hosts, \d s")
        assert program.wait_for_end() == 0
        assert program.text.startswith("NAME ")
        assert "asking" not in program.text


@pytest.mark.parametrize(
    ("command", "slow"),
    [
        (["hosts"], "pve/open/packAge"),
        (["catalog"], "pve/open/packAge"),
        (["catalog", "--images"], "pve/open/image"),
    ],
)
def test_whatever_is_slow_is_told_of(
    service: Service, environ: Mapping[str, str], command: list[str], slow: str
) -> None:
    service.faults.set(later(slow))
    with Terminal([*COMMAND, *command], environ=environ) as program:
        program.wait_for("asking http")
        assert program.wait_for_end() == 0
        assert "asking" not in program.text


def test_the_seconds_go_on(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage", 30))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for(r", 0 s")
        program.wait_for(r", 1 s")
        program.wait_for(r", 2 s")


def test_ctrl_c_leaves_and_takes_the_line_along(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage", 30))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for("asking")
        program.press("\x03")
        assert program.wait_for_end() == 130
        assert "asking" not in program.text


def test_what_went_wrong_stands_where_the_line_was(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage?page=1"))
    service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage?page=2", times=9))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for("asking")
        assert program.wait_for_end() == 1
        assert program.text.startswith("xds-tui: The service is not available: HTTP 502")
        assert "asking" not in program.text


def test_where_the_line_does_not_fit_the_seconds_do(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage", 30))
    with Terminal([*COMMAND, "hosts"], columns=20, environ=environ) as program:
        assert program.wait_for(r"\d s").strip() in ("0 s", "1 s")


def test_a_pipe_is_told_nothing(service: Service, run: Run) -> None:
    service.faults.set(later("pve/open/mypage"))
    assert run("hosts").stderr == ""


def test_a_terminal_that_cannot_take_a_line_away_is_told_nothing(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage"))
    with Terminal(["env", "TERM=dumb", *COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for("NAME ")
        assert program.wait_for_end() == 0
        assert b"\x1b" not in program.raw
        assert "asking" not in program.text
