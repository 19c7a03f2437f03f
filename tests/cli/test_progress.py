"""The progress line of a command: shown while it waits, only in a terminal, and removed afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support.cli_runner import COMMAND, Run
from support.terminal import Terminal

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service

SLOWLY = 1.5
"""Seconds of a response, long enough for a progress line."""


def later(endpoint: str, seconds: float = SLOWLY) -> Fault:
    return Fault(kind=Kind.LATENCY, endpoint=endpoint, seconds=seconds)


def test_the_progress_line_is_shown_and_removed_in_a_terminal(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage?page=2"))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for(rf"xds-tui: waiting for {environ['XDS_BASE_URL']}, 25 of 30 hosts, \d s")
        assert program.wait_for_end() == 0
        assert program.text.startswith("NAME ")
        assert "waiting for http" not in program.text


@pytest.mark.parametrize(
    ("command", "slow"),
    [
        (["hosts"], "pve/open/packAge"),
        (["catalog"], "pve/open/packAge"),
        (["catalog", "--images"], "pve/open/image"),
    ],
)
def test_every_slow_step_shows_progress(
    service: Service, environ: Mapping[str, str], command: list[str], slow: str
) -> None:
    service.faults.set(later(slow))
    with Terminal([*COMMAND, *command], environ=environ) as program:
        program.wait_for("waiting for http")
        assert program.wait_for_end() == 0
        assert "waiting for http" not in program.text


def test_the_seconds_are_updated(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage", 30))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for(r", 0 s")
        program.wait_for(r", 1 s")
        program.wait_for(r", 2 s")


def test_ctrl_c_removes_the_line(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage", 30))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for("waiting for http")
        program.press("\x03")
        assert program.wait_for_end() == 130
        assert "waiting for http" not in program.text


def test_an_error_replaces_the_line(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage?page=1"))
    service.faults.set(Fault(kind=Kind.HTML, endpoint="pve/open/mypage?page=2", times=9))
    with Terminal([*COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for("waiting for http")
        assert program.wait_for_end() == 1
        assert program.text.startswith("xds-tui: The service is not available: HTTP 502")
        assert "waiting for http" not in program.text


def test_only_the_seconds_are_shown_if_the_line_does_not_fit(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage", 30))
    with Terminal([*COMMAND, "hosts"], columns=20, environ=environ) as program:
        assert program.wait_for(r"\d s").strip() in ("0 s", "1 s")


def test_a_pipe_gets_no_progress_line(service: Service, run: Run) -> None:
    service.faults.set(later("pve/open/mypage"))
    assert run("hosts").stderr == ""


def test_a_dumb_terminal_gets_no_progress_line(service: Service, environ: Mapping[str, str]) -> None:
    service.faults.set(later("pve/open/mypage"))
    with Terminal(["env", "TERM=dumb", *COMMAND, "hosts"], columns=200, environ=environ) as program:
        program.wait_for("NAME ")
        assert program.wait_for_end() == 0
        assert b"\x1b" not in program.raw
        assert "waiting for http" not in program.text
